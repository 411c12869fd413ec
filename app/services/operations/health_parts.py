"""A part of the installation, as the health page and its API say it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

LITTLE_DISK_BYTES: Final = 2 * 1024**3
"""Below this, crops and uploads soon cannot be written."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the installation; `sentence` says what it is, or what is wrong with it."""

    name: str
    ok: bool
    sentence: str


def gibibytes(size_bytes: int) -> str:
    """A size with its unit: 1.5 GiB, or 20 MiB below a tenth of one."""
    if size_bytes < 1024**3 / 10:
        return f"{size_bytes / 1024**2:.0f} MiB"
    return f"{size_bytes / 1024**3:.1f} GiB"
