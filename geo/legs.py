"""The way between two sights of one person, and whether it can be.

A sight has a place with an uncertainty in metres and a time with an uncertainty in seconds. Every
judgement here gives the person the benefit of both: a leg is called impossible only if it stays so
at the near edges of both places and with both clocks wrong in the person's favour.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from geo.distance import haversine_m, haversine_many_m, initial_bearing_deg
from geo.errors import GeoError
from geo.points import Point
from geo.reach import RUNNING_M_PER_S, TravelSpeeds

FASTEST_ON_ROADS_M_PER_S = 35.0
"""About 125 km/h: nobody is faster by road, so a leg that demands more cannot be one person's."""


@dataclass(frozen=True, slots=True)
class Sight:
    """Somebody was at `position`, give or take `uncertainty_m`, at the time `at`.

    `first_at` and `last_at` bound how long they were in view, where that is known. All three may
    be wrong together by `time_uncertainty_s`, as a clock is. Raises `GeoError` for a time without
    zone, and for bounds that do not enclose `at`.
    """

    position: Point
    at: datetime
    uncertainty_m: float = 0.0
    time_uncertainty_s: float = 0.0
    first_at: datetime | None = None
    last_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.at.utcoffset() is None:
            raise GeoError("The time of a sight needs a time zone.")
        if not self.arrived_at <= self.at <= self.left_at:
            raise GeoError("A sight's time lies outside the time in view.")

    @property
    def arrived_at(self) -> datetime:
        """When the person was there at the latest: the first moment in view."""
        return self.first_at or self.at

    @property
    def left_at(self) -> datetime:
        """Until when the person was there at least: the last moment in view."""
        return self.last_at or self.at

    @property
    def seconds_in_view(self) -> float:
        """How long the person was in view; 0 where only a moment is known."""
        return (self.left_at - self.arrived_at).total_seconds()


@dataclass(frozen=True, slots=True)
class Leg:
    """The way between two sights, as the crow flies.

    `seconds` runs from the last moment at the start to the first at the end; it is negative where
    the two overlap. `speed_m_per_s` is None where no time passed. `least_speed_m_per_s` gives the
    person the benefit of all uncertainties; None where even that would take no time at all.
    `remark` says in words what the leg demands; `possible` is False only where no road vehicle
    could have done it, and then `reason` says why, and `missing_s` by how many seconds more than
    stated the clocks would have to be wrong for it to be possible after all. A leg that is possible
    only because the clocks may be wrong says so in its remark, and in `borrowed_s` by how much they
    must be, of the uncertainty that they have.
    """

    distance_m: float
    bearing_deg: float
    seconds: float
    speed_m_per_s: float | None
    least_speed_m_per_s: float | None
    remark: str
    possible: bool
    reason: str = ""
    missing_s: float | None = None
    borrowed_s: float | None = None


def leg_between(start: Sight, end: Sight, speeds: TravelSpeeds) -> Leg:
    """The way from one sight to one that is not earlier."""
    distance_m = haversine_m(start.position, end.position)
    seconds = (end.arrived_at - start.left_at).total_seconds()
    least_way_m = max(0.0, distance_m - start.uncertainty_m - end.uncertainty_m)
    most_seconds = seconds + start.time_uncertainty_s + end.time_uncertainty_s
    least = _least_speed(least_way_m, most_seconds)
    possible = least is not None and least <= FASTEST_ON_ROADS_M_PER_S
    needed_s = least_way_m / FASTEST_ON_ROADS_M_PER_S
    missing_s = None if possible else needed_s - most_seconds
    borrowed_s = needed_s - seconds if possible and needed_s > max(0.0, seconds) else None
    return Leg(
        distance_m=distance_m,
        bearing_deg=initial_bearing_deg(start.position, end.position),
        seconds=seconds,
        speed_m_per_s=distance_m / seconds if seconds > 0 else None,
        least_speed_m_per_s=least,
        remark=_remark(least, seconds, speeds) + _borrowed(borrowed_s, most_seconds - seconds),
        possible=possible,
        reason="" if missing_s is None else _reason(least_way_m, most_seconds, missing_s),
        missing_s=missing_s,
        borrowed_s=borrowed_s,
    )


