"""Streets from GeoJSON lines, places from GeoJSON points.

Property names differ from one publisher to the next: several are tried, OpenStreetMap's first.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from geo.errors import InvalidNetwork
from geo.streets.classes import (
    PlaceKind,
    StreetClass,
    clean_name,
    place_kind_of,
    street_class_of,
)
from geo.streets.drawing import DrawingBuilder, MapDrawing, Vertex

_NAMES = ("name", "name:en", "road_name", "street", "streetname", "station", "label", "title")
_CLASSES = ("highway", "railway", "road_class", "fclass", "class", "route", "type", "kind")
_KINDS = ("railway", "public_transport", "station", "place", "amenity", "fclass", "kind", "type")
_LISTED = _CLASSES[:4]
_RAIL = re.compile(r"metro|rail|train|tram|subway|station", re.IGNORECASE)

Properties = dict[str, str]


def read_geojson_drawing(data: bytes, file_name: str = "") -> MapDrawing:
    """Read a FeatureCollection of lines and points. Raises `InvalidNetwork`.

    Features that say nothing of what they are count as streets and places, or as railways and
    stations where the name of the file or of the collection speaks of those.
    """
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InvalidNetwork("This GeoJSON cannot be read: it is damaged or cut off.") from error
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list):
        raise InvalidNetwork("This GeoJSON is no FeatureCollection: export the features as one.")
    reader = _Reader(of_rails=bool(_RAIL.search(f"{file_name} {content.get('name', '')}")))
    for feature in features:
        reader.take(feature)
    return reader.drawing()


class _Reader:
    """Takes features one after the other."""

    def __init__(self, *, of_rails: bool) -> None:
        self._builder = DrawingBuilder("GeoJSON")
        self._of_rails = of_rails
        self._guessed = 0

    def take(self, feature: object) -> None:
        geometry = feature.get("geometry") if isinstance(feature, dict) else None
        if not isinstance(feature, dict) or not isinstance(geometry, dict):
            self._builder.leave_out("a feature without a geometry")
            return
        properties = _properties(feature.get("properties"))
        name = next((properties[key] for key in _NAMES if properties.get(key)), "")
        kind = geometry.get("type")
        if kind in ("LineString", "MultiLineString"):
            self._take_lines(name, properties, geometry)
        elif kind == "Point":
            self._take_point(name, properties, geometry)
        else:
            self._builder.leave_out(f"a geometry that is not drawn: {str(kind)[:40]}")

    def drawing(self) -> MapDrawing:
        if self._guessed:
            what = "railways and stations" if self._of_rails else "streets and places"
            self._builder.notes.append(
                f"{self._guessed} features do not say what they are; they are drawn as {what}."
            )
        return self._builder.drawing()

    def _take_lines(self, name: str, properties: Properties, geometry: dict[str, Any]) -> None:
        street_class = self._street_class(properties)
        if street_class is None:
            self._builder.leave_out("a line that is no street, such as a planned one")
            return
        for line in _lines(geometry):
            self._builder.add_street(name, street_class, line, _oneway(properties))

    def _street_class(self, properties: Properties) -> StreetClass | None:
        """The class that is given; a guess where nothing of the kind is."""
        given = [properties[key] for key in _CLASSES if properties.get(key)]
        found = next(filter(None, map(street_class_of, given)), None)
        if found is not None or any(properties.get(key) for key in _LISTED):
            return found
        self._guessed += 1
        return StreetClass.RAIL if self._of_rails else StreetClass.MINOR

    def _take_point(self, name: str, properties: Properties, geometry: dict[str, Any]) -> None:
        if not name:
            self._builder.leave_out("a point without a name")
            return
        given = [properties[key] for key in _KINDS if properties.get(key)]
        kind = next(filter(None, map(place_kind_of, given)), None)
        if kind is None:
            self._guessed += 1
            kind = PlaceKind.STATION if self._of_rails else PlaceKind.PLACE
        self._builder.add_place(name, kind, _vertex(geometry.get("coordinates")))


def _properties(given: object) -> Properties:
    """Properties as clean texts, their names in small letters."""
    if not isinstance(given, dict):
        return {}
    texts = {
        str(key).lower(): str(value) if isinstance(value, bool | int | float) else value
        for key, value in given.items()
    }
    return {key: clean_name(value) for key, value in texts.items()}


def _oneway(properties: Properties) -> str:
    text = properties.get("oneway", "").lower()
    if text in ("-1", "reverse"):
        return "-1"
    return "1" if text in ("yes", "true", "1") else ""


def _lines(geometry: dict[str, Any]) -> Iterator[list[Vertex]]:
    coordinates = geometry.get("coordinates")
    lines = [coordinates] if geometry["type"] == "LineString" else coordinates
    for line in lines if isinstance(lines, list) else []:
        yield [_vertex(pair) for pair in line] if isinstance(line, list) else []


def _vertex(pair: object) -> Vertex:
    if isinstance(pair, list) and len(pair) >= 2:
        longitude_deg, latitude_deg = pair[0], pair[1]
        if isinstance(longitude_deg, int | float) and isinstance(latitude_deg, int | float):
            return float(latitude_deg), float(longitude_deg)
    raise InvalidNetwork("A feature of this GeoJSON has a point that is no [longitude, latitude].")
