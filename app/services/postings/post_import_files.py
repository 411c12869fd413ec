"""The files of imports that are not done: a table, perhaps a zip, and pictures read from it.

They lie in a folder with an unguessable name under the media folder, so that the web and the
workers both reach them, and go when the import has ended, whatever its end.
"""

from __future__ import annotations

import hashlib
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from app.current import settings
from app.errors import NotFound, Refused, TooLarge, Unavailable
from app.intake.post_files import FIELD, MAX_FILE_BYTES

TABLE: Final = "table"
ARCHIVE: Final = "pictures.zip"
_PIECE_BYTES: Final = 2**20
_UNCLAIMED_S: Final = 3600.0
"""A folder that no job names after so long was left by a process that died."""


def save(table: IO[bytes], pictures: IO[bytes] | None) -> tuple[str, str]:
    """Write the files into a folder of their own; its name, and the SHA-256 of both together.

    Nothing stays where an exception is raised: TooLarge, Refused for an empty table, Unavailable
    where the disk refuses.
    """
    name = secrets.token_hex(16)
    folder = _root() / name
    try:
        folder.mkdir(parents=True)
        digest = hashlib.sha256()
        size_bytes = _copy(table, folder / TABLE, digest, MAX_FILE_BYTES)
        if not size_bytes:
            raise Refused("The file is empty.", {FIELD: "choose a file"})
        if pictures is not None:
            _copy(pictures, folder / ARCHIVE, digest, settings().post_max_upload_mb * 2**20)
    except OSError as error:
        discard(name)
        raise Unavailable(
            f"The media folder cannot be written ({error.strerror}): free some space, or check its "
            "rights, and try again."
        ) from error
    except (TooLarge, Refused):
        discard(name)
        raise
    return name, digest.hexdigest()


def table_of(folder: str) -> bytes:
    """The table. Raises NotFound where it is gone."""
    return _existing(folder, TABLE).read_bytes()


def table_size_bytes(folder: str) -> int:
    """How large the table is. Raises NotFound."""
    return _existing(folder, TABLE).stat().st_size


@contextmanager
def archive_of(folder: str) -> Iterator[IO[bytes]]:
    """The zip of pictures. Raises NotFound."""
    with _existing(folder, ARCHIVE).open("rb") as stream:
        yield stream


def keep_picture(folder: str, jpeg: bytes) -> str:
    """Put a picture that was read beside the table; returns its SHA-256."""
    sha256 = hashlib.sha256(jpeg).hexdigest()
    try:
        (_root() / folder / f"{sha256}.jpg").write_bytes(jpeg)
    except OSError as error:
        raise Unavailable(f"The media folder cannot be written ({error.strerror}).") from error
    return sha256


def picture_of(folder: str, sha256: str) -> bytes:
    """A picture that was put there. Raises NotFound."""
    return _existing(folder, f"{sha256}.jpg").read_bytes()


def discard(folder: str) -> None:
    """Remove the folder with all that is in it."""
    shutil.rmtree(_root() / folder, ignore_errors=True)


def unclaimed(known: frozenset[str]) -> list[str]:
    """Folders that no job names and that are older than an hour."""
    if not _root().is_dir():
        return []
    before = time.time() - _UNCLAIMED_S
    return [
        one.name for one in _root().iterdir() if one.name not in known and _is_older(one, before)
    ]


def _copy(source: IO[bytes], target: Path, digest: hashlib._Hash, most_bytes: int) -> int:
    written = 0
    with target.open("wb") as handle:
        while piece := source.read(_PIECE_BYTES):
            written += len(piece)
            if written > most_bytes:
                raise TooLarge(f"A file may have {most_bytes // 2**20} MB: divide it.")
            digest.update(piece)
            handle.write(piece)
    return written


def _is_older(path: Path, before: float) -> bool:
    try:
        return path.stat().st_mtime < before
    except FileNotFoundError:
        return False  # its import has ended since the folder was listed


def _existing(folder: str, name: str) -> Path:
    path = _root() / folder / name
    if not path.is_file():
        raise NotFound("The file of this import is gone: import it again.")
    return path


def _root() -> Path:
    return settings().media_dir / "imports"
