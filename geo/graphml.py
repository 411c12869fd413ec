"""The streets of a GraphML file that OSMnx wrote, unprojected (degrees), one after the other.

defusedxml refuses document types and entities, so that a hostile file can neither read other files
nor swell in memory.
"""

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError  # types only; defusedxml does the parsing

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from geo.errors import InvalidNetwork

Vertex = tuple[float, float]  # latitude, longitude in degrees

UNREADABLE = "This GraphML cannot be read: save the network again with OSMnx."
_WKT_LINE = re.compile(r"\s*LINESTRING\s*Z?\s*\(([^()]*)\)\s*", re.IGNORECASE)


@dataclass(frozen=True)
class GraphmlEdge:
    """One directed edge.

    Attributes:
        vertices: both ends, and between them its bends as far as its `geometry` gives them.
        has_geometry: whether it did.
        values: its data by name, as text.
    """

    vertices: tuple[Vertex, ...]
    has_geometry: bool
    values: Mapping[str, str]


def graphml_edges(data: bytes) -> Iterator[GraphmlEdge]:
    """Read the edges of a file, nodes first as OSMnx writes them. Raises `InvalidNetwork`."""
    reader = _Reader()
    try:
        for _, element in iterparse(io.BytesIO(data), events=("end",), forbid_dtd=True):
            edge = reader.take(element)
            if edge is not None:
                yield edge
    except DefusedXmlException as error:
        raise InvalidNetwork(
            "This GraphML declares entities or a document type, which is refused: save it again "
            "with OSMnx."
        ) from error
    except InvalidNetwork:
        raise
    except (ParseError, ValueError, LookupError) as error:
        raise InvalidNetwork(UNREADABLE) from error


class _Reader:
    """Takes the elements of a file; remembers names of data and places of nodes."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._nodes: dict[str, Vertex] = {}

    def take(self, element: Element) -> GraphmlEdge | None:
        """The edge that this element ends, if it ends one."""
        edge = None
        match _local_name(element):
            case "key":
                self._names[element.attrib["id"]] = element.attrib["attr.name"]
            case "node":
                values = self._values(element)
                self._nodes[element.attrib["id"]] = (float(values["y"]), float(values["x"]))
                element.clear()
            case "edge":
                edge = self._edge(element)
                element.clear()
        return edge

    def _edge(self, element: Element) -> GraphmlEdge:
        values = self._values(element)
        start = self._nodes[element.attrib["source"]]
        end = self._nodes[element.attrib["target"]]
        bends = _wkt_line(values.get("geometry", ""))
        return GraphmlEdge((start, *bends[1:-1], end), bool(bends), values)

    def _values(self, element: Element) -> dict[str, str]:
        return {
            self._names.get(data.attrib["key"], ""): data.text or ""
            for data in element
            if _local_name(data) == "data"
        }


def _local_name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _wkt_line(text: str) -> list[Vertex]:
    """The vertices of "LINESTRING (lon lat, …)", none where the text is no line."""
    match = _WKT_LINE.fullmatch(text)
    if match is None:
        return []
    numbers = [pair.split() for pair in match[1].split(",")]
    return [(float(pair[1]), float(pair[0])) for pair in numbers]
