"""Asking to look for a person of interest, and a second person's decision.

Nobody decides what they asked for themselves. What was asked and decided is never overwritten: an
extension is another request, decided like the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.current import settings
from app.errors import Conflict, Forbidden, Refused
from app.extensions import db
from app.inputs.persons import (
    PersonAuthorisationInput,
    PersonDecisionInput,
    PersonEndInput,
    PersonInput,
)
from app.models import AuthorisationState, Case, PersonAuthorisation, PersonOfInterest
from app.models.columns import utc_now
from app.services.base import person_records, purposes
from app.services.base.actors import Actor
from app.services.base.rights import PERSONS
from app.services.base.searchable import hold_searchable, require_searchable
from app.services.persons import ending, finding, look_backs, person_photos, telling

MOST_PERSONS: Final = 50
"""Of one case: what is more than these is no list of persons, but of a crowd."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a request may ask for: how many days, and what is added to every threshold."""

    most_days: int
    threshold_raise: float


def limits() -> Limits:
    """The limits of this installation."""
    return Limits(settings().poi_authorisation_days, settings().poi_threshold_raise)


def request_person(
    actor: Actor, case: Case, given: PersonInput, files: Sequence[bytes]
) -> PersonOfInterest:
    """Ask for a person of interest, with at least one photo. Nothing is compared before a decision.

    Raises Conflict for a label that the case has, Refused for a time that is too long, without a
    photo or while the case may not be searched for; PhotoRefused as for reference photos.
    """
    user_id = _person(actor)
    PERSONS.require(actor)
    require_searchable(case)
    if not files:
        raise Refused("Hand in at least one photo.", {"photos": "choose at least one"})
    _refuse_name(given.name, label=given.label, **_kept_words(given))
    checked = person_photos.check_all(files)
    hold_searchable(case)
    if len(finding.list_persons(actor, case)) >= MOST_PERSONS:
        raise Refused(f"A case has at most {MOST_PERSONS} persons of interest.")
    asked_for = given.model_dump(exclude=set(PersonAuthorisationInput.model_fields))
    person = PersonOfInterest(
        case_id=case.id, created_by_id=user_id, created_by_name=actor.name[:254], **asked_for
    )
    db.session.add(person)
    try:
        db.session.flush()
    except IntegrityError as error:
        db.session.rollback()
        raise Conflict(
            f"This case has a person of interest {given.label} already; choose another label."
        ) from error
    for one in checked:
        person_photos.keep(actor, person, one)
    asked = _ask(actor, user_id, person, given)
    person_records.note(actor, "request", case, person, {**_facts(asked), "photos": len(checked)})
    db.session.commit()
    return finding.find_person(actor, case, person.id)


def request_extension(
    actor: Actor,
    case: Case,
    person_id: int,
    given: PersonAuthorisationInput,
    files: Sequence[bytes] = (),
) -> PersonOfInterest:
    """Ask for more time, or to begin again after it was over; photos may come with it.

    Raises Conflict while a request waits already or nothing is kept of the person any more;
    otherwise like `request_person`.
    """
    user_id = _person(actor)
    PERSONS.require(actor)
    require_searchable(case)
    checked = person_photos.check_all(files)
    hold_searchable(case)
    person = _locked(actor, case, person_id)
    _refuse_name(person.name, **_kept_words(given))
    if person.purged_at is not None:
        raise Conflict(
            f"Nothing is kept of {person.label} any more: ask for a new person of interest."
        )
    if person.requested is not None:
        raise Conflict(f"A request for {person.label} waits for its decision already.")
    for one in checked:
        person_photos.keep(actor, person, one)
    asked = _ask(actor, user_id, person, given)
    person_records.note(actor, "extend", case, person, {**_facts(asked), "photos": len(checked)})
    db.session.commit()
    return finding.find_person(actor, case, person_id)


