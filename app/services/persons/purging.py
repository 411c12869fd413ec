"""What the purge of a case takes with it of its persons of interest, and leaves to other cases."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, delete, false, func, or_, select

from app.extensions import db
from app.models import (
    Case,
    Face,
    OutgoingMessage,
    PersonAuthorisation,
    PersonOfInterest,
    PersonPhoto,
    PersonSighting,
    Sweep,
    Visit,
)
from app.services.persons.telling import end_key


def faces_of(case: Case) -> set[int]:
    """Faces that were proposed for the case's persons of interest, whoever's sweep saw them."""
    return set(
        db.session.scalars(
            select(PersonSighting.face_id)
            .join(PersonOfInterest, PersonOfInterest.id == PersonSighting.person_id)
            .where(PersonOfInterest.case_id == case.id)
        )
    )


def heirs_of_faces(case: Case, faces: set[int]) -> list[Row[Any]]:
    """Of these faces those that other cases' persons of interest rest on.

    Rows of face, the case that keeps it, its visit, and the case whose sweep that visit is.
    """
    return list(
        db.session.execute(
            select(
                PersonSighting.face_id,
                func.min(PersonOfInterest.case_id),
                Face.visit_id,
                Sweep.case_id,
            )
            .join(PersonOfInterest, PersonOfInterest.id == PersonSighting.person_id)
            .join(Face, Face.id == PersonSighting.face_id)
            .join(Visit, Visit.id == Face.visit_id)
            .join(Sweep, Sweep.id == Visit.sweep_id)
            .where(PersonSighting.face_id.in_(faces), PersonOfInterest.case_id != case.id)
            .group_by(PersonSighting.face_id, Face.visit_id, Sweep.case_id)
        )
    )


def pictures_of(case: Case) -> set[str]:
    """Pictures of the case's persons of interest; those that were let go are gone already."""
    rows = db.session.execute(
        select(PersonPhoto.sha256, PersonPhoto.face_sha256)
        .join(PersonOfInterest, PersonOfInterest.id == PersonPhoto.person_id)
        .where(PersonOfInterest.case_id == case.id)
    )
    return {sha256 for row in rows for sha256 in row}


def delete_messages(case: Case) -> int:
    """Delete mails that told of the end of an authorisation; how many there were."""
    ids = db.session.scalars(
        select(PersonAuthorisation.id)
        .join(PersonOfInterest, PersonOfInterest.id == PersonAuthorisation.person_id)
        .where(PersonOfInterest.case_id == case.id)
    ).all()
    told = [OutgoingMessage.dedupe_key.startswith(end_key(one), autoescape=True) for one in ids]
    gone = db.session.execute(delete(OutgoingMessage).where(or_(false(), *told)))
    return int(gone.rowcount)  # type: ignore[attr-defined]


def delete_sightings(case: Case) -> None:
    """Delete what names faces; all else of persons of interest goes with the case's own row."""
    of_case = select(PersonOfInterest.id).where(PersonOfInterest.case_id == case.id)
    db.session.execute(delete(PersonSighting).where(PersonSighting.person_id.in_(of_case)))
