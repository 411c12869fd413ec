"""Outputs for searches of kept faces. Each says what was searched, and that it shows only leads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from app.models.cases import ReferencePhoto
from app.models.searches import FaceSearch, FaceSearchResult, SearchMethod, SearchOccasion
from app.models.sightings import Sighting, SightingState
from app.outputs.base import LEAD_NOTICE, Output, UtcInstant, local_text
from app.outputs.cameras import CameraRefOut
from app.outputs.cases import PhotoOut
from app.outputs.sightings import FaceOut, MatchingModelOut

SECONDS_PER_HOUR = 3600.0
SECONDS_PER_MINUTE = 60.0


class FaceSearchOut(Output):
    """One search of kept faces: what was asked, what was searched, how much came up.

    `faces_searched` of `cameras_searched` cameras, from `hours_searched` of footage (overlaps
    counted once), were compared by `model`. `faces_of_other_models` were in reach and cannot be
    compared. `sentence` says all of this in words. `is_cut_off`: there were more faces at the
    threshold than `limit`. `method` is `exact` where every face was compared.
    """

    id: int
    case_number: str
    occasion: SearchOccasion
    purpose: str
    searched_by: str
    searched_at: UtcInstant
    photo_ids: list[int]
    radius_m: float | None
    since: UtcInstant | None
    until: UtcInstant | None
    limit: int
    shows_below: bool
    model: MatchingModelOut
    threshold_similarity: float
    method: SearchMethod
    faces_searched: int
    faces_of_other_models: int
    cameras_searched: int
    hours_searched: float
    oldest_face_at: UtcInstant | None
    newest_face_at: UtcInstant | None
    above_threshold: int
    proposed: int
    is_cut_off: bool
    milliseconds: float
    sentence: str
    notice: str = LEAD_NOTICE

    @classmethod
    def of(cls, search: FaceSearch) -> FaceSearchOut:
        """From a row with its case and embedder."""
        return cls(
            id=search.id,
            case_number=search.case.number,
            occasion=search.occasion,
            purpose=search.purpose,
            searched_by=search.searched_by_name,
            searched_at=search.created_at,
            photo_ids=search.photo_ids,
            radius_m=search.radius_m,
            since=search.seen_since,
            until=search.seen_until,
            limit=search.face_limit,
            shows_below=search.shows_below,
            model=MatchingModelOut.of(search.embedder),
            threshold_similarity=round(search.threshold_similarity, 4),
            method=search.method,
            faces_searched=search.faces_searched,
            faces_of_other_models=search.faces_of_other_models,
            cameras_searched=search.cameras_searched,
            hours_searched=round(search.seconds_searched / SECONDS_PER_HOUR, 3),
            oldest_face_at=search.oldest_face_at,
            newest_face_at=search.newest_face_at,
            above_threshold=search.above_threshold,
            proposed=search.proposed,
            is_cut_off=search.is_cut_off,
            milliseconds=round(search.milliseconds, 1),
            sentence=what_was_searched(search),
        )


class AddedPhotoOut(PhotoOut):
    """A photo that was just added, and the search of kept faces that it led to.

    `search` is null where the case may not be searched for now.
    """

    search: FaceSearchOut | None

    @classmethod
    def of_added(cls, photo: ReferencePhoto, search: FaceSearch | None) -> AddedPhotoOut:
        """From a photo and its search."""
        searched = None if search is None else FaceSearchOut.of(search)
        return cls(**dict(PhotoOut.of(photo)), search=searched)


class FoundFaceLike(Protocol):
    """What `services.searches.face_searches.results_of` hands over."""

    @property
    def result(self) -> FaceSearchResult: ...
    @property
    def sighting(self) -> Sighting | None: ...


class FoundFaceOut(Output):
    """One face of the list. Those at the threshold are sightings; `below_threshold` ones are not.

    `similarity` is the cosine with the nearest of the photos that were searched with, beside what
    is asked of that photo for a face of this day; where another photo of the case carries the face,
    with that one. `distance_m` is from the camera to the nearest last-known location.
    """

    rank: int
    similarity: float
    threshold_similarity: float
    below_threshold: bool
    distance_m: float | None
    seen_at: UtcInstant
    seen_at_local: str
    photo_id: int | None
    artificial_photo: bool
    camera: CameraRefOut
    face: FaceOut
    sighting_id: int | None
    sighting_state: SightingState | None

    @classmethod
    def of(cls, found: FoundFaceLike, search: FaceSearch) -> FoundFaceOut:
        """From a line of the list and its search."""
        result, sighting = found.result, found.sighting
        asked = result.threshold_similarity or search.threshold_similarity
        return cls(
            rank=result.rank,
            similarity=round(result.similarity, 4),
            threshold_similarity=round(asked, 4),
            below_threshold=sighting is None and result.similarity < asked,
            distance_m=None if result.distance_m is None else round(result.distance_m, 1),
            seen_at=result.face.best_at,
            seen_at_local=local_text(result.face.best_at, search.case.timezone),
            photo_id=result.photo_id,
            artificial_photo=result.photo is not None and result.photo.artificial,
            camera=CameraRefOut.of(result.face.camera),
            face=FaceOut.of(result.face),
            sighting_id=None if sighting is None else sighting.id,
            sighting_state=None if sighting is None else sighting.state,
        )


class FaceSearchWithResultsOut(FaceSearchOut):
    """A search and the faces that it brought up and that are still kept, most similar first."""

    results: list[FoundFaceOut]

    @classmethod
    def of_all(cls, search: FaceSearch, found: Sequence[FoundFaceLike]) -> FaceSearchWithResultsOut:
        """From a search and its list."""
        results = [FoundFaceOut.of(one, search) for one in found]
        return cls(**dict(FaceSearchOut.of(search)), results=results)


def what_was_searched(search: FaceSearch) -> str:
    """What "nothing found" means for this search, in a sentence or two."""
    zone = search.case.timezone
    if search.faces_searched == 0:
        text = f"No face of model {search.embedder.name} is kept {_where(search)}"
    else:
        faces = _count(search.faces_searched, "kept face")
        text = f"{faces} of model {search.embedder.name} searched {_where(search)}"
    footage = _length(search.seconds_searched)
    text += f"; {_count(search.cameras_searched, 'camera')}, {footage} of footage"
    if search.oldest_face_at is not None and search.newest_face_at is not None:
        oldest, newest = (
            _minute(at, zone) for at in (search.oldest_face_at, search.newest_face_at)
        )
        text += f", seen {oldest} to {newest}"
    text += "."
    if search.faces_of_other_models:
        others = _count(search.faces_of_other_models, "face")
        text += f" {others} of other models could not be compared."
    if search.is_cut_off:
        text += f" More faces may reach the threshold than the {search.face_limit} that were taken."
    return text


def _where(search: FaceSearch) -> str:
    zone = search.case.timezone
    if search.radius_m is None:
        place = "on all cameras"
    else:
        place = f"within {search.radius_m / 1000:g} km of the last-known locations"
    if search.seen_since is not None:
        place += f", since {_minute(search.seen_since, zone)}"
    if search.seen_until is not None:
        place += f", until {_minute(search.seen_until, zone)}"
    return place


def _minute(instant: datetime, timezone: str) -> str:
    return local_text(instant, timezone)[:16].replace("T", " ")


def _length(seconds: float) -> str:
    """A length of footage in the unit that suits it."""
    if seconds < SECONDS_PER_MINUTE:
        return f"{seconds:.0f} s"
    if seconds < SECONDS_PER_HOUR:
        return f"{seconds / SECONDS_PER_MINUTE:.0f} min"
    return f"{seconds / SECONDS_PER_HOUR:.1f} h"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
