"""Letting go of tips, found persons and posts whose time is over, in batches with receipts.

A tip stays while somebody may still need it: accepted into a case that is open, was closed less
than `CLOSED_CASE_RETENTION_DAYS` ago or is on legal hold, or matching such a case and undecided. A
found person's entry stays until so long after it was closed, a post while a needed case has a match
with it that nobody rejected. What goes, goes whole: photos, faces,
messages and contact. A last-known location that came of an accepted tip stays with its case.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, delete, exists, func, or_, select

from app.current import settings
from app.extensions import db
from app.models import (
    Case,
    CaseState,
    ContributedFace,
    ContributedMatch,
    ContributedPhoto,
    ContributionReceipt,
    FoundPerson,
    FoundState,
    MatchState,
    Post,
    PostAccount,
    PostContact,
    PostContactUse,
    Tip,
    TipState,
)
from app.models.columns import utc_now
from app.services.base import audit, kept_pictures, post_lock, receipts
from app.services.base.actors import Actor
from app.services.base.pages import Page, paginate

BATCH = 200
_PURGED = "contributions.purge"


@dataclass(frozen=True, eq=False)
class CheckedContributionReceipt:
    """A receipt, and whether the audit log's chain holds the same facts about it."""

    receipt: ContributionReceipt
    is_in_audit_log: bool


def purge(actor: Actor) -> list[ContributionReceipt]:
    """Delete everything whose time is over, batch by batch."""
    done = []
    while (receipt := purge_batch(actor)) is not None:
        done.append(receipt)
    return done


def purge_batch(actor: Actor) -> ContributionReceipt | None:
    """Delete up to `BATCH` tips and as many found persons. None if there was nothing to delete."""
    if not _is_anything_over():
        db.session.rollback()
        return None
    post_lock.hold_lock()
    kept_pictures.hold_for_purge()
    tips = _ids(Tip, _tip_is_over())
    found = _ids(FoundPerson, _entry_is_over())
    posts = _ids(Post, _post_is_over())
    if not tips and not found and not posts:
        db.session.rollback()
        return None
    owned = or_(
        ContributedPhoto.tip_id.in_(tips),
        ContributedPhoto.found_person_id.in_(found),
        ContributedPhoto.post_id.in_(posts),
    )
    photos = db.session.scalars(select(ContributedPhoto.sha256).where(owned)).all()
    crops = db.session.scalars(
        select(ContributedFace.crop_sha256)
        .join(ContributedPhoto, ContributedPhoto.id == ContributedFace.photo_id)
        .where(owned)
    ).all()
    db.session.execute(delete(Tip).where(Tip.id.in_(tips)))
    db.session.execute(delete(FoundPerson).where(FoundPerson.id.in_(found)))
    db.session.execute(delete(Post).where(Post.id.in_(posts)))
    if posts:
        forget_unused()
    sizes = kept_pictures.discard_unnamed({*photos, *crops})
    receipt = ContributionReceipt(
        purged_at=utc_now(),
        tips=len(tips),
        found_persons=len(found),
        posts=len(posts),
        photos=len(photos),
        faces=len(crops),
        pictures=len(sizes),
        picture_bytes=sum(sizes),
    )
    receipt.receipt_sha256 = receipt_hash(receipt)
    db.session.add(receipt)
    db.session.flush()
    facts = {**_facts(receipt), "receipt_sha256": receipt.receipt_sha256}
    audit.record(actor, _PURGED, subject=_name_of(receipt), details=facts)
    db.session.commit()
    return receipt


def list_receipts(page: int, per_page: int) -> Page[CheckedContributionReceipt]:
    """Receipts, the newest first, each compared with what the audit log says of it."""
    found = paginate(
        select(ContributionReceipt).order_by(ContributionReceipt.id.desc()), page, per_page
    )
    in_log = receipts.hashes_in_log(_PURGED, [_name_of(receipt) for receipt in found.items])
    checked = [
        CheckedContributionReceipt(receipt, (_name_of(receipt), receipt_hash(receipt)) in in_log)
        for receipt in found.items
    ]
    return Page(items=checked, total=found.total, page=found.page, per_page=found.per_page)


