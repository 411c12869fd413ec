"""Inputs for persons of interest: asking, deciding, ending, and verdicts on faces."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from app.inputs.fields import (
    Input,
    Instant,
    OptionalText,
    Page,
    PageSize,
    RequiredText,
    ShortText,
    blank_is_none,
    no_control_characters,
)
from app.models.cases import LARGEST_THRESHOLD_RAISE
from app.models.sightings import Verdict

LARGEST_ID = 2**31 - 1


def _label(value: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 ._-]*", value) is None:
        raise ValueError("use letters, digits, blanks, points and dashes, such as P1")
    return value


def _ids(value: object) -> object:
    """Numbers as a form sends them, "3 4"; anything else as it is."""
    return value.split() if isinstance(value, str) else value


def _zero_if_blank(value: object) -> object:
    return 0.0 if blank_is_none(value) is None else value


Label = Annotated[str, StringConstraints(min_length=1, max_length=20), AfterValidator(_label)]
"""Short and without a name: it stands in lists and in the audit log."""
ThresholdRaise = Annotated[
    float,
    BeforeValidator(_zero_if_blank),
    Field(ge=0, le=LARGEST_THRESHOLD_RAISE, allow_inf_nan=False),
]
PhotoIds = Annotated[tuple[Annotated[int, Field(ge=1, le=LARGEST_ID)], ...], BeforeValidator(_ids)]


class PersonAuthorisationInput(Input):
    """What a request to look for somebody rests on, and until when it asks for that."""

    legal_basis: RequiredText
    order_reference: ShortText
    expires_at: Instant


class PersonInput(PersonAuthorisationInput):
    """A request for a new person of interest; photos come beside it.

    `reason` is why they matter to the case. `threshold_raise` is asked for beyond what persons of
    interest need anyway.
    """

    label: Label
    name: Annotated[
        str, StringConstraints(max_length=200), AfterValidator(no_control_characters)
    ] = ""
    description: OptionalText = ""
    reason: RequiredText
    threshold_raise: ThresholdRaise = 0.0


class PersonDecisionInput(Input):
    """A second person's word on a request; `photo_ids` are the photos that they looked at."""

    grant: bool
    remarks: OptionalText = ""
    photo_ids: PhotoIds


class PersonEndInput(Input):
    """Why a request is taken back, or an authorisation ended before its time."""

    reason: RequiredText


class PersonVerdictInput(Input):
    """What somebody says of a face."""

    verdict: Verdict
    remarks: OptionalText = ""


class PersonPageQuery(Input):
    """Which page of a list."""

    page: Page = 1
    per_page: PageSize = 20
