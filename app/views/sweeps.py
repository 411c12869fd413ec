"""The sweep board, and one sweep with its visits."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.current import actor
from app.inputs.fields import Input, Page
from app.models import SweepState
from app.services import sweeps, views_audit
from app.views.forms import Form, read_query

blueprint = Blueprint("sweeps", __name__)

SWEEPS_PER_PAGE = 30
VISITS_PER_PAGE = 100


class SweepQuery(Input):
    """Sweeps by state."""

    state: SweepState | None = None
    page: Page = 1


class VisitQuery(Input):
    """A page of visits."""

    page: Page = 1


@blueprint.get("/sweeps")
def index() -> str:
    """Sweeps of all cases, the newest first."""
    query = read_query(SweepQuery)
    page = sweeps.list_sweeps(actor(), None, query.state, query.page, SWEEPS_PER_PAGE)
    progress = sweeps.progress_of(page.items)
    return render_template("sweeps/index.html", page=page, progress=progress, query=query)


@blueprint.get("/sweeps/<int:sweep_id>")
def show(sweep_id: int) -> str:
    """One sweep: what was looked at, what could not be, and why."""
    sweep = sweeps.find_sweep(sweep_id)
    views_audit.look_at(actor(), sweep.case, "sweep")
    query = read_query(VisitQuery)
    return render_template(
        "sweeps/show.html",
        sweep=sweep,
        case=sweep.case,
        progress=sweeps.progress_of([sweep])[sweep.id],
        page=sweeps.list_visits(sweep, query.page, VISITS_PER_PAGE),
        people=sweeps.assignable_users(sweep.case),
    )


@blueprint.post("/sweeps/<int:sweep_id>/start")
def start(sweep_id: int) -> ResponseReturnValue:
    """Queue the waiting visits."""
    with Form() as form:
        report = sweeps.start_sweep(actor(), sweeps.find_sweep(sweep_id))
        flash(report.note or f"{report.queued} visits are queued.", "success")
    return _back(sweep_id, form)


@blueprint.post("/sweeps/<int:sweep_id>/stop")
def stop(sweep_id: int) -> ResponseReturnValue:
    """Stop; what was found stays."""
    with Form() as form:
        sweeps.stop_sweep(actor(), sweeps.find_sweep(sweep_id))
        flash("The sweep is stopped; it can be resumed from here.", "success")
    return _back(sweep_id, form)


@blueprint.post("/sweeps/<int:sweep_id>/resume")
def resume(sweep_id: int) -> ResponseReturnValue:
    """Go on where it was stopped."""
    with Form() as form:
        report = sweeps.resume_sweep(actor(), sweeps.find_sweep(sweep_id))
        flash(report.note or f"{report.queued} visits are queued.", "success")
    return _back(sweep_id, form)


@blueprint.post("/sweeps/<int:sweep_id>/assign")
def assign(sweep_id: int) -> ResponseReturnValue:
    """Give the sweep to a person, or to nobody."""
    with Form() as form:
        user_id = request.form.get("user_id", type=int)
        sweeps.assign_sweep(actor(), sweeps.find_sweep(sweep_id), user_id)
        flash("The sweep is assigned." if user_id else "The sweep is nobody's now.", "success")
    return _back(sweep_id, form)


@blueprint.post("/visits/<int:visit_id>/retry")
def retry(visit_id: int) -> ResponseReturnValue:
    """Queue a failed visit again."""
    sweep_id = request.form.get("sweep_id", 0, type=int)
    with Form() as form:
        sweep_id = sweeps.retry_visit(actor(), visit_id).sweep_id
        flash("The visit is queued again.", "success")
    return _back(sweep_id, form)


def _back(sweep_id: int, form: Form) -> ResponseReturnValue:
    """To the sweep; a refusal is said there."""
    if form.sentence:
        flash(form.sentence, "error")
    return redirect(url_for("sweeps.show", sweep_id=sweep_id))
