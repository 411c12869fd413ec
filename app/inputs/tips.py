"""Inputs for public tips, their triage, and found persons."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from app.inputs.cases import CaseNumber, Timezone
from app.inputs.fields import (
    Input,
    Latitude,
    Longitude,
    OptionalPastInstant,
    OptionalText,
    Page,
    RequiredText,
    ShortText,
)
from app.models.cases import Reliability
from app.models.contributions import MatchState
from app.models.found import FoundState, Sex
from app.models.tips import TipState


def _blank_is_none(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def _no_control_characters(value: str) -> str:
    if any(ord(c) < 32 for c in value):
        raise ValueError("contains a control character")
    return value


def zone_or(text: str, default: str) -> str:
    """`text` if it is a time zone of the IANA list, else `default`."""
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return default
    return text


OptionalLatitude = Annotated[Latitude | None, BeforeValidator(_blank_is_none)]
OptionalLongitude = Annotated[Longitude | None, BeforeValidator(_blank_is_none)]
ShortOptional = Annotated[
    str, StringConstraints(max_length=200), AfterValidator(_no_control_characters)
]
Age = Annotated[int, Field(ge=0, le=120)]
Accuracy = Annotated[
    Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)] | None,
    BeforeValidator(_blank_is_none),
]


class TipInput(Input):
    """What a member of the public says beside the photos.

    What the photos' files say of time and place is used, and kept, only if the sender wants it.
    """

    place: ShortOptional = ""
    latitude_deg: OptionalLatitude = None
    longitude_deg: OptionalLongitude = None
    accuracy_m: Accuracy = None
    by_device: bool = False
    seen_at: OptionalPastInstant = None
    use_photo_time: bool = False
    use_photo_place: bool = False
    timezone: Timezone
    remarks: OptionalText = ""
    contact: ShortOptional = ""
    poster_code: ShortOptional = ""


class MessageInput(Input):
    """A message about a tip."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=2000)]


class TipOrder(StrEnum):
    """In which order tips wait."""

    SIMILARITY = "similarity"
    DISTANCE = "distance"
    TIME = "time"
    RECEIVED = "received"


class TipFilter(StrEnum):
    """Which tips are listed; `needed` waits for a person."""

    NEEDED = "needed"
    ALL = "all"
    WAITING = TipState.WAITING.value
    ASKED = TipState.ASKED.value
    ACCEPTED = TipState.ACCEPTED.value
    REJECTED = TipState.REJECTED.value
    SPAM = TipState.SPAM.value


class TipQuery(Input):
    """A page of the triage queue."""

    show: TipFilter = TipFilter.NEEDED
    order: TipOrder = TipOrder.SIMILARITY
    case: CaseNumber | None = None
    within_km: Annotated[float, Field(gt=0, le=20_000, allow_inf_nan=False)] | None = None
    within_hours: Annotated[float, Field(gt=0, le=100_000, allow_inf_nan=False)] | None = None
    only_matches: bool = False
    page: Page = 1


class AcceptInput(Input):
    """Into which case a tip is taken, and how far it is believed."""

    case_number: CaseNumber
    reliability: Reliability = Reliability.DOUBTFUL


class FoundInput(Input):
    """A found, unidentified person, as the partner describes them."""

    found_at: OptionalPastInstant = None
    place: ShortText
    latitude_deg: OptionalLatitude = None
    longitude_deg: OptionalLongitude = None
    age_from_years: Age
    age_to_years: Age
    sex: Sex = Sex.UNKNOWN
    languages: ShortOptional = ""
    clothing: OptionalText = ""
    marks: OptionalText = ""
    condition: OptionalText = ""
    whereabouts: RequiredText
    contact: RequiredText
    timezone: Timezone

    @model_validator(mode="after")
    def _ages_in_order(self) -> FoundInput:
        if self.age_from_years > self.age_to_years:
            raise ValueError("the youngest age must not be above the oldest")
        return self


class ReasonInput(Input):
    """Why somebody needs to know where a found person is now."""

    reason: RequiredText


class MatchVerdictInput(Input):
    """What a person says of a match; `candidate` takes the verdict back."""

    state: MatchState


class CloseInput(Input):
    """How an entry of a found person ends."""

    state: FoundState
