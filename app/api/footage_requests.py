"""Requests to owners for footage."""

from __future__ import annotations

from flask import Response
from flask_openapi3.blueprint import APIBlueprint

from app.api.document import READ, REQUESTS, WRITE, answers
from app.api.paths import CasePath, RequestPath
from app.api.replies import reply
from app.api.sweeps import PageQuery
from app.current import actor
from app.inputs.requests import DeclineInput, RequestInput, RequestLinkInput
from app.models import RequestState
from app.outputs import PageOut, page_of
from app.outputs.requests import MadeRequestOut, RequestOut
from app.services.base import views_audit
from app.services.base.links import link_to
from app.services.casework import cases
from app.services.requests import footage_requests
from app.services.requests.footage_requests import MadeRequest

api_footage_requests = APIBlueprint(
    "api_footage_requests", __name__, url_prefix="/api", abp_tags=[REQUESTS], abp_security=READ
)


class RequestsQuery(PageQuery):
    """Requests by state."""

    state: RequestState | None = None


@api_footage_requests.get(
    "/requests", summary="List requests", responses=answers({200: PageOut[RequestOut]})
)
def list_requests(query: RequestsQuery) -> Response:
    """Of all cases that this account sees, the newest first."""
    page = footage_requests.list_requests(actor(), None, query.state, query.page, query.per_page)
    return reply(page_of(page, RequestOut.of))


@api_footage_requests.get(
    "/cases/<number>/requests",
    summary="List requests of a case",
    responses=answers({200: PageOut[RequestOut]}, 404),
)
def list_case_requests(path: CasePath, query: RequestsQuery) -> Response:
    """The newest first."""
    case = cases.find_case(path.number)
    page = footage_requests.list_requests(actor(), case, query.state, query.page, query.per_page)
    return reply(page_of(page, RequestOut.of))


@api_footage_requests.post(
    "/cases/<number>/requests",
    summary="Ask an owner for footage",
    security=WRITE,
    responses=answers({201: MadeRequestOut}, 400, 404, 415),
)
def create_request(path: CasePath, body: RequestInput) -> Response:
    """All cameras are one owner's. The upload link is in this answer and nowhere else."""
    made = footage_requests.create_request(actor(), cases.find_case(path.number), body)
    return reply(_made(made), 201, location=f"/api/requests/{made.request.id}")


@api_footage_requests.get(
    "/requests/<int:request_id>",
    summary="Read a request",
    responses=answers({200: RequestOut}, 404),
)
def show_request(path: RequestPath) -> Response:
    """What was asked, how it stands, and what came."""
    asked = footage_requests.find_request(path.request_id)
    views_audit.look_at(actor(), asked.case, "request")
    return reply(RequestOut.of(asked))


@api_footage_requests.post(
    "/requests/<int:request_id>/link",
    summary="Make a new upload link",
    security=WRITE,
    responses=answers({200: MadeRequestOut}, 400, 404, 409, 415),
)
def renew_link(path: RequestPath, body: RequestLinkInput) -> Response:
    """The one before ends at once; an expired request is open again."""
    asked = footage_requests.find_request(path.request_id)
    made = footage_requests.renew_link(actor(), asked, body.link_days, send_mail=body.send_mail)
    return reply(_made(made))


@api_footage_requests.post(
    "/requests/<int:request_id>/withdraw",
    summary="Withdraw a request",
    security=WRITE,
    responses=answers({200: RequestOut}, 404, 409),
)
def withdraw_request(path: RequestPath) -> Response:
    """Its link ends at once; what came stays."""
    asked = footage_requests.find_request(path.request_id)
    footage_requests.withdraw(actor(), asked)
    return reply(RequestOut.of(asked))


@api_footage_requests.post(
    "/requests/<int:request_id>/decline",
    summary="Note that the owner has nothing to give",
    security=WRITE,
    responses=answers({200: RequestOut}, 400, 404, 409, 415),
)
def decline_request(path: RequestPath, body: DeclineInput) -> Response:
    """Only while nothing has come."""
    asked = footage_requests.find_request(path.request_id)
    footage_requests.decline(actor(), asked, body.reason)
    return reply(RequestOut.of(asked))


@api_footage_requests.post(
    "/requests/<int:request_id>/sweep",
    summary="Sweep what came",
    security=WRITE,
    responses=answers({200: RequestOut}, 404, 409),
)
def sweep_request(path: RequestPath) -> Response:
    """Urgently, before everything else; `sweep_id` says which sweep that is."""
    asked = footage_requests.find_request(path.request_id)
    footage_requests.sweep_request(actor(), asked)
    return reply(RequestOut.of(asked))


def _made(made: MadeRequest) -> MadeRequestOut:
    link = link_to("deliveries.show", secret=made.secret)
    return MadeRequestOut(request=RequestOut.of(made.request), link=link)
