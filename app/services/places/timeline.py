"""The timeline of a case: where the subject was, in order of time, and what of it cannot be.

Last-known locations with a time and confirmed sightings are its stops. Stops that exclude each
other lead to competing routes; every stop is in at least one of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from typing import Final

from sqlalchemy import select

from app.extensions import db
from app.models import Case, LastKnownLocationRow, Reliability, Sighting, Trace
from app.outputs import clocks
from app.services.places.legs import (
    Leg,
    Sight,
    leg_between,
    sight_of_location,
    sight_of_sighting,
)
from app.services.places.locations import list_locations
from app.services.places.routes import route_of
from app.services.places.speeds import speeds_of
from geo.alternatives import alternatives
from geo.distance import haversine_m
from geo.legs import exclusions

ROUTES_SHOWN: Final = 8
EXCLUSIONS_SHOWN: Final = 50
SAME_PLACE_M: Final = 50.0
"""Sights nearer to each other than this, or by one camera, may be of one stay."""
LONGEST_BETWEEN_SIGHTS_S: Final = 3600.0
"""Two sights at one place farther apart in time than this are two visits to it."""
_WEIGHTS: Final[Mapping[Reliability, float]] = {
    Reliability.CERTAIN: 1.0,
    Reliability.LIKELY: 0.6,
    Reliability.DOUBTFUL: 0.2,
}
"""What a stop counts for when competing routes are put in order. No probability."""


@dataclass(frozen=True)
class TimelineStop:
    """A place and a time. `number` counts from 1 in order of time; `key` names it in addresses.

    A confirmed sighting has `sighting`; its last-known location, if it is still active, too.
    """

    number: int
    key: str
    label: str
    source: str
    reliability: Reliability
    sight: Sight
    sighting: Sighting | None
    location: LastKnownLocationRow | None
    trace: Trace | None
    clock: str


@dataclass(frozen=True)
class Passage:
    """The way between two stops of a route that follow each other, by their numbers."""

    from_number: int
    to_number: int
    leg: Leg


@dataclass(frozen=True)
class Stay:
    """Stops of a route that follow each other at one place.

    `seconds` runs from the first sight to the last: the subject may have left in between.
    """

    numbers: tuple[int, ...]
    label: str
    first_at: datetime
    last_at: datetime
    seconds: float
    seconds_in_view: float


@dataclass(frozen=True)
class CompetingRoute:
    """One consistent choice of stops. `left_out` are those that it excludes."""

    ordinal: int
    numbers: tuple[int, ...]
    left_out: tuple[int, ...]
    passages: tuple[Passage, ...]
    stays: tuple[Stay, ...]


@dataclass(frozen=True)
class Timeline:
    """All stops in order of time, what excludes what, and the routes that remain.

    `excluded` are the first of `exclusion_count` pairs that cannot both be the subject.
    `routes_complete` is False where more combinations exist than are listed. `undated` are
    locations whose time nobody knows.
    """

    stops: tuple[TimelineStop, ...]
    excluded: tuple[Passage, ...]
    exclusion_count: int
    routes: tuple[CompetingRoute, ...]
    routes_complete: bool
    undated: tuple[LastKnownLocationRow, ...]

    def stop(self, number: int) -> TimelineStop:
        """The stop with this number."""
        return self.stops[number - 1]

    @property
    def confirmed(self) -> int:
        """How many stops are confirmed sightings."""
        return sum(stop.sighting is not None for stop in self.stops)


def timeline_of(case: Case) -> Timeline:
    """Put a case's places and confirmed sightings in order, and judge what they demand."""
    rows = list_locations(case)
    stops = _stops(case, rows)
    sights = [stop.sight for stop in stops]
    pairs = exclusions(sights)
    found = alternatives([_WEIGHTS[stop.reliability] for stop in stops], pairs, limit=ROUTES_SHOWN)
    return Timeline(
        stops=stops,
        excluded=tuple(_passage(case, stops, pair) for pair in pairs[:EXCLUSIONS_SHOWN]),
        exclusion_count=len(pairs),
        routes=tuple(
            _route(case, stops, ordinal, chosen)
            for ordinal, chosen in enumerate(found.routes, start=1)
            if chosen
        ),
        routes_complete=found.is_complete,
        undated=tuple(row for row in rows if row.seen_at is None),
    )


