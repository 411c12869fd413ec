"""Requests to delete a case with all that it holds, and receipts of what was deleted."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.extensions import Model
from app.models.cases import Case
from app.models.columns import LongText, UtcTime, choice, utc_now


class PurgeState(StrEnum):
    """A request waits for a second person, who carries it out; or it was withdrawn."""

    REQUESTED = "requested"
    DONE = "done"
    WITHDRAWN = "withdrawn"


class CasePurge(Model):
    """One request, and its receipt once it is `done`.

    The case's row is gone then; its number stays here, and whether it was restricted. The counts
    are what was deleted; `faces_kept` are faces of the case's sweeps that other cases' sightings
    rest on. `receipt_sha256` covers them and stands in the audit log's chain.
    """

    __tablename__ = "case_purges"
    __table_args__ = (
        CheckConstraint("reason <> ''", name="reason"),
        CheckConstraint("confirmed_by_id <> requested_by_id", name="two_people"),
        CheckConstraint("(state = 'done') = (receipt_sha256 IS NOT NULL)", name="receipt"),
        Index(
            "uq_case_purges_open",
            "case_id",
            unique=True,
            postgresql_where=text("state = 'requested'"),
        ),
        Index("ix_case_purges_case_number", "case_number"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id", ondelete="SET NULL"))
    case_number: Mapped[str] = mapped_column(String(60))
    was_restricted: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    state: Mapped[PurgeState] = mapped_column(choice(PurgeState), default=PurgeState.REQUESTED)
    reason: Mapped[LongText]
    requested_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    requested_by_name: Mapped[str] = mapped_column(String(254))
    requested_at: Mapped[UtcTime] = mapped_column(default=utc_now)
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    confirmed_by_name: Mapped[LongText]
    ended_at: Mapped[UtcTime | None]
    photos: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    faces: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    faces_kept: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    sightings: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    tips: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    reports: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    locations: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    messages: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    files: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    file_bytes: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    receipt_sha256: Mapped[str | None] = mapped_column(String(64), unique=True)

    case: Mapped[Case | None] = relationship()
