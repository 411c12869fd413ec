"""Proving once more, while logged in, to be the person whose account it is."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from app.extensions import db
from app.models.accounts import User
from app.models.columns import utc_now
from app.models.sessions import UserSession
from app.services.base import audit
from app.services.base.actors import Actor
from app.services.people import accounts, second_factors

HOLDS: Final = timedelta(minutes=30)
"""A login is a proof, too."""


def is_fresh(session_id: int | None) -> bool:
    """Whether this session was proved a short while ago; a program has none."""
    row = db.session.get(UserSession, session_id) if session_id is not None else None
    return row is not None and row.proved_at > utc_now() - HOLDS


def prove(actor: Actor, user: User, session_id: int | None, typed: str) -> None:
    """Take a code of the second factor, or the password where there is none.

    Wrong ones count as at a login. Raises Refused.
    """
    by_code = second_factors.is_enrolled(user.id)
    if by_code:
        second_factors.check(actor, user, typed)
    else:
        accounts.check_own_password(actor, user, typed)
    row = db.session.get(UserSession, session_id) if session_id is not None else None
    if row is not None:
        row.proved_at = utc_now()
    audit.record(
        actor,
        "session.prove",
        subject=user.email,
        details={"by": "code" if by_code else "password"},
    )
    db.session.commit()
