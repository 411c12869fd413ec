"""Pictures: reference photos and the crops of sightings."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, request, send_file

from app.current import actor
from app.extensions import limiter
from app.security import PICTURE_LIMIT
from app.services.base import media
from app.services.reviews import pictures

blueprint = Blueprint("media", __name__)

PICTURE_SECONDS = 24 * 3600


@blueprint.get("/media/<string(length=64):sha256>.jpg")
@limiter.limit(PICTURE_LIMIT)
def picture(sha256: str) -> Response:
    """A picture, named by its SHA-256; its content never changes, so browsers may keep it a day."""
    return _answer(pictures.find_picture(actor(), sha256), sha256)


def send_picture(sha256: str) -> Response:
    """A kept picture, for views that have checked by themselves who may see it."""
    return _answer(media.path_of(sha256), sha256)


def _answer(path: Path, sha256: str) -> Response:
    response = send_file(path, mimetype="image/jpeg", etag=False, conditional=False)
    response.set_etag(sha256)
    response.cache_control.private = True
    response.cache_control.public = False
    response.cache_control.immutable = True
    response.cache_control.max_age = PICTURE_SECONDS
    response.make_conditional(request)
    return response
