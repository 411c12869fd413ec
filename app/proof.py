"""Acts that make or open accounts, and a second person's word, ask who it is once more.

A stolen API token, or a browser that was left open, must not become an account, a password or a
second factor of somebody's own, nor the second of two people. So a program does none of this, and a
browser only for a while after a login or a proof (`app.services.people.proofs`).

What was typed is not lost: it goes with the page of the proof in the browser's own hands, and is
sent again once the proof is right. Nothing of it is kept here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from flask import current_app, make_response, redirect, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response

from app.errors import Forbidden
from app.identity import is_bearer, session_id
from app.problems import wants_json
from app.services.people import proofs

NEEDS_PROOF: Final[Mapping[str, str]] = {
    "admin.create_user": "make an account",
    "admin.change_user": "change an account",
    "admin.reset_password": "give an account a new password",
    "admin.send_password_link": "make a link to a new password",
    "admin.invite": "invite somebody",
    "admin.approve_registration": "approve a registration",
    "admin.reset_second_factor": "take an account's second factor away",
    "admin.add_case_member": "put somebody on the list of a restricted case",
    "admin.emergency_access": "take emergency access to a restricted case",
    "api_people.invite": "invite somebody",
    "api_people.reset_second_factor": "take an account's second factor away",
    "accounts.begin_second_factor": "set a second factor up",
    "accounts.issue_token": "make an API token",
    # The second of two people:
    "cases.carry_out_purge": "delete a case for good",
    "api_case_files.carry_out_purge": "delete a case for good",
    "admin.carry_out_purge": "delete a case for good",
    "persons.decide": "decide on a person of interest",
    "api_persons.decide": "decide on a person of interest",
}
"""By endpoint, what is done there, as a page says it."""

NEVER_KEPT: Final = frozenset(
    {"code", "proof", "password", "repeated", "current_password", "csrf_token", "act", "next"}
)
"""Fields that the page of the proof does not carry: secrets, and what it has of its own."""

NOT_FOR_PROGRAMS: Final = (
    "This is for a person who has just proved who they are: log in and do it on the pages. An API "
    "token does not do it."
)
PROVE_FIRST: Final = "Prove first that it is you, on the page /account/proof, then repeat."


def ask(endpoint: str) -> Response | None:
    """The page of the proof, for a browser whose last one is too long ago; else None.

    Raises Forbidden for a program.
    """
    if endpoint not in NEEDS_PROOF:
        return None
    if is_bearer():
        raise Forbidden(NOT_FOR_PROGRAMS)
    if proofs.is_fresh(session_id()):
        return None
    if wants_json():
        raise Forbidden(PROVE_FIRST)
    return make_response(current_app.view_functions["accounts.proof"](), 403)


def repeat(act: str) -> Response | None:
    """Have the browser send what it typed to the act again; None for what is no such act.

    The act checks right, case and token as it always does.
    """
    return redirect(act, code=307) if endpoint_of(act) else None


def endpoint_of(act: str) -> str:
    """The act's endpoint, if the path leads to one that needs a proof; else empty.

    One that begins with two slashes would send browsers, and what was typed, to another host.
    """
    if not act.startswith("/") or act.startswith("//"):
        return ""
    adapter = current_app.url_map.bind("")
    try:
        endpoint, _ = adapter.match(act, method="POST")
    except (HTTPException, RequestRedirect):
        return ""
    return endpoint if endpoint in NEEDS_PROOF else ""


def kept_fields() -> list[tuple[str, str]]:
    """What was typed, save secrets, to be sent again."""
    return [
        (name, value)
        for name, values in request.form.lists()
        if name not in NEVER_KEPT
        for value in values
    ]


def page_before() -> str:
    """The page on which the form stood, as a path of this site; empty if that is not known."""
    try:
        parts = urlsplit(request.referrer or "")
    except ValueError:  # a browser sends none such, but anybody else may
        return ""
    return parts.path if parts.netloc == request.host else ""
