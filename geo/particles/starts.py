"""Where and when particles begin: drawn from the last-known locations."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from geo.distance import FloatArray
from geo.errors import InvalidBelief
from geo.network import IntArray
from geo.particles.time_bins import TimeBins
from geo.plane import LocalPlane
from geo.points import Point

_LEAST_UNCERTAINTY_M = 20.0
_USUAL_ERROR_S = 300.0  # standard deviation of a witness's time
_GROSS_SHARE, GROSS_ERROR_S = 0.3, 4500.0  # the share of times that are wrong by up to 75 minutes
_PLACES_EACH = 48  # so many different start places per location: each needs its own tree of ways


@dataclass(frozen=True, slots=True)
class StartPlace:
    """A place where the person may have been last: `weight` above 0 is relative to the others.

    `uncertainty_m` is the radius in which the person was with about 86 %; without `seen_at`, any
    time of the search is as likely. Raises `InvalidBelief`.
    """

    position: Point
    seen_at: datetime | None
    uncertainty_m: float = 0.0
    weight: float = 1.0

    def __post_init__(self) -> None:
        if self.seen_at is not None and self.seen_at.utcoffset() is None:
            raise InvalidBelief("The time of a last-known location needs a time zone.")
        if not 0.0 <= self.uncertainty_m < math.inf:
            raise InvalidBelief("The uncertainty is a number of metres, 0 or more.")
        if not (math.isfinite(self.weight) and self.weight > 0.0):
            raise InvalidBelief("The weight of a start is a number above 0.")

    def earliest_s(self, bins: TimeBins) -> float:
        """The first second of `bins` at which a particle can start here."""
        return 0.0 if self.seen_at is None else bins.seconds_at(self.seen_at) - GROSS_ERROR_S


@dataclass(frozen=True, slots=True)
class DrawnStarts:
    """`place` numbers the distinct start points, `x_m`, `y_m` are theirs; the rest is by particle.

    `source` is the index of the `StartPlace`, `at_s` seconds from the start of the bins.
    """

    x_m: FloatArray
    y_m: FloatArray
    place: IntArray
    source: IntArray
    at_s: FloatArray


def draw_starts(
    starts: Sequence[StartPlace],
    bins: TimeBins,
    plane: LocalPlane,
    count: int,
    rng: np.random.Generator,
) -> DrawnStarts:
    """`count` starts, spread over the places by weight. Raises `InvalidBelief` without any."""
    if not starts:
        raise InvalidBelief("A search needs a last-known location: enter where the person was.")
    weights = np.array([start.weight for start in starts])
    source = rng.choice(len(starts), count, p=weights / weights.sum()).astype(np.int32)
    each = min(_PLACES_EACH, count)
    x_m, y_m = _places(starts, plane, each, rng)
    place = source * each + rng.integers(0, each, count, dtype=np.int32)
    at_s = np.empty(count)
    for index, start in enumerate(starts):
        mine = source == index
        at_s[mine] = _times_s(start, bins, int(mine.sum()), rng)
    return DrawnStarts(x_m, y_m, place, source, at_s)


def _places(
    starts: Sequence[StartPlace], plane: LocalPlane, each: int, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """`each` points around every start: normal, with the uncertainty as two deviations."""
    x_m, y_m = plane.to_xy_m(
        [start.position.latitude_deg for start in starts],
        [start.position.longitude_deg for start in starts],
    )
    radius_m = np.array([max(start.uncertainty_m, _LEAST_UNCERTAINTY_M) for start in starts])
    spread = rng.normal(size=(2, len(starts), each)) * radius_m[None, :, None] / 2.0
    return (x_m[:, None] + spread[0]).ravel(), (y_m[:, None] + spread[1]).ravel()


def _times_s(start: StartPlace, bins: TimeBins, count: int, rng: np.random.Generator) -> FloatArray:
    if start.seen_at is None:
        return rng.uniform(0.0, bins.length_s, count)
    usual = np.clip(rng.normal(0.0, _USUAL_ERROR_S, count), -GROSS_ERROR_S, GROSS_ERROR_S)
    gross = rng.uniform(-GROSS_ERROR_S, GROSS_ERROR_S, count)
    is_gross = rng.random(count) < _GROSS_SHARE
    return bins.seconds_at(start.seen_at) + np.where(is_gross, gross, usual)
