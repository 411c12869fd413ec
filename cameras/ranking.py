"""Which camera to look at next: by distance from where the person was last seen, with reasons.

Pure: candidates in, an ordered page out. Only distances are computed for all candidates, as arrays;
reach, view, footage and the sentence are worked out for the returned page alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum

import numpy as np

from cameras.camera import Camera
from cameras.errors import CamerasError
from cameras.held import NO_FOOTAGE, FootageHeld, FootageOutlook, TimeSpan, footage_outlook
from cameras.reasons import reason_sentence
from geo.distance import FloatArray, haversine_many_m, initial_bearing_deg
from geo.points import Point
from geo.reach import ADULT_SPEEDS, TravelSpeeds, earliest_arrival


class Reliability(StrEnum):
    """How far a last-known location can be trusted."""

    CERTAIN = "certain"
    LIKELY = "likely"
    DOUBTFUL = "doubtful"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class LastKnownLocation:
    """Where, and when if known, the subject was; `uncertainty_m` is a radius in metres."""

    id: int
    position: Point
    seen_at: datetime | None
    uncertainty_m: float = 0.0
    reliability: Reliability = Reliability.LIKELY
    label: str = ""

    def __post_init__(self) -> None:
        if self.seen_at is not None and self.seen_at.utcoffset() is None:
            raise CamerasError("The time of a last-known location needs a time zone.")
        if not 0.0 <= self.uncertainty_m < float("inf"):
            raise CamerasError("The uncertainty is a number of metres, 0 or more.")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A camera that may be ranked, and the footage of it that is at hand."""

    camera_id: int
    camera: Camera
    footage: FootageHeld = NO_FOOTAGE


@dataclass(frozen=True, slots=True)
class Reach:
    """Whether, and from when at the earliest, the person can have been at a camera.

    None means not known, because no relevant location has a time.
    """

    on_foot: bool | None
    on_foot_from: datetime | None
    by_vehicle: bool | None
    by_vehicle_from: datetime | None


@dataclass(frozen=True, slots=True)
class RankedCamera:
    """One entry of a ranking; `rank` counts from 1. `bearing_deg` leads from location to camera."""

    rank: int
    camera_id: int
    camera: Camera
    distance_m: float
    bearing_deg: float
    location_id: int
    reach: Reach
    faces_location: bool | None
    footage: FootageOutlook
    reason: str


@dataclass(frozen=True, slots=True)
class RankingQuestion:
    """What a ranking is asked: from where, for which window, at which time of asking.

    Where a window is given, locations seen after its end say nothing about it and are left out,
    unless there are no others. Withdrawn locations are always left out.
    """

    locations: tuple[LastKnownLocation, ...]
    now: datetime
    window: TimeSpan | None = None
    speeds: TravelSpeeds = ADULT_SPEEDS
    zone: tzinfo | None = None

    def relevant_locations(self) -> tuple[LastKnownLocation, ...]:
        """The locations that distances are measured from."""
        trusted = [
            location
            for location in self.locations
            if location.reliability is not Reliability.WITHDRAWN
        ]
        in_time = [location for location in trusted if not self._is_later(location)]
        return tuple(in_time or trusted)

    def _is_later(self, location: LastKnownLocation) -> bool:
        return (
            self.window is not None
            and location.seen_at is not None
            and location.seen_at > self.window.end
        )

    @property
    def reach_by(self) -> datetime:
        """The moment by which the person must have arrived: the window's end, but never later
        than now, since no footage of the future exists.
        """
        return min(self.window.end, self.now) if self.window else self.now


