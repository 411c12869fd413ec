"""What contributed faces are like, as far as an account may see it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload

from app.extensions import db
from app.models import ContributedFace, ContributedMatch, ContributedPhoto
from app.services.base import access
from app.services.base.actors import Actor


def matches_of_photos(actor: Actor, which: ColumnElement[bool]) -> Sequence[ContributedMatch]:
    """Matches of the photos for which `which` holds with cases that the account may see.

    The most similar first, with all that a page shows of them.
    """
    return db.session.scalars(
        select(ContributedMatch)
        .options(
            joinedload(ContributedMatch.face),
            joinedload(ContributedMatch.case),
            joinedload(ContributedMatch.reference_photo),
            joinedload(ContributedMatch.embedder),
        )
        .join(ContributedFace, ContributedFace.id == ContributedMatch.face_id)
        .join(ContributedPhoto, ContributedPhoto.id == ContributedFace.photo_id)
        .where(which, ContributedMatch.case_id.in_(access.visible_ids(actor)))
        .order_by(ContributedMatch.similarity.desc())
    ).all()
