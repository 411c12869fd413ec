"""The list of people of a case: restricting it, adding and removing people, emergency access."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import joinedload

from app.errors import Conflict, NotFound, Refused
from app.extensions import db
from app.models.access import CaseMember
from app.models.accounts import Role, User
from app.models.cases import Case
from app.models.columns import utc_now
from app.services.base import audit, live
from app.services.base.access import MEMBER_ROLES
from app.services.base.actors import Actor
from app.services.base.pages import Page, paginate

EMERGENCY_ACCESS: Final = timedelta(hours=24)
"""How long an administrator sees a restricted case after giving a reason."""
SHORTEST_REASON: Final = 10


@dataclass(frozen=True, slots=True)
class RestrictedCase:
    """That a restricted case exists, for an administrator: nothing of what it holds."""

    case_id: int
    number: str
    state: str
    opened_by: str | None
    members: int


def list_members(case: Case) -> Sequence[CaseMember]:
    """The people on the list, in order of their names; an emergency access that ended is not."""
    return db.session.scalars(
        select(CaseMember)
        .join(User, User.id == CaseMember.user_id)
        .options(joinedload(CaseMember.user), joinedload(CaseMember.added_by))
        .where(
            CaseMember.case_id == case.id,
            CaseMember.ends_at.is_(None) | (CaseMember.ends_at > func.now()),
        )
        .order_by(User.name, User.id)
    ).all()


def addable_users(case: Case) -> Sequence[User]:
    """Active accounts whose role can work on a case, and that are not on its list."""
    listed = select(CaseMember.user_id).where(
        CaseMember.case_id == case.id, CaseMember.ends_at.is_(None)
    )
    return db.session.scalars(
        select(User)
        .where(User.active, User.role.in_(MEMBER_ROLES), User.id.not_in(listed))
        .order_by(User.name, User.id)
    ).all()


def list_restricted(page: int, per_page: int) -> Page[RestrictedCase]:
    """Restricted cases, the newest first, as an administrator sees them."""
    counted = (
        select(func.count())
        .select_from(CaseMember)
        .where(CaseMember.case_id == Case.id, CaseMember.ends_at.is_(None))
        .scalar_subquery()
    )
    found = paginate(
        select(Case)
        .where(Case.restricted)
        .options(joinedload(Case.created_by))
        .order_by(Case.id.desc()),
        page,
        per_page,
    )
    ids = [case.id for case in found.items]
    rows = db.session.execute(select(Case.id, counted).where(Case.id.in_(ids)))
    counts: dict[int, int] = {row[0]: row[1] for row in rows}
    shown = [_as_restricted(case, counts[case.id]) for case in found.items]
    return Page(shown, found.total, found.page, found.per_page)


def find_restricted(case_id: int) -> Case:
    """A restricted case by its id, for an administrator. Raises NotFound."""
    case = db.session.scalar(select(Case).where(Case.id == case_id, Case.restricted))
    if case is None:
        raise NotFound("There is no such restricted case.")
    return case


def restrict(actor: Actor, case: Case) -> None:
    """Let only the people on the list see the case; whoever does this is on it afterwards."""
    if case.restricted:
        return
    for user_id in {actor.user_id, case.created_by_id} - {None}:
        note_member([case.id], user_id, actor.user_id)
    case.restricted = True
    _changed(actor, case, "case.restrict", None, {})


def unrestrict(actor: Actor, case: Case) -> None:
    """Let everybody whose role reads cases see the case again; the list is kept."""
    if not case.restricted:
        return
    case.restricted = False
    _changed(actor, case, "case.unrestrict", None, {})


def add_member(actor: Actor, case: Case, user_id: int) -> User:
    """Put a person on the list. Raises Refused for accounts that cannot work on cases.

    Administrators do not put themselves on a list: that is `emergency_access`, which asks for a
    reason and ends.
    """
    user = db.session.get(User, user_id)
    if user is None or not user.active or user.role not in MEMBER_ROLES:
        raise Refused(
            "Choose an active account that works on cases.",
            {"user_id": "no active account of a role that works on cases"},
        )
    if user.id == actor.user_id and user.role is Role.ADMINISTRATOR:
        raise Refused(
            "Administrators do not add themselves: ask a person on the list, or use the emergency "
            "access, which asks for a reason.",
            {"user_id": "is your own account"},
        )
    note_member([case.id], user.id, actor.user_id)
    _changed(actor, case, "case.add_member", user.email, {"role": user.role.value})
    return user


def remove_member(actor: Actor, case: Case, user_id: int) -> User:
    """Take a person off the list. Raises NotFound, and Conflict for the last one."""
    # The case's row is held, so that two who leave at once do not leave nobody.
    db.session.execute(select(Case.id).where(Case.id == case.id).with_for_update())
    member = db.session.scalar(
        select(CaseMember).where(CaseMember.case_id == case.id, CaseMember.user_id == user_id)
    )
    if member is None:
        raise NotFound("This person is not on the case's list.")
    others = db.session.scalar(
        select(func.count())
        .select_from(CaseMember)
        .where(
            CaseMember.case_id == case.id,
            CaseMember.ends_at.is_(None),
            CaseMember.user_id != user_id,
        )
    )
    if not others and member.ends_at is None:
        raise Conflict("This is the last person on the list. Add somebody else first.")
    user = member.user
    db.session.delete(member)
    _changed(actor, case, "case.remove_member", user.email, {})
    return user


def emergency_access(actor: Actor, case: Case, reason: str) -> CaseMember:
    """Let an administrator see a restricted case for a day. The reason is shown on its list.

    Raises Refused for a reason that says nothing, Conflict for somebody who sees it anyway.
    """
    if actor.role != Role.ADMINISTRATOR or actor.user_id is None:
        raise Refused("Emergency access is for administrators.")
    reason = reason.strip()
    if not SHORTEST_REASON <= len(reason) <= 1000:
        raise Refused(
            "Say why you must see this case.",
            {"reason": f"write at least {SHORTEST_REASON} characters"},
        )
    permanent = db.session.scalar(
        select(CaseMember.id).where(
            CaseMember.case_id == case.id,
            CaseMember.user_id == actor.user_id,
            CaseMember.ends_at.is_(None),
        )
    )
    if permanent is not None:
        raise Conflict("You are on the list of this case.")
    ends_at = utc_now() + EMERGENCY_ACCESS
    given = {"added_by_id": actor.user_id, "added_at": utc_now()}
    member_id = db.session.scalar(
        insert(CaseMember)
        .values(case_id=case.id, user_id=actor.user_id, ends_at=ends_at, reason=reason, **given)
        .on_conflict_do_update(
            index_elements=["case_id", "user_id"],
            set_={"ends_at": ends_at, "reason": reason, **given},
        )
        .returning(CaseMember.id)
    )
    _changed(actor, case, "case.emergency_access", None, {"reason": reason, "ends_at": ends_at})
    member = db.session.get(CaseMember, member_id, populate_existing=True)
    if member is None:
        raise NotFound("There is no such restricted case.")
    return member


def note_member(case_ids: Sequence[int], user_id: int | None, added_by_id: int | None) -> None:
    """Put an account on cases' lists until it is removed. Does not commit, and writes no entry."""
    if user_id is None or not case_ids:
        return
    given = {"added_by_id": added_by_id, "added_at": utc_now(), "ends_at": None, "reason": ""}
    statement = insert(CaseMember).on_conflict_do_update(
        index_elements=["case_id", "user_id"], set_=given, where=CaseMember.ends_at.is_not(None)
    )
    rows = [{"case_id": case_id, "user_id": user_id, **given} for case_id in case_ids]
    db.session.execute(statement, rows)


def _changed(
    actor: Actor, case: Case, action: str, subject: str | None, details: dict[str, object]
) -> None:
    audit.record(actor, action, case=case, subject=subject, details=details)
    live.publish(case.id, "case", {"number": case.number})
    db.session.commit()


def _as_restricted(case: Case, members: int) -> RestrictedCase:
    opened_by = case.created_by.name if case.created_by is not None else None
    return RestrictedCase(case.id, case.number, case.state.value, opened_by, members)
