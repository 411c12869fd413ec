"""Inputs for requests to owners, and for what they deliver."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from app.inputs.fields import Input, Instant, OptionalText, RequiredText, ShortText

LinkDays = Annotated[int, Field(ge=1, le=30)]
"""How long an upload link lasts."""


class RequestInput(Input):
    """What is asked of one owner: the footage of `camera_ids` over a window."""

    camera_ids: Annotated[tuple[int, ...], Field(min_length=1, max_length=50)]
    window_start: Instant
    window_end: Instant
    owner: ShortText
    owner_email: Annotated[OptionalText, Field(max_length=254)] = ""
    contact: RequiredText
    legal_basis: RequiredText
    message: OptionalText = ""
    link_days: LinkDays = 7
    sweep_at_once: bool = False
    send_mail: bool = False

    @model_validator(mode="after")
    def _window_has_length(self) -> Self:
        if self.window_end <= self.window_start:
            raise ValueError("the time window ends before it starts; swap the two times")
        if (self.window_end - self.window_start).days > 31:
            raise ValueError("the time window is longer than 31 days; ask several times")
        return self


class RequestLinkInput(Input):
    """How long a new upload link lasts, and whether a mail with it goes to the owner."""

    link_days: LinkDays = 7
    send_mail: bool = False


class DeclineInput(Input):
    """Why the owner has nothing to give."""

    reason: Annotated[OptionalText, Field(max_length=1000)] = ""


class DeliveryInput(Input):
    """A file that a sender is about to send.

    `shown_at` is what the camera's clock showed at its first frame. `clock_offset_s` is that clock
    minus true time; None where the sender does not know it.
    """

    camera_id: int
    file_name: Annotated[str, Field(min_length=1, max_length=1000)]
    size_bytes: Annotated[int, Field(ge=0, le=2**62)]
    shown_at: Instant
    clock_offset_s: Annotated[float, Field(ge=-86_400 * 30, le=86_400 * 30)] | None = None
