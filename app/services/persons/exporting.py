"""What the full export of a case holds of its persons of interest, for exporters with the right."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, select

from app.extensions import db
from app.models import (
    Case,
    Face,
    PersonAuthorisation,
    PersonComparison,
    PersonLookBack,
    PersonOfInterest,
    PersonPhoto,
    PersonReceipt,
    PersonSighting,
    PersonVerdict,
)

CONTENTS: Final = """\

This export also holds the case's persons of interest, who are not its subject: their rows, the
authorisations, comparisons by visit, look-backs, faces proposed and verdicts, and under
all/persons/ their photos. Each face is an investigative lead, not an identification.
"""


def conditions(case: Case) -> dict[str, ColumnElement[bool]]:
    """By table, which of its rows are the case's."""
    persons = select(PersonOfInterest.id).where(PersonOfInterest.case_id == case.id)
    sightings = select(PersonSighting.id).where(PersonSighting.person_id.in_(persons))
    owned = (
        *(PersonAuthorisation, PersonPhoto, PersonComparison, PersonLookBack, PersonSighting),
        PersonReceipt,
    )
    return {
        "persons_of_interest": PersonOfInterest.case_id == case.id,
        **{model.__tablename__: model.person_id.in_(persons) for model in owned},
        "person_verdicts": PersonVerdict.sighting_id.in_(sightings),
    }


def is_face_of(case: Case) -> ColumnElement[bool]:
    """The condition on `Face` that holds for faces proposed for the case's persons of interest."""
    return Face.id.in_(select(PersonSighting.face_id).where(conditions(case)["person_sightings"]))


def pictures_of(case: Case) -> list[str]:
    """SHA-256 of the photos that are kept, and of the faces cut out of them."""
    rows = db.session.execute(
        select(PersonPhoto.sha256, PersonPhoto.face_sha256).where(
            conditions(case)["person_photos"], PersonPhoto.purged_at.is_(None)
        )
    )
    return [sha256 for row in rows for sha256 in row]
