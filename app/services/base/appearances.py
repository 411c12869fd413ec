"""When two looks at one recording saw the same appearance of somebody."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Select, select
from sqlalchemy.orm import aliased

from app.models import Face

SAME_APPEARANCE: Final = 0.99
"""Two looks at one passer-by in one recording are at least this alike; two people never are."""


def same_appearance(face: Face) -> Select[int]:
    """Ids of faces that other visits' looks at the same recording have of this appearance."""
    seen, looked = aliased(Face), aliased(Face)
    return (
        select(seen.id)
        .where(looked.id == face.id, seen.footage_id == looked.footage_id)
        .where(seen.visit_id != looked.visit_id, seen.embedder_id == looked.embedder_id)
        .where(seen.first_s <= looked.last_s, seen.last_s >= looked.first_s)
        .where(seen.embedding.cosine_distance(looked.embedding) <= 1 - SAME_APPEARANCE)
    )
