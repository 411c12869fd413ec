"""Who sees a case."""

from __future__ import annotations

from flask import Response
from flask_openapi3.blueprint import APIBlueprint

from app.api.document import CASES, READ, WRITE, answers
from app.api.paths import CasePath, Id
from app.api.replies import nothing, reply
from app.current import actor
from app.inputs.members import MemberInput
from app.models import Case
from app.outputs.members import CaseAccessOut
from app.services.base import views_audit
from app.services.casework import cases
from app.services.people import members

api_members = APIBlueprint(
    "api_members", __name__, url_prefix="/api/cases", abp_tags=[CASES], abp_security=READ
)


class CaseMemberPath(CasePath):
    """A person on a case's list."""

    user_id: Id


@api_members.get(
    "/<number>/access", summary="Read who sees a case", responses=answers({200: CaseAccessOut}, 404)
)
def show_access(path: CasePath) -> Response:
    """The list holds once the case is restricted; nobody else learns then that it exists."""
    return _access(views_audit.look_at(actor(), cases.find_case(path.number), "access"))


@api_members.post(
    "/<number>/restrict",
    summary="Restrict a case",
    security=WRITE,
    responses=answers({200: CaseAccessOut}, 404),
)
def restrict(path: CasePath) -> Response:
    """Only the people on its list see it from now on; whoever calls this is on it."""
    case = cases.find_case(path.number)
    members.restrict(actor(), case)
    return _access(case)


@api_members.post(
    "/<number>/unrestrict",
    summary="Lift a case's restriction",
    security=WRITE,
    responses=answers({200: CaseAccessOut}, 404),
)
def unrestrict(path: CasePath) -> Response:
    """Everybody whose role reads cases sees it again."""
    case = cases.find_case(path.number)
    members.unrestrict(actor(), case)
    return _access(case)


@api_members.post(
    "/<number>/members",
    summary="Add a person to a case's list",
    security=WRITE,
    responses=answers({201: CaseAccessOut}, 400, 404, 415),
)
def add_member(path: CasePath, body: MemberInput) -> Response:
    """An active account of a role that works on cases."""
    case = cases.find_case(path.number)
    members.add_member(actor(), case, body.user_id)
    return _access(case, 201)


@api_members.delete(
    "/<number>/members/<int:user_id>",
    summary="Remove a person from a case's list",
    security=WRITE,
    responses=answers({204: None}, 404, 409),
)
def remove_member(path: CaseMemberPath) -> Response:
    """Refused for the last person on the list."""
    members.remove_member(actor(), cases.find_case(path.number), path.user_id)
    return nothing()


def _access(case: Case, status: int = 200) -> Response:
    return reply(CaseAccessOut.of(case, members.list_members(case)), status)
