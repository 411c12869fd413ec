"""Coming to an account without one: invitations, registration, a new password by mail."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.current import settings
from app.errors import Refused
from app.extensions import limiter, sender_network
from app.identity import begin_session, end_session
from app.inputs.accounts import AddressInput, RegistrationInput
from app.models.joining import LinkKind
from app.security import LOGIN_LIMIT
from app.services.people import joining, registrations
from app.views.accounts import account_asked_for, blueprint
from app.views.forms import Form

REGISTER_FIELDS = ("email", "name", "organisation", "remarks")


@blueprint.get("/invitation/<token>")
@limiter.limit(LOGIN_LIMIT, key_func=sender_network)
def invitation(token: str) -> str:
    """The form in which an invited person chooses name and password."""
    link = joining.find_link(LinkKind.INVITATION, token)
    return render_template("accounts/invitation.html", link=link, form=Form({"name": link.name}))


@blueprint.post("/invitation/<token>")
@limiter.limit(LOGIN_LIMIT, key_func=sender_network)
def accept_invitation(token: str) -> ResponseReturnValue:
    """Make the account and log in."""
    link = joining.find_link(LinkKind.INVITATION, token)
    form = Form({"name": request.form.get("name", "")}, shown=("name", "password", "repeated"))
    with form:
        password = _twice()
        user = joining.accept_invitation(token, form.value("name"), password, request.remote_addr)
        begin_session(user)
        flash("Your account is made, and you are logged in.", "success")
        return redirect(url_for("home.index"))
    return render_template("accounts/invitation.html", link=link, form=form), form.status


@blueprint.get("/password/forgotten")
def forgotten() -> str:
    """The form that asks for a link to a new password."""
    return _forgotten_page(Form(), asked=False)


@blueprint.post("/password/forgotten")
@limiter.limit(LOGIN_LIMIT, key_func=sender_network)
@limiter.limit(LOGIN_LIMIT, key_func=account_asked_for)
def ask_for_password() -> ResponseReturnValue:
    """Write the request down; the answer is the same whether or not there is an account."""
    form = Form(request.form, shown=("email",))
    with form:
        if not settings().can_mail_links:
            raise Refused("No mail is sent here: ask an administrator for a new password.")
        joining.ask_for_password(form.read(AddressInput).email, request.remote_addr)
        return _forgotten_page(Form(), asked=True)
    return _forgotten_page(form, asked=False), form.status


@blueprint.get("/password/new/<token>")
@limiter.limit(LOGIN_LIMIT, key_func=sender_network)
def new_password(token: str) -> str:
    """The form in which the holder of a link chooses a new password."""
    link = joining.find_link(LinkKind.PASSWORD, token)
    return render_template("accounts/new_password.html", link=link, form=Form())


@blueprint.post("/password/new/<token>")
@limiter.limit(LOGIN_LIMIT, key_func=sender_network)
def set_password(token: str) -> ResponseReturnValue:
    """Set it; every session and token ends, and the person logs in with it."""
    link = joining.find_link(LinkKind.PASSWORD, token)
    form = Form(shown=("password", "repeated"))
    with form:
        joining.set_password(token, _twice(), request.remote_addr)
        end_session()
        flash("Your password is set. Log in with it.", "success")
        return redirect(url_for("accounts.login"))
    return render_template("accounts/new_password.html", link=link, form=form), form.status


@blueprint.get("/register")
def registration() -> str:
    """The form that asks for an account, where the installation takes such requests."""
    return _register_page(Form(), asked=False)


@blueprint.post("/register")
@limiter.limit(LOGIN_LIMIT, key_func=sender_network)
def register() -> ResponseReturnValue:
    """Write the request down; the answer is the same whether or not there is an account."""
    form = Form(request.form, shown=REGISTER_FIELDS)
    with form:
        registrations.register(form.read(RegistrationInput), request.remote_addr)
        return _register_page(Form(), asked=True)
    return _register_page(form, asked=False), form.status


def _twice() -> str:
    """The password that was typed twice alike. Raises Refused."""
    password = request.form.get("password", "")
    if password != request.form.get("repeated", ""):
        raise Refused("The two passwords differ.", {"repeated": "differs from the first"})
    return password


def _forgotten_page(form: Form, *, asked: bool) -> str:
    return render_template(
        "accounts/forgotten.html",
        form=form,
        asked=asked,
        can_mail=settings().can_mail_links,
        minutes=settings().password_link_minutes,
    )


def _register_page(form: Form, *, asked: bool) -> str:
    return render_template(
        "accounts/register.html", form=form, asked=asked, enabled=settings().registration_enabled
    )
