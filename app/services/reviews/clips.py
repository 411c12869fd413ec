"""The seconds around a sighting, cut out of its recording and kept with their hash.

Recorders overwrite themselves, so the clip of a sighting that somebody judged and nobody rejected
is cut without being asked for (the scheduler does it). It goes when the face goes.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import joinedload

from app.children import harmless_environment
from app.config import PROJECT_ROOT
from app.current import settings
from app.errors import Conflict, NotFound, Refused, Unavailable
from app.extensions import db
from app.models import Face, Footage, FootageKind, Sighting, SightingClip, SightingState
from app.models.columns import utc_now
from app.services.base import audit, media
from app.services.base.actors import SCHEDULER, Actor
from app.services.base.few_at_once import few_at_once
from app.services.inventory.footage import checked_path
from cameras.errors import CamerasError
from cameras.footage.cutting import REFUSED, ClipFacts, ClipWish, Mark

BEFORE_S: Final = 4.0
AFTER_S: Final = 4.0
TIMEOUT_S: Final = 20.0
"""A request waits no longer for the process that cuts."""
MOST_BYTES: Final = 32 * 1024 * 1024
CUT_AT_ONCE: Final = 2
"""How many one process of the product cuts at a time; each takes a decoder and its memory."""
AT_ONCE: Final = 5
"""How many the scheduler cuts in one round."""
SUFFIX: Final = "mp4"
KEPT_FOR: Final = (SightingState.CONFIRMED, SightingState.UNSURE)

GONE: Final = (
    "The recording is gone: it was overwritten, moved or removed since. The best shot is what is "
    "left of it."
)
CHANGED: Final = "The recording was changed since it was looked through; no clip is cut from it."
STREAM: Final = (
    "It was seen on a live stream, of which no recording is kept. The best shot is what there is; "
    "ask the camera's owner for the recording of that time."
)
TOOK_TOO_LONG: Final = (
    f"Cutting took longer than {TIMEOUT_S:.0f} seconds: the recording may be damaged."
)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ClipState:
    """What a page shows: the clip, or in words why there is none, or that it may be cut."""

    clip: SightingClip | None
    reason: str


def state_of(sighting: Sighting) -> ClipState:
    """Whether a sighting has its clip, can have it, or why not."""
    clip = db.session.get(SightingClip, sighting.id)
    if clip is not None and clip.sha256 is not None:
        return ClipState(clip, "")
    return ClipState(clip, _why_not(sighting.face.footage))


def kept_clips(sighting_ids: Iterable[int]) -> Mapping[int, SightingClip]:
    """The clips that are kept of these sightings, in one query."""
    rows = db.session.scalars(
        select(SightingClip).where(
            SightingClip.sighting_id.in_(list(sighting_ids)), SightingClip.sha256.is_not(None)
        )
    )
    return {clip.sighting_id: clip for clip in rows}


def clip_file(actor: Actor, sighting: Sighting) -> Path:
    """The clip's file; looking at it leaves an entry in the audit log. Raises NotFound."""
    clip = db.session.get(SightingClip, sighting.id)
    if clip is None or clip.sha256 is None:
        raise NotFound("No clip was cut of this sighting.")
    path = media.path_of(clip.sha256, SUFFIX)
    audit.record(actor, "clip.view", case=sighting.case, subject=f"sighting {sighting.id}")
    audit.commit()
    return path


def cut(actor: Actor, sighting: Sighting) -> SightingClip:
    """Cut a sighting's clip and keep it; if it is there already, that one.

    Raises Conflict in words where the recording is gone, changed or was a live stream, Refused
    where it cannot be decoded, Unavailable where that takes too long or many are being cut.
    """
    state = state_of(sighting)
    if state.clip is not None and state.clip.sha256 is not None:
        return state.clip
    if state.reason:
        raise Conflict(state.reason)
    sighting_id, recording_sha256 = sighting.id, sighting.face.footage.sha256
    wish = _wish(sighting.face, sighting.face.footage)
    # No row is held while another process decodes.
    db.session.commit()
    facts, data = _run(wish)
    sha256 = media.store(data, SUFFIX)
    _write(
        sighting_id,
        sha256=sha256,
        size_bytes=len(data),
        from_s=facts.from_s,
        to_s=facts.to_s,
        width_px=facts.width_px,
        height_px=facts.height_px,
        recording_sha256=recording_sha256,
    )
    details = {"sha256": sha256, "from_s": facts.from_s, "to_s": facts.to_s}
    subject = f"sighting {sighting_id}"
    audit.record(actor, "clip.cut", case=sighting.case, subject=subject, details=details)
    db.session.commit()
    return db.session.get_one(SightingClip, sighting_id)


