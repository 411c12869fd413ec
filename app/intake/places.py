"""Known places in a text: the names of streets, stations and suburbs that the map has."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from app.intake.marks import PlaceMark, Span
from geo.distance import haversine_m
from geo.points import Point

_WORD = re.compile(r"[^\W_]+(?:['’.][^\W_]+)*\.?", re.UNICODE)
_SHORT: Final = {
    "rd": "road", "st": "street", "ave": "avenue", "av": "avenue", "stn": "station",
    "rly": "railway", "jn": "junction", "jct": "junction", "nr": "near", "opp": "opposite",
    "hosp": "hospital", "blk": "block", "ft": "feet", "mkt": "market",
}  # fmt: skip
_FILLERS: Final = frozenset({"main", "the", "railway", "bus", "of"})
_CUES: Final = frozenset({
    "at", "near", "in", "on", "to", "from", "towards", "opposite", "behind", "outside",
    "inside", "under", "beside", "off", "around", "via", "between", "reached", "reach",
    "opp", "nr", "past", "crossed", "toward"
})  # fmt: skip
_COMMON: Final = frozenset({
    "road", "street", "avenue", "main", "station", "park", "market", "temple", "school",
    "hospital", "bus", "stand", "stop", "metro", "gate", "circle", "cross", "layout",
    "nagar", "block", "stage", "phase", "colony", "house", "home", "shop", "bridge", "lake",
    "city", "town", "east", "west", "north", "south", "new", "old", "central", "high",
    "church", "first", "second", "third", "camp", "fort", "garden", "junction", "mall",
    "college", "flyover", "commercial", "brigade"
})  # fmt: skip
_LONGEST_NAME = 6
_ONE_PLACE_M = 2_500.0
_AT_LEAST_M = 100.0
_LEAST_UNCERTAINTY_M: Final = {"street": 500.0, "suburb": 800.0, "park": 300.0, "lake": 300.0}


@dataclass(frozen=True)
class KnownPlace:
    """A name and where it lies; `kind` as the gazetteer has it, `street` for streets.

    `reach_m` is how far from this middle the place goes, where that is known.
    """

    name: str
    kind: str
    latitude_deg: float
    longitude_deg: float
    reach_m: float = 0.0

    @property
    def point(self) -> Point:
        """Its position."""
        return Point(self.latitude_deg, self.longitude_deg)


@dataclass(frozen=True)
class _Token:
    start: int
    end: int
    plain: str
    capital: bool


_NAME_WORD = r"(?:[A-Z][a-z]?\.|[A-Z][\w'’-]*|\d+(?:st|nd|rd|th))"
_UNKNOWN = re.compile(
    r"\b(?i:at|near|in|from|towards|opposite|behind|outside|inside|reached|around)\s+(?:the\s+)?"
    rf"(?P<name>{_NAME_WORD}(?:\s+(?:{_NAME_WORD}|of)){{0,5}})"
)
_NO_PLACE = re.compile(
    r"(?:FIR|IPC|BNS|CCTV|Sections?|No\.?|Ward|Platform|Room|[A-Z][a-z]+day|January|February|March"
    r"|April|May|June|July|August|September|October|November|December)\b"
)


def unknown_places(text: str, taken: Iterable[Span]) -> Iterator[Span]:
    """Names that stand where a place would, and that no other mark has taken.

    They are what a geocoder may be asked about; most are places, some are not.
    """
    spans = list(taken)
    for found in _UNKNOWN.finditer(text):
        words = found["name"].rstrip(".,'’-")
        span = Span(found.start("name"), found.start("name") + len(words), words)
        if len(words) < 4 or _NO_PLACE.match(words):
            continue
        if not any(span.overlaps(other) for other in spans):
            yield span


class PlaceIndex:
    """The known places by their words, ready to look into many texts."""

    def __init__(self, places: Iterable[KnownPlace]) -> None:
        self._whole: dict[str, list[KnownPlace]] = defaultdict(list)
        self._first: dict[str, dict[tuple[str, ...], list[KnownPlace]]] = defaultdict(dict)
        for place in places:
            words = tuple(one.plain for one in _tokens(place.name))
            if not words:
                continue
            self._whole["".join(words)].append(place)
            essential = "".join(_essential(words))
            if essential and essential != "".join(words):
                self._whole[essential].append(place)
            self._first[words[0]].setdefault(words, []).append(place)

    def find(self, text: str) -> Iterator[PlaceMark]:
        """Marks of the known places in `text`, the longest names first to be taken."""
        tokens = _tokens(text)
        position = 0
        while position < len(tokens):
            for length in range(min(_LONGEST_NAME, len(tokens) - position), 0, -1):
                mark = self._mark(text, tokens, position, length)
                if mark is not None:
                    yield mark
                    position += length
                    break
            else:
                position += 1

    def _mark(
        self, text: str, tokens: Sequence[_Token], position: int, length: int
    ) -> PlaceMark | None:
        part = tokens[position : position + length]
        words = tuple(one.plain for one in part)
        if length > 1 and words[-1] in _FILLERS:
            return None
        between = text[part[0].start : part[-1].end]
        if re.search(r"[\n;:!?]|[.,]\s+(?=[A-Z0-9])", between) and "." not in _initials(between):
            return None
        led = _led(tokens, position)
        places = self._whole.get("".join(words)) or self._whole.get("".join(_essential(words)))
        exact = bool(places) and (length > 1 or words[0] not in _COMMON)
        if not exact:
            places = self._by_beginning(words, led=led)
        if not places or not (led or part[0].capital or length > 1):
            return None
        near = _one_place(places)
        return _as_mark(Span(part[0].start, part[-1].end, between), near, exact) if near else None

    def _by_beginning(self, words: tuple[str, ...], *, led: bool) -> list[KnownPlace] | None:
        """Places whose name begins with these words, in order, with others left out."""
        if words[0][0].isdigit() or (words[0] in _COMMON and len(words) == 1):
            return None
        named = self._first.get(words[0], {})
        fitting = [
            places for name, places in named.items() if _in_order(words, name) and name != words
        ]
        long_enough = len("".join(words)) >= 6 and (led or len(words) > 1)
        return [place for places in fitting for place in places] if long_enough else None


def _tokens(text: str) -> list[_Token]:
    found = []
    for match in _WORD.finditer(text):
        plain = re.sub(r"['’.]", "", match[0]).lower()
        end = match.end() - (1 if match[0].endswith(".") and len(plain) > 2 else 0)
        word = _SHORT.get(plain, plain)
        if plain == "st" and match[0][0].isupper() and _before_a_name(text, match.end()):
            word = "st"
        found.append(_Token(match.start(), end, word, match[0][0].isupper()))
    return found


def _before_a_name(text: str, position: int) -> bool:
    return re.match(r"\s+[A-Z][a-z]+['’]?s?\s+[A-Z]", text[position:]) is not None


def _initials(between: str) -> str:
    """The dots of initials, which end no sentence."""
    return "." if re.search(r"\b[A-Z]\.|\bSt\.|\b(?:Rd|Ave|Stn|Jn)\.", between) else ""


def _essential(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(word for word in words if word not in _FILLERS)


def _in_order(words: Sequence[str], name: Sequence[str]) -> bool:
    rest = iter(name)
    return all(any(word == other for other in rest) for word in words)


def _led(tokens: Sequence[_Token], position: int) -> bool:
    """Whether a word such as “near” stands before, perhaps with an article between."""
    before = [one.plain for one in tokens[max(0, position - 2) : position]]
    return bool(before) and (before[-1] in _CUES or (before[-1] == "the" and before[0] in _CUES))


def _one_place(places: Sequence[KnownPlace]) -> Sequence[KnownPlace] | None:
    """The places if they are one (a street's stretches, a station in two files), else None."""
    first = places[0].point
    apart = max(haversine_m(first, other.point) for other in places)
    return places if apart <= _ONE_PLACE_M else None


def _as_mark(span: Span, places: Sequence[KnownPlace], exact: bool) -> PlaceMark:
    latitude = sum(one.latitude_deg for one in places) / len(places)
    longitude = sum(one.longitude_deg for one in places) / len(places)
    centre = Point(latitude, longitude)
    spread = max(haversine_m(centre, one.point) + one.reach_m for one in places)
    least = _LEAST_UNCERTAINTY_M.get(places[0].kind, _AT_LEAST_M)
    shortest = min((one.name for one in places), key=len)
    return PlaceMark(span, shortest, latitude, longitude, max(spread, least), exact)
