"""Finding named places among those that were imported with the streets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from app.extensions import db
from app.models import GazetteerPlace, RoadSource
from geo.distance import haversine_m
from geo.errors import InvalidRoute
from geo.points import Point
from geo.streets import PlaceKind

SAME_PLACE_M = 500.0
"""Places of one name nearer to each other than this are one, such as a station in two files."""
FEWEST_LETTERS = 2
TOWNS = tuple(kind.value for kind in (PlaceKind.CITY, PlaceKind.TOWN, PlaceKind.SUBURB))
MOST_NAMES = 1000
"""More different names than this in one file are no list of stations."""


def place_finder() -> Callable[[str], Point]:
    """A function from a place's name (any case) to its position, which asks once for each name.

    It raises `InvalidRoute` for a name that is not known, or that several places have.
    """
    known: dict[str, list[Point]] = {}

    def find(name: str) -> Point:
        key = name.strip().lower()
        if key not in known:
            if len(known) >= MOST_NAMES:
                raise InvalidRoute(
                    f"The file names more than {MOST_NAMES} different places without positions."
                )
            known[key] = _places(key)
        return _only_one(name, known[key])

    return find


def _places(key: str) -> list[Point]:
    rows = db.session.execute(
        select(GazetteerPlace.latitude_deg, GazetteerPlace.longitude_deg)
        .where(func.lower(GazetteerPlace.name) == key)
        .order_by(GazetteerPlace.id)
        .limit(20)
    )
    return [Point(latitude, longitude) for latitude, longitude in rows]


def _only_one(name: str, places: list[Point]) -> Point:
    if not places:
        raise InvalidRoute(
            f"The row has no position, and “{name[:60]}” is no place that was imported with the "
            "streets: add its latitude and longitude."
        )
    if any(haversine_m(places[0], other) > SAME_PLACE_M for other in places[1:]):
        raise InvalidRoute(
            f"Several places are called “{name[:60]}”: add the latitude and longitude of the one "
            "that is meant."
        )
    return places[0]


@dataclass(frozen=True)
class NamedPlace:
    """A place of the gazetteer."""

    name: str
    kind: str
    latitude_deg: float
    longitude_deg: float


def find_place(name: str) -> Point | None:
    """The position of the one place of this name; None where there is none, or several."""
    try:
        return _only_one(name, _places(name.strip().lower()))
    except InvalidRoute:
        return None


def suggest(text: str, limit: int = 8) -> Sequence[NamedPlace]:
    """Places whose name holds `text`, those that begin with it first."""
    wanted = text.strip()
    if len(wanted) < FEWEST_LETTERS:
        return ()
    begins = GazetteerPlace.name.istartswith(wanted, autoescape=True)
    rows = db.session.execute(
        select(
            GazetteerPlace.name,
            GazetteerPlace.kind,
            GazetteerPlace.latitude_deg,
            GazetteerPlace.longitude_deg,
        )
        .where(GazetteerPlace.name.icontains(wanted, autoescape=True))
        .order_by(begins.desc(), func.length(GazetteerPlace.name), GazetteerPlace.id)
        .limit(limit)
    )
    return [NamedPlace(*row) for row in rows]


def middle() -> Point | None:
    """Where a public map opens: the middle of the streets that were imported last, else of the
    places; None without any.
    """
    source = db.session.scalar(
        select(RoadSource)
        .order_by((RoadSource.streets > 0).desc(), RoadSource.imported_at.desc())
        .limit(1)
    )
    if source is None:
        return None
    return Point((source.south_deg + source.north_deg) / 2, (source.west_deg + source.east_deg) / 2)


def find_town(name: str) -> Point | None:
    """The one city, town or suburb of this name; None where there is none, or several."""
    rows = db.session.execute(
        select(GazetteerPlace.latitude_deg, GazetteerPlace.longitude_deg)
        .where(func.lower(GazetteerPlace.name) == name.strip().lower())
        .where(GazetteerPlace.kind.in_(TOWNS))
        .order_by(GazetteerPlace.id)
        .limit(20)
    )
    try:
        return _only_one(name, [Point(latitude, longitude) for latitude, longitude in rows])
    except InvalidRoute:
        return None
