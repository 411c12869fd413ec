"""Bearer tokens: programs act for a user with them. Shown once; only the hash is kept."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.errors import NotFound
from app.extensions import db
from app.inputs.accounts import TokenInput
from app.models.accounts import ApiToken, User
from app.models.columns import utc_now
from app.services.base import audit
from app.services.base.actors import Actor

PREFIX: Final = "ls_"
"""What every token begins with, so that a leaked one is recognised by whoever finds it."""
_USE_NOTED_EVERY: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A new token's row and its secret, which is shown once and never again."""

    token: ApiToken
    secret: str

    def __repr__(self) -> str:
        return f"IssuedToken(token={self.token.label!r}, secret='…')"


def issue_token(actor: Actor, user: User, wanted: TokenInput) -> IssuedToken:
    """Make a token that acts for `user` until it expires or is revoked."""
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        user_id=user.id,
        label=wanted.label,
        token_sha256=_digest(secret),
        expires_at=utc_now() + timedelta(days=wanted.days),
    )
    db.session.add(token)
    details = {"label": wanted.label, "days": wanted.days}
    audit.record(actor, "token.issue", subject=user.email, details=details)
    db.session.commit()
    return IssuedToken(token, secret)


def list_tokens(user: User) -> Sequence[ApiToken]:
    """The user's tokens that were not revoked, newest first; expired ones are among them."""
    return db.session.scalars(
        select(ApiToken)
        .where(ApiToken.user_id == user.id, ApiToken.revoked_at.is_(None))
        .order_by(ApiToken.id.desc())
    ).all()


def revoke_token(actor: Actor, user: User, token_id: int) -> None:
    """End a token of `user` at once. Raises NotFound for one that is not theirs or is ended."""
    token = db.session.get(ApiToken, token_id)
    if token is None or token.user_id != user.id or token.revoked_at is not None:
        raise NotFound("There is no such token.")
    token.revoked_at = utc_now()
    audit.record(actor, "token.revoke", subject=user.email, details={"label": token.label})
    db.session.commit()


def user_of_token(secret: str) -> User | None:
    """The active user for whom this token acts; None if it is wrong, expired or revoked."""
    if not secret.startswith(PREFIX):
        return None
    token = db.session.scalar(
        select(ApiToken)
        .where(ApiToken.token_sha256 == _digest(secret))
        .options(joinedload(ApiToken.user))
    )
    now = utc_now()
    if token is None or token.revoked_at is not None or token.expires_at <= now:
        return None
    user: User = token.user
    if not user.active:
        return None
    if token.last_used_at is None or now - token.last_used_at > _USE_NOTED_EVERY:
        token.last_used_at = now
        db.session.commit()
    return user


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
