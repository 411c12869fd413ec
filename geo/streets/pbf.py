"""Streets and places from OpenStreetMap's own format (.osm.pbf), read by libosmium."""

import osmium
from osmium.osm import NODE, WAY, Node, TagList, Way

from geo.errors import InvalidNetwork
from geo.streets.classes import (
    PlaceKind,
    StreetClass,
    clean_name,
    place_kind_of,
    street_class_of,
)
from geo.streets.drawing import (
    OSM_ATTRIBUTION,
    OSM_LICENCE,
    DrawingBuilder,
    MapDrawing,
    Vertex,
)

_KINDS = ("place", "railway", "amenity")
_AMENITIES = {"hospital", "clinic", "police", "bus_station"}


def read_pbf_drawing(data: bytes) -> MapDrawing:
    """Read streets, railways, stations and settlements of an extract. Raises `InvalidNetwork`."""
    builder = DrawingBuilder("OSM PBF", OSM_ATTRIBUTION, OSM_LICENCE)
    try:
        buffer = osmium.io.FileBuffer(data, "pbf")
        for thing in osmium.FileProcessor(buffer, NODE | WAY).with_locations("flex_mem"):
            if isinstance(thing, Way):
                _take_way(builder, thing)
            elif isinstance(thing, Node):
                _take_node(builder, thing)
    except (RuntimeError, osmium.InvalidLocationError) as error:
        raise InvalidNetwork(
            "This OSM extract cannot be read: it is damaged or cut off. Download it again."
        ) from error
    return builder.drawing()


def _take_way(builder: DrawingBuilder, way: Way) -> None:
    street_class = street_class_of(way.tags.get("highway") or "") or _rail(way.tags)
    if street_class is None or way.tags.get("area") == "yes":
        return
    vertices: list[Vertex] = [
        (node.location.lat, node.location.lon) for node in way.nodes if node.location.valid()
    ]
    if len(vertices) < len(way.nodes):
        builder.leave_out("parts of ways that lie outside of the extract")
    name = clean_name(way.tags.get("name")) or clean_name(way.tags.get("ref"))
    builder.add_street(name, street_class, vertices, _oneway(way.tags))


def _take_node(builder: DrawingBuilder, node: Node) -> None:
    name = clean_name(node.tags.get("name"))
    kind = _kind(node.tags)
    if name and kind and node.location.valid():
        builder.add_place(name, kind, (node.location.lat, node.location.lon))


def _kind(tags: TagList) -> PlaceKind | None:
    for key in _KINDS:
        value = tags.get(key)
        if value and (key != "amenity" or value in _AMENITIES):
            return place_kind_of(value)
    return None


def _rail(tags: TagList) -> StreetClass | None:
    """Railways that carry people; sidings and yards only hide the streets."""
    found = street_class_of(tags.get("railway") or "")
    return None if tags.get("service") else found


def _oneway(tags: TagList) -> str:
    value = tags.get("oneway", "")
    if value in ("-1", "reverse"):
        return "-1"
    return "1" if value in ("yes", "true", "1") or tags.get("junction") == "roundabout" else ""