def rank_cameras(
    candidates: Sequence[Candidate],
    question: RankingQuestion,
    *,
    radius_m: float | None = None,
    offset: int = 0,
    limit: int | None = None,
) -> list[RankedCamera]:
    """Order cameras by haversine distance to the nearest relevant location; ties by camera id.

    Planned and removed cameras, and those beyond `radius_m`, are left out. `rank` counts over the
    whole order, so pages continue each other. No relevant location gives an empty list.
    """
    locations = question.relevant_locations()
    ranked = [entry for entry in candidates if entry.camera.status.is_ranked]
    if not locations or not ranked:
        return []
    distances_m = _distances_m(locations, ranked)
    nearest = np.argmin(distances_m, axis=0)
    nearest_m = distances_m[nearest, np.arange(len(ranked))]
    ids = np.array([entry.camera_id for entry in ranked], dtype=np.int64)
    order = np.lexsort((ids, nearest_m))
    if radius_m is not None:
        order = order[nearest_m[order] <= radius_m]
    page = order[offset : None if limit is None else offset + limit]
    return [
        _entry(offset + place, ranked[i], locations, int(nearest[i]), distances_m[:, i], question)
        for place, i in enumerate(page.tolist(), start=1)
    ]


def _distances_m(locations: Sequence[LastKnownLocation], ranked: Sequence[Candidate]) -> FloatArray:
    """Distances in metres, one row for each location, one column for each camera."""
    origins = np.array([(at.position.latitude_deg, at.position.longitude_deg) for at in locations])
    targets = np.array(
        [
            (entry.camera.position.latitude_deg, entry.camera.position.longitude_deg)
            for entry in ranked
        ]
    )
    return haversine_many_m(
        origins[:, 0, None], origins[:, 1, None], targets[None, :, 0], targets[None, :, 1]
    )


def _entry(
    rank: int,
    candidate: Candidate,
    locations: Sequence[LastKnownLocation],
    nearest: int,
    distances_m: FloatArray,
    question: RankingQuestion,
) -> RankedCamera:
    camera, location = candidate.camera, locations[nearest]
    distance_m = float(distances_m[nearest])
    bearing_deg = initial_bearing_deg(location.position, camera.position)
    reach = _reach(locations, nearest, distances_m, question)
    faces = camera.faces(location.position, uncertainty_m=location.uncertainty_m)
    outlook = footage_outlook(camera, candidate.footage, question.window, question.now)
    reason = reason_sentence(
        camera=camera,
        distance_m=distance_m,
        bearing_deg=bearing_deg,
        location_label=location.label,
        seen_at=location.seen_at,
        on_foot=reach.on_foot,
        on_foot_from=reach.on_foot_from,
        by_vehicle=reach.by_vehicle,
        by_vehicle_from=reach.by_vehicle_from,
        faces_location=faces,
        footage=outlook,
        now=question.now,
        zone=question.zone,
    )
    return RankedCamera(
        rank,
        candidate.camera_id,
        camera,
        distance_m,
        bearing_deg,
        location.id,
        reach,
        faces,
        outlook,
        reason,
    )


def _reach(
    locations: Sequence[LastKnownLocation],
    nearest: int,
    distances_m: FloatArray,
    question: RankingQuestion,
) -> Reach:
    on_foot = _arrival(locations, nearest, distances_m, question, question.speeds.walking_m_per_s)
    by_vehicle = _arrival(
        locations, nearest, distances_m, question, question.speeds.vehicle_m_per_s
    )
    undated = any(location.seen_at is None for location in locations)
    return Reach(
        _arrived(on_foot, question.reach_by, undated=undated),
        on_foot,
        _arrived(by_vehicle, question.reach_by, undated=undated),
        by_vehicle,
    )


def _arrival(
    locations: Sequence[LastKnownLocation],
    nearest: int,
    distances_m: FloatArray,
    question: RankingQuestion,
    speed_m_per_s: float,
) -> datetime | None:
    """The earliest arrival from the nearest location if that is in time, else from any other.

    A nearer location with a later time must not rule out a camera that was on the way to it.
    """
    arrivals = {
        index: earliest_arrival(
            location.seen_at, float(away_m), speed_m_per_s, uncertainty_m=location.uncertainty_m
        )
        for index, (location, away_m) in enumerate(zip(locations, distances_m, strict=True))
        if location.seen_at is not None
    }
    if nearest in arrivals and arrivals[nearest] <= question.reach_by:
        return arrivals[nearest]
    return min(arrivals.values(), default=None)


def _arrived(arrival: datetime | None, by: datetime, *, undated: bool) -> bool | None:
    if arrival is not None and arrival <= by:
        return True
    # From a place without a time the person may have left at any time: do not rule it out.
    return None if arrival is None or undated else False
