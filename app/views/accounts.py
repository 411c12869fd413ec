"""Logging in and out, and one's own account."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.current import actor, settings
from app.errors import Refused
from app.extensions import limiter, sender_network
from app.identity import begin_half_session, begin_session, end_session, session_id
from app.inputs.accounts import TokenInput
from app.models.accounts import User
from app.security import LOGIN_LIMIT
from app.services.base import user_sessions
from app.services.people import accounts, second_factors, tokens
from app.views.forms import Form

blueprint = Blueprint("accounts", __name__)


def account_asked_for() -> str:
    """Key of the limit per account: a digest, so that no address stands in the counter's store."""
    email = request.form.get("email", "").strip().lower()
    return "account " + hashlib.sha256(email.encode()).hexdigest()


def safe_next(target: str) -> str:
    """`target` if it is a path of this site, else the start page."""
    unsafe = any(ord(c) < 33 or c == "\\" for c in target)
    own = target.startswith("/") and not target.startswith("//")
    return target if own and not unsafe else url_for("home.index")


@blueprint.get("/login")
def login() -> ResponseReturnValue:
    """The login form."""
    wanted = request.args.get("next", "")
    if current_user.is_authenticated:
        return redirect(safe_next(wanted))
    return _login_page(Form(), wanted)


@blueprint.post("/login")
@limiter.limit(LOGIN_LIMIT, key_func=sender_network)
@limiter.limit(LOGIN_LIMIT, key_func=account_asked_for)
def log_in() -> ResponseReturnValue:
    """Check e-mail address and password and begin a session."""
    form = Form({"email": request.form.get("email", "")})
    wanted = request.form.get("next", "")
    with form:
        user = accounts.authenticate(
            form.value("email"), request.form.get("password", ""), request.remote_addr
        )
        if second_factors.is_enrolled(user.id):
            begin_half_session(user, wanted)
            return redirect(url_for("accounts.second_step"))
        begin_session(user)
        return redirect(safe_next(wanted))
    return _login_page(form, wanted), 401


def _login_page(form: Form, wanted: str) -> str:
    return render_template(
        "accounts/login.html",
        form=form,
        wanted=wanted,
        can_register=settings().registration_enabled,
        can_mail=settings().can_mail_links,
    )


@blueprint.post("/logout")
def logout() -> ResponseReturnValue:
    """End the session of this browser."""
    accounts.record_logout(actor())
    end_session()
    flash("You are logged out.", "success")
    return redirect(url_for("accounts.login"))


@blueprint.get("/account")
def me() -> str:
    """One's own account: password, sessions, API tokens."""
    return _page()


@blueprint.post("/account/password")
@limiter.limit(LOGIN_LIMIT)
def change_password() -> ResponseReturnValue:
    """Change one's own password; other browsers are logged out, this one stays."""
    form = Form(shown=("current_password", "password", "repeated"))
    user = _myself()
    with form:
        new = request.form.get("password", "")
        if new != request.form.get("repeated", ""):
            raise Refused("The two new passwords differ.", {"repeated": "differs from the first"})
        current = request.form.get("current_password", "")
        accounts.change_own_password(actor(), user, current, new)
        begin_session(user)
        flash("Your password is changed. Other browsers are logged out.", "success")
        return redirect(url_for("accounts.me"))
    return _page(password_form=form), form.status


@blueprint.post("/account/sessions/end")
def sign_out_everywhere() -> ResponseReturnValue:
    """End every session of the account, this one too."""
    accounts.sign_out_everywhere(actor(), _myself())
    end_session()
    flash("All sessions of your account are ended. Log in again.", "success")
    return redirect(url_for("accounts.login"))


@blueprint.post("/account/sessions/<int:session_id>/end")
def end_one_session(session_id: int) -> ResponseReturnValue:
    """End one session; that of this browser logs it out."""
    user_sessions.end(actor(), _myself(), session_id)
    flash("The session is ended.", "success")
    return redirect(url_for("accounts.me"))


@blueprint.post("/account/tokens")
@limiter.limit(LOGIN_LIMIT)
def issue_token() -> ResponseReturnValue:
    """Make an API token; the answer shows it, and nothing else ever does."""
    form = Form(request.form, shown=("label", "days", "code"))
    with form:
        wanted = form.read(TokenInput)
        second_factors.check_if_enrolled(actor(), _myself(), form.value("code"))
        issued = tokens.issue_token(actor(), _myself(), wanted)
        return _page(issued=issued), 201
    return _page(token_form=form), form.status


@blueprint.post("/account/tokens/<int:token_id>/revoke")
def revoke_token(token_id: int) -> ResponseReturnValue:
    """End an API token."""
    tokens.revoke_token(actor(), _myself(), token_id)
    flash("The token is ended.", "success")
    return redirect(url_for("accounts.me"))


def _myself() -> User:
    user: User = current_user._get_current_object()
    return user


def _page(
    password_form: Form | None = None,
    token_form: Form | None = None,
    issued: tokens.IssuedToken | None = None,
) -> str:
    return render_template(
        "accounts/me.html",
        password_form=password_form or Form(),
        token_form=token_form or Form({"days": "90"}),
        issued=issued,
        tokens=tokens.list_tokens(_myself()),
        sessions=user_sessions.list_sessions(_myself()),
        session_id=session_id(),
        has_second_factor=second_factors.is_enrolled(_myself().id),
        now=datetime.now(UTC),
    )
