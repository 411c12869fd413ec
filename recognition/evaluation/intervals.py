"""How far a measured rate may be off: 95 % intervals.

Pairs are not independent: one person who resembles another, or one bad photo, spoils many pairs at
once. So people are drawn anew and not pairs (the bootstrap by subject that NIST uses); a pair of
strangers counts as often as both of its people were drawn.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from recognition.evaluation.verification import Pairs

_DRAWS = 1_000
_SEED = 1
_Z = 1.96
_MOST_PEOPLE = 3_000


@dataclass(frozen=True)
class Interval:
    """Where the true rate lies in 95 of 100 such measurements, 0 to 1."""

    low: float
    high: float


def true_match_interval(pairs: Pairs, threshold: float) -> Interval:
    """Of the share of pairs of one person at or above the threshold."""
    of = pairs.first[pairs.is_same]
    hits = np.bincount(of, pairs.same >= threshold, minlength=pairs.people)
    counts = np.bincount(of, minlength=pairs.people)
    has_pairs = counts > 0
    hits, counts = hits[has_pairs], counts[has_pairs]
    share = float(hits.sum() / counts.sum()) if counts.size else 0.0
    if counts.size < 2 or share in (0.0, 1.0):
        # Nothing varies, so drawing anew says nothing: as if each person were one trial.
        return wilson(share, counts.size)
    draws = _draws(counts.size)
    return _middle((draws @ hits) / np.maximum(draws @ counts, 1))


def false_match_interval(pairs: Pairs, threshold: float) -> Interval:
    """Of the share of pairs of strangers at or above the threshold."""
    strangers = ~pairs.is_same
    share = float(np.mean(pairs.strangers >= threshold)) if strangers.any() else 0.0
    if share in (0.0, 1.0) or pairs.people > _MOST_PEOPLE:
        return wilson(share, int(strangers.sum()))
    counts, hits = np.zeros((2, pairs.people, pairs.people), np.float32)
    first, second = pairs.first[strangers], pairs.second[strangers]
    np.add.at(counts, (first, second), 1.0)
    np.add.at(hits, (first, second), (pairs.strangers >= threshold).astype(np.float32))
    draws = _draws(pairs.people).astype(np.float32)
    matched = np.einsum("bi,bi->b", draws @ hits, draws)
    compared = np.einsum("bi,bi->b", draws @ counts, draws)
    return _middle(matched / np.maximum(compared, 1))


def wilson(share: float, trials: int) -> Interval:
    """Wilson's interval for a share of independent trials.

    E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference",
    Journal of the American Statistical Association 22 (1927).
    """
    if trials < 1:
        return Interval(0.0, 1.0)
    square = _Z**2 / trials
    middle = (share + square / 2) / (1 + square)
    reach = _Z / (1 + square) * math.sqrt(share * (1 - share) / trials + square / (4 * trials))
    return Interval(max(0.0, middle - reach), min(1.0, middle + reach))


def _draws(people: int) -> np.ndarray:
    """How often each person is drawn, in each of many draws: int[draws, people]."""
    rng = np.random.default_rng(_SEED)
    return rng.multinomial(people, np.full(people, 1 / people), size=_DRAWS)


def _middle(shares: np.ndarray) -> Interval:
    low, high = np.quantile(shares, [0.025, 0.975])
    return Interval(float(low), float(high))
