"""How well a model tells people apart by the years that lie between their photos.

Pairs of one person and pairs of strangers are put into the same bands of years. A band's threshold
is the lowest that keeps to a false-match rate twice: among strangers with gaps of the band, and
among all strangers of the set. The second is because whoever passes a camera is of any age, and not
as many years from the photo as the subject is: strangers of the photo's own age resemble it most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from recognition.age_gaps import AGE_BANDS, AgeBand, band_numbers
from recognition.evaluation.points import MeasuredPoint, measured
from recognition.evaluation.verification import Cosines, Pairs, point_at, rates_at

LEAST_FALSE_MATCHES: Final = 30
"""So many false matches must lie above a threshold for its rate to be known within about 30 % in
nine of ten measurements ("rule of 30": G. R. Doddington et al., "The NIST speaker recognition
evaluation – Overview, methodology, systems, results, perspective", Speech Communication 31, 2000).
"""

LEAST_SAME_PAIRS: Final = 100
LEAST_PEOPLE: Final = 20
"""Fewer people than this who are in pairs of one person say little about others, however many
photos there are of them."""

_UNKNOWN: Final = 255


@dataclass(frozen=True)
class UnmeasuredRate:
    """A false-match rate for which a band has no threshold, and why."""

    false_match_rate: float
    reason: str


@dataclass(frozen=True)
class BandPoint:
    """A band's threshold for a false-match rate.

    Attributes:
        point: the rates among pairs with gaps of the band.
        overall_false_match_rate: that of all strangers of the set at this threshold.
    """

    point: MeasuredPoint
    overall_false_match_rate: float


@dataclass(frozen=True)
class AgeBandReport:
    """Pairs whose photos lie so many years apart.

    Attributes:
        band: how many years.
        people: people who are in pairs of one person here.
        same_person_pairs, stranger_pairs: how many pairs there are.
        points: for each wanted false-match rate that there are enough pairs for.
        not_measured: the others.
        at_threshold: at the product's threshold; None where there are too few pairs to tell.
    """

    band: AgeBand
    people: int
    same_person_pairs: int
    stranger_pairs: int
    points: tuple[BandPoint, ...]
    not_measured: tuple[UnmeasuredRate, ...]
    at_threshold: MeasuredPoint | None


@dataclass(frozen=True)
class AgeReport:
    """All bands, and how many photos had an age or a date at all."""

    photos_dated: int
    photos_undated: int
    bands: tuple[AgeBandReport, ...]


def by_age(
    pairs: Pairs,
    moments_years: Sequence[float | None],
    false_match_rates: Sequence[float],
    threshold: float,
) -> AgeReport | None:
    """Measure each band.

    Args:
        pairs: all pairs of the photos, as `verification.all_pairs` orders them.
        moments_years: when each photo was taken, as an age or a date in years: only the differences
            count. None where nobody knows.
        false_match_rates: wanted rates.
        threshold: the product's own.

    Returns:
        None where no photo is dated.
    """
    moments = np.array([np.nan if one is None else one for one in moments_years], np.float64)
    dated = int(np.count_nonzero(~np.isnan(moments)))
    if not dated:
        return None
    numbers, strangers = _bands_of_pairs(moments), np.sort(pairs.strangers)
    bands = tuple(
        _band_report(band, pairs.chosen(numbers == number), strangers, false_match_rates, threshold)
        for number, band in enumerate(AGE_BANDS)
    )
    return AgeReport(dated, len(moments) - dated, bands)


def _bands_of_pairs(moments: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
    """The band of every pair, in the order of `np.triu_indices`; row by row, to spare memory."""
    rows = []
    for at, moment in enumerate(moments):
        gaps = np.abs(moments[at + 1 :] - moment)
        known = ~np.isnan(gaps)
        numbers = np.where(known, band_numbers(np.where(known, gaps, 0.0)), _UNKNOWN)
        rows.append(numbers.astype(np.uint8))
    return np.concatenate(rows)


def _band_report(
    band: AgeBand,
    inside: Pairs,
    all_strangers: Cosines,
    rates: Sequence[float],
    threshold: float,
) -> AgeBandReport:
    people = int(np.unique(inside.first[inside.is_same]).size)
    points: list[BandPoint] = []
    missing: list[UnmeasuredRate] = []
    for rate in rates:
        reason = _too_little(inside, people, rate)
        if reason:
            missing.append(UnmeasuredRate(rate, reason))
        else:
            points.append(_point(inside, all_strangers, rate))
    own = None
    if not _too_little(inside, people, 1.0):
        own = measured(inside, None, rates_at(inside.same, inside.strangers, threshold))
    return AgeBandReport(
        band,
        people,
        inside.same.size,
        inside.strangers.size,
        tuple(points),
        tuple(missing),
        own,
    )


def _too_little(inside: Pairs, people: int, rate: float) -> str:
    """Why a threshold for this rate cannot be had from these pairs; empty where it can."""
    if inside.same.size < LEAST_SAME_PAIRS or people < LEAST_PEOPLE:
        return (
            f"it needs {LEAST_SAME_PAIRS} pairs of one person, of {LEAST_PEOPLE} people; there are "
            f"{inside.same.size:,} of {people}"
        )
    least = round(LEAST_FALSE_MATCHES / rate)
    if inside.strangers.size < least:
        return f"it needs {least:,} pairs of strangers; there are {inside.strangers.size:,}"
    return ""


def _point(inside: Pairs, all_strangers: Cosines, rate: float) -> BandPoint:
    """`all_strangers` are those of the set, rising."""
    of_band = point_at(inside.same, inside.strangers, rate).threshold
    highest_below = all_strangers[-1 - min(int(rate * all_strangers.size), all_strangers.size - 1)]
    chosen = max(of_band, float(np.nextafter(highest_below, np.inf)))
    reached = all_strangers.size - int(np.searchsorted(all_strangers, chosen))
    return BandPoint(
        measured(inside, rate, rates_at(inside.same, inside.strangers, chosen)),
        reached / all_strangers.size,
    )
