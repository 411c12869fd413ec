"""Inputs for traces: files of positions that become last-known locations."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from app.inputs.fields import Input, OptionalText
from app.models.cases import TYPED_SOURCES, LocationSource, Reliability


def _of_a_file(value: LocationSource) -> LocationSource:
    if value not in TYPED_SOURCES:
        raise ValueError("a confirmed sighting or a tip comes from a review, not from a file")
    return value


class TraceInput(Input):
    """What a file of positions is, and how much of it to keep.

    `uncertainty_m` holds for positions of which the file says nothing itself. Positions within
    `thin_within_m` of the first of a run are joined into one (two for a stay); 0 keeps all.
    """

    label: Annotated[str, StringConstraints(max_length=100)] = ""
    source: Annotated[LocationSource, AfterValidator(_of_a_file)]
    reliability: Reliability = Reliability.LIKELY
    uncertainty_m: Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)] = 50.0
    thin_within_m: Annotated[float, Field(ge=0, le=10_000, allow_inf_nan=False)] = 50.0
    remarks: OptionalText = ""
