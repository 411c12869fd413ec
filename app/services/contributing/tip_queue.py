"""The queue of tips: by similarity, distance or time, and how many wait.

A tip's photo is held only against cases that the account may see.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, Subquery, and_, func, or_, select
from sqlalchemy import case as one_of
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import joinedload, selectinload

from app.extensions import db
from app.inputs.tips import TipFilter, TipOrder, TipQuery
from app.models import (
    Case,
    CaseState,
    ContributedFace,
    ContributedMatch,
    ContributedPhoto,
    LastKnownLocationRow,
    Tip,
    TipState,
)
from app.services.base import access, audit
from app.services.base.actors import Actor
from app.services.base.pages import Page
from app.services.contributing.triage import is_visible, match_exists

COUNTED = 100
"""Nobody needs to know in the menu whether more wait."""


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
        .where(is_visible(actor))
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


def waiting_count(actor: Actor) -> int:
    """How many tips wait for a person, as far as `COUNTED`. Asked for with every page."""
    later = match_exists(
        ContributedMatch.created_at > Tip.decided_at,
        ContributedMatch.case_id.in_(access.visible_ids(actor)),
        ContributedMatch.case_id == Case.id,
        Case.state == CaseState.OPEN,
    )
    decided = Tip.state.in_((TipState.REJECTED, TipState.ACCEPTED))
    needed = or_(Tip.state == TipState.WAITING, and_(decided, later))
    some = select(Tip.id).where(needed, is_visible(actor)).limit(COUNTED).subquery()
    return db.session.scalar(select(func.count()).select_from(some)) or 0


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