def exclusions(sights: Sequence[Sight]) -> tuple[tuple[int, int], ...]:
    """Pairs of indices, the earlier sight first, that cannot both be the same person.

    `sights` must be in order of `at`. Only pairs near in time are compared: beyond the time in
    which the fastest vehicle crosses the whole area, no pair can exclude each other.
    """
    if len(sights) < 2:
        return ()
    latitude = np.array([one.position.latitude_deg for one in sights])
    longitude = np.array([one.position.longitude_deg for one in sights])
    radius_m = np.array([one.uncertainty_m for one in sights])
    slack_s = np.array([one.time_uncertainty_s for one in sights])
    at_s = np.array([one.at.timestamp() for one in sights])
    arrived_s = np.array([one.arrived_at.timestamp() for one in sights])
    left_s = np.array([one.left_at.timestamp() for one in sights])
    # Any two are within twice the farthest one's distance from the first.
    widest_m = 2.0 * float(haversine_many_m(latitude[0], longitude[0], latitude, longitude).max())
    longest_view_s = float((left_s - arrived_s).max())
    horizon_s = widest_m / FASTEST_ON_ROADS_M_PER_S + 2.0 * longest_view_s
    ends = np.searchsorted(at_s, at_s + horizon_s, side="right")
    found: list[tuple[int, int]] = []
    for i, end in enumerate(ends.tolist()):
        later = slice(i + 1, end)
        way_m = haversine_many_m(latitude[i], longitude[i], latitude[later], longitude[later])
        least_way_m = np.maximum(0.0, way_m - radius_m[i] - radius_m[later])
        most_s = arrived_s[later] - left_s[i] + slack_s[i] + slack_s[later]
        excluded = least_way_m > FASTEST_ON_ROADS_M_PER_S * np.maximum(0.0, most_s)
        found.extend((i, i + 1 + int(j)) for j in np.flatnonzero(excluded))
    return tuple(found)


def _least_speed(least_way_m: float, most_seconds: float) -> float | None:
    if least_way_m == 0.0:
        return 0.0
    return least_way_m / most_seconds if most_seconds > 0 else None


def _remark(least_m_per_s: float | None, seconds: float, speeds: TravelSpeeds) -> str:
    if least_m_per_s is None:
        overlap = seconds < 0
        return (
            "impossible: arrives there before leaving here"
            if overlap
            else "impossible: two places at the same time"
        )
    if least_m_per_s <= speeds.walking_m_per_s:
        return "possible on foot"
    if least_m_per_s <= RUNNING_M_PER_S:
        return "possible running, or by vehicle"
    if least_m_per_s <= speeds.vehicle_m_per_s:
        return "possible only by vehicle"
    if least_m_per_s <= FASTEST_ON_ROADS_M_PER_S:
        return "possible only by a fast vehicle with little traffic"
    return "impossible: faster than any road vehicle"


def _borrowed(borrowed_s: float | None, slack_s: float) -> str:
    if borrowed_s is None:
        return ""
    return (
        f", and only if the clocks are wrong: by {borrowed_s:.0f} s together, "
        f"of the ±{slack_s:.0f} s that they may be"
    )


def _reason(least_way_m: float, most_seconds: float, missing_s: float) -> str:
    between = f"at most {_time(most_seconds)}" if most_seconds > 0 else "no time"
    return (
        f"The two places are at least {_way(least_way_m)} apart with {between} between them, all "
        f"uncertainties counted in the person's favour. Both can be true only if their "
        f"clocks are wrong by {_time(missing_s)} more than assumed."
    )


def _way(way_m: float) -> str:
    return f"{way_m:.0f} m" if way_m < 1000 else f"{way_m / 1000:.1f} km"


def _time(seconds: float) -> str:
    """As "45 s", "2 min" or "2 min 5 s"; hours are left as minutes."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    return f"{whole // 60} min" + (f" {whole % 60} s" if whole % 60 else "")
