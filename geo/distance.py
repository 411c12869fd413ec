"""Distance and direction over the sphere.

All formulas are those of spherical trigonometry (see R. W. Sinnott, "Virtues of the Haversine",
Sky & Telescope 68, 1984). The sphere differs from the WGS 84 ellipsoid by at most about 0.5 %.
Functions over arrays take degrees as numpy arrays and broadcast like numpy does.
"""

import math
import re

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.errors import InvalidHeading
from geo.points import Point

EARTH_RADIUS_M = 6_371_008.8
"""Mean Earth radius (2a + b) / 3 of the IUGG, in metres; PostGIS' sphere has the same."""

COMPASS_POINTS = (
    "north",
    "north-east",
    "east",
    "south-east",
    "south",
    "south-west",
    "west",
    "north-west",
)

FloatArray = NDArray[np.float64]


def haversine_m(start: Point, end: Point) -> float:
    """Great-circle distance in metres, 0 to half the Earth's circumference. Symmetric."""
    return float(
        haversine_many_m(
            start.latitude_deg, start.longitude_deg, end.latitude_deg, end.longitude_deg
        )
    )


def haversine_many_m(
    start_latitude_deg: ArrayLike,
    start_longitude_deg: ArrayLike,
    end_latitude_deg: ArrayLike,
    end_longitude_deg: ArrayLike,
) -> FloatArray:
    """Great-circle distances in metres between broadcast arrays of positions in degrees."""
    phi_1, phi_2 = np.radians(start_latitude_deg), np.radians(end_latitude_deg)
    half_phi = (phi_2 - phi_1) / 2
    half_lambda = (np.radians(end_longitude_deg) - np.radians(start_longitude_deg)) / 2
    chord = np.sin(half_phi) ** 2 + np.cos(phi_1) * np.cos(phi_2) * np.sin(half_lambda) ** 2
    # Rounding can lift antipodes a hair above 1, where arcsin has no value.
    distances: FloatArray = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.clip(chord, 0.0, 1.0)))
    return distances


def initial_bearing_deg(start: Point, end: Point) -> float:
    """Direction in which the great circle leaves `start` for `end`: 0 ≤ bearing < 360, 0 north.

    Between equal points the direction is undefined and 0 is returned.
    """
    return float(
        initial_bearing_many_deg(
            start.latitude_deg, start.longitude_deg, end.latitude_deg, end.longitude_deg
        )
    )


def initial_bearing_many_deg(
    start_latitude_deg: ArrayLike,
    start_longitude_deg: ArrayLike,
    end_latitude_deg: ArrayLike,
    end_longitude_deg: ArrayLike,
) -> FloatArray:
    """Initial bearings in degrees, 0 ≤ bearing < 360, between broadcast arrays of degrees."""
    phi_1, phi_2 = np.radians(start_latitude_deg), np.radians(end_latitude_deg)
    delta = np.radians(end_longitude_deg) - np.radians(start_longitude_deg)
    east = np.sin(delta) * np.cos(phi_2)
    north = np.cos(phi_1) * np.sin(phi_2) - np.sin(phi_1) * np.cos(phi_2) * np.cos(delta)
    bearings: FloatArray = normalise_many_deg(np.degrees(np.arctan2(east, north)))
    return bearings


def destination(start: Point, bearing_deg: float, distance_m: float) -> Point:
    """The point reached from `start` along a great circle; longitude is kept within ±180."""
    phi_1, lambda_1 = math.radians(start.latitude_deg), math.radians(start.longitude_deg)
    theta, delta = math.radians(bearing_deg), distance_m / EARTH_RADIUS_M
    sine = math.sin(phi_1) * math.cos(delta) + math.cos(phi_1) * math.sin(delta) * math.cos(theta)
    phi_2 = math.asin(max(-1.0, min(1.0, sine)))
    lambda_2 = lambda_1 + math.atan2(
        math.sin(theta) * math.sin(delta) * math.cos(phi_1),
        math.cos(delta) - math.sin(phi_1) * math.sin(phi_2),
    )
    longitude_deg = (math.degrees(lambda_2) + 180.0) % 360.0 - 180.0
    return Point(math.degrees(phi_2), longitude_deg)


def normalise_deg(angle_deg: float) -> float:
    """The same direction as 0 ≤ angle < 360."""
    return float(normalise_many_deg(angle_deg))


