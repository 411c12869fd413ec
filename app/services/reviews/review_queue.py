"""The review queue: what waits for a first, second or third review, and for whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select

from app.extensions import db
from app.inputs import QueueQuery
from app.models import Case, CaseState, ReferencePhoto, Review, ReviewStage, Role, Sighting
from app.services.base.access import visible_cases
from app.services.base.actors import Actor
from app.services.base.pages import Page, paginate
from app.services.places import travel
from app.services.reviews.blindness import Seen, seen_by
from app.services.reviews.sightings import SHOWN

FURTHER = (ReviewStage.SECOND, ReviewStage.THIRD)


@dataclass(frozen=True)
class Waiting:
    """A page of the queue, with what its cards need.

    `blind_ids` are shown with face, photos, place and time alone; the account has `known_ids` of
    them seen otherwise, so that its confirmation would not be taken.
    """

    page: Page[Sighting]
    counts: dict[str, int]
    photos: dict[int, list[ReferencePhoto]]
    blind_ids: frozenset[int]
    known_ids: frozenset[int]


def waiting_for(actor: Actor, query: QueueQuery) -> Waiting:
    """What waits for this account: what it has not judged, oldest first, of open cases.

    An examiner is not told which review it is, and gets no first ones.
    """
    statement = (
        select(Sighting)
        .options(*SHOWN)
        .join(Case, Case.id == Sighting.case_id)
        .where(*_conditions(actor, query))
        .order_by((Sighting.awaits == ReviewStage.FIRST) & Sighting.like_rejected, Sighting.id)
    )
    page = paginate(statement, query.page, query.per_page)
    travel.mark([one for one in page.items if one.awaits is ReviewStage.FIRST])
    blind = [one for one in page.items if one.awaits is not ReviewStage.FIRST]
    seen = seen_by(actor, {one.case.number for one in blind})
    return Waiting(
        page=page,
        counts={} if _is_examiner(actor) else _counts(actor, query),
        photos=photos_of({one.case_id for one in blind}),
        blind_ids=frozenset(one.id for one in blind),
        known_ids=_known(seen, blind),
    )


def photos_of(case_ids: Iterable[int]) -> dict[int, list[ReferencePhoto]]:
    """The reference photos in use, by case, in one query."""
    rows = db.session.scalars(
        select(ReferencePhoto)
        .where(ReferencePhoto.case_id.in_(set(case_ids)), ReferencePhoto.active)
        .order_by(ReferencePhoto.artificial, ReferencePhoto.id)
    )
    photos: dict[int, list[ReferencePhoto]] = defaultdict(list)
    for photo in rows:
        photos[photo.case_id].append(photo)
    return photos


def _known(seen: Seen, sightings: Sequence[Sighting]) -> frozenset[int]:
    return frozenset(one.id for one in sightings if seen.knows(one))


def _is_examiner(actor: Actor) -> bool:
    return actor.role == Role.EXAMINER.value


def _waits_for(actor: Actor) -> list[ColumnElement[bool]]:
    judged = select(Review.id).where(
        Review.sighting_id == Sighting.id,
        Review.reviewer_id == actor.user_id,
        Review.undone_at.is_(None),
    )
    stages = FURTHER if _is_examiner(actor) else tuple(ReviewStage)
    return [
        Case.state == CaseState.OPEN,
        visible_cases(actor),
        Sighting.awaits.in_(stages),
        ~judged.exists(),
    ]


def _conditions(actor: Actor, query: QueueQuery) -> list[ColumnElement[bool]]:
    conditions = _waits_for(actor)
    if query.case:
        conditions.append(Case.number == query.case)
    if query.stage is not None and not _is_examiner(actor):
        conditions.append(Sighting.awaits == query.stage)
    return conditions


def _counts(actor: Actor, query: QueueQuery) -> dict[str, int]:
    statement = (
        select(Sighting.awaits, func.count())
        .join(Case, Case.id == Sighting.case_id)
        .where(*_waits_for(actor))
        .group_by(Sighting.awaits)
    )
    if query.case:
        statement = statement.where(Case.number == query.case)
    return {stage.value: count for stage, count in db.session.execute(statement) if stage}
