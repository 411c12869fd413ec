"""Letting go of the reference photos of closed cases: files, embeddings, faces cut out of them.

A case keeps its photos while it is open, for `CLOSED_CASE_RETENTION_DAYS` after it was closed, and
as long as it is on legal hold. Then they go, one case at a time, each with a receipt. The rows stay
with nothing but their hashes, so that a sighting can still be said to rest on a certain photo.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, delete, exists, func, select
from sqlalchemy.orm import joinedload

from app.current import settings
from app.extensions import db
from app.models import (
    Case,
    CaseState,
    PhotoReceipt,
    ReferenceEmbedding,
    ReferencePhoto,
)
from app.models.columns import utc_now
from app.services.base import audit, kept_pictures, receipts
from app.services.base.actors import Actor
from app.services.base.pages import Page, paginate

GONE = (
    "Its reference photos were deleted because it had been closed for so long: "
    "add new ones, or nothing can be recognised."
)
"""For whoever opens such a case again."""
_PURGED = "photos.purge"


@dataclass(frozen=True, eq=False)
class CheckedPhotoReceipt:
    """A receipt, and whether the audit log's chain holds the same facts about it."""

    receipt: PhotoReceipt
    is_in_audit_log: bool


def purge(actor: Actor) -> list[PhotoReceipt]:
    """Delete the photos of all cases whose time is over, case by case, until none is left."""
    done = []
    while (receipt := purge_case(actor)) is not None:
        done.append(receipt)
    return done


def purge_case(actor: Actor) -> PhotoReceipt | None:
    """Delete the photos of one case whose time is over. None if there was none.

    The rows lose what they hold before the files go, and both are settled by one commit: a failure
    in between leaves a photo without a picture for the next run, never a picture without a row.
    """
    if db.session.scalar(select(Case.id).where(_is_over()).limit(1)) is None:
        db.session.rollback()
        return None
    kept_pictures.hold_for_purge()
    case = db.session.scalar(
        select(Case)
        .where(_is_over())
        .order_by(Case.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    if case is None or case.closed_at is None:
        db.session.rollback()
        return None
    receipt = PhotoReceipt(
        purged_at=utc_now(), case_id=case.id, case_closed_at=case.closed_at, **_let_go(case)
    )
    case.photos_purged_at = receipt.purged_at
    receipt.receipt_sha256 = receipt_hash(receipt)
    db.session.add(receipt)
    db.session.flush()
    facts = {**_facts(receipt), "receipt_sha256": receipt.receipt_sha256}
    audit.record(actor, _PURGED, case=case, subject=f"photo receipt {receipt.id}", details=facts)
    db.session.commit()
    return receipt


def held_back() -> int:
    """Cases past their time whose photos only a legal hold keeps."""
    held = select(func.count(Case.id)).where(_is_past(), _has_photos(), Case.legal_hold)
    return db.session.scalar(held) or 0


def list_receipts(page: int, per_page: int) -> Page[CheckedPhotoReceipt]:
    """Receipts, the newest first, each compared with what the audit log says of it."""
    statement = (
        select(PhotoReceipt).options(joinedload(PhotoReceipt.case)).order_by(PhotoReceipt.id.desc())
    )
    found = paginate(statement, page, per_page)
    checked = _checked(found.items)
    return Page(items=checked, total=found.total, page=found.page, per_page=found.per_page)


def receipt_hash(receipt: PhotoReceipt) -> str:
    """SHA-256 of the receipt's facts."""
    return receipts.hash_of(_facts(receipt))


def _let_go(case: Case) -> dict[str, int]:
    """Delete what the case's photos hold; how much that was, by the receipt's names."""
    photos = db.session.scalars(
        select(ReferencePhoto).where(ReferencePhoto.case_id == case.id, _is_kept())
    ).all()
    ids = [photo.id for photo in photos]
    gone = db.session.execute(
        delete(ReferenceEmbedding).where(ReferenceEmbedding.photo_id.in_(ids))
    )
    pictures = {sha256 for photo in photos for sha256 in (photo.sha256, photo.face_sha256)}
    for photo in photos:
        photo.active, photo.purged_at = False, utc_now()
        photo.file_name, photo.taken_on = "", None
        photo.taken_at_day = photo.taken_precision = None
    db.session.flush()
    sizes = kept_pictures.discard_unnamed(pictures)
    return {
        "photos": len(photos),
        "embeddings": int(gone.rowcount),  # type: ignore[attr-defined]
        "pictures": len(sizes),
        "picture_bytes": sum(sizes),
    }


def _is_over() -> ColumnElement[bool]:
    return _is_past() & _has_photos() & ~Case.legal_hold


def _is_past() -> ColumnElement[bool]:
    closed_before = utc_now() - timedelta(days=settings().closed_case_retention_days)
    return (Case.state == CaseState.CLOSED) & (Case.closed_at <= closed_before)


def _has_photos() -> ColumnElement[bool]:
    return exists().where(ReferencePhoto.case_id == Case.id, _is_kept())


def _is_kept() -> ColumnElement[bool]:
    return ReferencePhoto.purged_at.is_(None)


def _facts(receipt: PhotoReceipt) -> dict[str, object]:
    return {
        "purged_at": receipts.moment(receipt.purged_at),
        "case_id": receipt.case_id,
        "case_closed_at": receipts.moment(receipt.case_closed_at),
        "photos": receipt.photos,
        "embeddings": receipt.embeddings,
        "pictures": receipt.pictures,
        "picture_bytes": receipt.picture_bytes,
    }


def _checked(rows: Sequence[PhotoReceipt]) -> list[CheckedPhotoReceipt]:
    in_log = receipts.hashes_in_log(_PURGED, [f"photo receipt {row.id}" for row in rows])
    return [
        CheckedPhotoReceipt(row, (f"photo receipt {row.id}", receipt_hash(row)) in in_log)
        for row in rows
    ]
