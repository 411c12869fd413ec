"""Reading any of the formats, and finding ways through what was read."""

import json

from geo.errors import InvalidNetwork
from geo.network import StreetNetwork
from geo.network_files import read_network
from geo.streets.drawing import MapDrawing, Street
from geo.streets.geojson import read_geojson_drawing
from geo.streets.graphml import read_graphml_drawing
from geo.streets.pbf import read_pbf_drawing

_PBF_START = b"\x0a\x09OSMHeader"
_PBF_OFFSET = 4  # the length of the first header comes before it
_LOOKED_AT = 200


def read_drawing(data: bytes, file_name: str = "") -> MapDrawing:
    """Read OSMnx GraphML, GeoJSON or .osm.pbf, told apart by content. Raises `InvalidNetwork`."""
    start = data[:_LOOKED_AT].removeprefix(b"\xef\xbb\xbf").lstrip()
    if data[_PBF_OFFSET:].startswith(_PBF_START):
        return read_pbf_drawing(data)
    if start.startswith(b"<"):
        return read_graphml_drawing(data)
    if start.startswith(b"{"):
        return read_geojson_drawing(data, file_name)
    name = f"“{file_name}”" if file_name else "This file"
    raise InvalidNetwork(
        f"{name} is no file of streets: import OSMnx GraphML, GeoJSON or .osm.pbf."
    )


def street_network(drawing: MapDrawing) -> StreetNetwork | None:
    """The streets of a drawing as a network for finding ways; None where it holds no street.

    Streets meet where they share a point. Raises `InvalidNetwork`.
    """
    streets = [street for street in drawing.streets if street.street_class.is_walkable]
    if not streets:
        return None
    features = [_feature(street) for street in streets]
    content = {"type": "FeatureCollection", "features": features}
    return read_network(json.dumps(content).encode(), "streets.geojson")


def _feature(street: Street) -> dict[str, object]:
    coordinates = [[longitude, latitude] for latitude, longitude in street.vertices]
    return {
        "type": "Feature",
        "properties": {"oneway": street.oneway},
        "geometry": {"type": "LineString", "coordinates": coordinates},
    }
