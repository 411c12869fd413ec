"""The page behind a request's upload link: for owners, without an account.

It says what is asked and shows nothing else of the case.
"""

from __future__ import annotations

from typing import Annotated

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from app.current import actor, settings
from app.errors import Refused
from app.extensions import limiter, sender_network
from app.inputs.fields import Input, OptionalText
from app.inputs.requests import DeliveryInput
from app.models import Delivery
from app.services.requests import deliveries, footage_requests
from app.views.forms import Form, read_wall_time

blueprint = Blueprint("deliveries", __name__)

PAGE_LIMIT = "60 per minute"
UNREADABLE = "The request is not readable. Load the page again and repeat."
PIECE_LIMIT = "600 per minute"


class Announced(Input):
    """A file as the page announces it: local wall time and its zone."""

    camera_id: int
    file_name: str
    size_bytes: int
    shown_at: str
    timezone: Annotated[str, Field(max_length=60)]
    clock_offset_s: float | None = None


class _Reason(Input):
    reason: OptionalText = ""


@blueprint.get("/deliver/<secret>")
@limiter.limit(PAGE_LIMIT, key_func=sender_network)
def show(secret: str) -> Response:
    """What is asked for, and where to hand it in."""
    asked = deliveries.open_link(secret)
    page = render_template(
        "deliver/show.html",
        asked=asked,
        zone=asked.case.timezone,
        secret=secret,
        piece_bytes=deliveries.PIECE_BYTES,
        most_bytes=settings().max_footage_bytes,
    )
    return _secretly(Response(page, mimetype="text/html"))


@blueprint.post("/deliver/<secret>/files")
@limiter.limit(PAGE_LIMIT, key_func=sender_network)
def announce(secret: str) -> Response:
    """Announce a file; the answer says from which byte on it is wanted."""
    asked = deliveries.open_link(secret)
    given = Form().read(Announced, **_json_object())
    delivery = deliveries.begin(
        actor(),
        asked,
        Form().read(
            DeliveryInput,
            camera_id=given.camera_id,
            file_name=given.file_name,
            size_bytes=given.size_bytes,
            shown_at=_shown_at(given),
            clock_offset_s=given.clock_offset_s,
        ),
    )
    return _state(delivery)


@blueprint.put("/deliver/<secret>/files/<int:delivery_id>")
@limiter.limit(PIECE_LIMIT, key_func=sender_network)
def add_piece(secret: str, delivery_id: int) -> Response:
    """One piece of a file; after the last one the whole is checked."""
    asked = deliveries.open_link(secret)
    offset = request.args.get("offset", -1, type=int)
    data = request.get_data(cache=False)
    number = min(delivery_id, 2**31 - 1)
    return _state(deliveries.add_piece(actor(), asked, number, offset, data))


@blueprint.post("/deliver/<secret>/finish")
@limiter.limit(PAGE_LIMIT, key_func=sender_network)
def finish(secret: str) -> ResponseReturnValue:
    """Everything was sent: the link ends."""
    asked = deliveries.open_link(secret)
    deliveries.finish(actor(), asked)
    return _secretly(Response(render_template("deliver/thanks.html", asked=asked)))


@blueprint.post("/deliver/<secret>/decline")
@limiter.limit(PAGE_LIMIT, key_func=sender_network)
def decline(secret: str) -> ResponseReturnValue:
    """There is nothing to hand over."""
    asked = deliveries.open_link(secret)
    with Form(request.form) as form:
        given = form.read(_Reason)
        footage_requests.decline(actor(), asked, given.reason)
        return _secretly(Response(render_template("deliver/thanks.html", asked=asked)))
    return redirect(url_for("deliveries.show", secret=secret))


def _json_object() -> dict[str, object]:
    try:
        given = request.get_json(silent=True)
    except RecursionError as error:
        raise Refused(UNREADABLE) from error
    if not isinstance(given, dict):
        raise Refused(UNREADABLE)
    return {str(name): value for name, value in given.items()}


def _shown_at(given: Announced) -> object:
    shown_at = read_wall_time(given.shown_at, given.timezone, "shown_at")
    if shown_at is None:
        raise Refused(
            "Say what the camera's clock shows at the start of the file.",
            {"shown_at": "is required"},
        )
    return shown_at


def _state(delivery: Delivery) -> Response:
    return jsonify(
        id=delivery.id,
        state=delivery.state.value,
        received_bytes=delivery.received_bytes,
        sha256=delivery.sha256,
    )


def _secretly(response: Response) -> Response:
    """The address is the secret: no search engine may list it (nor does it leave as a referrer)."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
