"""What leaves of a case, and its deletion: for the case's people and for administrators."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.current import actor, settings
from app.errors import Forbidden, NotFound
from app.inputs import PurgeInput
from app.inputs.duplicates import DistinctionInput
from app.inputs.fields import Input, Page
from app.models import Case, CasePurge
from app.services.base import views_audit
from app.services.casework import cases
from app.services.exchange import distinctions, duplicates
from app.services.governance import case_purges
from app.views import admin
from app.views.cases import blueprint
from app.views.forms import Form, read_query

PURGE_FIELDS = ("reason", "typed_number")
PER_PAGE = 30


class PurgesQuery(Input):
    """A page of requests and receipts."""

    page: Page = 1


@blueprint.get("/cases/<number>/files", endpoint="files")
def show_files(number: str) -> str:
    """Poster, full export, and the case's deletion."""
    case = views_audit.look_at(actor(), cases.find_case(number), "files")
    return _page(case, Form())


@blueprint.get("/cases/duplicates", endpoint="duplicates")
def show_duplicates() -> str:
    """Cases that may be about one person."""
    return _duplicates_page(Form())


@blueprint.post("/cases/duplicates/apart", endpoint="tell_apart")
def tell_apart() -> ResponseReturnValue:
    """Say that two cases are not about one person."""
    form = Form(request.form, shown=("reason",))
    with form:
        given = form.read(DistinctionInput)
        row = distinctions.tell_apart(actor(), given.first, given.second, given.reason)
        flash(f"{row.first.number} and {row.second.number} are not the same person.", "success")
        return redirect(url_for("cases.duplicates"))
    return _duplicates_page(form), form.status


@blueprint.post("/cases/duplicates/apart/<int:distinction_id>/undo", endpoint="undo_apart")
def undo_apart(distinction_id: int) -> ResponseReturnValue:
    """List the pair again."""
    row = distinctions.take_back(actor(), distinction_id)
    flash(f"{row.first.number} and {row.second.number} may be a pair again.", "success")
    return redirect(url_for("cases.duplicates"))


@blueprint.post("/cases/<number>/purge")
def request_purge(number: str) -> ResponseReturnValue:
    """Ask for the case to be deleted."""
    case = cases.find_case(number)
    form = Form(request.form, shown=PURGE_FIELDS)
    with form:
        given = form.read(PurgeInput)
        case_purges.request_purge(actor(), case, given.reason, given.typed_number)
        flash("The purge is asked for. A second person carries it out.", "success")
        return redirect(url_for("cases.files", number=number))
    return _page(cases.find_case(number), form), form.status


@blueprint.post("/cases/<number>/purge/withdraw")
def withdraw_purge(number: str) -> ResponseReturnValue:
    """Take the request back."""
    case_purges.withdraw(actor(), cases.find_case(number))
    flash("The request is withdrawn; nothing was deleted.", "success")
    return redirect(url_for("cases.files", number=number))


@blueprint.post("/cases/<number>/purge/carry-out")
def carry_out_purge(number: str) -> ResponseReturnValue:
    """Delete the case, as a second person."""
    purge = case_purges.open_request(cases.find_case(number))
    if purge is None:
        raise NotFound("No purge of this case is asked for.")
    done = _carry_out(purge)
    return redirect(url_for("cases.index") if done else url_for("cases.files", number=number))


@admin.blueprint.get("/purges", endpoint="purges")
def list_purges() -> str:
    """Requests that wait for a second person, and receipts."""
    query = read_query(PurgesQuery)
    return render_template(
        "admin/purges.html",
        page=case_purges.list_purges(query.page, PER_PAGE),
        timezone=settings().default_timezone,
        user_id=actor().user_id,
    )


@admin.blueprint.post("/purges/<int:purge_id>/carry-out", endpoint="carry_out_purge")
def carry_out_as_administrator(purge_id: int) -> ResponseReturnValue:
    """Delete the case, as the second person."""
    _carry_out(case_purges.find_open(purge_id))
    return redirect(url_for("admin.purges"))


def _carry_out(purge: CasePurge) -> bool:
    """Delete, and say what came of it."""
    form = Form()
    try:
        with form:
            done = case_purges.carry_out(actor(), purge)
            flash(
                f"Case {done.case_number} is deleted: {done.photos} photos, {done.faces} faces, "
                f"{done.sightings} sightings, {done.tips} tips, {done.files} files.",
                "success",
            )
            return True
    except Forbidden as error:
        flash(str(error), "error")
    if form.sentence:
        flash(form.sentence, "error")
    return False


def _duplicates_page(form: Form) -> str:
    found = duplicates.look_at_duplicates(actor())
    return render_template(
        "cases/duplicates.html",
        found=found,
        apart=distinctions.list_standing(actor()),
        form=form,
        timezone=settings().default_timezone,
    )


def _page(case: Case, form: Form) -> str:
    return render_template(
        "cases/files.html",
        case=case,
        form=form,
        purge=case_purges.open_request(case),
        purposes=case_purges.purposes_that_stay(case),
        user_id=actor().user_id,
    )
