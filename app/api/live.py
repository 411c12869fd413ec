"""Live events of a case, as server-sent events that resume by cursor."""

from __future__ import annotations

from flask import Response, request
from flask_openapi3.blueprint import APIBlueprint
from pydantic import BaseModel, Field

from app.api.document import CASES, READ, answers, binary
from app.api.paths import CasePath
from app.current import actor
from app.identity import session_id
from app.live_sockets import socket_of
from app.services.base import live_streams, views_audit
from app.services.casework import cases

api_live = APIBlueprint(
    "api_live", __name__, url_prefix="/api", abp_tags=[CASES], abp_security=READ
)


_LONGEST_CURSOR = 18
"""Digits: what is longer is no cursor of ours, and may not fit the database's numbers."""


class LiveQuery(BaseModel):
    """Where to begin; a browser that reconnects says it itself, in `Last-Event-ID`."""

    cursor: int | None = Field(default=None, ge=0, le=2**63 - 1)


@api_live.get(
    "/sweeps/live",
    summary="Follow the sweep board live",
    responses=answers({200: binary("That something changed.", "text/event-stream")}),
)
def follow_board() -> Response:
    """`changed` says that a sweep, a visit or a request to an owner changed, in any case.

    It does not say what: ask for it then.
    """
    return _streamed(live_streams.open_board_stream(actor()))


@api_live.get(
    "/cases/<number>/live",
    summary="Follow a case live",
    responses=answers({200: binary("Events, as they happen.", "text/event-stream")}, 404),
)
def follow_case(path: CasePath, query: LiveQuery) -> Response:
    """Events of the kinds sighting, review, visit, sweep, location, photo, ranking, case and alert.

    Each carries its cursor as its id. `hello` comes first; `reset` means: load everything anew.
    """
    case = cases.find_case(path.number)
    last_event_id = request.headers.get("Last-Event-ID", "")
    is_cursor = last_event_id.isdecimal() and len(last_event_id) <= _LONGEST_CURSOR
    cursor = int(last_event_id) if is_cursor else query.cursor
    if last_event_id:
        views_audit.look_again(actor(), case, "live")
    else:
        views_audit.look_at(actor(), case, "live")
    return _streamed(live_streams.open_stream(actor(), case, cursor, session_id()))


def _streamed(stream: live_streams.LiveStream) -> Response:
    messages = stream.messages(socket_of(request.environ) if request.method == "GET" else None)
    response = Response(messages, mimetype="text/event-stream")
    response.headers["X-Accel-Buffering"] = "no"
    response.call_on_close(stream.close)
    return response
