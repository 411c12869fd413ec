"""The lock under which posts come and go: whoever adds, takes back or deletes some holds it."""

from __future__ import annotations

from sqlalchemy import text

from app.extensions import db

_LOCK = 7_201_005
"""Key of the advisory lock."""
_FILES = 7_201_006
"""First key of the locks of files; the second is made of a file's hash."""


def hold_lock() -> None:
    """Wait for, and hold until the commit, the right to add, take back or delete posts."""
    db.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def hold_file(sha256: str) -> None:
    """Hold a file until the commit: of two who import it at once, the second sees the first."""
    second = int.from_bytes(bytes.fromhex(sha256)[:4], signed=True)
    db.session.execute(
        text("SELECT pg_advisory_xact_lock(:files, :second)"), {"files": _FILES, "second": second}
    )
