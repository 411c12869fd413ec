"""The end of an authorisation: by its time, by somebody's word, or with its case.

Whatever ends, no face is compared with the person from that moment, and what nobody had settled is
shown to nobody. Comparing asks for the time itself (`finding.in_force`), so that a scheduler which
stands still lets nothing go on; it only writes down here what is over already.
"""

from __future__ import annotations

from sqlalchemy import select, update

from app.extensions import db
from app.models import (
    AuthorisationState,
    Case,
    PersonAuthorisation,
    PersonOfInterest,
    PersonSighting,
)
from app.models.columns import utc_now
from app.services.base import person_records
from app.services.base.actors import Actor
from app.services.persons import look_backs, telling

CASE_CLOSED = "The case was closed."
TIME_OVER = "Its time is over."
_OPEN = (AuthorisationState.REQUESTED, AuthorisationState.GRANTED)


def end_expired(actor: Actor) -> int:
    """End every authorisation and request whose time is over, and tell. Commits; returns how many.

    Each is a transaction of its own; two schedulers do no harm.
    """
    ended = 0
    while (authorisation := _take_expired()) is not None:
        person = authorisation.person
        _close_and_note(actor, authorisation, AuthorisationState.EXPIRED, TIME_OVER)
        if person.granted is None:
            _withdraw(person)
        else:
            telling.withdraw_request(authorisation)
        db.session.commit()
        ended += 1
    db.session.rollback()
    return ended


def end_person(actor: Actor, person: PersonOfInterest, reason: str) -> None:
    """End what is in force and take back what waits. Does not commit."""
    for authorisation in person.authorisations:
        if authorisation.state is AuthorisationState.GRANTED:
            _close_and_note(actor, authorisation, AuthorisationState.ENDED, reason)
        elif authorisation.state is AuthorisationState.REQUESTED:
            _close_and_note(actor, authorisation, AuthorisationState.WITHDRAWN, reason)
    _withdraw(person)


def end_case(actor: Actor, case: Case) -> None:
    """End all that is in force or waits in a case that is closed. Does not commit."""
    persons = db.session.scalars(
        select(PersonOfInterest)
        .join(PersonAuthorisation, PersonAuthorisation.person_id == PersonOfInterest.id)
        .where(PersonOfInterest.case_id == case.id, PersonAuthorisation.state.in_(_OPEN))
        .order_by(PersonOfInterest.id)
    ).unique()
    for person in persons.all():
        end_person(actor, person, CASE_CLOSED)


def close(
    actor: Actor, authorisation: PersonAuthorisation, state: AuthorisationState, reason: str
) -> None:
    """Write down that an authorisation or a request is over. Does not commit."""
    authorisation.state, authorisation.end_reason = state, reason
    authorisation.ended_at, authorisation.ended_by_name = utc_now(), actor.name
    look_backs.end_of(actor, authorisation)


def bring_back(person: PersonOfInterest) -> None:
    """Show again what waited when an earlier authorisation ended. Does not commit."""
    db.session.execute(
        update(PersonSighting)
        .where(PersonSighting.person_id == person.id, PersonSighting.withdrawn_at.is_not(None))
        .values(withdrawn_at=None)
    )


def _close_and_note(
    actor: Actor, authorisation: PersonAuthorisation, state: AuthorisationState, reason: str
) -> None:
    close(actor, authorisation, state, reason)
    person = authorisation.person
    verb = "expire" if state is AuthorisationState.EXPIRED else "end"
    case = db.session.get_one(Case, person.case_id)
    details = {"authorisation": authorisation.id, "state": state.value, "reason": reason}
    person_records.note(actor, verb, case, person, details)
    telling.tell_of_end(authorisation, reason)


def _withdraw(person: PersonOfInterest) -> None:
    """Nothing of the person waits for anybody any more; what was settled stays as it is."""
    db.session.flush()
    db.session.execute(
        update(PersonSighting)
        .where(
            PersonSighting.person_id == person.id,
            PersonSighting.awaits.is_not(None),
            PersonSighting.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=utc_now())
    )
    telling.withdraw(person)


def _take_expired() -> PersonAuthorisation | None:
    """One whose time is over, with its person held against somebody who decides at this moment."""
    return db.session.scalar(
        select(PersonAuthorisation)
        .join(PersonAuthorisation.person)
        .where(PersonAuthorisation.state.in_(_OPEN), PersonAuthorisation.expires_at <= utc_now())
        .order_by(PersonAuthorisation.id)
        .limit(1)
        .with_for_update(
            skip_locked=True, key_share=True, of=(PersonAuthorisation, PersonOfInterest)
        )
        .execution_options(populate_existing=True)
    )
