"""Legs that can be and that cannot, routes that compete, and where someone must have been."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.alternatives import alternatives
from geo.corridor import Corridor
from geo.distance import destination, haversine_m
from geo.errors import GeoError
from geo.legs import FASTEST_ON_ROADS_M_PER_S, Sight, exclusions, leg_between
from geo.points import Point
from geo.reach import ADULT_SPEEDS, CHILD_SPEEDS

START = datetime(2026, 11, 18, 8, 40, tzinfo=UTC)
HERE = Point(12.9757, 77.6063)


def sight(
    east_m: float = 0.0,
    minutes: float = 0.0,
    *,
    uncertainty_m: float = 0.0,
    clock_s: float = 0.0,
    view_s: float = 0.0,
) -> Sight:
    at = START + timedelta(minutes=minutes)
    half = timedelta(seconds=view_s / 2)
    return Sight(destination(HERE, 90.0, east_m), at, uncertainty_m, clock_s, at - half, at + half)


def test_a_leg_counts_from_leaving_to_arriving() -> None:
    leg = leg_between(sight(view_s=60), sight(600, 10, view_s=120), ADULT_SPEEDS)
    assert leg.seconds == pytest.approx(600 - 30 - 60)
    assert leg.speed_m_per_s == pytest.approx(600 / 510, rel=1e-6)


def test_who_is_still_here_cannot_be_there() -> None:
    leg = leg_between(sight(view_s=120), sight(3000, 1, view_s=60), ADULT_SPEEDS)
    assert not leg.possible
    assert leg.remark == "impossible: arrives there before leaving here"
    assert leg.speed_m_per_s is None
    assert leg.missing_s == pytest.approx(3000 / FASTEST_ON_ROADS_M_PER_S + 30, rel=1e-6)


def test_a_clock_that_may_be_wrong_makes_a_leg_possible() -> None:
    near, far = sight(), sight(3000, 1)
    strict = leg_between(near, far, ADULT_SPEEDS)
    assert not strict.possible
    assert strict.missing_s is not None
    wrong_s = strict.missing_s + 0.01
    lenient = leg_between(near, sight(3000, 1, clock_s=wrong_s), ADULT_SPEEDS)
    assert lenient.possible
    assert lenient.reason == ""
    assert not leg_between(near, sight(3000, 1, clock_s=wrong_s - 0.02), ADULT_SPEEDS).possible


def test_the_reason_names_the_least_way_the_time_and_what_is_missing() -> None:
    leg = leg_between(sight(uncertainty_m=50), sight(10_000, 2, uncertainty_m=50), ADULT_SPEEDS)
    assert "at least 9.9 km apart with at most 2 min between" in leg.reason
    assert "wrong by 2 min 43 s more" in leg.reason


def test_a_child_walks_more_slowly_than_an_adult() -> None:
    legs = [
        leg_between(sight(), sight(1200, 16), speeds) for speeds in (ADULT_SPEEDS, CHILD_SPEEDS)
    ]
    assert [leg.remark for leg in legs] == ["possible on foot", "possible running, or by vehicle"]


def test_a_sight_needs_a_zone_and_a_time_within_its_view() -> None:
    with pytest.raises(GeoError, match="time zone"):
        Sight(HERE, datetime(2026, 11, 18, 8, 40))  # noqa: DTZ001
    with pytest.raises(GeoError, match="outside"):
        Sight(HERE, START, first_at=START + timedelta(seconds=1))


sights = st.builds(
    sight,
    st.floats(-30_000, 30_000),
    st.floats(0, 60),
    uncertainty_m=st.floats(0, 300),
    clock_s=st.floats(0, 120),
    view_s=st.floats(0, 90),
)


@given(st.lists(sights, max_size=12))
@settings(max_examples=60, deadline=None)
def test_exclusions_are_exactly_the_impossible_legs(found: list[Sight]) -> None:
    ordered = sorted(found, key=lambda one: one.at)
    expected = {
        (i, j)
        for i, j in combinations(range(len(ordered)), 2)
        if not leg_between(ordered[i], ordered[j], ADULT_SPEEDS).possible
    }
    assert set(exclusions(ordered)) == expected


# ------------------------------------------------------------------------------ competing routes


def test_without_exclusions_there_is_one_route_with_everything() -> None:
    assert alternatives([1.0] * 4, []).routes == ((0, 1, 2, 3),)
    assert alternatives([], []).routes == ((),)


def test_two_that_exclude_each_other_make_two_routes_the_heavier_first() -> None:
    found = alternatives([1.0, 0.2, 1.0], [(0, 1)])
    assert found.routes == ((0, 2), (1, 2))
    assert found.is_complete


def test_independent_forks_are_combined() -> None:
    found = alternatives([1.0] * 5, [(0, 1), (3, 4)])
    assert set(found.routes) == {(0, 2, 3), (0, 2, 4), (1, 2, 3), (1, 2, 4)}


pairs = st.sets(st.tuples(st.integers(0, 8), st.integers(0, 8)).filter(lambda p: p[0] < p[1]))


@given(pairs, st.integers(1, 6))
@settings(max_examples=150, deadline=None)
def test_no_sight_is_dropped_and_no_route_contradicts_itself(
    excluded: set[tuple[int, int]], limit: int
) -> None:
    found = alternatives([1.0] * 9, sorted(excluded), limit=limit)
    assert {index for route in found.routes for index in route} == set(range(9))
    assert len(set(found.routes)) == len(found.routes) or not found.is_complete
    for route in found.routes:
        assert not any(pair in excluded for pair in combinations(route, 2))
        for other in set(range(9)) - set(route):
            assert any(tuple(sorted((other, one))) in excluded for one in route)


def test_many_forks_stay_bounded_and_say_so() -> None:
    excluded = [(2 * fork, 2 * fork + 1) for fork in range(20)]
    found = alternatives([1.0] * 40, excluded, limit=8)
    assert not found.is_complete
    assert len(found.routes) <= 40
    assert {index for route in found.routes for index in route} == set(range(40))


def test_two_long_trails_of_different_people_are_two_routes() -> None:
    """Each of 600 sights excludes 300 others: no recursion, no explosion."""
    excluded = [(i, j) for i in range(0, 600, 2) for j in range(1, 600, 2)]
    found = alternatives([1.0] * 600, [(min(p), max(p)) for p in excluded])
    assert found.routes in (
        (tuple(range(0, 600, 2)), tuple(range(1, 600, 2))),
        (tuple(range(1, 600, 2)), tuple(range(0, 600, 2))),
    )


# ---------------------------------------------------------------------------------- the corridor


def test_on_the_direct_way_one_is_inside_and_far_aside_outside() -> None:
    corridor = Corridor(sight(), sight(600, 10), 1.4)
    assert corridor.longest_way_m == pytest.approx(840)
    assert corridor.contains(destination(HERE, 90.0, 300))
    assert corridor.contains(destination(HERE, 270.0, 119))
    assert not corridor.contains(destination(HERE, 270.0, 121))
    assert corridor.contains(destination(HERE, 270.0, 140), margin_m=30)


def test_an_hour_that_nobody_can_walk_in_time_is_no_corridor() -> None:
    with pytest.raises(GeoError, match="cannot be reached"):
        Corridor(sight(), sight(6000, 10), 1.4)


def test_at_a_place_on_the_way_the_time_is_bounded_from_both_sides() -> None:
    corridor = Corridor(sight(), sight(600, 10), 1.5)
    earliest, latest = corridor.passing_times(destination(HERE, 90.0, 300))
    assert (earliest - START).total_seconds() == pytest.approx(200, abs=0.1)
    assert (latest - START).total_seconds() == pytest.approx(400, abs=0.1)
    with pytest.raises(GeoError, match="outside"):
        corridor.passing_times(destination(HERE, 0.0, 5000))


@given(
    st.floats(0, 3000),
    st.floats(5, 120),
    st.floats(0, 200),
    st.floats(0, 359),
    st.floats(0, 1),
)
@settings(max_examples=80, deadline=None)
def test_the_outline_is_where_the_detour_takes_all_the_time(
    east_m: float, minutes: float, uncertainty_m: float, bearing_deg: float, share: float
) -> None:
    start = sight(uncertainty_m=uncertainty_m)
    end = Sight(destination(HERE, bearing_deg, east_m), START + timedelta(minutes=minutes))
    speed = max(1.4, east_m / (minutes * 60) * 1.05)
    corridor = Corridor(start, end, speed)
    for corner in corridor.outline(24):
        detour_m = haversine_m(start.position, corner) + haversine_m(corner, end.position)
        assert detour_m == pytest.approx(corridor.longest_way_m, rel=4e-3, abs=1.0)
    middle = corridor.middle
    assert corridor.contains(
        destination(middle, bearing_deg, share * corridor.longest_way_m / 2.02)
    )
