"""Reference photos: the quality gate, the gallery, and what a new photo finds at once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from sqlalchemy import select

from app.errors import Conflict, NotFound, Refused
from app.extensions import db
from app.inputs import PhotoChange, PhotoInput
from app.inputs.photos import taken_of
from app.models import Case, CaseState, Embedder, ReferenceEmbedding, ReferencePhoto
from app.recogniser import holder
from app.services.base import audit, kept_pictures, live
from app.services.base.actors import Actor
from app.services.contributing import contribution_matching
from app.services.embeddings import age_thresholds, embedders
from app.services.embeddings.gallery_photos import (
    CheckedPhoto,
    check_photo,
    check_size,
    quality_json,
)
from app.services.searches import searching
from recognition.images import taken_on

ONLY_ARTIFICIAL = (
    "All reference pictures of this case are artificial. They are compared and their similarity is "
    "shown, but they propose nothing: a sweep or search finds nobody until a real photo is added."
)


def list_photos(case: Case) -> Sequence[ReferencePhoto]:
    """The case's reference photos in force, oldest first."""
    return db.session.scalars(
        select(ReferencePhoto)
        .where(ReferencePhoto.case_id == case.id, ReferencePhoto.active)
        .order_by(ReferencePhoto.id)
    ).all()


def only_artificial(photos: Sequence[ReferencePhoto]) -> bool:
    """Whether there are pictures, and none of them can propose anything."""
    return bool(photos) and all(photo.artificial for photo in photos)


def add_photo(
    actor: Actor, case: Case, data: bytes, file_name: str, given: PhotoInput | None = None
) -> ReferencePhoto:
    """Check a photo and take it into the gallery.

    It is kept re-encoded, without whatever else its file held; the day that it named is kept, as a
    proposal. All faces that are kept from earlier
    sweeps are compared with it at once; `face_searches.search_of_photo` says which were searched.
    So are the faces of tips and found persons.
    Raises PhotoRefused, NoRecogniser; Conflict for a photo that the case has, and while
    the case is closed and its photos were purged already.
    """
    if case.state is CaseState.CLOSED and case.photos_purged_at is not None:
        raise Conflict(
            f"Case {case.number} was closed so long ago that it keeps no photos: reopen it first."
        )
    check_size(data)
    recogniser = holder().get()
    checked = check_photo(data, recogniser)
    embedder = embedders.register(recogniser)
    photo = _keep(actor, case, checked, file_name)
    _describe(photo, given or PhotoInput(), data)
    db.session.merge(
        ReferenceEmbedding(photo_id=photo.id, embedder_id=embedder.id, embedding=checked.embedding)
    )
    db.session.flush()
    search = searching.search_for_photo(actor, case, photo, embedder)
    contribution_matching.compare_case(actor, case, embedder)
    audit.record(
        actor,
        "photo.add",
        case=case,
        purpose=case.purpose,
        subject=f"photo {photo.id}",
        details={
            "sha256": photo.sha256,
            "model": embedder.name,
            "taken": photo.taken,
            "artificial": photo.artificial,
            "sightings": search.proposed if search else 0,
        },
    )
    live.publish(case.id, "photo", {"photo_id": photo.id})
    db.session.commit()
    return photo


def remove_photo(actor: Actor, case: Case, photo_id: int) -> None:
    """Take a photo out of the gallery. Sightings that it carried stay, for a person to decide."""
    photo = _find(case, photo_id)
    photo.active = False
    audit.record(actor, "photo.remove", case=case, subject=f"photo {photo.id}")
    live.publish(case.id, "photo", {"photo_id": photo.id})
    db.session.commit()


def change_photo(actor: Actor, case: Case, photo_id: int, given: PhotoChange) -> ReferencePhoto:
    """Say when a photo was taken, and whether it is artificial.

    One that is called real, or is dated anew where thresholds by years are in force, is compared
    with everything that is kept, as a new one would be. What it has carried before it was called
    artificial stays, for a person to decide.
    Raises Refused where an artificial one is called real without a reason.
    """
    photo = _find(case, photo_id)
    before = {"taken": photo.taken, "artificial": photo.artificial}
    becomes_real = photo.artificial and given.artificial is False
    if becomes_real and not given.reason:
        raise Refused(
            "Say why this artificial picture is a real photo after all.", {"reason": "is required"}
        )
    if given.taken is not None:
        photo.taken_at_day, photo.taken_precision = taken_of(given.taken) or (None, None)
    if given.artificial is not None:
        photo.artificial = given.artificial
    db.session.flush()
    after = {"taken": photo.taken, "artificial": photo.artificial}
    if after == before:
        return photo
    if not photo.artificial:
        _compare_again(actor, case, photo, becomes_real=becomes_real)
    details = {"before": before, "after": after, "reason": given.reason}
    audit.record(actor, "photo.change", case=case, subject=f"photo {photo.id}", details=details)
    live.publish(case.id, "photo", {"photo_id": photo.id})
    db.session.commit()
    return photo


def _compare_again(actor: Actor, case: Case, photo: ReferencePhoto, *, becomes_real: bool) -> None:
    """Compare a changed photo with all that is kept, where that can propose more than before.

    A new date does where what is asked of it depends on its date.
    """
    used = select(ReferenceEmbedding.embedder_id).where(ReferenceEmbedding.photo_id == photo.id)
    known = db.session.scalars(
        select(Embedder).where(Embedder.id.in_(used)).order_by(Embedder.id)
    ).all()
    for embedder in known:
        if not becomes_real and age_thresholds.thresholds_of(embedder).is_uniform:
            continue
        searching.search_for_photo(actor, case, photo, embedder)
        contribution_matching.compare_case(actor, case, embedder)


def _find(case: Case, photo_id: int) -> ReferencePhoto:
    photo = db.session.get(ReferencePhoto, photo_id)
    if photo is None or photo.case_id != case.id or not photo.active:
        raise NotFound(f"Case {case.number} has no such photo.")
    return photo


def _describe(photo: ReferencePhoto, given: PhotoInput, data: bytes) -> None:
    """What was said of it. One that was artificial before it was removed stays so."""
    found = taken_of(given.taken)
    if found is not None:
        photo.taken_at_day, photo.taken_precision = found
    photo.artificial = bool(photo.artificial) or given.artificial
    named = taken_on(data)
    photo.taken_on = None if named is None else named.isoformat()
    db.session.flush()


def _keep(actor: Actor, case: Case, checked: CheckedPhoto, file_name: str) -> ReferencePhoto:
    jpeg = checked.as_jpeg()
    known = db.session.scalar(
        select(ReferencePhoto).where(
            ReferencePhoto.case_id == case.id,
            ReferencePhoto.sha256 == hashlib.sha256(jpeg).hexdigest(),
        )
    )
    if known is not None and known.active:
        raise Conflict("This case has this photo already.")
    sha256, face_sha256 = kept_pictures.store(jpeg), kept_pictures.store(checked.face_as_jpeg())
    case.photos_purged_at = None
    if known is not None:
        if not known.is_kept:
            known.purged_at, known.face_sha256 = None, face_sha256
            known.file_name = file_name[:255]
        known.active = True
        return known
    height_px, width_px = checked.image_bgr.shape[:2]
    photo = ReferencePhoto(
        case_id=case.id,
        sha256=sha256,
        face_sha256=face_sha256,
        file_name=file_name[:255],
        width_px=width_px,
        height_px=height_px,
        quality=quality_json(checked.accepted.quality),
        added_by_id=actor.user_id,
    )
    db.session.add(photo)
    db.session.flush()
    return photo
