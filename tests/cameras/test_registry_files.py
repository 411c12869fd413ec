"""GeoJSON, OpenStreetMap, and files that are no registry."""

import json

import pytest

from cameras.camera import CameraKind
from cameras.errors import UnreadableRegistry
from geo.points import Point
from tests.cameras.registries import features, of_row, point, read


def test_osm_keys_are_understood() -> None:
    properties = {
        "@id": "node/42",
        "man_made": "surveillance",
        "camera:direction": "WNW",
        "camera:type": "dome",
        "surveillance": "indoor",
        "surveillance:type": "camera",
        "operator": "Example Desk",
    }
    anpr = {"@id": "node/43", "man_made": "surveillance", "surveillance:type": "ALPR"}
    reading = read(
        features(point(77.59, 12.97, properties), point(77.6, 12.97, anpr)), "osm.geojson"
    )
    first, second = reading.cameras
    assert (first.ref, first.headings_deg, first.is_indoor) == ("node/42", (292.5,), True)
    assert (first.kind, second.kind) == (CameraKind.DOME, CameraKind.ANPR)
    assert first.owner == "Example Desk"


def test_overpass_json_is_read() -> None:
    element = {"type": "node", "id": 42, "lat": 12.97, "lon": 77.59, "tags": {"name": "Gate"}}
    way = {"type": "way", "id": 5, "center": {"lat": 12.98, "lon": 77.59}, "tags": {}}
    relation = {"type": "relation", "id": 6}
    reading = read(json.dumps({"elements": [element, way, relation]}), "overpass.json")
    assert [camera.ref for camera in reading.cameras] == ["node/42", "way/5"]
    assert reading.refused[0].row_number == 3


def test_points_with_height_text_numbers_and_feature_ids_are_read() -> None:
    high = point(77.59, 12.97, {"name": "Gate"}, id=7)
    high["geometry"]["coordinates"].append(920.5)
    reading = read(features(high, point("77.6", "12.98")), "cameras.geojson")
    assert [camera.position for camera in reading.cameras] == [
        Point(12.97, 77.59),
        Point(12.98, 77.6),
    ]
    assert reading.cameras[0].ref == "7"


def test_a_null_geometry_falls_back_on_its_properties() -> None:
    one = {"type": "Feature", "geometry": None, "properties": {"LAT": "12.97", "LONG": 77.59}}
    none = {"type": "Feature", "geometry": None, "properties": {"name": "nowhere"}}
    reading = read(features(one, none), "cameras.geojson")
    assert reading.cameras[0].position == Point(12.97, 77.59)
    assert reading.refused[0].reason == "The row has no position."


@pytest.mark.parametrize(
    ("geometry", "says"),
    [
        ({"type": "MultiPoint", "coordinates": [[77, 12]]}, "one Point feature for each"),
        ({"type": "LineString", "coordinates": [[77, 12], [78, 12]]}, "is a LineString"),
        ({"type": "Point", "coordinates": []}, "no two numbers"),
        ({"type": "Point", "coordinates": [True, False]}, "no two numbers"),
        ({"type": "Point", "coordinates": ["a", "b"]}, "no two numbers"),
        ({"type": "Point", "coordinates": {"x": 1}}, "no two numbers"),
        ([77, 12], "unreadable geometry"),
    ],
)
def test_other_geometries_are_refused_with_their_reason(geometry: object, says: str) -> None:
    bad = {"type": "Feature", "geometry": geometry, "properties": {}}
    reading = read(features(point(77.59, 12.97), bad), "cameras.geojson")
    assert len(reading.cameras) == 1
    assert says in reading.refused[0].reason
    assert reading.refused[0].row_number == 2


@pytest.mark.parametrize(
    ("data", "filename", "says"),
    [
        (b"", "a.csv", "empty"),
        (b"\n \n", "a.csv", "empty"),
        (b"\xef\xbb\xbf", "a.csv", "empty"),
        (b"\xff\xfe", "a.csv", "empty"),
        (b"name,lat,lon\n", "a.csv", "no cameras"),
        (b"just some words\nand more\n", "a.csv", "No column for latitude"),
        (b'name,lat,lon\n"Gate,12.97,77.59\n' + b"x" * 200_000, "a.csv", "quotation mark"),
        (b'{"type": "FeatureCollection", "features": [', "a.geojson", "line 1"),
        (b'{"a": 1}', "a.json", "not GeoJSON"),
        (b"[1, 2]", "a.json", "not GeoJSON"),
        (b"[" * 100_000, "a.json", "not valid JSON"),
        (b'{"type": "FeatureCollection", "features": []}', "a.json", "no cameras"),
        (b"PK\x03\x04rest", "a.xlsx", "save it as CSV"),
        (b"%PDF-1.7", "a.pdf", "PDF"),
        (b"<?xml version='1.0'?><kml/>", "a.kml", "XML"),
        (b"\xef\xbb\xbf<html>", "a.csv", "web page"),
    ],
)
def test_a_file_that_is_no_registry_is_refused_with_a_sentence(
    data: bytes, filename: str, says: str
) -> None:
    with pytest.raises(UnreadableRegistry, match=says):
        read(data, filename)


def test_coordinates_of_another_system_are_refused() -> None:
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32643"}}
    with pytest.raises(UnreadableRegistry, match="32643"):
        read(features(point(780123, 1434567), crs=crs), "utm.geojson")


def test_a_snippet_never_shows_an_address() -> None:
    reading = read("name,lat,lon,stream\nGate,x,y,rtsp://op:hunter2@cctv.example/live\n")
    assert "hunter2" not in repr(reading)
    assert "rtsp://cctv.example/…" in reading.refused[0].snippet


def test_an_address_in_any_other_column_is_masked() -> None:
    reading = read("name,lat,lon,notes\nGate,12.97,77.59,see rtsp://op:hunter2@cctv.example/x\n")
    assert reading.cameras[0].remarks == "see rtsp://cctv.example/…"


def test_very_long_texts_are_cut_with_a_warning() -> None:
    reading = read(f"name,lat,lon\n{'x' * 5_000},12.97,77.59\n")
    assert len(reading.cameras[0].name) == 300
    assert "it was cut" in of_row(reading, 2)[0].reason


def test_nul_characters_are_dropped() -> None:
    reading = read(b"name,lat,lon\nGa\x00te,12.97,77.59\n")
    assert reading.cameras[0].name == "Gate"
    assert any("NUL" in problem.reason for problem in reading.problems)


def test_osm_objects_that_are_no_cameras_are_kept_out() -> None:
    mast = {"@id": "node/1", "man_made": "mast"}
    guard = {"@id": "node/2", "man_made": "surveillance", "surveillance:type": "guard"}
    reading = read(features(point(77.59, 12.97, mast), point(77.6, 12.97, guard)), "osm.geojson")
    assert [problem.row_number for problem in reading.refused] == [1, 2]
