"""`flask reports`: texts about a case, and what was found in them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

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
from app.inputs.reports import MarkDecision, MarkInput, ReportInput
from app.intake.limits import MAX_FILE_BYTES
from app.models.cases import Reliability
from app.models.reports import ReportKind, ReportMark
from app.outputs import PageOut
from app.outputs.case_reports import ReportMarkOut, ReportOut, WholeReportOut
from app.services.base import views_audit
from app.services.casework import cases
from app.services.contributing import reports

group = AppGroup("reports", help="FIRs, statements and messages: what they say is marked.")
commands: tuple[click.Command, ...] = (group,)

_MARK_COLUMNS = ("mark", "kind", "says", "words", "state")


@group.command("add")
@click.argument("number")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--kind", type=choice_of(ReportKind), required=True)
@click.option("--written-at", required=True, help="With its offset: 2026-11-18T14:10+05:30.")
@click.option("--title", default="", help="What to call it; its first words if not given.")
@click.option("--region", default="IN", help="Country of its phone numbers and dates.")
@as_option
@json_option
@reports_errors
def add_report(
    number: str,
    file: Path,
    kind: str,
    written_at: str,
    title: str,
    region: str,
    email: str | None,
    as_json: bool,
) -> None:
    """Hand FILE (text, PDF, .docx) in for case NUMBER and list what was found in it."""
    case = cases.find_case(number)
    given = ReportInput(
        kind=ReportKind(kind), title=title, written_at=_instant(written_at), region=region
    )
    try:
        with file.open("rb") as handle:
            data = handle.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise Refused(f"{file} cannot be read: {error.strerror}.") from error
    report = reports.add_report(actor_of(email), case, given, data=data, name=file.name)
    head = f"Report {report.id}, “{report.title}”: {len(report.marks)} marks, none accepted yet."
    lines = [head, *table(_MARK_COLUMNS, [_row(one, case.timezone) for one in report.marks])]
    say(WholeReportOut.of(report, case.timezone), lines, as_json=as_json)


@group.command("list")
@click.argument("number")
@click.option("--page", type=int, default=1)
@as_option
@json_option
@reports_errors
def list_reports(number: str, page: int, email: str | None, as_json: bool) -> None:
    """List the reports of case NUMBER, newest first."""
    case = views_audit.look_at(actor_of(email), cases.find_case(number), "reports")
    found = reports.list_reports(case, max(1, page))
    counts = reports.counts_of(found.items)
    items = [ReportOut.of(one, counts[one.id], case.timezone) for one in found.items]
    output = PageOut[ReportOut](
        items=items, total=found.total, page=found.page, per_page=found.per_page
    )
    rows = [
        (one.id, one.kind, one.title, one.written_at_local[:16], one.marks_proposed,
         one.marks_accepted)
        for one in items
    ]  # fmt: skip
    names = ("id", "kind", "title", "written", "to look at", "accepted")
    say(output, table(names, rows), as_json=as_json)


@group.command("show")
@click.argument("number")
@click.argument("report_id", type=int)
@as_option
@json_option
@reports_errors
def show_report(number: str, report_id: int, email: str | None, as_json: bool) -> None:
    """Show a report of case NUMBER with its marks."""
    case = views_audit.look_at(actor_of(email), cases.find_case(number), "report")
    report = reports.find_report(case, report_id)
    rows = [_row(one, case.timezone) for one in report.marks]
    lines = [report.content, "", *table(_MARK_COLUMNS, rows)]
    say(WholeReportOut.of(report, case.timezone), lines, as_json=as_json)


@group.command("decide")
@click.argument("number")
@click.argument("report_id", type=int)
@click.argument("mark_id", type=int)
@click.argument("decision", type=choice_of(MarkDecision))
@click.option("--time-mark", "time_mark_id", type=int, default=None, help="When, for a place.")
@click.option("--reliability", type=choice_of(Reliability), default=None)
@as_option
@json_option
@reports_errors
def decide_mark(
    number: str,
    report_id: int,
    mark_id: int,
    decision: str,
    time_mark_id: int | None,
    reliability: str | None,
    email: str | None,
    as_json: bool,
) -> None:
    """Accept or dismiss a mark of a report, or undo that."""
    case = cases.find_case(number)
    given = MarkInput(
        decision=MarkDecision(decision),
        time_mark_id=time_mark_id,
        reliability=Reliability(reliability) if reliability else None,
    )
    mark = reports.decide(actor_of(email), case, report_id, mark_id, given)
    line = f"Mark {mark.id} (“{mark.words}”) is {mark.state.value}."
    say(ReportMarkOut.of(mark, case.timezone), [line], as_json=as_json)


def _row(mark: ReportMark, timezone: str) -> tuple[object, ...]:
    says = local_minute(mark.at, timezone) if mark.at else mark.value
    return mark.id, mark.field or mark.kind.value, says, mark.words, mark.state.value


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise Refused("--written-at is no time: write it as 2026-11-18T14:10+05:30.") from error
