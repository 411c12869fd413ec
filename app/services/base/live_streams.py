"""One open map's stream of live events: what it missed, then what happens, until it is renewed."""

from __future__ import annotations

import queue
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from flask import current_app

from app.live_hub import LiveHub, Message, Subscription, encode, encode_notice
from app.live_sockets import LONGEST_STREAM_S, PING, PING_INTERVAL_S, RESET, LiveSockets
from app.models import Case
from app.services.base import live
from app.services.base.actors import Actor

BACKLOG_LIMIT = 500
BOARD_KINDS = frozenset({"sweep", "visit", "request", "case"})
"""What changes the sweep board."""
_RETRY = b"retry: 1000\n\n"


@dataclass(eq=False)
class LiveStream:
    """An open stream. `close` must be called, whether or not it was read.

    Given a socket, its messages end after the backlog, and the one thread of `LiveSockets` goes on
    with it; without, whoever reads them waits for each, until `LONGEST_STREAM_S` have passed.
    """

    hub: LiveHub
    sockets: LiveSockets
    subscription: Subscription
    backlog: tuple[Message, ...]
    cursor: int
    _is_handed_over: bool = False

    def messages(self, taken: socket.socket | None = None) -> Iterator[bytes]:
        """The bytes to send, as they come."""
        yield _RETRY
        yield encode_notice("hello", cursor=self.cursor).wire
        cursor = self.cursor
        for message in self.backlog:
            cursor = max(cursor, message.cursor or 0)
            yield message.wire
        if taken is None:
            yield from self._as_they_come(cursor)
        else:
            self._is_handed_over = True
            end = partial(self.hub.unsubscribe, self.subscription)
            self.sockets.take(taken, self.subscription, cursor, end)

    def _as_they_come(self, cursor: int) -> Iterator[bytes]:
        ends_at = time.monotonic() + LONGEST_STREAM_S
        while time.monotonic() < ends_at:
            if self.subscription.overflowed:
                yield RESET
                return
            try:
                message = self.subscription.messages.get(timeout=PING_INTERVAL_S)
            except queue.Empty:
                yield PING
                continue
            if self.subscription.revoked:
                return
            if message.cursor is None or message.cursor > cursor:
                cursor = max(cursor, message.cursor or 0)
                yield message.wire

    def close(self) -> None:
        """Stop listening, unless somebody else has gone on with it."""
        if not self._is_handed_over:
            self.hub.unsubscribe(self.subscription)


def open_board_stream(actor: Actor) -> LiveStream:
    """That something changed on the sweep board, in any case, from now on.

    It carries no content: whoever hears it asks for what the account may see. So it needs no
    cursor either; a board that reconnects asks once.
    """
    hub: LiveHub = current_app.extensions["lastseen_live_hub"]
    sockets: LiveSockets = current_app.extensions["lastseen_live_sockets"]
    subscription = hub.subscribe(None, actor, BOARD_KINDS)
    return LiveStream(hub, sockets, subscription, (), live.newest_cursor())


def open_stream(
    actor: Actor, case: Case, cursor: int | None, session_id: int | None = None
) -> LiveStream:
    """Events of a case after `cursor`; from now on where it is None.

    They end when `actor` may no longer see the case, and with the session that they are read with.

    A reader whose cursor is too old is told to load anew (`reset`).
    """
    hub: LiveHub = current_app.extensions["lastseen_live_hub"]
    sockets: LiveSockets = current_app.extensions["lastseen_live_sockets"]
    # Listening begins before the backlog is read, so that nothing falls between the two.
    subscription = hub.subscribe(case.id, actor, session_id=session_id)
    newest = live.newest_cursor()
    if cursor is None:
        return LiveStream(hub, sockets, subscription, (), newest)
    events = live.events_after(case.id, cursor, BACKLOG_LIMIT + 1)
    if len(events) > BACKLOG_LIMIT or cursor > newest or live.cursor_is_too_old(cursor):
        reset = encode_notice("reset", reason="this map has been away for too long")
        return LiveStream(hub, sockets, subscription, (reset,), newest)
    return LiveStream(hub, sockets, subscription, tuple(encode(event) for event in events), cursor)
