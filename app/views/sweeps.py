"""The sweep board, and one sweep with its visits."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from app.current import actor
from app.inputs import SweepInput
from app.inputs.fields import Input, Metres, Page
from app.models import SweepPriority, SweepState, VisitState
from app.models.columns import utc_now
from app.models.sweeps import PRIORITIES
from app.services.base import access, views_audit
from app.services.inventory import recorders
from app.services.sweeping import board, sweeps, workers
from app.services.sweeping.board import Whose
from app.services.sweeping.sweeps import StartReport
from app.views.forms import Form, read_query

blueprint = Blueprint("sweeps", __name__)

SWEEPS_PER_PAGE = 30
VISITS_PER_PAGE = 100
RECORDERS_PER_PAGE = 50
RECORDERS_ON_BOARD = 5
SWEEP_RADIUS_M = 100_000.0
"""A sweep of one named camera asks for no nearness."""


class BoardQuery(Input):
    """Whose sweeps the board shows; `part` is what a board that is open asks for again."""

    whose: Whose = Whose.ALL
    part: str = ""


class SweepQuery(Input):
    """Sweeps by state."""

    state: SweepState | None = None
    page: Page = 1


class VisitQuery(Input):
    """A page of visits, of one state or of all."""

    state: VisitState | None = None
    page: Page = 1


class RecorderQuery(Input):
    """How soon footage is lost, and how near to a last-known location its camera stands."""

    hours: Annotated[float, Field(gt=0, le=24 * 60)] = 24.0
    radius_m: Metres = 1000.0
    page: Page = 1


@blueprint.get("/sweeps")
def index() -> str:
    """The board: sweeps of all open cases by state, workers, and recorders about to overwrite."""
    query = read_query(BoardQuery)
    values = {
        "query": query,
        "board": board.load_board(actor(), query.whose),
        "workers": workers.list_workers(actor()),
        "queue": workers.queue_length(),
        "people": sweeps.assignable_users(None),
        "priorities": PRIORITIES,
        "now": utc_now(),
    }
    if query.part:
        return render_template("sweeps/_board.html", **values)
    soonest = RecorderQuery()
    return render_template(
        "sweeps/index.html",
        endangered=recorders.endangered(
            actor(), timedelta(hours=soonest.hours), soonest.radius_m, per_page=RECORDERS_ON_BOARD
        ),
        **values,
    )


@blueprint.get("/sweeps/all", endpoint="all_sweeps")
def list_all() -> str:
    """Sweeps of all cases, closed ones too, the newest first."""
    query = read_query(SweepQuery)
    page = sweeps.list_sweeps(actor(), None, query.state, query.page, SWEEPS_PER_PAGE)
    progress = sweeps.progress_of(page.items)
    return render_template("sweeps/list.html", page=page, progress=progress, query=query)


@blueprint.get("/sweeps/recorders", endpoint="recorders")
def show_recorders() -> str:
    """Recorders about to overwrite what an open case needs, the most urgent first."""
    query = read_query(RecorderQuery)
    page = recorders.endangered(
        actor(), timedelta(hours=query.hours), query.radius_m, query.page, RECORDERS_PER_PAGE
    )
    return render_template("sweeps/recorders.html", page=page, query=query)


@blueprint.post("/sweeps/camera")
def sweep_camera() -> ResponseReturnValue:
    """Plan and start an urgent sweep of one camera over one window of a case."""
    with Form(request.form) as form:
        case = access.require_case(actor(), form.value("case"))
        given = form.read(
            SweepInput,
            camera_ids=(request.form.get("camera_id", 0, type=int),),
            radius_m=SWEEP_RADIUS_M,
            priority=SweepPriority.URGENT,
        )
        sweep = sweeps.plan_sweep(actor(), case, given)
        _say_started(sweeps.start_sweep(actor(), sweep))
        return redirect(url_for("sweeps.show", sweep_id=sweep.id))
    flash(form.sentence, "error")
    return redirect(url_for("sweeps.recorders"))


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
        page=sweeps.list_visits(sweep, query.page, VISITS_PER_PAGE, query.state),
        query=query,
        visit_states=list(VisitState),
        people=sweeps.assignable_users(sweep.case),
        priorities=PRIORITIES,
    )


@blueprint.post("/sweeps/<int:sweep_id>/start")
def start(sweep_id: int) -> ResponseReturnValue:
    """Queue the waiting visits."""
    with Form() as form:
        _say_started(sweeps.start_sweep(actor(), sweeps.find_sweep(sweep_id)))
    return _back(sweep_id, form)


@blueprint.post("/sweeps/<int:sweep_id>/stop")
def stop(sweep_id: int) -> ResponseReturnValue:
    """Stop, or put aside what was never started; what was found stays."""
    with Form() as form:
        sweep = sweeps.find_sweep(sweep_id)
        done = "put aside" if sweep.state is SweepState.PLANNED else "stopped"
        sweeps.stop_sweep(actor(), sweep)
        flash(f"The sweep is {done}; it can be resumed from here.", "success")
    return _back(sweep_id, form)


@blueprint.post("/sweeps/<int:sweep_id>/resume")
def resume(sweep_id: int) -> ResponseReturnValue:
    """Go on where it was stopped."""
    with Form() as form:
        _say_started(sweeps.resume_sweep(actor(), sweeps.find_sweep(sweep_id)))
    return _back(sweep_id, form)


@blueprint.post("/sweeps/<int:sweep_id>/assign")
def assign(sweep_id: int) -> ResponseReturnValue:
    """Give the sweep to a person, or to nobody."""
    with Form() as form:
        user_id = request.form.get("user_id", type=int)
        sweeps.assign_sweep(actor(), sweeps.find_sweep(sweep_id), user_id)
        flash("The sweep is assigned." if user_id else "The sweep is nobody's now.", "success")
    return _back(sweep_id, form)


@blueprint.post("/sweeps/<int:sweep_id>/priority")
def prioritise(sweep_id: int) -> ResponseReturnValue:
    """Let workers take its visits earlier or later than those of other sweeps."""
    with Form(request.form) as form:
        given = form.read(_Priority)
        note = sweeps.set_priority(actor(), sweeps.find_sweep(sweep_id), given.priority)
        flash(note or f"The priority is {given.priority.value} now.", "success")
    return _back(sweep_id, form)


@blueprint.post("/sweeps/<int:sweep_id>/retry")
def retry_failed(sweep_id: int) -> ResponseReturnValue:
    """Queue all of its failed visits again."""
    with Form() as form:
        _say_started(sweeps.retry_failed(actor(), sweeps.find_sweep(sweep_id)))
    return _back(sweep_id, form)


@blueprint.post("/visits/<int:visit_id>/retry")
def retry(visit_id: int) -> ResponseReturnValue:
    """Queue a failed visit again."""
    sweep_id = request.form.get("sweep_id", 0, type=int)
    with Form() as form:
        sweep_id = sweeps.retry_visit(actor(), visit_id).sweep_id
        flash("The visit is queued again.", "success")
    return _back(sweep_id, form)


class _Priority(Input):
    priority: SweepPriority


def _say_started(report: StartReport) -> None:
    said = report.note or f"{report.queued} visits are queued."
    flash(said, "success" if report.queued else "warning")


def _back(sweep_id: int, form: Form) -> ResponseReturnValue:
    """To the sweep; a refusal is said there."""
    if form.sentence:
        flash(form.sentence, "error")
    return redirect(url_for("sweeps.show", sweep_id=sweep_id))
