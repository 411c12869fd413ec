"""Checking every request against the table of permissions, before any view runs."""

from __future__ import annotations

import logging
from typing import Final

from flask import Flask, current_app, redirect, request, url_for
from flask_login import current_user
from werkzeug.exceptions import Forbidden, NotFound, Unauthorized
from werkzeug.wrappers import Response

from app import case_access, proof
from app.errors import Forbidden as NotAllowed
from app.extensions import csrf
from app.identity import is_bearer
from app.models.accounts import Role
from app.permissions import PUBLIC, TABLE, Audience
from app.problems import wants_json
from app.services.base.rights import PERSONS, POSTS
from app.services.people import second_factors

logger = logging.getLogger(__name__)

ROOMS_WITH_A_RIGHT: Final = {
    "posts": POSTS,
    "api_posts": POSTS,
    "persons": PERSONS,
    "api_persons": PERSONS,
}
"""Blueprints that need a right beside the role; for accounts without it they do not exist."""

WITHOUT_SECOND_FACTOR: Final = frozenset(
    {
        "accounts.logout",
        "accounts.second_factor",
        "accounts.begin_second_factor",
        "accounts.confirm_second_factor",
        "accounts.proof",
        "accounts.prove",
    }
)
"""What those reach who must set up a second factor and have not yet."""


def allows(endpoint: str, role: Role | None) -> bool:
    """Whether someone with `role` (None: not logged in) may reach `endpoint`."""
    allowed = TABLE.get(endpoint)
    if allowed is None:
        return False
    if isinstance(allowed, Audience):
        return allowed is PUBLIC or role is not None
    return role in allowed


def can(endpoint: str) -> bool:
    """Whether whoever sent the current request may reach `endpoint`; for menus and buttons."""
    return allows(endpoint, _role()) and _has_right(endpoint)


def install(application: Flask) -> None:
    """Check every request against the table, for its CSRF token, and for the case it is about."""
    application.config["WTF_CSRF_CHECK_DEFAULT"] = False
    application.config["WTF_CSRF_TIME_LIMIT"] = None
    application.before_request(_check)
    application.jinja_env.globals["can"] = can


def _check() -> Response | None:
    endpoint = request.endpoint
    if endpoint is None:
        return None
    if endpoint not in TABLE:
        logger.error("endpoint %s is not in the table of permissions", endpoint)
        raise NotFound
    if TABLE[endpoint] is not PUBLIC:
        role = _role()
        if role is None:
            return _ask_to_log_in()
        if not allows(endpoint, role):
            raise Forbidden
        if not _has_right(endpoint):
            raise NotFound
        if endpoint not in WITHOUT_SECOND_FACTOR and not is_bearer():
            answer = _ask_for_second_factor()
            if answer is not None:
                return answer
    if current_app.config["WTF_CSRF_ENABLED"] and not is_bearer():
        csrf.protect()
    case_access.check_request()
    return proof.ask(endpoint)


def _role() -> Role | None:
    return current_user.role if current_user.is_authenticated else None


def _has_right(endpoint: str) -> bool:
    """Whether the account has the right of its own that the endpoint's room needs, if any."""
    right = ROOMS_WITH_A_RIGHT.get(endpoint.partition(".")[0])
    if right is None:
        return True
    return current_user.is_authenticated and bool(getattr(current_user, right.column))


def _ask_for_second_factor() -> Response | None:
    """To its page, for those whose role needs one and who have none yet."""
    if not second_factors.must_enrol(current_user):
        return None
    if wants_json() or request.method not in {"GET", "HEAD"}:
        raise NotAllowed("Your role needs a second factor: set it up on your account's page first.")
    return redirect(url_for("accounts.second_factor"))


def _ask_to_log_in() -> Response:
    if wants_json() or request.method not in {"GET", "HEAD"}:
        raise Unauthorized
    wanted = request.full_path if request.query_string else request.path
    return redirect(url_for("accounts.login", next=wanted))
