"""Decisions at one threshold, counted: the words of the papers that this product is compared to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recognition.evaluation.verification import Pairs


@dataclass(frozen=True)
class Decisions:
    """All pairs decided at one threshold.

    There are far more pairs of strangers than of one person, so accuracy is near 1 for any model;
    the error rates tell more.
    """

    threshold: float
    true_matches: int
    false_matches: int
    true_non_matches: int
    false_non_matches: int

    @property
    def accuracy(self) -> float:
        """Share of right decisions."""
        right = self.true_matches + self.true_non_matches
        return _share(right, right + self.false_matches + self.false_non_matches)

    @property
    def precision(self) -> float:
        """Share of matches that are right; 1 where there are none."""
        matches = self.true_matches + self.false_matches
        return _share(self.true_matches, matches) if matches else 1.0

    @property
    def recall(self) -> float:
        """Share of pairs of one person that match."""
        return _share(self.true_matches, self.true_matches + self.false_non_matches)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def decide(pairs: Pairs, threshold: float) -> Decisions:
    """Match every pair at or above the threshold."""
    same, strangers = pairs.same >= threshold, pairs.strangers >= threshold
    return Decisions(
        threshold,
        int(np.count_nonzero(same)),
        int(np.count_nonzero(strangers)),
        int(np.count_nonzero(~strangers)),
        int(np.count_nonzero(~same)),
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
