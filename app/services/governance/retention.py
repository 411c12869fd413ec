"""Letting go: faces whose time is over are deleted in batches, each with a receipt.

A face stays while somebody may still need it: as a sighting that no person rejected, of a case that
is open or was closed less than `CLOSED_CASE_RETENTION_DAYS` ago, and as any sighting of a case on
legal hold. The same holds for faces proposed for a person of interest, until these are withdrawn or
let go (`services.governance.person_retention`). Everything else goes when its `expires_at` has
passed: the crop on disk first, so that a failure in between leaves a row without a picture and
never a picture without a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, exists, func, or_, select, text, update
from sqlalchemy.orm import joinedload

from app.current import settings
from app.extensions import db
from app.models import (
    Case,
    CaseState,
    Face,
    PersonOfInterest,
    PersonSighting,
    RetentionReceipt,
    Sighting,
    SightingState,
)
from app.models.columns import utc_now
from app.services.base import audit, kept_pictures, media, receipts
from app.services.base.actors import Actor
from app.services.base.pages import Page, paginate
from app.services.reviews import clips

BATCH = 1000
_EXPIRED = "faces.expire"


@dataclass(frozen=True)
class Expiry:
    """What one run deleted, and what it had to leave."""

    faces: int
    sightings: int
    crops: int
    crop_bytes: int
    receipts: int
    held_back: int
    """Faces past their time that only a legal hold keeps."""


@dataclass(frozen=True, eq=False)
class CheckedReceipt:
    """A receipt, and whether the audit log's chain holds the same facts about it."""

    receipt: RetentionReceipt
    is_in_audit_log: bool


@dataclass(frozen=True)
class _Expired:
    """A face that goes."""

    face_id: int
    crop_sha256: str
    best_at: datetime


def expire_faces(actor: Actor) -> Expiry:
    """Delete all faces whose time is over, batch by batch, until none is left."""
    done: list[RetentionReceipt] = []
    while (receipt := expire_batch(actor)) is not None:
        done.append(receipt)
    return Expiry(
        faces=sum(one.faces for one in done),
        sightings=sum(one.sightings for one in done),
        crops=sum(one.crops for one in done),
        crop_bytes=sum(one.crop_bytes for one in done),
        receipts=len(done),
        held_back=_held_back(),
    )


def expire_batch(actor: Actor) -> RetentionReceipt | None:
    """Delete up to `BATCH` faces of one model. None if there was nothing to delete."""
    embedder_id = db.session.scalar(select(Face.embedder_id).where(_is_over()).limit(1))
    if embedder_id is not None:
        kept_pictures.hold_for_purge()
    expired = _take(embedder_id) if embedder_id is not None else []
    if embedder_id is None or not expired:
        db.session.rollback()
        return None
    ids = [one.face_id for one in expired]
    clip_files = clips.files_of_faces(ids)
    gone = db.session.execute(delete(Sighting).where(Sighting.face_id.in_(ids)))
    db.session.execute(delete(PersonSighting).where(PersonSighting.face_id.in_(ids)))
    db.session.execute(delete(Face).where(Face.id.in_(ids)))
    sizes = kept_pictures.discard_unnamed({one.crop_sha256 for one in expired})
    for sha256 in sorted(clip_files - clips.still_named(clip_files)):
        media.discard(sha256, clips.SUFFIX)
    receipt = RetentionReceipt(
        expired_at=utc_now(),
        embedder_id=embedder_id,
        faces=len(ids),
        sightings=int(gone.rowcount),  # type: ignore[attr-defined]
        crops=len(sizes),
        crop_bytes=sum(sizes),
        oldest_face_at=min(one.best_at for one in expired),
        newest_face_at=max(one.best_at for one in expired),
    )
    receipt.receipt_sha256 = receipt_hash(receipt)
    db.session.add(receipt)
    db.session.flush()
    audit.record(actor, _EXPIRED, subject=f"receipt {receipt.id}", details=_facts(receipt))
    db.session.commit()
    return receipt


def clean_index(*, at_most_every: timedelta = timedelta(0)) -> int:
    """Take the entries of deleted faces out of the index. Returns how many receipts that settled.

    A vacuum of the table, which cannot be part of a transaction; it is left for later if the last
    one was less than `at_most_every` ago.
    """
    newest = db.session.scalar(
        select(RetentionReceipt.id)
        .where(RetentionReceipt.index_cleaned_at.is_(None))
        .order_by(RetentionReceipt.id.desc())
        .limit(1)
    )
    last = db.session.scalar(
        select(RetentionReceipt.index_cleaned_at)
        .order_by(RetentionReceipt.index_cleaned_at.desc().nulls_last())
        .limit(1)
    )
    db.session.rollback()
    if newest is None or (last is not None and last > utc_now() - at_most_every):
        return 0
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("VACUUM (ANALYZE) faces"))
        connection.execute(text("RESET statement_timeout"))
    settled = db.session.execute(
        update(RetentionReceipt)
        .where(RetentionReceipt.id <= newest, RetentionReceipt.index_cleaned_at.is_(None))
        .values(index_cleaned_at=utc_now())
    )
    db.session.commit()
    return int(settled.rowcount)  # type: ignore[attr-defined]


