"""Reference photos as a model sees them: the quality gate, and the embedding."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from sqlalchemy import select

from app.current import settings
from app.errors import NotFound, PhotoRefused
from app.extensions import db
from app.models import Embedder, ReferenceEmbedding, ReferencePhoto
from app.recogniser import LoadedRecogniser
from app.services.base import media
from recognition.errors import ReferenceRefused, UnreadableImage
from recognition.faces import FloatArray, ImageBGR
from recognition.images import encode_jpeg, read_photo
from recognition.reference import AcceptedReference, check_reference, draw_marks, embed_reference


@dataclass(frozen=True, eq=False)
class CheckedPhoto:
    """A photo that passed the gate, and what this process' embedder makes of it."""

    image_bgr: ImageBGR
    accepted: AcceptedReference
    embedding: FloatArray


def check_photo(data: bytes, recogniser: LoadedRecogniser) -> CheckedPhoto:
    """Put a photo through the quality gate. Raises PhotoRefused with the reason and, for a person,
    the photo with what was found marked in it.
    """
    try:
        image_bgr = read_photo(data, settings().max_photo_pixels)
    except UnreadableImage as error:
        raise PhotoRefused(str(error), "unreadable") from error
    chosen = recogniser.chosen
    with recogniser.lock:
        try:
            accepted = check_reference(image_bgr, chosen.detector)
        except ReferenceRefused as error:
            marked = draw_marks(image_bgr, tuple(error.faces))
            raise PhotoRefused(str(error), error.reason.value, encode_jpeg(marked)) from error
        embedding = embed_reference(image_bgr, accepted, chosen.embedder)
    return CheckedPhoto(image_bgr, accepted, embedding)


def embed_missing(recogniser: LoadedRecogniser, embedder: Embedder) -> int:
    """Embed the photos in force that this model has not seen yet. Returns how many it took.

    A photo in which this model's detector finds no usable face is left out of its gallery.
    """
    embedded = select(ReferenceEmbedding.photo_id).where(
        ReferenceEmbedding.embedder_id == embedder.id
    )
    photos = db.session.scalars(
        select(ReferencePhoto).where(ReferencePhoto.active, ReferencePhoto.id.not_in(embedded))
    ).all()
    taken = 0
    for photo in photos:
        try:
            checked = check_photo(media.path_of(photo.sha256).read_bytes(), recogniser)
        except (PhotoRefused, NotFound):
            continue
        db.session.merge(
            ReferenceEmbedding(
                photo_id=photo.id, embedder_id=embedder.id, embedding=checked.embedding
            )
        )
        taken += 1
    db.session.commit()
    return taken


def quality_json(quality: Any) -> dict[str, float]:
    """A FaceQuality as plain rounded numbers."""
    return {name: round(float(np.float64(value)), 4) for name, value in asdict(quality).items()}
