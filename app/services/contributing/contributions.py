"""Faces in contributed photos: found by a worker, and looked for anew with every new model.

State is in PostgreSQL: a photo waits, runs, is done or failed. Redis carries its id; what Redis
loses, or a worker that dies, the scheduler puts in again.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import and_, exists, or_, select, update

from app.errors import NoRecogniser, NotFound
from app.extensions import db
from app.models import (
    ContributedFace,
    ContributedPhoto,
    Embedder,
    PhotoState,
)
from app.models.columns import utc_now
from app.recogniser import LoadedRecogniser, holder
from app.services.base import audit, dispatch, kept_pictures, media
from app.services.base.actors import WORKER
from app.services.contributing import contribution_matching
from app.services.embeddings import embedders, galleries, gallery_photos
from app.services.messages import contribution_alerts
from recognition.alignment import surroundings
from recognition.errors import UnreadableImage
from recognition.faces import DetectedFace, FloatArray, ImageBGR
from recognition.images import encode_jpeg, read_photo
from recognition.quality import face_quality
from recognition.stills import faces_in_still

MOST_FACES = 40
"""The largest faces of one photo; those of a crowd behind them are rarely recognisable."""
MAX_ATTEMPTS = 5
STALE_AFTER = timedelta(minutes=5)
"""A worker that has had one photo for so long is dead."""
PATIENCE = timedelta(seconds=20)
"""A photo that was put into Redis less than this ago may still be on its way to a worker."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class _FoundFace:
    """A face of a contributed photo before it is a row."""

    face: DetectedFace
    crop_bgr: ImageBGR
    quality: dict[str, float]
    embedding: FloatArray


def analyse(photo_id: int) -> None:
    """Find the faces of one photo and compare them. May run twice: the second finds it done.

    Of a photo that this model has seen before, such as one of an entry that is open again, the kept
    faces are compared: what people decided on their matches stays.
    """
    attempt = _claim(photo_id)
    if attempt is None:
        log.info("Contributed photo %s is not to be had: done, or with another worker.", photo_id)
        return
    try:
        recogniser = holder().get()
    except NoRecogniser as error:
        _give_back(photo_id, attempt, str(error))
        return
    embedder = embedders.register(recogniser)
    gallery_photos.embed_missing(recogniser, embedder)
    if _was_seen(photo_id, embedder):
        _compare_again(photo_id, attempt, embedder)
        return
    try:
        found = _find_faces(photo_id, recogniser)
    except (NotFound, UnreadableImage) as error:
        db.session.rollback()
        _settle(photo_id, attempt, PhotoState.FAILED, str(error))
        return
    _keep(photo_id, attempt, embedder, found)


def fail_running(photo_id: int, sentence: str) -> None:
    """Say of a photo whose worker ran out of time that it failed. Rolls back what was begun."""
    db.session.rollback()
    db.session.execute(
        update(ContributedPhoto)
        .where(ContributedPhoto.id == photo_id, ContributedPhoto.state == PhotoState.RUNNING)
        .values(state=PhotoState.FAILED, problem=sentence)
    )
    db.session.commit()


def rescue() -> int:
    """Put photos back into Redis that it lost, or whose worker fell silent. Returns how many.

    Also those that only an older model has seen: they are looked at anew with the newest.
    Raises one of `queues.RedisDown`.
    """
    _release_silent()
    _release_outdated()
    before = utc_now() - PATIENCE
    lost = db.session.execute(
        select(ContributedPhoto.id, ContributedPhoto.attempt)
        .where(
            ContributedPhoto.state == PhotoState.WAITING,
            or_(ContributedPhoto.queued_at.is_(None), ContributedPhoto.queued_at < before),
        )
        .order_by(ContributedPhoto.id)
        .limit(500)
    ).all()
    db.session.rollback()
    if not lost:
        return 0
    waiting = dispatch.waiting_photos()
    again = [(row.id, row.attempt) for row in lost if row.id not in waiting]
    dispatch.put_photos_again(again)
    ids = [photo_id for photo_id, _ in again]
    db.session.execute(
        update(ContributedPhoto)
        .where(ContributedPhoto.id.in_(ids), ContributedPhoto.state == PhotoState.WAITING)
        .values(queued_at=utc_now())
    )
    db.session.commit()
    return len(again)


