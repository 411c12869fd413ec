"""Comparing faces of a visit with the persons of interest of its case, and with nobody else's.

Called inside the transaction that writes the faces (or answers from kept ones): what was compared,
what was proposed and the visit's progress are settled by one commit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import joinedload

from app.extensions import db
from app.models import (
    Embedder,
    Face,
    PersonComparison,
    PersonLookBack,
    PersonOfInterest,
    PersonSighting,
    ReviewStage,
    SightingState,
    Visit,
)
from app.models.columns import utc_now
from app.services.base import person_records
from app.services.base.actors import WORKER
from app.services.base.appearances import same_appearance
from app.services.persons import person_gallery, telling
from app.services.persons.person_gallery import PersonGallery, PersonMatch
from recognition.faces import FloatArray


def compare(visit: Visit, found: Sequence[tuple[Face, FloatArray]], embedder: Embedder) -> int:
    """Compare faces with whoever of the visit's case may be looked for now. Does not commit.

    `found` are faces with their embeddings, float32[d] of length 1, by `embedder`. Returns how many
    faces were proposed; the audit log gets an entry for a visit's first comparison with anybody.
    """
    if not found:
        return 0
    gallery = person_gallery.gallery_of(visit.sweep.case, embedder)
    if not len(gallery):
        return 0
    matches = gallery.match_all(np.stack([embedding for _, embedding in found]))
    proposed = Counter(
        match.person_id
        for (face, _), of_face in zip(found, matches, strict=True)
        for match in of_face
        if _propose_and_tell(visit, face, match)
    )
    _note(visit, gallery, len(found), proposed)
    return proposed.total()


def propose(
    visit_id: int, face: Face, match: PersonMatch, look_back: PersonLookBack | None = None
) -> int | None:
    """Propose a face for a person; its id, or None where they have it already. Does not commit.

    The same appearance counts once. Tells nobody.
    """
    if _is_seen_already(face, match.person_id):
        return None
    return db.session.scalar(
        insert(PersonSighting)
        .values(
            person_id=match.person_id,
            authorisation_id=match.authorisation_id,
            face_id=face.id,
            visit_id=visit_id,
            look_back_id=look_back.id if look_back is not None else None,
            camera_id=face.camera_id,
            embedder_id=face.embedder_id,
            photo_id=match.photo_id,
            similarity=match.similarity,
            threshold_similarity=match.threshold,
            state=SightingState.CANDIDATE,
            awaits=ReviewStage.FIRST,
            seen_at=face.best_at,
            latitude_deg=face.camera.latitude_deg,
            longitude_deg=face.camera.longitude_deg,
            created_at=utc_now(),
        )
        .on_conflict_do_nothing(index_elements=["person_id", "face_id"])
        .returning(PersonSighting.id)
    )


def _propose_and_tell(visit: Visit, face: Face, match: PersonMatch) -> bool:
    sighting_id = propose(visit.id, face, match)
    if sighting_id is None:
        return False
    telling.tell_of_sighting(
        db.session.scalars(
            select(PersonSighting)
            .options(joinedload(PersonSighting.person), joinedload(PersonSighting.camera))
            .where(PersonSighting.id == sighting_id)
        ).one()
    )
    return True


def _is_seen_already(face: Face, person_id: int) -> bool:
    seen = exists().where(
        PersonSighting.person_id == person_id,
        PersonSighting.face_id.in_(same_appearance(face)),
    )
    return bool(db.session.scalar(select(seen)))


def _note(visit: Visit, gallery: PersonGallery, faces: int, proposed: Counter[int]) -> None:
    """Count what was compared, by visit and authorisation; log whom a visit has not had before."""
    known = set(
        db.session.scalars(
            select(PersonComparison.authorisation_id).where(PersonComparison.visit_id == visit.id)
        )
    )
    now = utc_now()
    statement = insert(PersonComparison).values(
        [
            {
                "visit_id": visit.id,
                "person_id": person_id,
                "authorisation_id": authorisation_id,
                "faces": faces,
                "proposed": proposed[person_id],
                "first_at": now,
                "last_at": now,
            }
            for person_id, authorisation_id in sorted(gallery.authorisations.items())
        ]
    )
    new = statement.excluded
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["visit_id", "authorisation_id"],
            set_={
                "faces": PersonComparison.faces + new.faces,
                "proposed": PersonComparison.proposed + new.proposed,
                "last_at": new.last_at,
            },
        )
    )
    added = {one: auth for one, auth in gallery.authorisations.items() if auth not in known}
    if added:
        _log(visit, added)


def _log(visit: Visit, authorisations: dict[int, int]) -> None:
    case = visit.sweep.case
    person_records.note(
        WORKER,
        "compare",
        case,
        details={
            "visit": visit.id,
            "sweep": visit.sweep.ordinal,
            "camera": visit.camera.name,
            "persons": len(authorisations),
            "labels": _labels(authorisations),
            "authorisations": sorted(authorisations.values()),
        },
    )


def _labels(person_ids: Iterable[int]) -> list[str]:
    labels = select(PersonOfInterest.label).where(PersonOfInterest.id.in_(set(person_ids)))
    return sorted(db.session.scalars(labels))
