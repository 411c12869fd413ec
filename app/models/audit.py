"""The audit log: append-only (a trigger refuses anything else) and chained by hashes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Index, String, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Model
from app.models.columns import UtcTime


class AuditEntry(Model):
    """Who did what, when, in which case and for which purpose.

    `entry_hash` is the SHA-256 of the previous entry's hash and of this entry's own content
    (`services.base.audit` defines the exact bytes), so that a changed or missing entry shows.
    """

    __tablename__ = "audit_log"
    __table_args__ = (
        Index("ix_audit_log_case_number_id", "case_number", "id"),
        Index("ix_audit_log_action_id", "action", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[UtcTime]
    actor_id: Mapped[int | None]
    actor_name: Mapped[str] = mapped_column(String(254))
    actor_role: Mapped[str] = mapped_column(String(40))
    action: Mapped[str] = mapped_column(String(80))
    case_number: Mapped[str | None] = mapped_column(String(60))
    purpose: Mapped[str | None] = mapped_column(Text)
    subject: Mapped[str | None] = mapped_column(String(200))
    details: Mapped[dict[str, Any]] = mapped_column(JSONB)
    address: Mapped[str | None] = mapped_column(String(64))
    previous_hash: Mapped[str] = mapped_column(String(64))
    entry_hash: Mapped[str] = mapped_column(String(64), unique=True)
