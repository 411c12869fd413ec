"""Places for watching live streams: how many visits may do so at once, and which one is next.

A visit to a live stream keeps its worker until the window ends. So that endless streams do not
starve recordings, only `LIVE_VISITS_AT_ONCE` visits watch at a time; the others wait in the
database, not in a worker, and so do those whose window has yet to begin.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, func, or_, select, text

from app.current import settings
from app.extensions import db
from app.models import LivePhase, Sweep, SweepState, Visit, VisitState
from app.models.columns import utc_now
from app.models.sweeps import priority_place

_PLACES_LOCK = 7_201_010
"""Key of the advisory lock under which places are given away."""

NONE_ALLOWED = "Live streams are not watched here (LIVE_VISITS_AT_ONCE is 0)."
ALL_TAKEN = (
    "Waits to watch live: {taken} (LIVE_VISITS_AT_ONCE), so that recordings are not held up. It "
    "begins by itself when one is free; what the camera shows until then is not seen."
)


def are_closed() -> bool:
    """Whether no stream may be watched at all."""
    return settings().live_visits_at_once == 0


def take(visit: Visit) -> bool:
    """Give the visit, which must be held, a place if there is one. Does not commit."""
    db.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _PLACES_LOCK})
    others = db.session.scalar(_watching().where(Visit.id != visit.id)) or 0
    if others >= settings().live_visits_at_once:
        return False
    visit.live = LivePhase.WATCHING
    db.session.flush()
    return True


def why_none() -> str:
    """Why no place was given, for the sweep's page."""
    places = settings().live_visits_at_once
    taken = "the only place is taken" if places == 1 else f"all {places} places are taken"
    return ALL_TAKEN.format(taken=taken)


def may_go_on() -> ColumnElement[bool]:
    """Whether a queued visit may be handed to a worker now.

    One that awaits its live stream may when its window has begun and a place is free, best rank
    first, or when the window is over, to be ended.
    """
    free = settings().live_visits_at_once - (db.session.scalar(_watching()) or 0)
    now = utc_now()
    due = db.session.scalars(
        select(Visit.id)
        .join(Sweep, Sweep.id == Visit.sweep_id)
        .where(
            Visit.state == VisitState.QUEUED,
            Visit.live != LivePhase.NONE,
            Sweep.state == SweepState.RUNNING,
            Sweep.window_start <= now,
            Sweep.window_end > now,
        )
        .order_by(priority_place(), Sweep.id, Visit.rank)
        .limit(max(0, free))
    ).all()
    return or_(Visit.live == LivePhase.NONE, Visit.id.in_(due), Sweep.window_end <= now)


def _watching() -> Select[int]:
    return (
        select(func.count())
        .select_from(Visit)
        .where(Visit.state == VisitState.RUNNING, Visit.live == LivePhase.WATCHING)
    )
