"""What an investigator chooses to make public on a poster."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from app.inputs.fields import BlankIsNone, Input, no_control_characters


class PosterName(StrEnum):
    """How the subject is named."""

    FULL = "full name"
    FIRST = "first name"
    INITIALS = "initials"
    NONE = "no name"


class PosterPicture(StrEnum):
    """How much of the chosen photo is shown."""

    PHOTO = "whole photo"
    FACE = "face only"


class PosterTime(StrEnum):
    """How exactly the time of the chosen place is given."""

    NONE = "no time"
    DAY = "day"
    HOUR = "part of the day"
    MINUTE = "minute"


Heading = Annotated[
    str,
    StringConstraints(min_length=1, max_length=60),
    AfterValidator(no_control_characters),
]
Line = Annotated[str, StringConstraints(max_length=160), AfterValidator(no_control_characters)]
OptionalId = Annotated[Annotated[int, Field(ge=1, le=2**31 - 1)] | None, BlankIsNone]
Ticked = Annotated[bool, BeforeValidator(lambda value: value if value != "" else False)]


class PosterInput(Input):
    """A poster. Left out means not public: nothing is on it that is not chosen here.

    `place` and `clothing` are printed as typed; the time is that of the last-known location
    `location_id`, as coarsely as `time` says.
    """

    heading: Heading = "Missing"
    photo_id: OptionalId = None
    picture: PosterPicture = PosterPicture.FACE
    name: PosterName = PosterName.FIRST
    age: Ticked = False
    clothing: Line = ""
    place: Line = ""
    location_id: OptionalId = None
    time: PosterTime = PosterTime.NONE
    phone: Ticked = False
