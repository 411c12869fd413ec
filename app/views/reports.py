"""Reports of a case: handing one in, and going through what was found in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.current import actor, settings
from app.errors import Refused
from app.inputs.reports import MarkInput, ReportInput
from app.intake.limits import MAX_FILE_BYTES, MAX_TEXT_CHARACTERS
from app.models import Case, Report, ReportKind, ReportMark
from app.models.cases import Reliability
from app.services.base import views_audit
from app.services.casework import cases
from app.services.contributing import report_sentences, reports
from app.views.cases import blueprint
from app.views.forms import Form
from app.views.presentation import wall_time

REPORT_FIELDS = ("report", "text", "kind", "title", "written_at", "region")
KINDS = (
    (ReportKind.FIR, "first information report (FIR)"),
    (ReportKind.STATEMENT, "statement"),
    (ReportKind.MESSAGE, "message"),
)


@dataclass(frozen=True)
class Piece:
    """A stretch of a report's text; `mark` is what was found there, if anything."""

    text: str
    mark: ReportMark | None = None


@blueprint.get("/cases/<number>/reports", endpoint="reports")
def show_reports(number: str) -> str:
    """The reports of a case, what was accepted from them, and a form for the next one."""
    case = views_audit.look_at(actor(), cases.find_case(number), "reports")
    return _reports_page(case, Form({"written_at": wall_time(datetime.now(UTC), case.timezone)}))


@blueprint.post("/cases/<number>/reports")
def add_report(number: str) -> ResponseReturnValue:
    """Hand in a report."""
    case = cases.find_case(number)
    form = Form(request.form, shown=REPORT_FIELDS)
    with form:
        given = form.read(ReportInput, written_at=_written_at(form, case))
        file = request.files.get("report")
        data = file.stream.read(MAX_FILE_BYTES + 1) if file and file.filename else b""
        name = (file.filename or "") if file else ""
        report = reports.add_report(
            actor(), case, given, text=form.value("text"), data=data, name=name
        )
        return redirect(url_for("cases.report", number=number, report_id=report.id))
    return _reports_page(cases.find_case(number), form), form.status


@blueprint.get("/cases/<number>/reports/<int:report_id>", endpoint="report")
def show_report(number: str, report_id: int) -> str:
    """A report with its marks, to be accepted one by one."""
    case = views_audit.look_at(actor(), cases.find_case(number), "report")
    return _report_page(case, reports.find_report(case, report_id))


@blueprint.post("/cases/<number>/reports/<int:report_id>/marks/<int:mark_id>")
def decide_mark(number: str, report_id: int, mark_id: int) -> ResponseReturnValue:
    """Accept or dismiss a mark, or take that back."""
    case = cases.find_case(number)
    form = Form(request.form)
    with form:
        time_mark = form.value("time_mark_id")
        given = form.read(
            MarkInput,
            time_mark_id=time_mark or None,
            reliability=form.value("reliability") or None,
        )
        reports.decide(actor(), case, report_id, mark_id, given)
    if form.sentence:
        flash(form.sentence, "error")
    return redirect(
        url_for("cases.report", number=number, report_id=report_id, _anchor=f"mark-{mark_id}")
    )


@blueprint.post("/cases/<number>/reports/<int:report_id>/geocode")
def geocode_report(number: str, report_id: int) -> ResponseReturnValue:
    """Ask the geocoder for names that no imported place has."""
    form = Form()
    with form:
        known = reports.geocode_names(actor(), cases.find_case(number), report_id)
        flash(f"The geocoder knew {known} of the names.", "success" if known else "message")
    if form.sentence:
        flash(form.sentence, "error")
    return redirect(url_for("cases.report", number=number, report_id=report_id))


@blueprint.post("/cases/<number>/reports/<int:report_id>/remove")
def remove_report(number: str, report_id: int) -> ResponseReturnValue:
    """Remove a report."""
    report = reports.remove_report(actor(), cases.find_case(number), report_id)
    flash(f"“{report.title}” is removed.", "success")
    return redirect(url_for("cases.reports", number=number, removed=report_id))


@blueprint.post("/cases/<number>/reports/<int:report_id>/restore")
def restore_report(number: str, report_id: int) -> ResponseReturnValue:
    """Undo a removal."""
    reports.restore_report(actor(), cases.find_case(number), report_id)
    return redirect(url_for("cases.report", number=number, report_id=report_id))


def _written_at(form: Form, case: Case) -> datetime:
    instant = form.instant("written_at", case.timezone)
    if instant is None:
        raise Refused(
            "Say when the report was written.", {"written_at": "times in it count from this"}
        )
    return instant


def _reports_page(case: Case, form: Form) -> str:
    page = reports.list_reports(case, max(1, request.args.get("page", 1, type=int)))
    return render_template(
        "cases/reports.html",
        case=case,
        form=form,
        page=page,
        counts=reports.counts_of(page.items),
        facts=reports.facts_of(case),
        kinds=KINDS,
        removed_id=request.args.get("removed", type=int),
        max_mb=MAX_FILE_BYTES // 2**20,
        max_characters=MAX_TEXT_CHARACTERS,
    )


def _report_page(case: Case, report: Report) -> str:
    return render_template(
        "cases/report.html",
        case=case,
        report=report,
        pieces=list(_pieces(report)),
        times=[mark for mark in report.marks if mark.at is not None],
        time_for=lambda mark: report_sentences.time_for(report, mark),
        reliabilities=list(Reliability),
        geocoder=settings().geocoder,
        unknown_names=[one.words for one in reports.names_to_geocode(report)],
    )


def _pieces(report: Report) -> Iterator[Piece]:
    """The text cut at its marks."""
    position = 0
    for mark in report.marks:
        yield Piece(report.content[position : mark.from_char])
        yield Piece(report.content[mark.from_char : mark.to_char], mark)
        position = mark.to_char
    yield Piece(report.content[position:])
