"""What a case holds: reference photos, last-known locations, sweeps; in the cases' blueprint."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.current import actor, settings
from app.errors import PhotoRefused, Refused
from app.gate import can
from app.inputs import LocationChange, LocationInput, PhotoChange, PhotoInput, SweepInput
from app.models import Case, LastKnownLocationRow
from app.models.cases import TYPED_SOURCES, ReferencePhoto, Reliability
from app.outputs.searches import what_was_searched
from app.services.base import searchable, views_audit
from app.services.casework import cases, photos
from app.services.embeddings import age_thresholds, embedders
from app.services.exchange import duplicates
from app.services.inventory.recorders import AFTER_SEEN, BEFORE_SEEN
from app.services.places import locations
from app.services.searches import face_searches
from app.services.sweeping import sweeps
from app.views.cases import blueprint
from app.views.forms import Form
from app.views.presentation import wall_time

LOCATION_FIELDS = (
    "position",
    "address",
    "label",
    "seen_at",
    "uncertainty_m",
    "source",
    "reliability",
    "remarks",
)
SWEEP_FIELDS = ("window_start", "window_end", "radius_m", "limit", "note", "priority")


@blueprint.get("/cases/<number>/photos", endpoint="photos")
def show_photos(number: str) -> str:
    """The reference photos, and where more are handed in."""
    case = views_audit.look_at(actor(), cases.find_case(number), "photos")
    return _photos_page(case, Form())


@blueprint.post("/cases/<number>/photos")
def add_photo(number: str) -> ResponseReturnValue:
    """Hand in one photo; a refused one is shown with what was found drawn on it."""
    case = cases.find_case(number)
    form, marked = Form(request.form, shown=("taken",)), b""
    with form:
        try:
            file = _given_file("photo")
            given = form.read(PhotoInput, artificial=bool(form.value("artificial")))
            photo = photos.add_photo(actor(), case, file[1], file[0], given)
        except PhotoRefused as refusal:
            marked = refusal.marked_jpeg
            raise
        flash(_what_came_of(photo), "success")
        return redirect(url_for("cases.photos", number=number))
    return _photos_page(cases.find_case(number), form, marked), form.status


@blueprint.post("/cases/<number>/photos/<int:photo_id>")
def change_photo(number: str, photo_id: int) -> ResponseReturnValue:
    """Say when a photo was taken, and whether it is artificial."""
    form = Form(request.form, shown=("taken",))
    with form:
        change = form.read(PhotoChange, artificial=bool(form.value("artificial")))
        photos.change_photo(actor(), cases.find_case(number), photo_id, change)
        flash("What is known of the photo is changed.", "success")
        return redirect(url_for("cases.photos", number=number))
    case, status = cases.find_case(number), form.status
    problem = Form()
    problem.sentence = " ".join([form.sentence, *form.errors.values()])
    return _photos_page(case, problem), status


@blueprint.post("/cases/<number>/photos/<int:photo_id>/remove")
def remove_photo(number: str, photo_id: int) -> ResponseReturnValue:
    """Take a photo out of the gallery."""
    photos.remove_photo(actor(), cases.find_case(number), photo_id)
    flash("The photo is out of the gallery; sightings that it carried stay.", "success")
    return redirect(url_for("cases.photos", number=number))


@blueprint.get("/cases/<number>/locations", endpoint="locations")
def show_locations(number: str) -> str:
    """The last-known locations, inactive ones too, and a form that reads any notation."""
    case = views_audit.look_at(actor(), cases.find_case(number), "locations")
    return _locations_page(case, Form({"uncertainty_m": "50"}), None)


@blueprint.post("/cases/<number>/locations")
def add_location(number: str) -> ResponseReturnValue:
    """Enter a last-known location."""
    case = cases.find_case(number)
    form = Form(request.form, shown=LOCATION_FIELDS)
    with form:
        given = form.read(LocationInput, **_place_and_time(form, case))
        location = locations.add_location(actor(), case, given)
        flash(f"“{location.label}” is saved; the ranking follows.", "success")
        return redirect(url_for("cases.locations", number=number))
    return _locations_page(cases.find_case(number), form, None), form.status


@blueprint.route("/cases/<number>/locations/<int:location_id>", methods=["GET", "POST"])
def change_location(number: str, location_id: int) -> ResponseReturnValue:
    """Change a last-known location."""
    case = cases.find_case(number)
    location = locations.find_location(case, location_id)
    typed = request.form if request.method == "POST" else _as_typed(location, case)
    form = Form(typed, shown=LOCATION_FIELDS)
    if request.method == "POST":
        with form:
            change = form.read(LocationChange, **_place_and_time(form, case))
            locations.change_location(actor(), case, location_id, change)
            flash("The location is changed; the ranking follows.", "success")
            return redirect(url_for("cases.locations", number=number))
        case = cases.find_case(number)
    case = views_audit.look_at(actor(), case, "locations")
    location = locations.find_location(case, location_id)
    return _locations_page(case, form, location), form.status


@blueprint.post("/cases/<number>/locations/<int:location_id>/remove")
def remove_location(number: str, location_id: int) -> ResponseReturnValue:
    """Take a location out of the ranking."""
    location = locations.remove_location(actor(), cases.find_case(number), location_id)
    flash(f"“{location.label}” no longer ranks cameras; restore it below.", "success")
    return redirect(url_for("cases.locations", number=number))


@blueprint.post("/cases/<number>/locations/<int:location_id>/restore")
def restore_location(number: str, location_id: int) -> ResponseReturnValue:
    """Take a location into the ranking again."""
    location = locations.restore_location(actor(), cases.find_case(number), location_id)
    flash(f"“{location.label}” ranks cameras again.", "success")
    return redirect(url_for("cases.locations", number=number))


@blueprint.get("/cases/<number>/sweeps", endpoint="sweeps")
def show_sweeps(number: str) -> str:
    """The sweeps of a case, and a form to plan one."""
    case = views_audit.look_at(actor(), cases.find_case(number), "sweeps")
    return _sweeps_page(case, Form(_proposed_window(case)))


@blueprint.post("/cases/<number>/sweeps")
def plan_sweep(number: str) -> ResponseReturnValue:
    """Plan a sweep of the top of the ranking; start it if that was ticked."""
    case = cases.find_case(number)
    form = Form(request.form, shown=SWEEP_FIELDS)
    with form:
        sweep = sweeps.plan_sweep(actor(), case, _sweep_input(form, case))
        flash(f"Sweep {sweep.ordinal} is planned.", "success")
        if form.value("start_at_once"):
            report = sweeps.start_sweep(actor(), sweep)
            flash(report.note or f"{report.queued} visits are queued.", "message")
        return redirect(url_for("sweeps.show", sweep_id=sweep.id))
    return _sweeps_page(cases.find_case(number), form), form.status


def _given_file(name: str) -> tuple[str, bytes]:
    file = request.files.get(name)
    if file is None or not file.filename:
        raise Refused("Choose a file first.", {name: "no file was chosen"})
    return file.filename, file.read()


def _place_and_time(form: Form, case: Case) -> dict[str, object]:
    """Position from the typed text, or from the address where only that is given."""
    if not form.value("position").strip() and form.value("address").strip():
        found = locations.geocode(form.value("address").strip())
        if not found:
            raise Refused("The geocoder knows no such address.", {"address": "not found"})
        latitude_deg, longitude_deg = found[0].latitude_deg, found[0].longitude_deg
    else:
        point = form.point("position")
        latitude_deg, longitude_deg = point.latitude_deg, point.longitude_deg
    return {
        "latitude_deg": latitude_deg,
        "longitude_deg": longitude_deg,
        "seen_at": form.instant("seen_at", case.timezone),
    }


def _as_typed(location: LastKnownLocationRow, case: Case) -> dict[str, str]:
    return {
        "position": f"{location.latitude_deg:.6f}, {location.longitude_deg:.6f}",
        "label": location.label,
        "seen_at": wall_time(location.seen_at, case.timezone),
        "uncertainty_m": f"{location.uncertainty_m:g}",
        "source": location.source.value,
        "reliability": location.reliability.value,
        "remarks": location.remarks,
    }


def _proposed_window(case: Case) -> dict[str, str]:
    """From shortly before the subject was last seen until two hours later."""
    seen = [at for row in locations.list_locations(case) if (at := row.seen_at) is not None]
    latest = max(seen, default=datetime.now(UTC) - AFTER_SEEN)
    return {
        "window_start": wall_time(latest - BEFORE_SEEN, case.timezone)[:16],
        "window_end": wall_time(latest + AFTER_SEEN, case.timezone)[:16],
        "radius_m": "1000",
        "limit": "20",
        "priority": "normal",
    }


def _sweep_input(form: Form, case: Case) -> SweepInput:
    return form.read(
        SweepInput,
        window_start=_needed_instant(form, "window_start", case),
        window_end=_needed_instant(form, "window_end", case),
        only_with_footage=bool(form.value("only_with_footage")),
    )


def _needed_instant(form: Form, name: str, case: Case) -> datetime:
    instant = form.instant(name, case.timezone)
    if instant is None:
        raise Refused("A sweep needs a time window.", {name: "is required"})
    return instant


def _what_came_of(photo: ReferencePhoto) -> str:
    """That the photo is taken, and what the search of kept faces with it gave."""
    search = face_searches.search_of_photo(photo)
    if search is None:
        return "The photo is in the gallery."
    return (
        f"The photo is in the gallery. {what_was_searched(search)} "
        f"New candidates: {search.proposed}."
    )


def _photos_page(case: Case, form: Form, marked: bytes = b"") -> str:
    shown, model = photos.list_photos(case), embedders.newest()
    return render_template(
        "cases/photos.html",
        case=case,
        form=form,
        photos=shown,
        model=model,
        asked=age_thresholds.asked_today(case, shown, model) if model else {},
        only_artificial=photos.ONLY_ARTIFICIAL if photos.only_artificial(shown) else "",
        marked_picture=base64.b64encode(marked).decode("ascii"),
        max_mb=settings().max_photo_bytes // 2**20,
        duplicates=duplicates.find_duplicates(actor(), case).pairs
        if can("cases.duplicates")
        else [],
        closed_case_retention_days=settings().closed_case_retention_days,
    )


def _locations_page(case: Case, form: Form, changed: LastKnownLocationRow | None) -> str:
    return render_template(
        "cases/locations.html",
        case=case,
        form=form,
        changed=changed,
        places=locations.list_locations(case, include_inactive=True),
        geocoder=settings().geocoder,
        sources=[
            *TYPED_SOURCES,
            *([changed.source] if changed and changed.source not in TYPED_SOURCES else []),
        ],
        reliabilities=list(Reliability),
    )


def _sweeps_page(case: Case, form: Form) -> str:
    wanted = max(1, request.args.get("page", 1, type=int))
    page = sweeps.list_sweeps(actor(), case, None, wanted, 20)
    return render_template(
        "cases/sweeps.html",
        case=case,
        form=form,
        page=page,
        progress=sweeps.progress_of(page.items),
        basis_expired=searchable.basis_expired(case),
        only_artificial=photos.ONLY_ARTIFICIAL
        if photos.only_artificial(photos.list_photos(case))
        else "",
    )
