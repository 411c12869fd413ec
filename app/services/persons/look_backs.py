"""Look-backs as they are asked for, ended and shown; `services.persons.looking_back` does them.

A grant asks for one, and anybody with the right may ask again while the authorisation is in force.
State is in PostgreSQL; Redis carries the id, and what it loses the scheduler puts in again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, func, or_, select, update

from app.errors import Conflict
from app.extensions import db
from app.models import (
    Case,
    Face,
    LookBackState,
    PersonAuthorisation,
    PersonLookBack,
    PersonOfInterest,
    Sweep,
    Visit,
)
from app.models.columns import utc_now
from app.models.look_backs import OPEN_LOOK_BACKS
from app.services.base import dispatch, person_records
from app.services.base.actors import Actor
from app.services.base.rights import PERSONS
from app.services.base.searchable import require_searchable
from app.services.persons import finding

MAX_ATTEMPTS: Final = 5
STALE_AFTER: Final = timedelta(minutes=2)
"""A worker that has said nothing for so long is dead: a batch takes about a second."""
PATIENCE: Final = timedelta(seconds=20)
"""One that was put into Redis less than this ago may still be on its way to a worker."""
TOO_MANY_DEATHS: Final = f"Workers died at it {MAX_ATTEMPTS} times. Look back again."
AUTHORISATION_OVER: Final = "The authorisation was over before it was through."


@dataclass(frozen=True, slots=True)
class KeptFaces:
    """How many faces a case's own sweeps have kept until now, and when they were seen."""

    faces: int
    oldest_at: datetime | None
    newest_at: datetime | None


def kept_faces(case: Case) -> KeptFaces:
    """What a look-back of this case would go through now."""
    row = db.session.execute(
        select(func.count(Face.id), func.min(Face.best_at), func.max(Face.best_at))
        .join(Visit, Visit.id == Face.visit_id)
        .join(Sweep, Sweep.id == Visit.sweep_id)
        .where(is_kept_of(case.id))
    ).one()
    return KeptFaces(int(row[0]), row[1], row[2])


def is_kept_of(case_id: int) -> ColumnElement[bool]:
    """Whether a face was found by this case's own sweeps and has not expired; joins the sweep.

    Faces that a purged case left to this one are not its own.
    """
    return (Sweep.case_id == case_id) & ~Sweep.is_inherited & (Face.expires_at > utc_now())


def ask(actor: Actor, case: Case, person_id: int) -> PersonLookBack:
    """Compare what the case's sweeps have kept with a person in force, once more.

    Raises Conflict where nothing is in force, or it is being done already; Refused while the case
    may not be searched for.
    """
    PERSONS.require(actor)
    require_searchable(case)
    person = finding.find_person(actor, case, person_id)
    granted = person.granted
    if granted is not None:
        db.session.refresh(granted, with_for_update={"read": True})
    if granted is None or not finding.is_in_force(person):
        raise Conflict(
            f"No authorisation of {person.label} is in force: nothing is compared with them."
        )
    if _open_of(granted) is not None:
        raise Conflict("The kept faces are being compared already.")
    look_back = add(actor, person, granted)
    details = {"authorisation": granted.id, "look_back": look_back.id}
    person_records.note(actor, "look_back_ask", case, person, details)
    db.session.commit()
    hand_over(look_back)
    return look_back


def add(actor: Actor, person: PersonOfInterest, granted: PersonAuthorisation) -> PersonLookBack:
    """Write down that it is to be done. Does not commit: `hand_over` comes after the commit."""
    look_back = PersonLookBack(
        person_id=person.id,
        authorisation_id=granted.id,
        asked_by_id=actor.user_id,
        asked_by_name=actor.name[:254],
        queued_at=utc_now(),
    )
    db.session.add(look_back)
    db.session.flush()
    return look_back


def hand_over(look_back: PersonLookBack) -> None:
    """Hand a committed one to the workers; without Redis it waits until that is back."""
    dispatch.enqueue_look_back(look_back.id, look_back.attempt)


def list_of(person: PersonOfInterest) -> Sequence[PersonLookBack]:
    """All of one person, the newest first."""
    return db.session.scalars(
        select(PersonLookBack)
        .where(PersonLookBack.person_id == person.id)
        .order_by(PersonLookBack.id.desc())
    ).all()


def end_of(actor: Actor, authorisation: PersonAuthorisation) -> None:
    """What is not through yet ends with its authorisation. Does not commit.

    The authorisation's own end must be flushed before: a batch holds it, and then its look-back.
    """
    db.session.flush()
    look_back = _open_of(authorisation, lock=True)
    if look_back is not None:
        settle(actor, look_back, LookBackState.ENDED, AUTHORISATION_OVER)


def settle(
    actor: Actor, look_back: PersonLookBack, state: LookBackState, problem: str = ""
) -> None:
    """Say that it is over, and put what it compared on record. Does not commit."""
    look_back.state, look_back.problem, look_back.finished_at = state, problem, utc_now()
    case = db.session.get_one(Case, look_back.person.case_id)
    details = {
        "look_back": look_back.id,
        "authorisation": look_back.authorisation_id,
        "state": state.value,
        "faces": look_back.faces,
        "faces_kept": look_back.faces_kept,
        "faces_of_other_models": look_back.faces_of_other_models,
        "proposed": look_back.proposed,
        "seen_from": _iso(look_back.oldest_at),
        "seen_until": _iso(look_back.newest_at),
    }
    person_records.note(actor, "look_back", case, look_back.person, details)


def rescue() -> int:
    """Put look-backs in again that Redis lost, or whose worker fell silent. Returns how many.

    Raises one of `queues.RedisDown`.
    """
    db.session.execute(
        update(PersonLookBack)
        .where(
            PersonLookBack.state == LookBackState.RUNNING,
            PersonLookBack.beat_at < utc_now() - STALE_AFTER,
        )
        .values(state=LookBackState.WAITING, queued_at=None)
    )
    db.session.commit()
    before = utc_now() - PATIENCE
    lost = db.session.execute(
        select(PersonLookBack.id, PersonLookBack.attempt).where(
            PersonLookBack.state == LookBackState.WAITING,
            or_(PersonLookBack.queued_at.is_(None), PersonLookBack.queued_at < before),
        )
    ).all()
    db.session.rollback()
    if not lost:
        return 0
    waiting = dispatch.waiting_look_backs()
    again = [(row.id, row.attempt) for row in lost if row.id not in waiting]
    dispatch.put_look_backs_again(again)
    db.session.execute(
        update(PersonLookBack)
        .where(
            PersonLookBack.id.in_([one for one, _ in again]),
            PersonLookBack.state == LookBackState.WAITING,
        )
        .values(queued_at=utc_now())
    )
    db.session.commit()
    return len(again)


def _open_of(authorisation: PersonAuthorisation, *, lock: bool = False) -> PersonLookBack | None:
    statement = select(PersonLookBack).where(
        PersonLookBack.authorisation_id == authorisation.id,
        PersonLookBack.state.in_(OPEN_LOOK_BACKS),
    )
    if lock:
        statement = statement.with_for_update(of=PersonLookBack).execution_options(
            populate_existing=True
        )
    return db.session.scalar(statement)


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")
