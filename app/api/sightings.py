"""Sightings and their reviews."""

from __future__ import annotations

from flask import Response, send_file
from flask_openapi3.blueprint import APIBlueprint

from app.api.document import READ, SIGHTINGS, WRITE, answers, binary
from app.api.paths import CasePath, SightingPath
from app.api.replies import reply
from app.current import actor
from app.errors import Conflict
from app.inputs import QueueQuery, ReviewInput, SightingQuery
from app.models import Sighting
from app.outputs import (
    BlindSightingOut,
    ClipOut,
    PageOut,
    SightingOut,
    SightingWithReviewsOut,
    page_of,
)
from app.services.base import views_audit
from app.services.casework import cases
from app.services.reviews import blindness, clips, review_queue, sightings

api_sightings = APIBlueprint(
    "api_sightings", __name__, url_prefix="/api", abp_tags=[SIGHTINGS], abp_security=READ
)

STAYS_BLIND = (
    "This sighting waits for your blind review: read it at the same address with /blind, and judge "
    "it. After that, all of it can be read."
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
    responses=answers({200: SightingWithReviewsOut}, 404, 409),
)
def show_sighting(path: SightingPath) -> Response:
    """With all that people said of it. An examiner reads it blind first, and judges it."""
    sighting = sightings.find_sighting(path.sighting_id)
    if blindness.must_stay_blind(actor(), sighting):
        raise Conflict(STAYS_BLIND)
    views_audit.look_at_one(actor(), sighting)
    # Read again at once: the audit entry's commit has expired what was read for it.
    sighting = sightings.find_sighting(path.sighting_id)
    reviews = list(sightings.reviews_of(sighting))
    return reply(SightingWithReviewsOut.of_all(sighting, reviews))


@api_sightings.get(
    "/reviews",
    summary="List what waits for your review",
    responses=answers({200: PageOut[BlindSightingOut]}, 422),
)
def list_waiting(query: QueueQuery) -> Response:
    """Oldest first, of open cases, without similarity, rank and what others said.

    An examiner gets second and third reviews only, and is not told which.
    """
    shown = review_queue.waiting_for(actor(), query).page.items
    cases_shown = {one.case_id: one.case for one in shown}
    views_audit.look_at_all(actor(), {"blind_review": cases_shown.values()})
    page = review_queue.waiting_for(actor(), query).page
    photos = review_queue.photos_of({one.case_id for one in page.items})
    return reply(page_of(page, lambda one: BlindSightingOut.of(one, photos.get(one.case_id, []))))


@api_sightings.get(
    "/sightings/<int:sighting_id>/blind",
    summary="Read a sighting blind",
    responses=answers({200: BlindSightingOut}, 404),
)
def show_blind(path: SightingPath) -> Response:
    """Only the face, the subject's photos, place and time: what a second review judges by."""
    case = sightings.find_sighting(path.sighting_id).case
    views_audit.look_at(actor(), case, "blind_review")
    sighting = sightings.find_sighting(path.sighting_id)
    photos = review_queue.photos_of([sighting.case_id]).get(sighting.case_id, [])
    return reply(BlindSightingOut.of(sighting, photos))


@api_sightings.post(
    "/sightings/<int:sighting_id>/reviews",
    summary="Review a sighting",
    security=WRITE,
    responses=answers({201: SightingOut}, 400, 404, 409, 415),
)
def review_sighting(path: SightingPath, body: ReviewInput) -> Response:
    """A person decides. A confirmed sighting becomes a last-known location, provisional until a
    second person has confirmed it blind; whoever has seen its similarity or the first verdict
    cannot be that person (409).
    """
    return _told(sightings.review_sighting(actor(), path.sighting_id, body), 201)


@api_sightings.delete(
    "/sightings/<int:sighting_id>/reviews/latest",
    summary="Undo the last review",
    security=WRITE,
    responses=answers({200: SightingOut}, 404, 409),
)
def undo_review(path: SightingPath) -> Response:
    """Your own last one: what you said before holds again; the undone one stays on record."""
    return _told(sightings.undo_review(actor(), path.sighting_id))


@api_sightings.get(
    "/sightings/<int:sighting_id>/clip",
    summary="Watch the seconds around a sighting",
    responses=answers({200: binary("The clip.", "video/mp4")}, 404),
)
def show_clip(path: SightingPath) -> Response:
    """MP4 (H.264, no sound), once it was cut. A box marks the face at its best shot."""
    file = clips.clip_file(actor(), sightings.find_sighting(path.sighting_id))
    return send_file(file, mimetype="video/mp4", conditional=True, etag=file.stem)


@api_sightings.post(
    "/sightings/<int:sighting_id>/clip",
    summary="Cut the seconds around a sighting",
    security=WRITE,
    responses=answers({201: ClipOut}, 404, 409, 415, 422, 503),
)
def cut_clip(path: SightingPath) -> Response:
    """Out of its recording, while that is there; 409 says in words where it is not."""
    clip = clips.cut(actor(), sightings.find_sighting(path.sighting_id))
    return reply(ClipOut.of(clip), 201)


def _told(sighting: Sighting, status: int = 200) -> Response:
    """The whole sighting. That is on record: it says all that a blind page keeps back, so whoever
    takes a doubt back after reading it cannot confirm blind.
    """
    sighting_id = sighting.id
    views_audit.look_at_one(actor(), sighting)
    return reply(SightingOut.of(sightings.find_sighting(sighting_id)), status)
