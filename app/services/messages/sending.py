"""Sending what is in the outbox. Runs in the scheduler; any number of processes may do it at once.

A message's row is locked from before it is handed over until its state is committed, and others
pass it by (`SKIP LOCKED`), so no two processes send it. A process that is killed between the
server's "accepted" and the commit leaves a message that is sent a second time, with the same
Message-ID: better told twice than never.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import delete, func, select, true, update

from app.current import settings
from app.extensions import db
from app.models import MessageState, OutgoingAttachment, OutgoingMessage, Transport
from app.models.columns import utc_now
from app.services.messages import channels, webhooks
from app.services.messages.delivery import Away, GivenUp, ServerAway
from app.services.messages.mail import MailServer

BATCH = 50
FIRST_PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(minutes=30)

log = logging.getLogger(__name__)

Deliver = Callable[[OutgoingMessage], None]


@dataclass(frozen=True, slots=True)
class Sent:
    """What one round did."""

    sent: int = 0
    put_off: int = 0
    given_up: int = 0

    def __add__(self, other: Sent) -> Sent:
        return Sent(
            self.sent + other.sent, self.put_off + other.put_off, self.given_up + other.given_up
        )


def send_due(now: datetime | None = None) -> Sent:
    """Send what is due, oldest first; each message is a transaction of its own."""
    at = now or utc_now()
    done = Sent()
    if settings().mail_is_configured:
        with MailServer(settings()) as server:
            done += _send_all(Transport.MAIL, server.send, at)
    for transport, send in ((Transport.CHANNEL, channels.send), (Transport.WEBHOOK, webhooks.send)):
        done += _send_all(transport, partial(send, settings()), at)
    return done


def pause_after(attempts: int) -> timedelta:
    """How long to wait after so many tries without success: it doubles, up to half an hour."""
    return min(FIRST_PAUSE * (1 << min(attempts - 1, 16)), LONGEST_PAUSE)


def _send_all(transport: Transport, deliver: Deliver, at: datetime) -> Sent:
    done = Sent()
    for _ in range(BATCH):
        message = _next_due(transport, at)
        if message is None:
            break
        outcome, away = _try_once(message, deliver, at)
        db.session.commit()
        done += outcome
        if away is not Away.MESSAGE:
            _let_others_wait(transport, message, at, away)
        if away is Away.ALL:
            break
    db.session.rollback()
    return done


def _next_due(transport: Transport, at: datetime) -> OutgoingMessage | None:
    return db.session.scalar(
        select(OutgoingMessage)
        .where(
            OutgoingMessage.transport == transport,
            OutgoingMessage.state == MessageState.WAITING,
            OutgoingMessage.next_try_at <= at,
        )
        .order_by(OutgoingMessage.next_try_at, OutgoingMessage.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )


def _try_once(message: OutgoingMessage, deliver: Deliver, at: datetime) -> tuple[Sent, Away]:
    """What came of it, and whose messages need not be tried now."""
    message.attempts += 1
    message.first_tried_at = message.first_tried_at or at
    try:
        deliver(message)
    except GivenUp as error:
        _end(message, MessageState.FAILED, str(error), at)
        return Sent(given_up=1), Away.MESSAGE
    except ServerAway as error:
        return _put_off(message, error, at), error.away
    _end(message, MessageState.SENT, None, at)
    return Sent(sent=1), Away.MESSAGE


def _put_off(message: OutgoingMessage, error: ServerAway, at: datetime) -> Sent:
    give_up_at = (message.first_tried_at or at) + timedelta(hours=settings().message_give_up_hours)
    if at >= give_up_at:
        hours = f"{settings().message_give_up_hours:g}"
        _end(message, MessageState.FAILED, f"Given up after {hours} hours. {error}", at)
        return Sent(given_up=1)
    message.failure = str(error)
    message.next_try_at = at + pause_after(message.attempts)
    log.warning("Message %s waits: %s", message.id, error)
    return Sent(put_off=1)


def _let_others_wait(
    transport: Transport, tried: OutgoingMessage, at: datetime, away: Away
) -> None:
    """The others are tried when the one that was tried is: all, or those to the same recipient.

    Otherwise a receiver that is away would be waited for once for each of its messages, and
    everybody else's would wait behind them.
    """
    if tried.state is not MessageState.WAITING:
        return
    others = (
        select(OutgoingMessage.id)
        .where(
            OutgoingMessage.transport == transport,
            OutgoingMessage.state == MessageState.WAITING,
            OutgoingMessage.next_try_at <= at,
            true() if away is Away.ALL else OutgoingMessage.recipient == tried.recipient,
        )
        .with_for_update(skip_locked=True)
    )
    db.session.execute(
        update(OutgoingMessage)
        .where(OutgoingMessage.id.in_(others))
        .values(
            next_try_at=tried.next_try_at,
            first_tried_at=func.coalesce(OutgoingMessage.first_tried_at, at),
            failure=tried.failure,
        )
        .execution_options(synchronize_session=False)
    )
    db.session.commit()


def _end(message: OutgoingMessage, state: MessageState, failure: str | None, at: datetime) -> None:
    message.state, message.failure, message.ended_at = state, failure, at
    if state is MessageState.SENT:
        # Crops must not outlive their retention here; a failed message may be tried again.
        db.session.execute(
            delete(OutgoingAttachment).where(OutgoingAttachment.message_id == message.id)
        )
    else:
        log.error("Message %s was given up: %s", message.id, failure)
