"""One open map's stream of live events: what it missed, then what happens, until it is renewed."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator
from dataclasses import dataclass

from flask import current_app

from app.live_hub import LiveHub, Message, Subscription, encode, encode_notice
from app.models import Case
from app.services import live

PING_INTERVAL_S = 15.0
LONGEST_STREAM_S = 600.0
"""A stream ends after this time and its browser opens the next, so that rights are checked anew."""

BACKLOG_LIMIT = 500
_PING = b": ping\n\n"
_RETRY = b"retry: 1000\n\n"


@dataclass(frozen=True, eq=False)
class LiveStream:
    """An open stream. `close` must be called, whether or not it was read."""

    hub: LiveHub
    subscription: Subscription
    backlog: tuple[Message, ...]
    cursor: int

    def messages(self) -> Iterator[bytes]:
        """The bytes to send, as they come; ends after `LONGEST_STREAM_S`."""
        yield _RETRY
        yield encode_notice("hello", cursor=self.cursor).wire
        cursor = self.cursor
        for message in self.backlog:
            cursor = max(cursor, message.cursor or 0)
            yield message.wire
        ends_at = time.monotonic() + LONGEST_STREAM_S
        while time.monotonic() < ends_at:
            if self.subscription.overflowed:
                yield encode_notice("reset", reason="too many events at once").wire
                return
            try:
                message = self.subscription.messages.get(timeout=PING_INTERVAL_S)
            except queue.Empty:
                yield _PING
                continue
            if message.cursor is None or message.cursor > cursor:
                cursor = max(cursor, message.cursor or 0)
                yield message.wire

    def close(self) -> None:
        """Stop listening."""
        self.hub.unsubscribe(self.subscription)


def open_stream(case: Case, cursor: int | None) -> LiveStream:
    """Events of a case after `cursor`; from now on where it is None.

    A reader whose cursor is too old is told to load anew (`reset`).
    """
    hub: LiveHub = current_app.extensions["lastseen_live_hub"]
    # Listening begins before the backlog is read, so that nothing falls between the two.
    subscription = hub.subscribe(case.id)
    newest = live.newest_cursor()
    if cursor is None:
        return LiveStream(hub, subscription, (), newest)
    events = live.events_after(case.id, cursor, BACKLOG_LIMIT + 1)
    if len(events) > BACKLOG_LIMIT or cursor > newest or live.cursor_is_too_old(cursor):
        reset = encode_notice("reset", reason="this map has been away for too long")
        return LiveStream(hub, subscription, (reset,), newest)
    return LiveStream(hub, subscription, tuple(encode(event) for event in events), cursor)
