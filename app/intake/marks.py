"""What is found in a text, and where."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class MarkKind(StrEnum):
    """What a mark is about."""

    TIME = "time"
    PLACE = "place"
    PHONE = "phone"
    VEHICLE = "vehicle"
    DESCRIPTION = "description"


@dataclass(frozen=True)
class Span:
    """Characters `start` (included) to `end` (excluded) of the text, and the words there."""

    start: int
    end: int
    words: str

    def overlaps(self, other: Span) -> bool:
        """Whether the two share a character."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True)
class TimeMark:
    """A time as the text means it: on clocks of the text's zone, and aware.

    `at` is None where only the day is known.
    """

    span: Span
    day: date
    at: datetime | None
    kind: MarkKind = MarkKind.TIME

    @property
    def value(self) -> str:
        """ISO 8601: a day, or a time with its offset."""
        return self.day.isoformat() if self.at is None else self.at.isoformat(timespec="minutes")


@dataclass(frozen=True)
class PlaceMark:
    """A known place. `exact` says whether the text has its whole name.

    `uncertainty_m` covers what is meant by the name: the stretch of a street, the extent of a
    suburb, or how far apart several places of one name lie.
    """

    span: Span
    name: str
    latitude_deg: float
    longitude_deg: float
    uncertainty_m: float
    exact: bool
    kind: MarkKind = MarkKind.PLACE

    @property
    def value(self) -> str:
        """The place's name as it is known."""
        return self.name


@dataclass(frozen=True)
class WordMark:
    """A phone number (E.164), a vehicle's number without spaces, or words of a description.

    `field` is what a description describes (`age`, `height`, `clothes` …), empty for the others.
    """

    span: Span
    kind: MarkKind
    value: str
    field: str = ""


Mark = TimeMark | PlaceMark | WordMark
