"""Searches of kept faces that people ask for, and the record of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.errors import NotFound, Refused
from app.extensions import db
from app.inputs import FaceSearchInput
from app.models import (
    Case,
    Embedder,
    Face,
    FaceSearch,
    FaceSearchResult,
    ReferenceEmbedding,
    ReferencePhoto,
    SearchOccasion,
    Sighting,
)
from app.recogniser import holder
from app.services.base import purposes, searchable
from app.services.base.actors import Actor
from app.services.base.pages import Page, paginate
from app.services.embeddings import embedders, gallery_photos
from app.services.embeddings.kept_faces import Reach
from app.services.places import locations
from app.services.searches import searching


@dataclass(frozen=True, eq=False)
class FoundFace:
    """One line of a search's list, and the sighting that the face is for the case, if it is one."""

    result: FaceSearchResult
    sighting: Sighting | None


def search_faces(actor: Actor, case: Case, given: FaceSearchInput) -> FaceSearch:
    """Compare photos of the case with kept faces; those at the threshold become candidates.

    Raises Refused for a case that may not be searched for, without usable photos, or with a radius
    around no location; NoRecogniser where no model is installed.
    """
    searchable.require_searchable(case)
    purposes.refuse_name(given.purpose or "", case.subject_name)
    if given.radius_m is not None and not locations.list_locations(case):
        raise Refused(
            "A radius counts from a last-known location, and this case has none.",
            {"radius_m": "enter a last-known location first, or leave the radius out"},
        )
    recogniser = holder().get()
    embedder = embedders.register(recogniser)
    gallery_photos.embed_missing(recogniser, embedder)
    wanted = searching.Wanted(
        SearchOccasion.REQUEST,
        Reach(case.id, given.radius_m, given.since, given.until),
        _usable_photos(case, embedder, given.photo_ids),
        given.limit,
        given.show_below,
        given.purpose,
    )
    search = searching.run(actor, case, embedder, wanted)
    db.session.commit()
    return search


def list_searches(case: Case, page: int, per_page: int) -> Page[FaceSearch]:
    """The case's searches of kept faces, the newest first."""
    statement = (
        select(FaceSearch)
        .options(joinedload(FaceSearch.embedder), joinedload(FaceSearch.case))
        .where(FaceSearch.case_id == case.id)
        .order_by(FaceSearch.id.desc())
    )
    return paginate(statement, page, per_page)


def find_search(case: Case, search_id: int) -> FaceSearch:
    """One search of this case. Raises NotFound."""
    search = db.session.scalar(
        select(FaceSearch)
        .options(joinedload(FaceSearch.embedder), joinedload(FaceSearch.case))
        .where(FaceSearch.id == search_id, FaceSearch.case_id == case.id)
    )
    if search is None:
        raise NotFound(f"Case {case.number} has no face search {search_id}.")
    return search


def search_of_photo(photo: ReferencePhoto) -> FaceSearch | None:
    """What was searched when the photo was added; None if nothing was."""
    return db.session.scalar(
        select(FaceSearch)
        .options(joinedload(FaceSearch.embedder), joinedload(FaceSearch.case))
        .where(
            FaceSearch.case_id == photo.case_id,
            FaceSearch.occasion == SearchOccasion.PHOTO,
            FaceSearch.photo_ids == [photo.id],
        )
        .order_by(FaceSearch.id.desc())
        .limit(1)
    )


def results_of(search: FaceSearch) -> Sequence[FoundFace]:
    """The faces that came up and are still kept, most similar first."""
    rows = db.session.execute(
        select(FaceSearchResult, Sighting)
        .options(
            joinedload(FaceSearchResult.face).joinedload(Face.camera),
            joinedload(FaceSearchResult.face).joinedload(Face.footage),
            joinedload(FaceSearchResult.photo),
        )
        .outerjoin(
            Sighting,
            (Sighting.face_id == FaceSearchResult.face_id) & (Sighting.case_id == search.case_id),
        )
        .where(FaceSearchResult.search_id == search.id)
        .order_by(FaceSearchResult.rank)
    )
    return [FoundFace(result, sighting) for result, sighting in rows]


def _usable_photos(case: Case, embedder: Embedder, wanted: Sequence[int]) -> Sequence[int]:
    """The chosen photos, else all real ones; artificial ones only where there is nothing else.

    They are in force, and the model has embedded them. Raises Refused without any.
    """
    statement = (
        select(ReferencePhoto.id, ReferencePhoto.artificial)
        .join(ReferenceEmbedding, ReferenceEmbedding.photo_id == ReferencePhoto.id)
        .where(
            ReferencePhoto.case_id == case.id,
            ReferencePhoto.active,
            ReferenceEmbedding.embedder_id == embedder.id,
        )
    )
    usable = {row.id: row.artificial for row in db.session.execute(statement)}
    missing = sorted(set(wanted) - set(usable))
    if missing:
        raise Refused(
            "A photo cannot be searched with.",
            {"photo_ids": f"photo {missing[0]} is not in this case's gallery"},
        )
    if not usable:
        raise Refused("This case has no reference photo to search with; add one first.")
    real = sorted(photo_id for photo_id, artificial in usable.items() if not artificial)
    return sorted(wanted) or real or sorted(usable)
