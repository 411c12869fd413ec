"""Pictures that rows name: writing them, and deleting those that no row names any more.

A picture is one file however many rows name it. So whoever is about to name one, and whoever
deletes one that nobody names, hold a lock until their commit: the first share it, the second have
it alone. It is taken before any row is locked.
"""

from __future__ import annotations

from sqlalchemy import func, select, true

from app.extensions import db
from app.models import ContributedFace, ContributedPhoto, Face, PersonPhoto, ReferencePhoto
from app.services.base import media

_LOCK = 0x70686F746F73


def store(data: bytes) -> str:
    """Write a picture that this transaction is about to name; its SHA-256. Raises Unavailable."""
    db.session.execute(select(func.pg_advisory_xact_lock_shared(_LOCK)))
    return media.store(data)


def hold_for_purge() -> None:
    """Until this transaction ends, nobody else names a picture, and nobody else purges."""
    db.session.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def discard_unnamed(sha256s: set[str]) -> list[int]:
    """Delete pictures that no row names any more; their sizes in bytes. For after the rows went."""
    hold_for_purge()
    unnamed = sorted(sha256s - still_named(sha256s))
    return [size for sha256 in unnamed if (size := media.discard(sha256)) is not None]


def still_named(sha256s: set[str]) -> set[str]:
    """Which of these pictures some row names, whatever it belongs to."""
    is_kept = ReferencePhoto.purged_at.is_(None)
    columns = (
        (ContributedPhoto.sha256, true()),
        (ContributedFace.crop_sha256, true()),
        (ReferencePhoto.sha256, is_kept),
        (ReferencePhoto.face_sha256, is_kept),
        (PersonPhoto.sha256, PersonPhoto.purged_at.is_(None)),
        (PersonPhoto.face_sha256, PersonPhoto.purged_at.is_(None)),
        (Face.crop_sha256, true()),
    )
    named: set[str] = set()
    for column, condition in columns:
        named.update(db.session.scalars(select(column).where(column.in_(sha256s), condition)))
    return named
