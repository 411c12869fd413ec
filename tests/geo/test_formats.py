import csv
import io
import json
from datetime import UTC, datetime, timedelta, timezone

import gpxpy
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from shapely.geometry import shape

from geo.errors import InvalidRoute
from geo.formats import (
    NOTICE,
    RoutePoint,
    feature_collection,
    line_feature,
    point_feature,
    point_of,
    polygon_feature,
    route_from_geojson,
    route_from_gpx,
    route_to_csv,
    route_to_geojson,
    route_to_gpx,
    route_to_kml,
    safe_cell,
)
from geo.points import Point
from geo.view import FieldOfView

HERE = Point(12.9757, 77.6063)
AT = datetime(2026, 11, 18, 8, 40, tzinfo=UTC)
KML = "{http://www.opengis.net/kml/2.2}"
GX = "{http://www.google.com/kml/ext/2.2}"

points = st.builds(Point, st.floats(-90, 90), st.floats(-180, 180))
moments = st.datetimes(
    datetime(2000, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))]),
)
texts = st.text(max_size=40)
routes = st.lists(
    st.builds(
        RoutePoint,
        points,
        moments,
        texts,
        texts,
        st.dictionaries(
            st.sampled_from(["similarity", "camera"]),
            st.one_of(texts, st.floats(-1, 1)),
            max_size=2,
        ),
    ),
    max_size=6,
)


def in_time(route: list[RoutePoint]) -> list[RoutePoint]:
    return sorted(route, key=lambda point: point.at)


def degrees(route: list[RoutePoint]) -> list[tuple[float, float]]:
    return [(point.position.latitude_deg, point.position.longitude_deg) for point in route]


def test_geojson_writes_longitude_first() -> None:
    feature = point_feature(HERE, {"name": "gate"}, 7)
    assert feature == {
        "type": "Feature",
        "id": 7,
        "geometry": {"type": "Point", "coordinates": [77.6063, 12.9757]},
        "properties": {"name": "gate"},
    }
    assert point_of([77.6063, 12.9757, 900.0]) == HERE


def test_a_polygon_runs_counter_clockwise_and_is_closed() -> None:
    clockwise_wedge = FieldOfView(45, 90, 100).wedge(HERE)
    polygon = shape(polygon_feature(clockwise_wedge, {})["geometry"])
    assert polygon.is_valid
    assert polygon.exterior.is_ccw
    open_square = [Point(0, 0), Point(1, 0), Point(1, 1), Point(0, 1)]
    square = shape(polygon_feature(open_square, {})["geometry"])
    assert square.exterior.is_ccw
    assert len(square.exterior.coords) == 5


def test_too_few_points_make_no_line_and_no_polygon() -> None:
    with pytest.raises(InvalidRoute):
        line_feature([HERE], {})
    with pytest.raises(InvalidRoute):
        polygon_feature([HERE, Point(1, 1)], {})
    with pytest.raises(InvalidRoute):
        polygon_feature([], {})


def test_every_collection_carries_the_notice() -> None:
    assert feature_collection([])["notice"] == "Investigative lead, not an identification."


@pytest.mark.parametrize("coordinates", [None, [], [1], ["a", "b"], {"x": 1}])
def test_what_is_no_position_is_refused(coordinates: object) -> None:
    with pytest.raises(InvalidRoute):
        point_of(coordinates)


@given(routes)
def test_a_route_comes_back_from_geojson_as_it_went(route: list[RoutePoint]) -> None:
    text = route_to_geojson("Route", route)
    assert route_from_geojson(text) == in_time(route)
    assert json.loads(text)["notice"] == NOTICE


@given(routes)
def test_a_route_comes_back_from_gpx_with_its_places_and_times(route: list[RoutePoint]) -> None:
    text = route_to_gpx("Route \x00 & <b>", route)
    assert NOTICE in text
    expected, found = in_time(route), route_from_gpx(text)
    assert [point.at for point in found] == [point.at for point in expected]
    # GPX has no exponents, so degrees are rounded far below a millimetre.
    assert np.allclose(degrees(found), degrees(expected), rtol=0, atol=1e-9)
    track = [p for t in gpxpy.parse(text).tracks for s in t.segments for p in s.points]
    assert [(p.latitude, p.longitude) for p in track] == degrees(found)


