"""Who sends a request: a session cookie names a person, a bearer token a program of a person.

A request that carries a bearer token is judged by that token alone, and only under /api and /media.
GIS tools that know only HTTP Basic may send the token as its password, under /api/ogc alone, where
nothing can be changed.
"""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Flask, g, request, session
from flask_login import login_user, logout_user
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized

from app.extensions import db, login_manager
from app.models.accounts import User
from app.services.base import user_sessions
from app.services.people import accounts

_KEY = "session_key"
_HALF = "half_logged_in"
HALF_LOGGED_IN_S = 300.0
"""How long the second step of a login may take."""
_TOKEN_PATHS = ("/api/", "/media/")
_BASIC_PATH = "/api/ogc"


def install(application: Flask) -> None:
    """Let requests be identified; this must come before anything that asks who is asking."""
    login_manager.session_protection = "basic"
    login_manager.user_loader(_user_of_session)
    application.before_request(_identify_bearer)


def begin_session(user: User) -> None:
    """Log `user` in: what the session held before is gone, and with it every older token in it."""
    session.clear()
    session.permanent = True
    agent = request.user_agent.string
    session[_KEY] = user_sessions.begin(user, request.remote_addr, agent)
    login_user(user)


def end_session() -> None:
    """Log out of this browser."""
    key = session.get(_KEY)
    if isinstance(key, str):
        user_sessions.forget(key)
        db.session.commit()
    logout_user()
    session.clear()


def session_id() -> int | None:
    """Which of the account's sessions this request belongs to; None for a bearer token."""
    found: int | None = g.get("session_id")
    return found


def begin_half_session(user: User, wanted: str) -> None:
    """Remember that the password was right, until the second step; nobody is logged in by it."""
    session.clear()
    session[_HALF] = [user.id, user.session_epoch, datetime.now(UTC).timestamp(), wanted]


def half_session() -> tuple[User, str] | None:
    """Who is in the middle of a login, and where they wanted to go; None if nobody is."""
    held = session.get(_HALF)
    if not isinstance(held, list) or len(held) != 4:
        return None
    user_id, epoch, at, wanted = held
    if at < datetime.now(UTC).timestamp() - HALF_LOGGED_IN_S:
        return None
    user = accounts.half_logged_in(user_id, epoch)
    return None if user is None else (user, wanted)


def is_bearer() -> bool:
    """Whether the current request is identified by a bearer token, and so needs no CSRF token."""
    return bool(g.get("bearer", False))


def _identify_bearer() -> None:
    secret = _sent_token()
    if secret is None:
        return
    g.bearer = True
    g._login_user = login_manager.anonymous_user()
    user = accounts.user_of_token(secret)
    if user is None:
        raise Unauthorized(www_authenticate=WWWAuthenticate("bearer", {"error": "invalid_token"}))
    g._login_user = user


def _sent_token() -> str | None:
    """The token that the request carries where tokens are taken; None if it carries none."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and request.path.startswith(_TOKEN_PATHS):
        return secret.strip()
    basic = request.authorization
    is_gis = request.path == _BASIC_PATH or request.path.startswith(f"{_BASIC_PATH}/")
    if is_gis and basic is not None and basic.type == "basic":
        return basic.password or ""
    return None


def _user_of_session(identity: str) -> User | None:
    """The user whom the cookie names, unless the session is too old or was ended from elsewhere."""
    key = session.get(_KEY)
    known = user_sessions.known(key) if isinstance(key, str) else None
    if known is None or known.user.get_id() != identity:
        return None
    g.session_id = known.session_id
    return known.user
