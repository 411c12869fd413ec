"""What people hand in, for the demonstration: a tip, a found person, a statement.

The pictures are frames of the composed clips. The forms have fixed stamps, so that a second
demonstration hands nothing in twice: what was kept of the first is compared with the new case.
"""

from __future__ import annotations

import time
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
from app.inputs.tips import FoundInput, TipInput
from app.models import Case, ContributedFace, ContributedMatch, ContributedPhoto
from app.models.contributions import PhotoState
from app.models.reports import ReportKind
from app.services.base.actors import COMMAND_LINE
from app.services.contributing import found, reports, tips
from app.services.contributing.public_forms import FormStamp
from app.services.people import accounts

ZONE: Final = "Asia/Kolkata"
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
    _tip(seen_at, tip_photo)
    _found_person(found_at + timedelta(hours=2), found_photo)
    given = ReportInput(kind=ReportKind.STATEMENT, title="Statement (made up)", written_at=found_at)
    reports.add_report(COMMAND_LINE, case, given, text=_STATEMENT)


def wait_until_compared(case: Case, timeout_s: float) -> HandedIn:
    """Wait until the workers have looked at all photos that were handed in."""
    deadline = time.monotonic() + timeout_s
    while _unfinished() and time.monotonic() < deadline:
        time.sleep(0.5)
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


def _unfinished() -> bool:
    db.session.rollback()
    waiting = select(ContributedPhoto.id).where(
        ContributedPhoto.state.in_((PhotoState.WAITING, PhotoState.RUNNING))
    )
    return db.session.scalar(waiting.limit(1)) is not None


def _tip(seen_at: datetime, photo: bytes) -> None:
    given = TipInput(
        place="Example Market, by the bus stop (made up)",
        latitude_deg=12.9739,
        longitude_deg=77.6113,
        accuracy_m=60,
        seen_at=seen_at,
        timezone=ZONE,
        remarks="Made up for the demonstration: somebody in a blue coat asked me for the way.",
    )
    try:
        tips.hand_in(COMMAND_LINE, FormStamp("demonstration tip"), given, [photo])
    except Conflict:
        db.session.rollback()


def _found_person(found_at: datetime, photo: bytes) -> None:
    user = accounts.find_by_email(PARTNER)
    given = FoundInput(
        found_at=found_at,
        place="Example railway station, platform 1 (made up)",
        latitude_deg=12.9779,
        longitude_deg=77.5713,
        age_from_years=30,
        age_to_years=45,
        clothing="Blue coat (made up)",
        condition="Well, does not say a name.",
        whereabouts="Example Home (made up)",
        contact="Office of Example Home, 080 2222 0000",
        timezone=ZONE,
    )
    stamp = FormStamp("demonstration found person")
    try:
        found.register(accounts.actor_for(user), user, stamp, given, [photo])
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
