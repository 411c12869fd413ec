"""A real SMTP server in this process, on a port of its own, that keeps what it is given."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask


@dataclass(frozen=True)
class Received:
    """A mail that the server has accepted (or taken, where it died before it answered)."""

    to: list[str]
    mail: EmailMessage

    @property
    def text(self) -> str:
        body = self.mail.get_body(("plain",))
        assert body is not None
        return str(body.get_content())

    @property
    def html(self) -> str:
        body = self.mail.get_body(("html",))
        assert body is not None
        return str(body.get_content())

    def files(self, media_type: str) -> list[bytes]:
        return [
            part.get_content() for part in self.mail.walk() if part.get_content_type() == media_type
        ]


class MailServer:
    """Starts and stops; `answers` are given to the next mails, then it accepts everything.

    The answer "die" takes a mail and breaks the connection before it says so.
    """

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.received: list[Received] = []
        self.answers: list[str] = []
        self.delay_s = 0.0
        self._controller: Controller | None = None

    def start(self) -> None:
        self._controller = Controller(
            self, hostname="127.0.0.1", port=self.port, ready_timeout=20.0
        )
        self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Called with each mail; the name is aiosmtpd's."""
        answer = self.answers.pop(0) if self.answers else "250 Taken"
        if answer[0] in "45":
            return answer
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.received.append(Received(list(envelope.rcpt_tos), mail))
        if answer == "die":
            assert server.transport is not None
            server.transport.abort()
        await asyncio.sleep(self.delay_s)
        return answer


@contextmanager
def mailing_to(server: MailServer, application: Flask, **changes: object) -> Iterator[None]:
    """Points an application to a mail server for as long as it is entered."""
    before = application.config["LASTSEEN"]
    given = {
        "mail_host": "127.0.0.1",
        "mail_port": server.port,
        "mail_security": "none",
        "mail_from": "search@lastseen.example",
        "mail_timeout_seconds": 5.0,
        "base_url": "https://search.example",
        **changes,
    }
    application.config["LASTSEEN"] = before.model_copy(update=given)
    try:
        yield
    finally:
        application.config["LASTSEEN"] = before
