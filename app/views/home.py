"""Where people land, and the address that tells a load balancer whether all is well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from flask import Blueprint, Response, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.extensions import limiter
from app.models.accounts import Role
from app.services.operations import health

blueprint = Blueprint("home", __name__)

START_PAGES: Final[Mapping[Role, str]] = {
    Role.INVESTIGATOR: "cases.index",
    Role.DISPATCHER: "sweeps.index",
    Role.ANALYST: "cases.index",
    Role.EXAMINER: "review.queue",
    Role.PARTNER: "found.index",
    Role.ADMINISTRATOR: "admin.health",
}
"""The page that each role lives on."""


@blueprint.get("/")
def index() -> ResponseReturnValue:
    """Go to the page that this role lives on."""
    return redirect(url_for(START_PAGES[current_user.role]))


@blueprint.get("/healthz")
@limiter.exempt
def healthz() -> Response:
    """200 while the database answers, else 503. It tells nothing else: anybody may ask."""
    answers = health.database_answers()
    return Response(
        "ok\n" if answers else "the database does not answer\n",
        status=200 if answers else 503,
        mimetype="text/plain",
    )


# A health check comes over plain HTTP from inside; sending it to HTTPS would fail it.
healthz.talisman_view_options = {"force_https": False}  # type: ignore[attr-defined]
