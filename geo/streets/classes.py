"""What kinds of streets and places a map tells apart, and what other schemes call them."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class StreetClass(StrEnum):
    """Streets from the widest to the narrowest, then railways; the order is that of drawing."""

    MOTORWAY = "motorway"
    TRUNK = "trunk"
    PRIMARY = "primary"
    SECONDARY = "secondary"
    TERTIARY = "tertiary"
    MINOR = "minor"
    SERVICE = "service"
    PATH = "path"
    RAIL = "rail"

    @property
    def is_walkable(self) -> bool:
        """Whether people move along it by themselves; nobody walks along rails."""
        return self is not StreetClass.RAIL


class PlaceKind(StrEnum):
    """What a named place is."""

    CITY = "city"
    TOWN = "town"
    SUBURB = "suburb"
    STATION = "station"
    HOSPITAL = "hospital"
    POLICE = "police"
    PLACE = "place"


_STREETS: Final[Mapping[str, StreetClass]] = {
    **{
        name: street_class
        for street_class in StreetClass
        for name in (street_class.value, f"{street_class.value}_link")
    },
    **dict.fromkeys(("unclassified", "residential", "living_street", "road"), StreetClass.MINOR),
    **dict.fromkeys(("track", "busway", "escape"), StreetClass.SERVICE),
    **dict.fromkeys(
        ("footway", "cycleway", "steps", "pedestrian", "bridleway", "corridor"), StreetClass.PATH
    ),
    **dict.fromkeys(
        ("subway", "light_rail", "tram", "monorail", "narrow_gauge", "metro", "railway"),
        StreetClass.RAIL,
    ),
}
_PLACES: Final[Mapping[str, PlaceKind]] = {
    **{kind.value: kind for kind in PlaceKind},
    **dict.fromkeys(("village", "municipality"), PlaceKind.TOWN),
    **dict.fromkeys(
        ("quarter", "neighbourhood", "neighborhood", "borough", "locality"), PlaceKind.SUBURB
    ),
    **dict.fromkeys(
        ("halt", "tram_stop", "stop", "bus_station", "bus_stop", "subway", "metro", "metro_station",
         "railway_station", "light_rail", "train_station"),
        PlaceKind.STATION,
    ),
    **dict.fromkeys(("clinic", "doctors"), PlaceKind.HOSPITAL),
    "police_station": PlaceKind.POLICE,
}  # fmt: skip
_ORDER: Final = {street_class: rank for rank, street_class in enumerate(StreetClass)}
_QUOTED = re.compile(r"""'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)\"""")
_LONGEST_LIST = 2000
_LONGEST_NAME = 200


def street_class_of(text: str) -> StreetClass | None:
    """The class that OpenStreetMap's `highway` or `railway`, or a like word, stands for.

    OSMnx writes the classes of merged streets as a list, "['residential', 'tertiary']": the widest
    counts. None for what is no street, such as one that is only proposed.
    """
    found = [_STREETS[word] for word in _words(text) if word in _STREETS]
    return min(found, key=_ORDER.__getitem__, default=None)


def place_kind_of(text: str) -> PlaceKind | None:
    """The kind that OpenStreetMap's `place`, `railway` or `amenity`, or a like word, stands for."""
    return next((_PLACES[word] for word in _words(text) if word in _PLACES), None)


def clean_name(text: object) -> str:
    """A name in one line without control characters; of OSMnx' list of names the first."""
    if not isinstance(text, str):
        return ""
    listed = _items(text)
    visible = "".join(c if c.isprintable() else " " for c in (listed[0] if listed else text))
    return " ".join(visible.split())[:_LONGEST_NAME]


def _words(text: str) -> list[str]:
    return [word.strip().lower().replace(" ", "_") for word in _items(text) or [text]]


def _items(text: str) -> list[str]:
    """The items of a list as Python writes it, none where the text is no list."""
    if not text.startswith("[") or len(text) > _LONGEST_LIST:
        return []
    return [single or double for single, double in _QUOTED.findall(text)]
