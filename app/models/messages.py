"""Messages on their way out: written with what they tell of, sent by the scheduler."""

from __future__ import annotations

import secrets
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.extensions import Model
from app.models.columns import UtcTime, choice, utc_now


class Transport(StrEnum):
    """By which way a message goes out."""

    MAIL = "mail"
    CHANNEL = "channel"
    WEBHOOK = "webhook"


class MessageState(StrEnum):
    """Waiting is tried (again) at `next_try_at`; nothing is tried again after the others."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


class OutgoingMessage(Model):
    """One message to one recipient.

    `recipient` is a mail address, or the name of a channel or webhook of this installation.
    `uid` stays the same however often the message is tried: it is the mail's Message-ID and the
    webhook's delivery number, by which a receiver can tell a repetition. `failure` says in words
    why the last try did not succeed. Attachments are deleted once nothing will send them.
    """

    __tablename__ = "outgoing_messages"
    __table_args__ = (
        UniqueConstraint("dedupe_key"),
        Index(
            "ix_outgoing_messages_next_try_at",
            "next_try_at",
            postgresql_where=sql("state = 'waiting'"),
        ),
        Index("ix_outgoing_messages_created_at", "created_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    transport: Mapped[Transport] = mapped_column(choice(Transport))
    recipient: Mapped[str] = mapped_column(String(320))
    subject: Mapped[str] = mapped_column(String(300))
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str | None] = mapped_column(Text)
    uid: Mapped[str] = mapped_column(String(40), default=lambda: secrets.token_hex(16))
    dedupe_key: Mapped[str | None] = mapped_column(String(200))
    state: Mapped[MessageState] = mapped_column(choice(MessageState), default=MessageState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0, server_default=sql("0"))
    created_at: Mapped[UtcTime] = mapped_column(default=utc_now)
    next_try_at: Mapped[UtcTime] = mapped_column(default=utc_now)
    first_tried_at: Mapped[UtcTime | None]
    ended_at: Mapped[UtcTime | None]
    failure: Mapped[str | None] = mapped_column(Text)

    attachments: Mapped[list[OutgoingAttachment]] = relationship(
        order_by="OutgoingAttachment.ordinal", cascade="all, delete-orphan", passive_deletes=True
    )


class OutgoingAttachment(Model):
    """A file that goes with a message; one with a `content_id` is shown inside the HTML text."""

    __tablename__ = "outgoing_attachments"
    __table_args__ = (Index("ix_outgoing_attachments_message_id", "message_id"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("outgoing_messages.id", ondelete="CASCADE"))
    ordinal: Mapped[int]
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    content_id: Mapped[str | None] = mapped_column(String(100))
    data: Mapped[bytes] = mapped_column(LargeBinary)
