"""Triage of public tips, and the public code of a case."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import segno
from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.current import actor
from app.extensions import limiter
from app.inputs.tips import AcceptInput, MessageInput, TipFilter, TipOrder, TipQuery
from app.models import Tip
from app.models.cases import Reliability
from app.security import PICTURE_LIMIT
from app.sent_pictures import send_picture
from app.services.base import access, audit
from app.services.contributing import contributed_photos, tip_queue, tips, triage
from app.views.accounts import safe_next
from app.views.addresses import given_out
from app.views.cases import blueprint as cases_blueprint
from app.views.forms import Form
from app.views.presentation import tiles

blueprint = Blueprint("tips", __name__, url_prefix="/tips")

PER_PAGE = 20
_QUERY_FIELDS = ("show", "order", "case", "within_km", "within_hours", "only_matches", "page")


@blueprint.get("")
def index() -> str:
    """The queue: what waits for a person, the most similar first."""
    form = Form({name: value for name, value in request.args.items() if value.strip()})
    query = form.read(TipQuery)
    page = tip_queue.look_over(actor(), query, PER_PAGE)
    kept: dict[str, Any] = {
        name: value for name, value in form.values.items() if name in _QUERY_FIELDS[:-1] and value
    }
    return render_template(
        "tips/index.html",
        page=page,
        named=triage.cases_to_name(actor(), [entry.tip for entry in page.items]),
        form=form,
        query=query,
        kept=kept,
        back=url_for("tips.index", **kept, page=page.page),
        at=_whole(request.args.get("at", "")),
        decided=triage.find_decided(actor(), _whole(request.args.get("decided", "")) or 0),
        cases=triage.open_cases(actor()),
        filters=list(TipFilter),
        orders=list(TipOrder),
        reliabilities=list(Reliability),
    )


@blueprint.get("/<int:tip_id>")
def show(tip_id: int) -> str:
    """One tip with everything that came with it."""
    return _page(triage.look_at(actor(), tip_id), Form())


@blueprint.post("/<int:tip_id>/accept")
def accept(tip_id: int) -> ResponseReturnValue:
    """Take a tip into a case."""

    def do(form: Form) -> str:
        given = form.read(AcceptInput)
        tip = triage.accept(actor(), tip_id, given)
        where = "" if tip.latitude_deg is not None else " It has no place on the map."
        return f"{tip.number} is in case {given.case_number}, {given.reliability.value}.{where}"

    return _do(tip_id, do)


@blueprint.post("/<int:tip_id>/reject")
def reject(tip_id: int) -> ResponseReturnValue:
    """Put a tip aside; its faces are still compared with later cases."""
    return _do(tip_id, lambda _: _said(triage.reject(actor(), tip_id)))


@blueprint.post("/<int:tip_id>/spam")
def spam(tip_id: int) -> ResponseReturnValue:
    """Put a tip aside as spam; its faces are compared no more."""
    return _do(tip_id, lambda _: _said(triage.reject(actor(), tip_id, spam=True)))


@blueprint.post("/<int:tip_id>/undo")
def undo(tip_id: int) -> ResponseReturnValue:
    """Take the last decision back."""

    def do(_: Form) -> str:
        return f"{triage.undo(actor(), tip_id).number}: the decision is taken back."

    return _do(tip_id, do)


@blueprint.post("/<int:tip_id>/ask")
def ask(tip_id: int) -> ResponseReturnValue:
    """Send the sender a message."""

    def do(form: Form) -> str:
        triage.ask(actor(), tip_id, form.read(MessageInput))
        return "The message is sent. The sender sees it with number and secret word."

    return _do(tip_id, do)


@blueprint.get("/<int:tip_id>/pictures/<string(length=64):sha256>.jpg")
@limiter.limit(PICTURE_LIMIT)
def picture(tip_id: int, sha256: str) -> Response:
    """A photo of a tip, or a face in it, for those who may see the tip."""
    tip = triage.find_tip(actor(), tip_id)
    contributed_photos.require_picture(sha256, tip_id=tip.id)
    return send_picture(sha256)


@cases_blueprint.get("/cases/<number>/tips", endpoint="tips")
def of_case(number: str) -> str:
    """The case's public code for posters, and the tips that are about it."""
    case = access.require_case(actor(), number)
    audit.record(actor(), "tips.view", case=case)
    audit.commit()
    case = access.require_case(actor(), number)
    query = TipQuery(show=TipFilter.ALL, case=case.number, order=TipOrder.RECEIVED)
    address = given_out("tip.form_of_poster", code=case.tip_code or "-")
    return render_template(
        "cases/tips.html",
        case=case,
        page=tip_queue.list_tips(actor(), query, PER_PAGE),
        address=address,
        qr=segno.make(address, error="m").svg_data_uri(scale=4) if case.tip_code else "",
    )


@cases_blueprint.post("/cases/<number>/tip-code", endpoint="publish_tip_code")
def publish(number: str) -> ResponseReturnValue:
    """Give the case a public code."""
    with Form() as form:
        code = tips.publish_code(actor(), access.require_case(actor(), number))
        flash(f"The code is {code}. Print it, or its QR code, on posters.", "success")
    if form.sentence:
        flash(form.sentence, "error")
    return redirect(url_for("cases.tips", number=number))


@cases_blueprint.post("/cases/<number>/tip-code/withdraw", endpoint="withdraw_tip_code")
def withdraw(number: str) -> ResponseReturnValue:
    """Take the public code back."""
    tips.withdraw_code(actor(), access.require_case(actor(), number))
    flash("The code is withdrawn. Tips that name it are still taken, about nobody in particular.")
    return redirect(url_for("cases.tips", number=number))


def _whole(text: str) -> int | None:
    """A small number of the address; None for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 9 else None


def _said(tip: Tip) -> str:
    return f"{tip.number}: {tip.state.value}."


def _do(tip_id: int, action: Callable[[Form], str]) -> ResponseReturnValue:
    """Run one action, say what came of it, and go back to where the button was."""
    form = Form(request.form)
    with form:
        flash(action(form), "success")
    if form.sentence:
        flash(" ".join([form.sentence, *form.errors.values()]), "error")
    here = url_for("tips.show", tip_id=tip_id)
    back = safe_next(request.form.get("next", here))
    if "at" not in request.form:
        return redirect(back)
    # The queue gives the keys back to the card that is now where the decided one was.
    left = {"at": request.form["at"][:3]}
    if not form.sentence:
        left["decided"] = str(tip_id)
    return redirect(f"{back}{'&' if '?' in back else '?'}{urlencode(left)}")


def _page(tip: Tip, form: Form) -> str:
    matches = triage.matches_of(actor(), tip)
    return render_template(
        "tips/show.html",
        tip=tip,
        named=triage.cases_to_name(actor(), [tip]),
        matches=matches,
        form=form,
        cases=triage.open_cases(actor()),
        reliabilities=list(Reliability),
        tiles=tiles(),
    )
