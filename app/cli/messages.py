"""`flask messages`: what goes out by mail, and what could not."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from app.cli.common import (
    actor_of,
    as_option,
    choice_of,
    json_option,
    local_minute,
    reports_errors,
    say,
    table,
)
from app.models import MessageState
from app.outputs import page_of
from app.outputs.messages import MessageOut, SentOut
from app.services.messages import outbox, sending

group = AppGroup("messages", help="Messages on their way out: list them, send them, try again.")
commands: tuple[click.Command, ...] = (group,)


@group.command("list")
@click.option("--state", type=choice_of(MessageState), default=None, help="Only these.")
@click.option("--page", type=click.IntRange(1, 100_000), default=1)
@json_option
@reports_errors
def list_messages(state: str | None, page: int, as_json: bool) -> None:
    """List messages, the newest first, and why a last try did not succeed."""
    wanted = MessageState(state) if state else None
    output = page_of(outbox.list_messages(wanted, page, 50), MessageOut.of)
    rows = [
        (
            one.id,
            local_minute(one.created_at, "UTC"),
            one.recipient,
            one.subject,
            one.state.value,
            one.attempts,
            local_minute(one.next_try_at, "UTC"),
            one.failure,
        )
        for one in output.items
    ]
    names = ("id", "made", "to", "subject", "state", "tries", "next try", "failure")
    say(output, table(names, rows), as_json=as_json)


@group.command("send")
@json_option
@reports_errors
def send(as_json: bool) -> None:
    """Send what is due now, as the scheduler does every two seconds."""
    done = sending.send_due()
    output = SentOut(sent=done.sent, put_off=done.put_off, given_up=done.given_up)
    line = f"{done.sent} sent, {done.put_off} put off, {done.given_up} given up."
    say(output, [line], as_json=as_json)


@group.command("retry")
@click.argument("message_id", type=int)
@as_option
@json_option
@reports_errors
def retry(message_id: int, email: str | None, as_json: bool) -> None:
    """Try a message again that was given up, or that waits for its next try."""
    output = MessageOut.of(outbox.retry(actor_of(email), message_id))
    say(output, [f"Message {output.id} to {output.recipient} is tried again."], as_json=as_json)
