"""Reference photos as a model sees them: the quality gate, and the embedding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from sqlalchemy import select

from app.current import settings
from app.errors import NotFound, PhotoRefused, TooLarge
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

    def as_jpeg(self) -> bytes:
        """The photo encoded anew: nothing of its file is kept but the pixels."""
        return encode_jpeg(self.image_bgr, quality=95)

    def face_as_jpeg(self) -> bytes:
        """The face cut out of it."""
        return encode_jpeg(self.accepted.crop_bgr)


def check_size(data: bytes) -> None:
    """Raises TooLarge for more bytes than are taken."""
    if len(data) > settings().max_photo_bytes:
        most_mb = settings().max_photo_bytes // 2**20
        raise TooLarge(f"The photo is larger than {most_mb} MB: send a smaller one.")


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
    kept = [(photo.id, photo.sha256) for photo in photos]
    for photo_id, embedding in embed_again(kept, recogniser):
        db.session.merge(
            ReferenceEmbedding(photo_id=photo_id, embedder_id=embedder.id, embedding=embedding)
        )
        taken += 1
    db.session.commit()
    return taken


def embed_again(
    kept: Iterable[tuple[int, str]], recogniser: LoadedRecogniser
) -> Iterator[tuple[int, FloatArray]]:
    """What this process' embedder makes of kept photos, given by id and SHA-256, by id.

    A photo in which this model's detector finds no usable face, or whose file is gone, is left out.
    """
    for photo_id, sha256 in kept:
        try:
            checked = check_photo(media.path_of(sha256).read_bytes(), recogniser)
        except (PhotoRefused, NotFound):
            continue
        yield photo_id, checked.embedding


def quality_json(quality: Any) -> dict[str, float]:
    """A FaceQuality as plain rounded numbers."""
    return {name: round(float(np.float64(value)), 4) for name, value in asdict(quality).items()}
