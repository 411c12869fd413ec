"""Tips of the public: what was handed in, and the messages about it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Float, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.extensions import Model
from app.models.cases import Case
from app.models.columns import LongText, UtcTime, choice, position_column, utc_now

if TYPE_CHECKING:
    from app.models.contributions import ContributedPhoto


class TipState(StrEnum):
    """What an investigator has done with a tip."""

    WAITING = "waiting"
    ASKED = "asked back"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    SPAM = "spam"


class PlaceSource(StrEnum):
    """How the place of a tip is known."""

    MAP = "pointed out on the map"
    DEVICE = "position of the device"
    TYPED = "typed"
    PHOTO = "from the photo"
    NONE = "not known"


class TimeSource(StrEnum):
    """How the time of a tip is known."""

    SENDER = "from the sender"
    PHOTO = "from the photo"
    NONE = "not known"


class Tip(Model):
    """What a member of the public handed in. Only a hash of the sender's secret word is kept.

    `form_id` is the form it came with, so that one form makes one tip. `poster_code` is the code
    that the sender's poster carried, `case_id` the case whose code that was. `decided_case_id` is
    where an investigator took it to, `state_before` what taking the decision back leads to.
    """

    __tablename__ = "tips"
    __table_args__ = (
        CheckConstraint("latitude_deg BETWEEN -90 AND 90", name="latitude"),
        CheckConstraint("longitude_deg BETWEEN -180 AND 180", name="longitude"),
        CheckConstraint("(latitude_deg IS NULL) = (longitude_deg IS NULL)", name="whole_position"),
        Index("ix_tips_state_received_at", "state", "received_at"),
        Index("ix_tips_case_id", "case_id"),
        Index("ix_tips_decided_case_id", "decided_case_id"),
        Index("ix_tips_expires_at", "expires_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(12), unique=True)
    secret_hash: Mapped[str] = mapped_column(String(255))
    form_id: Mapped[str] = mapped_column(String(32), unique=True)
    poster_code: Mapped[str] = mapped_column(String(20), default="", server_default="")
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id", ondelete="SET NULL"))
    state: Mapped[TipState] = mapped_column(choice(TipState), default=TipState.WAITING)
    latitude_deg: Mapped[float | None] = mapped_column(Float(53))
    longitude_deg: Mapped[float | None] = mapped_column(Float(53))
    position: Mapped[object] = position_column()
    uncertainty_m: Mapped[float | None]
    place: Mapped[LongText]
    place_source: Mapped[PlaceSource] = mapped_column(choice(PlaceSource))
    seen_at: Mapped[UtcTime | None]
    time_source: Mapped[TimeSource] = mapped_column(choice(TimeSource))
    timezone: Mapped[str] = mapped_column(String(60))
    remarks: Mapped[LongText]
    contact: Mapped[LongText]
    received_at: Mapped[UtcTime] = mapped_column(default=utc_now)
    expires_at: Mapped[UtcTime]
    state_before: Mapped[str | None] = mapped_column(String(40))
    decided_case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id", ondelete="SET NULL"))
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_by_name: Mapped[LongText]
    decided_at: Mapped[UtcTime | None]

    case: Mapped[Case | None] = relationship(foreign_keys=[case_id])
    decided_case: Mapped[Case | None] = relationship(foreign_keys=[decided_case_id])
    photos: Mapped[list[ContributedPhoto]] = relationship(
        back_populates="tip", order_by="ContributedPhoto.id", passive_deletes=True
    )
    messages: Mapped[list[TipMessage]] = relationship(
        back_populates="tip", order_by="TipMessage.id", passive_deletes=True
    )


class TipMessage(Model):
    """One message about a tip. The sender's carry no name; the others never show theirs to them."""

    __tablename__ = "tip_messages"
    __table_args__ = (Index("ix_tip_messages_tip_id_id", "tip_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    tip_id: Mapped[int] = mapped_column(ForeignKey("tips.id", ondelete="CASCADE"))
    from_sender: Mapped[bool]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    author_name: Mapped[LongText]
    text: Mapped[LongText]
    created_at: Mapped[UtcTime] = mapped_column(default=utc_now)

    tip: Mapped[Tip] = relationship(back_populates="messages")
