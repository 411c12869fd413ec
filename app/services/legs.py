"""The timeline of a case: where the subject was, in order of time, and what that demands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

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
class Leg:
    """The way between two stops, as the crow flies; `speed_m_per_s` is None where no time passed.

    `least_speed_m_per_s` gives the subject the benefit of both uncertainties. `remark` says in words
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


def timeline(case: Case) -> list[Stop]:
    """The last-known locations with a known time, in order of time, with the legs between them."""
    rows = sorted(
        (row for row in list_locations(case) if row.seen_at is not None),
        key=lambda row: (row.seen_at, row.id),
    )
    sightings = _sightings_of(rows)
    speeds = speeds_of(case)
    stops: list[Stop] = []
    for row in rows:
        leg = leg_between(stops[-1].location, row, speeds) if stops else None
        sighting = sightings.get(row.sighting_id) if row.sighting_id is not None else None
        assert row.seen_at is not None
        stops.append(Stop(row, row.seen_at, sighting, leg))
    return stops


def way_from_last_certain(case: Case, sighting: Sighting) -> Stop | None:
    """The latest certain location before a sighting, with the leg from there to the sighting."""
    before = [
        row
        for row in list_locations(case)
        if row.reliability is Reliability.CERTAIN
        and row.seen_at is not None
        and row.seen_at <= sighting.seen_at
        and row.sighting_id != sighting.id
    ]
    if not before:
        return None
    start = before[0]
    assert start.seen_at is not None
    leg = _leg(
        Point(start.latitude_deg, start.longitude_deg),
        Point(sighting.latitude_deg, sighting.longitude_deg),
        sighting.seen_at - start.seen_at,
        start.uncertainty_m,
        speeds_of(case),
    )
    return Stop(start, start.seen_at, None, leg)


def leg_between(
    start: LastKnownLocationRow, end: LastKnownLocationRow, speeds: TravelSpeeds
) -> Leg:
    """The way from one location to a later one. Both times must be known."""
    assert start.seen_at is not None and end.seen_at is not None
    return _leg(
        Point(start.latitude_deg, start.longitude_deg),
        Point(end.latitude_deg, end.longitude_deg),
        end.seen_at - start.seen_at,
        start.uncertainty_m + end.uncertainty_m,
        speeds,
    )


def _leg(
    start: Point, end: Point, time: timedelta, uncertainty_m: float, speeds: TravelSpeeds
) -> Leg:
    distance_m = haversine_m(start, end)
    seconds = time.total_seconds()
    least_way_m = max(0.0, distance_m - uncertainty_m)
    least = least_way_m / seconds if seconds > 0 else (None if least_way_m else 0.0)
    return Leg(
        distance_m=distance_m,
        bearing_deg=initial_bearing_deg(start, end),
        seconds=seconds,
        speed_m_per_s=distance_m / seconds if seconds > 0 else None,
        least_speed_m_per_s=least,
        remark=_remark(least, speeds),
        possible=least is not None and least <= FASTEST_ON_ROADS_M_PER_S,
    )


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
