"""What an administrator looks after: room on the disks, the backup, the scheduler, what waits."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import func, select, text

from app.current import settings
from app.extensions import db
from app.models import SchedulerBeat, Visit, VisitState
from app.models.columns import utc_now
from app.outputs.base import duration
from app.services.messages import outbox
from app.services.operations.health_parts import LITTLE_DISK_BYTES, Part, gibibytes

BACKUP_LATE_AFTER: Final = timedelta(days=1)
SCHEDULER_SILENT_AFTER: Final = timedelta(minutes=5)
"""A round takes seconds; letting much go at once may take longer."""
COUNTING_S: Final = 0.5
"""So long the files of one folder are counted at most: a page should not wait for a large disk."""


def look_after(*, database_answers: bool) -> tuple[Part, ...]:
    """Database's size, folders' room, backup, scheduler, and what waits, in this order."""
    of_database = (_database_size(),) if database_answers else ()
    waiting = (_scheduler(), _messages(), _oldest_visit()) if database_answers else ()
    return (*of_database, *_folders(), _backup(), *waiting)


def _scheduler() -> Part:
    """Without it mail, alerts and retention stand still, and nothing says so anywhere else."""
    seen_at = db.session.scalar(select(func.max(SchedulerBeat.seen_at)))
    if seen_at is not None and utc_now() - seen_at < SCHEDULER_SILENT_AFTER:
        return Part("scheduler", True, "runs")
    since = f"since {seen_at:%Y-%m-%d %H:%M} UTC" if seen_at else "for a day or longer, or ever"
    sentence = (
        f"No scheduler has been heard of {since}: start one with `flask scheduler run`. Until then "
        "no mail goes out, nothing is deleted when its time is over, and lost visits wait."
    )
    return Part("scheduler", False, sentence)


def _database_size() -> Part:
    size_bytes = db.session.scalar(text("SELECT pg_database_size(current_database())")) or 0
    return Part("database size", True, gibibytes(size_bytes))


def _folders() -> Iterator[Part]:
    # That the media folder cannot be written is told where it is asked whether the search works.
    yield _folder("media folder", settings().media_dir, is_written=False)
    for place, path in enumerate(settings().footage_root_paths):
        yield _folder(f"footage folder {path}", path, is_written=place == 0)


def _folder(name: str, path: Path, *, is_written: bool) -> Part:
    """Its files and the room on its disk. Only uploads need room in a footage folder, the first."""
    try:
        disk = shutil.disk_usage(path)
    except FileNotFoundError:
        return Part(name, True, "not there yet")
    except OSError as error:
        return Part(name, False, f"The {name} cannot be read ({error.strerror}): check its rights.")
    size_bytes, is_whole = _size_of(path)
    least = "" if is_whole else "at least "
    sentence = (
        f"holds {least}{gibibytes(size_bytes)}; {gibibytes(disk.free)} of "
        f"{gibibytes(disk.total)} free"
    )
    if is_written and disk.free < LITTLE_DISK_BYTES:
        return Part(name, False, f"The disk of the {name} is nearly full: {sentence}. Make room.")
    return Part(name, True, sentence)


def _size_of(folder: Path) -> tuple[int, bool]:
    """Bytes of the files in a folder, and whether all could be counted in `COUNTING_S`."""
    until, total, open_folders = time.monotonic() + COUNTING_S, 0, [str(folder)]
    while open_folders:
        try:
            with os.scandir(open_folders.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        open_folders.append(entry.path)
                    elif entry.is_file(follow_symlinks=False):
                        total += entry.stat(follow_symlinks=False).st_size
                    if time.monotonic() > until:
                        return total, False
        except OSError:
            # Deleted meanwhile, or not ours to read: what is counted is still there.
            return total, False
    return total, True


def _backup() -> Part:
    """The age of the file that the administrator's backup touches when it is done."""
    if not settings().backup_stamp_file:
        sentence = (
            "not known to Lastseen: let your backup touch a file when it is done, and name that "
            "file in BACKUP_STAMP_FILE"
        )
        return Part("last backup", True, sentence)
    path = Path(settings().backup_stamp_file)
    try:
        touched_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError as error:
        sentence = f"No backup is known: BACKUP_STAMP_FILE cannot be read ({error.strerror})."
        return Part("last backup", False, sentence)
    age = utc_now() - touched_at
    said = f"{touched_at:%Y-%m-%d %H:%M} UTC, {duration(max(0.0, age.total_seconds()))} ago"
    if age > BACKUP_LATE_AFTER:
        sentence = f"The last backup is older than a day ({said}): see why none was made since."
        return Part("last backup", False, sentence)
    return Part("last backup", True, said)


def _messages() -> Part:
    found = outbox.state()
    return Part("messages", True, f"{found.waiting} waiting, {found.failed} failed")


def _oldest_visit() -> Part:
    waiting, oldest = db.session.execute(
        select(func.count(), func.min(Visit.queued_at)).where(Visit.state == VisitState.QUEUED)
    ).one()
    if oldest is None:
        return Part("oldest waiting visit", True, "none waits")
    since = duration((utc_now() - oldest).total_seconds())
    return Part("oldest waiting visit", True, f"waits for {since}; {waiting} wait")
