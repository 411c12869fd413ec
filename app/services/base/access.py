"""Who may see a case: everybody whose role reads cases, or only the people on its list.

A role says what somebody may do at all; the list of a restricted case says who may do it there.
What somebody may not see is told apart from what does not exist nowhere: both are NotFound.
"""

from __future__ import annotations

from collections.abc import Set
from typing import Final

from sqlalchemy import (
    ColumnElement,
    Select,
    all_,
    and_,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.orm import InstrumentedAttribute

from app.errors import NotFound
from app.extensions import db
from app.models.access import CaseMember
from app.models.accounts import Role, User
from app.models.alerts import Alert
from app.models.cases import Case
from app.models.purges import CasePurge, PurgeState
from app.models.requests import FootageRequest
from app.models.sightings import Sighting
from app.models.sweeps import Sweep, Visit
from app.services.base.actors import SYSTEM_ROLE, Actor
from app.services.base.rights import PERSONS

MEMBER_ROLES: Final = frozenset(Role) - {Role.PARTNER}
"""Whose accounts may be on a case's list. A list never widens what a role may do."""


def visible_cases(actor: Actor) -> ColumnElement[bool]:
    """The condition on `Case` that holds for the cases that `actor` may see."""
    if actor.user_id is None:
        return true() if actor.role == SYSTEM_ROLE else false()
    return visible_to(actor.user_id)


def visible_ids(actor: Actor) -> Select[int]:
    """The ids of the cases that `actor` may see, for `IN`, wherever the statement has cases too."""
    return select(Case.id).where(visible_cases(actor)).correlate(None)


def visible_to(user_id: int | InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """The same for an account, whoever asks: whom a case's alerts may be sent to, for example."""
    return or_(~Case.restricted, _is_member(user_id))


def sees_case(actor: Actor, case_id: int) -> bool:
    """Whether `actor` may see the case with this id now."""
    wanted = exists().where(Case.id == case_id, visible_cases(actor))
    return bool(db.session.scalar(select(wanted)))


def still_seen(asked: Set[tuple[Actor, int]]) -> frozenset[tuple[Actor, int]]:
    """Those of the pairs of a reader and a case's id where the reader may see the case now."""
    people = {actor.user_id for actor, _ in asked if actor.user_id is not None}
    seen = db.session.execute(
        select(User.id, Case.id)
        .join(Case, or_(~Case.restricted, _is_member(User.id)))
        .where(User.id.in_(people), User.active, Case.id.in_({case_id for _, case_id in asked}))
    )
    allowed = {(row[0], row[1]) for row in seen}
    return frozenset(
        (actor, case_id)
        for actor, case_id in asked
        if (actor.user_id, case_id) in allowed
        or (actor.user_id is None and actor.role == SYSTEM_ROLE)
    )


def require_case(actor: Actor, number: str) -> Case:
    """The case with this number. Raises NotFound if there is none that `actor` may see."""
    case = db.session.scalar(select(Case).where(Case.number == number, visible_cases(actor)))
    if case is None:
        raise NotFound(f"There is no case {number}.")
    return case


def require_sweep(actor: Actor, sweep_id: int) -> None:
    """Raises NotFound unless there is such a sweep, of a case that `actor` may see."""
    wanted = select(Sweep.id).join(Case, Case.id == Sweep.case_id).where(Sweep.id == sweep_id)
    if db.session.scalar(wanted.where(visible_cases(actor))) is None:
        raise NotFound(f"There is no sweep {sweep_id}.")


def require_visit(actor: Actor, visit_id: int) -> None:
    """Raises NotFound unless there is such a visit, for a case that `actor` may see."""
    wanted = (
        select(Visit.id)
        .join(Sweep, Sweep.id == Visit.sweep_id)
        .join(Case, Case.id == Sweep.case_id)
        .where(Visit.id == visit_id)
    )
    if db.session.scalar(wanted.where(visible_cases(actor))) is None:
        raise NotFound(f"There is no visit {visit_id}.")


def require_sighting(actor: Actor, sighting_id: int) -> None:
    """Raises NotFound unless there is such a sighting, of a case that `actor` may see."""
    wanted = (
        select(Sighting.id)
        .join(Case, Case.id == Sighting.case_id)
        .where(Sighting.id == sighting_id)
    )
    if db.session.scalar(wanted.where(visible_cases(actor))) is None:
        raise NotFound(f"There is no sighting {sighting_id}.")


def require_request(actor: Actor, request_id: int) -> None:
    """Raises NotFound unless there is such a request, for a case that `actor` may see."""
    wanted = (
        select(FootageRequest.id)
        .join(Case, Case.id == FootageRequest.case_id)
        .where(FootageRequest.id == request_id)
    )
    if db.session.scalar(wanted.where(visible_cases(actor))) is None:
        raise NotFound(f"There is no request {request_id}.")


def visible_alerts(actor: Actor) -> ColumnElement[bool]:
    """The condition on `Alert` that holds unless `actor` lacks its right, or can do nothing of it.

    Whether its case may be seen is asked by `visible_cases`.
    """
    if actor.user_id is None:
        return true() if actor.role == SYSTEM_ROLE else Alert.person_id.is_(None)
    return visible_alerts_to(actor.user_id)


def visible_alerts_to(user_id: int) -> ColumnElement[bool]:
    """The same for an account, whoever asks."""
    has_right = or_(Alert.person_id.is_(None), PERSONS.held_by_user(user_id))
    return and_(has_right, literal(user_id) != all_(Alert.not_for_ids))


def require_alert(actor: Actor, alert_id: int) -> None:
    """Raises NotFound unless there is such an alert, of a case that `actor` may see."""
    wanted = select(Alert.id).join(Case, Case.id == Alert.case_id).where(Alert.id == alert_id)
    if db.session.scalar(wanted.where(visible_cases(actor), visible_alerts(actor))) is None:
        raise NotFound(f"There is no alert {alert_id}.")


def hidden_numbers(actor: Actor) -> frozenset[str]:
    """The numbers of cases that `actor` may not see, and of purged ones that were restricted."""
    now = select(Case.number).where(~visible_cases(actor))
    purged = select(CasePurge.case_number).where(
        CasePurge.state == PurgeState.DONE, CasePurge.was_restricted
    )
    gone = () if actor.role == SYSTEM_ROLE else db.session.scalars(purged)
    return frozenset({*db.session.scalars(now), *gone})


def _is_member(user_id: int | InstrumentedAttribute[int]) -> ColumnElement[bool]:
    return (
        exists()
        .where(
            CaseMember.case_id == Case.id,
            CaseMember.user_id == user_id,
            or_(CaseMember.ends_at.is_(None), CaseMember.ends_at > func.now()),
        )
        .correlate(Case, User)
    )
