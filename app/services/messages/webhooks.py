"""Webhooks: signed calls to other programs.

A receiver checks `X-Lastseen-Signature: t=SECONDS,v1=HEX`: HMAC-SHA256, keyed with
ALERT_WEBHOOK_SECRET, of SECONDS, a full stop and the body as it came. `X-Lastseen-Delivery` is the
same at every try of one message.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Final
from urllib.parse import SplitResult, urlsplit

from app.config import Settings
from app.models import OutgoingMessage
from app.services.messages.delivery import Away, GivenUp, ServerAway
from cameras.addresses import check_stream_address, resolve_host
from cameras.errors import RefusedAddress

TIMEOUT_S: Final = 10.0
"""For each byte of the way."""
DEADLINE_S: Final = 20.0
"""For the whole call: a receiver that sends a byte now and then must not hold up the sender."""
_LATER: Final = frozenset({408, 425, 429})
"""Refusals that ask to come again."""


class _PinnedHttp(http.client.HTTPConnection):
    """Connects to the IP addresses that were checked, whatever the name says a moment later."""

    addresses: Sequence[str] = ()
    ends_at: float = 0.0
    """When the whole call is over, on the monotonic clock."""

    def connect(self) -> None:
        """Take the first address that answers."""
        *first, last = self.addresses
        for ip in first:
            try:
                self.sock = self._connected(ip)
            except OSError:
                continue
            return
        self.sock = self._connected(last)

    def _connected(self, ip: str) -> socket.socket:
        left_s = self.ends_at - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        made = socket.create_connection((ip, self.port), min(TIMEOUT_S, left_s))
        made.settimeout(TIMEOUT_S)
        return made

    def hang_up(self) -> None:
        """End the call from another thread: whoever reads or writes gets an error at once."""
        held = self.sock
        if held is not None:
            with suppress(OSError):  # it has ended by itself meanwhile
                held.shutdown(socket.SHUT_RDWR)


class _PinnedHttps(_PinnedHttp):
    """The same with TLS; the certificate is checked against the name."""

    default_port = http.client.HTTPS_PORT

    def connect(self) -> None:
        """As above, then TLS."""
        super().connect()
        context = ssl.create_default_context()
        # The handshake comes after the socket has its place, where `hang_up` finds it.
        secured = context.wrap_socket(
            self.sock, server_hostname=self.host, do_handshake_on_connect=False
        )
        self.sock = secured
        secured.do_handshake()


def send(settings: Settings, message: OutgoingMessage) -> None:
    """Call the named webhook. Raises GivenUp, ServerAway; neither tells its address."""
    address = settings.webhook_addresses.get(message.recipient)
    if address is None:
        raise GivenUp(f"There is no webhook “{message.recipient}” any more (ALERT_WEBHOOKS).")
    try:
        connection, target = _opened(address, settings)
        status = _post(connection, target, message, settings)
    except RefusedAddress as error:
        raise _not_allowed(
            message.recipient, unknown=isinstance(error.__cause__, OSError)
        ) from None
    except (OSError, http.client.HTTPException) as error:
        sentence = f"Webhook “{message.recipient}” does not answer ({type(error).__name__})."
        raise ServerAway(sentence, Away.RECIPIENT) from error
    _judge(status, message.recipient)


def signature(secret: str, at: int, body: bytes) -> str:
    """The value of the header that proves where a call comes from."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def _opened(address: str, settings: Settings) -> tuple[_PinnedHttp, str]:
    """A connection to a checked IP address, not yet made, and the path to call."""
    found: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        found.extend(resolve_host(host, port))
        return found

    check_stream_address(address, settings.webhook_hosts, resolve=resolve)
    parts = urlsplit(address)
    host, port = parts.hostname or "", parts.port
    secure = parts.scheme == "https"
    made = (_PinnedHttps if secure else _PinnedHttp)(host, port, timeout=TIMEOUT_S)
    made.addresses = list(dict.fromkeys(found or resolve_host(host, made.port)))
    return made, _target(parts)


def _target(parts: SplitResult) -> str:
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _post(
    connection: _PinnedHttp,
    target: str,
    message: OutgoingMessage,
    settings: Settings,
) -> int:
    body, at = message.text.encode(), int(time.time())
    secret = settings.alert_webhook_secret.get_secret_value()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Lastseen",
        "X-Lastseen-Delivery": message.uid,
        "X-Lastseen-Signature": signature(secret, at, body),
    }
    connection.ends_at = time.monotonic() + DEADLINE_S
    watch = threading.Timer(DEADLINE_S, connection.hang_up)
    watch.daemon = True
    watch.start()
    try:
        connection.request("POST", target, body, headers)
        status = connection.getresponse().status
        if time.monotonic() >= connection.ends_at:
            raise TimeoutError  # what was hung up on can look like an answer that ended early
        return status
    finally:
        watch.cancel()
        connection.close()


def _not_allowed(name: str, *, unknown: bool) -> GivenUp | ServerAway:
    """Without what the check said of it: that names the host, which is part of the secret."""
    if unknown:
        return ServerAway(f"The host of webhook “{name}” is not known now.", Away.RECIPIENT)
    return GivenUp(
        f"Webhook “{name}” may not be called: its host is in a private network, and "
        "ALLOWED_WEBHOOK_HOSTS does not name it."
    )


def _judge(status: int, name: str) -> None:
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        raise GivenUp(f"Webhook “{name}” answers {status}: redirections are not followed.")
    sentence = f"Webhook “{name}” answers {status}."
    if status >= 500 or status in _LATER:
        raise ServerAway(sentence, Away.RECIPIENT)
    raise GivenUp(sentence)
