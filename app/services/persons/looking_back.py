"""Comparing what a case's own sweeps have kept with one person of interest. Runs in a worker.

Batch by batch, each one transaction: that the authorisation is in force, which photos it names, the
faces, what is proposed and how far it came. Whoever takes it up goes on there; nothing is doubled.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from sqlalchemy import func, select, update

from app.errors import NoRecogniser
from app.extensions import db
from app.models import (
    Case,
    Embedder,
    Face,
    LookBackState,
    PersonAuthorisation,
    PersonEmbedding,
    PersonLookBack,
    PersonOfInterest,
    Sweep,
    Visit,
    VisitState,
)
from app.models.columns import utc_now
from app.recogniser import holder
from app.services.base.actors import WORKER
from app.services.embeddings import embedders, galleries
from app.services.persons import (
    comparing,
    finding,
    look_backs,
    person_gallery,
    person_photos,
    telling,
)
from app.services.persons.person_gallery import PersonGallery
from recognition.faces import FloatArray

BATCH: Final = 1000

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Claim:
    """A look-back as this worker holds it."""

    look_back_id: int
    attempt: int


class _Over(Exception):
    """It is through, another worker has it, or its authorisation is over."""


def run(look_back_id: int, is_to_stop: Callable[[], bool] = lambda: False) -> None:
    """Do one look-back to its end. May run twice: the second finds nothing to do. Commits.

    Where `is_to_stop` says so after a batch, it waits for another worker, who goes on from there.
    """
    claim = _take(look_back_id)
    if claim is None:
        log.info("Look-back %s is not to be had: through, or with another worker.", look_back_id)
        return
    _embed_photos(claim)
    try:
        _begin(claim)
        while not is_to_stop():
            _compare_batch(claim)
    except _Over:
        db.session.rollback()
        return
    _give_back(claim)


def _take(look_back_id: int) -> _Claim | None:
    attempt = db.session.scalar(
        update(PersonLookBack)
        .where(PersonLookBack.id == look_back_id, PersonLookBack.state == LookBackState.WAITING)
        .values(state=LookBackState.RUNNING, attempt=PersonLookBack.attempt + 1, beat_at=utc_now())
        .returning(PersonLookBack.attempt)
    )
    db.session.commit()
    if attempt is None:
        return None
    if attempt > look_backs.MAX_ATTEMPTS:
        look_back = db.session.get_one(PersonLookBack, look_back_id)
        look_backs.settle(WORKER, look_back, LookBackState.FAILED, look_backs.TOO_MANY_DEATHS)
        db.session.commit()
        return None
    return _Claim(look_back_id, attempt)


def _embed_photos(claim: _Claim) -> None:
    """Let the model in force see the photos; without one, what older ones made of them counts."""
    try:
        recogniser = holder().get()
    except NoRecogniser:
        return
    person = db.session.get_one(PersonLookBack, claim.look_back_id).person
    case = db.session.get_one(Case, person.case_id)
    person_photos.embed_missing(case, recogniser, embedders.register(recogniser))


def _begin(claim: _Claim) -> None:
    """Say up to which face it goes, once.

    Chunks of visits that were compared before the grant, and are being committed, are waited for;
    all later ones know the person themselves.
    """
    look_back = _hold(claim)
    if look_back.until_face_id is not None:
        db.session.rollback()
        return
    db.session.execute(
        select(Visit.id)
        .join(Sweep, Sweep.id == Visit.sweep_id)
        .where(Sweep.case_id == look_back.person.case_id, Visit.state == VisitState.RUNNING)
        .order_by(Visit.id)
        .with_for_update(read=True, of=Visit)
    ).all()
    kept, last_id = db.session.execute(
        select(func.count(Face.id), func.max(Face.id))
        .join(Visit, Visit.id == Face.visit_id)
        .join(Sweep, Sweep.id == Visit.sweep_id)
        .where(look_backs.is_kept_of(look_back.person.case_id))
    ).one()
    look_back.faces_kept, look_back.until_face_id = kept, last_id or 0
    db.session.commit()


def _compare_batch(claim: _Claim) -> None:
    """Compare the next faces and commit. Raises _Over when there is nothing more to do."""
    look_back = _hold(claim)
    if not _is_in_force(look_back):
        _settle(look_back, LookBackState.ENDED, look_backs.AUTHORISATION_OVER)
        raise _Over
    rows = _next_faces(look_back)
    if not rows:
        telling.tell_of_look_back(look_back)
        _settle(look_back, LookBackState.DONE)
        raise _Over
    by_model: dict[int, list[tuple[Face, FloatArray]]] = {}
    for face, raw in rows:
        by_model.setdefault(face.embedder_id, []).append((face, galleries.numbers(raw)))
    known = _galleries(look_back)
    for embedder_id, found in by_model.items():
        gallery = known.get(embedder_id)
        if gallery is None or not len(gallery):
            look_back.faces_of_other_models += len(found)
        else:
            look_back.proposed += _propose(look_back, gallery, found)
            _count(look_back, [face for face, _ in found])
    look_back.after_face_id, look_back.beat_at = rows[-1][0].id, utc_now()
    db.session.commit()


def _propose(
    look_back: PersonLookBack, gallery: PersonGallery, found: Sequence[tuple[Face, FloatArray]]
) -> int:
    matches = gallery.match_all(np.stack([embedding for _, embedding in found]))
    return sum(
        comparing.propose(face.visit_id, face, match, look_back) is not None
        for (face, _), of_face in zip(found, matches, strict=True)
        for match in of_face
    )


def _count(look_back: PersonLookBack, faces: Sequence[Face]) -> None:
    look_back.faces += len(faces)
    seen = [face.best_at for face in faces]
    look_back.oldest_at = min(filter(None, (look_back.oldest_at, *seen)))
    look_back.newest_at = max(filter(None, (look_back.newest_at, *seen)))


def _next_faces(look_back: PersonLookBack) -> Sequence[tuple[Face, bytes]]:
    """The next kept faces, held so that none expires before the commit."""
    rows = db.session.execute(
        select(Face, galleries.sent(Face.embedding))
        .join(Visit, Visit.id == Face.visit_id)
        .join(Sweep, Sweep.id == Visit.sweep_id)
        .where(
            look_backs.is_kept_of(look_back.person.case_id),
            Face.id > look_back.after_face_id,
            Face.id <= look_back.until_face_id,
        )
        .order_by(Face.id)
        .limit(BATCH)
        .with_for_update(read=True, key_share=True, of=Face)
    )
    return [(face, raw) for face, raw in rows]


def _galleries(look_back: PersonLookBack) -> Mapping[int, PersonGallery]:
    """By model, the photos that the authorisation names, as far as that model has seen them."""
    models = db.session.scalars(
        select(Embedder)
        .join(PersonEmbedding, PersonEmbedding.embedder_id == Embedder.id)
        .where(PersonEmbedding.photo_id.in_(look_back.authorisation.photo_ids))
        .distinct()
    )
    return {
        one.id: person_gallery.of_authorisation(look_back.authorisation_id, one) for one in models
    }


def _is_in_force(look_back: PersonLookBack) -> bool:
    return (
        db.session.scalar(
            select(PersonAuthorisation.id)
            .join(PersonOfInterest, PersonOfInterest.id == PersonAuthorisation.person_id)
            .join(Case, Case.id == PersonOfInterest.case_id)
            .where(PersonAuthorisation.id == look_back.authorisation_id, finding.in_force())
        )
        is not None
    )


def _hold(claim: _Claim) -> PersonLookBack:
    """The look-back, locked after its authorisation, as an end locks them. Raises _Over.

    Nobody ends the authorisation between this and the commit: what a batch proposes was allowed.
    """
    of_look_back = select(PersonLookBack.authorisation_id).where(
        PersonLookBack.id == claim.look_back_id
    )
    db.session.execute(
        select(PersonAuthorisation.id)
        .where(PersonAuthorisation.id == of_look_back.scalar_subquery())
        .with_for_update(read=True)
    )
    look_back = db.session.scalar(
        select(PersonLookBack)
        .where(
            PersonLookBack.id == claim.look_back_id,
            PersonLookBack.attempt == claim.attempt,
            PersonLookBack.state == LookBackState.RUNNING,
        )
        .with_for_update(of=PersonLookBack)
        .execution_options(populate_existing=True)
    )
    if look_back is None:
        raise _Over
    return look_back


def _settle(look_back: PersonLookBack, state: LookBackState, problem: str = "") -> None:
    look_backs.settle(WORKER, look_back, state, problem)
    db.session.commit()


def _give_back(claim: _Claim) -> None:
    db.session.execute(
        update(PersonLookBack)
        .where(
            PersonLookBack.id == claim.look_back_id,
            PersonLookBack.attempt == claim.attempt,
            PersonLookBack.state == LookBackState.RUNNING,
        )
        .values(state=LookBackState.WAITING, attempt=claim.attempt - 1, queued_at=None)
    )
    db.session.commit()
