"""Investigators: found persons of all partners, and their matches with cases."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.current import actor
from app.extensions import limiter
from app.inputs.fields import Input, Page
from app.inputs.tips import MatchVerdictInput
from app.security import PICTURE_LIMIT
from app.sent_pictures import send_picture
from app.services.contributing import contributed_photos, found_matches
from app.views.forms import Form, read_query

blueprint = Blueprint("found_matches", __name__, url_prefix="/found-persons")

PER_PAGE = 20


class ListQuery(Input):
    """A page of the list; `only_matches` leaves out what is like no case."""

    page: Page = 1
    only_matches: bool = False


@blueprint.get("")
def index() -> str:
    """Found persons who are still unidentified, those like a case first."""
    query = read_query(ListQuery)
    page = found_matches.look_over(actor(), query.page, PER_PAGE, only_matches=query.only_matches)
    matched = found_matches.matched_ids(actor(), page.items)
    return render_template("found_matches/index.html", page=page, matched=matched, query=query)


@blueprint.get("/<int:found_id>")
def show(found_id: int) -> str:
    """One found person beside the cases that they are like."""
    shown = found_matches.view(actor(), found_id)
    return render_template("found_matches/show.html", shown=shown, entry=shown.entry, form=Form())


@blueprint.post("/<int:found_id>/whereabouts")
def ask(found_id: int) -> ResponseReturnValue:
    """Open where the person is now, with the reason for it."""
    with Form(request.form) as form:
        found_matches.ask_whereabouts(actor(), found_id, form.value("reason"))
        flash("Where the person is now is shown; the reason is in the audit log.", "success")
    return _back(found_id, form)


@blueprint.post("/<int:found_id>/matches/<int:match_id>")
def decide(found_id: int, match_id: int) -> ResponseReturnValue:
    """Confirm or reject a match, or take that back."""
    with Form(request.form) as form:
        match = found_matches.decide(actor(), match_id, form.read(MatchVerdictInput).state)
        flash(f"Recorded for case {match.case.number}: {match.state.value}.", "success")
    return _back(found_id, form)


@blueprint.get("/<int:found_id>/pictures/<string(length=64):sha256>.jpg")
@limiter.limit(PICTURE_LIMIT)
def picture(found_id: int, sha256: str) -> Response:
    """A photo of a found person, or the face in it."""
    contributed_photos.require_picture(sha256, found_person_id=found_id)
    return send_picture(sha256)


def _back(found_id: int, form: Form) -> ResponseReturnValue:
    if form.sentence:
        flash(" ".join([form.sentence, *form.errors.values()]), "error")
    return redirect(url_for("found_matches.show", found_id=found_id))