def cut_missing() -> int:
    """Cut the clips that judged sightings lack, but rejected ones; how many were cut.

    Unsure ones too: a clip that only confirmed ones had would tell a blind reviewer. What fails
    once is left to people.
    """
    waiting = db.session.scalars(
        select(Sighting)
        .join(Face, Face.id == Sighting.face_id)
        .join(Footage, Footage.id == Face.footage_id)
        .outerjoin(SightingClip, SightingClip.sighting_id == Sighting.id)
        .where(Sighting.state.in_(KEPT_FOR), Footage.kind == FootageKind.FILE)
        .where(SightingClip.sighting_id.is_(None))
        .options(joinedload(Sighting.face).joinedload(Face.footage))
        .order_by(Sighting.id)
        .limit(AT_ONCE)
    ).all()
    made = 0
    for sighting in waiting:
        sighting_id = sighting.id
        try:
            cut(SCHEDULER, sighting)
            made += 1
        except (Conflict, Refused, Unavailable, CamerasError) as error:
            db.session.rollback()
            log.info("No clip of sighting %s: %s", sighting_id, error)
            _write(sighting_id, failure=str(error))
            db.session.commit()
    return made


def files_of_faces(face_ids: Sequence[int]) -> set[str]:
    """The clips' hashes of the sightings of these faces, for whoever deletes them."""
    rows = db.session.scalars(
        select(SightingClip.sha256)
        .join(Sighting, Sighting.id == SightingClip.sighting_id)
        .where(Sighting.face_id.in_(face_ids), SightingClip.sha256.is_not(None))
    )
    return {sha256 for sha256 in rows if sha256 is not None}


def still_named(hashes: set[str]) -> set[str]:
    """Which of these clips a row still names."""
    rows = db.session.scalars(select(SightingClip.sha256).where(SightingClip.sha256.in_(hashes)))
    return {sha256 for sha256 in rows if sha256 is not None}


def _write(sighting_id: int, **values: object) -> None:
    """Put the row in, or what is known now in its place; nothing where the sighting is gone."""
    there = select(Sighting.id).where(Sighting.id == sighting_id).with_for_update(key_share=True)
    if db.session.scalar(there) is None:
        return
    given = {"failure": "", **values, "made_at": utc_now()}
    db.session.execute(
        insert(SightingClip)
        .values(sighting_id=sighting_id, **given)
        .on_conflict_do_update(index_elements=["sighting_id"], set_=given)
    )


def _why_not(footage: Footage) -> str:
    if footage.kind is FootageKind.STREAM:
        return STREAM
    try:
        size_bytes = checked_path(footage.path).stat().st_size
    except (Refused, OSError):
        return GONE
    if footage.size_bytes is not None and size_bytes != footage.size_bytes:
        return CHANGED
    return ""


def _wish(face: Face, footage: Footage) -> ClipWish:
    x1, y1, x2, y2 = face.box_xyxy
    native_px = max(footage.width_px or 0, footage.height_px or 0)
    looked_at_px = settings().max_frame_side_px
    mark = Mark(
        box_xyxy=(x1, y1, x2, y2),
        frame_side_px=float(min(looked_at_px, native_px) if native_px else looked_at_px),
        at_s=face.best_s,
    )
    return ClipWish(
        source=str(checked_path(footage.path)),
        target="",
        from_s=max(0.0, face.best_s - BEFORE_S),
        to_s=face.best_s + AFTER_S,
        mark=mark,
    )


def _run(wish: ClipWish) -> tuple[ClipFacts, bytes]:
    """Cut in a process that can be ended, and bring back what it wrote."""
    with (
        few_at_once("clips", CUT_AT_ONCE),
        tempfile.TemporaryDirectory(prefix="lastseen-clip-") as folder,
    ):
        target = Path(folder) / "clip.mp4"
        asked = json.dumps({**asdict(wish), "target": str(target)})
        try:
            done = subprocess.run(
                [sys.executable, "-m", "cameras.footage.cutting"],
                input=asked,
                capture_output=True,
                text=True,
                timeout=TIMEOUT_S,
                cwd=PROJECT_ROOT,
                env=harmless_environment(),
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise Unavailable(TOOK_TOO_LONG) from error
        if done.returncode == REFUSED:
            raise Refused(done.stderr.strip())
        if done.returncode != 0 or target.stat().st_size > MOST_BYTES:
            log.error("cutting a clip ended with %s: %s", done.returncode, done.stderr[-2000:])
            raise Unavailable("The clip could not be cut; an administrator finds why in the log.")
        return ClipFacts(**json.loads(done.stdout)), target.read_bytes()
