"""Reading street networks from files: OSMnx GraphML, and lines in GeoJSON."""

import json
import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from geo.distance import haversine_many_m
from geo.errors import InvalidNetwork, InvalidPosition
from geo.graphml import UNREADABLE, Vertex, graphml_edges
from geo.network import MAX_NODES, StreetNetwork, network_of
from geo.points import Point

MAX_BYTES = 400_000_000
_SAME_PLACE_DECIMALS = 7  # a centimetre: vertices of one OSM node have equal digits
_LONGEST_STRETCH = 20.0  # a "length" beyond this many straight lines is a mistake, not a bend


def read_network(data: bytes, filename: str = "") -> StreetNetwork:
    """Read OSMnx GraphML or GeoJSON lines, told apart by content. Raises `InvalidNetwork`."""
    if len(data) > MAX_BYTES:
        raise InvalidNetwork(
            f"A street network may have {MAX_BYTES // 1_000_000} MB: cut it to the search's area."
        )
    start = data[:200].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"<"):
        return read_graphml(data)
    if start.startswith(b"{"):
        return read_geojson_lines(data)
    name = f"“{filename}”" if filename else "This file"
    raise InvalidNetwork(f"{name} is no street network: import OSMnx GraphML or GeoJSON lines.")


def read_graphml(data: bytes) -> StreetNetwork:
    """Read a network that OSMnx wrote, unprojected (degrees). Raises `InvalidNetwork`.

    Each directed edge is a direction vehicles may drive. An edge's `geometry` gives its bends.
    """
    pieces = _Pieces()
    for edge in graphml_edges(data):
        stated = None if edge.has_geometry else edge.values.get("length")
        pieces.add(edge.vertices, two_way=False, length_m=_metres(stated))
    return pieces.network()


def read_geojson_lines(data: bytes) -> StreetNetwork:
    """Read LineString and MultiLineString features as streets. Raises `InvalidNetwork`.

    Lines meet where they share a vertex. A property `oneway` ("yes", true, 1 or "-1") limits
    vehicles to the line's direction or, for "-1", its opposite.
    """
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InvalidNetwork("This GeoJSON cannot be read: it is damaged or cut off.") from error
    pieces = _Pieces()
    for geometry, oneway in _geojson_lines(content):
        vertices = [_geojson_vertex(pair) for pair in geometry]
        pieces.add(vertices[::-1] if oneway == "-1" else vertices, two_way=not oneway)
    return pieces.network()


class _Pieces:
    """Collects streets as straight pieces between numbered vertices."""

    def __init__(self) -> None:
        self._numbers: dict[Vertex, int] = {}
        self._start: list[int] = []
        self._end: list[int] = []
        self._stretch: list[float] = []
        self._two_way: list[bool] = []

    def add(
        self, vertices: Sequence[Vertex], *, two_way: bool, length_m: float | None = None
    ) -> None:
        """Add one street; `length_m` is its stated length where its bends are not known."""
        numbers = [self._number(vertex) for vertex in vertices]
        stretch = _stretch(vertices, length_m)
        for start, end in pairwise(numbers):
            self._start.append(start)
            self._end.append(end)
            self._stretch.append(stretch)
            self._two_way.append(two_way)

    def network(self) -> StreetNetwork:
        places = np.array(list(self._numbers), dtype=np.float64).reshape(-1, 2)
        return network_of(
            places[:, 0],
            places[:, 1],
            np.array(self._start, dtype=np.int32),
            np.array(self._end, dtype=np.int32),
            np.array(self._stretch, dtype=np.float64),
            np.array(self._two_way, dtype=np.bool_),
        )

    def _number(self, vertex: Vertex) -> int:
        latitude_deg, longitude_deg = vertex
        try:
            Point(latitude_deg, longitude_deg)
        except InvalidPosition as error:
            raise InvalidNetwork(
                f"The network's coordinates are not degrees ({latitude_deg:.6g}, "
                f"{longitude_deg:.6g}): save it unprojected, in WGS 84."
            ) from error
        if len(self._numbers) > MAX_NODES:
            raise InvalidNetwork(
                f"This street network has more than {MAX_NODES} nodes: cut it to the search's area."
            )
        key = (
            round(latitude_deg, _SAME_PLACE_DECIMALS),
            round(longitude_deg, _SAME_PLACE_DECIMALS),
        )
        return self._numbers.setdefault(key, len(self._numbers))


def _metres(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError as error:
        raise InvalidNetwork(UNREADABLE) from error


def _stretch(vertices: Sequence[Vertex], length_m: float | None) -> float:
    """How much longer than its straight pieces a street is said to be, at least 1."""
    if length_m is None or not math.isfinite(length_m):
        return 1.0
    places = np.array(vertices)
    straight_m = haversine_many_m(places[:-1, 0], places[:-1, 1], places[1:, 0], places[1:, 1])
    ratio = length_m / max(float(straight_m.sum()), 1.0)
    return ratio if 1.0 <= ratio <= _LONGEST_STRETCH else 1.0


def _geojson_lines(content: Any) -> Iterator[tuple[Sequence[Any], str]]:
    """The coordinates of each line, with "" (both ways), "1" or "-1" as its direction."""
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list):
        raise InvalidNetwork("This GeoJSON is no FeatureCollection: export the streets as one.")
    for feature in features:
        geometry = feature.get("geometry") if isinstance(feature, dict) else None
        if not isinstance(geometry, dict):
            continue
        properties = feature.get("properties") or {}
        oneway = _oneway(properties.get("oneway") if isinstance(properties, dict) else None)
        coordinates = geometry.get("coordinates")
        if geometry.get("type") == "LineString" and isinstance(coordinates, list):
            yield coordinates, oneway
        elif geometry.get("type") == "MultiLineString" and isinstance(coordinates, list):
            for line in coordinates:
                yield (line if isinstance(line, list) else []), oneway


def _oneway(value: object) -> str:
    text = str(value).strip().lower()
    if text in ("-1", "reverse"):
        return "-1"
    return "1" if text in ("yes", "true", "1") else ""


def _geojson_vertex(pair: object) -> Vertex:
    if isinstance(pair, list) and len(pair) >= 2:
        longitude_deg, latitude_deg = pair[0], pair[1]
        if isinstance(longitude_deg, int | float) and isinstance(latitude_deg, int | float):
            return float(latitude_deg), float(longitude_deg)
    raise InvalidNetwork("A line of this GeoJSON has a vertex that is no [longitude, latitude].")
