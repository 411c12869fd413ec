"""Inputs for footage."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from app.inputs.fields import Input, OptionalInstant, OptionalText, RequiredText


class FootageFileInput(Input):
    """A recording in one of the footage folders.

    `started_at` is what the camera's own clock showed at the first frame; the camera's clock offset
    is taken off when it is stored. Without it the time is read from the file's name by `pattern`
    (or the built-in ones), in `timezone`. `clock_offset_s` (that clock minus true time)
    is used instead of the registry's where it is given.
    """

    path: RequiredText
    started_at: OptionalInstant = None
    pattern: OptionalText = ""
    timezone: str = Field(default="Asia/Kolkata", max_length=60)
    clock_offset_s: Annotated[float, Field(ge=-86_400 * 30, le=86_400 * 30)] | None = None
    made_up: bool = False
    remarks: OptionalText = ""


class FootageFolderInput(Input):
    """A folder of recordings of one camera; times come from the files' names."""

    path: RequiredText
    pattern: OptionalText = ""
    timezone: str = Field(default="Asia/Kolkata", max_length=60)
    made_up: bool = False
