"""Sightings: proposing them, and what people say of them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Float, cast, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import joinedload, selectinload

from app.errors import Conflict, NotFound
from app.extensions import db
from app.inputs import ReviewInput, SightingQuery
from app.models import (
    Case,
    Embedder,
    Face,
    ReferencePhoto,
    Review,
    Sighting,
    SightingState,
    Sweep,
    Visit,
)
from app.models.columns import utc_now
from app.outputs import sighting_payload
from app.services import audit, live, locations
from app.services.actors import Actor
from app.services.pages import Page, paginate
from recognition.faces import FloatArray

_SHOWN = (
    joinedload(Sighting.face).joinedload(Face.footage),
    joinedload(Sighting.camera),
    joinedload(Sighting.embedder),
    joinedload(Sighting.reference_photo),
    selectinload(Sighting.case),
)


def list_sightings(case: Case, query: SightingQuery) -> Page[Sighting]:
    """A case's sightings, the newest proposal first."""
    statement = (
        select(Sighting)
        .options(*_SHOWN)
        .where(Sighting.case_id == case.id)
        .order_by(Sighting.id.desc())
    )
    if query.state is not None:
        statement = statement.where(Sighting.state == query.state)
    return paginate(statement, query.page, query.per_page)


def review_queue(page: int, per_page: int) -> Page[Sighting]:
    """Candidates of all open cases that wait for a person, oldest first."""
    statement = (
        select(Sighting)
        .options(*_SHOWN)
        .join(Case, Case.id == Sighting.case_id)
        .where(Sighting.state.in_((SightingState.CANDIDATE, SightingState.UNSURE)))
        .where(Case.state == "open")
        .order_by(Sighting.id)
    )
    return paginate(statement, page, per_page)


def find_sighting(sighting_id: int) -> Sighting:
    """One sighting with what is shown of it. Raises NotFound."""
    sighting = db.session.scalar(
        select(Sighting).options(*_SHOWN).where(Sighting.id == sighting_id)
    )
    if sighting is None:
        raise NotFound(f"There is no sighting {sighting_id}.")
    return sighting


def reviews_of(sighting: Sighting) -> Sequence[Review]:
    """All verdicts on a sighting, oldest first, undone ones too."""
    return db.session.scalars(
        select(Review).where(Review.sighting_id == sighting.id).order_by(Review.id)
    ).all()


def review_sighting(actor: Actor, sighting_id: int, given: ReviewInput) -> Sighting:
    """Record a person's verdict. A confirmed sighting becomes a last-known location."""
    sighting = _locked(sighting_id)
    db.session.add(
        Review(
            sighting_id=sighting.id,
            reviewer_id=actor.user_id,
            reviewer_name=actor.name,
            verdict=given.verdict,
            remarks=given.remarks,
        )
    )
    _settle(actor, sighting, SightingState(given.verdict.value), "sighting.review")
    return find_sighting(sighting_id)


def undo_review(actor: Actor, sighting_id: int) -> Sighting:
    """Take back the last verdict; the one before it holds again. Raises Conflict without one."""
    sighting = _locked(sighting_id)
    standing = db.session.scalars(
        select(Review)
        .where(Review.sighting_id == sighting.id, Review.undone_at.is_(None))
        .order_by(Review.id.desc())
        .limit(2)
    ).all()
    if not standing:
        raise Conflict("There is no verdict to take back.")
    standing[0].undone_at = utc_now()
    before = SightingState(standing[1].verdict.value) if len(standing) > 1 else None
    _settle(actor, sighting, before or SightingState.CANDIDATE, "sighting.undo_review")
    return find_sighting(sighting_id)


def propose(
    face: Face, case_id: int, photo_id: int | None, similarity: float, threshold: float
) -> Sighting | None:
    """Propose a face for a case, unless it was proposed before. Does not commit."""
    sighting_id = db.session.scalar(
        insert(Sighting)
        .values(
            case_id=case_id,
            face_id=face.id,
            camera_id=face.camera_id,
            embedder_id=face.embedder_id,
            reference_photo_id=photo_id,
            similarity=similarity,
            threshold_similarity=threshold,
            state=SightingState.CANDIDATE,
            seen_at=face.best_at,
            latitude_deg=face.camera.latitude_deg,
            longitude_deg=face.camera.longitude_deg,
            created_at=utc_now(),
        )
        .on_conflict_do_nothing(index_elements=["case_id", "face_id"])
        .returning(Sighting.id)
    )
    if sighting_id is None:
        return None
    sighting = find_sighting(sighting_id)
    live.publish(case_id, "sighting", sighting_payload(sighting))
    return sighting


def search_swept_faces(
    case: Case, photo: ReferencePhoto, embedder: Embedder, embedding: FloatArray
) -> int:
    """Compare a new photo with the faces that this case's sweeps found. Does not commit.

    Returns how many it proposed.
    """
    similarity = cast(1.0 - Face.embedding.cosine_distance(embedding), Float(53))
    rows = db.session.execute(
        select(Face, similarity.label("similarity"))
        .join(Visit, Visit.id == Face.visit_id)
        .join(Sweep, Sweep.id == Visit.sweep_id)
        .where(
            Sweep.case_id == case.id,
            Face.embedder_id == embedder.id,
            similarity >= embedder.threshold_similarity,
        )
    ).all()
    proposed = [
        propose(face, case.id, photo.id, value, embedder.threshold_similarity)
        for face, value in rows
    ]
    return sum(sighting is not None for sighting in proposed)


def count_of_visit(visit_id: int) -> int:
    """Sightings that one visit has led to, for all cases."""
    return (
        db.session.scalar(
            select(func.count())
            .select_from(Sighting)
            .join(Face, Face.id == Sighting.face_id)
            .where(Face.visit_id == visit_id)
        )
        or 0
    )


def _locked(sighting_id: int) -> Sighting:
    """The sighting, held against other reviewers until the commit."""
    sighting = db.session.get(Sighting, sighting_id, with_for_update={"of": Sighting})
    if sighting is None:
        raise NotFound(f"There is no sighting {sighting_id}.")
    return sighting


def _settle(actor: Actor, sighting: Sighting, state: SightingState, action: str) -> None:
    sighting.state = state
    db.session.flush()
    locations.follow_sighting(actor, sighting, confirmed=state is SightingState.CONFIRMED)
    audit.record(
        actor,
        action,
        case=sighting.case,
        purpose=sighting.case.purpose,
        subject=f"sighting {sighting.id}",
        details={"state": state.value},
    )
    live.publish(sighting.case_id, "review", sighting_payload(sighting))
    db.session.commit()
