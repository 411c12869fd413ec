"""Sweeps and visits."""

from __future__ import annotations

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from pydantic import BaseModel, ConfigDict

from app.api.document import READ, SWEEPS, WRITE, answers
from app.api.paths import CasePath, SweepPath, VisitPath
from app.api.replies import reply
from app.current import actor
from app.inputs import SweepInput
from app.inputs.fields import Page, PageSize
from app.models import Case, Sweep, SweepPriority, SweepState
from app.outputs import PageOut, StartReportOut, SweepOut, VisitOut, page_of
from app.services.casework import cases
from app.services.sweeping import sweeps

api_sweeps = APIBlueprint(
    "api_sweeps", __name__, url_prefix="/api", abp_tags=[SWEEPS], abp_security=READ
)


class PageQuery(BaseModel):
    """Which page of a list."""

    model_config = ConfigDict(extra="forbid")

    page: Page = 1
    per_page: PageSize = 50


class SweepsQuery(PageQuery):
    """Sweeps by state."""

    state: SweepState | None = None


class AssignBody(BaseModel):
    """Who looks after the sweep; null for nobody."""

    model_config = ConfigDict(extra="forbid")

    user_id: int | None


class PriorityBody(BaseModel):
    """Whose visits workers take first."""

    model_config = ConfigDict(extra="forbid")

    priority: SweepPriority


@api_sweeps.get(
    "/cases/<number>/sweeps",
    summary="List sweeps of a case",
    responses=answers({200: PageOut[SweepOut]}, 404),
)
def list_case_sweeps(path: CasePath, query: SweepsQuery) -> Response:
    """With their progress."""
    return _sweep_page(cases.find_case(path.number), query)


@api_sweeps.post(
    "/cases/<number>/sweeps",
    summary="Plan a sweep",
    security=WRITE,
    responses=answers({201: SweepOut}, 400, 404, 409, 415),
)
def plan_sweep(path: CasePath, body: SweepInput) -> Response:
    """One visit per camera; what was looked at before in this window is skipped, and says so."""
    sweep = sweeps.plan_sweep(actor(), cases.find_case(path.number), body)
    return _sweep_reply(sweep, 201)


@api_sweeps.get(
    "/sweeps", summary="List sweeps of all cases", responses=answers({200: PageOut[SweepOut]})
)
def list_sweeps(query: SweepsQuery) -> Response:
    """With their progress."""
    return _sweep_page(None, query)


@api_sweeps.get(
    "/sweeps/<int:sweep_id>", summary="Read a sweep", responses=answers({200: SweepOut}, 404)
)
def show_sweep(path: SweepPath) -> Response:
    """With its progress."""
    return _sweep_reply(sweeps.find_sweep(path.sweep_id))


@api_sweeps.get(
    "/sweeps/<int:sweep_id>/visits",
    summary="List visits of a sweep",
    responses=answers({200: PageOut[VisitOut]}, 404),
)
def list_visits(path: SweepPath, query: PageQuery) -> Response:
    """Best rank first; each says how much of its window was really looked at."""
    sweep = sweeps.find_sweep(path.sweep_id)
    return reply(page_of(sweeps.list_visits(sweep, query.page, query.per_page), VisitOut.of))


@api_sweeps.post(
    "/sweeps/<int:sweep_id>/start",
    summary="Start a sweep",
    security=WRITE,
    responses=answers({200: StartReportOut}, 404, 409),
)
def start_sweep(path: SweepPath) -> Response:
    """Queues the waiting visits; `note` says why none was queued, if none was."""
    report = sweeps.start_sweep(actor(), sweeps.find_sweep(path.sweep_id))
    return reply(StartReportOut.model_validate(report))


@api_sweeps.post(
    "/sweeps/<int:sweep_id>/stop",
    summary="Stop a sweep",
    security=WRITE,
    responses=answers({200: SweepOut}, 404, 409),
)
def stop_sweep(path: SweepPath) -> Response:
    """What was found stays; the sweep can be resumed from there."""
    sweep = sweeps.find_sweep(path.sweep_id)
    sweeps.stop_sweep(actor(), sweep)
    return _sweep_reply(sweep)


@api_sweeps.post(
    "/sweeps/<int:sweep_id>/resume",
    summary="Resume a sweep",
    security=WRITE,
    responses=answers({200: StartReportOut}, 404, 409),
)
def resume_sweep(path: SweepPath) -> Response:
    """Goes on where it was stopped, or where visits failed."""
    report = sweeps.resume_sweep(actor(), sweeps.find_sweep(path.sweep_id))
    return reply(StartReportOut.model_validate(report))


@api_sweeps.post(
    "/sweeps/<int:sweep_id>/assign",
    summary="Assign a sweep",
    security=WRITE,
    responses=answers({200: SweepOut}, 400, 404, 415),
)
def assign_sweep(path: SweepPath, body: AssignBody) -> Response:
    """To a person, or to nobody."""
    sweep = sweeps.find_sweep(path.sweep_id)
    sweeps.assign_sweep(actor(), sweep, body.user_id)
    return _sweep_reply(sweep)


@api_sweeps.post(
    "/sweeps/<int:sweep_id>/priority",
    summary="Change a sweep's priority",
    security=WRITE,
    responses=answers({200: SweepOut}, 404, 415),
)
def set_priority(path: SweepPath, body: PriorityBody) -> Response:
    """Workers take visits of more urgent sweeps first; those that wait change their place."""
    sweep = sweeps.find_sweep(path.sweep_id)
    sweeps.set_priority(actor(), sweep, body.priority)
    return _sweep_reply(sweep)


@api_sweeps.post(
    "/sweeps/<int:sweep_id>/retry",
    summary="Retry all failed visits of a sweep",
    security=WRITE,
    responses=answers({200: StartReportOut}, 404, 409),
)
def retry_failed(path: SweepPath) -> Response:
    """`note` says why none was queued, if none was."""
    report = sweeps.retry_failed(actor(), sweeps.find_sweep(path.sweep_id))
    return reply(StartReportOut.model_validate(report))


@api_sweeps.post(
    "/visits/<int:visit_id>/retry",
    summary="Retry a visit",
    security=WRITE,
    responses=answers({200: VisitOut}, 404, 409),
)
def retry_visit(path: VisitPath) -> Response:
    """A visit that failed is queued again."""
    return reply(VisitOut.of(sweeps.retry_visit(actor(), path.visit_id)))


def _sweep_page(case: Case | None, query: SweepsQuery) -> Response:
    page = sweeps.list_sweeps(actor(), case, query.state, query.page, query.per_page)
    progress = sweeps.progress_of(page.items)
    return reply(page_of(page, lambda sweep: SweepOut.of(sweep, progress[sweep.id])))


def _sweep_reply(sweep: Sweep, status: int = 200) -> Response:
    progress = sweeps.progress_of([sweep])[sweep.id]
    return reply(SweepOut.of(sweep, progress), status)
