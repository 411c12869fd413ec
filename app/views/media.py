"""Pictures: reference photos and the crops of sightings."""

from __future__ import annotations

from flask import Blueprint, Response

from app.current import actor
from app.extensions import limiter
from app.security import PICTURE_LIMIT
from app.sent_pictures import answer_with
from app.services.reviews import pictures

blueprint = Blueprint("media", __name__)


@blueprint.get("/media/<string(length=64):sha256>.jpg")
@limiter.limit(PICTURE_LIMIT)
def picture(sha256: str) -> Response:
    """A picture, named by its SHA-256; its content never changes, so browsers may keep it a day."""
    return answer_with(pictures.find_picture(actor(), sha256), sha256)
