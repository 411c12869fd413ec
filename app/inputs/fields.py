"""Field types that several inputs share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

FIRST_YEAR, LAST_YEAR = 1900, 2999


class Input(BaseModel):
    """Base of all inputs: frozen, unknown fields refused, texts stripped."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


def _aware_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("give the time with its zone, for example 2026-11-18T14:10:00+05:30")
    # Near the ends of the calendar a time cannot be shown in every zone: its page would not open.
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError(f"the year must lie between {FIRST_YEAR} and {LAST_YEAR}")
    return value.astimezone(UTC)


def blank_is_none(value: object) -> object:
    """What a form sends for an empty field, as no value."""
    return None if isinstance(value, str) and not value.strip() else value


def no_control_characters(value: str) -> str:
    """The text as it is. Raises ValueError for control characters but line breaks and tabs."""
    if any(ord(c) < 32 and c not in "\n\r\t" for c in value):
        raise ValueError("contains a control character")
    return value


Instant = Annotated[datetime, AfterValidator(_aware_utc)]
"""An aware time, turned into UTC. Forms turn local wall time into one before they validate."""

BlankIsNone = BeforeValidator(blank_is_none)
"""An empty control of a form means: none."""

CLOCKS_APART = timedelta(minutes=10)
"""By how much a sender's clock may be ahead of this one."""


def _already_past(value: datetime) -> datetime:
    if value > datetime.now(UTC) + CLOCKS_APART:
        raise ValueError("lies in the future; check the day, and the clock of your device")
    return value


PastInstant = Annotated[Instant, AfterValidator(_already_past)]
"""When something happened that is being told."""
OptionalPastInstant = Annotated[PastInstant | None, BlankIsNone]
OptionalInstant = Annotated[Instant | None, BlankIsNone]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
ShortText = Annotated[
    str, StringConstraints(min_length=1, max_length=200), AfterValidator(no_control_characters)
]
OptionalText = Annotated[
    str, StringConstraints(max_length=4000), AfterValidator(no_control_characters)
]
RequiredText = Annotated[
    str, StringConstraints(min_length=1, max_length=4000), AfterValidator(no_control_characters)
]
OptionalAge = Annotated[Annotated[int, Field(ge=0, le=120)] | None, BlankIsNone]
Metres = Annotated[float, Field(gt=0, le=100_000, allow_inf_nan=False)]
Page = Annotated[int, Field(ge=1, le=100_000)]
PageSize = Annotated[int, Field(ge=1, le=200)]
