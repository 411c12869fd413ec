"""Sessions of browsers: beginning one, knowing it again, listing and ending them."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, delete, select
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import joinedload

from app.current import settings
from app.errors import NotFound
from app.extensions import db
from app.models.accounts import User
from app.models.columns import utc_now
from app.models.sessions import UserSession
from app.services.base import audit
from app.services.base.actors import Actor

KEPT_AFTER_END: Final = timedelta(days=7)
_USE_NOTED_EVERY: Final = timedelta(minutes=1)

_BROWSERS: Final = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS: Final = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True, slots=True)
class KnownSession:
    """Whom a browser's key stands for, and which of the sessions it is."""

    user: User
    session_id: int


def begin(user: User, address: str | None, agent: str) -> str:
    """Begin a session of `user` and return its key, which is not kept. Commits."""
    key = secrets.token_urlsafe(32)
    db.session.add(
        UserSession(
            user_id=user.id,
            key_sha256=_digest(key),
            epoch=user.session_epoch,
            address=address,
            device=device_of(agent),
        )
    )
    db.session.commit()
    return key


def known(key: str) -> KnownSession | None:
    """The session behind a key, if it still holds; notes that it was used."""
    row = db.session.scalar(
        select(UserSession)
        .join(User, User.id == UserSession.user_id)
        .options(joinedload(UserSession.user))
        .where(UserSession.key_sha256 == _digest(key), User.active, _holds())
    )
    if row is None:
        return None
    now = utc_now()
    if now - row.last_used_at > _USE_NOTED_EVERY:
        row.last_used_at = now
        db.session.commit()
    return KnownSession(row.user, row.id)


def holding(session_ids: Set[int]) -> frozenset[int]:
    """Those of the sessions that hold now; asking is no use of them."""
    if not session_ids:
        return frozenset()
    held = select(UserSession.id).join(User, User.id == UserSession.user_id)
    wanted = held.where(UserSession.id.in_(session_ids), User.active, _holds())
    return frozenset(db.session.scalars(wanted))


def list_sessions(user: User) -> Sequence[UserSession]:
    """The account's sessions that hold, the last used first."""
    return db.session.scalars(
        select(UserSession)
        .join(User, User.id == UserSession.user_id)
        .where(UserSession.user_id == user.id, _holds())
        .order_by(UserSession.last_used_at.desc(), UserSession.id.desc())
    ).all()


def end(actor: Actor, user: User, session_id: int) -> None:
    """End one session of `user`. Raises NotFound for one that is not theirs."""
    row = db.session.get(UserSession, session_id)
    if row is None or row.user_id != user.id:
        raise NotFound("There is no such session.")
    if row.ended_at is None:
        row.ended_at = utc_now()
        details = {"device": row.device, "address": row.address}
        audit.record(actor, "session.end", subject=user.email, details=details)
        db.session.commit()


def forget(key: str) -> None:
    """End the session of this key, at logout. Does not commit."""
    row = db.session.scalar(select(UserSession).where(UserSession.key_sha256 == _digest(key)))
    if row is not None:
        row.ended_at = utc_now()


def prune() -> int:
    """Delete sessions that ended a week ago or longer; how many."""
    oldest = utc_now() - KEPT_AFTER_END - timedelta(hours=settings().session_hours)
    gone = db.session.execute(delete(UserSession).where(UserSession.created_at < oldest))
    db.session.commit()
    return gone.rowcount if isinstance(gone, CursorResult) else 0


def device_of(agent: str) -> str:
    """A browser's own description in few words: "Firefox on Windows"."""
    browser = next((name for part, name in _BROWSERS if part in agent), "")
    system = next((name for part, name in _SYSTEMS if part in agent), "")
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or "unknown device"


def _holds() -> ColumnElement[bool]:
    now = utc_now()
    return and_(
        UserSession.ended_at.is_(None),
        UserSession.epoch == User.session_epoch,
        UserSession.created_at > now - timedelta(hours=settings().session_hours),
        UserSession.last_used_at > now - _idle(),
    )


def _idle() -> timedelta:
    return timedelta(minutes=settings().session_idle_minutes)


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
