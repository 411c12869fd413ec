"""Pictures and clips as files, named by the SHA-256 of their bytes."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from pathlib import Path

from app.current import settings
from app.errors import NotFound, Unavailable

PICTURE = "jpg"
_SHA256 = re.compile(r"[0-9a-f]{64}")


def store(data: bytes, suffix: str = PICTURE) -> str:
    """Write `data` once and return its SHA-256. Raises Unavailable when the disk refuses."""
    digest = hashlib.sha256(data).hexdigest()
    target = _path(digest, suffix)
    if target.exists():
        return digest
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _write_whole(target, data)
    except OSError as error:
        raise Unavailable(
            f"The media folder cannot be written ({error.strerror}): free some space, or check its "
            "rights, and try again."
        ) from error
    return digest


def path_of(sha256: str, suffix: str = PICTURE) -> Path:
    """Where the picture (or clip) lies. Raises NotFound for a wrong name or a missing file."""
    if not _SHA256.fullmatch(sha256):
        raise NotFound("There is no such picture.")
    path = _path(sha256, suffix)
    if not path.is_file():
        raise NotFound("The picture is no longer kept.")
    return path


def discard(sha256: str, suffix: str = PICTURE) -> int | None:
    """Delete a picture and return its size in bytes; None if it was gone already."""
    return discard_path(_path(sha256, suffix))


def discard_path(path: Path) -> int | None:
    """Delete a file and return its size in bytes; None if it was gone already."""
    try:
        size_bytes = path.stat().st_size
        path.unlink()
    except FileNotFoundError:
        return None
    return size_bytes


def _path(sha256: str, suffix: str) -> Path:
    return settings().media_dir / sha256[:2] / f"{sha256}.{suffix}"


def _write_whole(target: Path, data: bytes) -> None:
    """Write beside the target and rename, so that no reader meets half a picture."""
    with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as handle:
        written = Path(handle.name)
        try:
            handle.write(data)
            handle.flush()
            os.fsync(handle.fileno())
            written.chmod(0o640)
            written.replace(target)
        except OSError:
            # A part of a file would stay on a disk that is full already.
            written.unlink(missing_ok=True)
            raise
