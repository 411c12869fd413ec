"""How people come to accounts, and ending where they are logged in."""

from __future__ import annotations

from flask import Response
from flask_openapi3.blueprint import APIBlueprint

from app.api.document import ADMINISTRATION, READ, WRITE, answers
from app.api.paths import InvitationPath, UserPath, UserSessionPath
from app.api.replies import nothing, reply
from app.current import actor
from app.inputs.accounts import InvitationInput
from app.outputs import PageOut, whole_list
from app.outputs.joining import InvitationOut, MadeInvitationOut, SessionOut
from app.services.base import user_sessions
from app.services.base.links import link_to
from app.services.people import accounts, joining, second_factors

api_people = APIBlueprint(
    "api_people", __name__, url_prefix="/api", abp_tags=[ADMINISTRATION], abp_security=READ
)


@api_people.get(
    "/invitations", summary="List invitations", responses=answers({200: PageOut[InvitationOut]})
)
def list_invitations() -> Response:
    """Those that can still be used."""
    return reply(whole_list(joining.open_invitations(), InvitationOut.of))


@api_people.post(
    "/invitations",
    summary="Invite somebody",
    security=WRITE,
    responses=answers({201: MadeInvitationOut}, 400, 409, 415),
)
def invite(body: InvitationInput) -> Response:
    """The link is mailed; where no mail goes out, it is in this answer and nowhere else.

    403 for API tokens, and for a session whose last proof is more than 30 minutes ago.
    """
    made = joining.invite(actor(), body)
    link = None if made.was_mailed else link_to("accounts.invitation", token=made.token)
    invitation = InvitationOut.of(made.link)
    output = MadeInvitationOut(invitation=invitation, was_mailed=made.was_mailed, link=link)
    return reply(output, 201)


@api_people.delete(
    "/invitations/<int:link_id>",
    summary="Withdraw an invitation",
    security=WRITE,
    responses=answers({204: None}, 404, 409),
)
def withdraw_invitation(path: InvitationPath) -> Response:
    """Refused once it was used."""
    joining.withdraw(actor(), path.link_id)
    return nothing()


@api_people.get(
    "/users/<int:user_id>/sessions",
    summary="List an account's sessions",
    responses=answers({200: PageOut[SessionOut]}, 404),
)
def list_sessions(path: UserPath) -> Response:
    """The browsers in which the account is logged in, the last used first."""
    user = accounts.find_user(path.user_id)
    return reply(whole_list(user_sessions.list_sessions(user), SessionOut.of))


@api_people.delete(
    "/users/<int:user_id>/sessions",
    summary="End all sessions of an account",
    security=WRITE,
    responses=answers({204: None}, 404),
)
def end_sessions(path: UserPath) -> Response:
    """At once, in every browser. Its API tokens stay."""
    accounts.sign_out_everywhere(actor(), accounts.find_user(path.user_id))
    return nothing()


@api_people.delete(
    "/users/<int:user_id>/sessions/<int:session_id>",
    summary="End one session of an account",
    security=WRITE,
    responses=answers({204: None}, 404),
)
def end_session(path: UserSessionPath) -> Response:
    """The browser is logged out at its next step."""
    user_sessions.end(actor(), accounts.find_user(path.user_id), path.session_id)
    return nothing()


@api_people.delete(
    "/users/<int:user_id>/second-factor",
    summary="Reset an account's second factor",
    security=WRITE,
    responses=answers({204: None}, 404, 409),
)
def reset_second_factor(path: UserPath) -> Response:
    """For somebody whose phone is lost: its sessions end, and a new factor can be set up.

    403 for API tokens, and for a session whose last proof is more than 30 minutes ago.

    409 for your own: it is removed on your account's page, with a code.
    """
    second_factors.reset(actor(), accounts.find_user(path.user_id))
    return nothing()
