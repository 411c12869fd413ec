"""Where a person must have been between two sights.

Whoever leaves A and arrives at B has passed only through places from which the way back to A and on
to B together is no longer than what they could travel in the time: an ellipse with A and B as its
foci (the potential path area of time geography: H. J. Miller, "Modelling accessibility using
space-time prism concepts", Int. J. Geographical Information Systems 5, 1991). Uncertainties of
place and time make it larger, never smaller.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from geo.distance import destination, haversine_m, initial_bearing_deg
from geo.errors import GeoError
from geo.legs import Sight
from geo.plane import LocalPlane
from geo.points import Point

OUTLINE_CORNERS = 72


@dataclass(frozen=True, slots=True)
class Corridor:
    """The places that can lie on a way from `start` to `end` at no more than `speed_m_per_s`.

    Raises `GeoError` where the way cannot be done at that speed at all.
    """

    start: Sight
    end: Sight
    speed_m_per_s: float

    def __post_init__(self) -> None:
        if self.longest_way_m < self.direct_m:
            raise GeoError("The two places cannot be reached from each other at this speed.")

    @property
    def direct_m(self) -> float:
        """Distance between the two places."""
        return haversine_m(self.start.position, self.end.position)

    @property
    def seconds(self) -> float:
        """The time there was, both clocks wrong in the person's favour; never negative."""
        between = (self.end.arrived_at - self.start.left_at).total_seconds()
        return max(0.0, between + self.start.time_uncertainty_s + self.end.time_uncertainty_s)

    @property
    def longest_way_m(self) -> float:
        """The ellipse's longer axis: what can be travelled, and both uncertainties of place."""
        uncertainty_m = self.start.uncertainty_m + self.end.uncertainty_m
        return self.seconds * self.speed_m_per_s + uncertainty_m

    @property
    def shorter_axis_m(self) -> float:
        """The ellipse's width across the direct way."""
        return math.sqrt(max(0.0, self.longest_way_m**2 - self.direct_m**2))

    @property
    def area_m2(self) -> float:
        """The ellipse's area on a plane."""
        return math.pi / 4 * self.longest_way_m * self.shorter_axis_m

    @property
    def middle(self) -> Point:
        """Half way; the whole ellipse is within half its longer axis of it."""
        start, end = self.start.position, self.end.position
        return destination(start, initial_bearing_deg(start, end), self.direct_m / 2)

    def contains(self, point: Point, *, margin_m: float = 0.0) -> bool:
        """Whether a place within `margin_m` of `point` can lie on the way."""
        detour_m = haversine_m(self.start.position, point) + haversine_m(point, self.end.position)
        return detour_m <= self.longest_way_m + 2 * margin_m

    def passing_times(self, point: Point, *, margin_m: float = 0.0) -> tuple[datetime, datetime]:
        """From when to when the person can have been within `margin_m` of `point`.

        Raises `GeoError` for a place outside the corridor.
        """
        if not self.contains(point, margin_m=margin_m):
            raise GeoError("The place lies outside the corridor.")
        to_m = haversine_m(self.start.position, point) - self.start.uncertainty_m - margin_m
        on_m = haversine_m(point, self.end.position) - self.end.uncertainty_m - margin_m
        earliest = self.start.left_at - timedelta(seconds=self.start.time_uncertainty_s)
        latest = self.end.arrived_at + timedelta(seconds=self.end.time_uncertainty_s)
        earliest += timedelta(seconds=max(0.0, to_m) / self.speed_m_per_s)
        latest -= timedelta(seconds=max(0.0, on_m) / self.speed_m_per_s)
        # At the rim one uncertainty stands in for the other, and the two times may just cross.
        return min(earliest, latest), max(earliest, latest)

    def outline(self, corners: int = OUTLINE_CORNERS) -> list[Point]:
        """The ellipse as a ring of points, not closed, counter-clockwise from the end's side."""
        plane = LocalPlane(self.middle)
        half_long_m, half_short_m = self.longest_way_m / 2, self.shorter_axis_m / 2
        bearing = math.radians(initial_bearing_deg(self.start.position, self.end.position))
        ring = []
        for corner in range(corners):
            angle = 2 * math.pi * corner / corners
            along_m, left_m = half_long_m * math.cos(angle), half_short_m * math.sin(angle)
            east_m = along_m * math.sin(bearing) - left_m * math.cos(bearing)
            north_m = along_m * math.cos(bearing) + left_m * math.sin(bearing)
            latitude_deg, longitude_deg = plane.to_degrees(east_m, north_m)
            ring.append(Point(float(latitude_deg), float(longitude_deg)))
        return ring
