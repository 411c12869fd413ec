"""Positions in a text: decimal degrees, degrees with minutes and seconds, map links, plus codes.

A pair of decimal numbers is a position only where nothing else is likely: with four decimals or
more, or with a hemisphere letter, a degree sign or the word “lat” beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from app.intake.marks import PlaceMark, Span
from geo.errors import GeoError
from geo.plus_codes import FULL_CODE, parse_plus_code
from geo.points import Point, parse_point

_LABEL = r"(?:(?P<{n}>lat|lon|lng)[a-z]*\.?\s*[:=]?\s*)?"
_DECIMAL = (
    r"(?P<{n}>[+−-]?\d{{1,3}}\.(?P<{n}_decimals>\d{{2,12}}))"
    r"(?P<{n}_sign>\s*[°º˚]?\s*[NSEW]?\b)?"
)
_BETWEEN = r"(?:\s*(?:,|;|/|&|%2C|\band\b)\s*|\s+)"
_PAIR: Final = re.compile(
    r"(?<![\w.,°/-])"
    + _LABEL.format(n="first_label") + _DECIMAL.format(n="first")
    + _BETWEEN
    + _LABEL.format(n="second_label") + _DECIMAL.format(n="second")
    + r"(?![\w°]|[.,]\d)",
    re.IGNORECASE,
)  # fmt: skip
_IN_LINK: Final = re.compile(
    r"(?:[@=/:]|%3D)(?P<first>-?\d{1,2}\.(?P<first_decimals>\d{3,12}))(?:,|%2C)\+?"
    r"(?P<second>-?\d{1,3}\.(?P<second_decimals>\d{3,12}))(?![\w.]\d)"
)
_MINUTE, _SECOND = "['’′`]", "(?:\"|″|”|''|’’|′′)"
_ARC = (
    rf"\d{{1,3}}\s*[°º˚]\s*\d{{1,2}}(?:\.\d+)?\s*{_MINUTE}"
    rf"(?:\s*\d{{1,2}}(?:\.\d+)?\s*{_SECOND})?"
)
_ARCS: Final = re.compile(
    rf"(?<![\w.])(?:{_ARC}\s*[NS]{_BETWEEN}?{_ARC}\s*[EW]|[NS]\s*{_ARC}{_BETWEEN}[EW]\s*{_ARC})"
    r"(?!\w)",
    re.IGNORECASE,
)
_PLUS_CODE: Final = re.compile(rf"(?<![\w+]){FULL_CODE.pattern}(?![\w+])", re.IGNORECASE)

_LEAST_DECIMALS = 4
_DEGREE_M = 111_195.0
_LEAST_UNCERTAINTY_M = 20.0
"""What a phone's position is wrong by in a street, however many decimals it shows."""
_SECOND_M, _MINUTE_M = 31.0, 1_853.0
_LEAST_APART_DEG = 1e-9


def find_coordinates(text: str) -> Iterator[PlaceMark]:
    """Positions in the text, each once; those outside the world, and 0, 0, are none."""
    taken = bytearray(len(text))
    for mark in _all(text):
        here = slice(mark.span.start, mark.span.end)
        if not any(taken[here]):
            taken[here] = b"\1" * (mark.span.end - mark.span.start)
            yield mark


def _all(text: str) -> Iterator[PlaceMark]:
    for match in _PAIR.finditer(text):
        if _is_plain(match):
            yield from _mark(text, match, _of_pair(match), _uncertainty_m(match))
    for match in _IN_LINK.finditer(text):
        point = _point(f"{match['first']}, {match['second']}")
        yield from _mark(text, match, point, _uncertainty_m(match), skip=1)
    for match in _ARCS.finditer(text):
        exact = re.search(_SECOND, match[0]) or re.search(rf"\.\d+\s*{_MINUTE}", match[0])
        uncertainty_m = _SECOND_M if exact else _MINUTE_M
        yield from _mark(text, match, _point(_with_comma(match[0])), uncertainty_m)
    for match in _PLUS_CODE.finditer(text):
        yield from _mark(text, match, parse_plus_code(match[0]), _LEAST_UNCERTAINTY_M)


def _is_plain(match: re.Match[str]) -> bool:
    """Whether the numbers are a position by their looks and not two prices or measures."""
    said = match["first_label"] or (match["first_sign"] or "").strip()
    shortest = min(len(match["first_decimals"]), len(match["second_decimals"]))
    return bool(said) or shortest >= _LEAST_DECIMALS


def _of_pair(match: re.Match[str]) -> Point | None:
    first = f"{match['first']}{match['first_sign'] or ''}"
    second = f"{match['second']}{match['second_sign'] or ''}"
    if (match["first_label"] or "").lower() in {"lon", "lng"}:
        first, second = second, first
    return _point(f"{first}, {second}")


def _uncertainty_m(match: re.Match[str]) -> float:
    """What the last decimal leaves open."""
    decimals = min(len(match["first_decimals"]), len(match["second_decimals"]))
    return max(_LEAST_UNCERTAINTY_M, _DEGREE_M * 10.0**-decimals)


def _with_comma(arcs: str) -> str:
    """The two halves apart, where the letters stand behind."""
    if not arcs[0].isdigit():
        return arcs
    return re.sub(r"(?<=[NSns])\s*(?:,|;|/|&|and)?\s*(?=\d)", ", ", arcs, count=1)


def _point(text: str) -> Point | None:
    try:
        point = parse_point(text)
    except GeoError:
        return None
    is_nowhere = abs(point.latitude_deg) + abs(point.longitude_deg) < _LEAST_APART_DEG
    return None if is_nowhere else point


def _mark(
    text: str, match: re.Match[str], point: Point | None, uncertainty_m: float, skip: int = 0
) -> Iterator[PlaceMark]:
    if point is None:
        return
    start = match.start("first") if skip else match.start()
    end = match.start() + len(match[0].rstrip())
    name = f"{point.latitude_deg:.5f}, {point.longitude_deg:.5f}"
    span = Span(start, end, text[start:end])
    yield PlaceMark(span, name, point.latitude_deg, point.longitude_deg, uncertainty_m, exact=True)
