"""How soon a missing person can have been somewhere.

Speeds are straight-line speeds on open ground, so an arrival time here is a lower bound: streets
only make the way longer. Walking speeds: R. W. Bohannon, "Comfortable and maximum walking speed of
adults", Age and Ageing 26 (1997), about 1.4 m/s; children of 4 to 6 years with stops about 0.9 m/s.
City traffic moves at 6 to 10 m/s door to door.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from geo.distance import haversine_m
from geo.errors import GeoError
from geo.points import Point

CHILD_WALKING_M_PER_S = 0.9
ADULT_WALKING_M_PER_S = 1.4
RUNNING_M_PER_S = 3.0
CITY_VEHICLE_M_PER_S = 8.0


@dataclass(frozen=True, slots=True)
class TravelSpeeds:
    """Speeds in metres per second that a ranking assumes for one subject."""

    walking_m_per_s: float = ADULT_WALKING_M_PER_S
    vehicle_m_per_s: float = CITY_VEHICLE_M_PER_S

    def __post_init__(self) -> None:
        for speed in (self.walking_m_per_s, self.vehicle_m_per_s):
            if not (math.isfinite(speed) and speed > 0.0):
                raise GeoError("A travel speed is a number of metres per second above 0.")


CHILD_SPEEDS = TravelSpeeds(walking_m_per_s=CHILD_WALKING_M_PER_S)
ADULT_SPEEDS = TravelSpeeds()


def earliest_arrival(
    seen_at: datetime, distance_m: float, speed_m_per_s: float, *, uncertainty_m: float = 0.0
) -> datetime:
    """The first moment at which someone seen at `seen_at` can be `distance_m` away.

    The uncertainty counts in the person's favour: they may have been that much nearer already.
    """
    way_m = max(0.0, distance_m - uncertainty_m)
    return seen_at + timedelta(seconds=way_m / speed_m_per_s)


def could_reach(
    origin: Point,
    seen_at: datetime,
    target: Point,
    by: datetime,
    speed_m_per_s: float,
    *,
    uncertainty_m: float = 0.0,
) -> bool:
    """Whether someone seen at `origin` at `seen_at` can be at `target` no later than `by`."""
    distance_m = haversine_m(origin, target)
    return earliest_arrival(seen_at, distance_m, speed_m_per_s, uncertainty_m=uncertainty_m) <= by
