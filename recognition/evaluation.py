"""How well a recogniser tells people apart, in the words of NIST's face recognition evaluations.

FMR, the false-match rate, is the share of pairs of strangers at or above a threshold; FNMR, the
false-non-match rate, the share of pairs of one person below it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recognition.faces import FloatArray


@dataclass(frozen=True)
class OperatingPoint:
    """A threshold and what it costs: both rates, 0 to 1."""

    threshold: float
    false_match_rate: float
    false_non_match_rate: float


@dataclass(frozen=True)
class Verification:
    """All pairs of a set of photos, compared one to one."""

    same_person_pairs: int
    stranger_pairs: int
    points: tuple[OperatingPoint, ...]


def verify_all_pairs(
    embeddings: FloatArray, people: Sequence[str], false_match_rates: Sequence[float]
) -> Verification:
    """Compare every photo with every other and find the threshold for each false-match rate.

    Args:
        embeddings: float32[n, d], rows of length 1.
        people: who is on each photo, n names or numbers.
        false_match_rates: wanted rates; none may ask for less than one pair of strangers.

    Raises:
        ValueError: there are no pairs of one person, or too few of strangers for a rate.
    """
    same, strangers = _pair_similarities(embeddings, people)
    if not same.size:
        raise ValueError("At least one person must be on two photos.")
    points = tuple(_point(same, strangers, rate) for rate in false_match_rates)
    return Verification(same.size, strangers.size, points)


def _pair_similarities(
    embeddings: FloatArray, people: Sequence[str]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Cosines of pairs of one person, and of strangers."""
    names = np.asarray(people)
    first, second = np.triu_indices(len(names), 1)
    cosines = (embeddings.astype(np.float64) @ embeddings.T.astype(np.float64))[first, second]
    is_same = names[first] == names[second]
    return cosines[is_same], cosines[~is_same]


def _point(
    same: npt.NDArray[np.float64], strangers: npt.NDArray[np.float64], rate: float
) -> OperatingPoint:
    """The lowest threshold that at most the given share of strangers reaches."""
    allowed = int(rate * strangers.size)
    if allowed < 1:
        raise ValueError(f"A false-match rate of {rate} needs {1 / rate:.0f} pairs of strangers.")
    above_all_others = np.sort(strangers)[::-1][allowed]
    threshold = float(np.nextafter(above_all_others, np.inf))
    return OperatingPoint(
        threshold,
        float(np.mean(strangers >= threshold)),
        float(np.mean(same < threshold)),
    )
