"""Input for a search of kept faces."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from app.inputs.fields import Input, Metres, OptionalInstant, OptionalText, Page, PageSize

OptionalMetres = Annotated[
    Metres | None, BeforeValidator(lambda value: None if value == "" else value)
]


class FaceSearchInput(Input):
    """Which kept faces to compare with which photos of the case.

    `radius_m` counts from the case's active last-known locations; without it all cameras are
    searched. Without `photo_ids` all reference photos are used. `show_below` also lists the nearest
    faces below the threshold; they are never proposed.
    """

    radius_m: OptionalMetres = None
    since: OptionalInstant = None
    until: OptionalInstant = None
    limit: Annotated[int, Field(ge=1, le=500)] = 50
    photo_ids: tuple[int, ...] = Field(default=(), max_length=200)
    show_below: bool = False
    purpose: OptionalText = ""

    @model_validator(mode="after")
    def _time_has_length(self) -> Self:
        if self.since is not None and self.until is not None and self.until <= self.since:
            raise ValueError("the time ends before it starts; swap the two times")
        return self


class ThresholdInput(Input):
    """A point of an evaluation, by its false-match rate, as its model's threshold from now on."""

    evaluation_id: Annotated[int, Field(ge=1, le=2**31 - 1)]
    false_match_rate: Annotated[float, Field(gt=0, lt=1)]


class ModelInput(Input):
    """A model, by the hash of its file."""

    model_sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class OneInInput(Input):
    """The same as people ask for it: one false match in so many pairs of strangers."""

    one_in: Annotated[int, Field(ge=2, le=10**9)]

    @property
    def false_match_rate(self) -> float:
        """As a share of pairs."""
        return 1 / self.one_in


class FaceSearchQuery(Input):
    """Searches of a case, newest first."""

    page: Page = 1
    per_page: PageSize = 50
