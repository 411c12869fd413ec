"""Open live streams without a thread each: one thread writes to the sockets of all of them.

gunicorn's thread sends the headers and what a map has missed; then the socket is taken over and the
thread is free. To gunicorn it looks as if the browser had hung up.
"""

from __future__ import annotations

import contextlib
import logging
import os
import random
import resource
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from app.live_hub import Subscription, encode_notice

PING_INTERVAL_S = 15.0
LONGEST_STREAM_S = 600.0
"""A stream ends after this time and its browser opens the next, so that rights are checked anew."""

SPREAD = 0.1
"""Streams that began together end up to this share earlier, so that they do not return together."""

PING = b": ping\n\n"
RESET = encode_notice("reset", reason="too many events at once").wire
_TICK_S = 1.0
_READ_BYTES = 4096
_LAST_CHUNK = b"0\r\n\r\n"

log = logging.getLogger(__name__)


def socket_of(environ: dict[str, object]) -> socket.socket | None:
    """The plain socket of an HTTP/1.1 request, where the server shows it; None for any other."""
    found = environ.get("gunicorn.socket")
    if not isinstance(found, socket.socket) or isinstance(found, ssl.SSLSocket):
        return None  # what encrypts cannot be taken over
    return found if environ.get("SERVER_PROTOCOL") == "HTTP/1.1" else None


def take_over(theirs: socket.socket) -> socket.socket:
    """The connection as a socket of our own; `theirs` is left with one that has been hung up."""
    ours = theirs.dup()
    dead, peer = socket.socketpair()
    peer.close()
    os.dup2(dead.fileno(), theirs.fileno(), inheritable=False)
    dead.close()
    ours.setblocking(False)
    return ours


@dataclass(eq=False)
class _Stream:
    """One open map. `unsent` is what its socket could not take yet."""

    sock: socket.socket
    subscription: Subscription
    cursor: int
    on_close: Callable[[], None]
    ends_at: float
    written_at: float
    unsent: bytearray = field(default_factory=bytearray)
    is_ending: bool = False

    def add(self, data: bytes) -> None:
        """Queue bytes as one chunk of HTTP/1.1."""
        self.unsent += b"%x\r\n%b\r\n" % (len(data), data)

    def end(self, *, say: bytes = b"") -> None:
        """Queue the end; the socket is closed once all is sent."""
        if not self.is_ending:
            self.is_ending = True
            if say:
                self.add(say)
            self.unsent += _LAST_CHUNK

    def take_messages(self) -> None:
        """Queue what the hub has brought.

        A socket that is behind gets no more until it has caught up; if its subscription overflows
        meanwhile, it is told to load anew.
        """
        if self.is_ending:
            return
        if self.subscription.revoked:
            self.end()
            return
        if self.subscription.overflowed:
            self.end(say=RESET)
            return
        while not self.unsent and (message := self.subscription.next_message()) is not None:
            if message.cursor is None or message.cursor > self.cursor:
                self.cursor = max(self.cursor, message.cursor or 0)
                self.add(message.wire)

    def send(self) -> None:
        """Send what the socket takes. Raises OSError when the browser has gone."""
        while self.unsent:
            try:
                sent = self.sock.send(self.unsent)
            except BlockingIOError:
                return
            del self.unsent[:sent]
            self.written_at = time.monotonic()
            self.take_messages()


