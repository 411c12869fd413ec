"""Triage: investigators read tips by similarity, distance and time, and decide on each.

An accepted tip becomes a last-known location of its case, with the reliability that a person gives
it. Every decision can be taken back. What a tip's photo is like is shown only for cases that the
account may see; a tip that is about other cases alone is not shown to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, Subquery, and_, exists, func, or_, select
from sqlalchemy import case as one_of
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import joinedload, selectinload

from app.errors import Conflict, NotFound
from app.extensions import db
from app.inputs.tips import AcceptInput, MessageInput, TipFilter, TipOrder, TipQuery
from app.models import (
    Case,
    CaseState,
    ContributedFace,
    ContributedMatch,
    ContributedPhoto,
    LastKnownLocationRow,
    Tip,
    TipMessage,
    TipState,
)
from app.models.columns import utc_now
from app.services.base import access, audit, live, searchable
from app.services.base.actors import Actor
from app.services.base.pages import Page
from app.services.contributing.contribution_matches import matches_of_photos
from app.services.places import locations

COUNTED = 100
"""Nobody needs to know in the menu whether more wait."""
_DECIDED = (TipState.ACCEPTED, TipState.REJECTED, TipState.SPAM)


@dataclass(frozen=True, eq=False)
class TriageEntry:
    """A tip in the queue.

    `case` is the case it is held against: the one asked for, else the most similar, else the one
    that it was taken into or whose poster it came from. `distance_m` and `seconds` are to the
    nearest last-known location of that case, in space and in time; None where one is not known.
    """

    tip: Tip
    best: ContributedMatch | None
    case: Case | None
    distance_m: float | None
    seconds: float | None


def list_tips(actor: Actor, query: TipQuery, per_page: int) -> Page[TriageEntry]:
    """One page of the tips that this account may see."""
    wanted_id = access.require_case(actor, query.case).id if query.case else None
    best = _best_match(actor, wanted_id)
    about = func.coalesce(Tip.decided_case_id, Tip.case_id)
    seen_about = one_of((about.in_(access.visible_ids(actor)), about), else_=None)
    case_id = func.coalesce(wanted_id, best.c.case_id, seen_about)
    distance_m, seconds = _distance(case_id), _seconds(case_id)
    statement = (
        select(Tip.id, best.c.match_id, case_id, distance_m, seconds)
        .outerjoin(best, best.c.tip_id == Tip.id)
        .where(_is_visible(actor))
    )
    for condition in _conditions(query, wanted_id, best, distance_m, seconds):
        statement = statement.where(condition)
    total = db.session.scalar(select(func.count()).select_from(statement.subquery())) or 0
    ordered = _ordered(statement, query.order, best, distance_m)
    rows = db.session.execute(ordered.limit(per_page).offset((query.page - 1) * per_page)).all()
    entries = _entries(rows)
    return Page(items=entries, total=total, page=query.page, per_page=per_page)


def look_over(actor: Actor, query: TipQuery, per_page: int) -> Page[TriageEntry]:
    """As `list_tips`; the look is in the audit log."""
    case = access.require_case(actor, query.case) if query.case else None
    audit.record(actor, "tips.list", case=case, details=query.model_dump(mode="json"))
    audit.commit()
    return list_tips(actor, query, per_page)


def look_at(actor: Actor, tip_id: int) -> Tip:
    """As `find_tip`; the look is in the audit log."""
    tip = find_tip(actor, tip_id)
    audit.record(actor, "tip.view", case=tip.decided_case, subject=f"tip {tip.number}")
    audit.commit()
    return find_tip(actor, tip_id)


def find_tip(actor: Actor, tip_id: int) -> Tip:
    """A tip that this account may see. Raises NotFound."""
    tip = db.session.scalar(select(Tip).where(Tip.id == tip_id, _is_visible(actor)))
    if tip is None:
        raise NotFound("There is no such tip, or it is about a case of others.")
    return tip


def find_decided(actor: Actor, tip_id: int) -> Tip | None:
    """The tip if this account may see it and it is decided, for taking that back; else None."""
    return db.session.scalar(
        select(Tip).where(Tip.id == tip_id, Tip.state.in_(_DECIDED), _is_visible(actor))
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


def waiting_count(actor: Actor) -> int:
    """How many tips wait for a person, as far as `COUNTED`. Asked for with every page."""
    later = _match_exists(
        ContributedMatch.created_at > Tip.decided_at,
        ContributedMatch.case_id.in_(access.visible_ids(actor)),
        ContributedMatch.case_id == Case.id,
        Case.state == CaseState.OPEN,
    )
    decided = Tip.state.in_((TipState.REJECTED, TipState.ACCEPTED))
    needed = or_(Tip.state == TipState.WAITING, and_(decided, later))
    some = select(Tip.id).where(needed, _is_visible(actor)).limit(COUNTED).subquery()
    return db.session.scalar(select(func.count()).select_from(some)) or 0


def accept(actor: Actor, tip_id: int, given: AcceptInput) -> Tip:
    """Take a tip into a case, with its reliability. It becomes a last-known location there."""
    tip = _locked(actor, tip_id)
    case = access.require_case(actor, given.case_number)
    searchable.require_searchable(case)
    if tip.state is TipState.ACCEPTED and tip.decided_case_id not in (None, case.id):
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
    if tip.state is TipState.ACCEPTED:
        raise Conflict("This tip is in a case; take that back first.")
    _decide(actor, tip, TipState.SPAM if spam else TipState.REJECTED)
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
    """Take the last decision back; a location that came of it no longer ranks cameras."""
    tip = _locked(actor, tip_id)
    if tip.state not in _DECIDED:
        raise Conflict("There is no decision to take back.")
    case = tip.decided_case
    if tip.state is TipState.ACCEPTED and case is not None:
        if not access.sees_case(actor, case.id):
            raise Conflict("This tip is in a case of others: its people can take that back.")
        locations.follow_tip(actor, case, tip, None)
    details = {"was": tip.state.value}
    tip.state = TipState(tip.state_before or TipState.WAITING)
    tip.state_before = None
    tip.decided_case_id = tip.decided_at = tip.decided_by_id = None
    tip.decided_by_name = ""
    audit.record(actor, "tip.undo", case=case, subject=f"tip {tip.number}", details=details)
    db.session.commit()
    return tip


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


def _is_visible(actor: Actor) -> ColumnElement[bool]:
    """About no case in particular and like none, or about or like a case that the account sees."""
    visible = access.visible_ids(actor)
    any_match = _match_exists()
    about = func.coalesce(Tip.decided_case_id, Tip.case_id)
    return or_(
        about.in_(visible),
        _match_exists(ContributedMatch.case_id.in_(visible)),
        and_(about.is_(None), ~any_match),
    )


def _match_exists(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return (
        exists()
        .where(ContributedPhoto.tip_id == Tip.id, ContributedFace.photo_id == ContributedPhoto.id)
        .where(ContributedMatch.face_id == ContributedFace.id, *conditions)
        .correlate(Tip)
    )


def _best_match(actor: Actor, case_id: int | None) -> Subquery:
    """The most similar match of each tip, with one case or with any that the account may see."""
    statement = (
        select(
            ContributedPhoto.tip_id.label("tip_id"),
            ContributedMatch.id.label("match_id"),
            ContributedMatch.case_id.label("case_id"),
            ContributedMatch.similarity.label("similarity"),
            func.max(ContributedMatch.created_at)
            .over(partition_by=ContributedPhoto.tip_id)
            .label("newest_at"),
        )
        .join(ContributedFace, ContributedFace.id == ContributedMatch.face_id)
        .join(ContributedPhoto, ContributedPhoto.id == ContributedFace.photo_id)
        .join(Case, Case.id == ContributedMatch.case_id)
        .where(
            ContributedPhoto.tip_id.is_not(None),
            Case.state == CaseState.OPEN,
            ContributedMatch.case_id.in_(access.visible_ids(actor)),
        )
        .ext(distinct_on(ContributedPhoto.tip_id))
        .order_by(ContributedPhoto.tip_id, ContributedMatch.similarity.desc(), ContributedMatch.id)
    )
    if case_id is not None:
        statement = statement.where(ContributedMatch.case_id == case_id)
    return statement.subquery("best")


def _is_needed(best: Subquery) -> ColumnElement[bool]:
    """Waits for a first decision, or became like a case after it was put aside."""
    matched_later = and_(
        Tip.state.in_((TipState.REJECTED, TipState.ACCEPTED)),
        best.c.newest_at > Tip.decided_at,
    )
    return or_(Tip.state == TipState.WAITING, matched_later)


def _conditions(
    query: TipQuery,
    wanted_id: int | None,
    best: Subquery,
    distance_m: ColumnElement[float],
    seconds: ColumnElement[float],
) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if query.show is TipFilter.NEEDED:
        conditions.append(_is_needed(best))
    elif query.show is not TipFilter.ALL:
        conditions.append(Tip.state == TipState(query.show.value))
    if query.only_matches:
        conditions.append(best.c.match_id.is_not(None))
    if query.within_km is not None:
        conditions.append(distance_m <= query.within_km * 1000.0)
    if query.within_hours is not None:
        conditions.append(seconds <= query.within_hours * 3600.0)
    if wanted_id is not None and query.within_km is None and query.within_hours is None:
        is_about = func.coalesce(Tip.decided_case_id, Tip.case_id) == wanted_id
        conditions.append(or_(best.c.match_id.is_not(None), is_about))
    return conditions


def _ordered(
    statement: Select[int, int, int, float, float],
    order: TipOrder,
    best: Subquery,
    distance_m: ColumnElement[float],
) -> Select[int, int, int, float, float]:
    first = {
        TipOrder.SIMILARITY: best.c.similarity.desc().nulls_last(),
        TipOrder.DISTANCE: distance_m.asc().nulls_last(),
        TipOrder.TIME: Tip.seen_at.desc().nulls_last(),
        TipOrder.RECEIVED: Tip.received_at.asc(),
    }[order]
    return statement.order_by(first, Tip.received_at, Tip.id)


def _places_of(case_id: ColumnElement[int]) -> ColumnElement[bool]:
    """Active last-known locations of the case that do not come of this tip itself."""
    of_this = func.coalesce(LastKnownLocationRow.tip_id == Tip.id, False)
    return and_(LastKnownLocationRow.case_id == case_id, LastKnownLocationRow.active, ~of_this)


def _distance(case_id: ColumnElement[int]) -> ColumnElement[float]:
    """Metres on the sphere to the nearest last-known location."""
    metres = func.ST_Distance(LastKnownLocationRow.position, Tip.position, False)
    return (
        select(func.min(metres))
        .where(_places_of(case_id))
        .correlate_except(LastKnownLocationRow)
        .scalar_subquery()
    )


def _seconds(case_id: ColumnElement[int]) -> ColumnElement[float]:
    """Seconds between the tip and the last-known location that is nearest in time."""
    apart = func.abs(func.extract("epoch", LastKnownLocationRow.seen_at - Tip.seen_at))
    return (
        select(func.min(apart))
        .where(_places_of(case_id))
        .correlate_except(LastKnownLocationRow)
        .scalar_subquery()
    )


def _entries(
    rows: Sequence[tuple[int, int | None, int | None, float | None, float | None]],
) -> list[TriageEntry]:
    tips = {
        tip.id: tip
        for tip in db.session.scalars(
            select(Tip)
            .options(
                selectinload(Tip.photos).selectinload(ContributedPhoto.faces),
                selectinload(Tip.messages),
                joinedload(Tip.case),
                joinedload(Tip.decided_case),
            )
            .where(Tip.id.in_([row[0] for row in rows]))
        )
    }
    matches = {
        match.id: match
        for match in db.session.scalars(
            select(ContributedMatch)
            .options(
                joinedload(ContributedMatch.face), joinedload(ContributedMatch.reference_photo)
            )
            .where(ContributedMatch.id.in_([row[1] for row in rows if row[1] is not None]))
        )
    }
    held = {
        case.id: case
        for case in db.session.scalars(
            select(Case).where(Case.id.in_([row[2] for row in rows if row[2] is not None]))
        )
    }
    return [
        TriageEntry(
            tips[tip_id],
            matches.get(match_id) if match_id is not None else None,
            held.get(case_id) if case_id is not None else None,
            distance_m,
            None if seconds is None else float(seconds),
        )
        for tip_id, match_id, case_id, distance_m, seconds in rows
    ]
