"""Acts that make or open accounts, and a second person's word, ask who it is once more.

A stolen API token, or a browser that was left open, must not become an account, a password or a
second factor of somebody's own, nor the second of two people. So a program does none of this, and a
browser only for a while after a login or a proof (`app.services.people.proofs`).
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from flask import flash, redirect, request, url_for
from werkzeug.wrappers import Response

from app.errors import Forbidden
from app.identity import is_bearer, session_id
from app.problems import wants_json
from app.services.people import proofs

NEEDS_PROOF: Final = frozenset(
    {
        "admin.create_user",
        "admin.change_user",
        "admin.reset_password",
        "admin.send_password_link",
        "admin.invite",
        "admin.approve_registration",
        "admin.reset_second_factor",
        "admin.add_case_member",
        "admin.emergency_access",
        "api_people.invite",
        "api_people.reset_second_factor",
        "accounts.begin_second_factor",
        "accounts.issue_token",
        # The second of two people:
        "cases.carry_out_purge",
        "api_case_files.carry_out_purge",
        "admin.carry_out_purge",
        "persons.decide",
        "api_persons.decide",
    }
)

NOT_FOR_PROGRAMS: Final = (
    "This is for a person who has just proved who they are: log in and do it on the pages. An API "
    "token does not do it."
)
PROVE_FIRST: Final = "Prove first that it is you, on the page /account/proof, then repeat."


def ask(endpoint: str) -> Response | None:
    """To the page of the proof, for a browser whose last one is too long ago; else None.

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
    flash("Prove first that it is you; then repeat what you were doing.", "warning")
    return redirect(url_for("accounts.proof", next=_page_before()))


def _page_before() -> str:
    """The page on which the form stood, as a path of this site; empty if that is not known."""
    parts = urlsplit(request.referrer or "")
    return parts.path if parts.netloc == request.host else ""
