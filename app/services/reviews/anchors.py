"""Rejected faces as negative anchors: which open sightings of a case are more like one of them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import text

from app.extensions import db
from recognition.matching import REJECTED_MARGIN

_MARK = text(
    """
    UPDATE sightings AS marked
    SET like_rejected = found.is_like,
        rejected_sighting_id = found.rejected_id,
        rejected_similarity = found.rejected_similarity
    FROM (
        SELECT open.id, nearest.id AS rejected_id, nearest.similarity AS rejected_similarity,
               coalesce(nearest.similarity >= open.similarity + :margin, false) AS is_like
        FROM sightings AS open
        JOIN faces AS face ON face.id = open.face_id
        LEFT JOIN LATERAL (
            SELECT rejected.id, 1 - (other.embedding <=> face.embedding) AS similarity
            FROM sightings AS rejected
            JOIN faces AS other ON other.id = rejected.face_id
            WHERE rejected.case_id = open.case_id AND rejected.state = 'rejected'
              AND rejected.embedder_id = open.embedder_id
            ORDER BY other.embedding <=> face.embedding
            LIMIT 1
        ) AS nearest ON true
        WHERE open.case_id = :case_id AND open.embedder_id = :embedder_id
          AND open.state IN ('candidate', 'unsure')
    ) AS found
    WHERE marked.id = found.id
      AND (marked.rejected_sighting_id, marked.like_rejected)
          IS DISTINCT FROM (found.rejected_id, found.is_like)
    RETURNING marked.id
    """
)


def mark_again(case_id: int, embedder_id: int) -> Sequence[int]:
    """Set the marks of the case's open sightings anew; returns those that changed.

    Both similarities of the comparison are cosines of one model. Does not commit.
    """
    values = {"case_id": case_id, "embedder_id": embedder_id, "margin": REJECTED_MARGIN}
    changed: Sequence[int] = db.session.scalars(_MARK, values).all()
    # The rows were changed behind the session's back.
    db.session.expire_all()
    return changed
