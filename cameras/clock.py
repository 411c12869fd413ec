"""What a camera's clock says, and what time it really was.

Recorders' clocks are minutes off as a rule, and drift. Whoever collects footage compares the clock
on the screen with the true time once or twice; from such comparisons follow the offset, the drift
where there are two of them, and how sure both are.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cameras.errors import InvalidCamera

UNCHECKED_UNCERTAINTY_S = 300.0
"""Assumed for a clock that nobody compared: most are within five minutes, some are hours off."""

_DAY_S = 86_400.0
_LEAST_SPAN_S = 3_600.0
_LARGEST_DRIFT_S_PER_DAY = 120.0


@dataclass(frozen=True, slots=True)
class ClockCheck:
    """One comparison. `precision_s` is how exactly both clocks were read."""

    shown_at: datetime
    true_at: datetime
    precision_s: float = 1.0

    def __post_init__(self) -> None:
        if self.shown_at.tzinfo is None or self.true_at.tzinfo is None:
            raise InvalidCamera("Both times of a clock check need a time zone.")
        if self.precision_s < 0:
            raise InvalidCamera("The precision of a clock check is a number of seconds from 0 on.")

    @property
    def offset_s(self) -> float:
        """Seconds by which the camera's clock is ahead of the true time."""
        return (self.shown_at - self.true_at) / timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class CameraClock:
    """A camera's clock: ahead by `offset_s` at `checked_at`, gaining `drift_s_per_day`.

    `uncertainty_s` is the half-width of the interval in which the true offset lies at
    `checked_at`; it widens by `drift_uncertainty_s_per_day` with the time from there.
    """

    offset_s: float = 0.0
    uncertainty_s: float = UNCHECKED_UNCERTAINTY_S
    checked_at: datetime | None = None
    drift_s_per_day: float = 0.0
    drift_uncertainty_s_per_day: float = 0.0

    def true_time(self, shown_at: datetime) -> tuple[datetime, float]:
        """The true time when the clock showed this, and its uncertainty in seconds."""
        if self.checked_at is None:
            return shown_at - timedelta(seconds=self.offset_s), self.uncertainty_s
        days = (shown_at - self.checked_at) / timedelta(days=1)
        offset_s = self.offset_s + self.drift_s_per_day * days
        uncertainty_s = self.uncertainty_s + self.drift_uncertainty_s_per_day * abs(days)
        return shown_at - timedelta(seconds=offset_s), uncertainty_s


DRIFT_UNKNOWN_S_PER_DAY = 3.0
"""Allowed for where the drift was not measured: quartz at 35 parts in a million."""


def clock_from_checks(checks: Sequence[ClockCheck]) -> CameraClock:
    """The clock that fits the comparisons; one that nobody checked is uncertain by minutes.

    With comparisons an hour or more apart the drift is the slope between the first and the last.
    A slope of more than two minutes a day is no drift but a clock that somebody set: then only the
    last comparison counts.
    """
    if not checks:
        return CameraClock()
    ordered = sorted(checks, key=lambda check: check.true_at)
    first, last = ordered[0], ordered[-1]
    span_s = (last.true_at - first.true_at) / timedelta(seconds=1)
    if span_s < _LEAST_SPAN_S:
        return _without_drift(ordered)
    days = span_s / _DAY_S
    drift = (last.offset_s - first.offset_s) / days
    if abs(drift) > _LARGEST_DRIFT_S_PER_DAY:
        return _without_drift([last])
    doubt = (first.precision_s + last.precision_s) / days
    return CameraClock(last.offset_s, last.precision_s, last.true_at, drift, doubt)


def _without_drift(checks: Sequence[ClockCheck]) -> CameraClock:
    offsets = [check.offset_s for check in checks]
    offset_s = statistics.median(offsets)
    spread_s = max(abs(one - offset_s) for one in offsets)
    precision_s = max(check.precision_s for check in checks)
    return CameraClock(
        offset_s,
        spread_s + precision_s,
        checks[-1].true_at,
        drift_uncertainty_s_per_day=DRIFT_UNKNOWN_S_PER_DAY,
    )
