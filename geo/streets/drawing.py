"""What a file of streets or places holds, as values."""

from dataclasses import dataclass, field

from geo.errors import InvalidNetwork, InvalidPosition
from geo.points import Point
from geo.streets.classes import PlaceKind, StreetClass

OSM_ATTRIBUTION = "© OpenStreetMap contributors"
OSM_LICENCE = "ODbL 1.0"
MAX_VERTICES = 5_000_000
MAX_PLACES = 500_000
PROBLEMS_KEPT = 20
_DECIMALS = 7  # a centimetre

Vertex = tuple[float, float]
"""Latitude, longitude in degrees."""


@dataclass(frozen=True, slots=True)
class Street:
    """One stretch of street. `oneway` is "" (both ways), "1" (as drawn) or "-1" (against it)."""

    name: str
    street_class: StreetClass
    vertices: tuple[Vertex, ...]
    oneway: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A named point."""

    name: str
    kind: PlaceKind
    latitude_deg: float
    longitude_deg: float


@dataclass(frozen=True, slots=True)
class Bounds:
    """The smallest section of the map that holds something, in degrees."""

    west_deg: float
    south_deg: float
    east_deg: float
    north_deg: float


@dataclass(frozen=True, slots=True)
class MapDrawing:
    """What was read. `problems` are the first reasons for which features were left out.

    `left_out` counts those features; `notes` say what was taken for granted.
    """

    format: str
    streets: tuple[Street, ...]
    places: tuple[Place, ...]
    bounds: Bounds
    left_out: int
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    attribution: str
    licence: str


@dataclass(slots=True)
class DrawingBuilder:
    """Collects streets and places while a file is read; both directions of a street are one."""

    format: str
    attribution: str = ""
    licence: str = ""
    notes: list[str] = field(default_factory=list)
    _streets: dict[tuple[Vertex, ...], Street] = field(default_factory=dict)
    _places: dict[Place, None] = field(default_factory=dict)
    _vertices: int = 0
    _left_out: int = 0
    _problems: list[str] = field(default_factory=list)

    def add_street(
        self, name: str, street_class: StreetClass, vertices: list[Vertex], oneway: str = ""
    ) -> None:
        """Take a street, unless it is known already. Raises `InvalidNetwork`."""
        line = _without_repeats([_on_earth(vertex) for vertex in vertices])
        if len(line) < 2:
            self.leave_out("a line with fewer than two different points")
            return
        key = min(line, line[::-1])
        if key in self._streets:
            return
        self._vertices += len(line)
        if self._vertices > MAX_VERTICES:
            raise InvalidNetwork(
                f"The streets have more than {MAX_VERTICES:,} points: cut the file to the "
                "search's area, for instance with osmium extract."
            )
        self._streets[key] = Street(name, street_class, line, oneway)

    def add_place(self, name: str, kind: PlaceKind, vertex: Vertex) -> None:
        """Take a place. Raises `InvalidNetwork`."""
        latitude_deg, longitude_deg = _on_earth(vertex)
        self._places[Place(name, kind, latitude_deg, longitude_deg)] = None
        if len(self._places) > MAX_PLACES:
            raise InvalidNetwork(
                f"The file names more than {MAX_PLACES:,} places: cut it to the search's area."
            )

    def leave_out(self, reason: str) -> None:
        """Count a feature that cannot be drawn."""
        self._left_out += 1
        if len(self._problems) < PROBLEMS_KEPT and reason not in self._problems:
            self._problems.append(reason)

    def drawing(self) -> MapDrawing:
        """All that was collected. Raises `InvalidNetwork` where it is nothing."""
        if not self._streets and not self._places:
            raise InvalidNetwork(
                "This file holds neither streets nor named places that can be drawn"
                + (f" ({self._problems[0]})." if self._problems else ".")
            )
        return MapDrawing(
            format=self.format,
            streets=tuple(self._streets.values()),
            places=tuple(self._places),
            bounds=self._bounds(),
            left_out=self._left_out,
            problems=tuple(self._problems),
            notes=tuple(self.notes),
            attribution=self.attribution,
            licence=self.licence,
        )

    def _bounds(self) -> Bounds:
        corners = [vertex for line in self._streets for vertex in line]
        corners += [(place.latitude_deg, place.longitude_deg) for place in self._places]
        latitudes, longitudes = zip(*corners, strict=True)
        return Bounds(min(longitudes), min(latitudes), max(longitudes), max(latitudes))


def _on_earth(vertex: Vertex) -> Vertex:
    latitude_deg, longitude_deg = vertex
    try:
        Point(latitude_deg, longitude_deg)
    except InvalidPosition as error:
        raise InvalidNetwork(
            f"The coordinates are not degrees ({latitude_deg:.6g}, {longitude_deg:.6g}): save the "
            "file unprojected, in WGS 84."
        ) from error
    return round(latitude_deg, _DECIMALS), round(longitude_deg, _DECIMALS)


def _without_repeats(vertices: list[Vertex]) -> tuple[Vertex, ...]:
    kept = vertices[:1]
    for vertex in vertices[1:]:
        if vertex != kept[-1]:
            kept.append(vertex)
    return tuple(kept)
