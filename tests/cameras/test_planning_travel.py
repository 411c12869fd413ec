from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cameras.errors import CamerasError
from cameras.planning import SeenAt, TravelVerdict, travel_check
from geo.distance import destination
from geo.points import Point

GATE = Point(12.9757, 77.6063)
AT = datetime(2026, 11, 18, 8, 40, tzinfo=UTC)
CERTAIN = SeenAt(GATE, AT, 20.0, "Cubbon Park gate")


def seen(away_m: float, minutes: float) -> SeenAt:
    return SeenAt(destination(GATE, 45, away_m), AT + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("away_m", "minutes", "verdict"),
    [
        (840, 10, TravelVerdict.ON_FOOT),
        (4_000, 10, TravelVerdict.BY_VEHICLE),
        (10_000, 10, TravelVerdict.UNLIKELY),
        (40_000, 10, TravelVerdict.IMPOSSIBLE),
        (40_000, -10, TravelVerdict.IMPOSSIBLE),  # just as well before as after
        (840, -10, TravelVerdict.ON_FOOT),
        (5_000, 0, TravelVerdict.IMPOSSIBLE),
        (60, 0, TravelVerdict.ON_FOOT),  # clocks differ
    ],
)
def test_a_sighting_is_judged_by_the_speed_it_would_take(
    away_m: float, minutes: float, verdict: TravelVerdict
) -> None:
    check = travel_check([CERTAIN], seen(away_m, minutes))
    assert check.verdict is verdict
    assert check.is_possible == (verdict is not TravelVerdict.IMPOSSIBLE)


def test_the_reason_names_the_place_the_way_the_time_and_the_speed() -> None:
    check = travel_check([CERTAIN], seen(40_000, 10), zone=ZoneInfo("Asia/Kolkata"))
    assert check.against is CERTAIN
    assert check.reason == (
        "Impossible: at least 40.0 km from ‘Cubbon Park gate’ (14:10), 10 minutes after it, which "
        "takes 218 km/h in a straight line."
    )


def test_the_certain_sighting_that_speaks_most_against_it_decides() -> None:
    later = SeenAt(GATE, AT + timedelta(minutes=60), label="Station")
    check = travel_check([CERTAIN, later], seen(30_000, 58))
    assert check.against is later
    assert check.verdict is TravelVerdict.IMPOSSIBLE


def test_without_a_certain_sighting_nothing_is_impossible() -> None:
    assert travel_check([], seen(500_000, 0)).is_possible


@settings(deadline=None)
@given(st.floats(0, 100_000), st.floats(-600, 600), st.floats(0, 5_000))
def test_more_uncertainty_or_more_time_never_makes_it_less_possible(
    away_m: float, minutes: float, uncertainty_m: float
) -> None:
    sure = seen(away_m, minutes)
    unsure = SeenAt(sure.position, sure.at, uncertainty_m)
    slower = seen(away_m, minutes * 2)
    needed = travel_check([CERTAIN], sure).needed_m_per_s
    assert travel_check([CERTAIN], unsure).needed_m_per_s <= needed
    assert travel_check([CERTAIN], slower).needed_m_per_s <= needed


@settings(deadline=None)
@given(st.floats(0, 100_000), st.floats(-600, 600))
def test_it_does_not_matter_which_of_two_sightings_is_the_certain_one(
    away_m: float, minutes: float
) -> None:
    other = seen(away_m, minutes)
    forth, back = travel_check([CERTAIN], other), travel_check([other], CERTAIN)
    assert forth.needed_m_per_s == pytest.approx(back.needed_m_per_s)
    assert forth.verdict is back.verdict


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(CamerasError):
        SeenAt(GATE, AT.replace(tzinfo=None))
