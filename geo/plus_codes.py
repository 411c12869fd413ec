"""Open Location Codes ("plus codes"), as map applications share them: read, never made.

Source: the Open Location Code specification (Google, 2014–): base 20, five pairs of digits for
latitude and longitude, the first pair in steps of 20°, each following one 20 times finer.
"""

from __future__ import annotations

import re
from typing import Final

from geo.errors import InvalidPosition
from geo.points import Point

DIGITS: Final = "23456789CFGHJMPQRVWX"
FULL_CODE: Final = re.compile(rf"[{DIGITS}]{{8}}\+[{DIGITS}]{{2}}")
"""A whole code of ten digits. Short ones need a place that they count from."""
_FIRST_STEP_DEG = 20.0


def parse_plus_code(code: str) -> Point:
    """The middle of the square that a whole code of ten digits names; about 14 m wide.

    Raises `InvalidPosition` for anything else.
    """
    plain = code.strip().upper()
    if not FULL_CODE.fullmatch(plain):
        raise InvalidPosition(f"“{code[:20]}” is no whole plus code, such as 7J4VXJH4+2P.")
    digits = plain.replace("+", "")
    latitude_deg, longitude_deg, step_deg = -90.0, -180.0, _FIRST_STEP_DEG
    for north, east in zip(digits[::2], digits[1::2], strict=True):
        latitude_deg += DIGITS.index(north) * step_deg
        longitude_deg += DIGITS.index(east) * step_deg
        step_deg /= len(DIGITS)
    half_deg = step_deg * len(DIGITS) / 2
    return Point(latitude_deg + half_deg, longitude_deg + half_deg)