def _claim(photo_id: int) -> int | None:
    """Take the photo; the number of this attempt, or None if it is not waiting."""
    attempt = db.session.scalar(
        update(ContributedPhoto)
        .where(ContributedPhoto.id == photo_id, ContributedPhoto.state == PhotoState.WAITING)
        .values(
            state=PhotoState.RUNNING,
            attempt=ContributedPhoto.attempt + 1,
            started_at=utc_now(),
            problem="",
        )
        .returning(ContributedPhoto.attempt)
    )
    db.session.commit()
    return attempt


def _give_back(photo_id: int, attempt: int, problem: str) -> None:
    """Let the photo wait for a model; that is nobody's failed attempt."""
    db.session.execute(
        update(ContributedPhoto)
        .where(ContributedPhoto.id == photo_id, ContributedPhoto.attempt == attempt)
        .values(state=PhotoState.WAITING, attempt=attempt - 1, queued_at=utc_now(), problem=problem)
    )
    db.session.commit()


def _settle(photo_id: int, attempt: int, state: PhotoState, problem: str = "") -> None:
    db.session.execute(
        update(ContributedPhoto)
        .where(ContributedPhoto.id == photo_id, ContributedPhoto.attempt == attempt)
        .values(state=state, problem=problem)
    )
    db.session.commit()


def _find_faces(photo_id: int, recogniser: LoadedRecogniser) -> list[_FoundFace]:
    sha256 = db.session.scalar(
        select(ContributedPhoto.sha256).where(ContributedPhoto.id == photo_id)
    )
    db.session.commit()
    image_bgr = read_photo(media.path_of(sha256 or "").read_bytes())
    chosen = recogniser.chosen
    with recogniser.lock:
        everyone = faces_in_still(chosen.detector, image_bgr)
        detected = sorted(everyone, key=lambda face: -face.height_px)
        sure = [one for one in detected if one.score >= chosen.detector.score_limits.sure]
        faces = sure[:MOST_FACES]
        crops = [chosen.embedder.align(image_bgr, face.landmarks_xy) for face in faces]
        rows = chosen.embedder.embed(crops) if crops else ()
    return [
        _FoundFace(
            face,
            surroundings(image_bgr, face.box_xyxy),
            gallery_photos.quality_json(face_quality(image_bgr, face)),
            row,
        )
        for face, row in zip(faces, rows, strict=True)
    ]


def _was_seen(photo_id: int, embedder: Embedder) -> bool:
    """Whether this model has looked for the photo's faces, and found some or none."""
    faces = exists().where(
        ContributedFace.photo_id == photo_id, ContributedFace.embedder_id == embedder.id
    )
    done = exists().where(
        ContributedPhoto.id == photo_id, ContributedPhoto.embedder_id == embedder.id
    )
    return bool(db.session.scalar(select(faces | done)))


def _keep(photo_id: int, attempt: int, embedder: Embedder, found: Sequence[_FoundFace]) -> None:
    """Write faces and matches, and that the photo is done, in one transaction."""
    crops = [kept_pictures.store(encode_jpeg(one.crop_bgr)) for one in found]
    photo = _held(photo_id, attempt)
    if photo is None:
        kept_pictures.discard_unnamed(set(crops))
        db.session.rollback()
        return
    faces = [
        _row(photo, embedder, ordinal, one, crop)
        for ordinal, (one, crop) in enumerate(zip(found, crops, strict=True))
    ]
    db.session.add_all(faces)
    _finish(photo, embedder, faces, [one.embedding for one in found])


