"""`flask users`: invitations, sessions and lost second factors, from a shell on the server."""

from __future__ import annotations

import click

from app.cli.common import (
    actor_of,
    as_option,
    json_option,
    local_minute,
    reports_errors,
    say,
    table,
)
from app.cli.users import account_argument, group, role_choice
from app.inputs.accounts import InvitationInput
from app.outputs import UserOut, whole_list
from app.outputs.joining import InvitationOut, MadeInvitationOut, SessionOut
from app.services.base import user_sessions
from app.services.base.links import link_to
from app.services.people import accounts, joining, second_factors


@group.command("invite")
@account_argument
@click.option("--name", default="")
@click.option("--role", required=True, type=role_choice)
@click.option("--organisation", default="", help="Partners of one see each other's entries.")
@as_option
@json_option
@reports_errors
def invite(
    account: str, name: str, role: str, organisation: str, email: str | None, as_json: bool
) -> None:
    """Invite somebody by a link: mailed, or shown once where no mail goes out."""
    wanted = InvitationInput.model_validate(
        {"email": account, "name": name, "role": role, "organisation": organisation}
    )
    made = joining.invite(actor_of(email), wanted)
    link = None if made.was_mailed else link_to("accounts.invitation", token=made.token)
    invitation = InvitationOut.of(made.link)
    output = MadeInvitationOut(invitation=invitation, was_mailed=made.was_mailed, link=link)
    told = "A mail with the link goes out." if link is None else f"Link, shown only now: {link}"
    say(output, [f"{invitation.email} is invited as {role}.", told], as_json=as_json)


@group.command("invitations")
@json_option
@reports_errors
def list_invitations(as_json: bool) -> None:
    """List invitations that can still be used."""
    output = whole_list(joining.open_invitations(), InvitationOut.of)
    rows = [
        (one.id, one.email, one.role or "", local_minute(one.expires_at, "UTC"))
        for one in output.items
    ]
    say(output, table(("id", "e-mail", "role", "until (UTC)"), rows), as_json=as_json)


@group.command("withdraw-invitation")
@click.argument("invitation_id", type=int)
@as_option
@json_option
@reports_errors
def withdraw_invitation(invitation_id: int, email: str | None, as_json: bool) -> None:
    """End an invitation that was not used."""
    link = joining.withdraw(actor_of(email), invitation_id)
    lines = [f"The invitation of {link.email} is withdrawn."]
    say(InvitationOut.of(link), lines, as_json=as_json)


@group.command("sessions")
@account_argument
@json_option
@reports_errors
def list_sessions(account: str, as_json: bool) -> None:
    """List the browsers in which an account is logged in."""
    user = accounts.find_by_email(account)
    output = whole_list(user_sessions.list_sessions(user), SessionOut.of)
    rows = [
        (one.id, one.device, one.address or "", local_minute(one.last_used_at, "UTC"))
        for one in output.items
    ]
    say(output, table(("id", "device", "address", "last used (UTC)"), rows), as_json=as_json)


@group.command("end-sessions")
@account_argument
@click.option("--session", "session_id", type=int, default=None, help="Only this one.")
@as_option
@json_option
@reports_errors
def end_sessions(account: str, session_id: int | None, email: str | None, as_json: bool) -> None:
    """End one session of an account, or all of them."""
    user, actor = accounts.find_by_email(account), actor_of(email)
    if session_id is None:
        accounts.sign_out_everywhere(actor, user)
        lines = [f"All sessions of {user.email} are ended."]
    else:
        user_sessions.end(actor, user, session_id)
        lines = [f"Session {session_id} of {user.email} is ended."]
    say(UserOut.of(user), lines, as_json=as_json)


@group.command("reset-second-factor")
@account_argument
@as_option
@json_option
@reports_errors
def reset_second_factor(account: str, email: str | None, as_json: bool) -> None:
    """Take the second factor of an account away, whose phone is lost; its sessions end."""
    user = accounts.find_by_email(account)
    second_factors.reset(actor_of(email), user)
    lines = [f"{user.email} logs in without a second factor until a new one is set up."]
    say(UserOut.of(user), lines, as_json=as_json)
