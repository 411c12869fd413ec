"""Inputs for comparisons of a camera's clock."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from app.inputs.fields import Input, Instant, OptionalText

LARGEST_OFFSET_S = 10 * 366 * 86_400.0


class ClockCheckInput(Input):
    """What the camera's clock showed at a true time.

    `precision_s` is how exactly both were read: 1 for seconds on the screen, 60 for minutes.
    """

    shown_at: Instant
    true_at: Instant
    precision_s: float = Field(default=1.0, ge=0, le=3600)
    remarks: OptionalText = ""

    @model_validator(mode="after")
    def _within_reason(self) -> Self:
        if abs((self.shown_at - self.true_at).total_seconds()) > LARGEST_OFFSET_S:
            raise ValueError("the two times lie more than ten years apart; check the dates")
        return self
