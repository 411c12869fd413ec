"""The outbox: messages are rows, written in the transaction of what they tell of.

`queue_mail` commits nothing. The scheduler sends what is committed (`services.messages.sending`): a
message whose transaction is rolled back never existed, and none is lost with a process.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import CursorResult

from app.current import settings
from app.errors import Conflict, NotFound, Refused
from app.extensions import db
from app.models import MessageState, OutgoingAttachment, OutgoingMessage, Transport
from app.models.columns import utc_now
from app.services.base import audit
from app.services.base.actors import Actor
from app.services.base.pages import Page, paginate

LONGEST_SUBJECT = 300
LARGEST_ATTACHMENTS_BYTES = 10 * 1024 * 1024
"""Of one message together; many mail servers take no more than this, encoded."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file to send. With a `content_id` the HTML text may show it as `cid:CONTENT_ID`."""

    name: str
    media_type: str
    data: bytes
    content_id: str | None = None


@dataclass(frozen=True, slots=True)
class OutboxState:
    """How many messages wait, since when, and how many were given up and not yet dealt with."""

    waiting: int
    oldest_waiting_at: datetime | None
    failed: int


def queue_mail(
    *,
    to: str,
    subject: str,
    text: str,
    html: str | None = None,
    attachments: Sequence[Attachment] = (),
    dedupe_key: str | None = None,
) -> None:
    """Put a mail into the outbox; it is sent once the caller's transaction has committed.

    A message with a `dedupe_key` that was queued before (by whomever, in whatever state) is not
    queued again. Raises Refused for an address or a header that cannot be one (a line break in a
    subject would let its writer add headers), and where the attachments are too large.
    """
    queue(
        Transport.MAIL,
        recipient=_address(to),
        subject=subject,
        text=text,
        html=html,
        attachments=attachments,
        dedupe_key=dedupe_key,
    )


def queue(
    transport: Transport,
    *,
    recipient: str,
    subject: str,
    text: str,
    html: str | None = None,
    attachments: Sequence[Attachment] = (),
    dedupe_key: str | None = None,
) -> int | None:
    """Put a message into the outbox and return its id; None if it was queued before.

    Commits nothing. Raises Refused, like `queue_mail`.
    """
    _check(subject, recipient, attachments)
    message_id = db.session.scalar(
        insert(OutgoingMessage)
        .values(
            transport=transport,
            recipient=recipient,
            subject=subject,
            text=text,
            html=html,
            dedupe_key=dedupe_key,
        )
        .on_conflict_do_nothing(index_elements=["dedupe_key"])
        .returning(OutgoingMessage.id)
    )
    if message_id is not None:
        db.session.add_all(
            OutgoingAttachment(
                message_id=message_id,
                ordinal=ordinal,
                name=file.name,
                media_type=file.media_type,
                content_id=file.content_id,
                data=file.data,
            )
            for ordinal, file in enumerate(attachments, start=1)
        )
    return message_id


def list_messages(state: MessageState | None, page: int, per_page: int) -> Page[OutgoingMessage]:
    """Messages, the newest first."""
    statement = select(OutgoingMessage).order_by(OutgoingMessage.id.desc())
    if state is not None:
        statement = statement.where(OutgoingMessage.state == state)
    return paginate(statement, page, per_page)


def retry(actor: Actor, message_id: int) -> OutgoingMessage:
    """Try a message again at once that failed or waits. Raises NotFound, Conflict."""
    message = db.session.get(OutgoingMessage, message_id, with_for_update=True)
    if message is None:
        raise NotFound(f"There is no message {message_id}.")
    if message.state not in (MessageState.FAILED, MessageState.WAITING):
        raise Conflict(f"Message {message_id} was {message.state.value}; it is not tried again.")
    message.state, message.next_try_at = MessageState.WAITING, utc_now()
    message.first_tried_at = message.ended_at = None
    audit.record(actor, "message.retry", subject=f"message {message_id} to {message.recipient}")
    db.session.commit()
    return message


def state() -> OutboxState:
    """What waits and what was given up."""
    waiting = OutgoingMessage.state == MessageState.WAITING
    row = db.session.execute(
        select(
            func.count().filter(waiting),
            func.min(OutgoingMessage.created_at).filter(waiting),
            func.count().filter(OutgoingMessage.state == MessageState.FAILED),
        )
    ).one()
    return OutboxState(*row)


def prune() -> int:
    """Delete messages that ended long ago (MESSAGE_RETENTION_DAYS). Commits."""
    oldest = utc_now() - timedelta(days=settings().message_retention_days)
    done: CursorResult[object] = db.session.execute(  # type: ignore[assignment]
        delete(OutgoingMessage).where(OutgoingMessage.ended_at < oldest)
    )
    db.session.commit()
    return done.rowcount


def _address(text: str) -> str:
    try:
        checked = validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise Refused(
            "The message cannot be addressed.", {"to": f"is not an e-mail address: {error}"}
        ) from error
    return checked.normalized


def _check(subject: str, recipient: str, attachments: Sequence[Attachment]) -> None:
    headers = [subject, recipient]
    for file in attachments:
        headers += [file.name, file.media_type, file.content_id or ""]
    if any(ord(character) < 32 or ord(character) == 127 for text in headers for character in text):
        reason = "contains a line break or another control character"
        raise Refused("The message cannot be sent.", {"subject": reason})
    if not subject.strip() or len(subject) > LONGEST_SUBJECT:
        reason = f"must have 1 to {LONGEST_SUBJECT} characters"
        raise Refused("The message cannot be sent.", {"subject": reason})
    if sum(len(file.data) for file in attachments) > LARGEST_ATTACHMENTS_BYTES:
        reason = f"are larger than {LARGEST_ATTACHMENTS_BYTES // 1024**2} MiB together"
        raise Refused("The message cannot be sent.", {"attachments": reason})
