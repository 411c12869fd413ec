"""The analyst's pages of a case: the timeline, and traces that are imported into it."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.current import actor
from app.errors import Refused
from app.gate import can
from app.inputs.traces import TraceInput
from app.models import Case
from app.models.cases import LocationSource, Reliability
from app.services.base import views_audit
from app.services.casework import cases
from app.services.places import timeline as timelines
from app.services.places import timeline_answers, traces
from app.services.places.traces import TraceReport
from app.views.cases import blueprint
from app.views.forms import Form
from app.views.presentation import tiles

TRACE_FIELDS = (
    "trace",
    "label",
    "source",
    "reliability",
    "uncertainty_m",
    "thin_within_m",
    "remarks",
)
SOURCES = (
    (LocationSource.PHONE, "phone positions"),
    (LocationSource.TRANSPORT, "transport: tickets, taxi or vehicle positions"),
    (LocationSource.POLICE, "police log"),
    (LocationSource.FAMILY, "family's log"),
    (LocationSource.WITNESS, "witness's log"),
    (LocationSource.OTHER, "other"),
)


@blueprint.get("/cases/<number>/timeline")
def timeline(number: str) -> str:
    """Where the subject was, in order of time, and whether that is possible."""
    case = views_audit.look_at(actor(), cases.find_case(number), "timeline")
    found = timelines.timeline_of(case)
    answer = timeline_answers.timeline_answer(case, found)
    return render_template(
        "cases/timeline.html",
        case=case,
        timeline=found,
        timeline_data=answer.model_dump(mode="json"),
        may={
            "plan": can("api_sweeps.plan_sweep"),
            "start": can("api_sweeps.start_sweep"),
            "sweep_page": can("sweeps.show"),
        },
        tiles=tiles(),
    )


@blueprint.get("/cases/<number>/traces", endpoint="traces")
def show_traces(number: str) -> str:
    """What was imported, and a form to import more."""
    case = views_audit.look_at(actor(), cases.find_case(number), "traces")
    form = Form({"source": "phone", "uncertainty_m": "50", "thin_within_m": "50"})
    return _traces_page(case, form, None)


@blueprint.post("/cases/<number>/traces")
def import_trace(number: str) -> ResponseReturnValue:
    """Check a file of positions, see what would come of it, then import it."""
    case = cases.find_case(number)
    form = Form(request.form, shown=TRACE_FIELDS)
    with form:
        report = _import(case, form)
        return _traces_page(cases.find_case(number), form, report)
    return _traces_page(cases.find_case(number), form, None), form.status


@blueprint.post("/cases/<number>/traces/<int:trace_id>/take-back")
def take_trace_back(number: str, trace_id: int) -> ResponseReturnValue:
    """Undo a whole import."""
    trace = traces.take_back(actor(), cases.find_case(number), trace_id)
    flash(f"“{trace.label}” is taken back: its locations no longer count.", "success")
    return redirect(url_for("cases.traces", number=number))


@blueprint.post("/cases/<number>/traces/<int:trace_id>/restore")
def restore_trace(number: str, trace_id: int) -> ResponseReturnValue:
    """Bring an import back."""
    form = Form()
    with form:
        trace = traces.restore(actor(), cases.find_case(number), trace_id)
        flash(f"“{trace.label}” counts again.", "success")
    if form.sentence:
        flash(form.sentence, "error")
    return redirect(url_for("cases.traces", number=number))


def _import(case: Case, form: Form) -> TraceReport:
    given = form.read(TraceInput)
    name, data = _given_file()
    dry_run = form.value("do") != "import"
    return traces.import_trace(actor(), case, data, name, given, dry_run=dry_run)


def _given_file() -> tuple[str, bytes]:
    file = request.files.get("trace")
    if file is None or not file.filename:
        raise Refused("Choose a file first.", {"trace": "no file was chosen"})
    return file.filename, file.read()


def _traces_page(case: Case, form: Form, report: TraceReport | None) -> str:
    return render_template(
        "cases/traces.html",
        case=case,
        form=form,
        report=report,
        imported=traces.list_traces(case),
        sources=[(source.value, words) for source, words in SOURCES],
        reliabilities=list(Reliability),
        max_mb=traces.MAX_TRACE_BYTES // 2**20,
    )
