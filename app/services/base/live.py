"""Live events: queued on the session, written with the change, then announced.

An event's id is its cursor. Ids are drawn under a lock that is held until the commit, so they
become visible in their own order: whoever has read up to a cursor has missed nothing below it.
Redis only carries the wake-up call; when it is down, readers look every second.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Flask
from sqlalchemy import event, func, select, text
from sqlalchemy.orm import Session, SessionTransaction

from app.config import Settings
from app.extensions import db
from app.live_hub import LiveHub
from app.live_sockets import LiveSockets
from app.models.columns import utc_now
from app.models.live import LiveEvent
from app.queues import LIVE_CHANNEL, RedisDown, redis_client

_PENDING = "lastseen_live_pending"
_WRITTEN = "lastseen_live_written"
_EVENTS_LOCK = 7_201_002
"""Key of the advisory lock that serialises the drawing of event ids."""


def publish(case_id: int, kind: str, payload: dict[str, Any]) -> None:
    """Tell the open maps of a case, once the current transaction has committed."""
    db.session.info.setdefault(_PENDING, []).append((case_id, kind, payload))


def events_after(case_id: int, cursor: int, limit: int = 500) -> Sequence[LiveEvent]:
    """Events of a case above `cursor`, oldest first."""
    query = (
        select(LiveEvent)
        .where(LiveEvent.case_id == case_id, LiveEvent.id > cursor)
        .order_by(LiveEvent.id)
        .limit(limit)
    )
    return db.session.scalars(query).all()


def newest_cursor() -> int:
    """The largest cursor of all cases; 0 before the first event."""
    return db.session.scalar(select(func.max(LiveEvent.id))) or 0


def cursor_is_too_old(cursor: int) -> bool:
    """Whether events above `cursor` may have been pruned, so that the reader must load anew."""
    oldest: int | None = db.session.scalar(select(func.min(LiveEvent.id)))
    if oldest is None:
        return cursor > 0
    return 0 < cursor < oldest - 1


def install(application: Flask, settings: Settings) -> None:
    """Give the application what its open maps listen to."""
    application.extensions["lastseen_live_hub"] = LiveHub(application, settings)
    application.extensions["lastseen_live_sockets"] = LiveSockets()
    if not event.contains(Session, "before_commit", _write_pending):
        event.listen(Session, "before_commit", _write_pending)
        event.listen(Session, "after_commit", _announce)
        event.listen(Session, "after_soft_rollback", _forget)


def _write_pending(session: Session) -> None:
    if session.in_nested_transaction() or not session.info.get(_PENDING):
        return
    pending = session.info.pop(_PENDING)
    # What the transaction changed goes first, so that the lock is held only for the commit itself.
    session.flush()
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _EVENTS_LOCK})
    session.add_all(
        LiveEvent(case_id=case_id, kind=kind, payload=payload, created_at=utc_now())
        for case_id, kind, payload in pending
    )
    session.flush()
    session.info[_WRITTEN] = True


def _announce(session: Session) -> None:
    if not session.info.pop(_WRITTEN, False):
        return
    try:
        redis_client().publish(LIVE_CHANNEL, b"1")
    except RedisDown:
        # Readers look in the database every second as well: the event is late, not lost.
        return


def _forget(session: Session, previous: SessionTransaction) -> None:
    if previous.nested:
        return
    session.info.pop(_PENDING, None)
    session.info.pop(_WRITTEN, None)
