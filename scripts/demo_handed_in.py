"""What people hand in, for the demonstration: a tip, a found person, a statement.

The pictures are frames of the composed clips. The forms have fixed stamps, so that a second
demonstration hands nothing in twice: what was kept of the first is compared with the new case.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import av
import cv2
from sqlalchemy import select

from app.errors import Conflict
from app.extensions import db
from app.inputs.reports import ReportInput
from app.models import Case, ContributedFace, ContributedMatch, ContributedPhoto
from app.models.contributions import PhotoState
from app.models.reports import ReportKind
from app.services.base.actors import COMMAND_LINE
from app.services.contributing import reports
from app.services.people import accounts
from scripts import demo_entries

PARTNER: Final = "partner@lastseen.example"
_TIP_CLIP, _TIP_AT_S = "DEMO-002", 15.0
_FOUND_CLIP, _FOUND_AT_S = "DEMO-016", 12.0
_STATEMENT: Final = """Statement of a made-up witness.
I saw a person in a blue coat at Example Market at 17:50 and again after half an hour.
They got into an auto rickshaw, KA 01 AB 1234. My number is 080 2222 0000.
"""


@dataclass(frozen=True)
class HandedIn:
    """How many photos were compared with the case, and how many of them are like its subject."""

    compared: int
    alike: int

    @property
    def ok(self) -> bool:
        """Whether the photo of the tip and that of the found person were both recognised."""
        return self.alike >= 2


def hand_in(case: Case, manifest: dict[str, Any], folder: Path) -> None:
    """Hand in a tip and a found person unless they are there, and a statement for the case."""
    seen_at, tip_photo = _still(manifest, folder, _TIP_CLIP, _TIP_AT_S)
    found_at, found_photo = _still(manifest, folder, _FOUND_CLIP, _FOUND_AT_S)
    _unless_there(_tip, seen_at, tip_photo)
    _unless_there(_found_person, found_at + timedelta(hours=2), found_photo)
    given = ReportInput(kind=ReportKind.STATEMENT, title="Statement (made up)", written_at=found_at)
    reports.add_report(COMMAND_LINE, case, given, text=_STATEMENT)


def wait_until_compared(case: Case, timeout_s: float) -> HandedIn:
    """Wait until the workers have looked at all photos that were handed in."""
    demo_entries.wait_until_compared(timeout_s)
    compared = db.session.scalars(
        select(ContributedPhoto.id).where(ContributedPhoto.state == PhotoState.DONE)
    ).all()
    alike = db.session.scalars(
        select(ContributedFace.photo_id)
        .join(ContributedMatch, ContributedMatch.face_id == ContributedFace.id)
        .where(ContributedMatch.case_id == case.id)
        .distinct()
    ).all()
    return HandedIn(len(compared), len(alike))


def _tip(seen_at: datetime, photo: bytes) -> None:
    demo_entries.hand_in_tip(
        COMMAND_LINE,
        "demonstration tip",
        [photo],
        place="Example Market, by the bus stop (made up)",
        position=(12.9739, 77.6113),
        accuracy_m=60,
        seen_at=seen_at,
        remarks="Made up for the demonstration: somebody in a blue coat asked me for the way.",
    )


def _found_person(found_at: datetime, photo: bytes) -> None:
    demo_entries.register_found(
        accounts.find_by_email(PARTNER),
        "demonstration found person",
        photo,
        found_at=found_at,
        place="Example railway station, platform 1 (made up)",
        position=(12.9779, 77.5713),
        ages=(30, 45),
        clothing="Blue coat (made up)",
        condition="Well, does not say a name.",
        whereabouts="Example Home (made up)",
        contact="Office of Example Home, 080 2222 0000",
    )


def _unless_there(
    hand_in_one: Callable[[datetime, bytes], None], at: datetime, photo: bytes
) -> None:
    try:
        hand_in_one(at, photo)
    except Conflict:
        db.session.rollback()


def _still(
    manifest: dict[str, Any], folder: Path, camera_ref: str, at_s: float
) -> tuple[datetime, bytes]:
    """A frame of a camera's clip as JPEG, and when it was taken."""
    clip = next(one for one in manifest["clips"] if one["camera"] == camera_ref)
    with av.open(str(folder / clip["file"])) as file:
        frame = next(one for one in file.decode(video=0) if (one.time or 0.0) >= at_s)
        _, jpeg = cv2.imencode(".jpg", frame.to_ndarray(format="bgr24"))
    return datetime.fromisoformat(clip["start"]) + timedelta(seconds=at_s), jpeg.tobytes()
