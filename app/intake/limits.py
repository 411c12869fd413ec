"""How much of a handed-in document is read."""

from __future__ import annotations

from typing import Final

MAX_FILE_BYTES: Final = 10 * 1024 * 1024
MAX_TEXT_CHARACTERS: Final = 60_000
"""About twenty printed pages; the time for reading marks grows with it."""

MAX_PAGES: Final = 100
MAX_UNPACKED_BYTES: Final = 50 * 1024 * 1024
CPU_SECONDS: Final = 20
