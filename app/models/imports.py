"""Where a case came from that was brought by a list."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.extensions import Model
from app.models.cases import Case
from app.models.columns import UtcTime, utc_now


class ImportedCase(Model):
    """A case that came with a list: whose list, its number there, and what the list said of it.

    `facts` are those of the last import that was taken over, so that the next one shows what has
    changed. `confirmed_at` is when a person confirmed the case's legal basis; None until then.
    """

    __tablename__ = "imported_cases"
    __table_args__ = (UniqueConstraint("source", "ref"),)

    case_id: Mapped[int] = mapped_column(
        ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    source: Mapped[str] = mapped_column(String(120))
    ref: Mapped[str] = mapped_column(String(60))
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    imported_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    imported_at: Mapped[UtcTime] = mapped_column(default=utc_now)
    changed_at: Mapped[UtcTime | None]
    confirmed_at: Mapped[UtcTime | None]
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    case: Mapped[Case] = relationship()
