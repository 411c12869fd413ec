"""Which pictures may be looked at: only those that a photo, a sighting or a search names."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import exists, or_, select

from app.errors import NotFound
from app.extensions import db
from app.models.cases import Case, ReferencePhoto
from app.models.faces import Face
from app.models.searches import FaceSearch, FaceSearchResult
from app.models.sightings import Sighting
from app.services.base import media
from app.services.base.access import visible_cases
from app.services.base.actors import Actor


def find_picture(actor: Actor, sha256: str) -> Path:
    """The file of a picture that a case holds which `actor` may see.

    Faces that matched nobody have crops too. Nobody has a reason to look at those, so they are not
    found, unless a search that is on record brought them up. Raises NotFound.
    """
    seen = visible_cases(actor)
    is_photo = exists().where(
        or_(ReferencePhoto.sha256 == sha256, ReferencePhoto.face_sha256 == sha256),
        ReferencePhoto.purged_at.is_(None),
        Case.id == ReferencePhoto.case_id,
        seen,
    )
    is_sighting = exists().where(
        Face.crop_sha256 == sha256,
        Sighting.face_id == Face.id,
        Case.id == Sighting.case_id,
        seen,
    )
    is_result = exists().where(
        Face.crop_sha256 == sha256,
        FaceSearchResult.face_id == Face.id,
        FaceSearch.id == FaceSearchResult.search_id,
        Case.id == FaceSearch.case_id,
        seen,
    )
    if not db.session.scalar(select(or_(is_photo, is_sighting, is_result))):
        raise NotFound("There is no such picture, or no case holds it any more.")
    return media.path_of(sha256)
