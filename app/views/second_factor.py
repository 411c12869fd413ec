"""One's own second factor, and the second step of a login."""

from __future__ import annotations

from collections.abc import Sequence

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app import proof as identity_proof
from app.current import actor, settings
from app.extensions import limiter, sender_network
from app.identity import begin_session, half_session, session_id
from app.models.accounts import User
from app.security import LOGIN_LIMIT
from app.services.people import accounts, proofs, second_factors
from app.views.accounts import blueprint, safe_next
from app.views.forms import Form


@blueprint.get("/login/second")
def second_step() -> ResponseReturnValue:
    """The form for the code, after the password was right."""
    if half_session() is None:
        return redirect(url_for("accounts.login"))
    return render_template("accounts/second_step.html", form=Form())


@blueprint.post("/login/second")
@limiter.limit(LOGIN_LIMIT, key_func=sender_network)
def log_in_second() -> ResponseReturnValue:
    """Check the code and begin the session."""
    half = half_session()
    if half is None:
        flash("That took too long. Log in again.", "error")
        return redirect(url_for("accounts.login"))
    user, wanted = half
    form = Form(shown=("code",))
    with form:
        accounts.authenticate_second(user, request.form.get("code", ""), request.remote_addr)
        begin_session(user)
        return redirect(safe_next(wanted))
    return render_template("accounts/second_step.html", form=form), 422


@blueprint.get("/account/proof")
def proof() -> str:
    """The form that asks who is logged in for a code or the password once more.

    `app.proof` answers an act with it, too.
    """
    is_asked_for = request.endpoint == "accounts.proof"
    wanted = request.args.get("next", "") if is_asked_for else identity_proof.page_before()
    return _proof_page(Form(), "" if is_asked_for else request.path, wanted)


@blueprint.post("/account/proof")
@limiter.limit(LOGIN_LIMIT)
def prove() -> ResponseReturnValue:
    """Check it, and go on with the act that it was asked for, or back to where that began."""
    form, act, wanted = Form(shown=("proof",)), _typed("act"), _typed("next")
    with form:
        proofs.prove(actor(), _myself(), session_id(), _typed("proof"))
        return identity_proof.repeat(act) or redirect(safe_next(wanted))
    return _proof_page(form, act, wanted), form.status


@blueprint.get("/account/second-factor", endpoint="second_factor")
def show_second_factor() -> str:
    """Whether one is in force; its QR code while it is being set up."""
    return _page(Form())


@blueprint.post("/account/second-factor")
def begin_second_factor() -> ResponseReturnValue:
    """Make a secret for the app."""
    with Form() as form:
        second_factors.begin(_myself())
    if form.sentence:
        flash(form.sentence, "error")
    return redirect(url_for("accounts.second_factor"))


@blueprint.post("/account/second-factor/confirm")
@limiter.limit(LOGIN_LIMIT)
def confirm_second_factor() -> ResponseReturnValue:
    """Put it into force by its first code, and show the recovery codes, once."""
    form = Form(shown=("code",))
    with form:
        codes = second_factors.confirm(actor(), _myself(), request.form.get("code", ""))
        return _page(Form(), codes)
    return _page(form), form.status


@blueprint.post("/account/second-factor/codes")
@limiter.limit(LOGIN_LIMIT)
def new_recovery_codes() -> ResponseReturnValue:
    """Replace the recovery codes and show the new ones, once."""
    form = Form(shown=("code",))
    with form:
        codes = second_factors.new_recovery_codes(actor(), _myself(), request.form.get("code", ""))
        return _page(Form(), codes)
    return _page(form), form.status


@blueprint.post("/account/second-factor/remove")
@limiter.limit(LOGIN_LIMIT)
def remove_second_factor() -> ResponseReturnValue:
    """Take it away, with a code of it."""
    form = Form(shown=("code",))
    with form:
        second_factors.remove(actor(), _myself(), request.form.get("code", ""))
        flash("The second factor is removed.", "success")
        return redirect(url_for("accounts.second_factor"))
    return _page(form), form.status


def _myself() -> User:
    user: User = current_user._get_current_object()
    return user


def _proof_page(form: Form, act: str, wanted: str) -> str:
    """With what was typed for the act (a path) at hand; `wanted` is the page of its form."""
    endpoint = identity_proof.endpoint_of(act)
    return render_template(
        "accounts/proof.html",
        form=form,
        act=act if endpoint else "",
        words=identity_proof.NEEDS_PROOF.get(endpoint, ""),
        kept=identity_proof.kept_fields() if endpoint else [],
        has_code=bool(_typed("code")),
        wanted=safe_next(wanted) if wanted else "",
        by_code=second_factors.is_enrolled(_myself().id),
        minutes=int(proofs.HOLDS.total_seconds() // 60),
    )


def _typed(name: str) -> str:
    return request.form.get(name, "")


def _page(form: Form, codes: Sequence[str] = ()) -> str:
    user = _myself()
    factor = second_factors.find(user)
    is_waiting = factor is not None and factor.confirmed_at is None
    return render_template(
        "accounts/second_factor.html",
        form=form,
        factor=factor,
        picture=second_factors.picture_of(user, factor) if factor and is_waiting else "",
        secret=second_factors.secret_of(factor) if factor and is_waiting else "",
        codes=codes,
        codes_left=second_factors.recovery_codes_left(user),
        is_needed=user.role.value in settings().roles_with_second_factor,
    )
