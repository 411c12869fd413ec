"""A flat map of one neighbourhood, in metres, for searches that need x and y."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from geo.distance import EARTH_RADIUS_M, FloatArray
from geo.points import Point


@dataclass(frozen=True, slots=True)
class LocalPlane:
    """Metres east (x) and north (y) of `centre`: an equirectangular projection.

    Distances on it are within 0.2 % of the sphere's up to 50 km away at latitudes up to 45°, and
    within 1 % up to 60°. It may cross the 180° meridian but holds no pole.
    """

    centre: Point

    def to_xy_m(
        self, latitude_deg: ArrayLike, longitude_deg: ArrayLike
    ) -> tuple[FloatArray, FloatArray]:
        """Positions in degrees as (x, y) in metres."""
        latitude = np.asarray(latitude_deg, dtype=np.float64)
        longitude = np.asarray(longitude_deg, dtype=np.float64)
        turn_deg = np.mod(longitude - self.centre.longitude_deg + 180.0, 360.0) - 180.0
        x_m = np.radians(turn_deg) * EARTH_RADIUS_M * self._shrink
        y_m = np.radians(latitude - self.centre.latitude_deg) * EARTH_RADIUS_M
        return x_m, y_m

    def to_degrees(self, x_m: ArrayLike, y_m: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """(x, y) in metres as (latitude, longitude) in degrees."""
        east = np.asarray(x_m, dtype=np.float64) / (EARTH_RADIUS_M * self._shrink)
        north = np.asarray(y_m, dtype=np.float64) / EARTH_RADIUS_M
        longitude = self.centre.longitude_deg + np.degrees(east)
        latitude = np.clip(self.centre.latitude_deg + np.degrees(north), -90.0, 90.0)
        return latitude, np.mod(longitude + 180.0, 360.0) - 180.0

    @property
    def _shrink(self) -> float:
        """How much narrower a degree of longitude is here than at the equator."""
        return max(math.cos(math.radians(self.centre.latitude_deg)), 1e-6)


def plane_around(points: Iterable[Point]) -> LocalPlane:
    """A plane centred on the middle of `points`, on the right side of the 180° meridian."""
    listed = list(points)
    first = LocalPlane(listed[0])
    x_m, y_m = first.to_xy_m([p.latitude_deg for p in listed], [p.longitude_deg for p in listed])
    latitude, longitude = first.to_degrees((x_m.min() + x_m.max()) / 2, (y_m.min() + y_m.max()) / 2)
    return LocalPlane(Point(float(latitude), float(longitude)))
