"""Reports that were handed in as text, and what was found in them."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from sqlalchemy import Date, Float, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.extensions import Model
from app.intake.marks import MarkKind
from app.models.accounts import User
from app.models.cases import Case, LastKnownLocationRow
from app.models.columns import UtcTime, choice, utc_now


class ReportKind(StrEnum):
    """What a report is; it says how far its places are believed at first."""

    FIR = "FIR"
    STATEMENT = "statement"
    MESSAGE = "message"


class MarkState(StrEnum):
    """The machine proposes a mark; a person accepts or dismisses it."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    DISMISSED = "dismissed"


class Report(Model):
    """A text about a case: a first information report, a statement, a message.

    `written_at` is what relative times in it count from. `sha256` is that of the file as it was
    handed in, or of the pasted text; the file itself is not kept. A removed report stays on record.
    """

    __tablename__ = "reports"
    __table_args__ = (Index("ix_reports_case_id", "case_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    kind: Mapped[ReportKind] = mapped_column(choice(ReportKind))
    title: Mapped[str] = mapped_column(String(200))
    written_at: Mapped[UtcTime]
    region: Mapped[str] = mapped_column(String(2))
    content: Mapped[str] = mapped_column(Text)
    file_name: Mapped[str] = mapped_column(String(255), default="", server_default="")
    sha256: Mapped[str] = mapped_column(String(64))
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[UtcTime] = mapped_column(default=utc_now)
    removed_at: Mapped[UtcTime | None]

    case: Mapped[Case] = relationship()
    added_by: Mapped[User | None] = relationship()
    marks: Mapped[list[ReportMark]] = relationship(
        order_by="ReportMark.from_char", cascade="all, delete-orphan", back_populates="report"
    )


class ReportMark(Model):
    """Words of a report (characters `from_char` to `to_char`) and what they seem to say.

    `value` is the reading: an ISO time, a place's name, a number, words. A time has `day`, and `at`
    where the clock is known; a place its position and uncertainty. `location_id` is the last-known
    location that an accepted place became.
    """

    __tablename__ = "report_marks"
    __table_args__ = (
        UniqueConstraint("report_id", "ordinal"),
        Index("ix_report_marks_kind_value", "kind", "value"),
        Index(
            "ix_report_marks_location_id",
            "location_id",
            postgresql_where=text("location_id IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("reports.id", ondelete="CASCADE"))
    ordinal: Mapped[int]
    kind: Mapped[MarkKind] = mapped_column(choice(MarkKind))
    from_char: Mapped[int]
    to_char: Mapped[int]
    value: Mapped[str] = mapped_column(String(300))
    field: Mapped[str] = mapped_column(String(20), default="", server_default="")
    day: Mapped[date | None] = mapped_column(Date)
    at: Mapped[UtcTime | None]
    latitude_deg: Mapped[float | None] = mapped_column(Float(53))
    longitude_deg: Mapped[float | None] = mapped_column(Float(53))
    uncertainty_m: Mapped[float | None]
    exact: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    state: Mapped[MarkState] = mapped_column(choice(MarkState), default=MarkState.PROPOSED)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[UtcTime | None]
    location_id: Mapped[int | None] = mapped_column(
        ForeignKey("last_known_locations.id", ondelete="SET NULL")
    )

    report: Mapped[Report] = relationship(back_populates="marks")
    decided_by: Mapped[User | None] = relationship()
    location: Mapped[LastKnownLocationRow | None] = relationship()

    @property
    def words(self) -> str:
        """The words in the report."""
        return self.report.content[self.from_char : self.to_char]
