"""Reading the options of a registry import from text."""

from __future__ import annotations

import json

from app.errors import Refused

MAX_ROWS_NAMED = 100_000
_LONGEST_RANGE = 40
_SHORT_NAMES = {"lat": "latitude", "lon": "longitude", "lng": "longitude", "long": "longitude"}


def parse_mapping(text: str) -> dict[str, str] | None:
    """Read `lat=Y,lon=X` or a JSON object of field → column; None where nothing is given.

    Fields that are not named are found by their columns' names. Raises Refused.
    """
    stripped = text.strip()
    if not stripped:
        return None
    if stripped.startswith("{"):
        return _from_json(stripped)
    mapping: dict[str, str] = {}
    for part in stripped.split(","):
        field, separator, column = part.partition("=")
        if not separator or not field.strip() or not column.strip():
            raise _unreadable_mapping()
        name = field.strip().lower()
        mapping[_SHORT_NAMES.get(name, name)] = column.strip()
    return mapping


def parse_row_numbers(text: str) -> frozenset[int]:
    """Read `3, 7, 12-15` as row numbers. Raises Refused."""
    numbers: set[int] = set()
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        first, _, last = part.partition("-")
        if len(part) > _LONGEST_RANGE or not first.strip().isdecimal():
            raise _unreadable_rows()
        if last and not last.strip().isdecimal():
            raise _unreadable_rows()
        low, high = int(first), int(last or first)
        if low > high or high - low + len(numbers) > MAX_ROWS_NAMED:
            raise _unreadable_rows()
        numbers.update(range(low, high + 1))
    return frozenset(numbers)


def _from_json(text: str) -> dict[str, str]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _unreadable_mapping() from error
    if not isinstance(found, dict) or not all(isinstance(v, str) for v in found.values()):
        raise _unreadable_mapping()
    return found


def _unreadable_mapping() -> Refused:
    sentence = "Write the mapping as field=column pairs, for example lat=Y,lon=X."
    return Refused(sentence, {"mapping": sentence})


def _unreadable_rows() -> Refused:
    sentence = "Write row numbers with commas between them, for example 3,7 or 12-15."
    return Refused(sentence, {"accept_rows": sentence})
