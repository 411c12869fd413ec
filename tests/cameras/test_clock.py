from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cameras.clock import CameraClock, ClockCheck, clock_from_checks
from cameras.errors import InvalidCamera

NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)


def check(days: float, offset_s: float, precision_s: float = 1.0) -> ClockCheck:
    at = NOON + timedelta(days=days)
    return ClockCheck(at + timedelta(seconds=offset_s), at, precision_s)


def test_a_clock_that_runs_ahead_showed_a_later_time_than_it_was() -> None:
    at, uncertainty_s = clock_from_checks([check(0, 192)]).true_time(NOON + timedelta(seconds=192))
    assert at == NOON
    assert uncertainty_s == pytest.approx(1, abs=0.1)


def test_a_clock_that_nobody_checked_is_uncertain_by_minutes() -> None:
    assert clock_from_checks([]).true_time(NOON) == (NOON, 300)


def test_two_checks_give_the_drift_and_a_time_between_them() -> None:
    clock = clock_from_checks([check(10, 50), check(0, 30)])
    assert clock.drift_s_per_day == pytest.approx(2)
    shown_at = NOON + timedelta(days=5, seconds=40)
    at, uncertainty_s = clock.true_time(shown_at)
    assert abs((at - (NOON + timedelta(days=5))).total_seconds()) < 0.1
    assert uncertainty_s < 3


def test_a_clock_that_was_set_in_between_counts_from_its_last_check() -> None:
    clock = clock_from_checks([check(0, 7_200), check(2, 3)])
    assert (clock.offset_s, clock.drift_s_per_day) == (3, 0)


def test_checks_that_disagree_widen_the_uncertainty() -> None:
    clock = clock_from_checks([check(0, 10), check(0.001, 14), check(0.002, 12)])
    assert clock.offset_s == 12
    assert clock.uncertainty_s == 3


@given(st.floats(-86_400, 86_400), st.floats(-30, 30))
def test_the_further_from_its_check_the_less_is_known(offset_s: float, days: float) -> None:
    clock = clock_from_checks([check(0, offset_s)])
    near = clock.true_time(clock.checked_at)[1]  # type: ignore[arg-type]
    assert clock.true_time(NOON + timedelta(days=days))[1] >= near


def test_times_without_a_zone_are_refused() -> None:
    with pytest.raises(InvalidCamera, match="time zone"):
        ClockCheck(NOON.replace(tzinfo=None), NOON)
    with pytest.raises(InvalidCamera, match="seconds from 0"):
        check(0, 0, precision_s=-1)


def test_an_offset_from_the_registry_is_used_as_it_is() -> None:
    assert CameraClock(offset_s=60).true_time(NOON)[0] == NOON - timedelta(seconds=60)
