"""Footage: recordings kept by reference, with what is known of them."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import select

from app.current import settings
from app.errors import NotFound, Refused, TooLarge, Unavailable
from app.extensions import db
from app.inputs import FootageFileInput, FootageFolderInput
from app.models import CameraRow, Footage, FootageKind
from app.models.columns import utc_now
from app.outputs import clocks
from app.services.base import audit
from app.services.base.actors import Actor
from cameras.errors import CamerasError
from cameras.footage import FootageFacts, probe, start_time_from_name

SUFFIXES = frozenset(
    f".{name}"
    for name in (
        *("mp4", "m4v", "mov", "mkv", "webm", "avi", "ts", "m2ts", "mpg", "mpeg", "ogg", "ogv"),
        *("flv", "wmv", "asf", "3gp", "h264", "h265", "hevc", "dav", "gif"),
    )
)
"""Which files of a folder are tried; whether one is a video is decided by its content."""

MOST_FILES = 5000
BY_EYE_S = 5.0
"""How sure an offset is that came with a recording: somebody compared the clock with a phone."""
_COPY_BYTES = 1024 * 1024


@dataclass(frozen=True)
class FolderReport:
    """What became of the files of a folder."""

    added: int
    unchanged: int
    refused: list[tuple[str, str]]


def list_footage(camera_id: int) -> Sequence[Footage]:
    """A camera's recordings, the latest first."""
    return db.session.scalars(
        select(Footage)
        .where(
            Footage.camera_id == camera_id,
            Footage.kind == FootageKind.FILE,
            Footage.removed_at.is_(None),
        )
        .order_by(Footage.started_at.desc(), Footage.id.desc())
    ).all()


def find_footage(footage_id: int) -> Footage:
    """One recording. Raises NotFound."""
    footage = db.session.get(Footage, footage_id)
    if footage is None:
        raise NotFound(f"There is no footage {footage_id}.")
    return footage


def add_file(actor: Actor, camera: CameraRow, given: FootageFileInput) -> Footage:
    """Register one recording. Registering the same one again changes nothing."""
    path = checked_path(given.path)
    footage, _ = _register(actor, camera, path, given)
    db.session.commit()
    return footage


def add_folder(actor: Actor, camera: CameraRow, given: FootageFolderInput) -> FolderReport:
    """Register a folder's recordings, by the times in their names; a bad one stops no other."""
    folder = checked_path(given.path, folder=True)
    added, unchanged, refused = 0, 0, list[tuple[str, str]]()
    for path in _videos_in(folder):
        file_input = FootageFileInput(
            path=str(path),
            pattern=given.pattern,
            timezone=given.timezone,
            made_up=given.made_up,
        )
        try:
            _, is_new = _register(actor, camera, path, file_input)
        except (CamerasError, Refused) as error:
            refused.append((path.name, str(error)))
            continue
        added, unchanged = added + is_new, unchanged + (not is_new)
        db.session.commit()
    db.session.commit()
    return FolderReport(added, unchanged, refused)


def add_upload(
    actor: Actor, camera: CameraRow, stream: IO[bytes], file_name: str, given: FootageFileInput
) -> Footage:
    """Keep an uploaded recording in the first footage folder, and register it.

    `given.path` is not used. What is not a video is refused, and nothing of it stays.
    """
    kept = _receive(stream, camera, file_name)
    try:
        footage, _ = _register(actor, camera, kept, given, named=file_name)
    except (CamerasError, Refused):
        kept.unlink(missing_ok=True)
        raise
    db.session.commit()
    return footage


def register_kept(actor: Actor, camera: CameraRow, path: Path, given: FootageFileInput) -> Footage:
    """Register a recording that lies in a footage folder already; the caller commits.

    Raises a CamerasError where it is no recording.
    """
    return _register(actor, camera, path, given)[0]


def remove_footage(actor: Actor, footage_id: int) -> Footage:
    """Take a recording off the list; the file itself is not touched, what was found there stays."""
    footage = find_footage(footage_id)
    if footage.removed_at is None:
        footage.removed_at = utc_now()
        audit.record(actor, "footage.remove", subject=f"footage {footage.id}")
        db.session.commit()
    return footage


