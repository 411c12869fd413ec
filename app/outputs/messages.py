"""Outputs for messages on their way out; never their text, which may be confidential."""

from __future__ import annotations

from app.models.messages import MessageState, OutgoingMessage, Transport
from app.outputs.base import Output, UtcInstant


class MessageOut(Output):
    """One message. `failure` says why its last try did not succeed."""

    id: int
    transport: Transport
    recipient: str
    subject: str
    state: MessageState
    attempts: int
    created_at: UtcInstant
    next_try_at: UtcInstant | None
    ended_at: UtcInstant | None
    failure: str | None

    @classmethod
    def of(cls, message: OutgoingMessage) -> MessageOut:
        """From the row; there is a next try only while it waits."""
        waits = message.state is MessageState.WAITING
        return cls(
            id=message.id,
            transport=message.transport,
            recipient=message.recipient,
            subject=message.subject,
            state=message.state,
            attempts=message.attempts,
            created_at=message.created_at,
            next_try_at=message.next_try_at if waits else None,
            ended_at=message.ended_at,
            failure=message.failure,
        )


class SentOut(Output):
    """What one round of sending did."""

    sent: int
    put_off: int
    given_up: int
