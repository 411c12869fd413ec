"""How far from where they were last seen people of a category are found.

The table is editable data: `PRIORS` in, a changed copy of an entry out. A prior is never trusted
alone: `PriorMixture` blends it with a broad one, so that a wrong prior costs hours, not the search.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from geo.distance import FloatArray
from geo.errors import InvalidBelief
from geo.reach import ADULT_WALKING_M_PER_S, CHILD_WALKING_M_PER_S

SOURCE = (
    "Distances from the initial planning point, urban, as transcribed in the open project IGT4SAR, "
    "which credits R. Koester, Lost Person Behavior."
)
BROAD_SHARE = 0.3
"""Weight of the broad distribution in a mixture, for a category that may be wrong."""

_FEWEST, _MOST_SHARE = 2, 0.999
_NEAREST_M, _FARTHEST_M = 10.0, 100_000.0
_SHARES = (0.25, 0.50, 0.75, 0.95)


@dataclass(frozen=True, slots=True)
class Quantile:
    """`share` (0 to 1, without the ends) of the people are found within `distance_m`."""

    share: float
    distance_m: float


@dataclass(frozen=True, slots=True)
class DistancePrior:
    """A category's distances from the place last seen, as quantiles, with their source.

    Between quantiles the logarithm of distance is linear in the normal deviate of the share, and
    beyond the outer ones it goes on like that: each stretch is a lognormal distribution, and every
    given quantile is met exactly. Raises `InvalidBelief`.
    """

    category: str
    label: str
    quantiles: tuple[Quantile, ...]
    walking_m_per_s: float = ADULT_WALKING_M_PER_S
    source: str = SOURCE

    def __post_init__(self) -> None:
        if len(self.quantiles) < _FEWEST:
            raise InvalidBelief(f"The prior “{self.label}” needs at least two distances.")
        for quantile in self.quantiles:
            if not 1 - _MOST_SHARE <= quantile.share <= _MOST_SHARE:
                raise InvalidBelief("A share of people found lies between 0.1 % and 99.9 %.")
            if not _NEAREST_M <= quantile.distance_m <= _FARTHEST_M:
                raise InvalidBelief("A distance of a prior is from 10 m to 100 km.")
        for near, far in pairwise(self.quantiles):
            if near.share >= far.share or near.distance_m >= far.distance_m:
                raise InvalidBelief(
                    f"The distances of the prior “{self.label}” must rise with their shares."
                )
        if not (math.isfinite(self.walking_m_per_s) and 0.1 <= self.walking_m_per_s <= 5.0):
            raise InvalidBelief("A walking speed is from 0.1 to 5 metres per second.")

    def quantile_m(self, share: ArrayLike) -> FloatArray:
        """The distances in metres within which those shares of people are found."""
        deviates = _deviates(np.clip(share, 1e-6, 1 - 1e-6))
        known, logs = self._curve()
        return np.exp(_interpolate(deviates, known, logs))

    def share_within(self, distance_m: ArrayLike) -> FloatArray:
        """The shares of people found within those distances."""
        known, logs = self._curve()
        wanted = np.log(np.maximum(np.asarray(distance_m, dtype=np.float64), 1e-3))
        return _shares(_interpolate(wanted, logs, known))

    @property
    def median_m(self) -> float:
        """Half of the people are found within this distance."""
        return float(self.quantile_m(0.5))

    def _curve(self) -> tuple[FloatArray, FloatArray]:
        known = _deviates([quantile.share for quantile in self.quantiles])
        return known, np.log([quantile.distance_m for quantile in self.quantiles])


@dataclass(frozen=True, slots=True)
class PriorMixture:
    """`prior` with weight 1 − `broad_share`, `broad` with the rest (0 to 1)."""

    prior: DistancePrior
    broad: DistancePrior
    broad_share: float = BROAD_SHARE

    def __post_init__(self) -> None:
        if not 0.0 <= self.broad_share <= 1.0:
            raise InvalidBelief("The weight of the broad distribution is from 0 to 1.")

    def share_within(self, distance_m: ArrayLike) -> FloatArray:
        """The shares of people found within those distances, of both together."""
        narrow, wide = self.prior.share_within(distance_m), self.broad.share_within(distance_m)
        return (1.0 - self.broad_share) * narrow + self.broad_share * wide

    def draw_m(self, count: int, rng: np.random.Generator) -> FloatArray:
        """Random distances in metres."""
        shares, is_broad = rng.random(count), rng.random(count) < self.broad_share
        return np.where(is_broad, self.broad.quantile_m(shares), self.prior.quantile_m(shares))


def prior_of_km(
    category: str,
    label: str,
    distances_km: tuple[float, ...],
    walking_m_per_s: float = ADULT_WALKING_M_PER_S,
    source: str = SOURCE,
) -> DistancePrior:
    """A prior from its distances at 25, 50, 75 and, where there is a fourth, 95 %."""
    pairs = zip(_SHARES, distances_km, strict=False)
    quantiles = tuple(Quantile(share, 1000.0 * km) for share, km in pairs)
    return DistancePrior(category, label, quantiles, walking_m_per_s, source)


BROAD = prior_of_km(
    "broad",
    "Any person (broad)",
    (0.35, 1.2, 4.0, 15.0),
    source="Made to cover all categories of the table; not measured.",
)
"""What is assumed of a person of whom nothing is known."""

_TABLE = (
    prior_of_km("child_1_3", "Child of 1 to 3", (0.16, 0.48, 0.80, 1.13), CHILD_WALKING_M_PER_S),
    prior_of_km("child_4_6", "Child of 4 to 6", (0.10, 0.48, 0.97, 3.4), CHILD_WALKING_M_PER_S),
    prior_of_km("child_7_9", "Child of 7 to 9", (0.16, 0.48, 1.4, 5.1), 1.1),
    prior_of_km("child_10_12", "Child of 10 to 12", (0.32, 1.4, 2.9, 5.8), 1.3),
    prior_of_km("youth_13_15", "Youth of 13 to 15 (open ground)", (0.64, 1.3, 3.2, 10.0)),
    prior_of_km("dementia", "Person with dementia", (0.32, 1.1, 3.2, 12.6), 1.0),
    prior_of_km("despondent", "Despondent person", (0.10, 0.48, 1.4, 13.0)),
    prior_of_km("autistic", "Autistic person", (0.32, 0.97, 3.9, 8.0), 1.2),
    prior_of_km("abduction", "Abduction", (0.32, 2.4, 19.3)),
    BROAD,
)
PRIORS: Mapping[str, DistancePrior] = MappingProxyType({entry.category: entry for entry in _TABLE})
"""The table by category. Walking speeds between a child's 0.9 and an adult's 1.4 m/s are ours."""


def mixture_for(prior: DistancePrior, broad_share: float = BROAD_SHARE) -> PriorMixture:
    """`prior` blended with `BROAD`."""
    return PriorMixture(prior, BROAD, broad_share)


def _deviates(shares: ArrayLike) -> FloatArray:
    deviates: FloatArray = ndtri(np.asarray(shares, dtype=np.float64))
    return deviates


def _shares(deviates: FloatArray) -> FloatArray:
    shares: FloatArray = ndtr(deviates)
    return shares


def _interpolate(wanted: FloatArray, known: FloatArray, values: FloatArray) -> FloatArray:
    """Piecewise linear, going on with the outer slopes beyond the ends."""
    piece = np.clip(np.searchsorted(known, wanted) - 1, 0, len(known) - 2)
    slope = np.diff(values) / np.diff(known)
    line: FloatArray = values[piece] + slope[piece] * (wanted - known[piece])
    return line
