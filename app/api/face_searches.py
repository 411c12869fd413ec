"""Searches of the faces that are kept from earlier sweeps."""

from __future__ import annotations

from flask import Response
from flask_openapi3.blueprint import APIBlueprint

from app.api.document import FACE_SEARCHES, READ, WRITE, answers
from app.api.paths import CaseFaceSearchPath, CasePath
from app.api.replies import reply
from app.current import actor
from app.inputs import FaceSearchInput, FaceSearchQuery
from app.models import Case, FaceSearch
from app.outputs import FaceSearchOut, FaceSearchWithResultsOut, PageOut, page_of
from app.services.base import views_audit
from app.services.casework import cases
from app.services.searches import face_searches

api_face_searches = APIBlueprint(
    "api_face_searches",
    __name__,
    url_prefix="/api/cases",
    abp_tags=[FACE_SEARCHES],
    abp_security=READ,
)


@api_face_searches.get(
    "/<number>/face-searches",
    summary="List searches of kept faces",
    responses=answers({200: PageOut[FaceSearchOut]}, 404),
)
def list_face_searches(path: CasePath, query: FaceSearchQuery) -> Response:
    """Newest first; those that a new reference photo started, too."""
    case = views_audit.look_at(actor(), cases.find_case(path.number), "face_searches")
    found = face_searches.list_searches(case, query.page, query.per_page)
    return reply(page_of(found, FaceSearchOut.of))


@api_face_searches.post(
    "/<number>/face-searches",
    summary="Search kept faces",
    security=WRITE,
    responses=answers({201: FaceSearchWithResultsOut}, 400, 404, 415),
)
def search_faces(path: CasePath, body: FaceSearchInput) -> Response:
    """Faces like these photos, near the last-known locations, in a time.

    Those at the threshold become candidates, for a person to decide. `show_below` also lists the
    nearest below it; they are proposed to nobody. Every search is in the audit log.
    """
    case = cases.find_case(path.number)
    search = face_searches.search_faces(actor(), case, body)
    address = f"/api/cases/{case.number}/face-searches/{search.id}"
    return reply(_with_results(case, search), 201, location=address)


@api_face_searches.get(
    "/<number>/face-searches/<int:search_id>",
    summary="Read a search of kept faces",
    responses=answers({200: FaceSearchWithResultsOut}, 404),
)
def show_face_search(path: CaseFaceSearchPath) -> Response:
    """What was searched, and the faces that it brought up and that are still kept."""
    case = views_audit.look_at(actor(), cases.find_case(path.number), "face_search")
    return reply(_with_results(case, face_searches.find_search(case, path.search_id)))


def _with_results(case: Case, search: FaceSearch) -> FaceSearchWithResultsOut:
    found = face_searches.find_search(case, search.id)
    return FaceSearchWithResultsOut.of_all(found, face_searches.results_of(found))
