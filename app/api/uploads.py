"""Files in multipart forms."""

from __future__ import annotations

from typing import Annotated

from flask_openapi3.models.file import FileStorage
from pydantic import AfterValidator
from werkzeug.datastructures import FileStorage as SentFile


def _is_file(value: object) -> object:
    if not isinstance(value, SentFile):
        raise ValueError("must be a file, not text")
    return value


UploadedFile = Annotated[FileStorage, AfterValidator(_is_file)]
"""A file part of a form; a text part of the same name is refused."""