def list_receipts(page: int, per_page: int) -> Page[CheckedReceipt]:
    """Receipts, the newest first, each compared with what the audit log says of it."""
    statement = (
        select(RetentionReceipt)
        .options(joinedload(RetentionReceipt.embedder))
        .order_by(RetentionReceipt.id.desc())
    )
    found = paginate(statement, page, per_page)
    checked = _checked(found.items)
    return Page(items=checked, total=found.total, page=found.page, per_page=found.per_page)


def receipt_hash(receipt: RetentionReceipt) -> str:
    """SHA-256 of the receipt's facts."""
    facts = {
        "expired_at": receipts.moment(receipt.expired_at),
        "embedder_id": receipt.embedder_id,
        "faces": receipt.faces,
        "sightings": receipt.sightings,
        "crops": receipt.crops,
        "crop_bytes": receipt.crop_bytes,
        "oldest_face_at": receipts.moment(receipt.oldest_face_at),
        "newest_face_at": receipts.moment(receipt.newest_face_at),
    }
    return receipts.hash_of(facts)


def _is_over() -> ColumnElement[bool]:
    return (Face.expires_at <= utc_now()) & ~_is_needed() & ~_is_held()


def _is_needed() -> ColumnElement[bool]:
    """Whether the face is a sighting that somebody may still act on."""
    closed_since = utc_now() - timedelta(days=settings().closed_case_retention_days)
    is_kept_on = or_(Case.state == CaseState.OPEN, Case.closed_at > closed_since)
    of_subject = (
        exists()
        .where(Sighting.face_id == Face.id, Sighting.state != SightingState.REJECTED)
        .where(Case.id == Sighting.case_id, is_kept_on)
    )
    of_person = (
        exists()
        .where(PersonSighting.face_id == Face.id)
        .where(
            or_(
                PersonSighting.state != SightingState.REJECTED,
                PersonSighting.awaits.is_not(None),  # one person's no settles nothing
            )
        )
        .where(PersonSighting.withdrawn_at.is_(None))
        .where(PersonOfInterest.id == PersonSighting.person_id)
        .where(PersonOfInterest.purged_at.is_(None))
        .where(Case.id == PersonOfInterest.case_id, is_kept_on)
    )
    return or_(of_subject, of_person)


def _is_held() -> ColumnElement[bool]:
    of_subject = exists().where(
        Sighting.face_id == Face.id, Case.id == Sighting.case_id, Case.legal_hold
    )
    of_person = exists().where(
        PersonSighting.face_id == Face.id,
        PersonOfInterest.id == PersonSighting.person_id,
        Case.id == PersonOfInterest.case_id,
        Case.legal_hold,
    )
    return or_(of_subject, of_person)


def _held_back() -> int:
    held = select(func.count(Face.id)).where(
        Face.expires_at <= utc_now(), ~_is_needed(), _is_held()
    )
    return db.session.scalar(held) or 0


def _take(embedder_id: int) -> list[_Expired]:
    """A batch of faces, held so that no search proposes one of them meanwhile."""
    rows = db.session.execute(
        select(Face.id, Face.crop_sha256, Face.best_at)
        .where(Face.embedder_id == embedder_id, _is_over())
        .order_by(Face.expires_at)
        .limit(BATCH)
        .with_for_update(of=Face, skip_locked=True)
    )
    return [_Expired(face_id, crop_sha256, best_at) for face_id, crop_sha256, best_at in rows]


def _facts(receipt: RetentionReceipt) -> dict[str, object]:
    return {
        "faces": receipt.faces,
        "sightings": receipt.sightings,
        "crops": receipt.crops,
        "crop_bytes": receipt.crop_bytes,
        "model": receipt.embedder.name,
        "oldest_face_at": receipt.oldest_face_at,
        "newest_face_at": receipt.newest_face_at,
        "receipt_sha256": receipt.receipt_sha256,
    }


def _checked(rows: Sequence[RetentionReceipt]) -> list[CheckedReceipt]:
    in_log = receipts.hashes_in_log(_EXPIRED, [f"receipt {row.id}" for row in rows])
    return [CheckedReceipt(row, (f"receipt {row.id}", receipt_hash(row)) in in_log) for row in rows]
