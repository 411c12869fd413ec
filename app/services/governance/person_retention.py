"""Letting go of persons of interest: photos, embeddings, and what was said of who they are.

A person is kept while an authorisation is in force or waits, for `CLOSED_CASE_RETENTION_DAYS` after
the last one ended, and while the case is on legal hold. Then name, description, reason and pictures
go, one person at a time, each with a receipt. Label, authorisations and verdicts stay with the
case: who asked for what, who allowed it, and what came of it. The faces follow by their own rule.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import ColumnElement, delete, exists, func, select

from app.current import settings
from app.extensions import db
from app.models import (
    AuthorisationState,
    Case,
    PersonAuthorisation,
    PersonEmbedding,
    PersonOfInterest,
    PersonPhoto,
    PersonReceipt,
)
from app.models.columns import utc_now
from app.services.base import kept_pictures, person_records, receipts
from app.services.base.actors import Actor

_OPEN = (AuthorisationState.REQUESTED, AuthorisationState.GRANTED)


def purge(actor: Actor) -> list[PersonReceipt]:
    """Let go of everybody whose time is over, one by one, until none is left. Commits."""
    done = []
    while (receipt := _purge_one(actor)) is not None:
        done.append(receipt)
    return done


def receipts_of(person: PersonOfInterest) -> list[PersonReceipt]:
    """What was deleted of a person, oldest first."""
    return list(
        db.session.scalars(
            select(PersonReceipt)
            .where(PersonReceipt.person_id == person.id)
            .order_by(PersonReceipt.id)
        )
    )


def receipt_hash(receipt: PersonReceipt) -> str:
    """SHA-256 of the receipt's facts."""
    return receipts.hash_of(_facts(receipt))


def _purge_one(actor: Actor) -> PersonReceipt | None:
    if db.session.scalar(select(PersonOfInterest.id).where(_is_over()).limit(1)) is None:
        db.session.rollback()
        return None
    kept_pictures.hold_for_purge()
    person = db.session.scalar(
        select(PersonOfInterest)
        .where(_is_over())
        .order_by(PersonOfInterest.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=PersonOfInterest)
        .execution_options(populate_existing=True)
    )
    if person is None:
        db.session.rollback()
        return None
    receipt = PersonReceipt(person_id=person.id, purged_at=utc_now(), **_let_go(person))
    receipt.receipt_sha256 = receipt_hash(receipt)
    db.session.add(receipt)
    db.session.flush()
    facts = {**_facts(receipt), "receipt_sha256": receipt.receipt_sha256}
    person_records.note(actor, "purge", db.session.get_one(Case, person.case_id), person, facts)
    db.session.commit()
    return receipt


def _let_go(person: PersonOfInterest) -> dict[str, int]:
    """Rows lose what they hold before the files go; how much that was, by the receipt's names."""
    photos = db.session.scalars(
        select(PersonPhoto).where(
            PersonPhoto.person_id == person.id, PersonPhoto.purged_at.is_(None)
        )
    ).all()
    gone = db.session.execute(
        delete(PersonEmbedding).where(PersonEmbedding.photo_id.in_([one.id for one in photos]))
    )
    pictures = {sha256 for one in photos for sha256 in (one.sha256, one.face_sha256)}
    for one in photos:
        one.active, one.purged_at = False, utc_now()
    person.name = person.description = person.reason = ""
    person.purged_at = utc_now()
    db.session.flush()
    sizes = kept_pictures.discard_unnamed(pictures)
    return {
        "photos": len(photos),
        "embeddings": int(gone.rowcount),  # type: ignore[attr-defined]
        "pictures": len(sizes),
        "picture_bytes": sum(sizes),
    }


def _is_over() -> ColumnElement[bool]:
    """No authorisation is open, and the last one ended long enough ago."""
    ended_before = utc_now() - timedelta(days=settings().closed_case_retention_days)
    keeps = exists().where(
        PersonAuthorisation.person_id == PersonOfInterest.id,
        PersonAuthorisation.state.in_(_OPEN)
        | (func.coalesce(PersonAuthorisation.ended_at, PersonAuthorisation.decided_at)
           > ended_before),
    )  # fmt: skip
    is_held = exists().where(Case.id == PersonOfInterest.case_id, Case.legal_hold)
    return PersonOfInterest.purged_at.is_(None) & ~keeps & ~is_held


def _facts(receipt: PersonReceipt) -> dict[str, object]:
    return {
        "purged_at": receipts.moment(receipt.purged_at),
        "person_id": receipt.person_id,
        "photos": receipt.photos,
        "embeddings": receipt.embeddings,
        "pictures": receipt.pictures,
        "picture_bytes": receipt.picture_bytes,
    }
