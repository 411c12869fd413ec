"""Alerts: what somebody must look at, who has, and whom it is told to."""

from __future__ import annotations

from datetime import time
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.extensions import Model
from app.models.accounts import User
from app.models.cases import Case
from app.models.columns import UtcTime, choice, utc_now
from app.models.messages import OutgoingMessage
from app.models.sightings import Sighting


class AlertKind(StrEnum):
    """What happened. Faces are leads, none is an identification."""

    SIGHTING = "sighting"
    TIP_MATCH = "tip match"
    FOUND_PERSON_MATCH = "found-person match"
    POST_MATCH = "post match"
    REVIEW_DISAGREEMENT = "review disagreement"
    SWEEP_FAILED = "sweep failed"
    PERSON_OF_INTEREST = "person of interest"


class AlertUrgency(StrEnum):
    """How much of a hurry there is; `rank` orders them."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """0 for the least urgent."""
        return list(AlertUrgency).index(self)


class Alert(Model):
    """One thing that somebody must look at, until it is acknowledged or withdrawn.

    `title` names place and time and never the subject. `path` is the page of this installation
    that shows it. `crop_sha256` is the picture that a mail shows, and nothing else does.
    `withdrawn_at`: it turned out to be nothing (a sighting that was rejected). `told_at`: whom to
    send messages to was worked out. What has a `person_id` is about a person of interest, and is
    there only for accounts with the right to those.
    """

    __tablename__ = "alerts"
    __table_args__ = (
        UniqueConstraint("dedupe_key"),
        Index("ix_alerts_case_id_id", "case_id", "id"),
        Index("ix_alerts_sighting_id", "sighting_id"),
        Index("ix_alerts_person_id", "person_id"),
        Index(
            "ix_alerts_open",
            "created_at",
            postgresql_where=sql("acknowledged_at IS NULL AND withdrawn_at IS NULL"),
        ),
        Index("ix_alerts_untold", "id", postgresql_where=sql("told_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    kind: Mapped[AlertKind] = mapped_column(choice(AlertKind))
    urgency: Mapped[AlertUrgency] = mapped_column(choice(AlertUrgency))
    title: Mapped[str] = mapped_column(String(300))
    path: Mapped[str] = mapped_column(String(300))
    crop_sha256: Mapped[str | None] = mapped_column(String(64))
    sighting_id: Mapped[int | None] = mapped_column(ForeignKey("sightings.id", ondelete="CASCADE"))
    person_id: Mapped[int | None] = mapped_column(
        ForeignKey("persons_of_interest.id", ondelete="CASCADE")
    )
    not_for_ids: Mapped[list[int]] = mapped_column(
        ARRAY(Integer), default=list, server_default="{}"
    )
    dedupe_key: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[UtcTime] = mapped_column(default=utc_now)
    acknowledged_at: Mapped[UtcTime | None]
    acknowledged_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    acknowledged_by_name: Mapped[str | None] = mapped_column(String(254))
    withdrawn_at: Mapped[UtcTime | None]
    told_at: Mapped[UtcTime | None]
    escalated_at: Mapped[UtcTime | None]

    case: Mapped[Case] = relationship()
    sighting: Mapped[Sighting | None] = relationship()
    notices: Mapped[list[AlertNotice]] = relationship(
        order_by="AlertNotice.id", passive_deletes=True, back_populates="alert"
    )


class NoticeState(StrEnum):
    """Pending until its group is due; then it is part of a message, or was left out."""

    PENDING = "pending"
    QUEUED = "queued"
    LEFT_OUT = "left out"


class AlertNotice(Model):
    """One alert for one person by one channel; notices that are due together share a message."""

    __tablename__ = "alert_notices"
    __table_args__ = (
        UniqueConstraint("alert_id", "user_id", "channel"),
        Index("ix_alert_notices_due_at", "due_at", postgresql_where=sql("state = 'pending'")),
        Index("ix_alert_notices_message_id", "message_id"),
        Index("ix_alert_notices_user_id", "user_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alerts.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    channel: Mapped[str] = mapped_column(String(80))
    state: Mapped[NoticeState] = mapped_column(choice(NoticeState), default=NoticeState.PENDING)
    due_at: Mapped[UtcTime]
    message_id: Mapped[int | None] = mapped_column(
        ForeignKey("outgoing_messages.id", ondelete="SET NULL")
    )
    created_at: Mapped[UtcTime] = mapped_column(default=utc_now)

    alert: Mapped[Alert] = relationship(back_populates="notices")
    user: Mapped[User] = relationship()
    message: Mapped[OutgoingMessage | None] = relationship()


class AlertMode(StrEnum):
    """How far a person wants to hear of a case."""

    OFF = "off"
    PAGES = "pages"
    ACCOUNT = "account"
    OWN = "own"


class AlertPreference(Model):
    """How one person wants to be told: of one case, or (without a case) wherever it says so.

    `channels` are "mail", "channel:NAME" and "webhook:NAME". Quiet hours are on the clock of
    `timezone`, may pass midnight, and are none where begin and end are the same or missing.
    """

    __tablename__ = "alert_preferences"
    __table_args__ = (
        CheckConstraint("group_minutes BETWEEN 0 AND 240", name="group_minutes"),
        Index(
            "uq_alert_preferences_user_id_case_id",
            "user_id",
            "case_id",
            unique=True,
            postgresql_where=sql("case_id IS NOT NULL"),
        ),
        Index(
            "uq_alert_preferences_user_id",
            "user_id",
            unique=True,
            postgresql_where=sql("case_id IS NULL"),
        ),
        Index("ix_alert_preferences_case_id", "case_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    mode: Mapped[AlertMode] = mapped_column(choice(AlertMode))
    channels: Mapped[list[str]] = mapped_column(JSONB)
    least_urgency: Mapped[AlertUrgency] = mapped_column(choice(AlertUrgency))
    quiet_from: Mapped[time | None]
    quiet_until: Mapped[time | None]
    timezone: Mapped[str] = mapped_column(String(60))
    urgent_breaks_quiet: Mapped[bool]
    group_minutes: Mapped[int]

    user: Mapped[User] = relationship()
