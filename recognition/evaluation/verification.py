"""One to one: are these two photos of the same person?

FMR, the false-match rate, is the share of pairs of strangers at or above a threshold; FNMR, the
false-non-match rate, the share of pairs of one person below it. The names are those of NIST's face
recognition evaluations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recognition.errors import TooLittleToMeasure
from recognition.faces import FloatArray

Cosines = npt.NDArray[np.float64]

_CURVE_POINTS = 200


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


@dataclass(frozen=True, eq=False)
class Pairs:
    """The cosine of every pair of photos, and who is on them.

    Attributes:
        cosines: float64[n].
        is_same: bool[n], whether both photos show one person.
        first, second: int[n], number of the person on either photo.
        people: how many people there are.
    """

    cosines: Cosines
    is_same: npt.NDArray[np.bool_]
    first: npt.NDArray[np.intp]
    second: npt.NDArray[np.intp]
    people: int

    @property
    def same(self) -> Cosines:
        """Cosines of pairs of one person."""
        return self.cosines[self.is_same]

    @property
    def strangers(self) -> Cosines:
        """Cosines of pairs of strangers."""
        return self.cosines[~self.is_same]

    def among(self, chosen: npt.NDArray[np.bool_]) -> Pairs:
        """Only pairs of whom both people are chosen: bool[people]."""
        return self.chosen(chosen[self.first] & chosen[self.second])

    def chosen(self, kept: npt.NDArray[np.bool_]) -> Pairs:
        """Only some pairs: bool[n]."""
        return Pairs(
            self.cosines[kept], self.is_same[kept], self.first[kept], self.second[kept], self.people
        )


def all_pairs(embeddings: FloatArray, people: Sequence[str]) -> Pairs:
    """Compare every photo with every other.

    Args:
        embeddings: float32[n, d], rows of length 1.
        people: who is on each photo, n names.
    """
    names, numbers = np.unique(np.asarray(people), return_inverse=True)
    first, second = np.triu_indices(len(numbers), 1)
    rows = embeddings.astype(np.float64)
    cosines = (rows @ rows.T)[first, second]
    one, two = numbers[first], numbers[second]
    return Pairs(cosines, one == two, one, two, len(names))


def verify_all_pairs(
    embeddings: FloatArray, people: Sequence[str], false_match_rates: Sequence[float]
) -> Verification:
    """Compare every photo with every other and find the threshold for each false-match rate.

    Args:
        embeddings: float32[n, d], rows of length 1.
        people: who is on each photo, n names or numbers.
        false_match_rates: wanted rates; none may ask for less than one pair of strangers.

    Raises:
        TooLittleToMeasure: there are no pairs of one person, or too few of strangers for a rate.
    """
    pairs = all_pairs(embeddings, people)
    same, strangers = pairs.same, pairs.strangers
    if not same.size:
        raise TooLittleToMeasure("At least one person must be on two photos.")
    points = tuple(point_at(same, strangers, rate) for rate in false_match_rates)
    return Verification(same.size, strangers.size, points)


def point_at(same: Cosines, strangers: Cosines, rate: float) -> OperatingPoint:
    """The lowest threshold that at most the given share of strangers reaches.

    Raises:
        TooLittleToMeasure: the rate asks for less than one pair.
    """
    allowed = int(rate * strangers.size)
    if allowed < 1:
        raise TooLittleToMeasure(
            f"A false-match rate of {rate} needs {1 / rate:.0f} pairs of strangers; there are "
            f"{strangers.size}."
        )
    above_all_others = np.sort(strangers)[::-1][min(allowed, strangers.size - 1)]
    return rates_at(same, strangers, float(np.nextafter(above_all_others, np.inf)))


def rates_at(same: Cosines, strangers: Cosines, threshold: float) -> OperatingPoint:
    """Both rates at a threshold; 0 where there are no such pairs."""
    return OperatingPoint(
        threshold,
        float(np.mean(strangers >= threshold)) if strangers.size else 0.0,
        float(np.mean(same < threshold)) if same.size else 0.0,
    )


def curve(same: Cosines, strangers: Cosines) -> tuple[OperatingPoint, ...]:
    """At most 200 points along both rates, by rising threshold, dense where either is small."""
    shares = np.geomspace(1 / max(strangers.size, same.size), 1.0, _CURVE_POINTS // 2)
    thresholds = np.unique(
        np.concatenate([np.quantile(strangers, 1 - shares), np.quantile(same, shares)])
    )
    ordered_same, ordered_strangers = np.sort(same), np.sort(strangers)
    below = np.searchsorted(ordered_same, thresholds, side="left") / same.size
    reached = 1 - np.searchsorted(ordered_strangers, thresholds, side="left") / strangers.size
    return tuple(
        OperatingPoint(float(threshold), float(fmr), float(fnmr))
        for threshold, fmr, fnmr in zip(thresholds, reached, below, strict=True)
    )
