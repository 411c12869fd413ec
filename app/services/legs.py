"""The timeline of a case: where the subject was, in order of time, and what that demands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.extensions import db
from app.models import Case, LastKnownLocationRow, Sighting
from app.models.cases import Reliability
from app.services.locations import list_locations
from app.services.ranking import speeds_of
from geo.distance import haversine_m, initial_bearing_deg
from geo.points import Point
from geo.reach import RUNNING_M_PER_S, TravelSpeeds

FASTEST_ON_ROADS_M_PER_S = 35.0
"""About 125 km/h: nobody is faster by road, so a leg that demands more cannot be one person's."""


@dataclass(frozen=True)
class Sight:
    """Somebody was at `position`, give or take `uncertainty_m`, at the time `at`."""

    position: Point
    at: datetime
    uncertainty_m: float


@dataclass(frozen=True)
class Leg:
    """The way between two sights, as the crow flies.

    `speed_m_per_s` is None where no time passed. `least_speed_m_per_s` gives the subject the benefit
    of both uncertainties; None where even that would take no time at all. `remark` says in words
    what the leg demands; `possible` is False only where no road vehicle could have done it.
    """

    distance_m: float
    bearing_deg: float
    seconds: float
    speed_m_per_s: float | None
    least_speed_m_per_s: float | None
    remark: str
    possible: bool


@dataclass(frozen=True)
class Stop:
    """A place of the timeline, and the leg that led to it from the stop before."""

    location: LastKnownLocationRow
    seen_at: datetime
    sighting: Sighting | None
    leg: Leg | None


@dataclass(frozen=True)
class WayFrom:
    """The way from a last-known location to something seen later."""

    location: LastKnownLocationRow
    seen_at: datetime
    leg: Leg


def timeline(case: Case) -> list[Stop]:
    """The last-known locations with a known time, in order of time, with the legs between them."""
    rows = sorted(_timed(list_locations(case)), key=lambda pair: (pair[1].at, pair[0].id))
    sightings = _sightings_of([row for row, _ in rows])
    speeds = speeds_of(case)
    stops: list[Stop] = []
    before: Sight | None = None
    for row, sight in rows:
        leg = leg_between(before, sight, speeds) if before else None
        stops.append(Stop(row, sight.at, sightings.get(row.sighting_id or 0), leg))
        before = sight
    return stops


def way_from_last_certain(case: Case, sighting: Sighting) -> WayFrom | None:
    """The latest certain location before a sighting, with the leg from there to the sighting."""
    before = [
        (row, sight)
        for row, sight in _timed(list_locations(case))
        if row.reliability is Reliability.CERTAIN
        and sight.at <= sighting.seen_at
        and row.sighting_id != sighting.id
    ]
    if not before:
        return None
    row, start = max(before, key=lambda pair: pair[1].at)
    end = Sight(Point(sighting.latitude_deg, sighting.longitude_deg), sighting.seen_at, 0.0)
    return WayFrom(row, start.at, leg_between(start, end, speeds_of(case)))


def leg_between(start: Sight, end: Sight, speeds: TravelSpeeds) -> Leg:
    """The way from one sight to one that is not earlier."""
    distance_m = haversine_m(start.position, end.position)
    seconds = (end.at - start.at).total_seconds()
    least_way_m = max(0.0, distance_m - start.uncertainty_m - end.uncertainty_m)
    least = least_way_m / seconds if seconds > 0 else (0.0 if least_way_m == 0 else None)
    return Leg(
        distance_m=distance_m,
        bearing_deg=initial_bearing_deg(start.position, end.position),
        seconds=seconds,
        speed_m_per_s=distance_m / seconds if seconds > 0 else None,
        least_speed_m_per_s=least,
        remark=_remark(least, speeds),
        possible=least is not None and least <= FASTEST_ON_ROADS_M_PER_S,
    )


def _timed(rows: Sequence[LastKnownLocationRow]) -> list[tuple[LastKnownLocationRow, Sight]]:
    return [
        (row, Sight(Point(row.latitude_deg, row.longitude_deg), row.seen_at, row.uncertainty_m))
        for row in rows
        if row.seen_at is not None
    ]


def _remark(speed_m_per_s: float | None, speeds: TravelSpeeds) -> str:
    if speed_m_per_s is None:
        return "impossible: two places at the same time"
    if speed_m_per_s <= speeds.walking_m_per_s:
        return "possible on foot"
    if speed_m_per_s <= RUNNING_M_PER_S:
        return "possible running, or by vehicle"
    if speed_m_per_s <= speeds.vehicle_m_per_s:
        return "possible only by vehicle"
    if speed_m_per_s <= FASTEST_ON_ROADS_M_PER_S:
        return "possible only by a fast vehicle with little traffic"
    return "impossible: faster than any road vehicle"


def _sightings_of(rows: Sequence[LastKnownLocationRow]) -> dict[int, Sighting]:
    ids = [row.sighting_id for row in rows if row.sighting_id is not None]
    if not ids:
        return {}
    found = db.session.scalars(
        select(Sighting)
        .where(Sighting.id.in_(ids))
        .options(
            joinedload(Sighting.face),
            joinedload(Sighting.camera),
            joinedload(Sighting.reference_photo),
        )
    )
    return {sighting.id: sighting for sighting in found}
