"""Pictures in a zip beside a file of posts, read by name, each within limits.

Nothing is unpacked to disk, folders in names are ignored, and what an archive says of its own sizes
is never believed: each picture is read up to the limit and no further.
"""

from __future__ import annotations

import zipfile
import zlib
from collections import defaultdict
from types import TracebackType
from typing import IO, Final

from app.errors import Refused, TooLarge

MAX_ENTRIES: Final = 50_000
MAX_READ_BYTES: Final = 2 * 1024**3
"""Of all pictures of one archive, unpacked."""
FIELD: Final = "pictures"


class PictureProblem(ValueError):
    """A picture that cannot be had; the text says why."""


class PictureArchive:
    """The files of a zip by their names without folders. Close it, or use it as a context."""

    def __init__(self, stream: IO[bytes], most_bytes: int) -> None:
        """Open it; `most_bytes` is the largest picture. Raises Refused, TooLarge."""
        self._most_bytes = most_bytes
        self._left_bytes = MAX_READ_BYTES
        try:
            self._zip = zipfile.ZipFile(stream)
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
            raise Refused("This is no zip archive.", {FIELD: "no zip archive"}) from error
        entries = [one for one in self._zip.infolist() if not one.is_dir()]
        if len(entries) > MAX_ENTRIES:
            raise TooLarge(f"The archive holds more than {MAX_ENTRIES:,} files: divide it.")
        self._entries: dict[str, list[zipfile.ZipInfo]] = defaultdict(list)
        for entry in entries:
            name = entry.filename.replace("\\", "/").rpartition("/")[2]
            self._entries[name.casefold()].append(entry)

    def read(self, name: str) -> bytes:
        """The file of this name. Raises PictureProblem; TooLarge when all together are too much."""
        found = self._entries.get(name.casefold(), [])
        if not found:
            raise PictureProblem("not in the archive; addresses are never fetched")
        if len({(one.CRC, one.file_size) for one in found}) > 1:
            raise PictureProblem("in the archive several times, and different")
        entry = found[0]
        if entry.flag_bits & 0x1:
            raise PictureProblem("encrypted in the archive")
        try:
            with self._zip.open(entry) as stream:
                data = stream.read(self._most_bytes + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
            raise PictureProblem("damaged in the archive") from error
        if len(data) > self._most_bytes:
            raise PictureProblem(f"it unpacks to more than {self._most_bytes // 2**20} MB")
        self._left_bytes -= len(data)
        if self._left_bytes < 0:
            raise TooLarge("The pictures unpack to more than 2 GB together: divide the archive.")
        return data

    def __enter__(self) -> PictureArchive:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._zip.close()
