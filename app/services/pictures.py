"""Which pictures may be looked at: only those that a photo, a sighting or a search names."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import exists, or_, select

from app.errors import NotFound
from app.extensions import db
from app.models.cases import ReferencePhoto
from app.models.faces import Face
from app.models.searches import FaceSearchResult
from app.models.sightings import Sighting
from app.services import media


def find_picture(sha256: str) -> Path:
    """The file of a picture that some case holds.

    Faces that matched nobody have crops too. Nobody has a reason to look at those, so they are not
    found, unless a search that is on record brought them up. Raises NotFound.
    """
    is_photo = exists().where(
        or_(ReferencePhoto.sha256 == sha256, ReferencePhoto.face_sha256 == sha256)
    )
    is_sighting = exists().where(Face.crop_sha256 == sha256, Sighting.face_id == Face.id)
    is_result = exists().where(Face.crop_sha256 == sha256, FaceSearchResult.face_id == Face.id)
    if not db.session.scalar(select(or_(is_photo, is_sighting, is_result))):
        raise NotFound("There is no such picture, or no case holds it any more.")
    return media.path_of(sha256)
