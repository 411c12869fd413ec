"""Inputs for reports and for what a person decides about their marks."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from app.inputs.fields import Input, Instant
from app.models.cases import Reliability
from app.models.reports import ReportKind

LARGEST_ID = 2**31 - 1


def _known_region(value: str) -> str:
    from phonenumbers import SUPPORTED_REGIONS

    if value not in SUPPORTED_REGIONS:
        raise ValueError(f"'{value}' is no country code; write IN, US, GB …")
    return value


Region = Annotated[
    str,
    StringConstraints(min_length=2, max_length=2, to_upper=True),
    AfterValidator(_known_region),
]
"""ISO code of the country whose phone numbers and dates are written."""


class ReportInput(Input):
    """What a report is. `region` is the country whose phone numbers and dates it writes."""

    kind: ReportKind
    title: Annotated[str, StringConstraints(max_length=200)] = ""
    written_at: Instant
    region: Region = "IN"


class MarkDecision(StrEnum):
    """What a person can say of a mark."""

    ACCEPT = "accept"
    DISMISS = "dismiss"
    UNDO = "undo"


class MarkInput(Input):
    """A decision; for a place, which time mark says when, and how far it is believed."""

    decision: MarkDecision
    time_mark_id: Annotated[int | None, Field(ge=1, le=LARGEST_ID)] = None
    reliability: Reliability | None = None
