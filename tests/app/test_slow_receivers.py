"""Receivers of messages that take their time: nobody else's messages wait for them."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from flask import Flask
from pydantic import SecretStr

from app.current import settings
from app.extensions import db
from app.models import OutgoingMessage, Transport
from app.services.messages import sending, webhooks
from app.services.messages.delivery import Away, ServerAway

NOON = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
HEADER_WITHOUT_END = b"HTTP/1.1 200 OK\r\nX-Slow: "


@pytest.fixture
def dripping() -> Iterator[int]:
    """The port of a receiver that never stops to begin its answer, a byte at a time."""
    stopping = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            with suppress(OSError):
                while True:
                    caller, _ = server.accept()
                    threading.Thread(target=drip, args=(caller,), daemon=True).start()

        def drip(caller: socket.socket) -> None:
            with caller, suppress(OSError):
                caller.sendall(HEADER_WITHOUT_END)
                while not stopping.wait(0.02):
                    caller.sendall(b"x")

        threading.Thread(target=answer, daemon=True).start()
        yield server.getsockname()[1]
        stopping.set()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_receiver_that_answers_byte_by_byte_is_hung_up_on(
    app: Flask, monkeypatch: pytest.MonkeyPatch, dripping: int, scheme: str
) -> None:
    monkeypatch.setattr(webhooks, "DEADLINE_S", 0.5)
    given = settings().model_copy(
        update={
            "alert_webhooks": SecretStr(f"desk={scheme}://127.0.0.1:{dripping}/hook"),
            "allowed_webhook_hosts": "127.0.0.1",
        }
    )
    began = time.monotonic()
    with pytest.raises(ServerAway):
        webhooks.send(given, OutgoingMessage(recipient="desk", text="{}", uid="1"))
    assert time.monotonic() - began < 5


def test_a_receiver_that_is_away_is_waited_for_once_in_a_round(app: Flask) -> None:
    for recipient in ("away", "away", "away", "here"):
        db.session.add(
            OutgoingMessage(
                transport=Transport.WEBHOOK, recipient=recipient, subject="", text="{}",
                next_try_at=NOON,
            )
        )  # fmt: skip
    db.session.commit()
    tried: list[str] = []

    def deliver(message: OutgoingMessage) -> None:
        tried.append(message.recipient)
        if message.recipient == "away":
            raise ServerAway("It does not answer.", Away.RECIPIENT)

    deliver_all: Callable[..., object] = sending._send_all
    deliver_all(Transport.WEBHOOK, deliver, NOON)
    assert tried == ["away", "here"]
    waiting = db.session.query(OutgoingMessage).filter_by(recipient="away").all()
    assert len({message.next_try_at for message in waiting}) == 1
