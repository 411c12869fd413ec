"""Query parameters of OGC API – Features, Part 1: bbox, datetime, limit, offset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from app.errors import BadQuery

DEFAULT_LIMIT: Final = 100
LARGEST_LIMIT: Final = 10_000
LARGEST_OFFSET: Final = 10_000_000
KNOWN: Final = frozenset({"bbox", "datetime", "limit", "offset", "f"})
FORMATS: Final = frozenset({"json", "geojson"})

Bbox = tuple[float, float, float, float]
"""West, south, east, north in degrees; west of more than east crosses the 180th meridian."""


@dataclass(frozen=True)
class TimeRange:
    """Both ends belong to it; None is open."""

    start: datetime | None
    end: datetime | None


@dataclass(frozen=True)
class FeatureQuery:
    """Which features to hand out."""

    bbox: Bbox | None = None
    time: TimeRange | None = None
    limit: int = DEFAULT_LIMIT
    offset: int = 0


def read_feature_query(given: Mapping[str, str]) -> FeatureQuery:
    """Read the parameters. Raises BadQuery for one that is unknown or unreadable."""
    refuse_unknown(given, KNOWN)
    return FeatureQuery(
        bbox=_bbox(given["bbox"]) if given.get("bbox") else None,
        time=_time_range(given["datetime"]) if given.get("datetime") else None,
        # The standard wants a limit that is too large taken for the largest, not refused.
        limit=min(LARGEST_LIMIT, _whole(given, "limit", DEFAULT_LIMIT, least=1)),
        offset=min(LARGEST_OFFSET, _whole(given, "offset", 0, least=0)),
    )


def refuse_unknown(given: Mapping[str, str], known: frozenset[str]) -> None:
    """Raises BadQuery for a parameter that is not `known`, and for an unknown format."""
    unknown = sorted(set(given) - known)
    if unknown:
        raise BadQuery(
            f"There is no parameter “{unknown[0][:40]}” here; known are {', '.join(sorted(known))}."
        )
    if given.get("f", "json") not in FORMATS:
        raise BadQuery("f must be json or geojson; there is no other format.")


def _whole(given: Mapping[str, str], name: str, usual: int, *, least: int) -> int:
    text = given.get(name, "")
    if not text:
        return usual
    if not text.isascii() or not text.isdigit() or len(text) > 12 or int(text) < least:
        raise BadQuery(f"{name} must be a whole number, {least} or more.")
    return int(text)


def _bbox(text: str) -> Bbox:
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError as error:
        raise _unreadable_bbox() from error
    if len(numbers) == 6:  # heights are not used here
        numbers = [*numbers[:2], *numbers[3:5]]
    if len(numbers) != 4:
        raise _unreadable_bbox()
    west, south, east, north = numbers
    in_range = all(abs(one) <= 180 for one in (west, east)) and -90 <= south <= north <= 90
    if not in_range:
        raise _unreadable_bbox()
    return west, south, east, north


def _unreadable_bbox() -> BadQuery:
    return BadQuery(
        "bbox must be four numbers, west,south,east,north in degrees (or six, with heights)."
    )


def _time_range(text: str) -> TimeRange:
    parts = text.split("/")
    if len(parts) == 1:
        moment = _instant(parts[0])
        if moment is None:
            raise _unreadable_time()
        return TimeRange(moment, moment)
    if len(parts) != 2:
        raise _unreadable_time()
    start, end = _instant(parts[0]), _instant(parts[1])
    if start is None and end is None:
        raise BadQuery("datetime must have a start or an end.")
    if start is not None and end is not None and end < start:
        raise BadQuery("datetime ends before it starts: swap the two times.")
    return TimeRange(start, end)


def _instant(text: str) -> datetime | None:
    if text in ("", ".."):
        return None
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise _unreadable_time()
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _unreadable_time() from error


def _unreadable_time() -> BadQuery:
    return BadQuery(
        "datetime must be an instant with its zone (2026-11-18T08:40:00Z) or an interval of two, "
        "divided by a slash; .. leaves an end open."
    )
