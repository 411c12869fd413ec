"""Administration of people: invitations, registrations, links, sessions; in the admin's pages."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.current import actor, settings
from app.inputs.accounts import ApprovalInput, InvitationInput
from app.inputs.fields import Input, Page
from app.models.accounts import Role
from app.models.joining import RegistrationState
from app.services.base import user_sessions
from app.services.people import accounts, joining, registrations, second_factors
from app.services.people.joining import NewLink
from app.views.addresses import given_out
from app.views.admin import blueprint
from app.views.forms import Form, read_query

PER_PAGE = 30
INVITATION_FIELDS = ("email", "name", "role", "organisation")


class RegistrationQuery(Input):
    """Registrations by state."""

    state: RegistrationState | None = None
    page: Page = 1


@blueprint.get("/invitations")
def invitations() -> str:
    """Invitations that wait, and the form for another."""
    return _invitations_page(Form())


@blueprint.post("/invitations")
def invite() -> ResponseReturnValue:
    """Invite somebody; the link is mailed, or shown once to hand it over."""
    form = Form(request.form, shown=INVITATION_FIELDS)
    with form:
        made = joining.invite(actor(), form.read(InvitationInput))
        return _link_page(made, "accounts.invitation", "The invitation is made"), 201
    return _invitations_page(form), form.status


@blueprint.post("/invitations/<int:link_id>/withdraw")
def withdraw_invitation(link_id: int) -> ResponseReturnValue:
    """End an invitation that was not used."""
    with Form() as form:
        link = joining.withdraw(actor(), link_id)
        flash(f"The invitation of {link.email} is withdrawn.", "success")
    return _to_invitations(form)


@blueprint.get("/registrations", endpoint="registrations")
def list_registrations() -> str:
    """Who asked for an account."""
    query = read_query(RegistrationQuery)
    page = registrations.list_registrations(query.state, query.page, PER_PAGE)
    return render_template(
        "admin/registrations.html",
        page=page,
        query=query,
        known=registrations.known_addresses([one.email for one in page.items]),
        states=list(RegistrationState),
        roles=list(Role),
        organisations=accounts.organisations(),
        enabled=settings().registration_enabled,
        timezone=settings().default_timezone,
    )


@blueprint.post("/registrations/<int:registration_id>/approve")
def approve_registration(registration_id: int) -> ResponseReturnValue:
    """Invite who registered, with a role."""
    with Form(request.form) as form:
        made = registrations.approve(actor(), registration_id, form.read(ApprovalInput))
        return _link_page(made, "accounts.invitation", "The registration is approved")
    flash(form.sentence, "error")
    return redirect(url_for("admin.registrations"))


@blueprint.post("/registrations/<int:registration_id>/refuse")
def refuse_registration(registration_id: int) -> ResponseReturnValue:
    """Refuse; nobody is told."""
    with Form() as form:
        registrations.refuse(actor(), registration_id)
        flash("The registration is refused.", "success")
    if form.sentence:
        flash(form.sentence, "error")
    return redirect(url_for("admin.registrations"))


@blueprint.post("/users/<int:user_id>/link")
def send_password_link(user_id: int) -> ResponseReturnValue:
    """A link to a new password: mailed, or shown once to hand it over."""
    with Form() as form:
        made = joining.make_password_link(actor(), accounts.find_user(user_id))
        return _link_page(made, "accounts.new_password", "The link is made")
    flash(form.sentence, "error")
    return redirect(url_for("admin.edit_user", user_id=user_id))


@blueprint.post("/users/<int:user_id>/sessions/end")
def end_user_sessions(user_id: int) -> ResponseReturnValue:
    """End all sessions of an account."""
    user = accounts.find_user(user_id)
    accounts.sign_out_everywhere(actor(), user)
    flash(f"All sessions of {user.email} are ended.", "success")
    return redirect(url_for("admin.edit_user", user_id=user_id))


@blueprint.post("/users/<int:user_id>/sessions/<int:session_id>/end")
def end_user_session(user_id: int, session_id: int) -> ResponseReturnValue:
    """End one session of an account."""
    user_sessions.end(actor(), accounts.find_user(user_id), session_id)
    flash("The session is ended.", "success")
    return redirect(url_for("admin.edit_user", user_id=user_id))


@blueprint.post("/users/<int:user_id>/second-factor/reset")
def reset_second_factor(user_id: int) -> ResponseReturnValue:
    """Take the second factor of an account away, whose phone is lost."""
    user = accounts.find_user(user_id)
    with Form() as form:
        second_factors.reset(actor(), user)
        flash(f"{user.email} logs in without a second factor until a new one is set up.", "success")
    if form.sentence:
        flash(form.sentence, "error")
    return redirect(url_for("admin.edit_user", user_id=user_id))


def _invitations_page(form: Form) -> str:
    return render_template(
        "admin/invitations.html",
        form=form,
        links=joining.open_invitations(),
        roles=list(Role),
        organisations=accounts.organisations(),
        can_mail=settings().can_mail_links,
        days=settings().invitation_days,
        timezone=settings().default_timezone,
    )


def _to_invitations(form: Form) -> ResponseReturnValue:
    if form.sentence:
        flash(form.sentence, "error")
    return redirect(url_for("admin.invitations"))


def _link_page(made: NewLink, endpoint: str, title: str) -> str:
    """The link itself is shown only where no mail carries it."""
    address = "" if made.was_mailed else given_out(endpoint, token=made.token)
    return render_template(
        "admin/link.html", link=made.link, address=address, title=title,
        timezone=settings().default_timezone,
    )  # fmt: skip
