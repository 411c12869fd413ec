from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.distance import destination
from geo.errors import GeoError
from geo.points import Point
from geo.reach import ADULT_WALKING_M_PER_S, TravelSpeeds, could_reach, earliest_arrival

HERE = Point(12.9757, 77.6063)
SEEN_AT = datetime(2026, 11, 18, 8, 40, tzinfo=UTC)


def test_840_metres_take_an_adult_ten_minutes() -> None:
    arrival = earliest_arrival(SEEN_AT, 840, ADULT_WALKING_M_PER_S)
    assert arrival == SEEN_AT + timedelta(minutes=10)


def test_uncertainty_may_have_saved_the_way() -> None:
    assert earliest_arrival(SEEN_AT, 840, 1.4, uncertainty_m=420) == SEEN_AT + timedelta(minutes=5)
    assert earliest_arrival(SEEN_AT, 50, 1.4, uncertainty_m=100) == SEEN_AT


def test_a_place_is_reached_in_time_or_not() -> None:
    there = destination(HERE, 90, 840)
    by = SEEN_AT + timedelta(minutes=10, seconds=1)
    assert could_reach(HERE, SEEN_AT, there, by, 1.4)
    assert not could_reach(HERE, SEEN_AT, there, by - timedelta(seconds=10), 1.4)
    assert not could_reach(HERE, SEEN_AT, HERE, SEEN_AT - timedelta(seconds=1), 1.4)


@given(st.floats(0, 1e5), st.floats(0, 1e5), st.floats(0.1, 50))
def test_farther_is_never_earlier(near_m: float, more_m: float, speed: float) -> None:
    near = earliest_arrival(SEEN_AT, near_m, speed)
    assert near <= earliest_arrival(SEEN_AT, near_m + more_m, speed)


@pytest.mark.parametrize("speed", [0.0, -1.0, float("inf"), float("nan")])
def test_a_speed_must_be_above_zero(speed: float) -> None:
    with pytest.raises(GeoError):
        TravelSpeeds(walking_m_per_s=speed)