class LiveSockets:
    """Writes to all streams that were given to it; its thread runs while there is one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._arriving: list[_Stream] = []
        self._with_news: set[Subscription] = set()
        self._streams: dict[Subscription, _Stream] = {}
        self._thread: threading.Thread | None = None
        self._wake_up: socket.socket | None = None

    def take(
        self, theirs: socket.socket, subscription: Subscription, cursor: int,
        on_close: Callable[[], None],
    ) -> None:  # fmt: skip
        """Go on with a stream from here; `on_close` is called once, when it has ended."""
        now = time.monotonic()
        lasts_s = LONGEST_STREAM_S * (1.0 - SPREAD * random.random())  # noqa: S311 (no secret)
        stream = _Stream(take_over(theirs), subscription, cursor, on_close, now + lasts_s, now)
        subscription.on_message = self._note_news
        with self._lock:
            self._arriving.append(stream)
            if self._thread is None:
                _allow_many_files()
                heard, self._wake_up = socket.socketpair()
                for end in (heard, self._wake_up):
                    end.setblocking(False)
                self._thread = threading.Thread(
                    target=self._run, args=(heard,), name="live-sockets", daemon=True
                )
                self._thread.start()
        self._wake()

    def _note_news(self, subscription: Subscription) -> None:
        """Called by the hub's thread for each message; the first of a batch wakes ours."""
        with self._lock:
            is_first = not self._with_news
            self._with_news.add(subscription)
        if is_first:
            self._wake()

    def _wake(self) -> None:
        wake_up = self._wake_up
        if wake_up is not None:
            # A full pipe wakes as well; a closed one has no streams left to wake for.
            with contextlib.suppress(OSError):
                wake_up.send(b"\0")

    def _run(self, heard: socket.socket) -> None:
        with selectors.DefaultSelector() as selector, heard:
            selector.register(heard, selectors.EVENT_READ)
            looked_at = time.monotonic()
            while self._has_streams_or_ends():
                for key, ready in selector.select(_TICK_S):
                    if key.data is None:
                        heard.recv(_READ_BYTES)
                    else:
                        self._serve(selector, key.data, ready)
                self._bring_news(selector)
                if time.monotonic() - looked_at >= _TICK_S:
                    looked_at = time.monotonic()
                    self._keep_time(selector, looked_at)

    def _has_streams_or_ends(self) -> bool:
        with self._lock:
            if self._streams or self._arriving:
                return True
            self._thread = None
            if self._wake_up is not None:
                self._wake_up.close()
            self._wake_up = None
            return False

    def _bring_news(self, selector: selectors.BaseSelector) -> None:
        with self._lock:
            arriving, self._arriving = self._arriving, []
            news, self._with_news = self._with_news, set()
        for stream in arriving:
            self._streams[stream.subscription] = stream
            selector.register(stream.sock, selectors.EVENT_READ, stream)
        for subscription in news.union(stream.subscription for stream in arriving):
            if subscription in self._streams:
                self._send(selector, self._streams[subscription])

    def _keep_time(self, selector: selectors.BaseSelector, now: float) -> None:
        for stream in list(self._streams.values()):
            if now >= stream.ends_at + PING_INTERVAL_S:
                self._close(selector, stream)  # it does not even take its end
            elif now >= stream.ends_at:
                stream.end()
                self._send(selector, stream)
            elif now >= stream.written_at + PING_INTERVAL_S and not stream.unsent:
                stream.add(PING)
                self._send(selector, stream)

    def _serve(self, selector: selectors.BaseSelector, stream: _Stream, ready: int) -> None:
        if ready & selectors.EVENT_READ and _has_hung_up(stream.sock):
            self._close(selector, stream)
        elif ready & selectors.EVENT_WRITE:
            self._send(selector, stream)

    def _send(self, selector: selectors.BaseSelector, stream: _Stream) -> None:
        stream.take_messages()
        try:
            stream.send()
        except OSError:
            self._close(selector, stream)
            return
        if stream.is_ending and not stream.unsent:
            self._close(selector, stream)
            return
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if stream.unsent else 0)
        if selector.get_key(stream.sock).events != wanted:
            selector.modify(stream.sock, wanted, stream)

    def _close(self, selector: selectors.BaseSelector, stream: _Stream) -> None:
        selector.unregister(stream.sock)
        del self._streams[stream.subscription]
        stream.subscription.on_message = None
        stream.sock.close()
        stream.on_close()


def _has_hung_up(sock: socket.socket) -> bool:
    try:
        return not sock.recv(_READ_BYTES)  # what a browser may still say is of no interest
    except BlockingIOError:
        return False
    except OSError:
        return True


def _allow_many_files() -> None:
    """An open map is an open file; many systems allow 1,024 where more could be had for asking."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        log.info("The limit of open files is raised from %d to %d.", soft, hard)
