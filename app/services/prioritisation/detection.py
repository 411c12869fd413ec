"""How likely a visit would have found somebody who passed: what an empty one is worth."""

from __future__ import annotations

from sqlalchemy import select

from app.extensions import db
from app.models import Embedder, Face, Sweep, Visit
from recognition.detection_power import detection_power

MOST_FACES = 1000
"""So many of a camera's latest faces say how large faces are there."""


def probability_of(visit: Visit) -> float | None:
    """A visit's probability of detection within what it went through; None where it saw nothing.

    From the share that was really seen, the sizes of faces that this camera has shown, and the
    recogniser's measured rate for faces of these sizes.
    """
    if visit.embedder_id is None or visit.seconds_looked_at <= 0:
        return None
    embedder = db.session.get_one(Embedder, visit.embedder_id)
    power = detection_power(
        min(1.0, visit.seconds_seen / visit.seconds_looked_at),
        _face_heights_px(visit),
        visit.sweep.smallest_face_px,
        embedder.sha256,
    )
    return round(power.probability, 4)


def _face_heights_px(visit: Visit) -> list[float]:
    heights = db.session.scalars(
        select(Face.face_height_px)
        .join(Visit, Visit.id == Face.visit_id)
        .join(Sweep, Sweep.id == Visit.sweep_id)
        .where(
            Face.camera_id == visit.camera_id,
            Sweep.smallest_face_px <= visit.sweep.smallest_face_px,
        )
        .order_by(Face.id.desc())
        .limit(MOST_FACES)
    )
    return list(heights)
