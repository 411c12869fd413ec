"""Partners: found, unidentified persons of their own organisation. Nothing of any case is here."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from app.current import actor, settings
from app.extensions import limiter
from app.inputs.fields import Input, Page
from app.inputs.tips import CloseInput, FoundInput, zone_or
from app.models import FoundPerson, FoundState, Sex
from app.security import PICTURE_LIMIT, permissions_policy
from app.sent_pictures import send_picture
from app.services.contributing import contributed_photos, found, public_forms
from app.views.forms import Form, read_query
from app.views.presentation import wall_time

blueprint = Blueprint("found", __name__, url_prefix="/found")

PER_PAGE = 20
FIELDS = (
    "photos",
    "photo",
    "found_at",
    "place",
    "position",
    "age_from_years",
    "age_to_years",
    "sex",
    "languages",
    "clothing",
    "marks",
    "condition",
    "whereabouts",
    "contact",
)


class ListQuery(Input):
    """A page of the list."""

    page: Page = 1


@blueprint.get("")
def index() -> str:
    """The entries of the partner's organisation."""
    page = found.list_entries(current_user, read_query(ListQuery).page, PER_PAGE)
    return render_template(
        "found/index.html", page=page, contacted=found.will_be_contacted(page.items)
    )


@blueprint.get("/new")
def new() -> str:
    """The form for a found person."""
    now = wall_time(datetime.now(UTC), settings().default_timezone)[:16]
    zone = settings().default_timezone
    return _form_page(Form({"found_at": now, "timezone": zone, "sex": "unknown"}), None)


@blueprint.post("/new")
def register() -> ResponseReturnValue:
    """Register a found person."""
    form = Form(request.form, shown=FIELDS)
    with form:
        stamp = public_forms.read_stamp(form.value("stamp"), "")
        files = _files()
        entry = found.register(actor(), current_user, stamp, _given(form), files)
        flash(f"{entry.number} is registered. Its photos are compared with open cases now.")
        return redirect(url_for("found.show", found_id=entry.id))
    return _form_page(form, None), form.status


@blueprint.get("/<int:found_id>")
def show(found_id: int) -> str:
    """One entry."""
    entry = found.find_entry(current_user, found_id)
    return render_template(
        "found/show.html",
        entry=entry,
        contacted=entry.id in found.will_be_contacted([entry]),
        most_photos=contributed_photos.MOST_PHOTOS,
        endings=[state for state in FoundState if state is not FoundState.OPEN],
        form=Form(),
    )


@blueprint.route("/<int:found_id>/edit", methods=["GET", "POST"])
def change(found_id: int) -> ResponseReturnValue:
    """Change an entry."""
    entry = found.find_entry(current_user, found_id)
    form = Form(request.form if request.method == "POST" else _as_typed(entry), shown=FIELDS)
    if request.method == "POST":
        with form:
            found.change(actor(), current_user, found_id, _given(form))
            flash("The entry is changed.", "success")
            return redirect(url_for("found.show", found_id=found_id))
        entry = found.find_entry(current_user, found_id)
    return _form_page(form, entry), form.status


@blueprint.post("/<int:found_id>/photos")
def add_photos(found_id: int) -> ResponseReturnValue:
    """Add photos to an entry."""
    with Form() as form:
        found.add_photos(actor(), current_user, found_id, _files())
        flash("The photos are added and compared with open cases now.", "success")
    return _back(found_id, form)


@blueprint.post("/<int:found_id>/close")
def close(found_id: int) -> ResponseReturnValue:
    """Close an entry."""
    with Form(request.form) as form:
        entry = found.close(actor(), current_user, found_id, form.read(CloseInput))
        flash(f"{entry.number} is closed: {entry.state.value}. It can be opened again.", "success")
    return _back(found_id, form)


@blueprint.post("/<int:found_id>/reopen")
def reopen(found_id: int) -> ResponseReturnValue:
    """Undo the closing."""
    with Form() as form:
        found.reopen(actor(), current_user, found_id)
        flash("The entry is open again, and compared with open cases.", "success")
    return _back(found_id, form)


@blueprint.get("/<int:found_id>/pictures/<string(length=64):sha256>.jpg")
@limiter.limit(PICTURE_LIMIT)
def picture(found_id: int, sha256: str) -> Response:
    """A photo of an entry of the partner's organisation."""
    entry = found.find_entry(current_user, found_id)
    contributed_photos.require_picture(sha256, found_person_id=entry.id)
    return send_picture(sha256)


def _files() -> list[bytes]:
    return [file.read() for file in request.files.getlist("photos") if file.filename]


def _given(form: Form) -> FoundInput:
    zone = zone_or(form.value("timezone"), settings().default_timezone)
    point = form.point("position") if form.value("position").strip() else None
    return form.read(
        FoundInput,
        timezone=zone,
        found_at=form.instant("found_at", zone),
        latitude_deg=point.latitude_deg if point else None,
        longitude_deg=point.longitude_deg if point else None,
    )


def _as_typed(entry: FoundPerson) -> dict[str, str]:
    position = ""
    if entry.latitude_deg is not None and entry.longitude_deg is not None:
        position = f"{entry.latitude_deg:.6f}, {entry.longitude_deg:.6f}"
    return {
        "found_at": wall_time(entry.found_at, entry.timezone),
        "timezone": entry.timezone,
        "place": entry.place,
        "position": position,
        "age_from_years": str(entry.age_from_years),
        "age_to_years": str(entry.age_to_years),
        "sex": entry.sex.value,
        "languages": entry.languages,
        "clothing": entry.clothing,
        "marks": entry.marks,
        "condition": entry.condition,
        "whereabouts": entry.whereabouts,
        "contact": entry.contact,
    }


def _form_page(form: Form, entry: FoundPerson | None) -> str:
    return render_template(
        "found/form.html",
        form=form,
        entry=entry,
        stamp=public_forms.new_stamp(),
        sexes=list(Sex),
        most_photos=contributed_photos.MOST_PHOTOS,
        organisation=current_user.organisation,
    )


# Only where a person is entered may the page ask for the device's position, on a tap.
_WITH_POSITION = {"permissions_policy": permissions_policy(geolocation="(self)")}
new.talisman_view_options = _WITH_POSITION  # type: ignore[attr-defined]
register.talisman_view_options = _WITH_POSITION  # type: ignore[attr-defined]
change.talisman_view_options = _WITH_POSITION  # type: ignore[attr-defined]


def _back(found_id: int, form: Form) -> ResponseReturnValue:
    if form.sentence:
        flash(" ".join([form.sentence, *form.errors.values()]), "error")
    return redirect(url_for("found.show", found_id=found_id))
