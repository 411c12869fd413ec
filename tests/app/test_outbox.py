"""The outbox: what is committed is delivered, whatever is away meanwhile."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select

from app.config import ConfigurationError, load_settings
from app.errors import Refused
from app.extensions import db
from app.models import MessageState, OutgoingAttachment, OutgoingMessage
from app.services.base.actors import COMMAND_LINE
from app.services.messages import outbox, sending
from app.services.messages.outbox import Attachment, queue_mail
from app.services.operations import health
from tests.app.mail_server import MailServer, mailing_to
from tests.app.processes import Fleet, wait_until

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
PICTURE = Attachment("face.jpg", "image/jpeg", b"\xff\xd8 made up \xff\xd9", content_id="face-1")


@pytest.fixture
def server() -> Iterator[MailServer]:
    made = MailServer()
    made.start()
    yield made
    made.stop()


@pytest.fixture
def mailing(app: Flask, server: MailServer) -> Iterator[MailServer]:
    """The application with that mail server in its settings."""
    with mailing_to(server, app):
        yield server


def queued(subject: str = "Made-up news", **values: object) -> OutgoingMessage:
    given: dict[str, object] = {"to": "kim@lastseen.example", "text": "Made-up text.", **values}
    queue_mail(subject=subject, **given)  # type: ignore[arg-type]
    db.session.commit()
    return db.session.scalars(select(OutgoingMessage).order_by(OutgoingMessage.id.desc())).first()  # type: ignore[return-value]


def test_a_mail_arrives_with_its_text_its_html_and_its_picture(mailing: MailServer) -> None:
    message = queued("Grüße", text="Plain.", html="<p>Rich.</p>", attachments=[PICTURE])
    created_at = message.created_at
    assert sending.send_due() == sending.Sent(sent=1)
    (one,) = mailing.received
    assert one.to == ["kim@lastseen.example"]
    assert one.mail["Subject"] == "Grüße"
    assert one.mail["From"] == "Lastseen <search@lastseen.example>"
    assert one.mail["Auto-Submitted"] == "auto-generated"
    assert one.mail["Date"].datetime == created_at.replace(microsecond=0)
    assert (one.text.strip(), one.html.strip()) == ("Plain.", "<p>Rich.</p>")
    assert one.files("image/jpeg") == [PICTURE.data]
    assert any(part["Content-ID"] == "<face-1>" for part in one.mail.walk())
    db.session.refresh(message)
    assert (message.state, message.attempts) == (MessageState.SENT, 1)
    assert db.session.scalar(select(func.count()).select_from(OutgoingAttachment)) == 0


def test_a_mail_of_a_transaction_that_is_rolled_back_is_never_sent(mailing: MailServer) -> None:
    queue_mail(to="kim@lastseen.example", subject="Never", text="never")
    db.session.rollback()
    assert sending.send_due() == sending.Sent()
    assert mailing.received == []


def test_a_dedupe_key_lets_a_message_be_queued_once(mailing: MailServer) -> None:
    for _ in range(3):
        queued(dedupe_key="tip 7 received", attachments=[PICTURE])
    assert sending.send_due().sent == 1
    queued(dedupe_key="tip 7 received")
    assert sending.send_due().sent == 0
    assert len(mailing.received) == 1


def test_while_the_server_is_away_pauses_grow_and_then_each_mail_arrives_once(
    mailing: MailServer,
) -> None:
    mailing.stop()
    first, second = queued("first"), queued("second")
    at, pauses = NOW + timedelta(days=365), []
    for _ in range(4):
        assert sending.send_due(at) == sending.Sent(put_off=1)
        db.session.expire_all()
        assert first.failure is not None
        assert "does not answer" in first.failure
        assert second.next_try_at == first.next_try_at
        pauses.append((first.next_try_at - at).total_seconds())
        assert sending.send_due(at) == sending.Sent(), "nothing is tried before its time"
        at = first.next_try_at
    assert pauses == [15, 30, 60, 120]
    mailing.start()
    assert sending.send_due(at).sent == 2
    assert sending.send_due(at + timedelta(days=1)) == sending.Sent()
    assert [one.mail["Subject"] for one in mailing.received] == ["first", "second"]


def test_pauses_grow_to_half_an_hour_and_no_further() -> None:
    assert sending.pause_after(1) == timedelta(seconds=15)
    assert sending.pause_after(40) == timedelta(minutes=30)


def test_a_message_is_given_up_after_the_settings_hours_and_can_be_tried_again(
    mailing: MailServer,
) -> None:
    mailing.stop()
    message = queued(attachments=[PICTURE])
    at = NOW + timedelta(days=365)
    sending.send_due(at)
    assert sending.send_due(at + timedelta(hours=49)).given_up == 1
    db.session.refresh(message)
    assert message.state is MessageState.FAILED
    assert message.failure is not None
    assert message.failure.startswith("Given up after 48 hours. The mail server does not answer")
    assert not health.check().mail.ok
    assert "could not be delivered" in " ".join(health.check().problems)
    mailing.start()
    outbox.retry(COMMAND_LINE, message.id)
    assert sending.send_due().sent == 1
    assert mailing.received[0].files("image/jpeg") == [PICTURE.data]


def test_a_temporary_refusal_is_tried_again_and_does_not_hold_up_others(
    mailing: MailServer,
) -> None:
    mailing.answers = ["451 Come again later"]
    late, soon = queued("late"), queued("soon")
    assert sending.send_due() == sending.Sent(sent=1, put_off=1)
    db.session.expire_all()
    assert (late.state, soon.state) == (MessageState.WAITING, MessageState.SENT)
    assert late.failure == "The mail server answers 451: Come again later"
    assert sending.send_due(late.next_try_at).sent == 1


def test_a_refusal_for_good_ends_the_message_with_the_servers_words(mailing: MailServer) -> None:
    mailing.answers = ["554 No such person here"]
    message = queued()
    assert sending.send_due() == sending.Sent(given_up=1)
    db.session.refresh(message)
    assert message.state is MessageState.FAILED
    assert message.failure == "The mail server answers 554: No such person here"


def test_a_server_that_takes_a_mail_and_dies_before_it_says_so_gets_it_twice_under_one_id(
    mailing: MailServer,
) -> None:
    mailing.answers = ["die"]
    message = queued()
    assert sending.send_due() == sending.Sent(put_off=1)
    db.session.refresh(message)
    assert sending.send_due(message.next_try_at).sent == 1
    ids = [one.mail["Message-ID"] for one in mailing.received]
    assert len(ids) == 2
    assert len(set(ids)) == 1


@pytest.mark.parametrize(
    "values",
    [
        {"subject": "News\r\nBcc: everybody@lastseen.example"},
        {"subject": "News\nX: y"},
        {"subject": ""},
        {"subject": "x" * 301},
        {"to": "kim@lastseen.example\nBcc: lee@lastseen.example"},
        {"to": "kim@lastseen.example, lee@lastseen.example"},
        {"to": "nobody"},
        {"attachments": [Attachment("a\r\nb.jpg", "image/jpeg", b"")]},
        {"attachments": [Attachment("a.jpg", "image/jpeg", bytes(11 * 1024**2))]},
    ],
)
def test_what_could_smuggle_in_a_header_or_cannot_be_mailed_is_refused(
    app: Flask, values: dict[str, object]
) -> None:
    with pytest.raises(Refused):
        queued(**values)  # type: ignore[arg-type]
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(OutgoingMessage)) == 0


def test_without_a_mail_server_messages_wait_and_health_says_so(app: Flask) -> None:
    assert health.check().mail.ok
    message = queued()
    assert sending.send_due(NOW + timedelta(days=30)) == sending.Sent()
    db.session.refresh(message)
    assert (message.state, message.attempts) == (MessageState.WAITING, 0)
    state = health.check()
    assert "Mail is not configured (MAIL_HOST, MAIL_FROM); 1 message waits." in state.problems


def test_what_ended_long_ago_is_forgotten(mailing: MailServer) -> None:
    old = queued("old")
    sending.send_due()
    old.ended_at = datetime.now(UTC) - timedelta(days=91)
    db.session.commit()
    queued("new")
    assert outbox.prune() == 1
    assert db.session.scalars(select(OutgoingMessage.subject)).all() == ["new"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"mail_host": "mail.example"}, "MAIL_FROM"),
        ({"mail_host": "mail.example", "mail_from": "a@b.example\nBcc: c"}, "MAIL_FROM"),
        (
            {
                "mail_host": "mail.example",
                "mail_from": "a@b.example",
                "mail_security": "none",
                "mail_password": "made-up",
            },
            "unencrypted",
        ),
        ({"base_url": "javascript:alert(1)"}, "BASE_URL"),
    ],
)
def test_unsafe_mail_settings_stop_the_start(changes: dict[str, str], words: str) -> None:
    needed = {"secret_key": "x" * 32, "database_url": "postgresql://", "redis_url": "redis://"}
    with pytest.raises(ConfigurationError, match=words):
        load_settings(**{**needed, **changes})


def test_the_commands_list_send_and_retry(app: Flask, mailing: MailServer) -> None:
    runner = app.test_cli_runner()

    def run(*words: str) -> Result:
        done: Result = runner.invoke(args=["messages", *words])
        assert done.exit_code == 0, done.output
        return done

    mailing.answers = ["554 No such person here"]
    message = queued("Made-up news")
    assert "0 sent, 0 put off, 1 given up." in run("send").output
    assert "No such person here" in run("list", "--state", "failed").output
    assert "Made-up text" not in run("list", "--json").output
    assert "is tried again" in run("retry", str(message.id)).output
    assert "1 sent" in run("send").output
    assert "Nothing to list." in run("list", "--state", "failed").output
    again = runner.invoke(args=["messages", "retry", str(message.id)])
    assert again.exit_code == 1
    assert "was sent; it is not tried again" in again.output


def test_two_senders_at_once_send_each_mail_once_also_when_one_is_killed_in_the_middle(
    committing_app: Flask, server: MailServer, tmp_path: Path
) -> None:
    """The killed one dies while the server has taken the mail and not yet answered."""
    with mailing_to(server, committing_app):
        server.delay_s = 30.0
        queued("first")
        fleet = Fleet(committing_app, tmp_path)
        try:
            killed = fleet.start("messages", "send")
            wait_until(lambda: server.received, 60, fleet)
            # What is being sent is passed by.
            assert sending.send_due() == sending.Sent()
            killed.send_signal(signal.SIGKILL)
            killed.wait(10)
            server.delay_s = 0.05
            for number in range(6):
                queued(f"more {number}")
            senders = [fleet.start("messages", "send") for _ in range(2)]
            for sender in senders:
                assert sender.wait(60) == 0, fleet.logs()
        finally:
            fleet.end()
        assert sending.send_due() == sending.Sent()
        subjects = [one.mail["Subject"] for one in server.received]
        more = [f"more {number}" for number in range(6)]
        assert sorted(subjects) == ["first", "first", *more]
        firsts = [one for one in server.received if one.mail["Subject"] == "first"]
        assert len({one.mail["Message-ID"] for one in firsts}) == 1
