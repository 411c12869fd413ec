"""Persons of interest of a case, and which of them may be looked for at this moment."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import selectinload

from app.errors import NotFound
from app.extensions import db
from app.models import (
    AuthorisationState,
    Case,
    CaseState,
    PersonAuthorisation,
    PersonOfInterest,
    PersonPhoto,
)
from app.models.columns import utc_now
from app.services.base.actors import Actor
from app.services.base.rights import PERSONS

SHOWN = (
    selectinload(PersonOfInterest.authorisations),
    selectinload(PersonOfInterest.photos),
    selectinload(PersonOfInterest.case),
)


def list_persons(actor: Actor, case: Case) -> Sequence[PersonOfInterest]:
    """All persons of interest of a case, ended ones too, the newest first. Raises NotFound."""
    PERSONS.require(actor)
    return db.session.scalars(
        select(PersonOfInterest)
        .options(*SHOWN)
        .where(PersonOfInterest.case_id == case.id)
        .order_by(PersonOfInterest.id.desc())
    ).all()


def find_person(actor: Actor, case: Case, person_id: int) -> PersonOfInterest:
    """One person of interest of this case. Raises NotFound."""
    PERSONS.require(actor)
    person = db.session.scalar(
        select(PersonOfInterest)
        .options(*SHOWN)
        .where(PersonOfInterest.id == person_id, PersonOfInterest.case_id == case.id)
    )
    if person is None:
        raise NotFound(f"Case {case.number} has no such person of interest.")
    return person


def in_force() -> ColumnElement[bool]:
    """Whether an authorisation lets its person be looked for now; joins authorisation and case.

    Asked at every query: that the scheduler has not ended it yet changes nothing.
    """
    now = utc_now()
    return (
        (PersonAuthorisation.state == AuthorisationState.GRANTED)
        & (PersonAuthorisation.expires_at > now)
        & (Case.state == CaseState.OPEN)
        & (Case.legal_basis_expires_at > now)
    )


def ids_in_force(case: Case) -> Select[int]:
    """The persons of a case who may be looked for now, for `IN`."""
    return (
        select(PersonAuthorisation.person_id)
        .join(PersonOfInterest, PersonOfInterest.id == PersonAuthorisation.person_id)
        .join(Case, Case.id == PersonOfInterest.case_id)
        .where(Case.id == case.id, in_force())
    )


def is_in_force(person: PersonOfInterest) -> bool:
    """Whether this person may be looked for now."""
    case, granted = person.case, person.granted
    return (
        granted is not None
        and granted.is_in_time
        and case.state is CaseState.OPEN
        and case.legal_basis_expires_at > utc_now()
    )


def photos_in_use(person: PersonOfInterest) -> list[PersonPhoto]:
    """The photos that were not taken out, oldest first."""
    return [photo for photo in person.photos if photo.active]
