"""Sightings: proposing them, and what people say of them.

A rejected face is a negative anchor of its case: whatever is more like it than like the reference
photos is marked and shown last, but never dropped. Taking the verdict back takes the mark away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC

from sqlalchemy import Float, cast, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import joinedload, selectinload

from app.current import settings
from app.errors import Conflict, NotFound
from app.extensions import db
from app.inputs import ReviewInput, SightingQuery
from app.models import (
    AlertKind,
    AlertUrgency,
    Case,
    Embedder,
    Face,
    ReferenceEmbedding,
    ReferencePhoto,
    Review,
    ReviewStage,
    Sighting,
    SightingSimilarity,
    SightingState,
)
from app.models.columns import utc_now
from app.outputs import sighting_payload
from app.services.base import audit, live
from app.services.base.actors import Actor
from app.services.base.appearances import same_appearance
from app.services.base.links import path_to
from app.services.base.pages import Page, paginate
from app.services.messages import alerts
from app.services.places import locations, travel
from app.services.reviews import anchors
from app.services.reviews.blindness import is_blind
from app.services.reviews.standing import needs_blindness, reviewer_of, standing_of, words_of
from recognition.age_gaps import GapThresholds
from recognition.matching import Match

NOT_BLIND = (
    "You have seen this sighting's similarity or what others said of it, so your confirmation "
    "would not be a blind second one. Leave it to an examiner, or to somebody who has not opened "
    "the case. "
    "Rejected and unsure are taken from everybody."
)

SHOWN = (
    joinedload(Sighting.face).joinedload(Face.footage),
    joinedload(Sighting.camera),
    joinedload(Sighting.embedder),
    joinedload(Sighting.reference_photo),
    selectinload(Sighting.case),
    selectinload(Sighting.similarities).options(
        joinedload(SightingSimilarity.photo), joinedload(SightingSimilarity.age_threshold)
    ),
)
_shown_last = Sighting.like_rejected & Sighting.state.in_(
    (SightingState.CANDIDATE, SightingState.UNSURE)
)


def list_sightings(case: Case, query: SightingQuery) -> Page[Sighting]:
    """A case's sightings, the newest proposal first; open ones like rejected faces come last."""
    statement = (
        select(Sighting)
        .options(*SHOWN)
        .where(Sighting.case_id == case.id)
        .order_by(_shown_last, Sighting.id.desc())
    )
    if query.state is not None:
        statement = statement.where(Sighting.state == query.state)
    if query.is_lead is not None:
        statement = statement.where(Sighting.is_lead == query.is_lead)
    return _marked(paginate(statement, query.page, query.per_page))


def find_sighting(sighting_id: int) -> Sighting:
    """One sighting with what is shown of it. Raises NotFound."""
    sighting = db.session.scalar(select(Sighting).options(*SHOWN).where(Sighting.id == sighting_id))
    if sighting is None:
        raise NotFound(f"There is no sighting {sighting_id}.")
    travel.mark([sighting])
    return sighting


def _marked(page: Page[Sighting]) -> Page[Sighting]:
    """With what travel says of each: what cannot be is marked, never dropped."""
    travel.mark(page.items)
    return page


def reviews_of(sighting: Sighting) -> Sequence[Review]:
    """All verdicts on a sighting, oldest first, undone ones too."""
    return db.session.scalars(
        select(Review).where(Review.sighting_id == sighting.id).order_by(Review.id)
    ).all()


def review_sighting(actor: Actor, sighting_id: int, given: ReviewInput) -> Sighting:
    """Record a person's verdict; where the sighting then stands, `services.reviews.standing` says.

    A confirmed sighting becomes a last-known location at once, provisional until it is a lead.
    Raises Conflict where somebody confirms what another has judged, and is not blind to that: only
    a blind second review makes a lead. Doubts are taken from everybody.
    """
    sighting = _locked(sighting_id)
    review = Review(
        sighting_id=sighting.id,
        reviewer_id=actor.user_id,
        reviewer_name=actor.name,
        verdict=given.verdict,
        remarks=given.remarks,
        blind=is_blind(actor, sighting),
        comparison=given.comparison and given.comparison.model_dump(mode="json"),
    )
    words = words_of(reviews_of(sighting))
    if needs_blindness(words, reviewer_of(review), review) and not review.blind:
        raise Conflict(NOT_BLIND)
    db.session.add(review)
    settle(actor, sighting, "sighting.review", {"blind": review.blind})
    return find_sighting(sighting_id)