def receipt_hash(receipt: ContributionReceipt) -> str:
    """SHA-256 of the receipt's facts."""
    return receipts.hash_of(_facts(receipt))


def _name_of(receipt: ContributionReceipt) -> str:
    return f"contribution receipt {receipt.id}"


def _facts(receipt: ContributionReceipt) -> dict[str, object]:
    # Receipts from before there were posts have no word of them in their hash.
    posts = {"posts": receipt.posts} if receipt.posts else {}
    return {
        **posts,
        "purged_at": receipts.moment(receipt.purged_at),
        "tips": receipt.tips,
        "found_persons": receipt.found_persons,
        "photos": receipt.photos,
        "faces": receipt.faces,
        "pictures": receipt.pictures,
        "picture_bytes": receipt.picture_bytes,
    }


def _is_anything_over() -> bool:
    """Asked first, because the locks hold up whoever hands something in."""
    conditions = ((Tip, _tip_is_over()), (FoundPerson, _entry_is_over()), (Post, _post_is_over()))
    return any(
        db.session.scalar(select(model.id).where(is_over).limit(1)) is not None
        for model, is_over in conditions
    )


def _ids(
    model: type[Tip] | type[FoundPerson] | type[Post], is_over: ColumnElement[bool]
) -> list[int]:
    """Ids of what goes, held so that nobody decides on it meanwhile."""
    taken = select(model.id).where(is_over).order_by(model.id).limit(BATCH)
    return list(db.session.scalars(taken.with_for_update(skip_locked=True)))


def _tip_is_over() -> ColumnElement[bool]:
    accepted = (
        exists()
        .where(Case.id == Tip.decided_case_id, _case_is_needed())
        .where(Tip.state == TipState.ACCEPTED)
    )
    matching = (
        exists()
        .where(ContributedPhoto.tip_id == Tip.id, ContributedFace.photo_id == ContributedPhoto.id)
        .where(ContributedMatch.face_id == ContributedFace.id, Case.id == ContributedMatch.case_id)
        .where(_case_is_needed(), Tip.state.in_((TipState.WAITING, TipState.ASKED)))
    )
    return (Tip.expires_at <= utc_now()) & ~accepted & ~matching


def _entry_is_over() -> ColumnElement[bool]:
    closed_before = utc_now() - timedelta(days=settings().closed_case_retention_days)
    held = (
        exists()
        .where(ContributedPhoto.found_person_id == FoundPerson.id)
        .where(ContributedFace.photo_id == ContributedPhoto.id)
        .where(ContributedMatch.face_id == ContributedFace.id, Case.id == ContributedMatch.case_id)
        .where(Case.legal_hold)
    )
    is_closed = FoundPerson.state != FoundState.OPEN
    return is_closed & (func.coalesce(FoundPerson.closed_at, utc_now()) <= closed_before) & ~held


def _post_is_over() -> ColumnElement[bool]:
    """Its time is over, and no case that is needed has a match that nobody has rejected."""
    matching = (
        exists()
        .where(ContributedPhoto.post_id == Post.id, ContributedFace.photo_id == ContributedPhoto.id)
        .where(ContributedMatch.face_id == ContributedFace.id, Case.id == ContributedMatch.case_id)
        .where(_case_is_needed(), ContributedMatch.state != MatchState.REJECTED)
    )
    return (Post.expires_at <= utc_now()) & ~matching


def forget_unused() -> None:
    """Let go of accounts and contacts that no post names any more. Does not commit.

    `post_lock` must be held: an import may be about to name one.
    """
    named = exists().where(PostContactUse.contact_id == PostContact.id)
    db.session.execute(delete(PostContact).where(~named))
    written = exists().where(Post.account_id == PostAccount.id)
    db.session.execute(delete(PostAccount).where(~written))


def _case_is_needed() -> ColumnElement[bool]:
    closed_since = utc_now() - timedelta(days=settings().closed_case_retention_days)
    return or_(Case.state == CaseState.OPEN, Case.closed_at > closed_since, Case.legal_hold)
