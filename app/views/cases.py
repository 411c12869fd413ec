"""Cases: the list, opening and changing them, and the case map."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import cast

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.current import actor, settings
from app.errors import Refused
from app.gate import can
from app.inputs import CaseChange, CaseInput, CaseQuery, SightingQuery
from app.models import Case
from app.models.cases import TYPED_SOURCES, Reliability, SubjectCategory
from app.outputs.base import JSON
from app.services.base import live, searchable, views_audit
from app.services.casework import cases, photos
from app.services.governance import photo_retention
from app.services.places import locations
from app.services.places.speeds import speeds_of
from app.services.reviews import sightings
from app.views.forms import Form, read_query, read_wall_time
from app.views.presentation import tiles, wall_time
from app.views.start import Start, start_of_map

blueprint = Blueprint("cases", __name__)

USUAL_BASIS = timedelta(days=30)
"""What the form proposes as the term of a legal basis."""

CASE_FIELDS = (
    "number",
    "purpose",
    "legal_basis",
    "legal_basis_expires_at",
    "subject_name",
    "subject_age_years",
    "subject_category",
    "subject_clothing",
    "subject_remarks",
    "reviews_needed",
    "timezone",
    "made_up",
    "restricted",
)


@blueprint.get("/cases")
def index() -> str:
    """All cases, searched and filtered."""
    query = read_query(CaseQuery)
    return render_template("cases/index.html", page=cases.list_cases(actor(), query), query=query)


@blueprint.route("/cases/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Open a case."""
    form = Form(request.form if request.method == "POST" else proposed(), shown=CASE_FIELDS)
    if request.method == "POST":
        with form:
            opened = cases.open_case(actor(), _case_input(form))
            flash(f"Case {opened.number} is open. Next: a reference photo and a place.", "success")
            return redirect(url_for("cases.photos", number=opened.number))
    return _form_page(form, None), form.status


@blueprint.route("/cases/<number>/edit", methods=["GET", "POST"])
def edit(number: str) -> ResponseReturnValue:
    """Change the subject, the purpose or the legal basis."""
    case = cases.find_case(number)
    form = Form(request.form if request.method == "POST" else _as_typed(case), shown=CASE_FIELDS)
    if request.method == "POST":
        with form:
            cases.change_case(actor(), case, form.read(CaseChange, **times(form)))
            flash("The case is changed.", "success")
            return redirect(url_for("cases.show", number=number))
    return _form_page(form, cases.find_case(number)), form.status


@blueprint.get("/cases/<number>")
def show(number: str) -> str:
    """The case map. Its data comes over the API; the cursor says from when the live feed counts."""
    cursor = live.newest_cursor()
    case = views_audit.look_at(actor(), cases.find_case(number), "case")
    places = locations.list_locations(case)
    return render_template(
        "cases/show.html",
        case=case,
        counts=cases.case_counts(case),
        basis_expired=searchable.basis_expired(case),
        only_artificial=photos.ONLY_ARTIFICIAL,
        geocoder=settings().geocoder,
        sources=list(TYPED_SOURCES),
        reliabilities=list(Reliability),
        map_data=_map_data(case, cursor, start_of_map(places)),
    )


@blueprint.get("/cases/<number>/wall")
def wall(number: str) -> str:
    """The case on a wall: map, last sightings, progress and a clock, and nothing to press."""
    cursor = live.newest_cursor()
    case = views_audit.look_at(actor(), cases.find_case(number), "wall")
    map_data = _map_data(case, cursor, start_of_map(locations.list_locations(case)))
    return render_template("cases/wall.html", case=case, map_data=map_data)


@blueprint.get("/cases/<number>/sightings", endpoint="sightings")
def list_sightings(number: str) -> str:
    """All sightings of a case as cards."""
    case = views_audit.look_at(actor(), cases.find_case(number), "sightings")
    query = read_query(SightingQuery)
    page = sightings.list_sightings(case, query)
    return render_template("cases/sightings.html", case=case, page=page, query=query)


@blueprint.post("/cases/<number>/close")
def close(number: str) -> ResponseReturnValue:
    """Close a case; its searches end at once."""
    cases.close_case(actor(), cases.find_case(number))
    flash(f"Case {number} is closed: no footage is searched for it any more.", "success")
    return redirect(url_for("cases.show", number=number))


@blueprint.post("/cases/<number>/reopen")
def reopen(number: str) -> ResponseReturnValue:
    """Open a closed case again."""
    case = cases.find_case(number)
    form = Form()
    with form:
        cases.reopen_case(actor(), case)
        flash(f"Case {number} is open again.", "success")
        if case.photos_purged_at is not None:
            flash(photo_retention.GONE, "warning")
    if form.sentence:
        flash(form.sentence, "error")
    return redirect(url_for("cases.edit" if form.sentence else "cases.show", number=number))


def _case_input(form: Form) -> CaseInput:
    made_up = bool(form.value("made_up"))
    restricted = bool(form.value("restricted"))
    return form.read(CaseInput, **times(form), made_up=made_up, restricted=restricted)


def times(form: Form, zone: str = "") -> dict[str, object]:
    """The expiry on a wall clock of `zone`, else of the one that stands in the same form."""
    zone = zone or form.value("timezone") or settings().default_timezone
    expires = read_wall_time(form.value("legal_basis_expires_at"), zone, "legal_basis_expires_at")
    if expires is None:
        raise Refused("One field needs a value.", {"legal_basis_expires_at": "is required"})
    return {"legal_basis_expires_at": expires, "timezone": zone}


def proposed() -> dict[str, str]:
    """What the form for a new case holds before anybody types."""
    zone = settings().default_timezone
    return {
        "restricted": "1" if settings().cases_restricted_by_default else "",
        "timezone": zone,
        "legal_basis_expires_at": wall_time(datetime.now(UTC) + USUAL_BASIS, zone)[:16],
    }


def _as_typed(case: Case) -> dict[str, str]:
    values = {
        name: str(value)
        for name in CASE_FIELDS
        if (value := getattr(case, name)) is not None and not isinstance(value, bool | datetime)
    }
    expires = wall_time(case.legal_basis_expires_at, case.timezone)
    return {**values, "legal_basis_expires_at": expires}


def _form_page(form: Form, case: Case | None) -> str:
    return render_template(
        "cases/form.html",
        form=form,
        case=case,
        categories=list(SubjectCategory),
        reviews_needed=settings().reviews_needed,
    )


def _map_data(case: Case, cursor: int, start: Start) -> dict[str, JSON]:
    return {
        "number": case.number,
        "timezone": case.timezone,
        "cursor": cursor,
        "start": {"latitude_deg": start.latitude_deg, "longitude_deg": start.longitude_deg},
        "tiles": cast(JSON, tiles()),
        "speeds": {
            "walking_m_per_s": speeds_of(case).walking_m_per_s,
            "vehicle_m_per_s": speeds_of(case).vehicle_m_per_s,
        },
        "persons": _marks_of_persons(case),
        "can": cast(
            JSON,
            {
                "review": can("api_sightings.review_sighting"),
                "sighting": can("sightings.show"),
                "locate": can("api_locations.add_location"),
                "sweep": can("api_sweeps.start_sweep"),
                "cameras": can("cameras.show"),
            },
        ),
    }


def _marks_of_persons(case: Case) -> str | None:
    """Where the map asks for persons of interest; None without the right to them."""
    if not can("api_persons.show_marks"):
        return None
    return url_for("api_persons.show_marks", number=case.number)
