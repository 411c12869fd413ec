"""Searching kept faces for a case: find the nearest, propose what reaches the threshold, record it.

What the index brings up is only a list of faces to look at. Whether one becomes a candidate is
decided by the same comparison, gallery and threshold with which a sweep decides.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.current import settings
from app.extensions import db
from app.models import (
    Case,
    CaseState,
    Embedder,
    Face,
    FaceSearch,
    FaceSearchResult,
    ReferencePhoto,
    SearchOccasion,
)
from app.models.columns import utc_now
from app.services.base import audit
from app.services.base.actors import Actor
from app.services.embeddings import age_thresholds, galleries, kept_faces
from app.services.embeddings.kept_faces import Nearest, NearFace, Reach, Survey
from app.services.places import locations
from app.services.reviews import sightings
from recognition.matching import Match, PhotoSimilarity

PHOTO_LIMIT = 500
"""A new photo proposes at most so many kept faces at once; the search says if there were more."""


@dataclass(frozen=True)
class Wanted:
    """What to search: in which reach, with which photos, and how much of it to list."""

    occasion: SearchOccasion
    reach: Reach
    photo_ids: Sequence[int]
    limit: int
    show_below: bool = False
    purpose: str = ""


@dataclass(frozen=True, eq=False)
class _Compared:
    """What came of comparing the nearest faces with the whole gallery of the case.

    Attributes:
        proposed: new candidates.
        carried: what carries each face that reaches the threshold.
        limits: for each face what was asked of the given photo that it is most like.
        least: what is asked of any photo, at the least.
    """

    proposed: int
    carried: Mapping[int, PhotoSimilarity]
    limits: Mapping[int, float]
    least: float


def search_for_photo(
    actor: Actor, case: Case, photo: ReferencePhoto, embedder: Embedder
) -> FaceSearch | None:
    """Compare a new photo with all kept faces in the case's reach. Does not commit.

    The reach is every camera within `FACE_SEARCH_REACH_M` of an active last-known location, and
    every camera while there is none. None for a case that may not be searched for now.
    """
    if case.state is not CaseState.OPEN or case.legal_basis_expires_at <= utc_now():
        return None
    thresholds = age_thresholds.thresholds_of(embedder)
    sightings.compare_with_photo(case, photo, embedder, thresholds)
    radius_m = settings().face_search_reach_m if locations.list_locations(case) else None
    wanted = Wanted(SearchOccasion.PHOTO, Reach(case.id, radius_m), (photo.id,), PHOTO_LIMIT)
    return run(actor, case, embedder, wanted)


def run(actor: Actor, case: Case, embedder: Embedder, wanted: Wanted) -> FaceSearch:
    """Search, propose candidates, and record what was searched. Does not commit."""
    begun = time.perf_counter()
    surveyed = kept_faces.survey(wanted.reach, embedder)
    found = kept_faces.nearest(wanted.reach, embedder, wanted.photo_ids, wanted.limit, surveyed)
    compared = _propose(case, embedder, found.faces)
    search = _record(actor, case, embedder, wanted, surveyed)
    search.method = found.method
    search.above_threshold = len(compared.carried)
    search.proposed = compared.proposed
    search.is_cut_off = (
        len(found.faces) == wanted.limit
        # One that is like an artificial photo only is no match, but may hide one behind it.
        and (
            found.faces[-1].face_id in compared.carried
            or found.faces[-1].similarity >= compared.least
        )
    )
    search.milliseconds = 1000 * (time.perf_counter() - begun)
    db.session.add(search)
    db.session.flush()
    _list(search, found, compared, wanted.show_below)
    _audit(actor, case, embedder, search)
    return search


def _propose(case: Case, embedder: Embedder, near: Sequence[NearFace]) -> _Compared:
    """Compare anew with all photos of the case, and propose what reaches its threshold."""
    held = _hold(near)
    if not held:
        return _Compared(0, {}, {}, np.inf)
    gallery = galleries.case_gallery(case, embedder)
    rows = np.stack([galleries.numbers(raw) for _, raw in held])
    days = [galleries.day_of(face.best_at) for face, _ in held]
    found = gallery.match_all(rows, embedder.sha256, days)
    matched: list[tuple[Face, Match]] = [
        (face, matches[0]) for (face, _), matches in zip(held, found, strict=True) if matches
    ]
    proposed = [sightings.propose(face, match) for face, match in matched]
    photo_of = {one.face_id: one.photo_id for one in near}
    return _Compared(
        sum(sighting is not None for sighting in proposed),
        {face.id: match.carrier for face, match in matched},
        {
            face.id: gallery.threshold_of(photo_of[face.id], day)
            for (face, _), day in zip(held, days, strict=True)
        },
        gallery.least_threshold,
    )


def _hold(near: Sequence[NearFace]) -> Sequence[tuple[Face, bytes]]:
    """The faces with their embeddings, held so that none expires before the commit."""
    rows = db.session.execute(
        select(Face, galleries.sent(Face.embedding))
        .options(joinedload(Face.camera))
        .where(Face.id.in_([one.face_id for one in near]), Face.expires_at > utc_now())
        .order_by(Face.id)
        .with_for_update(read=True, key_share=True, of=Face)
    )
    return [(face, raw) for face, raw in rows]


def _record(
    actor: Actor, case: Case, embedder: Embedder, wanted: Wanted, surveyed: Survey
) -> FaceSearch:
    reach = wanted.reach
    return FaceSearch(
        case_id=case.id,
        embedder_id=embedder.id,
        occasion=wanted.occasion,
        purpose=wanted.purpose or case.purpose,
        searched_by_id=actor.user_id,
        searched_by_name=actor.name,
        photo_ids=sorted(wanted.photo_ids),
        radius_m=reach.radius_m,
        seen_since=reach.since,
        seen_until=reach.until,
        face_limit=wanted.limit,
        shows_below=wanted.show_below,
        threshold_similarity=embedder.threshold_similarity + case.threshold_raise,
        faces_searched=surveyed.faces,
        faces_of_other_models=surveyed.faces_of_other_models,
        cameras_searched=surveyed.cameras,
        seconds_searched=surveyed.seconds,
        oldest_face_at=surveyed.oldest_at,
        newest_face_at=surveyed.newest_at,
        created_at=utc_now(),
    )


def _list(search: FaceSearch, found: Nearest, compared: _Compared, show_below: bool) -> None:
    """Keep the list. Faces below the threshold are in it only when they were asked for."""
    shown = [one for one in found.faces if show_below or one.face_id in compared.carried]
    db.session.add_all(
        _result(search, rank, one, compared) for rank, one in enumerate(shown, start=1)
    )
    db.session.flush()


def _result(search: FaceSearch, rank: int, one: NearFace, compared: _Compared) -> FaceSearchResult:
    """A line of the list: the nearest photo, or the one that carries it where that one does not."""
    photo_id, similarity = one.photo_id, one.similarity
    limit, carrier = compared.limits.get(one.face_id), compared.carried.get(one.face_id)
    if carrier is not None and limit is not None and similarity < limit:
        photo_id, similarity = carrier.reference_id, carrier.similarity
        limit = carrier.threshold
    return FaceSearchResult(
        search_id=search.id,
        rank=rank,
        face_id=one.face_id,
        photo_id=photo_id,
        similarity=similarity,
        threshold_similarity=limit,
        distance_m=one.distance_m,
    )


def _audit(actor: Actor, case: Case, embedder: Embedder, search: FaceSearch) -> None:
    audit.record(
        actor,
        "faces.search",
        case=case,
        purpose=search.purpose,
        subject=f"face search {search.id}",
        details={
            "occasion": search.occasion,
            "photos": search.photo_ids,
            "radius_m": search.radius_m,
            "seen_since": search.seen_since,
            "seen_until": search.seen_until,
            "model": embedder.name,
            "model_sha256": embedder.sha256,
            "threshold_similarity": search.threshold_similarity,
            "method": search.method,
            "faces_searched": search.faces_searched,
            "cameras_searched": search.cameras_searched,
            "hours_searched": round(search.seconds_searched / 3600, 2),
            "above_threshold": search.above_threshold,
            "proposed": search.proposed,
            "shows_below": search.shows_below,
        },
    )
