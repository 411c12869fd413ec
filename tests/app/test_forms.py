"""From what is typed to instants, words and legs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Refused
from app.services.places.legs import Sight, leg_between
from app.views.forms import read_wall_time
from app.views.presentation import coordinates, duration, metres, one_in, share, size, wall_time
from geo.points import Point
from geo.reach import ADULT_SPEEDS

ZONES = ("Asia/Kolkata", "Asia/Kathmandu", "Europe/Berlin", "America/Sao_Paulo", "UTC")


def test_a_wall_time_is_read_in_its_zone() -> None:
    assert read_wall_time("2026-11-18T14:10", "Asia/Kolkata") == datetime(
        2026, 11, 18, 8, 40, tzinfo=UTC
    )
    assert read_wall_time("  ", "Asia/Kolkata") is None


def test_a_time_that_the_clocks_skipped_is_refused() -> None:
    with pytest.raises(Refused, match="did not exist") as refusal:
        read_wall_time("2026-03-29T02:30", "Europe/Berlin", "seen_at")
    assert "put forward" in refusal.value.fields["seen_at"]


def test_a_time_that_the_clocks_showed_twice_is_the_earlier_one() -> None:
    assert read_wall_time("2026-10-25T02:30", "Europe/Berlin") == datetime(
        2026, 10, 25, 0, 30, tzinfo=UTC
    )


@given(st.integers(631_152_000, 2_840_140_800), st.sampled_from(ZONES))
def test_what_a_form_shows_is_read_back_as_the_same_instant(epoch_s: int, zone: str) -> None:
    instant = datetime.fromtimestamp(epoch_s, UTC)
    shown = wall_time(instant, zone)
    read = read_wall_time(shown, zone)
    assert read is not None
    # The only exception is the hour that clocks show twice: there the earlier one is meant.
    shown_twice = instant.astimezone(ZoneInfo(zone)).fold == 1
    assert read == instant or (shown_twice and instant - read <= timedelta(hours=1))


def test_numbers_look_as_people_say_them() -> None:
    assert metres(59.4) == "59 m"
    assert metres(1000) == "1 km"
    assert metres(1250) == "1.2 km"
    assert duration(7.52) == "7.5 s"
    assert duration(125) == "2 min 05 s"
    assert duration(3 * 3600 + 300) == "3 h 05 min"
    assert duration(49 * 3600) == "2 d 1 h"
    assert size(1536) == "2 KiB"
    assert coordinates(-12.5, 77.25) == "12.50000 S, 77.25000 E"
    assert one_in(0.0001) == "1 in 10,000"


def test_a_small_share_is_not_rounded_to_nothing() -> None:
    assert share(9, 8100) == "under 1%"
    assert share(0, 8100) == "0%"
    assert share(10, 0) == "nothing to look at"


def sight(north_m: float, minutes: float, uncertainty_m: float = 0.0) -> Sight:
    start = datetime(2026, 11, 18, 8, 0, tzinfo=UTC)
    latitude_deg = 12.97 + north_m / 111_195
    return Sight(Point(latitude_deg, 77.59), start + timedelta(minutes=minutes), uncertainty_m)


@pytest.mark.parametrize(
    ("metres_north", "minutes", "remark", "possible"),
    [
        (800, 10, "possible on foot", True),
        (1500, 10, "possible running, or by vehicle", True),
        (4000, 10, "possible only by vehicle", True),
        (12_000, 10, "possible only by a fast vehicle with little traffic", True),
        (30_000, 10, "impossible: faster than any road vehicle", False),
        (500, 0, "impossible: two places at the same time", False),
    ],
)
def test_a_leg_says_what_it_demands(
    metres_north: float, minutes: float, remark: str, possible: bool
) -> None:
    leg = leg_between(sight(0, 0), sight(metres_north, minutes), ADULT_SPEEDS)
    assert (leg.remark, leg.possible) == (remark, possible)
    assert leg.distance_m == pytest.approx(metres_north, rel=1e-3)
    assert leg.bearing_deg == pytest.approx(0.0, abs=0.01)


def test_uncertainty_speaks_for_the_subject() -> None:
    leg = leg_between(sight(0, 0, 200), sight(300, 0, 150), ADULT_SPEEDS)
    assert leg.possible
    assert leg.speed_m_per_s is None
