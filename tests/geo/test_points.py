import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import InvalidPosition
from geo.points import Point, parse_angle, parse_pair, parse_point

latitudes = st.floats(-90, 90)
longitudes = st.floats(-180, 180)


@pytest.mark.parametrize(
    "text",
    [
        "12.97, 77.59",
        "(12.97, 77.59)",
        "[12.97 77.59]",
        "12.97,77.59",
        "12.97;77.59",
        "12,97; 77,59",
        "12,97 77,59",
        "lat: 12.97 lon: 77.59",
        "12.97 N, 77.59 E",
        "N12.97 E77.59",
        "77.59 E, 12.97 N",
        "12.97°N 77.59°E",
        "12°58'12\"N 77°35'24\"E",
        "12° 58′ 12″ N, 77° 35′ 24″ E",
        "12 58' 12'' N 77 35' 24'' E",
        "POINT(77.59 12.97)",
        "point (77.59 12.97)",
        "POINT Z (77.59 12.97 920.0)",
        "SRID=4326;POINT(77.59 12.97)",
    ],
)
def test_a_typed_position_is_read_however_it_is_written(text: str) -> None:
    point = parse_point(text)
    assert point.latitude_deg == pytest.approx(12.97)
    assert point.longitude_deg == pytest.approx(77.59)


def test_south_and_west_are_negative() -> None:
    assert parse_point("33.92 S 18.42 W") == Point(-33.92, -18.42)
    assert parse_point("−33.92, −18.42") == Point(-33.92, -18.42)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("Cubbon Park", "not a position"),
        ("12.97", "not a position"),
        ("91, 10", "latitude 91 is out of range"),
        ("10, 181", "longitude 181 is out of range"),
        ("12°61' N 77° E", "below 60"),
        ("12 N 13 N", "same axis twice"),
        ("-12 S 13 E", "minus sign and the letter"),
        ("9" * 500, "200 characters"),
        ("1e400, 5", "not a number"),
    ],
)
def test_an_unreadable_position_is_refused_with_a_sentence(text: str, says: str) -> None:
    with pytest.raises(InvalidPosition, match=says):
        parse_point(text)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 90.0001, -91.0])
def test_no_point_has_an_impossible_latitude(value: float) -> None:
    with pytest.raises(InvalidPosition):
        Point(value, 0.0)


@pytest.mark.parametrize("value", [math.nan, math.inf, 180.0001, -500.0])
def test_no_point_has_an_impossible_longitude(value: float) -> None:
    with pytest.raises(InvalidPosition):
        Point(0.0, value)


@given(latitudes, longitudes)
def test_a_point_that_is_written_out_is_read_back_the_same(lat: float, lon: float) -> None:
    assert parse_point(f"{lat:.9f}, {lon:.9f}") == Point(round(lat, 9), round(lon, 9))
    assert parse_point(f"POINT({lon:.9f} {lat:.9f})") == Point(round(lat, 9), round(lon, 9))


@given(st.text(max_size=250))
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        point = parse_point(text)
    except InvalidPosition:
        return
    assert abs(point.latitude_deg) <= 90


def test_a_pair_is_read_without_judging_its_range() -> None:
    assert parse_pair("(-97.73, 30.26)") == (-97.73, 30.26)


def test_an_angle_with_the_other_axis_letter_is_refused() -> None:
    assert parse_angle("77°30'E", "longitude") == 77.5
    with pytest.raises(InvalidPosition, match="letter says otherwise"):
        parse_angle("77°30'E", "latitude")
