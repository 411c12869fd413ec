"""One listener per web process, which hands new live events to all of its open maps.

The hub reads new events once for all of its readers: woken by Redis, and every second without it.
"""

from __future__ import annotations

import json
import logging
import queue
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from flask import Flask
from redis.client import PubSub
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.config import Settings
from app.extensions import db
from app.models.live import LiveEvent
from app.queues import LIVE_CHANNEL, RedisDown, connect
from app.services.base import access, user_sessions
from app.services.base.actors import Actor

POLL_INTERVAL_S = 1.0
FETCH_LIMIT = 1000
SUBSCRIPTION_CAPACITY = 2000
RIGHTS_INTERVAL_S = 15.0
"""How often open maps are asked whether their readers may still see the case."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Message:
    """One event as it goes over the wire; `cursor` is None for what is not kept."""

    cursor: int | None
    wire: bytes
    kind: str = ""


@dataclass(eq=False)
class Subscription:
    """One reader's waiting messages, of one case or (None) of all. `overflowed`: load anew.

    `on_message` is called for each new message, for readers that do not wait on the queue. A
    subscription is `revoked` when its reader may no longer see the case, or when the session that
    it was opened with (`session_id`) has ended; nothing more is sent then.

    With `only`, a reader gets nothing but the word that something of these kinds has changed: that
    is all that a reader of all cases may be told.
    """

    case_id: int | None
    reader: Actor
    messages: queue.Queue[Message] = field(
        default_factory=lambda: queue.Queue(SUBSCRIPTION_CAPACITY)
    )
    overflowed: bool = False
    revoked: bool = False
    on_message: Callable[[Subscription], None] | None = None
    only: frozenset[str] | None = None
    session_id: int | None = None

    def offer(self, message: Message) -> None:
        """Add a message; a reader that is too slow is marked rather than waited for."""
        if self.only is not None:
            if message.kind not in self.only:
                return
            message = encode_notice("changed", what=message.kind)
        try:
            self.messages.put_nowait(message)
        except queue.Full:
            self.overflowed = True
        if (tell := self.on_message) is not None:
            tell(self)

    def revoke(self) -> None:
        """End it, and wake whoever waits for its next message."""
        self.revoked = True
        self.offer(Message(None, b""))

    def next_message(self) -> Message | None:
        """The next message that has come; None without one."""
        try:
            return self.messages.get_nowait()
        except queue.Empty:
            return None


def encode(event: LiveEvent) -> Message:
    """An event as server-sent event text; its id is the cursor to resume from."""
    data = json.dumps(event.payload, separators=(",", ":"), ensure_ascii=False)
    wire = f"id: {event.id}\nevent: {event.kind}\ndata: {data}\n\n".encode()
    return Message(event.id, wire, event.kind)


def encode_notice(kind: str, **payload: object) -> Message:
    """A message that is not kept, and so carries no cursor."""
    return Message(None, f"event: {kind}\ndata: {json.dumps(payload)}\n\n".encode(), kind)


class LiveHub:
    """Fans live events out to subscriptions; its thread runs while there is at least one."""

    def __init__(self, application: Flask, settings: Settings) -> None:
        self._application = application
        self._settings = settings
        self._lock = threading.Lock()
        self._subscriptions: dict[int | None, set[Subscription]] = defaultdict(set)
        self._thread: threading.Thread | None = None
        self._cursor = 0
        self._database_answers = True
        self._rights_checked_at = time.monotonic()

    def subscribe(
        self,
        case_id: int | None,
        reader: Actor,
        only: frozenset[str] | None = None,
        session_id: int | None = None,
    ) -> Subscription:
        """Messages of one case, or (None) of all, until `unsubscribe` or the end of the rights."""
        subscription = Subscription(case_id, reader, only=only, session_id=session_id)
        with self._lock:
            if self._thread is None:
                self._cursor = self._newest_cursor()
                self._thread = threading.Thread(target=self._run, name="live-hub", daemon=True)
                self._thread.start()
            self._subscriptions[case_id].add(subscription)
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        """End a subscription; ending it twice does no harm."""
        with self._lock:
            readers = self._subscriptions.get(subscription.case_id)
            if readers is None:
                return
            readers.discard(subscription)
            if not readers:
                del self._subscriptions[subscription.case_id]

    def _run(self) -> None:
        wake_up = _WakeUp(self._settings)
        while self._has_readers_or_ends():
            wake_up.wait(POLL_INTERVAL_S)
            self._deliver_new()
            if time.monotonic() - self._rights_checked_at >= RIGHTS_INTERVAL_S:
                self._revoke_lost_rights()
        wake_up.close()

    def _has_readers_or_ends(self) -> bool:
        with self._lock:
            if self._subscriptions:
                return True
            self._thread = None
            return False

    def _deliver_new(self) -> None:
        try:
            events = self._fetch()
        except (OperationalError, PoolTimeout):
            self._say_database(answers=False)
            return
        self._say_database(answers=True)
        if any(event.kind == "case" for event in events):
            self._revoke_lost_rights()  # before anything is sent: the case may be restricted now
        for event in events:
            message = encode(event)
            for subscription in self._readers(event.case_id):
                subscription.offer(message)
            self._cursor = event.id

    def _fetch(self) -> list[LiveEvent]:
        with self._application.app_context():
            query = (
                select(LiveEvent)
                .where(LiveEvent.id > self._cursor)
                .order_by(LiveEvent.id)
                .limit(FETCH_LIMIT)
            )
            return list(db.session.scalars(query))

    def _revoke_lost_rights(self) -> None:
        """End the subscriptions of readers who may no longer see their case, or are logged out.

        While the database is down no event comes either, and the question is asked again later.
        """
        with self._lock:
            # Who follows all cases is told nothing of any, so there is nothing to take away.
            everyone = [
                (one, case_id)
                for case_id, readers in self._subscriptions.items()
                if case_id is not None
                for one in readers
            ]
        try:
            with self._application.app_context():
                allowed = access.still_seen({(one.reader, case_id) for one, case_id in everyone})
                sessions = {one.session_id for one, _ in everyone if one.session_id is not None}
                holding = user_sessions.holding(sessions)
        except (OperationalError, PoolTimeout):
            return
        self._rights_checked_at = time.monotonic()
        for subscription, case_id in everyone:
            is_logged_in = subscription.session_id is None or subscription.session_id in holding
            if not is_logged_in or (subscription.reader, case_id) not in allowed:
                subscription.revoke()

    def _newest_cursor(self) -> int:
        with self._application.app_context():
            return db.session.scalar(select(func.max(LiveEvent.id))) or 0

    def _readers(self, case_id: int) -> list[Subscription]:
        with self._lock:
            return [
                *self._subscriptions.get(case_id, ()),
                *self._subscriptions.get(None, ()),
            ]

    def _say_database(self, *, answers: bool) -> None:
        if answers == self._database_answers:
            return
        self._database_answers = answers
        log.warning("The database %s.", "answers again" if answers else "does not answer")
        notice = encode_notice("health", database=answers)
        with self._lock:
            everyone = [one for readers in self._subscriptions.values() for one in readers]
        for subscription in everyone:
            subscription.offer(notice)


class _WakeUp:
    """Waits for a call from Redis, or for the time to pass where Redis does not answer."""

    def __init__(self, settings: Settings) -> None:
        self._redis = connect(settings, socket_timeout_s=None)
        self._calls: PubSub | None = None

    def wait(self, seconds: float) -> None:
        try:
            if self._calls is None:
                self._calls = self._redis.pubsub(  # type: ignore[no-untyped-call]
                    ignore_subscribe_messages=True
                )
                self._calls.subscribe(LIVE_CHANNEL)
            self._wait_for_call(self._calls, seconds)
        except RedisDown:
            self._calls = None
            time.sleep(seconds)

    @staticmethod
    def _wait_for_call(calls: PubSub, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if calls.get_message(timeout=left) is not None:
                # Calls that arrived together are answered by one look.
                while calls.get_message(timeout=0) is not None:
                    pass
                return

    def close(self) -> None:
        if self._calls is not None:
            self._calls.close()
        self._redis.close()
