"""Inputs for sweeps and reviews."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from app.inputs.comparisons import ComparisonInput
from app.inputs.fields import Input, Instant, Latitude, Longitude, Metres, OptionalText
from app.models.sightings import Verdict
from app.models.sweeps import SweepPriority


class Corner(Input):
    """A corner of a shape that was drawn on the map."""

    latitude_deg: Latitude
    longitude_deg: Longitude


class SweepInput(Input):
    """What to look through: the top of the ranking (or the named cameras), and a time window.

    One that `follows_plan` takes one camera after the other from the plan by probability, within
    `budget_minutes` of workers' time, until a sighting is confirmed.

    `camera_ids`, if given, names those to visit within `radius_m`; a `shape` (the corners of an
    outline) takes all cameras inside. The ranking orders them.
    """

    window_start: Instant
    window_end: Instant
    radius_m: Metres = 1000.0
    limit: Annotated[int, Field(ge=1, le=5000)] = 20
    camera_ids: tuple[int, ...] = ()
    shape: Annotated[tuple[Corner, ...], Field(max_length=200)] = ()
    only_with_footage: bool = False
    follows_plan: bool = False
    budget_minutes: Annotated[float, Field(gt=0, le=100_000)] | None = None
    priority: SweepPriority = SweepPriority.NORMAL
    smallest_face_px: (
        Annotated[int, Field(ge=16, le=400), BeforeValidator(lambda v: None if v == "" else v)]
        | None
    ) = None
    assigned_to_id: int | None = None
    note: OptionalText = ""

    @model_validator(mode="after")
    def _window_has_length(self) -> Self:
        if self.window_end <= self.window_start:
            raise ValueError("the time window ends before it starts; swap the two times")
        if (self.window_end - self.window_start).days > 31:
            raise ValueError("the time window is longer than 31 days; plan several sweeps")
        if 0 < len(self.shape) < 3:
            raise ValueError("a shape needs at least three corners")
        if self.shape and self.camera_ids:
            raise ValueError("name cameras or draw a shape, not both")
        return self


class ReviewInput(Input):
    """A person's verdict on a sighting; `comparison` is the checklist, if it was filled in."""

    verdict: Verdict
    remarks: OptionalText = ""
    comparison: ComparisonInput | None = None
