"""Outputs for what was deleted because its time was over."""

from __future__ import annotations

from typing import Protocol

from app.models.retention import RetentionReceipt
from app.outputs.base import Output, UtcInstant


class ExpiryOut(Output):
    """What one run deleted. `held_back` faces are past their time and stay for a legal hold.

    `reference_photos` are those of cases that were closed too long ago.

    `index_cleaned`: the index holds no entry of them any more.
    """

    faces: int
    sightings: int
    crops: int
    crop_bytes: int
    receipts: int
    held_back: int
    index_cleaned: bool
    reference_photos: int


class CheckedReceiptLike(Protocol):
    """What `services.governance.retention.list_receipts` hands over."""

    @property
    def receipt(self) -> RetentionReceipt: ...
    @property
    def is_in_audit_log(self) -> bool: ...


class ReceiptOut(Output):
    """One batch of faces that expired, whether the audit log says the same, and by which hash."""

    id: int
    expired_at: UtcInstant
    model: str
    faces: int
    sightings: int
    crops: int
    crop_bytes: int
    oldest_face_at: UtcInstant
    newest_face_at: UtcInstant
    receipt_sha256: str
    index_cleaned_at: UtcInstant | None
    is_in_audit_log: bool

    @classmethod
    def of(cls, checked: CheckedReceiptLike) -> ReceiptOut:
        """From a receipt with its embedder."""
        receipt = checked.receipt
        return cls(
            id=receipt.id,
            expired_at=receipt.expired_at,
            model=receipt.embedder.name,
            faces=receipt.faces,
            sightings=receipt.sightings,
            crops=receipt.crops,
            crop_bytes=receipt.crop_bytes,
            oldest_face_at=receipt.oldest_face_at,
            newest_face_at=receipt.newest_face_at,
            receipt_sha256=receipt.receipt_sha256,
            index_cleaned_at=receipt.index_cleaned_at,
            is_in_audit_log=checked.is_in_audit_log,
        )
