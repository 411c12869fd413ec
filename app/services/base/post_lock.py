"""The lock under which posts come and go: whoever adds, takes back or deletes some holds it."""

from __future__ import annotations

from sqlalchemy import text

from app.extensions import db

_LOCK = 7_201_005
"""Key of the advisory lock."""


def hold_lock() -> None:
    """Wait for, and hold until the commit, the right to add, take back or delete posts."""
    db.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
