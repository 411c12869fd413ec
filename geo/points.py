"""Positions on Earth, and reading them from what people type."""

import math
import re
from dataclasses import dataclass

from geo.errors import InvalidPosition


@dataclass(frozen=True, slots=True, order=True)
class Point:
    """A WGS 84 position: latitude −90…90 and longitude −180…180, in degrees.

    Raises `InvalidPosition` when a value is not finite or out of its range.
    """

    latitude_deg: float
    longitude_deg: float

    def __post_init__(self) -> None:
        _check_range("latitude", self.latitude_deg, 90.0)
        _check_range("longitude", self.longitude_deg, 180.0)


def parse_point(text: str) -> Point:
    """Read a typed position.

    Accepts decimal degrees ("12.97, 77.59", "(12.97, 77.59)", "12.97 N 77.59 E"), degrees with
    minutes and seconds ("12°58'12\\"N 77°35'24\\"E"), decimal commas where a semicolon or blank
    separates ("12,97; 77,59"), and WKT ("POINT(77.59 12.97)", longitude first, as WKT has it).
    Latitude comes first unless hemisphere letters say otherwise. Raises `InvalidPosition`.
    """
    return Point(*parse_pair(text))


def parse_pair(text: str) -> tuple[float, float]:
    """Read text as `parse_point` does, into (latitude, longitude) without a check of their range.

    For readers that want to say more than "out of range", such as "the two look swapped".
    """
    cleaned = _tidy(text)
    wkt = _WKT_POINT.fullmatch(cleaned)
    if wkt:
        return float(wkt["y"]), float(wkt["x"])
    first_text, second_text = _split_in_two(cleaned, text)
    first, second = _parse_angle(first_text, text), _parse_angle(second_text, text)
    if first.axis == "longitude" or second.axis == "latitude":
        first, second = second, first
    if first.axis == "longitude" or second.axis == "latitude":
        raise InvalidPosition(
            f"“{_short(text)}” names the same axis twice: give one latitude (N or S) and one "
            "longitude (E or W)."
        )
    return first.value_deg, second.value_deg


def parse_angle(text: str, axis: str) -> float:
    """Read one "latitude" or "longitude" in degrees, such as "77.59", "77°35'E" or "77,59".

    The range is not checked. Raises `InvalidPosition` when it is no angle, or when its hemisphere
    letter belongs to the other axis.
    """
    angle = _parse_angle(_tidy(text), text)
    if angle.axis not in (None, axis):
        raise InvalidPosition(f"“{_short(text)}” is given as {axis} but its letter says otherwise.")
    return angle.value_deg


@dataclass(frozen=True, slots=True)
class _Angle:
    value_deg: float
    axis: str | None  # "latitude", "longitude", or None where no letter says which


_NUMBER = r"\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?"
_FLOAT = r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?"
_WKT_POINT = re.compile(
    rf"(?:SRID\s*=\s*4326\s*;\s*)?POINT\s*Z?\s*\(\s*(?P<x>{_FLOAT})\s+(?P<y>{_FLOAT})"
    rf"(?:\s+{_FLOAT})?\s*\)",
    re.IGNORECASE,
)
_ANGLE = re.compile(
    rf"(?P<before>[NSEW])?\s*(?P<sign>[+-])?\s*(?P<degrees>{_NUMBER})\s*[°d]?\s*"
    rf"(?:(?P<minutes>{_NUMBER})\s*'\s*)?(?:(?P<seconds>{_NUMBER})\s*\"\s*)?(?P<after>[NSEW])?",
    re.IGNORECASE,
)
_AXIS_WORD = re.compile(r"\b(?:lat(?:itude)?|lon(?:gitude)?|lng)\b\s*[:=]?", re.IGNORECASE)
_MAX_TEXT = 200
_LOOKALIKES = str.maketrans(
    {"−": "-", "–": "-", "’": "'", "‘": "'", "′": "'", "´": "'", "`": "'", "″": '"', "”": '"'}
    | {"“": '"', "º": "°", "˚": "°", "\u00a0": " ", "\u2009": " ", "\t": " ", "，": ","}
)


def _tidy(text: str) -> str:
    if len(text) > _MAX_TEXT:
        raise InvalidPosition("A position is at most 200 characters long; this text is longer.")
    cleaned = text.translate(_LOOKALIKES).replace("''", '"').strip()
    if not cleaned:
        raise InvalidPosition("The position is empty: give a latitude and a longitude.")
    if cleaned[0] in "([" and cleaned[-1] in ")]":
        cleaned = cleaned[1:-1].strip()
    return _AXIS_WORD.sub(" ", cleaned)


def _split_in_two(cleaned: str, text: str) -> tuple[str, str]:
    """Cut at the separator that leaves two readable angles; decimal commas make this delicate."""
    if re.search(r"[NSEW]", cleaned, re.IGNORECASE):
        halves = re.fullmatch(
            r"\s*([NSEW][^NSEW]+|[^NSEW]+[NSEW])[\s,;/]*([NSEW][^NSEW]+|[^NSEW]+[NSEW])\s*",
            cleaned,
            re.IGNORECASE,
        )
        if halves:
            return halves[1].rstrip(" ,;/"), halves[2].strip(" ,;/")
    for separator in (r"\s*[;/|]\s*", r"\s*,\s+|\s+,\s*", r"\s*,\s*", r"\s+"):
        parts = re.split(separator, cleaned.strip(" ,;"))
        if len(parts) == 2 and all(_ANGLE.fullmatch(part) for part in parts):
            return parts[0], parts[1]
    raise _unreadable(text)


def _parse_angle(part: str, text: str) -> _Angle:
    match = _ANGLE.fullmatch(part.strip())
    if not match:
        raise _unreadable(text)
    before, after = (match["before"] or "").upper(), (match["after"] or "").upper()
    if before and after:
        raise _unreadable(text)
    letter = before or after
    value_deg = _sexagesimal(match, text)
    if match["sign"] == "-" and letter:
        raise InvalidPosition(
            f"“{_short(text)}” has both a minus sign and the letter {letter}: use one of them."
        )
    negative = match["sign"] == "-" or letter in ("S", "W")
    axis = {"N": "latitude", "S": "latitude", "E": "longitude", "W": "longitude"}.get(letter)
    return _Angle(-value_deg if negative else value_deg, axis)


def _sexagesimal(match: re.Match[str], text: str) -> float:
    degrees, minutes, seconds = (
        float((match[name] or "0").replace(",", ".")) for name in ("degrees", "minutes", "seconds")
    )
    if minutes >= 60 or seconds >= 60:
        raise InvalidPosition(f"“{_short(text)}”: minutes and seconds must be below 60.")
    return degrees + minutes / 60 + seconds / 3600


def _check_range(axis: str, value_deg: float, limit_deg: float) -> None:
    if not math.isfinite(value_deg):
        raise InvalidPosition(f"The {axis} is not a number.")
    if abs(value_deg) > limit_deg:
        raise InvalidPosition(
            f"The {axis} {value_deg:.10g} is out of range: it must be between "
            f"−{limit_deg:.0f} and {limit_deg:.0f} degrees."
        )


def _unreadable(text: str) -> InvalidPosition:
    return InvalidPosition(
        f"“{_short(text)}” is not a position: write for example 12.9757, 77.6063 "
        "(latitude, longitude)."
    )


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "…"
