"""Inputs for footage."""

from __future__ import annotations

from pydantic import Field

from app.inputs.fields import Input, OptionalInstant, OptionalText, RequiredText


class FootageFileInput(Input):
    """A recording in one of the footage folders.

    `started_at` is what the camera's own clock showed at the first frame; the camera's clock offset
    is taken off when it is stored. Without it the time is read from the file's name by `pattern`
    (or the built-in ones), in `timezone`.
    """

    path: RequiredText
    started_at: OptionalInstant = None
    pattern: OptionalText = ""
    timezone: str = Field(default="Asia/Kolkata", max_length=60)
    made_up: bool = False
    remarks: OptionalText = ""


class FootageFolderInput(Input):
    """A folder of recordings of one camera; times come from the files' names."""

    path: RequiredText
    pattern: OptionalText = ""
    timezone: str = Field(default="Asia/Kolkata", max_length=60)
    made_up: bool = False