def decide(
    actor: Actor, case: Case, person_id: int, given: PersonDecisionInput
) -> PersonOfInterest:
    """Grant or refuse the request that waits. A grant takes the place of one that is in force.

    With a grant, what the case's sweeps have kept is compared, too (`services.persons.look_backs`).

    Raises Forbidden for whoever asked, Conflict where no request waits or its photos are others
    than those that the decider looked at, Refused where its time is over.
    """
    user_id = _person(actor)
    PERSONS.require(actor)
    hold_searchable(case)
    person = _locked(actor, case, person_id)
    _refuse_name(person.name, remarks=given.remarks)
    asked = person.requested
    if asked is None:
        raise Conflict(f"No request for {person.label} waits for a decision.")
    if asked.requested_by_id == user_id:
        raise Forbidden("Somebody else decides on this: nobody authorises what they asked for.")
    photo_ids = {photo.id for photo in finding.photos_in_use(person)}
    if given.grant:
        _check_grant(asked, photo_ids, set(given.photo_ids))
        _replace(actor, person)
    asked.state = AuthorisationState.GRANTED if given.grant else AuthorisationState.REFUSED
    asked.decided_by_id, asked.decided_by_name = user_id, actor.name
    asked.decided_at, asked.decision_remarks = utc_now(), given.remarks
    look_back = None
    if given.grant:
        asked.photo_ids = sorted(photo_ids)
        ending.bring_back(person)
        look_back = look_backs.add(actor, person, asked)
    telling.settle_request(actor, asked)
    verb = "grant" if given.grant else "refuse"
    details = {**_facts(asked), "photos": sorted(photo_ids), "remarks": given.remarks}
    person_records.note(actor, verb, case, person, details)
    db.session.commit()
    if look_back is not None:
        look_backs.hand_over(look_back)
    return finding.find_person(actor, case, person_id)


def end(actor: Actor, case: Case, person_id: int, given: PersonEndInput) -> PersonOfInterest:
    """Take a request back, and end what is in force; with a right, whoever asked or not.

    Raises Conflict where there is nothing to end.
    """
    PERSONS.require(actor)
    person = _locked(actor, case, person_id)
    _refuse_name(person.name, reason=given.reason)
    if person.requested is None and person.granted is None:
        raise Conflict(f"Nothing of {person.label} is in force or waits for a decision.")
    ending.end_person(actor, person, given.reason)
    db.session.commit()
    return finding.find_person(actor, case, person_id)


def _ask(
    actor: Actor, user_id: int, person: PersonOfInterest, given: PersonAuthorisationInput
) -> PersonAuthorisation:
    now, most_days = utc_now(), limits().most_days
    if given.expires_at <= now:
        raise Refused("The time asked for is over already.", {"expires_at": "lies in the past"})
    if given.expires_at > now + timedelta(days=most_days):
        raise Refused(
            f"An authorisation lasts at most {most_days} days; it can be extended.",
            {"expires_at": f"is more than {most_days} days away"},
        )
    asked = PersonAuthorisation(
        person_id=person.id,
        legal_basis=given.legal_basis,
        order_reference=given.order_reference,
        requested_by_id=user_id,
        requested_by_name=actor.name[:254],
        requested_at=now,
        expires_at=given.expires_at,
    )
    db.session.add(asked)
    db.session.flush()
    telling.tell_of_request(person, asked)
    return asked


def _check_grant(asked: PersonAuthorisation, photo_ids: set[int], seen_ids: set[int]) -> None:
    if not asked.is_in_time:
        raise Refused("The time that was asked for is over: ask again.")
    if not photo_ids:
        raise Refused("There is no photo to look for: add one first.")
    if photo_ids != seen_ids:
        raise Conflict("The photos have changed since you looked at them: look again, then decide.")


def _replace(actor: Actor, person: PersonOfInterest) -> None:
    before = person.granted
    if before is not None:
        ending.close(actor, before, AuthorisationState.ENDED, "Extended.")
        db.session.flush()


def _locked(actor: Actor, case: Case, person_id: int) -> PersonOfInterest:
    """The person, held against others who decide or end at the same moment."""
    PERSONS.require(actor)
    db.session.execute(
        select(PersonOfInterest.id)
        .where(PersonOfInterest.id == person_id, PersonOfInterest.case_id == case.id)
        .with_for_update(key_share=True)
    )
    person = finding.find_person(actor, case, person_id)
    for one in person.authorisations:
        db.session.refresh(one)
    return person


def _kept_words(given: PersonAuthorisationInput) -> dict[str, str]:
    return {"legal_basis": given.legal_basis, "order_reference": given.order_reference}


def _refuse_name(name: str, **fields: str) -> None:
    """Raises Refused where something that stays in the audit log for good holds the name."""
    wrong = [field for field, text in fields.items() if purposes.names(text, name)]
    if wrong:
        raise Refused(
            "This stays in the audit log for good, also after everything else was deleted: write "
            "it without the person's name.",
            dict.fromkeys(wrong, "write it without the person's name"),
        )


def _facts(asked: PersonAuthorisation) -> dict[str, object]:
    return {
        "authorisation": asked.id,
        "order_reference": asked.order_reference,
        "legal_basis": asked.legal_basis,
        "expires_at": asked.expires_at,
    }


def _person(actor: Actor) -> int:
    if actor.user_id is None:
        raise Forbidden("This needs two people with accounts: name yours.")
    return actor.user_id
