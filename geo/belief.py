"""How much each hypothesis weighs, and how evidence changes that.

A belief holds two kinds of hypotheses. **Particles** are simulated journeys. The **floor** has one
hypothesis for each (camera, bin) within reach: "the person passed there on a way that no particle
took". It starts with a small share, spread by the broad prior, so that nothing in reach ever weighs
nothing, and it gains by itself when the particles are contradicted. Weights of both together sum
to 1. They are kept as logarithms, to which evidence only adds: so its order does not matter.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_matrix, vstack

from geo.behaviours import FASTEST_TRAVEL_M_PER_S
from geo.distance import FloatArray, haversine_many_m
from geo.errors import InvalidBelief
from geo.network import BoolArray
from geo.particles.passes import PassMatrix
from geo.particles.starts import StartPlace
from geo.particles.time_bins import TimeBins
from geo.priors import BROAD, DistancePrior

FLOOR_SHARE = 0.05
_SUREST = 0.98
"""A floor hypothesis is never ruled out further than this by looking once: it says that something
is not modelled, and that may be the look itself."""
_SIGHTING_GAIN = 500.0  # how many times likelier a true sighting is where the person really was
_NEAR_M = 100.0  # within this distance the floor rises no further
_FADING_S = 6 * 3600.0
_SPREAD = 2.0  # starts are drawn up to about so many times their uncertainty away


@dataclass(frozen=True, eq=False)
class Look:
    """Footage looked at: a camera by its number, from bin `first` on.

    `detection` has the probability, for each bin, that someone who passed then and showed as well
    as a walker would have been found: 0 to 1. Raises `InvalidBelief`.
    """

    camera: int
    first: int
    detection: FloatArray

    def __post_init__(self) -> None:
        if not np.all((self.detection >= 0.0) & (self.detection <= 1.0)):
            raise InvalidBelief("A probability of detection is from 0 to 1.")


@dataclass(frozen=True, eq=False)
class Belief:
    """Unnormalised log-weights of particles, and of the floor by (camera, bin) column.

    `log_floor` is −inf where a column is out of reach.
    """

    log_particle: FloatArray
    log_floor: FloatArray

    def weights(self) -> tuple[FloatArray, FloatArray]:
        """Weights of the particles and of the floor, which sum to 1 together."""
        top = max(_highest(self.log_particle), _highest(self.log_floor))
        if not np.isfinite(top):
            raise InvalidBelief(
                "The evidence rules out every way that was thought of: check the visits' "
                "probabilities of detection, and whether a camera is in reach at all."
            )
        particle, floor = np.exp(self.log_particle - top), np.exp(self.log_floor - top)
        total = particle.sum() + floor.sum()
        return particle / total, floor / total

    @property
    def in_reach(self) -> BoolArray:
        """The columns in which the person can have been."""
        return np.isfinite(self.log_floor)

    @property
    def effective_particles(self) -> float:
        """How many equally weighted particles would say as much: from 0 to their number."""
        particle, _ = self.weights()
        total = particle.sum()
        return float(total**2 / (particle**2).sum()) if total > 0.0 else 0.0

    @property
    def unmodelled_share(self) -> float:
        """The floor's part of the probability: near 1, the search's assumptions are refuted."""
        return float(self.weights()[1].sum())


def initial_belief(particle_count: int, floor: FloatArray) -> Belief:
    """All particles weigh the same; `floor` (0 or more, see `floor_weights`) has `FLOOR_SHARE`."""
    if floor.min(initial=0.0) < 0.0:
        raise InvalidBelief("The floor's weights are numbers of 0 or more.")
    total = float(floor.sum())
    share = FLOOR_SHARE if total > 0.0 else 0.0
    with np.errstate(divide="ignore"):
        log_floor = np.log(floor * (share / total)) if total > 0.0 else np.full(len(floor), -np.inf)
    return Belief(np.full(particle_count, np.log((1.0 - share) / particle_count)), log_floor)


def after_empty(belief: Belief, passes: PassMatrix, looks: Sequence[Look]) -> Belief:
    """Nobody was found: a hypothesis that passed loses by the chance that it would have been.

    w ← w · (1 − detection · how well the pass shows), for each bin that was looked at.
    """
    particle, floor = belief.log_particle.copy(), belief.log_floor.copy()
    for look in looks:
        for number, detection in enumerate(look.detection.tolist(), start=look.first):
            who, shows = passes.column(look.camera, number)
            particle[who] += _log1m(detection * shows.astype(np.float64))
            floor[look.camera * passes.bins.count + number] += np.log1p(-min(detection, _SUREST))
    return Belief(particle, floor)


def after_sighting(
    belief: Belief, passes: PassMatrix, camera: int, bins: range, reliability: float
) -> Belief:
    """The person was seen: hypotheses that were there gain, by the sighting's reliability.

    w ← w · ((1 − r) + r · gain · shows). With r < 1 nothing is ruled out. Raises `InvalidBelief`
    where r is not from 0 to below 1.
    """
    if not 0.0 <= reliability < 1.0:
        raise InvalidBelief("The reliability of a sighting is from 0 up to but not 1.")
    shown = np.zeros(passes.particle_count)
    for number in bins:
        who, shows = passes.column(camera, number)
        shown[who] = 1.0 - (1.0 - shown[who]) * (1.0 - shows)
    columns = np.arange(bins.start, bins.stop) + camera * passes.bins.count
    floor = belief.log_floor + np.log1p(-reliability)
    floor[columns] = belief.log_floor[columns] + _log_gain(np.ones(len(columns)), reliability)
    return Belief(belief.log_particle + _log_gain(shown, reliability), floor)


def floor_weights(
    starts: Sequence[StartPlace],
    bins: TimeBins,
    latitude_deg: FloatArray,
    longitude_deg: FloatArray,
    range_m: FloatArray,
    broad: DistancePrior = BROAD,
) -> FloatArray:
    """Weights of the floor for cameras × bins, as columns; 0 where a camera is out of reach.

    In reach is what can be travelled to at `FASTEST_TRAVEL_M_PER_S` in a straight line. Weights
    fall with distance like the broad prior's density over the ground, and slowly with time.
    """
    total = np.zeros((len(latitude_deg), bins.count))
    middles_s = (np.arange(bins.count) + 0.5) * bins.bin_s
    for start in starts:
        away_m = haversine_many_m(
            start.position.latitude_deg, start.position.longitude_deg, latitude_deg, longitude_deg
        )
        slack_m = _SPREAD * max(start.uncertainty_m, 20.0) + range_m
        way_s = np.maximum(away_m - slack_m, 0.0) / FASTEST_TRAVEL_M_PER_S
        arrival_s = start.earliest_s(bins) + way_s
        open_s = (middles_s + bins.bin_s / 2)[None, :] - arrival_s[:, None]
        since_s = np.maximum(middles_s[None, :] - arrival_s[:, None], 0.0)
        weight = start.weight * _density(away_m, broad)[:, None] * np.exp(-since_s / _FADING_S)
        total += np.where(open_s > 0.0, weight, 0.0)
    return total.ravel()


def needs_resampling(belief: Belief, least_share: float = 0.1) -> bool:
    """Whether few particles carry most of the weight, so that more should be drawn."""
    return belief.effective_particles < least_share * len(belief.log_particle)


def pool(
    parts: Sequence[tuple[PassMatrix, Belief]], count: int, seed: int
) -> tuple[PassMatrix, Belief, NDArray[np.int64]]:
    """Make one cloud of `count` particles from several that carry the same evidence.

    Each part must come from the same starts and profile with another seed. Particles are drawn by
    systematic resampling (Kitagawa 1996) and weigh the same afterwards, so effort goes where the
    probability is. Returned with the rows that were drawn, counted over the stacked parts.
    """
    log_all = np.concatenate([belief.log_particle for _, belief in parts])
    top = _highest(log_all)
    if not np.isfinite(top):
        raise InvalidBelief("No particle is left to draw from: rebuild the search.")
    weight = np.exp(log_all - top)
    offset = np.random.default_rng(seed).random()
    positions = (np.arange(count) + offset) / count * weight.sum()
    rows = np.minimum(np.searchsorted(np.cumsum(weight), positions), len(weight) - 1)
    first, belief = parts[0]
    stacked = vstack([passes.seen for passes, _ in parts], format="csr")[rows]
    # The particles' whole probability is kept against the floor's; it is the parts' mean.
    level = top + np.log(weight.sum() / len(parts)) - np.log(count)
    passes = PassMatrix(csc_matrix(stacked), first.camera_count, first.bins)
    return passes, Belief(np.full(count, level), belief.log_floor.copy()), rows


def _density(away_m: FloatArray, broad: DistancePrior) -> FloatArray:
    """The broad prior's share per square metre of ground in a ring around each distance."""
    middle_m = np.maximum(away_m, _NEAR_M)
    inner_m, outer_m = middle_m / 1.25, middle_m * 1.25
    ring = broad.share_within(outer_m) - broad.share_within(inner_m)
    density: FloatArray = np.maximum(ring, 1e-9) / (outer_m**2 - inner_m**2)
    return density


def _log1m(value: FloatArray) -> FloatArray:
    """log(1 − value), −inf for 1."""
    with np.errstate(divide="ignore"):
        return np.log1p(-np.minimum(value, 1.0))


def _log_gain(shown: FloatArray, reliability: float) -> FloatArray:
    return np.log1p(-reliability + reliability * _SIGHTING_GAIN * shown)


def _highest(logs: FloatArray) -> float:
    return float(logs.max(initial=-np.inf))
