"""`flask sweeps`: planning, starting and watching sweeps."""

from __future__ import annotations

from typing import Any

import click
from flask.cli import AppGroup

from app.cli.common import (
    actor_of,
    as_option,
    choice_of,
    json_option,
    local_minute,
    parse_time,
    reports_errors,
    say,
    table,
)
from app.inputs import SweepInput
from app.models import Sweep, SweepPriority, SweepState
from app.outputs import Output, PageOut, StartReportOut, SweepOut, VisitOut, page_of
from app.services.base.actors import COMMAND_LINE
from app.services.casework import cases
from app.services.sweeping import sweeps

group = AppGroup("sweeps", help="Ordered visits to cameras over one time window.")
commands: tuple[click.Command, ...] = (group,)


class SweepWithVisitsOut(Output):
    """A sweep and all of its visits."""

    sweep: SweepOut
    visits: PageOut[VisitOut]


@group.command("plan")
@click.argument("number")
@click.option("--from", "start", required=True, help="Start of the time window.")
@click.option("--to", "end", required=True, help="End of the time window.")
@click.option("--radius", "radius_m", type=float, default=1000.0, help="Metres.")
@click.option("--limit", type=int, default=20, help="How many cameras of the ranking.")
@click.option("--camera", "camera_ids", type=int, multiple=True, help="This camera; repeatable.")
@click.option("--only-with-footage", is_flag=True, help="Leave out cameras without footage.")
@click.option(
    "--priority",
    type=choice_of(SweepPriority),
    default=SweepPriority.NORMAL.value,
    help="Whose visits workers take first.",
)
@click.option("--smallest-face", "smallest_face_px", type=int, default=None, help="Pixels.")
@click.option("--note", default="")
@as_option
@json_option
@reports_errors
def plan_sweep(
    number: str, start: str, end: str, email: str | None, as_json: bool, **given: Any
) -> None:
    """Plan a sweep for case NUMBER; times without an offset are in the case's time zone."""
    case = cases.find_case(number)
    wanted = SweepInput(
        window_start=parse_time(start, case.timezone, "from"),
        window_end=parse_time(end, case.timezone, "to"),
        **given,
    )
    output = _output(sweeps.plan_sweep(actor_of(email), case, wanted))
    say(output, [f"Sweep {output.id} is planned. {_counts(output)}"], as_json=as_json)


@group.command("start")
@click.argument("sweep_id", type=int)
@as_option
@json_option
@reports_errors
def start_sweep(sweep_id: int, email: str | None, as_json: bool) -> None:
    """Queue the visits of a sweep."""
    report = sweeps.start_sweep(actor_of(email), sweeps.find_sweep(sweep_id))
    _say_start(StartReportOut.model_validate(report), as_json)


@group.command("resume")
@click.argument("sweep_id", type=int)
@as_option
@json_option
@reports_errors
def resume_sweep(sweep_id: int, email: str | None, as_json: bool) -> None:
    """Go on with a stopped sweep where it was."""
    report = sweeps.resume_sweep(actor_of(email), sweeps.find_sweep(sweep_id))
    _say_start(StartReportOut.model_validate(report), as_json)


@group.command("stop")
@click.argument("sweep_id", type=int)
@as_option
@json_option
@reports_errors
def stop_sweep(sweep_id: int, email: str | None, as_json: bool) -> None:
    """Stop a sweep; what was found stays."""
    sweep = sweeps.find_sweep(sweep_id)
    sweeps.stop_sweep(actor_of(email), sweep)
    output = _output(sweep)
    say(output, [f"Sweep {output.id} is stopped. {_counts(output)}"], as_json=as_json)


@group.command("priority")
@click.argument("sweep_id", type=int)
@click.argument("priority", type=choice_of(SweepPriority))
@as_option
@json_option
@reports_errors
def set_priority(sweep_id: int, priority: str, email: str | None, as_json: bool) -> None:
    """Let workers take the visits of a sweep earlier or later than those of others."""
    sweep = sweeps.find_sweep(sweep_id)
    note = sweeps.set_priority(actor_of(email), sweep, SweepPriority(priority))
    output = _output(sweep)
    lines = [f"The priority of sweep {output.id} is {output.priority.value}.", note]
    say(output, filter(None, lines), as_json=as_json)


