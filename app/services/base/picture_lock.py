"""The lock between those who name a picture and those who delete pictures that none names."""

from __future__ import annotations

from sqlalchemy import func, select

from app.extensions import db

_LOCK = 0x70686F746F73


def keep_pictures_from_purge() -> None:
    """Until this transaction ends, no purge deletes a picture that it is about to name."""
    db.session.execute(select(func.pg_advisory_xact_lock_shared(_LOCK)))


def hold_pictures_for_purge() -> None:
    """Until this transaction ends, nobody else names a picture, and nobody else purges."""
    db.session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
