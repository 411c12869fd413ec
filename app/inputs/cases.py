"""Inputs for cases and last-known locations."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from app.inputs.fields import (
    Input,
    Instant,
    Latitude,
    Longitude,
    OptionalAge,
    OptionalInstant,
    OptionalText,
    RequiredText,
    ShortText,
    blank_is_none,
)
from app.models.cases import (
    LARGEST_THRESHOLD_RAISE,
    MOST_REVIEWS,
    LocationSource,
    Reliability,
    SubjectCategory,
)

CaseNumber = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$", strip_whitespace=True)
]


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"'{value}' is not a time zone of the IANA list") from error
    return value


Timezone = Annotated[str, AfterValidator(_zone)]


class CaseInput(Input):
    """A new case. `number` may hold letters, digits, dot, dash and underscore.

    `restricted`: only people on its list see it; left out, the installation's setting decides.
    """

    number: CaseNumber
    purpose: RequiredText
    legal_basis: RequiredText
    legal_basis_expires_at: Instant
    subject_name: ShortText
    subject_age_years: OptionalAge = None
    subject_category: SubjectCategory
    subject_clothing: OptionalText = ""
    subject_remarks: OptionalText = ""
    timezone: Timezone = "Asia/Kolkata"
    made_up: bool = False
    restricted: bool | None = None


class ConfirmInput(Input):
    """What a person confirms of an imported case before anything is searched for it."""

    purpose: RequiredText
    legal_basis: RequiredText
    legal_basis_expires_at: Instant


class CaseImportInput(ConfirmInput):
    """What is said once for all cases of a list; `source` is whose list it is.

    `month_first` says what 05/06/2004 means in it. With `apply_changes`, what changed in the list
    since the last import is taken over, where nobody has changed it here since.
    """

    source: Annotated[str, StringConstraints(min_length=1, max_length=120)]
    timezone: Timezone = "Asia/Kolkata"
    restricted: bool | None = None
    made_up: bool = False
    month_first: bool = True
    apply_changes: bool = False


def _rising(value: tuple[float, ...]) -> tuple[float, ...]:
    if value and (len(value) != 4 or any(a >= b for a, b in pairwise(value))):
        raise ValueError("give four rising distances in kilometres: 25, 50, 75 and 95 %")
    return value


OptionalReviews = Annotated[
    Annotated[int, Field(ge=1, le=MOST_REVIEWS)] | None, BeforeValidator(blank_is_none)
]
PriorKm = Annotated[
    tuple[Annotated[float, Field(ge=0.01, le=100, allow_inf_nan=False)], ...],
    AfterValidator(_rising),
]
"""A case's own distances at 25, 50, 75 and 95 %; empty goes back to the table's."""


class CaseChange(Input):
    """What may change in a case; a field that is not given stays.

    `threshold_raise` is added to each model's threshold for this case alone. `reviews_needed` is
    how many people must confirm its sightings where the installation asks for fewer. `legal_hold`
    keeps the faces of its sightings from expiring, and needs `legal_hold_reason`.
    """

    purpose: RequiredText | None = None
    legal_basis: RequiredText | None = None
    legal_basis_expires_at: OptionalInstant = None
    subject_name: ShortText | None = None
    subject_age_years: OptionalAge = None
    subject_category: SubjectCategory | None = None
    prior_km: PriorKm | None = None
    subject_clothing: OptionalText | None = None
    subject_remarks: OptionalText | None = None
    timezone: Timezone | None = None
    threshold_raise: (
        Annotated[float, Field(ge=0, le=LARGEST_THRESHOLD_RAISE, allow_inf_nan=False)] | None
    ) = None
    reviews_needed: OptionalReviews = None
    legal_hold: bool | None = None
    legal_hold_reason: OptionalText | None = None


class LocationInput(Input):
    """A last-known location; `seen_at` may be unknown."""

    latitude_deg: Latitude
    longitude_deg: Longitude
    seen_at: OptionalInstant = None
    uncertainty_m: Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)] = 50.0
    label: ShortText
    source: LocationSource
    reliability: Reliability = Reliability.LIKELY
    remarks: OptionalText = ""


class LocationChange(Input):
    """What may change in a last-known location; a field that is not given stays."""

    latitude_deg: Latitude | None = None
    longitude_deg: Longitude | None = None
    seen_at: OptionalInstant = None
    uncertainty_m: Annotated[float, Field(ge=0, le=100_000)] | None = None
    label: ShortText | None = None
    source: LocationSource | None = None
    reliability: Reliability | None = None
    remarks: OptionalText | None = None
    active: bool | None = None
