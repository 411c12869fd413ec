"""Inputs for alerts: how a person wants to be told."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from app.inputs.fields import BlankIsNone, Input, Page, PageSize
from app.models.alerts import AlertMode, AlertUrgency
from app.models.messages import MessageState


def _known_timezone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("is not a time zone of the IANA list, like Asia/Kolkata") from error
    return value


OptionalTime = Annotated[time | None, BlankIsNone]


class AlertSettingsInput(Input):
    """Which channels, from which urgency on, when not, and how long to collect."""

    mode: AlertMode = AlertMode.OWN
    channels: tuple[Annotated[str, StringConstraints(max_length=80)], ...] = ()
    least_urgency: AlertUrgency = AlertUrgency.NORMAL
    quiet_from: OptionalTime = None
    quiet_until: OptionalTime = None
    timezone: Annotated[str, StringConstraints(max_length=60), AfterValidator(_known_timezone)]
    urgent_breaks_quiet: bool = False
    group_minutes: int = Field(default=2, ge=0, le=240)

    @model_validator(mode="after")
    def _quiet_hours_are_whole(self) -> Self:
        if (self.quiet_from is None) != (self.quiet_until is None):
            raise ValueError("quiet hours need a begin and an end; leave both empty for none")
        return self


class AlertQuery(Input):
    """Alerts, all or only those that are open."""

    show: Annotated[str, StringConstraints(pattern="^(open|all)$")] = "open"
    page: Page = 1
    per_page: PageSize = 25


class MessageQuery(Input):
    """Messages on their way out, by state."""

    state: MessageState | None = None
    page: Page = 1
    per_page: PageSize = 50
