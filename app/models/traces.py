"""Traces: files of positions that were imported as last-known locations."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.extensions import Model
from app.models.accounts import User
from app.models.cases import Case, LocationSource, Reliability
from app.models.columns import LongText, UtcTime, choice, utc_now


class Trace(Model):
    """One imported file of positions: a phone's, a vehicle's, tickets, a travel log.

    `rows` counts what the file holds, `refused` what could not be read, `added` the last-known
    locations that came of it after thinning. `taken_back_at` marks an import that was undone: its
    locations stay on record, inactive.
    """

    __tablename__ = "traces"
    __table_args__ = (Index("ix_traces_case_id", "case_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    label: Mapped[str] = mapped_column(String(120))
    source: Mapped[LocationSource] = mapped_column(choice(LocationSource))
    reliability: Mapped[Reliability] = mapped_column(choice(Reliability))
    format: Mapped[str] = mapped_column(String(20))
    file_name: Mapped[str] = mapped_column(String(255))
    file_sha256: Mapped[str] = mapped_column(String(64))
    rows: Mapped[int]
    refused: Mapped[int]
    added: Mapped[int]
    thinned_within_m: Mapped[float]
    remarks: Mapped[LongText]
    imported_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    imported_at: Mapped[UtcTime] = mapped_column(default=utc_now)
    taken_back_at: Mapped[UtcTime | None]

    case: Mapped[Case] = relationship()
    imported_by: Mapped[User | None] = relationship()
