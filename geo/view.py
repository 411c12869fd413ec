"""What a camera can see, as a sector of the ground."""

import math
from dataclasses import dataclass

from geo.distance import angle_between_deg, destination, haversine_m, initial_bearing_deg
from geo.errors import InvalidHeading
from geo.points import Point

_WEDGE_STEP_DEG = 6.0  # an arc drawn in such steps is within 0.2 % of the true circle


@dataclass(frozen=True, slots=True)
class FieldOfView:
    """A sector: middle direction, full opening angle (0 < width ≤ 360) and depth in metres."""

    heading_deg: float
    width_deg: float
    range_m: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.heading_deg) and 0.0 <= self.heading_deg < 360.0):
            raise InvalidHeading("A heading is given in degrees, from 0 up to but not 360.")
        if not (math.isfinite(self.width_deg) and 0.0 < self.width_deg <= 360.0):
            raise InvalidHeading("A field of view is wider than 0 and at most 360 degrees.")
        if not (math.isfinite(self.range_m) and self.range_m > 0.0):
            raise InvalidHeading("The range of a camera is a number of metres above 0.")

    def faces(self, position: Point, target: Point, *, uncertainty_m: float = 0.0) -> bool:
        """Whether any place within `uncertainty_m` of `target` lies in the sector's directions.

        The range is not considered: see `sees`.
        """
        distance_m = haversine_m(position, target)
        if distance_m <= uncertainty_m or distance_m == 0.0:
            return True
        off_axis_deg = angle_between_deg(self.heading_deg, initial_bearing_deg(position, target))
        spread_deg = math.degrees(math.asin(uncertainty_m / distance_m))
        return float(off_axis_deg) <= self.width_deg / 2 + spread_deg

    def sees(self, position: Point, target: Point, *, uncertainty_m: float = 0.0) -> bool:
        """Whether some place within `uncertainty_m` of `target` is in direction and in range."""
        in_range = haversine_m(position, target) - uncertainty_m <= self.range_m
        return in_range and self.faces(position, target, uncertainty_m=uncertainty_m)

    def wedge(self, position: Point) -> list[Point]:
        """The sector's outline for a map: a closed ring of geodesic points, clockwise.

        A full circle has no corner at the camera; every narrower sector starts and ends there.
        """
        steps = max(2, math.ceil(self.width_deg / _WEDGE_STEP_DEG))
        start_deg = self.heading_deg - self.width_deg / 2
        arc = [
            destination(position, start_deg + self.width_deg * step / steps, self.range_m)
            for step in range(steps + 1)
        ]
        if self.width_deg >= 360.0:
            return [*arc[:-1], arc[0]]
        return [position, *arc, position]


def fields_of_view(
    headings_deg: tuple[float, ...], width_deg: float, range_m: float
) -> tuple[FieldOfView, ...]:
    """One sector for each heading of a camera that looks several ways."""
    return tuple(FieldOfView(heading_deg, width_deg, range_m) for heading_deg in headings_deg)
