"""Comparing contributed faces with cases, both ways, under one lock.

A worker compares a new photo's faces with the galleries of all open cases; a case compares its
gallery with all kept faces whenever a photo is added or it may be searched for again. Both hold the
lock from reading to commit, so that a photo and a case that come at the same moment do not miss
each other. Contributions are never compared with each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
from sqlalchemy import and_, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import joinedload

from app.extensions import db
from app.models import (
    Case,
    CaseState,
    ContributedFace,
    ContributedMatch,
    ContributedPhoto,
    Embedder,
    FoundPerson,
    FoundState,
    MatchState,
    Post,
    ReferenceEmbedding,
    ReferencePhoto,
    Tip,
    TipState,
)
from app.models.columns import utc_now
from app.models.tips import TimeSource
from app.services.base import audit
from app.services.base.actors import Actor
from app.services.embeddings import age_thresholds, galleries
from app.services.messages import contribution_alerts
from recognition.faces import FloatArray
from recognition.matching import Match

LATER_LIMIT = 2000
"""So many kept faces at most are compared anew with one case."""
_SLACK = 0.01
"""The database sums cosines in another order than the gallery, which decides."""
_LOCK = 7_201_003
"""Key of the advisory lock that orders comparisons and changes of what is compared."""


def hold_lock() -> None:
    """Wait for, and hold until the commit, what orders comparisons."""
    db.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def compare_case(actor: Actor, case: Case, embedder: Embedder) -> int:
    """Compare a case with all kept faces of tips, found persons and posts. Does not commit.

    Returns how many new matches that gave. A case that may not be searched for now is left out.
    """
    if case.state is not CaseState.OPEN or case.legal_basis_expires_at <= utc_now():
        return 0
    db.session.flush()
    hold_lock()
    near = _near(case, embedder)
    if not near:
        return 0
    gallery = galleries.case_gallery(case, embedder)
    rows = np.stack([galleries.numbers(raw) for _, raw in near])
    found = gallery.match_all(rows, embedder.sha256, [_day_of(face.photo) for face, _ in near])
    matched = [
        (face, matches[0]) for (face, _), matches in zip(near, found, strict=True) if matches
    ]
    new = [_propose(face, match) for face, match in matched]
    added = [match for match in new if match is not None]
    details = {"model": embedder.name, "faces_compared": len(near), "new_matches": len(added)}
    audit.record(actor, "contributions.compare", case=case, details=details)
    contribution_alerts.tell_all(added)
    return len(added)


def compare_case_again(actor: Actor, case: Case) -> int:
    """As `compare_case`, for every model that has embedded the case's photos."""
    used = select(ReferenceEmbedding.embedder_id).join(
        ReferencePhoto, ReferencePhoto.id == ReferenceEmbedding.photo_id
    )
    known = select(Embedder).where(Embedder.id.in_(used.where(ReferencePhoto.case_id == case.id)))
    return sum(compare_case(actor, case, embedder) for embedder in db.session.scalars(known).all())


def compare_photo(
    photo: ContributedPhoto,
    embedder: Embedder,
    faces: Sequence[ContributedFace],
    embeddings: Sequence[FloatArray],
) -> list[ContributedMatch]:
    """The new matches of a photo's faces with the galleries of all open cases. Does not commit.

    The lock must be held since before the faces were written.
    """
    if not faces or not _is_compared(photo):
        return []
    gallery = galleries.open_galleries(embedder)
    found = gallery.match_all(
        np.stack(embeddings), embedder.sha256, [_day_of(photo)] * len(embeddings)
    )
    new = [
        _propose(face, match)
        for face, matches in zip(faces, found, strict=True)
        for match in matches
    ]
    return [match for match in new if match is not None]


def _is_compared(photo: ContributedPhoto) -> bool:
    if photo.tip is not None:
        return photo.tip.state is not TipState.SPAM and photo.tip.expires_at > utc_now()
    if photo.post is not None:
        return photo.post.active and photo.post.expires_at > utc_now()
    return photo.found_person is not None and photo.found_person.state is FoundState.OPEN


def _day_of(photo: ContributedPhoto) -> date | None:
    """The day on which its sender or registrar says the person was seen; None where nobody does.

    Not what a file names of itself, which anybody can write, and not when a post was put up, which
    may show an old photo.
    """
    tip, found = photo.tip, photo.found_person
    if tip is not None:
        return galleries.day_of(tip.seen_at if tip.time_source is TimeSource.SENDER else None)
    return None if found is None else galleries.day_of(found.found_at or found.created_at)


def _near(case: Case, embedder: Embedder) -> list[tuple[ContributedFace, bytes]]:
    """Kept faces that are like some real photo of the case, by the database's own comparison.

    What it brings up is only a list: the gallery decides, as everywhere. A little below the
    threshold is taken, too.
    """
    least = age_thresholds.thresholds_of(embedder).least + case.threshold_raise - _SLACK
    similarity = 1.0 - ContributedFace.embedding.cosine_distance(ReferenceEmbedding.embedding)
    like = (
        select(ReferenceEmbedding.photo_id)
        .join(ReferencePhoto, ReferencePhoto.id == ReferenceEmbedding.photo_id)
        .where(
            ReferencePhoto.case_id == case.id,
            ReferencePhoto.active,
            ~ReferencePhoto.artificial,
            ReferenceEmbedding.embedder_id == embedder.id,
            similarity >= least,
        )
        .correlate(ContributedFace)
        .exists()
    )
    compared = or_(
        and_(Tip.id.is_not(None), Tip.state != TipState.SPAM, Tip.expires_at > utc_now()),
        and_(FoundPerson.id.is_not(None), FoundPerson.state == FoundState.OPEN),
        and_(Post.id.is_not(None), Post.active, Post.expires_at > utc_now()),
    )
    rows = db.session.execute(
        select(ContributedFace, galleries.sent(ContributedFace.embedding))
        .options(
            joinedload(ContributedFace.photo).options(
                joinedload(ContributedPhoto.tip), joinedload(ContributedPhoto.found_person)
            )
        )
        .join(ContributedPhoto, ContributedPhoto.id == ContributedFace.photo_id)
        .outerjoin(Tip, Tip.id == ContributedPhoto.tip_id)
        .outerjoin(FoundPerson, FoundPerson.id == ContributedPhoto.found_person_id)
        .outerjoin(Post, Post.id == ContributedPhoto.post_id)
        .where(ContributedFace.embedder_id == embedder.id, compared, like)
        .order_by(ContributedFace.id.desc())
        .limit(LATER_LIMIT)
    )
    return [(face, raw) for face, raw in rows]


def _propose(face: ContributedFace, match: Match) -> ContributedMatch | None:
    """The new match; None where the face was proposed for this case before."""
    match_id = db.session.scalar(
        insert(ContributedMatch)
        .values(
            face_id=face.id,
            case_id=match.case_id,
            embedder_id=face.embedder_id,
            reference_photo_id=match.reference_id,
            similarity=match.similarity,
            threshold_similarity=match.threshold,
            age_threshold_id=match.carrier.measured_key,
            state=MatchState.CANDIDATE,
            decided_by_name="",
            created_at=utc_now(),
        )
        .on_conflict_do_nothing(index_elements=["face_id", "case_id"])
        .returning(ContributedMatch.id)
    )
    return None if match_id is None else db.session.get(ContributedMatch, match_id)
