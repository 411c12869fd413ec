"""Triage: investigators decide on tips, which `tip_queue` lists.

An accepted tip becomes a last-known location of its case, with the reliability that a person gives
it. Every decision can be taken back. What a tip's photo is like is shown only for cases that the
account may see; a tip that is about other cases alone is not shown to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from app.errors import Conflict, NotFound
from app.extensions import db
from app.inputs.tips import AcceptInput, MessageInput
from app.models import (
    Case,
    CaseState,
    ContributedFace,
    ContributedMatch,
    ContributedPhoto,
    Tip,
    TipMessage,
    TipState,
)
from app.models.columns import utc_now
from app.services.base import access, audit, live, searchable
from app.services.base.actors import Actor
from app.services.contributing import contributed_photos
from app.services.contributing.contribution_matches import matches_of_photos
from app.services.places import locations

_DECIDED = (TipState.ACCEPTED, TipState.REJECTED, TipState.SPAM)


def look_at(actor: Actor, tip_id: int) -> Tip:
    """As `find_tip`; the look is in the audit log."""
    tip = find_tip(actor, tip_id)
    audit.record(actor, "tip.view", case=tip.decided_case, subject=f"tip {tip.number}")
    audit.commit()
    return find_tip(actor, tip_id)


def find_tip(actor: Actor, tip_id: int) -> Tip:
    """A tip that this account may see. Raises NotFound."""
    tip = db.session.scalar(select(Tip).where(Tip.id == tip_id, is_visible(actor)))
    if tip is None:
        raise NotFound("There is no such tip, or it is about a case of others.")
    return tip


def find_decided(actor: Actor, tip_id: int) -> Tip | None:
    """The tip if this account may see it and it is decided, for taking that back; else None."""
    return db.session.scalar(
        select(Tip).where(Tip.id == tip_id, Tip.state.in_(_DECIDED), is_visible(actor))
    )


def find_by_number(actor: Actor, number: str) -> Tip:
    """As `find_tip`, by the tip's number."""
    tip_id = db.session.scalar(select(Tip.id).where(Tip.number == number.strip().upper()))
    return find_tip(actor, tip_id or 0)


def matches_of(actor: Actor, tip: Tip) -> Sequence[ContributedMatch]:
    """What the tip's faces are like, of cases that this account may see, most similar first."""
    return matches_of_photos(actor, ContributedPhoto.tip_id == tip.id)


def cases_to_name(actor: Actor, tips: Iterable[Tip]) -> frozenset[int]:
    """Ids of the cases that these tips were taken into or came with the poster of, and that this
    account may see. A tip that is like a case of theirs may be about another one besides.
    """
    named = {one for tip in tips for one in (tip.case_id, tip.decided_case_id) if one is not None}
    wanted = select(Case.id).where(Case.id.in_(named), access.visible_cases(actor))
    return frozenset(db.session.scalars(wanted))


def open_cases(actor: Actor) -> Sequence[Case]:
    """Cases that a tip can be taken into."""
    return db.session.scalars(
        select(Case)
        .where(Case.state == CaseState.OPEN, Case.id.in_(access.visible_ids(actor)))
        .order_by(Case.number)
    ).all()


def accept(actor: Actor, tip_id: int, given: AcceptInput) -> Tip:
    """Take a tip into a case, with its reliability. It becomes a last-known location there."""
    tip = _locked(actor, tip_id)
    case = access.require_case(actor, given.case_number)
    searchable.require_searchable(case)
    _refuse_decided(actor, tip, TipState.ACCEPTED)
    if tip.decided_case_id not in (None, case.id):
        raise Conflict("This tip is in another case; take that back first.")
    _decide(actor, tip, TipState.ACCEPTED)
    tip.decided_case_id = case.id
    locations.follow_tip(actor, case, tip, given.reliability)
    details = {"reliability": given.reliability.value, "has_place": tip.latitude_deg is not None}
    audit.record(actor, "tip.accept", case=case, subject=f"tip {tip.number}", details=details)
    live.publish(case.id, "contribution", {"kind": "tip", "number": tip.number})
    db.session.commit()
    return tip