def undo_review(actor: Actor, sighting_id: int) -> Sighting:
    """Take back one's own last verdict; the one before it holds again.

    Raises Conflict without one: nobody takes back what somebody else said.
    """
    sighting = _locked(sighting_id)
    me = f"#{actor.user_id}" if actor.user_id is not None else actor.name
    own = [one for one in reviews_of(sighting) if not one.undone_at and reviewer_of(one) == me]
    if not own:
        raise Conflict("There is no verdict to take back.")
    own[-1].undone_at = utc_now()
    settle(actor, sighting, "sighting.undo_review", {"verdict": own[-1].verdict.value})
    return find_sighting(sighting_id)


def settle_case_again(actor: Actor, case: Case) -> None:
    """Judge the case's sightings anew after it asks for another number of reviews. No commit."""
    ids = db.session.scalars(
        select(Sighting.id)
        .where(Sighting.case_id == case.id, Sighting.state != SightingState.CANDIDATE)
        .order_by(Sighting.id)
    ).all()
    for sighting_id in ids:
        _settle(actor, _locked(sighting_id), "sighting.settle", {"reviews": "needed changed"})


def propose(face: Face, match: Match) -> Sighting | None:
    """Propose a face for a case, unless it was proposed before. Does not commit.

    The same appearance that another sweep saw in the same recording counts as proposed, too.
    """
    sighting_id = None if _is_seen_already(face, match.case_id) else _insert(face, match)
    if sighting_id is None:
        return None
    db.session.execute(
        insert(SightingSimilarity),
        [
            {
                "sighting_id": sighting_id,
                "photo_id": one.reference_id,
                "similarity": one.similarity,
                "threshold_similarity": one.threshold,
                "age_threshold_id": one.measured_key,
            }
            for one in match.similarities
        ],
    )
    sighting = find_sighting(sighting_id)
    live.publish(match.case_id, "sighting", sighting_payload(sighting))
    alerts.raise_for_sighting(sighting)
    return sighting


def compare_with_photo(
    case: Case, photo: ReferencePhoto, embedder: Embedder, thresholds: GapThresholds
) -> None:
    """Say for the case's sightings how alike they are to a photo that came later.

    What they were proposed with stays as it was. Does not commit.
    """
    similarity = 1.0 - Face.embedding.cosine_distance(ReferenceEmbedding.embedding)
    compared = db.session.execute(
        select(Sighting.id, Sighting.seen_at, cast(similarity, Float(53)))
        .join(Face, Face.id == Sighting.face_id)
        .join(ReferenceEmbedding, ReferenceEmbedding.embedder_id == Sighting.embedder_id)
        .where(
            Sighting.case_id == case.id,
            Sighting.embedder_id == embedder.id,
            ReferenceEmbedding.photo_id == photo.id,
        )
    ).all()
    rows = []
    for sighting_id, seen_at, alike in compared:
        limit, key = thresholds.of_photo(photo.taken_span, seen_at.astimezone(UTC).date())
        rows.append(
            {
                "sighting_id": sighting_id,
                "photo_id": photo.id,
                "similarity": alike,
                "threshold_similarity": limit + case.threshold_raise,
                "age_threshold_id": key,
            }
        )
    if rows:
        db.session.execute(insert(SightingSimilarity).on_conflict_do_nothing(), rows)


def _is_seen_already(face: Face, case_id: int) -> bool:
    """Whether the case has this appearance from another visit's look at the same recording."""
    seen = exists().where(Sighting.case_id == case_id, Sighting.face_id.in_(same_appearance(face)))
    return bool(db.session.scalar(select(seen)))


