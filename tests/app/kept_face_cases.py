"""Cases, cameras and kept faces with embeddings that a test chooses."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np

from app.extensions import db
from app.models import CameraRow, Case, Embedder, Face, ReferenceEmbedding, ReferencePhoto, Sweep
from recognition.faces import FloatArray
from tests.app import factories

DIMENSION = 8


def at_angle(degrees: float) -> FloatArray:
    """A unit vector; the cosine of two of them is that of the angle between them."""
    row = np.zeros(DIMENSION, dtype=np.float32)
    row[0], row[1] = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return row


def make_embedder(**values: Any) -> Embedder:
    """A model of few dimensions whose threshold is the cosine of 60°."""
    return factories.make_embedder(dimension=DIMENSION, threshold_similarity=0.5, **values)


def make_photo(case: Case, embedder: Embedder, degrees: float, **values: Any) -> ReferencePhoto:
    """A reference photo that the model embeds in this direction."""
    photo = factories.make_photo(case, **values)
    db.session.add(
        ReferenceEmbedding(photo_id=photo.id, embedder_id=embedder.id, embedding=at_angle(degrees))
    )
    db.session.commit()
    return photo


def make_face(
    sweep: Sweep,
    embedder: Embedder,
    degrees: float,
    *,
    camera: CameraRow | None = None,
    seen_at: datetime = factories.SEEN_AT,
    **values: Any,
) -> Face:
    """A kept face that the model embeds in this direction."""
    return factories.make_face(
        camera or factories.make_camera(),
        sweep=sweep,
        embedder=embedder,
        seen_at=seen_at,
        embedding=at_angle(degrees),
        **values,
    )