def reject(actor: Actor, tip_id: int, *, spam: bool = False) -> Tip:
    """Put a tip aside. Faces of spam are compared no more; those of others still are."""
    tip = _locked(actor, tip_id)
    state = TipState.SPAM if spam else TipState.REJECTED
    _refuse_decided(actor, tip, state)
    _decide(actor, tip, state)
    audit.record(actor, "tip.spam" if spam else "tip.reject", subject=f"tip {tip.number}")
    db.session.commit()
    return tip


def ask(actor: Actor, tip_id: int, given: MessageInput) -> TipMessage:
    """Send the sender a message; the tip waits for the answer unless it is decided."""
    tip = _locked(actor, tip_id)
    message = TipMessage(
        tip_id=tip.id,
        from_sender=False,
        author_id=actor.user_id,
        author_name=actor.name,
        text=given.text,
    )
    db.session.add(message)
    if tip.state is TipState.WAITING:
        tip.state = TipState.ASKED
    audit.record(actor, "tip.message", subject=f"tip {tip.number}", details={"by": "investigator"})
    db.session.commit()
    return message


def undo(actor: Actor, tip_id: int) -> Tip:
    """Take the last decision back; a location that came of it no longer ranks cameras.

    Photos of what was called spam are compared with the open cases again.
    """
    tip = _locked(actor, tip_id)
    if tip.state not in _DECIDED:
        raise Conflict("There is no decision to take back.")
    case = tip.decided_case
    if tip.state is TipState.ACCEPTED and case is not None:
        if not access.sees_case(actor, case.id):
            raise Conflict("This tip is in a case of others: its people can take that back.")
        locations.follow_tip(actor, case, tip, None)
    details = {"was": tip.state.value}
    # Cases that were opened while it was spam have not been compared with it.
    missed = list(tip.photos) if tip.state is TipState.SPAM else []
    contributed_photos.look_again(missed)
    tip.state = TipState(tip.state_before or TipState.WAITING)
    tip.state_before = None
    tip.decided_case_id = tip.decided_at = tip.decided_by_id = None
    tip.decided_by_name = ""
    audit.record(actor, "tip.undo", case=case, subject=f"tip {tip.number}", details=details)
    db.session.commit()
    contributed_photos.hand_over(missed)
    return tip


def _refuse_decided(actor: Actor, tip: Tip, wanted: TipState) -> None:
    """Nobody's decision is replaced unseen: two people may have the same tip before them.

    The same decision of the same person, as by a double click, is none against another.
    """
    is_repeated = tip.state is wanted and tip.decided_by_id == actor.user_id
    if tip.state in _DECIDED and not is_repeated:
        raise Conflict(
            f"{tip.number} was decided on already: {tip.state.value} by {tip.decided_by_name}. "
            "Take that back first if you disagree."
        )


def _decide(actor: Actor, tip: Tip, state: TipState) -> None:
    if tip.state not in _DECIDED:
        tip.state_before = tip.state.value
    tip.state, tip.decided_at = state, utc_now()
    tip.decided_by_id, tip.decided_by_name = actor.user_id, actor.name


def _locked(actor: Actor, tip_id: int) -> Tip:
    find_tip(actor, tip_id)
    tip = db.session.get(Tip, tip_id, with_for_update={"of": Tip}, populate_existing=True)
    if tip is None:
        raise NotFound("There is no such tip.")
    return tip


def is_visible(actor: Actor) -> ColumnElement[bool]:
    """About no case in particular and like none, or about or like a case that the account sees."""
    visible = access.visible_ids(actor)
    any_match = match_exists()
    about = func.coalesce(Tip.decided_case_id, Tip.case_id)
    return or_(
        about.in_(visible),
        match_exists(ContributedMatch.case_id.in_(visible)),
        and_(about.is_(None), ~any_match),
    )


def match_exists(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether a tip has a match for which the conditions hold; for statements over tips."""
    return (
        exists()
        .where(ContributedPhoto.tip_id == Tip.id, ContributedFace.photo_id == ContributedPhoto.id)
        .where(ContributedMatch.face_id == ContributedFace.id, *conditions)
        .correlate(Tip)
    )
