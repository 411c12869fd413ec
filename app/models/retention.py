"""Receipts: what was deleted because its time was over."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.extensions import Model
from app.models.cases import Case
from app.models.columns import UtcTime, utc_now
from app.models.faces import Embedder


class RetentionReceipt(Model):
    """One batch of faces of one model that expired: rows, crops on disk, and index entries.

    `receipt_sha256` covers all the other facts and stands in the audit log's chain, so that a
    receipt that was changed or removed later shows. `index_cleaned_at` is when the entries of the
    deleted rows were taken out of the index; until then they are dead, and found by no search.
    """

    __tablename__ = "retention_receipts"
    __table_args__ = (Index("ix_retention_receipts_expired_at", "expired_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    expired_at: Mapped[UtcTime] = mapped_column(default=utc_now)
    embedder_id: Mapped[int] = mapped_column(ForeignKey("embedders.id"))
    faces: Mapped[int]
    sightings: Mapped[int]
    crops: Mapped[int]
    crop_bytes: Mapped[int] = mapped_column(BigInteger)
    oldest_face_at: Mapped[UtcTime]
    newest_face_at: Mapped[UtcTime]
    receipt_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    index_cleaned_at: Mapped[UtcTime | None]

    embedder: Mapped[Embedder] = relationship()


class PhotoReceipt(Model):
    """The reference photos of one closed case that were deleted because their time was over.

    `pictures` are files, photos and the faces cut out of them; one that something else names stays.
    `receipt_sha256` covers all other facts and stands in the audit log's chain.
    """

    __tablename__ = "photo_receipts"
    __table_args__ = (Index("ix_photo_receipts_case_id", "case_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    purged_at: Mapped[UtcTime] = mapped_column(default=utc_now)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    case_closed_at: Mapped[UtcTime]
    photos: Mapped[int]
    embeddings: Mapped[int]
    pictures: Mapped[int]
    picture_bytes: Mapped[int] = mapped_column(BigInteger)
    receipt_sha256: Mapped[str] = mapped_column(String(64), unique=True)

    case: Mapped[Case] = relationship()
