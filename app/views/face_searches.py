"""Searching kept faces for a case, its threshold and its legal hold; in the cases' blueprint."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.current import actor
from app.inputs import CaseChange, FaceSearchInput, FaceSearchQuery
from app.models import Case
from app.outputs.searches import what_was_searched
from app.services.base import searchable, views_audit
from app.services.casework import cases, photos
from app.services.embeddings import embedders
from app.services.places import locations
from app.services.searches import face_searches
from app.views.cases import blueprint
from app.views.forms import Form, read_query

PER_PAGE = 10
METRES_PER_KM = 1000.0
SEARCH_FIELDS = ("radius_km", "since", "until", "limit", "purpose")


@blueprint.get("/cases/<number>/search", endpoint="face_searches")
def show_searches(number: str) -> str:
    """What was searched before, and the form for a new search."""
    case = views_audit.look_at(actor(), cases.find_case(number), "face_searches")
    return _page(case, Form({"limit": "50"}))


@blueprint.post("/cases/<number>/search")
def search_faces(number: str) -> ResponseReturnValue:
    """Search, and show what came up."""
    case = cases.find_case(number)
    form = Form(request.form, shown=SEARCH_FIELDS)
    with form:
        search = face_searches.search_faces(actor(), case, _input(form, case))
        return redirect(url_for("cases.face_search", number=number, search_id=search.id))
    return _page(cases.find_case(number), form), form.status


@blueprint.get("/cases/<number>/search/<int:search_id>", endpoint="face_search")
def show_search(number: str, search_id: int) -> str:
    """One search: what was looked at, and the faces that came up."""
    case = views_audit.look_at(actor(), cases.find_case(number), "face_search")
    search = face_searches.find_search(case, search_id)
    return render_template(
        "cases/face_search.html",
        case=case,
        search=search,
        sentence=what_was_searched(search),
        found=face_searches.results_of(search),
    )


@blueprint.post("/cases/<number>/threshold")
def set_threshold(number: str) -> ResponseReturnValue:
    """Raise the threshold for this case, or take the raise back."""
    case = cases.find_case(number)
    form = Form(request.form, shown=("threshold_raise",))
    with form:
        cases.change_case(actor(), case, form.read(CaseChange))
        flash("The threshold of this case is changed, for what is found from now on.", "success")
        return redirect(url_for("cases.face_searches", number=number))
    return _page(cases.find_case(number), form), form.status


@blueprint.post("/cases/<number>/hold")
def set_hold(number: str) -> ResponseReturnValue:
    """Set or lift the legal hold."""
    case = cases.find_case(number)
    form = Form(request.form)
    with form:
        wanted = bool(form.value("legal_hold"))
        cases.change_case(actor(), case, form.read(CaseChange, legal_hold=wanted))
        flash("The legal hold is set." if wanted else "The legal hold is lifted.", "success")
    if form.sentence:
        flash(form.sentence, "error")
    return redirect(url_for("cases.edit", number=number))


def _input(form: Form, case: Case) -> FaceSearchInput:
    radius_km = form.value("radius_km").strip()
    return form.read(
        FaceSearchInput,
        radius_m=_metres(radius_km) if radius_km else None,
        since=form.instant("since", case.timezone),
        until=form.instant("until", case.timezone),
        photo_ids=tuple(request.form.getlist("photo_ids")),
        show_below=bool(form.value("show_below")),
    )


def _metres(kilometres: str) -> float | str:
    """As a number where it is one; else the text, for the input to refuse it."""
    try:
        return float(kilometres) * METRES_PER_KM
    except ValueError:
        return kilometres


def _page(case: Case, form: Form) -> str:
    query = read_query(FaceSearchQuery, per_page=PER_PAGE)
    page = face_searches.list_searches(case, query.page, query.per_page)
    return render_template(
        "cases/face_searches.html",
        case=case,
        form=form,
        page=page,
        sentences={search.id: what_was_searched(search) for search in page.items},
        photos=photos.list_photos(case),
        has_location=bool(locations.list_locations(case)),
        basis_expired=searchable.basis_expired(case),
        model=embedders.newest(),
    )
