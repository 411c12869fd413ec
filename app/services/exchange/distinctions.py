"""Pairs of cases that are not one: said by a person with a reason, and taken back by one.

Whoever says so must see both cases, and so must whoever reads it. Each case's audit log has an
entry that does not name the other one, which its readers may not see.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Select, exists, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import joinedload

from app.errors import NotFound, Refused
from app.extensions import db
from app.models import Case, CaseDistinction, ReferencePhoto
from app.models.columns import utc_now
from app.services.base import audit, purposes
from app.services.base.access import require_case, visible_ids
from app.services.base.actors import Actor


@dataclass(frozen=True, eq=False)
class Distinction:
    """One that stands; `photos_since`: a reference photo came to one of the cases after it."""

    row: CaseDistinction
    photos_since: bool


def tell_apart(actor: Actor, first: str, second: str, reason: str) -> CaseDistinction:
    """Say that two cases (by number) are not about one person.

    Said twice, the first reason stands. Raises NotFound for a case that `actor` may not see,
    Refused without a reason, with one that names a subject, or for a case and itself.
    """
    one, other = sorted(
        (require_case(actor, first), require_case(actor, second)), key=lambda case: case.id
    )
    if one.id == other.id:
        raise Refused("Name two cases.", {"second": "is the same case"})
    if not reason.strip():
        raise Refused("Say why they are not the same person.", {"reason": "is required"})
    for case in (one, other):
        purposes.refuse_name(reason, case.subject_name, "reason")
    added = db.session.scalar(
        insert(CaseDistinction)
        .values(
            first_case_id=one.id,
            second_case_id=other.id,
            reason=reason.strip()[:1000],
            decided_by_id=actor.user_id,
            decided_by_name=actor.name[:254],
            decided_at=utc_now(),
        )
        .on_conflict_do_nothing()
        .returning(CaseDistinction.id)
    )
    if added is not None:
        _record(actor, "duplicates.not_same", one, other, {"pair": added, "reason": reason[:1000]})
    db.session.commit()
    return db.session.scalars(
        _standing().where(
            CaseDistinction.first_case_id == one.id, CaseDistinction.second_case_id == other.id
        )
    ).one()


def take_back(actor: Actor, distinction_id: int) -> CaseDistinction:
    """Let the pair be listed again; who and when stays on record. Raises NotFound."""
    row = db.session.scalar(
        _standing().where(CaseDistinction.id == distinction_id).with_for_update(of=CaseDistinction)
    )
    if row is None:
        raise NotFound("There is no such pair, or it was taken back already.")
    first, second = require_case(actor, row.first.number), require_case(actor, row.second.number)
    row.undone_at, row.undone_by_id, row.undone_by_name = utc_now(), actor.user_id, actor.name[:254]
    _record(actor, "duplicates.not_same_undo", first, second, {"pair": row.id})
    db.session.commit()
    return row


def list_standing(actor: Actor, limit: int = 200) -> list[Distinction]:
    """Those of which `actor` may see both cases, the newest first."""
    newer = exists().where(
        ReferencePhoto.active,
        or_(
            ReferencePhoto.case_id == CaseDistinction.first_case_id,
            ReferencePhoto.case_id == CaseDistinction.second_case_id,
        ),
        ReferencePhoto.created_at > CaseDistinction.decided_at,
    )
    seen = visible_ids(actor)
    rows = db.session.execute(
        _standing()
        .add_columns(newer.label("newer"))
        .where(CaseDistinction.first_case_id.in_(seen), CaseDistinction.second_case_id.in_(seen))
        .order_by(CaseDistinction.id.desc())
        .limit(limit)
    )
    return [Distinction(row, bool(photos_since)) for row, photos_since in rows]


def standing_pairs() -> set[tuple[int, int]]:
    """Ids of all pairs that were told apart, the smaller first: to leave them out of a list."""
    rows = db.session.execute(
        select(CaseDistinction.first_case_id, CaseDistinction.second_case_id).where(
            CaseDistinction.undone_at.is_(None)
        )
    )
    return {(first, second) for first, second in rows}


def _standing() -> Select[CaseDistinction]:
    return (
        select(CaseDistinction)
        .options(joinedload(CaseDistinction.first), joinedload(CaseDistinction.second))
        .where(CaseDistinction.undone_at.is_(None))
    )


def _record(
    actor: Actor, action: str, first: Case, second: Case, details: dict[str, object]
) -> None:
    for case in (first, second):
        audit.record(actor, action, case=case, details=details)
