"""Reading the times that loggers, ticket offices and spreadsheets write."""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from geo.errors import InvalidRoute

EARLIEST: Final = datetime(1990, 1, 1, tzinfo=UTC)
"""Receivers without a fix write 1970 or 1980."""
CLOCK_SLACK: Final = timedelta(minutes=10)
"""A logger's clock may run ahead of the server's by this much."""

_LAYOUTS: Final = (
    "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y %I:%M:%S %p", "%d/%m/%Y %I:%M %p",
    "%d %b %Y %H:%M:%S", "%d %b %Y %H:%M", "%d %b %Y %I:%M:%S %p", "%d %b %Y %I:%M %p",
    "%d %B %Y %H:%M:%S", "%d %B %Y %H:%M", "%d %B %Y %I:%M %p",
    "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y-%m-%d %I:%M:%S %p", "%Y-%m-%d %I:%M %p",
)  # fmt: skip
_EPOCH: Final = re.compile(r"(\d{10})(?:\.\d+)?|(\d{13})")


def read_time(text: str, zone: tzinfo, now: datetime) -> datetime:
    """A written time as an aware one in UTC. Dates in figures have the day first.

    ISO 8601, seconds or milliseconds since 1970, and the usual notations with 12 or 24 hours.
    Without a zone it is on the clocks of `zone`. Raises `InvalidRoute` for a text that is none of
    these, for a time that those clocks skipped, and for one before 1990 or after `now`.
    """
    cleaned = " ".join(text.replace("\u202f", " ").split())
    if not cleaned:
        raise InvalidRoute("The row has no time.")
    moment = _parsed(cleaned, text)
    if moment.tzinfo is None:
        moment = _placed(moment, zone)
    try:
        in_utc = moment.astimezone(UTC)
    except OverflowError as error:
        raise _unreadable(text) from error
    if in_utc < EARLIEST:
        raise InvalidRoute("The time lies before 1990: the logger's clock was not set.")
    if in_utc > now + CLOCK_SLACK:
        raise InvalidRoute("The time lies in the future.")
    return in_utc


def _parsed(cleaned: str, text: str) -> datetime:
    epoch = _EPOCH.fullmatch(cleaned)
    if epoch:
        seconds = float(cleaned) if epoch[1] else int(epoch[2]) / 1000
        return datetime.fromtimestamp(seconds, UTC)
    try:
        return datetime.fromisoformat(cleaned)
    except ValueError:
        pass
    # 18-11-2026 and 18.11.2026 are 18/11/2026; a date with the year first keeps its dashes.
    tidied = re.sub(r"^(\d{1,2})[-.](\d{1,2})[-.](\d{4})", r"\1/\2/\3", cleaned)
    tidied = re.sub(r"^(\d{1,2})-([A-Za-z]+)-(\d{4})", r"\1 \2 \3", tidied).replace(",", "")
    for layout in _LAYOUTS:
        try:
            return datetime.strptime(tidied, layout)  # noqa: DTZ007 (the zone comes next)
        except ValueError:
            continue
    raise _unreadable(text)


def _placed(wall: datetime, zone: tzinfo) -> datetime:
    """A wall-clock time in its zone; the earlier one where the clocks show it twice."""
    moment = wall.replace(tzinfo=zone)
    if moment.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != wall:
        raise InvalidRoute("The clocks of the case's time zone skipped this time.")
    return moment


def _unreadable(text: str) -> InvalidRoute:
    return InvalidRoute(
        f"“{text.strip()[:40]}” is not a time: write 2026-11-18 14:10:05 or 18/11/2026 14:10."
    )
