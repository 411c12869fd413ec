"""`flask traces`: files of positions as last-known locations of a case."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from app.cli.common import (
    actor_of,
    as_option,
    choice_of,
    json_option,
    local_minute,
    reports_errors,
    say,
    table,
)
from app.errors import Refused
from app.inputs.traces import TraceInput
from app.models.cases import TYPED_SOURCES, Reliability
from app.outputs import whole_list
from app.outputs.timeline import TraceOut, TraceReportOut
from app.services.base import views_audit
from app.services.casework import cases
from app.services.places import traces

group = AppGroup("traces", help="Positions of phones, vehicles and tickets, from CSV or GPX.")
commands: tuple[click.Command, ...] = (group,)

_SOURCES = [one.value for one in TYPED_SOURCES]
_PROBLEMS_SHOWN = 20


@group.command("import")
@click.argument("number")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", type=click.Choice(_SOURCES), required=True)
@click.option("--label", default="", help="What to call it; the file's name if not given.")
@click.option("--reliability", type=choice_of(Reliability), default=Reliability.LIKELY.value)
@click.option("--uncertainty", "uncertainty_m", type=float, default=50.0, help="Metres.")
@click.option("--thin", "thin_within_m", type=float, default=50.0, help="Join within, metres.")
@click.option("--remarks", default="")
@click.option("--dry-run", is_flag=True, help="Only report.")
@as_option
@json_option
@reports_errors
def import_trace(
    number: str, file: Path, dry_run: bool, email: str | None, as_json: bool, **given: Any
) -> None:
    """Import the positions of FILE into case NUMBER; bad rows are reported by number."""
    case = cases.find_case(number)
    report = traces.import_trace(
        actor_of(email), case, _read(file), file.name, TraceInput(**given), dry_run=dry_run
    )
    verb = "would become" if dry_run else "became"
    summary = (
        f"{report.added} of {report.rows} positions {verb} last-known locations; "
        f"{report.joined} were joined to a near one, {report.refused} rows were not taken."
    )
    lines = [
        summary,
        *(f"  row {one.row_number}: {one.reason}" for one in report.problems[:_PROBLEMS_SHOWN]),
    ]
    if len(report.problems) > _PROBLEMS_SHOWN:
        lines.append(f"  … and {len(report.problems) - _PROBLEMS_SHOWN} more (see --json).")
    if report.trace_id is not None:
        lines.append(f"Trace {report.trace_id}: flask traces undo {number} {report.trace_id}")
    say(TraceReportOut.of(report), lines, as_json=as_json)


@group.command("list")
@click.argument("number")
@as_option
@json_option
@reports_errors
def list_traces(number: str, email: str | None, as_json: bool) -> None:
    """List the imports of case NUMBER, newest first."""
    case = views_audit.look_at(actor_of(email), cases.find_case(number), "traces")
    output = whole_list(traces.list_traces(case), TraceOut.of)
    rows = [
        (
            one.id,
            one.label,
            one.source.value,
            one.added,
            one.refused,
            local_minute(one.imported_at, case.timezone),
            "taken back" if one.taken_back_at else "",
        )
        for one in output.items
    ]
    names = ("id", "label", "source", "locations", "refused", "imported", "")
    say(output, table(names, rows), as_json=as_json)


@group.command("undo")
@click.argument("number")
@click.argument("trace_id", type=int)
@as_option
@json_option
@reports_errors
def undo_trace(number: str, trace_id: int, email: str | None, as_json: bool) -> None:
    """Take a whole import back; its locations stay on record, inactive."""
    trace = traces.take_back(actor_of(email), cases.find_case(number), trace_id)
    say(TraceOut.of(trace), [f"Trace {trace.id} (“{trace.label}”) is taken back."], as_json=as_json)


@group.command("restore")
@click.argument("number")
@click.argument("trace_id", type=int)
@as_option
@json_option
@reports_errors
def restore_trace(number: str, trace_id: int, email: str | None, as_json: bool) -> None:
    """Bring an import back that was taken back."""
    trace = traces.restore(actor_of(email), cases.find_case(number), trace_id)
    say(TraceOut.of(trace), [f"Trace {trace.id} (“{trace.label}”) counts again."], as_json=as_json)


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as handle:
            return handle.read(traces.MAX_TRACE_BYTES + 1)
    except OSError as error:
        raise Refused(f"{file} cannot be read: {error.strerror}.") from error
