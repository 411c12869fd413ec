"""Requests to owners for footage: asking, the letter, what came, sweeping it."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.current import actor, settings
from app.errors import Refused
from app.inputs.fields import Input, Page
from app.inputs.requests import RequestInput, RequestLinkInput
from app.models import CameraRow, Case, RequestState
from app.services.base import access, views_audit
from app.services.inventory import cameras, recorders
from app.services.requests import footage_requests, request_letter
from app.services.requests.footage_requests import MadeRequest
from app.views.addresses import given_out
from app.views.forms import Form, read_query, read_wall_time
from app.views.presentation import wall_time

blueprint = Blueprint("footage_requests", __name__)

REQUESTS_PER_PAGE = 50
FIELDS = (
    "window_start", "window_end", "owner", "owner_email", "contact", "legal_basis", "message",
    "link_days", "camera_ids",
)  # fmt: skip
OTHERS_WITHIN = timedelta(days=30)
OTHERS_NEAR_M = 2000.0
_MADE_LINK = "made_link"
"""In the session: a link that was just made, shown on the next page and then forgotten."""


class RequestsQuery(Input):
    """Requests by state."""

    state: RequestState | None = None
    page: Page = 1


class NewQuery(Input):
    """What a new request is about, from wherever it was clicked."""

    case: str
    camera: int
    window_start: str = ""
    window_end: str = ""


@blueprint.get("/requests")
def index() -> str:
    """Requests for all cases, the newest first."""
    query = read_query(RequestsQuery)
    page = footage_requests.list_requests(actor(), None, query.state, query.page, REQUESTS_PER_PAGE)
    return render_template("requests/index.html", page=page, query=query, states=list(RequestState))


@blueprint.get("/requests/new")
def new() -> str:
    """A form for one camera, and for others of the same owner."""
    query = read_query(NewQuery)
    case = access.require_case(actor(), query.case)
    camera = cameras.find_camera(query.camera)
    typed = {
        "case": case.number,
        "camera": str(camera.id),
        "window_start": _wall(query.window_start, case),
        "window_end": _wall(query.window_end, case),
        "owner": camera.owner,
        "owner_email": camera.owner_contact if "@" in camera.owner_contact else "",
        "contact": f"{current_user.name}, {current_user.email}",
        "legal_basis": case.legal_basis,
        "link_days": "7",
        "sweep_at_once": "1",
    }
    return _form_page(case, camera, Form(typed), frozenset({camera.id}))


@blueprint.post("/requests")
def create() -> ResponseReturnValue:
    """Make the request; its link is shown once, on the next page."""
    form = Form(request.form, shown=FIELDS)
    case = access.require_case(actor(), form.value("case"))
    chosen = frozenset(request.form.getlist("camera_ids", type=int))
    with form:
        given = form.read(
            RequestInput,
            camera_ids=tuple(sorted(chosen)),
            window_start=_needed(form, "window_start", case),
            window_end=_needed(form, "window_end", case),
            sweep_at_once=bool(form.value("sweep_at_once")),
            send_mail=bool(form.value("send_mail")),
        )
        return _to(footage_requests.create_request(actor(), case, given))
    camera = cameras.find_camera(request.form.get("camera", 0, type=int))
    return _form_page(case, camera, form, chosen), form.status


@blueprint.get("/requests/<int:request_id>")
def show(request_id: int) -> str:
    """What was asked, how it stands, and what came."""
    asked = footage_requests.find_request(request_id)
    views_audit.look_at(actor(), asked.case, "request")
    made_for, secret = session.pop(_MADE_LINK, (0, ""))
    link = _link(secret) if made_for == request_id else ""
    return render_template(
        "requests/show.html",
        asked=asked,
        case=asked.case,
        secret=secret if link else "",
        link=link,
        qr=request_letter.qr_svg(link) if link else "",
        can_mail=bool(settings().base_url and settings().mail_host),
    )


@blueprint.route("/requests/<int:request_id>/letter.pdf", methods=["GET", "POST"])
def letter(request_id: int) -> Response:
    """The letter to print; with the link only while that is known, right after it was made."""
    asked = footage_requests.find_request(request_id)
    secret = request.form.get("secret", "")
    is_right = bool(secret) and footage_requests.digest(secret) == asked.token_sha256
    page = request_letter.letter_of(asked, _link(secret) if is_right else "")
    views_audit.look_at(actor(), asked.case, "request_letter")
    answer = Response(
        request_letter.letter_pdf(page, settings().font_dir), mimetype="application/pdf"
    )
    answer.headers["Content-Disposition"] = f'inline; filename="request-{asked.number}.pdf"'
    return answer


@blueprint.post("/requests/<int:request_id>/link")
def renew(request_id: int) -> ResponseReturnValue:
    """Make a new upload link; the one before ends."""
    with Form(request.form) as form:
        asked = footage_requests.find_request(request_id)
        given = form.read(RequestLinkInput, send_mail=bool(form.value("send_mail")))
        made = footage_requests.renew_link(
            actor(), asked, given.link_days, send_mail=given.send_mail
        )
        return _to(made)
    return _back(request_id, form)


@blueprint.post("/requests/<int:request_id>/withdraw")
def withdraw(request_id: int) -> ResponseReturnValue:
    """End the link; what came stays."""
    with Form() as form:
        footage_requests.withdraw(actor(), footage_requests.find_request(request_id))
        flash("The link has ended; what came stays.", "success")
    return _back(request_id, form)


@blueprint.post("/requests/<int:request_id>/decline")
def decline(request_id: int) -> ResponseReturnValue:
    """Note that the owner has nothing to give."""
    with Form(request.form) as form:
        asked = footage_requests.find_request(request_id)
        footage_requests.decline(actor(), asked, form.value("reason"))
        flash("The request is noted as declined.", "success")
    return _back(request_id, form)


@blueprint.post("/requests/<int:request_id>/sweep")
def sweep(request_id: int) -> ResponseReturnValue:
    """Sweep what came, before everything else."""
    with Form() as form:
        asked = footage_requests.find_request(request_id)
        made = footage_requests.sweep_request(actor(), asked)
        return redirect(url_for("sweeps.show", sweep_id=made.id))
    return _back(request_id, form)


def _to(made: MadeRequest) -> ResponseReturnValue:
    session[_MADE_LINK] = (made.request.id, made.secret)
    return redirect(url_for("footage_requests.show", request_id=made.request.id))


def _link(secret: str) -> str:
    """The upload link as it is given out."""
    return given_out("deliveries.show", secret=secret)


def _wall(text: str, case: Case) -> str:
    instant = read_wall_time(text, case.timezone)
    return wall_time(instant, case.timezone)[:16]


def _needed(form: Form, name: str, case: Case) -> object:
    instant = form.instant(name, case.timezone)
    if instant is None:
        raise Refused("A request needs a time window.", {name: "is required"})
    return instant


def _form_page(case: Case, camera: CameraRow, form: Form, chosen: frozenset[int]) -> str:
    near = recorders.endangered(actor(), OTHERS_WITHIN, OTHERS_NEAR_M, per_page=200).items
    return render_template(
        "requests/new.html",
        case=case,
        camera=camera,
        others=footage_requests.others_of_owner(camera, near),
        chosen=chosen,
        form=form,
        can_mail=bool(settings().base_url and settings().mail_host),
    )


def _back(request_id: int, form: Form) -> ResponseReturnValue:
    """To the request; a refusal is said there."""
    if form.sentence:
        flash(form.sentence, "error")
    return redirect(url_for("footage_requests.show", request_id=request_id))
