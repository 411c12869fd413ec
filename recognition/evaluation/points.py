"""A threshold with its rates, and how far those may be off."""

from __future__ import annotations

from dataclasses import dataclass

from recognition.evaluation.intervals import Interval, false_match_interval, true_match_interval
from recognition.evaluation.verification import OperatingPoint, Pairs


@dataclass(frozen=True)
class MeasuredPoint:
    """A threshold, its rates, and how far those may be off.

    Attributes:
        wanted_false_match_rate: the rate that the threshold was chosen for; None for the
            product's own threshold.
        threshold: cosine.
        false_match_rate, true_match_rate: as measured.
        false_match_interval, true_match_interval: 95 %, people drawn anew.
    """

    wanted_false_match_rate: float | None
    threshold: float
    false_match_rate: float
    true_match_rate: float
    false_match_interval: Interval
    true_match_interval: Interval


def measured(pairs: Pairs, wanted: float | None, point: OperatingPoint) -> MeasuredPoint:
    """A point of a set of pairs, with its intervals."""
    return MeasuredPoint(
        wanted,
        point.threshold,
        point.false_match_rate,
        1.0 - point.false_non_match_rate,
        false_match_interval(pairs, point.threshold),
        true_match_interval(pairs, point.threshold),
    )
