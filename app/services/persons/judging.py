"""What people say of faces proposed for persons of interest: always blind, always two of them.

Whoever has not judged a face sees face, photos, place and time. Similarity and what others said
come after one's own verdict, or when it is settled; then no verdict is taken back any more. So a
person's first word on a face is blind without anything being asked of the log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import joinedload, selectinload

from app.current import settings
from app.errors import Conflict, Forbidden, NotFound
from app.extensions import db
from app.inputs.persons import PersonPageQuery, PersonVerdictInput
from app.models import (
    Case,
    Face,
    PersonOfInterest,
    PersonSighting,
    PersonVerdict,
    ReviewStage,
)
from app.models.columns import utc_now
from app.models.persons import FEWEST_JUDGES
from app.services.base import person_records
from app.services.base.actors import Actor
from app.services.base.pages import Page, paginate
from app.services.base.rights import PERSONS
from app.services.persons import finding, telling
from app.services.reviews.standing import needs_blindness, reviewer_of, standing_of, words_of

NOT_IN_FORCE = (
    "The authorisation is over: nothing of this person is judged any more until another is granted."
)
NOT_BLIND = (
    "You have seen what others said of this face since your first verdict, so a confirmation would "
    "not be a blind one. Rejected and unsure are taken."
)
SETTLED = "It is settled by as many people as were asked; nothing of it is taken back any more."
_SHOWN = (
    joinedload(PersonSighting.face).joinedload(Face.footage),
    joinedload(PersonSighting.camera),
    joinedload(PersonSighting.embedder),
    joinedload(PersonSighting.authorisation),
    joinedload(PersonSighting.person).selectinload(PersonOfInterest.photos),
    selectinload(PersonSighting.verdicts),
)


def list_waiting(actor: Actor, case: Case, query: PersonPageQuery) -> Page[PersonSighting]:
    """What waits for this account: faces that it has not judged, the longest waiting first."""
    PERSONS.require(actor)
    statement = (
        select(PersonSighting)
        .options(*_SHOWN)
        .where(*_waits_for(actor, case))
        .order_by(PersonSighting.id)
    )
    return paginate(statement, query.page, query.per_page)


def count_waiting(actor: Actor, case: Case) -> int:
    """How many faces wait for this account."""
    counted = select(func.count(PersonSighting.id)).where(*_waits_for(actor, case))
    return db.session.scalar(counted) or 0


def list_known(
    actor: Actor, case: Case, query: PersonPageQuery, person: PersonOfInterest | None = None
) -> Page[PersonSighting]:
    """What this account may know of: faces that are settled, and those that it has judged."""
    PERSONS.require(actor)
    statement = (
        select(PersonSighting)
        .options(*_SHOWN)
        .where(_of_case(case), PersonSighting.withdrawn_at.is_(None), _is_known_to(actor))
        .order_by(PersonSighting.seen_at.desc(), PersonSighting.id.desc())
    )
    if person is not None:
        statement = statement.where(PersonSighting.person_id == person.id)
    return paginate(statement, query.page, query.per_page)


def list_leads(actor: Actor, case: Case) -> Sequence[PersonSighting]:
    """What as many people as are needed have confirmed, in the order of time."""
    PERSONS.require(actor)
    return db.session.scalars(
        select(PersonSighting)
        .options(*_SHOWN)
        .where(_of_case(case), PersonSighting.withdrawn_at.is_(None), PersonSighting.is_lead)
        .order_by(PersonSighting.seen_at, PersonSighting.id)
    ).all()


def find_sighting(actor: Actor, case: Case, sighting_id: int) -> PersonSighting:
    """One face that this account may judge or know of. Raises NotFound."""
    PERSONS.require(actor)
    sighting = db.session.scalar(
        select(PersonSighting)
        .options(*_SHOWN)
        .where(
            PersonSighting.id == sighting_id,
            _of_case(case),
            PersonSighting.withdrawn_at.is_(None),
        )
    )
    if sighting is None:
        raise NotFound(f"Case {case.number} has no such face to judge.")
    if not knows(actor, sighting) and not finding.is_in_force(sighting.person):
        raise NotFound(f"Case {case.number} has no such face to judge.")
    return sighting


def knows(actor: Actor, sighting: PersonSighting) -> bool:
    """Whether similarity and verdicts may be shown: it is settled, or this account has judged."""
    return sighting.awaits is None or has_judged(actor, sighting)


def has_judged(actor: Actor, sighting: PersonSighting) -> bool:
    """Whether this account has ever given a verdict on it, taken back or not."""
    return any(one.reviewer_id == actor.user_id for one in sighting.verdicts)


def judge(actor: Actor, case: Case, sighting_id: int, given: PersonVerdictInput) -> PersonSighting:
    """Record a verdict. Two different people confirm before it is a lead, whatever is set.

    Raises Conflict where the authorisation is over, or it is settled, or somebody who has seen what
    others said would confirm it; Forbidden for whoever has no account.
    """
    if actor.user_id is None:
        raise Forbidden("A verdict is a person's: name your account.")
    sighting = _locked(actor, case, sighting_id)
    if not finding.is_in_force(sighting.person):
        raise Conflict(NOT_IN_FORCE)
    if sighting.awaits is None:
        raise Conflict(SETTLED)
    verdict = PersonVerdict(
        sighting_id=sighting.id,
        reviewer_id=actor.user_id,
        reviewer_name=actor.name[:254],
        verdict=given.verdict,
        remarks=given.remarks,
        blind=not has_judged(actor, sighting),
    )
    words = words_of(sighting.verdicts)
    if needs_blindness(words, reviewer_of(verdict), verdict) and not verdict.blind:
        raise Conflict(NOT_BLIND)
    db.session.add(verdict)
    return _settle(actor, case, sighting, "review", {"blind": verdict.blind})


def undo(actor: Actor, case: Case, sighting_id: int) -> PersonSighting:
    """Take one's own last verdict back. Raises Conflict without one, or when it is settled."""
    sighting = _locked(actor, case, sighting_id)
    own = [
        one
        for one in sighting.verdicts
        if one.reviewer_id == actor.user_id and one.undone_at is None
    ]
    if not own:
        raise Conflict("There is no verdict to take back.")
    if sighting.awaits is None:
        raise Conflict(SETTLED)
    own[-1].undone_at = utc_now()
    details = {"verdict_taken_back": own[-1].verdict.value}
    return _settle(actor, case, sighting, "undo_review", details)


