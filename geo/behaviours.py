"""What a missing person may be doing, how often, and how fast.

The shares and durations are assumptions, stated here so that they can be argued with; no published
measurement covers them. They are kept broad: evidence moves the weights, not these numbers.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

import numpy as np

from geo.distance import FloatArray
from geo.errors import InvalidBelief
from geo.points import Point
from geo.priors import PRIORS, DistancePrior, PriorMixture, mixture_for


class Behaviour(StrEnum):
    """The kinds of journey a particle can make."""

    STAYS = "stays"
    WANDERS = "wanders"
    HEADS_HOME = "heads_home"
    WALKS = "walks"
    RIDES = "rides"


@dataclass(frozen=True, slots=True)
class BehaviourMix:
    """How often each behaviour is assumed: weights of 0 or more, of which one is above 0."""

    stays: float = 0.10
    wanders: float = 0.30
    heads_home: float = 0.10
    walks: float = 0.35
    rides: float = 0.15

    def __post_init__(self) -> None:
        weights = self._weights()
        if not all(math.isfinite(weight) and weight >= 0.0 for weight in weights):
            raise InvalidBelief("The weight of a behaviour is a number of 0 or more.")
        if sum(weights) <= 0.0:
            raise InvalidBelief("At least one behaviour must have a weight above 0.")

    def shares(self, *, has_home: bool) -> FloatArray:
        """Probabilities in the order of `Behaviour`; with no home known, none heads there."""
        weights = np.array(self._weights())
        if not has_home:
            weights[2] = 0.0
        if weights.sum() <= 0.0:
            raise InvalidBelief("The only behaviour is to head home, but no home is known.")
        shares: FloatArray = weights / weights.sum()
        return shares

    def _weights(self) -> tuple[float, ...]:
        return (self.stays, self.wanders, self.heads_home, self.walks, self.rides)


@dataclass(frozen=True, slots=True)
class SubjectProfile:
    """What is assumed of one missing person: distances, behaviours, and a home if one is known."""

    prior: PriorMixture
    mix: BehaviourMix = BehaviourMix()
    home: Point | None = None

    @property
    def walking_m_per_s(self) -> float:
        """Walking speed without stops, of the category."""
        return self.prior.prior.walking_m_per_s


_CHILD = BehaviourMix(stays=0.20, wanders=0.45, heads_home=0.10, walks=0.15, rides=0.10)
_BY_CATEGORY: Mapping[str, BehaviourMix] = MappingProxyType(
    {
        "child_1_3": _CHILD,
        "child_4_6": _CHILD,
        "child_7_9": BehaviourMix(0.12, 0.38, 0.15, 0.25, 0.10),
        "dementia": BehaviourMix(0.10, 0.45, 0.15, 0.20, 0.10),
        "despondent": BehaviourMix(0.20, 0.20, 0.05, 0.40, 0.15),
        "abduction": BehaviourMix(0.05, 0.10, 0.00, 0.25, 0.60),
    }
)


def profile_for(
    category: str,
    *,
    home: Point | None = None,
    priors: Mapping[str, DistancePrior] = PRIORS,
) -> SubjectProfile:
    """The profile of a category of `priors`. Raises `InvalidBelief` where there is none."""
    if category not in priors:
        raise InvalidBelief(f"There is no category “{category}”: choose one of the table.")
    mix = _BY_CATEGORY.get(category, BehaviourMix())
    return SubjectProfile(mixture_for(priors[category]), mix, home)


# Effective speeds are lower than free walking: people stop, look and wait at crossings.
SLOWEST_SHARE, FASTEST_SHARE = 0.55, 1.10
VEHICLE_M_PER_S = (5.0, 11.0)
"""Slowest and fastest door-to-door speed of a ride in a city, along the street."""

FASTEST_TRAVEL_M_PER_S = 14.0
"""Nothing that moves faster than this in a straight line is searched for: 50 km/h on average."""


def draw_walking_m_per_s(free: float, count: int, rng: np.random.Generator) -> FloatArray:
    """Effective walking speeds, with what differs between people and the stops on the way."""
    people = np.exp(rng.normal(0.0, 0.15, count))
    return free * people * rng.uniform(SLOWEST_SHARE, FASTEST_SHARE, count)


def draw_wait_s(mean_s: float, count: int, rng: np.random.Generator) -> FloatArray:
    """Times before setting out: most leave soon, a few much later."""
    return rng.exponential(mean_s, count)


def draw_stay_s(median_s: float, count: int, rng: np.random.Generator) -> FloatArray:
    """Times spent at a place: lognormal, a tenth stays over three and a half times the median."""
    return median_s * np.exp(rng.normal(0.0, 1.0, count))
