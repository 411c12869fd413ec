"""Kept pictures as answers, for pages and API alike."""

from __future__ import annotations

from pathlib import Path

from flask import Response, request, send_file

from app.services.base import media

PICTURE_SECONDS = 24 * 3600


def send_picture(sha256: str) -> Response:
    """A kept picture, for callers that have checked by themselves who may see it."""
    return answer_with(media.path_of(sha256), sha256)


def answer_with(path: Path, sha256: str) -> Response:
    """The file at `path`, named by its SHA-256; its content never changes, so browsers may keep it
    a day.
    """
    response = send_file(path, mimetype="image/jpeg", etag=False, conditional=False)
    response.set_etag(sha256)
    response.cache_control.private = True
    response.cache_control.public = False
    response.cache_control.immutable = True
    response.cache_control.max_age = PICTURE_SECONDS
    response.make_conditional(request)
    return response
