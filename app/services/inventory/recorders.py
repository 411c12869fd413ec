"""Recorders that are about to overwrite what an open case needs, the most urgent first.

A camera belongs here when it stands near an active last-known location of an open case, its
registry says how long it keeps, what it keeps of the time around that location begins to be lost
soon, and nobody has fetched it yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import select, text

from app.extensions import db
from app.models import Case, CaseState
from app.models.columns import utc_now
from app.services.base.access import visible_cases
from app.services.base.actors import Actor
from app.services.base.pages import Page

BEFORE_SEEN: Final = timedelta(minutes=15)
AFTER_SEEN: Final = timedelta(hours=2)
"""The window that matters around the time at which the subject was seen somewhere."""
HELD_SHARE: Final = 0.99
"""Of a window, from which on it counts as fetched; recorders lose a frame or two between files."""
_STATEMENT: Final = text((Path(__file__).parent / "sql" / "recorders.sql").read_text("utf-8"))


@dataclass(frozen=True)
class EndangeredFootage:
    """What one camera still has, or should have, of one case's window.

    From `lost_from` on its recorder overwrites the window, at `lost_at` all of it is gone.
    `held_share` is the part that is at hand already, 0 to 1. `request_id` is an open request to
    its owner.
    """

    camera_id: int
    camera_name: str
    owner: str
    has_stream: bool
    case_id: int
    case_number: str
    timezone: str
    place: str
    distance_m: float
    window_start: datetime
    window_end: datetime
    lost_from: datetime
    lost_at: datetime
    held_share: float
    request_id: int | None
    seconds_left: float

    @property
    def is_being_lost(self) -> bool:
        """Whether the recorder overwrites the window already."""
        return self.seconds_left <= 0

    @property
    def can_be_swept(self) -> bool:
        """Whether anything of the window is at hand."""
        return self.held_share > 0


def endangered(
    actor: Actor, horizon: timedelta, radius_m: float, page: int = 1, per_page: int = 50
) -> Page[EndangeredFootage]:
    """Footage that begins to be lost within `horizon`; unasked-for first, then by time left.

    Only for cases that `actor` may see. By the spatial index.
    """
    now = utc_now()
    seen = select(Case.id).where(Case.state == CaseState.OPEN, visible_cases(actor))
    rows = db.session.execute(
        _STATEMENT,
        {
            "case_ids": list(db.session.scalars(seen)),
            "now": now,
            "horizon_at": now + horizon,
            "before": BEFORE_SEEN,
            "after": AFTER_SEEN,
            "radius_m": radius_m,
            "held_share": HELD_SHARE,
            "limit": per_page,
            "offset": (page - 1) * per_page,
        },
    ).all()
    items: Sequence[EndangeredFootage] = [
        EndangeredFootage(
            **{name: value for name, value in row._mapping.items() if name != "total"},
            seconds_left=(row.lost_from - now).total_seconds(),
        )
        for row in rows
    ]
    return Page(items, rows[0].total if rows else 0, page, per_page)