def normalise_many_deg(angle_deg: ArrayLike) -> FloatArray:
    """The same directions as 0 ≤ angle < 360."""
    wrapped: FloatArray = np.mod(np.asarray(angle_deg, dtype=np.float64), 360.0)
    # A tiny negative angle wraps to exactly 360.0 in floating point.
    return np.where(wrapped >= 360.0, 0.0, wrapped)


def angle_between_deg(first_deg: ArrayLike, second_deg: ArrayLike) -> FloatArray:
    """The smaller angle between two directions, 0 to 180 degrees. Broadcasts."""
    turn = np.asarray(first_deg, dtype=np.float64) - np.asarray(second_deg, dtype=np.float64)
    folded: FloatArray = np.abs(np.mod(turn + 180.0, 360.0) - 180.0)
    return folded


def compass_point(bearing_deg: float) -> str:
    """The nearest of the eight compass points in words: 40 → "north-east"."""
    return COMPASS_POINTS[round(normalise_deg(bearing_deg) / 45.0) % 8]


def parse_heading(text: str) -> tuple[float, ...]:
    """Read one or several directions, as degrees clockwise from north (0 ≤ heading < 360).

    Accepts degrees ("45", "45°", "-90"), compass points of 4, 8 or 16 ("N", "NNE", "north-east",
    "Southwest"), "facing …" and "…bound" wording, and several of them divided by ";", ",", "/",
    "|", "&" or "and". A full circle ("0-360", "all", "360°") is no direction: an empty tuple, as is
    empty text. A range "80-100" is read as its middle. Raises `InvalidHeading`.
    """
    cleaned = text.replace("−", "-").replace("–", "-").replace("º", "°").strip().lower()
    if cleaned in _NO_DIRECTION:
        return ()
    headings: list[float] = []
    for part in re.split(r"\s*(?:[;,/|&]|\band\b)\s*", cleaned):
        heading_deg = _parse_one_heading(part, text) if part else None
        if heading_deg is not None and heading_deg not in headings:
            headings.append(heading_deg)
    return tuple(headings)


_UNDIRECTED = (
    "|-|all|any|none|unknown|n/a|na|null|nan|360|360°|0-360|0-359|omni|omnidirectional|"
    "all directions|panoramic|ptz|dome"
)
_NO_DIRECTION = frozenset(_UNDIRECTED.split("|"))
_SIXTEENTHS = [
    *("n", "nne", "ne", "ene", "e", "ese", "se", "sse"),
    *("s", "ssw", "sw", "wsw", "w", "wnw", "nw", "nnw"),
]
_WORDS_DEG = {name: index * 22.5 for index, name in enumerate(_SIXTEENTHS)}


def _parse_one_heading(part: str, text: str) -> float | None:
    if part in _NO_DIRECTION:
        return None
    number = re.fullmatch(r"([+-]?\d+(?:\.\d+)?)\s*(?:°|deg(?:rees?)?)?(?:\s*true)?", part)
    if number:
        return _checked_heading(float(number[1]), text)
    span = re.fullmatch(r"(\d+(?:\.\d+)?)\s*°?\s*(?:-|to)\s*(\d+(?:\.\d+)?)\s*°?", part)
    if span:
        start = _checked_heading(float(span[1]), text)
        width_deg = normalise_deg(_checked_heading(float(span[2]), text) - start)
        return normalise_deg(start + width_deg / 2)
    words = re.sub(r"\b(?:facing|looking|towards?|to the|direction)\b|bounds?\b", " ", part)
    letters = re.sub(r"[\s_.-]+", "", words)
    for word in ("north", "south", "east", "west"):
        letters = letters.replace(word, word[0])
    letters = re.sub(r"ern$", "", letters)
    if letters in _WORDS_DEG:
        return _WORDS_DEG[letters]
    raise InvalidHeading(
        f"“{text[:60]}” is not a direction: write degrees from 0 to 360 or a compass word such as "
        "NE; divide several by a semicolon."
    )


def _checked_heading(heading_deg: float, text: str) -> float:
    if not -360.0 <= heading_deg <= 360.0:
        raise InvalidHeading(f"“{text[:60]}” is not a direction: degrees go from 0 to 360.")
    return normalise_deg(heading_deg)
