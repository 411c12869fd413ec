"""How many years lie between two photos of a face, and from which similarity such a pair counts.

Faces change with the years, so a threshold that was measured on photos of one time says little
about photos of two. Gaps are therefore put in bands, and each band may have a threshold of its own,
as measured on pairs with such gaps (`recognition.evaluation.by_age`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt

Days = npt.NDArray[np.int32]
"""Days as `date.toordinal` counts them; 0 where none is known."""

Keys = npt.NDArray[np.int64]

DAYS_PER_YEAR: Final = 365.25
OWN: Final = -1
"""The key of the model's own threshold."""


@dataclass(frozen=True, order=True)
class AgeBand:
    """Gaps of `from_years` and more, and less than `below_years` (None: however many)."""

    from_years: int
    below_years: int | None

    def __str__(self) -> str:
        if self.below_years is None:
            return f"{self.from_years} years and more"
        return f"{self.from_years} to {self.below_years} years"


AGE_BANDS: Final = (
    AgeBand(0, 1),
    AgeBand(1, 2),
    AgeBand(2, 5),
    AgeBand(5, 10),
    AgeBand(10, 20),
    AgeBand(20, None),
)
"""Narrow where case photos are: most families have one of the last years. Sets of photos that span
decades hold few pairs per year, so later bands are wide enough to be measured at all."""

_INNER_EDGES_YEARS: Final = np.array([band.from_years for band in AGE_BANDS[1:]], np.float64)


@dataclass(frozen=True)
class DaySpan:
    """The days on which something may have been: both ends included, one day where it is known."""

    first: date
    last: date


@dataclass(frozen=True)
class BandThreshold:
    """A threshold that was measured on pairs with gaps of one band.

    Attributes:
        band: one of `AGE_BANDS`.
        similarity: cosine.
        key: the caller's own number of the measurement; not negative.
    """

    band: AgeBand
    similarity: float
    key: int


def band_numbers(years: npt.ArrayLike) -> npt.NDArray[np.intp]:
    """Which of `AGE_BANDS` gaps of so many years belong to, as places in it."""
    return np.searchsorted(_INNER_EDGES_YEARS, np.asarray(years, np.float64), side="right")


def bands_between(earlier: DaySpan, later: DaySpan) -> tuple[AgeBand, ...]:
    """The bands in which the gap may lie, as far as both days are known; whichever came first."""
    least, most = _gap_days(*day_columns([earlier]), *day_columns([later]))
    first, last = (int(band_numbers(days / DAYS_PER_YEAR)[0]) for days in (least, most))
    return AGE_BANDS[first : last + 1]


def day_columns(spans: Sequence[DaySpan | None]) -> tuple[Days, Days]:
    """First and last days of the spans, int32[n] each; 0 where there is none."""
    first = np.array([0 if one is None else one.first.toordinal() for one in spans], np.int32)
    last = np.array([0 if one is None else one.last.toordinal() for one in spans], np.int32)
    return first, last


class GapThresholds:
    """The least similarity of a match by the gap: measured where it was, else the model's own.

    Where a gap may lie in several bands, because a day is not known exactly, the highest of their
    thresholds holds: nothing is proposed for which less was asked than was measured.

    Args:
        own: the model's own threshold, cosine.
        measured: at most one of each band.

    Raises:
        ValueError: a band has two thresholds or is none of `AGE_BANDS`.
    """

    def __init__(self, own: float, measured: Sequence[BandThreshold] = ()) -> None:
        by_band = {one.band: one for one in measured}
        if len(by_band) < len(measured) or not set(by_band) <= set(AGE_BANDS):
            raise ValueError("Each band of years has one threshold at most.")
        self.own = own
        self.measured = tuple(sorted(by_band.values(), key=lambda one: one.band))
        count = len(AGE_BANDS)
        single = [
            (by_band[band].similarity, by_band[band].key) if band in by_band else (own, OWN)
            for band in AGE_BANDS
        ]
        pairs = [
            max(single[first : last + 1], default=(own, OWN))
            for first in range(count)
            for last in range(count)
        ]
        # One more at the end, for gaps that are not known.
        self._limits = np.array([limit for limit, _ in [*pairs, (own, OWN)]], np.float64)
        self._keys = np.array([key for _, key in [*pairs, (own, OWN)]], np.int64)

    @property
    def is_uniform(self) -> bool:
        """Whether every gap has the model's own threshold."""
        return not self.measured

    @property
    def least(self) -> float:
        """The lowest threshold that any gap has."""
        return float(self._limits.min())

    def on_day(
        self, first: Days, last: Days, seen: date | None
    ) -> tuple[npt.NDArray[np.float64], Keys]:
        """For each photo the threshold for a face that was seen on a day, and its key.

        The model's own, with the key `OWN`, where either day is not known, where the photo is said
        to be of later than the face, and in bands without a measurement.
        """
        days = np.full_like(first, 0 if seen is None else seen.toordinal())
        known = (first > 0) & (first <= days)
        return self._of(first, np.minimum(last, days), days, days, known)

    def of_photo(self, taken: DaySpan | None, seen: date | None) -> tuple[float, int | None]:
        """As `on_day`, for one photo; the key is None for the model's own."""
        limits, keys = self.on_day(*day_columns([taken]), seen)
        return float(limits[0]), None if keys[0] == OWN else int(keys[0])

    def between(
        self, first: Days, last: Days, other_first: Days, other_last: Days
    ) -> npt.NDArray[np.float64]:
        """The thresholds for pairs of photos, one by one, float64[n]; either may be the older."""
        known = (first > 0) & (other_first > 0)
        return self._of(first, last, other_first, other_last, known)[0]

    def _of(
        self,
        first: Days,
        last: Days,
        other_first: Days,
        other_last: Days,
        known: npt.NDArray[np.bool_],
    ) -> tuple[npt.NDArray[np.float64], Keys]:
        least, most = _gap_days(first, last, other_first, other_last)
        codes = band_numbers(least / DAYS_PER_YEAR) * len(AGE_BANDS)
        codes += band_numbers(most / DAYS_PER_YEAR)
        codes = np.where(known, codes, len(self._limits) - 1)
        return self._limits[codes], self._keys[codes]


def _gap_days(
    first: Days, last: Days, other_first: Days, other_last: Days
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """The least and the most days that can lie between two spans."""
    least = np.maximum(np.maximum(other_first - last, first - other_last), 0)
    most = np.maximum(other_last - first, last - other_first)
    return least, most