def checked_path(text: str, *, folder: bool = False) -> Path:
    """A path inside one of the footage folders, links followed. Raises Refused otherwise."""
    roots = settings().footage_root_paths
    given = Path(text)
    try:
        path = (given if given.is_absolute() else roots[0] / given).resolve()
        is_there = path.is_dir() if folder else path.is_file()
    except (OSError, RuntimeError, ValueError) as error:  # too long, or links in a circle
        raise Refused("This is no path of a file.", {"path": "is no path of a file"}) from error
    if not any(path.is_relative_to(root) for root in roots):
        raise Refused(
            "This path is outside of the footage folders (FOOTAGE_ROOTS): put the recording into "
            "one of them, or upload it.",
            {"path": "outside of the footage folders"},
        )
    if folder and not is_there:
        raise Refused("There is no such folder.", {"path": "no such folder"})
    if not is_there:
        raise Refused("There is no such file any more.", {"path": "no such file"})
    return path


def _register(
    actor: Actor, camera: CameraRow, path: Path, given: FootageFileInput, named: str = ""
) -> tuple[Footage, bool]:
    facts = probe(path)
    shown_at = given.started_at or _time_from_name(named or path.name, given)
    started_at, uncertainty_s = _true_time(camera, shown_at, given)
    known = db.session.scalar(
        select(Footage).where(
            Footage.camera_id == camera.id,
            Footage.sha256 == facts.sha256,
            Footage.started_at == started_at,
        )
    )
    if known is not None:
        known.removed_at, known.path = None, str(path)
        return known, False
    footage = Footage(
        camera_id=camera.id,
        kind=FootageKind.FILE,
        path=str(path),
        started_at=started_at,
        ended_at=started_at + timedelta(seconds=facts.duration_s),
        clock_offset_s=(shown_at - started_at) / timedelta(seconds=1),
        clock_uncertainty_s=uncertainty_s,
        made_up=given.made_up,
        remarks=_remarks(given, facts),
        added_by_id=actor.user_id,
        sha256=facts.sha256,
        size_bytes=facts.size_bytes,
        duration_s=facts.duration_s,
        frame_rate=facts.frame_rate,
        width_px=facts.width,
        height_px=facts.height,
        codec=facts.codec,
    )
    db.session.add(footage)
    db.session.flush()
    audit.record(
        actor,
        "footage.add",
        subject=f"footage {footage.id}",
        details={"camera_id": camera.id, "sha256": facts.sha256},
    )
    return footage, True


def _true_time(
    camera: CameraRow, shown_at: datetime, given: FootageFileInput
) -> tuple[datetime, float | None]:
    """When the first frame really was, and how sure that is; None where nobody compared clocks."""
    if given.clock_offset_s is not None:
        return shown_at - timedelta(seconds=given.clock_offset_s), BY_EYE_S
    started_at, uncertainty_s = clocks.clock_of(camera).true_time(shown_at)
    return started_at, uncertainty_s if clocks.is_compared(camera) else None


def _remarks(given: FootageFileInput, facts: FootageFacts) -> str:
    return " ".join([given.remarks, *facts.remarks]).strip()


def _time_from_name(name: str, given: FootageFileInput) -> datetime:
    try:
        zone = ZoneInfo(given.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Refused(
            f"'{given.timezone}' is not a time zone of the IANA list.",
            {"timezone": "not a time zone"},
        ) from error
    started_at = start_time_from_name(name, pattern=given.pattern or None, zone=zone)
    if started_at is None:
        raise Refused(
            f"No time can be read from the name '{name}': give the time of the first frame, or a "
            "pattern such as %Y%m%d_%H%M%S.",
            {"started_at": "not given, and not in the file's name"},
        )
    return started_at


def _videos_in(folder: Path) -> list[Path]:
    found = sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in SUFFIXES and path.is_file() and not path.is_symlink()
    )
    if len(found) > MOST_FILES:
        raise Refused(f"The folder holds more than {MOST_FILES} recordings: name a smaller one.")
    return found


def _receive(stream: IO[bytes], camera: CameraRow, file_name: str) -> Path:
    """Write an upload to disk under a name of our own, never more than is allowed."""
    folder = settings().footage_root_paths[0] / "uploads" / f"camera-{camera.id}"
    suffix = Path(file_name).suffix.lower()
    suffix = suffix if suffix in SUFFIXES else ".bin"
    most = settings().max_footage_bytes
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, suffix=suffix, delete=False) as target:
            size = 0
            while block := stream.read(_COPY_BYTES):
                size += len(block)
                if size > most:
                    break
                target.write(block)
    except OSError as error:
        raise Unavailable(
            f"The footage folder cannot be written ({error.strerror}): free some space, or check "
            "its rights, and try again."
        ) from error
    if size > most:
        Path(target.name).unlink()
        raise TooLarge(f"The recording is larger than {most // 2**20} MB.")
    kept = Path(target.name)
    kept.chmod(0o640)
    return kept