def needed_of(case: Case) -> int:
    """How many people must confirm a face in this case: never fewer than two."""
    return max(FEWEST_JUDGES, settings().reviews_needed, case.reviews_needed or 1)


def _settle(
    actor: Actor, case: Case, sighting: PersonSighting, verb: str, details: Mapping[str, object]
) -> PersonSighting:
    db.session.flush()
    db.session.refresh(sighting, ["verdicts"])
    words = list(words_of(sighting.verdicts).values())
    now = standing_of(words, needed_of(case))
    sighting.state, sighting.is_lead, sighting.awaits = now.state, now.is_lead, now.awaits
    if len(words) < FEWEST_JUDGES and sighting.awaits is None:
        sighting.awaits = ReviewStage.SECOND  # one person alone settles nothing, not even a no
    told = {
        "sighting": sighting.id,
        "verdicts": [one.value for one in words],
        "state": now.state.value,
        "is_lead": now.is_lead,
        **details,
    }
    person_records.note(actor, verb, case, sighting.person, told)
    db.session.flush()
    telling.follow_verdict(actor, sighting)
    db.session.commit()
    return find_sighting(actor, case, sighting.id)


def _locked(actor: Actor, case: Case, sighting_id: int) -> PersonSighting:
    db.session.execute(
        select(PersonSighting.id).where(PersonSighting.id == sighting_id).with_for_update()
    )
    sighting = find_sighting(actor, case, sighting_id)
    db.session.refresh(sighting)
    return sighting


def _of_case(case: Case) -> ColumnElement[bool]:
    return PersonSighting.person_id.in_(
        select(PersonOfInterest.id).where(PersonOfInterest.case_id == case.id)
    )


def _judged(actor: Actor) -> ColumnElement[bool]:
    given = select(PersonVerdict.id).where(
        PersonVerdict.sighting_id == PersonSighting.id, PersonVerdict.reviewer_id == actor.user_id
    )
    return given.exists()


def _is_known_to(actor: Actor) -> ColumnElement[bool]:
    return PersonSighting.awaits.is_(None) | _judged(actor)


def _waits_for(actor: Actor, case: Case) -> list[ColumnElement[bool]]:
    standing = select(PersonVerdict.id).where(
        PersonVerdict.sighting_id == PersonSighting.id,
        PersonVerdict.reviewer_id == actor.user_id,
        PersonVerdict.undone_at.is_(None),
    )
    return [
        PersonSighting.person_id.in_(finding.ids_in_force(case)),
        PersonSighting.withdrawn_at.is_(None),
        PersonSighting.awaits.is_not(None),
        ~standing.exists(),
    ]
