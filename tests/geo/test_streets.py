"""Streets and places read from files, and the network made of them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import InvalidNetwork
from geo.streets import PlaceKind, StreetClass, read_drawing, street_network
from geo.streets.classes import clean_name, place_kind_of, street_class_of
from geo.streets.drawing import DrawingBuilder

VERTEX = st.tuples(st.floats(-80, 80), st.floats(-179, 179))


def collection(*features: dict[str, object], **more: object) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features, **more}).encode()


def line(coordinates: list[list[float]], **properties: object) -> dict[str, object]:
    return {
        "properties": properties,
        "geometry": {"type": "LineString", "coordinates": coordinates},
    }


def point(longitude_deg: float, latitude_deg: float, **properties: object) -> dict[str, object]:
    coordinates = [longitude_deg, latitude_deg]
    return {"properties": properties, "geometry": {"type": "Point", "coordinates": coordinates}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("primary_link", StreetClass.PRIMARY),
        ("living_street", StreetClass.MINOR),
        ("['residential', 'tertiary']", StreetClass.TERTIARY),
        ("steps", StreetClass.PATH),
        ("light_rail", StreetClass.RAIL),
        ("proposed", None),
        ("", None),
        ("[" * 5000, None),
    ],
)
def test_classes_of_openstreetmap_are_known(text: str, expected: StreetClass | None) -> None:
    assert street_class_of(text) is expected


def test_kinds_of_places_are_known() -> None:
    assert place_kind_of("Bus Station") is PlaceKind.STATION
    assert place_kind_of("neighbourhood") is PlaceKind.SUBURB
    assert place_kind_of("fountain") is None


@given(st.text())
def test_a_name_is_one_printable_line_and_cleaning_it_again_changes_nothing(text: str) -> None:
    name = clean_name(text)
    assert name.isprintable()
    assert len(name) <= 200
    if not name.startswith("["):
        assert clean_name(name) == name.strip()


@given(st.lists(VERTEX, min_size=2, max_size=8))
def test_both_directions_of_a_street_are_one_street(vertices: list[tuple[float, float]]) -> None:
    one, both = DrawingBuilder("test"), DrawingBuilder("test")
    one.add_place("somewhere", PlaceKind.PLACE, (0.0, 0.0))
    both.add_place("somewhere", PlaceKind.PLACE, (0.0, 0.0))
    one.add_street("a", StreetClass.MINOR, vertices)
    both.add_street("a", StreetClass.MINOR, vertices)
    both.add_street("a", StreetClass.MINOR, vertices[::-1])
    assert both.drawing().streets == one.drawing().streets


def test_a_point_without_a_name_and_an_area_are_left_out_and_counted() -> None:
    area = {"properties": {}, "geometry": {"type": "Polygon", "coordinates": []}}
    drawing = read_drawing(
        collection(line([[77.5, 12.9], [77.6, 12.9]], highway="primary"), point(77.5, 12.9), area)
    )
    assert (len(drawing.streets), len(drawing.places), drawing.left_out) == (1, 0, 2)
    assert "a point without a name" in drawing.problems


def test_a_one_way_street_is_one_way_for_vehicles_and_open_on_foot() -> None:
    drawing = read_drawing(
        collection(line([[77.50, 12.9], [77.51, 12.9]], highway="primary", oneway="-1"))
    )
    network = street_network(drawing)
    assert network is not None
    assert network.forward.sum() + network.backward.sum() == 1
    first = int(network.longitude_deg.argmin())
    on_foot = network.travel_distances_m([first])[0]
    assert on_foot.max() == pytest.approx(1084, abs=5)


def test_railways_are_drawn_and_nobody_walks_along_them() -> None:
    drawing = read_drawing(collection(line([[77.5, 12.9], [77.6, 12.9]], railway="subway")))
    assert drawing.streets[0].street_class is StreetClass.RAIL
    assert street_network(drawing) is None


def test_what_features_are_is_guessed_from_the_files_name_and_said() -> None:
    data = collection(line([[77.5, 12.9], [77.6, 12.9]]), point(77.5, 12.9, Name="Made-up"))
    plain, metro = read_drawing(data, "made-up.geojson"), read_drawing(data, "metro.geojson")
    assert (plain.streets[0].street_class, plain.places[0].kind) == ("minor", "place")
    assert (metro.streets[0].street_class, metro.places[0].kind) == ("rail", "station")
    assert "2 features do not say" in metro.notes[0]


def test_projected_coordinates_are_refused_in_words() -> None:
    with pytest.raises(InvalidNetwork, match="unprojected"):
        read_drawing(collection(line([[780_000.0, 1_430_000.0], [780_010.0, 1_430_000.0]])))
