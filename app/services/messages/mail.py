"""Mail: from a row of the outbox to the mail server, over one connection for a batch."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Sequence
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from types import TracebackType
from typing import Final

from app.config import Settings
from app.models import OutgoingAttachment, OutgoingMessage
from app.services.messages.delivery import Away, GivenUp, ServerAway

SENDER_NAME: Final = "Lastseen"
_PERMANENT: Final = 500
_GOODBYE: Final = 421
"""The status with which a server closes the connection."""


class MailServer:
    """A connection to the mail server, made at the first message, closed at the end."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._connection: smtplib.SMTP | None = None

    def __enter__(self) -> MailServer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._connection is not None:
            self._connection.close()

    def send(self, message: OutgoingMessage) -> None:
        """Hand one message over.

        Raises ServerAway where the server cannot be reached or asks to come again later, and
        GivenUp where it refuses this message for good.
        """
        mail = composed(message, self._settings.mail_from)
        try:
            self._connected().send_message(mail)
        except smtplib.SMTPRecipientsRefused as error:
            status, answer = next(iter(error.recipients.values()))
            raise _refusal(status, answer) from error
        except smtplib.SMTPAuthenticationError as error:
            self._drop()
            raise ServerAway(
                "The mail server refuses the login: check MAIL_USER and MAIL_PASSWORD."
            ) from error
        except smtplib.SMTPResponseException as error:
            self._drop()
            raise _refusal(error.smtp_code, error.smtp_error) from error
        except (smtplib.SMTPException, ssl.SSLError, OSError) as error:
            self._drop()
            raise ServerAway(f"The mail server does not answer ({_words(error)}).") from error

    def _connected(self) -> smtplib.SMTP:
        if self._connection is not None:
            return self._connection
        given = self._settings
        context = ssl.create_default_context()
        where, timeout_s = (given.mail_host, given.mail_port), given.mail_timeout_seconds
        made = (
            smtplib.SMTP_SSL(*where, timeout=timeout_s, context=context)
            if given.mail_security == "tls"
            else smtplib.SMTP(*where, timeout=timeout_s)
        )
        self._connection = made
        if given.mail_security == "starttls":
            made.starttls(context=context)
        if given.mail_user:
            made.login(given.mail_user, given.mail_password.get_secret_value())
        return made

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def composed(message: OutgoingMessage, sender: str) -> EmailMessage:
    """The mail as it goes out; its Message-ID is the same at every try."""
    mail = EmailMessage(policy=policy.SMTP)
    local_part, domain = sender.rsplit("@", 1)
    mail["From"] = Address(SENDER_NAME, local_part, domain)
    mail["To"] = message.recipient
    mail["Subject"] = message.subject
    mail["Date"] = format_datetime(message.created_at)
    mail["Message-ID"] = f"<{message.uid}@{domain}>"
    # Out-of-office answers would only go to a machine.
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text)
    if message.html is not None:
        mail.add_alternative(message.html, subtype="html")
    _attach(mail, message.attachments)
    return mail


def _attach(mail: EmailMessage, files: Sequence[OutgoingAttachment]) -> None:
    shown_within = mail.get_body(("html",))
    for file in files:
        kind, _, subtype = file.media_type.partition("/")
        if file.content_id is not None and isinstance(shown_within, EmailMessage):
            shown_within.add_related(
                file.data,
                maintype=kind,
                subtype=subtype,
                cid=f"<{file.content_id}>",
                filename=file.name,
                disposition="inline",
            )
        else:
            mail.add_attachment(file.data, maintype=kind, subtype=subtype, filename=file.name)


def _refusal(status: int, answer: bytes | str) -> ServerAway | GivenUp:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    sentence = f"The mail server answers {status}: {' '.join(text.split())[:300]}"
    if status >= _PERMANENT:
        return GivenUp(sentence)
    return ServerAway(sentence, Away.ALL if status == _GOODBYE else Away.MESSAGE)


def _words(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(text)[:200]
