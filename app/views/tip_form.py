"""What the public sees: the tip form, and the way back to one's own tip. No account is needed."""

from __future__ import annotations

import time
from dataclasses import asdict

from flask import Blueprint, Response, jsonify, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from app import public_door, senders
from app.current import actor, settings
from app.errors import NotFound
from app.extensions import limiter, sender_network
from app.inputs.tips import MessageInput, TipInput, zone_or
from app.models import Tip
from app.security import permissions_policy
from app.services.contributing import form_work, public_forms, tips
from app.services.contributing.contributed_photos import MOST_PHOTOS
from app.services.contributing.tips import NewTip
from app.services.inventory.roads import road_layer
from app.services.mapping import road_tiles
from app.services.mapping.tiles import TileAddress
from app.services.places import gazetteer
from app.views.forms import Form
from app.views.tiles import TILE_TYPE

blueprint = Blueprint("tip", __name__, url_prefix="/tip")

READY_LIMIT = "60 per 10 minutes"
SUGGEST_LIMIT = "120 per minute"
STREETS_LIMIT = "1200 per minute"
OPEN_FOR_S = 2 * 3600
STREETS_SECONDS = 24 * 3600
FIELDS = ("photos", "photo", "place", "seen_at", "remarks", "contact")
_COOKIE = "tip"


@blueprint.get("")
def form() -> str:
    """The form, about nobody in particular."""
    return _page(Form(_untouched()))


@blueprint.get("/p/<string(maxlength=20):code>")
def form_of_poster(code: str) -> str:
    """The form that a poster's code leads to. It shows nothing of the case, and whether the code
    is in force neither.
    """
    plain = public_forms.plain_number(code)
    return _page(Form({**_untouched(), "poster_code": plain}))


@blueprint.post("")
def hand_in() -> ResponseReturnValue:
    """Take a tip, and show its number and secret word; the same form again shows them again.

    What `app.public_door` refuses never comes here; the form's stamp stands in the address.
    """
    typed = Form(request.form, shown=FIELDS)
    with typed:
        stamp = public_forms.read_stamp(request.args.get("stamp", ""), typed.value("website"))
        before = senders.sent_with(stamp.form_id)
        if before is not None:
            senders.note_sent(stamp.form_id)
            return _thanks(before)
        zone = zone_or(typed.value("timezone"), settings().default_timezone)
        given = typed.read(
            TipInput,
            timezone=zone,
            seen_at=typed.instant("seen_at", zone),
            by_device=typed.value("by_device") == "1",
            use_photo_time=typed.value("use_photo_time") == "1",
            use_photo_place=typed.value("use_photo_place") == "1",
        )
        files = [file.read() for file in request.files.getlist("photos") if file.filename]
        secret = senders.secret_for(stamp.form_id)
        new = tips.hand_in(actor(), stamp, given, files, secret)
        senders.note_sent(stamp.form_id)
        return _thanks(new), 201
    return _page(typed), typed.status


@blueprint.get("/sent")
def sent() -> ResponseReturnValue:
    """The thanks for what this browser sent last, when its page is loaded again."""
    new = senders.sent_last()
    return _thanks(new) if new else redirect(url_for("tip.sign_in"))


@blueprint.get("/ready")
@limiter.limit(READY_LIMIT, key_func=sender_network)
def ready() -> Response:
    """What this form has to do before it is sent, so that nobody uploads photos in vain."""
    size_bytes = request.args.get("bytes", 0, int)
    found = public_door.readiness(request.args.get("stamp", ""), size_bytes)
    return jsonify(asdict(found))


@blueprint.get("/answer")
def sign_in() -> str:
    """Where number and secret word open a tip again."""
    return render_template("tip/answer.html", form=Form())


@blueprint.post("/answer")
def open_tip() -> ResponseReturnValue:
    """Open a tip with its number and secret word."""
    typed = Form({"number": request.form.get("number", "")})
    with typed:
        secret = request.form.get("secret", "")
        tip = tips.open_with_secret(actor(), typed.value("number"), secret)
        session[_COOKIE] = [tip.id, tips.cookie_key(tip), int(time.time())]
        return redirect(url_for("tip.mine"))
    return render_template("tip/answer.html", form=typed), typed.status


@blueprint.get("/mine")
def mine() -> ResponseReturnValue:
    """The opened tip: what its state is, and messages."""
    tip = _own_tip()
    if tip is None:
        return redirect(url_for("tip.sign_in"))
    return _own_page(tip, Form())


