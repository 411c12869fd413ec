"""What is asked of each photo of a gallery, by the day on which a face was seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt

from recognition.age_gaps import OWN, DaySpan, GapThresholds, Keys, day_columns
from recognition.faces import FloatArray

_DAYS_KEPT: Final = 32
"""Faces come in by days: those of a sweep's window, and today's."""


@dataclass(frozen=True, eq=False)
class DayLimits:
    """The least similarities of all photos of a gallery, for faces of one day.

    Attributes:
        similarities: float64[n], the case's raise included.
        rounded: the same as float32[n], for the quick comparison.
        keys: int64[n], which measurement each rests on; `OWN` for none.
        is_one_by_case: whether all photos of a case have the same.
    """

    similarities: npt.NDArray[np.float64]
    rounded: FloatArray
    keys: Keys
    is_one_by_case: bool

    def of(self, row: int) -> tuple[float, int | None]:
        """The least similarity of one photo, and the key of its measurement."""
        key = int(self.keys[row])
        return float(self.similarities[row]), None if key == OWN else key


class RowLimits:
    """The least similarities of a gallery's photos.

    Args:
        case_ids: the case of each photo.
        taken: on which days each may have been taken.
        threshold: the model's own threshold, or by gap.
        raises: by how much some cases have raised it for themselves.

    Raises:
        ValueError: a case would lower the threshold.
    """

    def __init__(
        self,
        case_ids: npt.NDArray[np.int64],
        taken: Sequence[DaySpan | None],
        threshold: float | GapThresholds,
        raises: Mapping[int, float],
    ) -> None:
        if any(value < 0 for value in raises.values()):
            raise ValueError("A case may raise a model's threshold, and never lower it.")
        by_gap = threshold if isinstance(threshold, GapThresholds) else GapThresholds(threshold)
        self._thresholds = by_gap
        self._raises = np.array([raises.get(int(case_id), 0.0) for case_id in case_ids])
        self._first, self._last = day_columns(taken)
        self._is_uniform = by_gap.is_uniform or not self._first.any()
        self._by_day: dict[date | None, DayLimits] = {}

    @property
    def least(self) -> float:
        """No photo has a lower limit, on whichever day a face is seen; the raises included."""
        own = self._thresholds.own if self._is_uniform else self._thresholds.least
        return own + float(self._raises.min()) if len(self._raises) else own

    def on_day(self, seen_on: date | None) -> DayLimits:
        """The limits for faces of a day; None where it is not known."""
        day = None if self._is_uniform else seen_on
        limits = self._by_day.get(day)
        if limits is None:
            limits = self._made_for(day)
            if len(self._by_day) >= _DAYS_KEPT:
                self._by_day.clear()
            self._by_day[day] = limits
        return limits

    def _made_for(self, day: date | None) -> DayLimits:
        own, keys = self._thresholds.on_day(self._first, self._last, day)
        limits = own + self._raises
        return DayLimits(limits, limits.astype(np.float32), keys, not (keys != OWN).any())
