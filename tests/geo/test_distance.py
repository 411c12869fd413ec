import math

import numpy as np
import pytest
from geopy.distance import great_circle
from hypothesis import given
from hypothesis import strategies as st

from geo.distance import (
    EARTH_RADIUS_M,
    angle_between_deg,
    compass_point,
    destination,
    haversine_m,
    haversine_many_m,
    initial_bearing_deg,
    normalise_deg,
    parse_heading,
)
from geo.errors import InvalidHeading
from geo.points import Point

points = st.builds(Point, st.floats(-90, 90), st.floats(-180, 180))
inner_points = st.builds(Point, st.floats(-80, 80), st.floats(-179, 179))


def test_a_degree_of_the_equator_is_111_km() -> None:
    assert haversine_m(Point(0, 0), Point(0, 1)) == pytest.approx(111_195.08, abs=0.01)
    assert haversine_m(Point(0, 0), Point(1, 0)) == pytest.approx(111_195.08, abs=0.01)


def test_a_degree_of_longitude_is_half_as_long_at_60_north() -> None:
    ratio = haversine_m(Point(60, 0), Point(60, 1)) / haversine_m(Point(0, 0), Point(0, 1))
    assert ratio == pytest.approx(0.5, abs=1e-4)


def test_the_antipode_is_half_the_circumference_away() -> None:
    assert haversine_m(Point(12.5, 77.5), Point(-12.5, -102.5)) == pytest.approx(
        math.pi * EARTH_RADIUS_M
    )


@given(points, points)
def test_distance_agrees_with_geopy(a: Point, b: Point) -> None:
    expected_m = great_circle(
        (a.latitude_deg, a.longitude_deg), (b.latitude_deg, b.longitude_deg)
    ).m
    # geopy's sphere is 6,371.009 km, ours 6,371.0088: 3 parts in a hundred million.
    # Near the antipode the haversine formula itself is good to about half a metre.
    assert haversine_m(a, b) == pytest.approx(expected_m, rel=1e-6, abs=0.5)


@given(inner_points, st.floats(0, 359.9), st.floats(1, 500_000))
def test_nearby_distance_agrees_with_geopy_to_one_in_a_million(
    a: Point, bearing_deg: float, distance_m: float
) -> None:
    b = destination(a, bearing_deg, distance_m)
    expected_m = great_circle(
        (a.latitude_deg, a.longitude_deg), (b.latitude_deg, b.longitude_deg)
    ).m
    assert haversine_m(a, b) == pytest.approx(expected_m, rel=1e-6)


@given(points, points)
def test_distance_is_symmetric(a: Point, b: Point) -> None:
    assert haversine_m(a, b) == pytest.approx(haversine_m(b, a), abs=1e-6)


@given(points)
def test_nothing_is_away_from_itself(a: Point) -> None:
    assert haversine_m(a, a) == 0.0


@given(st.lists(st.tuples(inner_points, inner_points), min_size=1, max_size=20))
def test_arrays_give_what_single_points_give(pairs: list[tuple[Point, Point]]) -> None:
    many = haversine_many_m(
        np.array([a.latitude_deg for a, _ in pairs]),
        np.array([a.longitude_deg for a, _ in pairs]),
        np.array([b.latitude_deg for _, b in pairs]),
        np.array([b.longitude_deg for _, b in pairs]),
    )
    assert many == pytest.approx([haversine_m(a, b) for a, b in pairs])


@pytest.mark.parametrize(
    ("end", "bearing_deg"),
    [(Point(1, 0), 0), (Point(0, 1), 90), (Point(-1, 0), 180), (Point(0, -1), 270)],
)
def test_bearings_follow_the_compass(end: Point, bearing_deg: float) -> None:
    assert initial_bearing_deg(Point(0, 0), end) == pytest.approx(bearing_deg)


@given(inner_points, st.floats(0, 359.9), st.floats(1, 1_000_000))
def test_going_somewhere_and_measuring_gives_bearing_and_distance_back(
    start: Point, bearing_deg: float, distance_m: float
) -> None:
    end = destination(start, bearing_deg, distance_m)
    assert haversine_m(start, end) == pytest.approx(distance_m, rel=1e-5, abs=1e-3)
    turn_deg = angle_between_deg(initial_bearing_deg(start, end), bearing_deg)
    assert float(turn_deg) == pytest.approx(0, abs=1e-3)


def test_a_way_over_the_date_line_stays_within_180_degrees() -> None:
    end = destination(Point(0, 179.9), 90, 50_000)
    assert -180 <= end.longitude_deg < -179


@given(st.floats(-1e6, 1e6))
def test_a_normalised_angle_is_at_least_0_and_below_360(angle_deg: float) -> None:
    assert 0 <= normalise_deg(angle_deg) < 360


@pytest.mark.parametrize(
    ("bearing_deg", "word"),
    [
        (0, "north"),
        (22, "north"),
        (23, "north-east"),
        (90, "east"),
        (225, "south-west"),
        (337, "north-west"),
        (338, "north"),
        (359.9, "north"),
        (-45, "north-west"),
    ],
)
def test_bearings_are_said_in_eight_words(bearing_deg: float, word: str) -> None:
    assert compass_point(bearing_deg) == word


@pytest.mark.parametrize(
    ("text", "headings_deg"),
    [
        ("45", (45.0,)),
        ("45°", (45.0,)),
        ("45.5 degrees", (45.5,)),
        ("-90", (270.0,)),
        ("N", (0.0,)),
        ("NNE", (22.5,)),
        ("north-east", (45.0,)),
        ("South West", (225.0,)),
        ("Southbound", (180.0,)),
        ("facing north", (0.0,)),
        ("northwestern", (315.0,)),
        ("90;270", (90.0, 270.0)),
        ("N/S", (0.0, 180.0)),
        ("E and W", (90.0, 270.0)),
        ("90, 90", (90.0,)),
        ("80-100", (90.0,)),
        ("350-10", (0.0,)),
        ("0-360", ()),
        ("", ()),
        ("unknown", ()),
    ],
)
def test_headings_are_read_however_they_are_written(
    text: str, headings_deg: tuple[float, ...]
) -> None:
    assert parse_heading(text) == pytest.approx(headings_deg)


@pytest.mark.parametrize("text", ["upwards", "400", "N;up", "1e5"])
def test_what_is_no_direction_is_refused(text: str) -> None:
    with pytest.raises(InvalidHeading, match="not a direction"):
        parse_heading(text)


@given(st.text(max_size=60))
def test_no_heading_text_breaks_the_reader(text: str) -> None:
    try:
        headings_deg = parse_heading(text)
    except InvalidHeading:
        return
    assert all(0 <= heading < 360 for heading in headings_deg)
