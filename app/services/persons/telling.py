"""Telling people of persons of interest: only those who have the right, and see the case.

Alerts are of a kind of their own, in the bell and by mail alone. Open maps of the case are not told
by its live events, which everybody with the case open receives.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, select

from app.extensions import db
from app.models import (
    AlertKind,
    Case,
    PersonAuthorisation,
    PersonLookBack,
    PersonOfInterest,
    PersonSighting,
    ReviewStage,
)
from app.models.accounts import User
from app.outputs import LEAD_NOTICE
from app.services.base.access import visible_to
from app.services.base.actors import Actor
from app.services.base.links import link_to, path_to
from app.services.base.rights import PERSONS
from app.services.messages import alerts, outbox

ENDED = "An authorisation that you asked for or decided has ended"
NOT_DECIDED = "A request of yours has ended that nobody decided on"

_COMPARED_NO_MORE = (
    "No face is compared with them any more. What was waiting to be judged is no longer shown."
)
_NEVER_COMPARED = "Because of this request no face was compared with them."


def tell_of_request(person: PersonOfInterest, asked: PersonAuthorisation) -> None:
    """Say that a request waits for a second person. Does not commit."""
    case = db.session.get_one(Case, person.case_id)
    alerts.raise_alert(
        case,
        AlertKind.PERSON_OF_INTEREST,
        title=f"Person of interest {person.label}: a request waits for a second person's decision",
        path=path_to("persons.show", number=case.number, person_id=person.id),
        dedupe_key=_request_key(asked),
        person=person,
        not_for=(asked.requested_by_id,),
    )


def settle_request(actor: Actor, asked: PersonAuthorisation) -> None:
    """The decision answers the request's alert. Does not commit."""
    alerts.acknowledge_by_key(actor, _request_key(asked))


def tell_of_sighting(sighting: PersonSighting) -> None:
    """Say that a face waits to be judged. Does not commit."""
    person, case = sighting.person, sighting.person.case
    alerts.raise_alert(
        case,
        AlertKind.PERSON_OF_INTEREST,
        title=f"Person of interest {person.label}: a face to judge, at {sighting.camera.name}",
        path=_face_path(sighting),
        dedupe_key=_sighting_key(sighting),
        person=person,
    )


def tell_of_look_back(look_back: PersonLookBack) -> None:
    """Say once how many faces of earlier sweeps wait to be judged, if any. Does not commit."""
    if not look_back.proposed:
        return
    person = look_back.person
    case = db.session.get_one(Case, person.case_id)
    faces = "a face" if look_back.proposed == 1 else f"{look_back.proposed} faces"
    alerts.raise_alert(
        case,
        AlertKind.PERSON_OF_INTEREST,
        title=f"Person of interest {person.label}: {faces} to judge, from earlier sweeps",
        path=path_to("persons.queue", number=case.number),
        dedupe_key=_look_back_key(look_back.id),
        person=person,
    )


def withdraw_request(asked: PersonAuthorisation) -> None:
    """The request waits for nobody any more, though the person is looked for. Does not commit."""
    alerts.withdraw_by_key(_request_key(asked))


def follow_verdict(actor: Actor, sighting: PersonSighting) -> None:
    """Bring alerts in line with how the face stands after a verdict. Does not commit.

    The first one answers the face's alert, and asks others for theirs; what settles it answers
    that. Of a look-back's faces all are told of together.
    """
    key = _sighting_key(sighting)
    of_face: list[ColumnElement[bool]] = [PersonSighting.id == sighting.id]
    where, path = f"a face at {sighting.camera.name}", _face_path(sighting)
    if sighting.look_back_id is not None:
        key = _look_back_key(sighting.look_back_id)
        of_face = [PersonSighting.look_back_id == sighting.look_back_id]
        where = "faces from earlier sweeps"
        path = path_to("persons.queue", number=sighting.person.case.number)
    waiting = db.session.scalars(
        select(PersonSighting).where(*of_face, PersonSighting.awaits.is_not(None))
    ).all()
    if any(one.awaits is ReviewStage.FIRST for one in waiting):
        return
    alerts.acknowledge_by_key(actor, key)
    judges = [_judges(one) for one in waiting]
    given = min(map(len, judges), default=len(_judges(sighting)))
    for fewer in range(1, given):
        alerts.acknowledge_by_key(actor, f"{key}, after {fewer}")
    if not waiting:
        return
    alerts.raise_alert(
        sighting.person.case,
        AlertKind.PERSON_OF_INTEREST,
        title=f"Person of interest {sighting.person.label}: another verdict is open on {where}",
        path=path,
        dedupe_key=f"{key}, after {given}",
        person=sighting.person,
        not_for=set.intersection(*judges),
    )


def _judges(sighting: PersonSighting) -> set[int]:
    return {one.reviewer_id for one in sighting.verdicts if one.undone_at is None}


def withdraw(person: PersonOfInterest) -> None:
    """Nothing about this person waits for anybody any more. Does not commit."""
    alerts.withdraw_of_person(person)


def tell_of_end(authorisation: PersonAuthorisation, sentence: str) -> None:
    """Write to whoever asked and whoever decided, if they still have the right. No commit.

    The mail names the case, never the person.
    """
    person = authorisation.person
    case = db.session.get_one(Case, person.case_id)
    people = db.session.scalars(
        select(User)
        .join(Case, Case.id == case.id)
        .where(
            User.id.in_({authorisation.requested_by_id, authorisation.decided_by_id}),
            PERSONS.holders(),
            visible_to(User.id),
        )
        .order_by(User.id)
    ).all()
    link = link_to("persons.show", number=case.number, person_id=person.id)
    was_granted = authorisation.decided_at is not None
    meaning = _COMPARED_NO_MORE if was_granted else _NEVER_COMPARED
    text = (
        f"Case {case.number}, person of interest {person.label}: {sentence}\n\n"
        f"{meaning}\n\n{link}\n\n{LEAD_NOTICE}"
    )
    for user in people:
        outbox.queue_mail(
            to=user.email,
            subject=f"Case {case.number}: {ENDED if was_granted else NOT_DECIDED}",
            text=text,
            dedupe_key=f"{end_key(authorisation.id)}{user.id}",
        )


def end_key(authorisation_id: int) -> str:
    """What the keys of all mails about the end of an authorisation begin with."""
    return f"end of person authorisation {authorisation_id} to "


def _request_key(asked: PersonAuthorisation) -> str:
    return f"person authorisation {asked.id}"


def _look_back_key(look_back_id: int) -> str:
    return f"person look-back {look_back_id}"


def _face_path(sighting: PersonSighting) -> str:
    number = sighting.person.case.number
    return path_to("persons.judge", number=number, candidate_id=sighting.id)


def _sighting_key(sighting: PersonSighting) -> str:
    return f"person sighting {sighting.id}"
