"""Cases: open, find, change, close."""

from __future__ import annotations

from flask import Response
from flask_openapi3.blueprint import APIBlueprint

from app.api.document import CASES, READ, WRITE, answers
from app.api.paths import CasePath
from app.api.replies import reply
from app.current import actor
from app.inputs import CaseChange, CaseInput, CaseQuery
from app.outputs import CaseOut, PageOut, page_of
from app.services.base import views_audit
from app.services.casework import cases

api_cases = APIBlueprint(
    "api_cases", __name__, url_prefix="/api/cases", abp_tags=[CASES], abp_security=READ
)


@api_cases.get("", summary="List cases", responses=answers({200: PageOut[CaseOut]}))
def list_cases(query: CaseQuery) -> Response:
    """Cases by state and text (number or subject's name), newest first."""
    return reply(page_of(cases.list_cases(actor(), query), CaseOut.of))


@api_cases.post(
    "", summary="Open a case", security=WRITE, responses=answers({201: CaseOut}, 400, 409, 415)
)
def open_case(body: CaseInput) -> Response:
    """A case needs a purpose and a legal basis that has not expired."""
    case = cases.open_case(actor(), body)
    return reply(CaseOut.of(case), 201, location=f"/api/cases/{case.number}")


@api_cases.get("/<number>", summary="Read a case", responses=answers({200: CaseOut}, 404))
def show_case(path: CasePath) -> Response:
    """The case with counts of what it holds."""
    case = views_audit.look_at(actor(), cases.find_case(path.number), "case")
    return reply(CaseOut.of(case, cases.case_counts(case)))


@api_cases.patch(
    "/<number>",
    summary="Change a case",
    security=WRITE,
    responses=answers({200: CaseOut}, 400, 404, 409, 415),
)
def change_case(path: CasePath, body: CaseChange) -> Response:
    """Fields that are not given stay."""
    case = cases.find_case(path.number)
    return reply(CaseOut.of(cases.change_case(actor(), case, body)))


@api_cases.post(
    "/<number>/close",
    summary="Close a case",
    security=WRITE,
    responses=answers({200: CaseOut}, 404),
)
def close_case(path: CasePath) -> Response:
    """Its searches stop at once."""
    case = cases.find_case(path.number)
    return reply(CaseOut.of(cases.close_case(actor(), case)))


@api_cases.post(
    "/<number>/reopen",
    summary="Reopen a case",
    security=WRITE,
    responses=answers({200: CaseOut}, 404),
)
def reopen_case(path: CasePath) -> Response:
    """Refused while the legal basis has expired: extend it first."""
    case = cases.find_case(path.number)
    return reply(CaseOut.of(cases.reopen_case(actor(), case)))
