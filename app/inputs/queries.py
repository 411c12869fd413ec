"""Inputs that filter, order and page."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from app.inputs.fields import Input, Metres, OptionalInstant, Page, PageSize
from app.models.cases import CaseState
from app.models.sightings import SightingState


class CaseQuery(Input):
    """Cases by state and text (number or subject's name)."""

    state: CaseState | None = None
    text: str = Field(default="", max_length=200)
    page: Page = 1
    per_page: PageSize = 50


class CameraQuery(Input):
    """Cameras by text (name, reference, owner), status, source and map section.

    `bbox` is west,south,east,north in degrees, as in GeoJSON.
    """

    text: str = Field(default="", max_length=200)
    status: str = Field(default="", max_length=40)
    source: str = Field(default="", max_length=120)
    bbox: tuple[float, float, float, float] | None = None
    page: Page = 1
    per_page: PageSize = 50


class RankingOrder(StrEnum):
    """By haversine distance, or by the probability that looking there next finds the subject."""

    DISTANCE = "distance"
    PROBABILITY = "probability"


class RankingQuery(Input):
    """Which cameras to rank for a case, in which order, and for which time window.

    By probability, the radius does not count: a plan reaches as far as the person may have gone.
    """

    order: RankingOrder = RankingOrder.DISTANCE
    radius_m: Metres = 1000.0
    limit: Annotated[int, Field(ge=1, le=1000)] = 50
    offset: Annotated[int, Field(ge=0, le=100_000)] = 0
    window_start: OptionalInstant = None
    window_end: OptionalInstant = None

    @model_validator(mode="after")
    def _window_has_length(self) -> Self:
        start, end = self.window_start, self.window_end
        if start is not None and end is not None and end <= start:
            raise ValueError("the time window ends before it starts; swap the two times")
        return self


class SightingQuery(Input):
    """Sightings of a case, newest first, by state."""

    state: SightingState | None = None
    page: Page = 1
    per_page: PageSize = 50


class BeliefQuery(Input):
    """At which time the belief is asked for; the latest with footage, where none is given."""

    at: OptionalInstant = None