@group.command("list")
@click.option("--case", "number", default=None, help="Only of this case.")
@click.option("--state", type=choice_of(SweepState), default=None)
@click.option("--page", type=int, default=1)
@json_option
@reports_errors
def list_sweeps(number: str | None, state: str | None, page: int, as_json: bool) -> None:
    """List sweeps with their progress."""
    case = None if number is None else cases.find_case(number)
    wanted_state = None if state is None else SweepState(state)
    found = sweeps.list_sweeps(COMMAND_LINE, case, wanted_state, max(1, page), 50)
    progress = sweeps.progress_of(found.items)
    output = page_of(found, lambda sweep: SweepOut.of(sweep, progress[sweep.id]))
    rows = [
        (
            one.id,
            one.case_number,
            one.state.value,
            f"{one.done}/{one.visits}",
            one.failed,
            one.sightings_found,
        )
        for one in output.items
    ]
    lines = table(("id", "case", "state", "done", "failed", "sightings"), rows)
    say(output, lines, as_json=as_json)


@group.command("show")
@click.argument("sweep_id", type=int)
@json_option
@reports_errors
def show_sweep(sweep_id: int, as_json: bool) -> None:
    """Show a sweep and its visits; each says how much of its window was really looked at."""
    sweep = sweeps.find_sweep(sweep_id)
    visits = page_of(sweeps.list_visits(sweep, 1, 5000), VisitOut.of)
    output = SweepWithVisitsOut(sweep=_output(sweep), visits=visits)
    zone = sweep.case.timezone
    head = (
        f"Sweep {sweep.id} of case {output.sweep.case_number}, {output.sweep.state.value}: "
        f"{local_minute(sweep.window_start, zone)} to {local_minute(sweep.window_end, zone)}"
    )
    rows = [
        (
            one.rank,
            one.id,
            one.camera.name,
            one.state.value,
            f"{one.seconds_looked_at:.0f}/{one.seconds_held:.0f} s",
            one.faces_found,
            one.sightings_found,
            one.outcome,
        )
        for one in visits.items
    ]
    names = ("rank", "visit", "camera", "state", "looked at", "faces", "sightings", "outcome")
    say(output, [head, _counts(output.sweep), *table(names, rows)], as_json=as_json)


@group.command("retry")
@click.argument("visit_id", type=int)
@as_option
@json_option
@reports_errors
def retry_visit(visit_id: int, email: str | None, as_json: bool) -> None:
    """Queue a visit again that failed."""
    visit = VisitOut.of(sweeps.retry_visit(actor_of(email), visit_id))
    say(visit, [f"Visit {visit.id} is {visit.state.value}."], as_json=as_json)


@group.command("retry-failed")
@click.argument("sweep_id", type=int)
@as_option
@json_option
@reports_errors
def retry_failed(sweep_id: int, email: str | None, as_json: bool) -> None:
    """Queue all visits of a sweep again that failed."""
    report = sweeps.retry_failed(actor_of(email), sweeps.find_sweep(sweep_id))
    _say_start(StartReportOut.model_validate(report), as_json)


def _output(sweep: Sweep) -> SweepOut:
    return SweepOut.of(sweep, sweeps.progress_of([sweep])[sweep.id])


def _counts(sweep: SweepOut) -> str:
    return (
        f"{sweep.visits} visits: {sweep.done} done, {sweep.running} running, "
        f"{sweep.waiting + sweep.queued} to come, {sweep.failed} failed, {sweep.stopped} stopped, "
        f"{sweep.skipped} skipped. {sweep.faces_found} faces, {sweep.sightings_found} sightings."
    )


def _say_start(report: StartReportOut, as_json: bool) -> None:
    lines = [f"{report.queued} visits are queued.", report.note]
    say(report, filter(None, lines), as_json=as_json)