@blueprint.post("/mine")
def say_more() -> ResponseReturnValue:
    """Add a message to the opened tip."""
    tip = _own_tip()
    if tip is None:
        return redirect(url_for("tip.sign_in"))
    typed = Form(request.form, shown=("text",))
    with typed:
        tips.say_more(actor(), tip, typed.read(MessageInput))
        return redirect(url_for("tip.mine"))
    found = _own_tip()
    return (_own_page(found, typed) if found else ""), typed.status


@blueprint.post("/leave")
def leave() -> ResponseReturnValue:
    """Forget the opened tip in this browser, as on a borrowed phone."""
    session.pop(_COOKIE, None)
    senders.forget()
    return redirect(url_for("tip.sign_in"))


@blueprint.get("/places")
@limiter.limit(SUGGEST_LIMIT, key_func=sender_network)
def places() -> Response:
    """Names of imported places that hold what was typed."""
    found = gazetteer.suggest(request.args.get("q", "")[:100])
    return jsonify(
        [
            {
                "name": place.name,
                "kind": place.kind,
                "latitude_deg": place.latitude_deg,
                "longitude_deg": place.longitude_deg,
            }
            for place in found
        ]
    )


@blueprint.get("/streets/<int:z>/<int:x>/<int:y>.mvt")
@limiter.limit(STREETS_LIMIT, key_func=sender_network)
def streets(z: int, x: int, y: int) -> Response:
    """Imported streets and places for the form's map; nothing else of any map is public."""
    if not settings().tip_public_map:
        raise NotFound("This installation shows no public map.")
    tile, version = road_tiles.road_tile(TileAddress.of(z, x, y))
    response = Response(tile.data, mimetype=TILE_TYPE)
    response.set_etag(tile.etag)
    response.cache_control.private = True
    if version and request.args.get("v") == version:
        response.cache_control.max_age = STREETS_SECONDS
    else:
        response.cache_control.no_cache = True
    response.make_conditional(request)
    return response


def _own_tip() -> Tip | None:
    """The tip that this browser has opened, unless that was too long ago or it is gone."""
    held = session.get(_COOKIE)
    if not isinstance(held, list) or len(held) != 3 or time.time() - held[2] > OPEN_FOR_S:
        return None
    try:
        return tips.find_own(held[0], held[1])
    except NotFound:
        session.pop(_COOKIE, None)
        return None


def _thanks(new: NewTip) -> str:
    return render_template("tip/thanks.html", new=new, tip=new.tip)


def _own_page(tip: Tip, typed: Form) -> str:
    return render_template(
        "tip/mine.html",
        tip=tip,
        state=tips.state_for_sender(tip),
        messages=tip.messages,
        form=typed,
    )


def _untouched() -> dict[str, str]:
    return {
        "timezone": settings().default_timezone,
        "use_photo_time": "1",
        "use_photo_place": "1",
    }


def _page(typed: Form) -> str:
    senders.prepare()
    return render_template(
        "tip/form.html",
        form=typed,
        stamp=public_forms.new_stamp(),
        served_at=int(time.time()),
        wait_without_script_s=public_door.SLOW_S if form_work.bits_now() else 0,
        is_full=tips.is_full(),
        full_sentence=tips.full_sentence(),
        phone=settings().tip_phone,
        most_photos=MOST_PHOTOS,
        retention_days=settings().tip_retention_days,
        map_data=_map_data(),
    )


def _map_data() -> dict[str, object] | None:
    """What the form's map needs: only this server's own streets, so that nobody else learns who
    looks at which place. None where there are none.
    """
    layer = road_layer() if settings().tip_public_map else None
    middle = gazetteer.middle() if layer else None
    if layer is None or middle is None:
        return None
    roads = {
        "version": layer.version,
        "attributions": list(layer.attributions),
        "address": "/tip/streets",
    }
    return {
        "latitude_deg": middle.latitude_deg,
        "longitude_deg": middle.longitude_deg,
        "tiles": {"url": "", "attribution": "", "roads": roads},
    }


# Only these pages may ask the device for its position, and only when a person taps the button.
_WITH_POSITION = {"permissions_policy": permissions_policy(geolocation="(self)")}
form.talisman_view_options = _WITH_POSITION  # type: ignore[attr-defined]
form_of_poster.talisman_view_options = _WITH_POSITION  # type: ignore[attr-defined]
hand_in.talisman_view_options = _WITH_POSITION  # type: ignore[attr-defined]