def stays_of(stops: Sequence[TimelineStop]) -> tuple[Stay, ...]:
    """Runs of stops at one place, each with how long it lasted; single ones with time in view."""
    runs: list[list[TimelineStop]] = []
    for stop in stops:
        if runs and _is_same_stay(runs[-1][-1], stop):
            runs[-1].append(stop)
        else:
            runs.append([stop])
    return tuple(
        stay for run in runs if (stay := _stay(run)).seconds > 0 or stay.seconds_in_view > 0
    )


def _stops(case: Case, rows: Sequence[LastKnownLocationRow]) -> tuple[TimelineStop, ...]:
    sightings = {sighting.id: sighting for sighting in route_of(case)}
    traces = _traces(case)
    by_sighting = {row.sighting_id: row for row in rows if row.sighting_id is not None}
    made = [
        _stop_of_sighting(sighting, by_sighting.get(sighting.id)) for sighting in sightings.values()
    ]
    for row in rows:
        sight = sight_of_location(row)
        if sight is not None and row.sighting_id not in sightings:
            made.append(_stop_of_location(row, sight, traces.get(row.trace_id or 0)))
    made.sort(key=lambda stop: (stop.sight.at, stop.key))
    return tuple(replace(stop, number=number) for number, stop in enumerate(made, start=1))


def _traces(case: Case) -> dict[int, Trace]:
    rows = db.session.scalars(select(Trace).where(Trace.case_id == case.id))
    return {trace.id: trace for trace in rows}


def _stop_of_sighting(sighting: Sighting, row: LastKnownLocationRow | None) -> TimelineStop:
    return TimelineStop(
        number=0,
        key=f"sighting-{sighting.id}",
        label=sighting.camera.name,
        source="confirmed sighting",
        reliability=Reliability.LIKELY if row is None else row.reliability,
        sight=sight_of_sighting(sighting),
        sighting=sighting,
        location=row,
        trace=None,
        clock=clocks.words_of(sighting),
    )


def _stop_of_location(row: LastKnownLocationRow, sight: Sight, trace: Trace | None) -> TimelineStop:
    return TimelineStop(
        number=0,
        key=f"location-{row.id}",
        label=row.label,
        source=row.source.value,
        reliability=row.reliability,
        sight=sight,
        sighting=None,
        location=row,
        trace=trace,
        clock="",
    )


def _passage(case: Case, stops: Sequence[TimelineStop], pair: tuple[int, int]) -> Passage:
    start, end = stops[pair[0]], stops[pair[1]]
    leg = leg_between(start.sight, end.sight, speeds_of(case))
    return Passage(start.number, end.number, leg)


def _route(
    case: Case, stops: Sequence[TimelineStop], ordinal: int, chosen: tuple[int, ...]
) -> CompetingRoute:
    present = set(chosen)
    return CompetingRoute(
        ordinal=ordinal,
        numbers=tuple(stops[index].number for index in chosen),
        left_out=tuple(stop.number for i, stop in enumerate(stops) if i not in present),
        passages=tuple(_passage(case, stops, pair) for pair in pairwise(chosen)),
        stays=stays_of([stops[index] for index in chosen]),
    )


def _is_same_stay(before: TimelineStop, after: TimelineStop) -> bool:
    seconds = (after.sight.arrived_at - before.sight.left_at).total_seconds()
    if seconds > LONGEST_BETWEEN_SIGHTS_S:
        return False
    same_camera = (
        before.sighting is not None
        and after.sighting is not None
        and before.sighting.camera_id == after.sighting.camera_id
    )
    return same_camera or (haversine_m(before.sight.position, after.sight.position) <= SAME_PLACE_M)


def _stay(run: Sequence[TimelineStop]) -> Stay:
    first_at = min(stop.sight.arrived_at for stop in run)
    last_at = max(stop.sight.left_at for stop in run)
    return Stay(
        numbers=tuple(stop.number for stop in run),
        label=run[0].label,
        first_at=first_at,
        last_at=last_at,
        seconds=(last_at - first_at).total_seconds(),
        seconds_in_view=sum(stop.sight.seconds_in_view for stop in run),
    )
