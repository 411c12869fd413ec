"""Sightings and their reviews."""

from __future__ import annotations

from flask import Response
from flask_openapi3.blueprint import APIBlueprint

from app.api.document import READ, SIGHTINGS, WRITE, answers
from app.api.paths import CasePath, SightingPath
from app.api.replies import reply
from app.current import actor
from app.inputs import ReviewInput, SightingQuery
from app.outputs import PageOut, SightingOut, SightingWithReviewsOut, page_of
from app.services import cases, sightings, views_audit

api_sightings = APIBlueprint(
    "api_sightings", __name__, url_prefix="/api", abp_tags=[SIGHTINGS], abp_security=READ
)


@api_sightings.get(
    "/cases/<number>/sightings",
    summary="List sightings of a case",
    responses=answers({200: PageOut[SightingOut]}, 404),
)
def list_sightings(path: CasePath, query: SightingQuery) -> Response:
    """Newest first, by state. Investigative leads, not identifications."""
    case = views_audit.look_at(actor(), cases.find_case(path.number), "sightings")
    return reply(page_of(sightings.list_sightings(case, query), SightingOut.of))


@api_sightings.get(
    "/sightings/<int:sighting_id>",
    summary="Read a sighting",
    responses=answers({200: SightingWithReviewsOut}, 404),
)
def show_sighting(path: SightingPath) -> Response:
    """With all that people said of it."""
    views_audit.look_at(actor(), sightings.find_sighting(path.sighting_id).case, "sighting")
    # Read again at once: the audit entry's commit has expired what was read for it.
    sighting = sightings.find_sighting(path.sighting_id)
    reviews = list(sightings.reviews_of(sighting))
    return reply(SightingWithReviewsOut.of_all(sighting, reviews))


@api_sightings.post(
    "/sightings/<int:sighting_id>/reviews",
    summary="Review a sighting",
    security=WRITE,
    responses=answers({201: SightingOut}, 400, 404, 409, 415),
)
def review_sighting(path: SightingPath, body: ReviewInput) -> Response:
    """A person decides. A confirmed sighting becomes a last-known location."""
    sighting = sightings.review_sighting(actor(), path.sighting_id, body)
    return reply(SightingOut.of(sighting), 201)


@api_sightings.delete(
    "/sightings/<int:sighting_id>/reviews/latest",
    summary="Undo the last review",
    security=WRITE,
    responses=answers({200: SightingOut}, 404, 409),
)
def undo_review(path: SightingPath) -> Response:
    """The review before it holds again; the undone one stays on record."""
    return reply(SightingOut.of(sightings.undo_review(actor(), path.sighting_id)))
