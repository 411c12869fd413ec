"""The timeline of a case and its blind corridors; traces of phones, vehicles and tickets."""

from __future__ import annotations

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field

from app.api.document import READ, TIMELINE, WRITE, answers
from app.api.paths import CasePath, CaseTracePath
from app.api.replies import reply
from app.api.uploads import SentForm, UploadedFile
from app.current import actor
from app.inputs.traces import TraceInput
from app.models.cases import LocationSource, Reliability
from app.outputs import PageOut, whole_list
from app.outputs.timeline import CorridorOut, TimelineOut, TraceOut, TraceReportOut
from app.services.base import views_audit
from app.services.casework import cases
from app.services.places import corridors, timeline, timeline_answers, traces
from app.services.places.corridors import Travel

api_timeline = APIBlueprint(
    "api_timeline", __name__, url_prefix="/api/cases", abp_tags=[TIMELINE], abp_security=READ
)


class CorridorQuery(BaseModel):
    """Two stops by their keys, the earlier first, and how the subject may have travelled."""

    model_config = ConfigDict(extra="forbid")

    from_key: str = Field(min_length=1, max_length=60)
    to_key: str = Field(min_length=1, max_length=60)
    travel: Travel = Travel.AUTO


class TraceForm(SentForm):
    """A CSV or GPX file, and what it is. `dry_run` reports and changes nothing."""

    trace: UploadedFile
    source: LocationSource
    label: str = Field(default="", max_length=100)
    reliability: Reliability = Reliability.LIKELY
    uncertainty_m: float = 50.0
    thin_within_m: float = 50.0
    remarks: str = Field(default="", max_length=4000)
    dry_run: bool = False


@api_timeline.get(
    "/<number>/timeline",
    summary="Read the timeline",
    responses=answers({200: TimelineOut}, 404),
)
def show_timeline(path: CasePath) -> Response:
    """Stops in order of time, legs that cannot be, competing routes. No stop is ever left out."""
    case = views_audit.look_at(actor(), cases.find_case(path.number), "timeline")
    return reply(timeline_answers.timeline_answer(case, timeline.timeline_of(case)))


@api_timeline.get(
    "/<number>/corridor",
    summary="Read a blind corridor",
    responses=answers({200: CorridorOut}, 404),
)
def show_corridor(path: CasePath, query: CorridorQuery) -> Response:
    """Where the subject must have been between two stops, and the cameras there."""
    found = corridors.corridor_between(
        actor(), cases.find_case(path.number), query.from_key, query.to_key, query.travel
    )
    return reply(timeline_answers.corridor_answer(found))


@api_timeline.get(
    "/<number>/traces",
    summary="List imported traces",
    responses=answers({200: PageOut[TraceOut]}, 404),
)
def list_traces(path: CasePath) -> Response:
    """The newest first; those that were taken back too."""
    case = views_audit.look_at(actor(), cases.find_case(path.number), "traces")
    return reply(whole_list(traces.list_traces(case), TraceOut.of))


@api_timeline.post(
    "/<number>/traces",
    summary="Import a trace",
    security=WRITE,
    responses=answers({200: TraceReportOut}, 400, 404, 409, 413),
)
def import_trace(path: CasePath, form: TraceForm) -> Response:
    """Good rows become last-known locations, bad ones are reported by number and reason."""
    wanted = form.model_dump(exclude={"trace", "dry_run"})
    report = traces.import_trace(
        actor(),
        cases.find_case(path.number),
        form.trace.stream.read(traces.MAX_TRACE_BYTES + 1),
        form.trace.filename or "trace",
        TraceInput.model_validate(wanted),
        dry_run=form.dry_run,
    )
    return reply(TraceReportOut.of(report))


@api_timeline.delete(
    "/<number>/traces/<int:trace_id>",
    summary="Take a trace back",
    security=WRITE,
    responses=answers({200: TraceOut}, 404),
)
def take_trace_back(path: CaseTracePath) -> Response:
    """All of its locations become inactive; they stay on record."""
    case = cases.find_case(path.number)
    return reply(TraceOut.of(traces.take_back(actor(), case, path.trace_id)))


@api_timeline.post(
    "/<number>/traces/<int:trace_id>/restore",
    summary="Restore a trace",
    security=WRITE,
    responses=answers({200: TraceOut}, 404, 409),
)
def restore_trace(path: CaseTracePath) -> Response:
    """All of its locations are active again."""
    case = cases.find_case(path.number)
    return reply(TraceOut.of(traces.restore(actor(), case, path.trace_id)))
