"""Reports of a case: handing in, reading, deciding about what was found."""

from __future__ import annotations

from datetime import datetime

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field

from app.api.document import CASES, READ, WRITE, answers
from app.api.paths import CasePath, Id
from app.api.replies import reply
from app.api.uploads import SentForm, UploadedFile
from app.current import actor
from app.inputs.fields import Page, PageSize
from app.inputs.reports import MarkInput, ReportInput
from app.intake.limits import MAX_FILE_BYTES, MAX_TEXT_CHARACTERS
from app.models.reports import ReportKind
from app.outputs import PageOut
from app.outputs.case_reports import ReportMarkOut, ReportOut, WholeReportOut
from app.services.base import views_audit
from app.services.casework import cases
from app.services.contributing import reports

api_reports = APIBlueprint(
    "api_reports", __name__, url_prefix="/api/cases", abp_tags=[CASES], abp_security=READ
)


class ReportPath(CasePath):
    """A report of a case."""

    report_id: Id


class MarkPath(ReportPath):
    """A mark in a report."""

    mark_id: Id


class ReportsQuery(BaseModel):
    """Which page of the reports."""

    model_config = ConfigDict(extra="forbid")

    page: Page = 1
    per_page: PageSize = 50


class ReportForm(SentForm):
    """A text, or a file (plain text, PDF, .docx), and what it is."""

    report: UploadedFile | None = None
    text: str = Field(default="", max_length=2 * MAX_TEXT_CHARACTERS)
    kind: ReportKind
    title: str = Field(default="", max_length=200)
    written_at: datetime
    region: str = "IN"


@api_reports.get(
    "/<number>/reports", summary="List reports", responses=answers({200: PageOut[ReportOut]}, 404)
)
def list_reports(path: CasePath, query: ReportsQuery) -> Response:
    """The newest first, with how many marks are open."""
    case = views_audit.look_at(actor(), cases.find_case(path.number), "reports")
    page = reports.list_reports(case, query.page, query.per_page)
    counts = reports.counts_of(page.items)
    items = [ReportOut.of(one, counts[one.id], case.timezone) for one in page.items]
    return reply(
        PageOut[ReportOut](items=items, total=page.total, page=page.page, per_page=page.per_page)
    )


@api_reports.post(
    "/<number>/reports",
    summary="Hand in a report",
    security=WRITE,
    responses=answers({201: WholeReportOut}, 400, 404, 409, 413),
)
def add_report(path: CasePath, form: ReportForm) -> Response:
    """Times, places, numbers and descriptions in it are marked; nothing is taken into the case."""
    case = cases.find_case(path.number)
    given = ReportInput.model_validate(form.model_dump(exclude={"report", "text"}))
    file = form.report
    data = file.stream.read(MAX_FILE_BYTES + 1) if file else b""
    name = (file.filename or "") if file else ""
    report = reports.add_report(actor(), case, given, text=form.text, data=data, name=name)
    return reply(WholeReportOut.of(report, case.timezone), 201)


@api_reports.get(
    "/<number>/reports/<int:report_id>",
    summary="Read a report",
    responses=answers({200: WholeReportOut}, 404),
)
def show_report(path: ReportPath) -> Response:
    """Its text and all marks."""
    case = views_audit.look_at(actor(), cases.find_case(path.number), "report")
    return reply(WholeReportOut.of(reports.find_report(case, path.report_id), case.timezone))


@api_reports.post(
    "/<number>/reports/<int:report_id>/marks/<int:mark_id>",
    summary="Decide about a mark",
    security=WRITE,
    responses=answers({200: ReportMarkOut}, 400, 404),
)
def decide_mark(path: MarkPath, body: MarkInput) -> Response:
    """Accept, dismiss or undo. An accepted place becomes a last-known location."""
    case = cases.find_case(path.number)
    mark = reports.decide(actor(), case, path.report_id, path.mark_id, body)
    return reply(ReportMarkOut.of(mark, case.timezone))


@api_reports.post(
    "/<number>/reports/<int:report_id>/geocode",
    summary="Ask the geocoder for unknown places",
    security=WRITE,
    responses=answers({200: WholeReportOut}, 404, 503),
)
def geocode_report(path: ReportPath) -> Response:
    """Up to five names that no imported place has are sent to the geocoder's operator."""
    case = cases.find_case(path.number)
    reports.geocode_names(actor(), case, path.report_id)
    return reply(WholeReportOut.of(reports.find_report(case, path.report_id), case.timezone))


@api_reports.delete(
    "/<number>/reports/<int:report_id>",
    summary="Remove a report",
    security=WRITE,
    responses=answers({200: WholeReportOut}, 404),
)
def remove_report(path: ReportPath) -> Response:
    """It stays on record; locations that came of it no longer rank cameras."""
    case = cases.find_case(path.number)
    report = reports.remove_report(actor(), case, path.report_id)
    return reply(WholeReportOut.of(report, case.timezone))


@api_reports.post(
    "/<number>/reports/<int:report_id>/restore",
    summary="Restore a report",
    security=WRITE,
    responses=answers({200: WholeReportOut}, 404, 409),
)
def restore_report(path: ReportPath) -> Response:
    """Undo a removal."""
    case = cases.find_case(path.number)
    report = reports.restore_report(actor(), case, path.report_id)
    return reply(WholeReportOut.of(report, case.timezone))