def _insert(face: Face, match: Match) -> int | None:
    """The new sighting's id; None if the face was proposed for this case before."""
    rejected = match.nearest_rejected
    # Asked for, not taken over: the rejected sighting may have expired since the gallery was read.
    rejected_id = select(Sighting.id).where(
        Sighting.id == (rejected.sighting_id if rejected is not None else None)
    )
    return db.session.scalar(
        insert(Sighting)
        .values(
            case_id=match.case_id,
            face_id=face.id,
            camera_id=face.camera_id,
            embedder_id=face.embedder_id,
            reference_photo_id=match.reference_id,
            similarity=match.similarity,
            threshold_similarity=match.threshold,
            like_rejected=match.like_rejected,
            rejected_similarity=rejected.similarity if rejected is not None else None,
            rejected_sighting_id=rejected_id.scalar_subquery(),
            state=SightingState.CANDIDATE,
            awaits=ReviewStage.FIRST,
            seen_at=face.best_at,
            latitude_deg=face.camera.latitude_deg,
            longitude_deg=face.camera.longitude_deg,
            created_at=utc_now(),
        )
        .on_conflict_do_nothing(index_elements=["case_id", "face_id"])
        .returning(Sighting.id)
    )


def _locked(sighting_id: int) -> Sighting:
    """The sighting, held against other reviewers of its case until the commit.

    The case's row comes first: a verdict may change the marks of other sightings of the case, and
    two reviewers would otherwise wait for each other.
    """
    case_id = db.session.scalar(select(Sighting.case_id).where(Sighting.id == sighting_id))
    if case_id is None:
        raise NotFound(f"There is no sighting {sighting_id}.")
    db.session.execute(select(Case.id).where(Case.id == case_id).with_for_update(key_share=True))
    sighting = db.session.get(
        Sighting, sighting_id, with_for_update={"of": Sighting}, populate_existing=True
    )
    if sighting is None:
        raise NotFound(f"There is no sighting {sighting_id}.")
    return sighting


def settle(actor: Actor, sighting: Sighting, action: str, details: Mapping[str, object]) -> None:
    """Let the sighting stand where its verdicts put it, tell everybody, and commit."""
    _settle(actor, sighting, action, details)
    db.session.commit()


def _settle(actor: Actor, sighting: Sighting, action: str, details: Mapping[str, object]) -> None:
    db.session.flush()
    needed = max(settings().reviews_needed, sighting.case.reviews_needed or 1)
    words = list(words_of(reviews_of(sighting)).values())
    now, before = standing_of(words, needed), sighting.state
    sighting.state, sighting.is_lead, sighting.awaits = now.state, now.is_lead, now.awaits
    sighting.reviews_needed = needed
    db.session.flush()
    locations.follow_sighting(actor, sighting, changed=before is not now.state)
    alerts.follow_verdict(actor, sighting)
    told = {
        "state": now.state.value,
        "is_lead": now.is_lead,
        "awaits": now.awaits.value if now.awaits else None,
        **details,
    }
    subject = f"sighting {sighting.id}"
    audit.record(actor, action, case=sighting.case, subject=subject, details=told)
    if before is SightingState.CONFIRMED and now.state is not SightingState.CONFIRMED:
        audit.record(actor, "sighting.overturn", case=sighting.case, subject=subject, details=told)
        if len(words) > 1:
            _tell_of_disagreement(sighting)
    live.publish(sighting.case_id, "review", sighting_payload(sighting))
    if SightingState.REJECTED in (before, now.state) and before is not now.state:
        for changed_id in anchors.mark_again(sighting.case_id, sighting.embedder_id):
            live.publish(sighting.case_id, "review", sighting_payload(find_sighting(changed_id)))


def _tell_of_disagreement(sighting: Sighting) -> None:
    """Whoever has sent people to a place must hear that it is no longer believed."""
    newest = max(one.id for one in reviews_of(sighting))
    alerts.raise_alert(
        sighting.case,
        AlertKind.REVIEW_DISAGREEMENT,
        title=f"Reviewers disagree on the sighting at {sighting.camera.name}: its place is taken "
        "back",
        path=path_to("sightings.show", sighting_id=sighting.id),
        dedupe_key=f"sighting {sighting.id} overturned at review {newest}",
        urgency=AlertUrgency.NORMAL,
    )
