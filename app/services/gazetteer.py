"""Finding named places among those that were imported with the streets."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import func, select

from app.extensions import db
from app.models import GazetteerPlace
from geo.distance import haversine_m
from geo.errors import InvalidRoute
from geo.points import Point

SAME_PLACE_M = 500.0
"""Places of one name nearer to each other than this are one, such as a station in two files."""
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