def _compare_again(photo_id: int, attempt: int, embedder: Embedder) -> None:
    """Compare the faces that this model found in the photo earlier, in one transaction."""
    photo = _held(photo_id, attempt)
    if photo is None:
        return
    rows = db.session.execute(
        select(ContributedFace, galleries.sent(ContributedFace.embedding))
        .where(ContributedFace.photo_id == photo_id, ContributedFace.embedder_id == embedder.id)
        .order_by(ContributedFace.ordinal)
    ).all()
    _finish(
        photo, embedder, [face for face, _ in rows], [galleries.numbers(raw) for _, raw in rows]
    )


def _held(photo_id: int, attempt: int) -> ContributedPhoto | None:
    """The photo under the lock that orders comparisons; None where another worker has it now."""
    contribution_matching.hold_lock()
    photo = db.session.scalar(
        select(ContributedPhoto)
        .where(
            ContributedPhoto.id == photo_id,
            ContributedPhoto.attempt == attempt,
            ContributedPhoto.state == PhotoState.RUNNING,
        )
        .with_for_update(of=ContributedPhoto)
    )
    if photo is None:
        db.session.rollback()
        log.warning("Contributed photo %s was given to another worker meanwhile.", photo_id)
    return photo


def _finish(
    photo: ContributedPhoto,
    embedder: Embedder,
    faces: Sequence[ContributedFace],
    embeddings: Sequence[FloatArray],
) -> None:
    """Compare a photo's faces, say that it is done, and commit."""
    photo.state, photo.embedder_id = PhotoState.DONE, embedder.id
    db.session.flush()
    added = contribution_matching.compare_photo(photo, embedder, faces, embeddings)
    details = {"model": embedder.name, "faces": len(faces), "new_matches": len(added)}
    audit.record(WORKER, "contributions.analyse", subject=_name_of(photo), details=details)
    contribution_alerts.tell_all(added)
    db.session.commit()


def _row(
    photo: ContributedPhoto, embedder: Embedder, ordinal: int, one: _FoundFace, crop_sha256: str
) -> ContributedFace:
    return ContributedFace(
        photo_id=photo.id,
        embedder_id=embedder.id,
        ordinal=ordinal,
        embedding=one.embedding,
        box_xyxy=[float(value) for value in one.face.box_xyxy],
        crop_sha256=crop_sha256,
        quality=one.quality,
        face_height_px=one.face.height_px,
    )


def _name_of(photo: ContributedPhoto) -> str:
    if photo.tip is not None:
        return f"tip {photo.tip.number}"
    if photo.post_id is not None:
        return f"post {photo.post_id}"
    return f"found person {photo.found_person.number if photo.found_person else photo.id}"


def _release_silent() -> None:
    """Let photos wait again whose worker fell silent, and fail those that killed too many."""
    silent = and_(
        ContributedPhoto.state == PhotoState.RUNNING,
        ContributedPhoto.started_at < utc_now() - STALE_AFTER,
    )
    too_many = f"Workers died at this photo {MAX_ATTEMPTS} times; it may be broken."
    db.session.execute(
        update(ContributedPhoto)
        .where(silent, ContributedPhoto.attempt >= MAX_ATTEMPTS)
        .values(state=PhotoState.FAILED, problem=too_many)
    )
    db.session.execute(
        update(ContributedPhoto).where(silent).values(state=PhotoState.WAITING, queued_at=None)
    )
    db.session.commit()


def _release_outdated() -> None:
    """Let photos wait again that the newest model has not seen."""
    newest = embedders.newest()
    if newest is not None:
        db.session.execute(
            update(ContributedPhoto)
            .where(
                ContributedPhoto.state == PhotoState.DONE,
                ContributedPhoto.embedder_id < newest.id,
            )
            .values(state=PhotoState.WAITING, queued_at=None, attempt=ContributedPhoto.attempt + 1)
        )
    db.session.commit()
