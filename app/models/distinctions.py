"""Pairs of cases that a person found to be about two people."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.extensions import Model
from app.models.cases import Case
from app.models.columns import LongText, UtcTime, utc_now


class CaseDistinction(Model):
    """That two cases, the one with the smaller id first, are not about one person; by whom, why.

    `undone_at` is when that was taken back; None while it stands, and of a pair only one stands.
    """

    __tablename__ = "case_distinctions"
    __table_args__ = (
        CheckConstraint("first_case_id < second_case_id", name="in_order"),
        Index(
            "ix_case_distinctions_standing",
            "first_case_id",
            "second_case_id",
            unique=True,
            postgresql_where=text("undone_at IS NULL"),
        ),
        Index("ix_case_distinctions_second_case_id", "second_case_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    first_case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    second_case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    reason: Mapped[LongText]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_by_name: Mapped[str] = mapped_column(String(254))
    decided_at: Mapped[UtcTime] = mapped_column(default=utc_now)
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    undone_by_name: Mapped[str] = mapped_column(String(254), default="", server_default="")
    undone_at: Mapped[UtcTime | None]

    first: Mapped[Case] = relationship(foreign_keys=[first_case_id])
    second: Mapped[Case] = relationship(foreign_keys=[second_case_id])
