"""Sightings that cannot be: farther from a certain one than anybody travels in the time between."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum

from cameras.errors import CamerasError
from cameras.planning.words import clock
from cameras.reasons import distance_words
from geo.distance import haversine_m
from geo.points import Point
from geo.reach import ADULT_SPEEDS, RUNNING_M_PER_S, TravelSpeeds

FASTEST_M_PER_S = 25.0
"""90 km/h in a straight line from door to door: more than any ride through a city."""

CLOCK_SLACK_S = 30.0
"""How far a clock may be off unnoticed; both clocks count in favour of what is checked."""


class TravelVerdict(StrEnum):
    """Whether someone can have been at both places. `UNLIKELY` is faster than city traffic."""

    ON_FOOT = "on_foot"
    BY_VEHICLE = "by_vehicle"
    UNLIKELY = "unlikely"
    IMPOSSIBLE = "impossible"


@dataclass(frozen=True, slots=True)
class SeenAt:
    """A place and aware time at which someone was seen, somewhere within `uncertainty_m`.

    The time may be wrong by `clock_uncertainty_s`, either way.
    """

    position: Point
    at: datetime
    uncertainty_m: float = 0.0
    label: str = ""
    clock_uncertainty_s: float = CLOCK_SLACK_S

    def __post_init__(self) -> None:
        if self.at.utcoffset() is None:
            raise CamerasError("The time of a sighting needs a time zone.")


@dataclass(frozen=True, slots=True)
class TravelCheck:
    """The verdict on a candidate, from the certain sighting that speaks most against it.

    `needed_m_per_s` is the straight-line speed that it would take. Nothing is dropped for it: the
    verdict is shown, and a person decides.
    """

    verdict: TravelVerdict
    needed_m_per_s: float
    against: SeenAt | None
    reason: str

    @property
    def is_possible(self) -> bool:
        return self.verdict is not TravelVerdict.IMPOSSIBLE


def travel_check(
    certain: Sequence[SeenAt],
    candidate: SeenAt,
    speeds: TravelSpeeds = ADULT_SPEEDS,
    *,
    zone: tzinfo | None = None,
) -> TravelCheck:
    """Whether `candidate` can be the same person as all `certain` sightings, before and after it.

    Distances are straight lines, uncertainties and clocks count in the candidate's favour: what is
    found impossible is so on any way.
    """
    if not certain:
        return TravelCheck(
            TravelVerdict.ON_FOOT, 0.0, None, "There is no certain sighting to compare it with."
        )
    worst = max(certain, key=lambda sighting: _needed_m_per_s(sighting, candidate))
    needed = _needed_m_per_s(worst, candidate)
    verdict = _verdict(needed, speeds)
    return TravelCheck(verdict, needed, worst, _sentence(verdict, needed, worst, candidate, zone))


def _way_m(first: SeenAt, second: SeenAt) -> float:
    way_m = haversine_m(first.position, second.position)
    return max(0.0, way_m - first.uncertainty_m - second.uncertainty_m)


def _needed_m_per_s(first: SeenAt, second: SeenAt) -> float:
    between_s = abs((second.at - first.at).total_seconds())
    slack_s = max(1.0, first.clock_uncertainty_s + second.clock_uncertainty_s)
    return _way_m(first, second) / (between_s + slack_s)


def _verdict(needed_m_per_s: float, speeds: TravelSpeeds) -> TravelVerdict:
    if needed_m_per_s <= max(speeds.walking_m_per_s, RUNNING_M_PER_S):
        return TravelVerdict.ON_FOOT
    if needed_m_per_s <= speeds.vehicle_m_per_s:
        return TravelVerdict.BY_VEHICLE
    fastest = max(FASTEST_M_PER_S, speeds.vehicle_m_per_s)
    return TravelVerdict.UNLIKELY if needed_m_per_s <= fastest else TravelVerdict.IMPOSSIBLE


_VERDICT_WORDS = {
    TravelVerdict.ON_FOOT: "possible on foot",
    TravelVerdict.BY_VEHICLE: "possible by vehicle only",
    TravelVerdict.UNLIKELY: "unlikely: faster than city traffic",
    TravelVerdict.IMPOSSIBLE: "impossible",
}


def _sentence(
    verdict: TravelVerdict,
    needed_m_per_s: float,
    certain: SeenAt,
    candidate: SeenAt,
    zone: tzinfo | None,
) -> str:
    place = f"‘{certain.label}’" if certain.label else "the certain sighting"
    away = distance_words(_way_m(certain, candidate))
    minutes = abs((candidate.at - certain.at).total_seconds()) / 60.0
    order = "after" if candidate.at >= certain.at else "before"
    seen = clock(certain.at, candidate.at, zone)
    return (
        f"{_VERDICT_WORDS[verdict].capitalize()}: at least {away} from {place} ({seen}), "
        f"{minutes:.0f} minutes {order} it, which takes {needed_m_per_s * 3.6:.0f} km/h in a "
        "straight line."
    )