@given(routes)
def test_gpx_is_version_1_1_with_decimal_degrees(route: list[RoutePoint]) -> None:
    root = etree.fromstring(route_to_gpx("Route", route).encode())
    assert root.tag == "{http://www.topografix.com/GPX/1/1}gpx"
    assert root.get("version") == "1.1"
    # xsd:decimal, which GPX asks for, knows no exponent.
    values = [p.get(axis) for p in root.iter("{*}wpt", "{*}trkpt") for axis in ("lat", "lon")]
    assert not any("e" in value.lower() for value in values)


@given(routes)
def test_kml_holds_each_place_with_its_time(route: list[RoutePoint]) -> None:
    root = etree.fromstring(route_to_kml("Route & <b>", route).encode())
    assert root.tag == f"{KML}kml"
    marks = [mark for mark in root.iter(f"{KML}Placemark") if mark.find(f"{KML}Point") is not None]
    found = []
    for mark in marks:
        lon, lat, _ = (float(x) for x in mark.findtext(f"{KML}Point/{KML}coordinates").split(","))
        when = datetime.fromisoformat(mark.findtext(f"{KML}TimeStamp/{KML}when"))
        found.append((lat, lon, when))
        assert NOTICE in mark.findtext(f"{KML}description")
    assert found == [
        (point.position.latitude_deg, point.position.longitude_deg, point.at)
        for point in in_time(route)
    ]
    tracks = list(root.iter(f"{GX}Track"))
    assert len(tracks) == (1 if len(route) > 1 else 0)
    for track in tracks:
        assert len(track.findall(f"{KML}when")) == len(track.findall(f"{GX}coord")) == len(route)


def test_a_description_cannot_bring_markup_into_a_globe() -> None:
    route = [RoutePoint(HERE, AT, "gate", "<script>alert(1)</script>")]
    root = etree.fromstring(route_to_kml("Route", route).encode())
    shown_as_html = root.findtext(f".//{KML}Placemark/{KML}description")
    assert "<script>" not in shown_as_html
    assert "&lt;script&gt;" in shown_as_html


def test_csv_holds_each_place_and_the_notice() -> None:
    route = [
        RoutePoint(HERE, AT, "gate", "red shirt", {"similarity": -0.25}),
        RoutePoint(Point(-1.5, -2.5), AT - timedelta(hours=1), "stop", "", {"camera": "=cmd"}),
    ]
    rows = list(csv.DictReader(io.StringIO(route_to_csv(route))))
    assert [row["name"] for row in rows] == ["stop", "gate"]
    assert float(rows[0]["latitude_deg"]) == -1.5
    assert float(rows[0]["longitude_deg"]) == -2.5
    assert rows[0]["camera"] == "'=cmd"
    assert float(rows[1]["similarity"]) == -0.25
    assert rows[1]["time_utc"] == "2026-11-18T08:40:00Z"
    assert {row["notice"] for row in rows} == {NOTICE}


@given(routes)
def test_csv_comes_back_with_the_same_places(route: list[RoutePoint]) -> None:
    rows = list(csv.DictReader(io.StringIO(route_to_csv(route), newline="")))
    found = [(float(row["latitude_deg"]), float(row["longitude_deg"])) for row in rows]
    assert found == degrees(in_time(route))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", " =", "＝"])
def test_text_that_a_spreadsheet_would_run_is_neutralised(start: str) -> None:
    assert safe_cell(f"{start}HYPERLINK()").startswith("'")


def test_numbers_and_plain_text_stay_as_they_are() -> None:
    assert safe_cell(-12.5) == "-12.5"
    assert safe_cell("M G Road = junction") == "M G Road = junction"


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(InvalidRoute, match="time zone"):
        RoutePoint(HERE, datetime(2026, 11, 18), "gate")  # noqa: DTZ001 - that is the point


def test_an_attribute_cannot_take_the_place_of_a_column() -> None:
    route = [RoutePoint(HERE, AT, "gate", "", {"name": "other"})]
    with pytest.raises(InvalidRoute):
        route_to_csv([RoutePoint(HERE, AT, "gate", "", {"notice": "none"})])
    with pytest.raises(InvalidRoute):
        route_to_geojson("Route", route)
