"""Multipart forms: the files in them, and texts as they were sent."""

from __future__ import annotations

from typing import Annotated, Any

from flask import has_request_context, request
from flask_openapi3.models.file import FileStorage
from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator
from werkzeug.datastructures import FileStorage as SentFile


def _is_file(value: object) -> object:
    if not isinstance(value, SentFile):
        raise ValueError("must be a file, not text")
    return value


UploadedFile = Annotated[FileStorage, AfterValidator(_is_file)]
"""A file part of a form; a text part of the same name is refused."""


class SentForm(BaseModel):
    """Base of all multipart forms: fields get the text that was sent.

    The library reads each as JSON first, so that a year would be a number and no text, and words in
    quotation marks would lose these. Numbers and truth values are read from the text by the model.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    @model_validator(mode="before")
    @classmethod
    def _as_sent(cls, given: Any) -> Any:
        if not isinstance(given, dict) or not has_request_context():
            return given
        sent = {name: request.form[name] for name in given if name in request.form}
        return {**given, **sent}
