"""Streets from OSMnx GraphML.

defusedxml refuses document types and entities, so that a hostile file can neither read other files
nor swell in memory.
"""

import io
import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError  # types only; defusedxml does the parsing

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from geo.errors import InvalidNetwork
from geo.streets.classes import StreetClass, clean_name, street_class_of
from geo.streets.drawing import (
    OSM_ATTRIBUTION,
    OSM_LICENCE,
    DrawingBuilder,
    MapDrawing,
    Vertex,
)

_WKT_LINE = re.compile(r"\s*LINESTRING\s*Z?\s*\(([^()]*)\)\s*", re.IGNORECASE)


def read_graphml_drawing(data: bytes) -> MapDrawing:
    """Read what OSMnx saved, unprojected (degrees). Raises `InvalidNetwork`."""
    reader = _Reader()
    try:
        for element in _elements(data):
            reader.take(element)
    except DefusedXmlException as error:
        raise InvalidNetwork(
            "This GraphML declares entities or a document type, which is refused: save it again "
            "with OSMnx."
        ) from error
    except (ParseError, KeyError, IndexError) as error:
        raise _unreadable() from error
    except ValueError as error:
        raise (error if isinstance(error, InvalidNetwork) else _unreadable()) from error
    return reader.builder.drawing()


class _Reader:
    """Takes the elements of a GraphML file one after the other."""

    def __init__(self) -> None:
        self.builder = DrawingBuilder("OSMnx GraphML", OSM_ATTRIBUTION, OSM_LICENCE)
        self._names: dict[str, str] = {}
        self._nodes: dict[str, Vertex] = {}

    def take(self, element: Element) -> None:
        match str(element.tag).rpartition("}")[2]:
            case "key":
                self._names[element.attrib["id"]] = element.attrib["attr.name"]
            case "node":
                values = self._values(element)
                self._nodes[element.attrib["id"]] = (float(values["y"]), float(values["x"]))
                element.clear()
            case "edge":
                self._take_edge(element)
                element.clear()

    def _take_edge(self, element: Element) -> None:
        values = self._values(element)
        street_class = street_class_of(values.get("highway", "unclassified"))
        if street_class is None:
            self.builder.leave_out(f"no street that is drawn: {values['highway'][:40]}")
            return
        ends = self._nodes[element.attrib["source"]], self._nodes[element.attrib["target"]]
        bends = _wkt_vertices(values.get("geometry", ""))
        self.builder.add_street(
            clean_name(values.get("name")) or clean_name(values.get("ref")),
            street_class if street_class.is_walkable else StreetClass.MINOR,
            [ends[0], *bends[1:-1], ends[1]],
            "1" if values.get("oneway", "").strip().lower() in ("true", "yes", "1") else "",
        )

    def _values(self, element: Element) -> dict[str, str]:
        return {
            self._names.get(data.attrib["key"], ""): data.text or ""
            for data in element
            if str(data.tag).endswith("data")
        }


def _elements(data: bytes) -> Iterator[Element]:
    for _, element in iterparse(io.BytesIO(data), events=("end",), forbid_dtd=True):
        yield element


def _wkt_vertices(text: str) -> list[Vertex]:
    """The vertices of "LINESTRING (lon lat, …)", none where the text is no line."""
    match = _WKT_LINE.fullmatch(text)
    if match is None:
        return []
    numbers = [pair.split() for pair in match[1].split(",")]
    return [(float(pair[1]), float(pair[0])) for pair in numbers]


def _unreadable() -> InvalidNetwork:
    return InvalidNetwork("This GraphML cannot be read: save the network again with OSMnx.")
