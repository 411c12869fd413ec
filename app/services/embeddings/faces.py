"""Faces as rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from app.current import settings
from app.extensions import db
from app.models import Embedder, Face, Visit, VisitPart
from app.models.columns import utc_now
from app.services.embeddings.gallery_photos import quality_json
from recognition.faces import FaceTrack
from recognition.matching import Match


@dataclass(frozen=True, eq=False)
class FoundFace:
    """A face of one chunk, its crop on disk already, and the cases whose galleries it is like."""

    track: FaceTrack
    crop_sha256: str
    matches: Sequence[Match]


def add_face(
    visit: Visit,
    part: VisitPart,
    chunk_from_s: float,
    ordinal: int,
    found: FoundFace,
    embedder: Embedder,
) -> Face:
    """Add a face to the current transaction, in true time."""
    track, started_at = found.track, part.footage.started_at
    face = Face(
        visit_id=visit.id,
        part_id=part.id,
        camera_id=visit.camera_id,
        footage_id=part.footage_id,
        embedder_id=embedder.id,
        chunk_from_s=chunk_from_s,
        ordinal=ordinal,
        embedding=track.embedding,
        first_s=track.first_at_s,
        last_s=track.last_at_s,
        best_s=track.best_at_s,
        first_at=started_at + timedelta(seconds=track.first_at_s),
        last_at=started_at + timedelta(seconds=track.last_at_s),
        best_at=started_at + timedelta(seconds=track.best_at_s),
        box_xyxy=[round(float(edge), 1) for edge in track.best_box_xyxy],
        crop_sha256=found.crop_sha256,
        quality=quality_json(track.quality),
        face_height_px=float(track.face_height_median_px),
        frames_seen=track.frames_seen,
        expires_at=utc_now() + timedelta(hours=settings().face_retention_hours),
    )
    db.session.add(face)
    db.session.flush()
    return face
