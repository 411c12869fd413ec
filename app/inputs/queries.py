"""Inputs that filter, order and page."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from app.inputs.fields import Input, Metres, OptionalInstant, Page, PageSize, blank_is_none
from app.models.cases import CaseState
from app.models.sightings import ReviewStage, SightingState


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


class FacingFilter(StrEnum):
    """Cameras that look towards the last-known location, away from it, or where is not known."""

    TOWARD = "toward"
    AWAY = "away"
    UNKNOWN = "unknown"


class FootageFilter(StrEnum):
    """Cameras by what is left of their footage of the window.

    `at_hand`: recordings or a live stream; `left`: that, or it should still be on the recorder;
    `gone`: overwritten, or nothing is known.
    """

    AT_HAND = "at_hand"
    ON_RECORDER = "on_recorder"
    LEFT = "left"
    GONE = "gone"


class SeenFilter(StrEnum):
    """Cameras that a visit of this case has looked at, or not, or that have sightings of it."""

    SEEN = "seen"
    NOT_SEEN = "not_seen"
    SIGHTINGS = "sightings"


OptionalFacing = Annotated[FacingFilter | None, BeforeValidator(blank_is_none)]
OptionalFootage = Annotated[FootageFilter | None, BeforeValidator(blank_is_none)]
OptionalSeen = Annotated[SeenFilter | None, BeforeValidator(blank_is_none)]


class RankingQuery(Input):
    """Which cameras to rank for a case, in which order, and for which time window.

    By probability, the radius does not count: a plan reaches as far as the person may have gone.
    Filters (`owner` to `seen`) look at the nearest 2,000 of the radius; ranks stay those of the
    whole. `on_map` adds all that pass, not only a page, as a map draws them.
    """

    order: RankingOrder = RankingOrder.DISTANCE
    radius_m: Metres = 1000.0
    limit: Annotated[int, Field(ge=1, le=1000)] = 50
    offset: Annotated[int, Field(ge=0, le=100_000)] = 0
    window_start: OptionalInstant = None
    window_end: OptionalInstant = None
    owner: str = Field(default="", max_length=200)
    status: Literal["", "active", "offline", "unknown"] = ""
    facing: OptionalFacing = None
    footage: OptionalFootage = None
    seen: OptionalSeen = None
    on_map: bool = False

    def filters(self) -> dict[str, str]:
        """What narrows it down besides place and window, by name."""
        filters = ("owner", "status", "facing", "footage", "seen")
        return {name: str(value) for name in filters if (value := getattr(self, name))}

    @property
    def is_filtered(self) -> bool:
        """Whether anything but place and window narrows it down."""
        return bool(self.filters())

    @model_validator(mode="after")
    def _window_has_length(self) -> Self:
        start, end = self.window_start, self.window_end
        if start is not None and end is not None and end <= start:
            raise ValueError("the time window ends before it starts; swap the two times")
        return self


class SightingQuery(Input):
    """Sightings of a case, newest first, by state, and by whether they are leads."""

    state: SightingState | None = None
    is_lead: bool | None = None
    page: Page = 1
    per_page: PageSize = 50


class QueueQuery(Input):
    """What waits for a review, of one case or all, by whose review it is. Oldest first."""

    stage: ReviewStage | None = None
    case: str = Field(default="", max_length=60)
    page: Page = 1
    per_page: PageSize = 24


class BeliefQuery(Input):
    """At which time the belief is asked for; the latest with footage, where none is given."""

    at: OptionalInstant = None
