"""Photos of persons of interest: the same quality gate as for subjects, tables of their own.

What is compared was looked at by whoever decided: a photo can be added only while a request waits,
and counts from that request's decision on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from app.errors import Conflict, NotFound, Refused
from app.extensions import db
from app.models import Case, Embedder, Face, PersonEmbedding, PersonOfInterest, PersonPhoto
from app.models import PersonSighting as Seen
from app.recogniser import LoadedRecogniser, holder
from app.services.base import kept_pictures, person_records
from app.services.base.actors import Actor
from app.services.base.rights import PERSONS
from app.services.embeddings import embedders, gallery_photos
from app.services.embeddings.gallery_photos import CheckedPhoto
from app.services.persons import finding

MOST_PHOTOS: Final = 10
"""Of one person of interest."""


@dataclass(frozen=True, eq=False)
class GatedPhoto:
    """A photo that passed the gate, and the model that embedded it."""

    checked: CheckedPhoto
    embedder_id: int


def check_all(files: Sequence[bytes]) -> list[GatedPhoto]:
    """Let photos pass the quality gate, before anything is written.

    Raises PhotoRefused, TooLarge, NoRecogniser; Refused for too many.
    """
    if not files:
        return []
    if len(files) > MOST_PHOTOS:
        most = f"choose at most {MOST_PHOTOS}"
        raise Refused(f"At most {MOST_PHOTOS} photos are taken.", {"photos": most})
    for data in files:
        gallery_photos.check_size(data)
    recogniser = holder().get()
    checked = [gallery_photos.check_photo(data, recogniser) for data in files]
    embedder_id = embedders.register(recogniser).id
    return [GatedPhoto(one, embedder_id) for one in checked]


def add_photos(
    actor: Actor, case: Case, person_id: int, files: Sequence[bytes]
) -> PersonOfInterest:
    """Add photos to a request that waits, all of them or none.

    Raises Conflict where no request waits, Refused without a photo; otherwise as `check_all`.
    """
    PERSONS.require(actor)
    if not files:
        raise Refused("Choose a photo first.", {"photos": "no photo was chosen"})
    gated = check_all(files)
    person = finding.find_person(actor, case, person_id)
    if person.requested is None:
        raise Conflict(
            f"Photos of {person.label} come with a request, so that whoever decides sees them: "
            "ask for an extension first."
        )
    for one in gated:
        photo = keep(actor, person, one)
        person_records.note(
            actor, "photo_add", case, person, {"photo": photo.id, "sha256": photo.sha256}
        )
    db.session.commit()
    return finding.find_person(actor, case, person_id)


def remove_photo(actor: Actor, case: Case, person_id: int, photo_id: int) -> PersonOfInterest:
    """Take a photo out of the gallery; faces that it carried stay, for people to decide."""
    person = finding.find_person(actor, case, person_id)
    photo = next((one for one in person.photos if one.id == photo_id and one.active), None)
    if photo is None:
        raise NotFound(f"{person.label} has no such photo.")
    photo.active = False
    person_records.note(actor, "photo_remove", case, person, {"photo": photo.id})
    db.session.commit()
    return finding.find_person(actor, case, person_id)


def keep(actor: Actor, person: PersonOfInterest, gated: GatedPhoto) -> PersonPhoto:
    """Write a photo, its files and its embedding. Does not commit.

    Raises Conflict for one that is there already, Refused for one too many. One that was taken out
    before comes back as a new one would.
    """
    checked = gated.checked
    jpeg = checked.as_jpeg()
    before = db.session.scalars(select(PersonPhoto).where(PersonPhoto.person_id == person.id)).all()
    if sum(one.active for one in before) >= MOST_PHOTOS:
        raise Refused(f"A person of interest has at most {MOST_PHOTOS} photos.")
    sha256 = hashlib.sha256(jpeg).hexdigest()
    known = next((one for one in before if one.sha256 == sha256), None)
    if known is not None and known.active:
        raise Conflict(f"{person.label} has this photo already.")
    if known is not None:
        db.session.delete(known)
        db.session.flush()
    height_px, width_px = checked.image_bgr.shape[:2]
    photo = PersonPhoto(
        person_id=person.id,
        sha256=kept_pictures.store(jpeg),
        face_sha256=kept_pictures.store(checked.face_as_jpeg()),
        width_px=width_px,
        height_px=height_px,
        quality=gallery_photos.quality_json(checked.accepted.quality),
        added_by_id=actor.user_id,
    )
    db.session.add(photo)
    db.session.flush()
    db.session.add(
        PersonEmbedding(
            photo_id=photo.id, embedder_id=gated.embedder_id, embedding=checked.embedding
        )
    )
    db.session.flush()
    return photo


def embed_missing(case: Case, recogniser: LoadedRecogniser, embedder: Embedder) -> int:
    """Embed what may be looked for in this case now and this model has not seen; how many."""
    embedded = select(PersonEmbedding.photo_id).where(PersonEmbedding.embedder_id == embedder.id)
    rows = db.session.execute(
        select(PersonPhoto.id, PersonPhoto.sha256).where(
            PersonPhoto.active,
            PersonPhoto.person_id.in_(finding.ids_in_force(case)),
            PersonPhoto.id.not_in(embedded),
        )
    ).all()
    taken = 0
    for photo_id, embedding in gallery_photos.embed_again(
        [(one, sha) for one, sha in rows], recogniser
    ):
        db.session.merge(
            PersonEmbedding(photo_id=photo_id, embedder_id=embedder.id, embedding=embedding)
        )
        taken += 1
    db.session.commit()
    return taken


def is_picture_of(case: Case, sha256: str) -> bool:
    """Whether a picture is a kept photo of one of the case's persons of interest, or a face that
    was proposed for one of them.
    """
    is_photo = (
        select(PersonPhoto.id)
        .join(PersonOfInterest, PersonOfInterest.id == PersonPhoto.person_id)
        .where(
            PersonOfInterest.case_id == case.id,
            PersonPhoto.purged_at.is_(None),
            (PersonPhoto.sha256 == sha256) | (PersonPhoto.face_sha256 == sha256),
        )
    )
    is_face = (
        select(Seen.id)
        .join(PersonOfInterest, PersonOfInterest.id == Seen.person_id)
        .join(Face, Face.id == Seen.face_id)
        .where(
            PersonOfInterest.case_id == case.id,
            Seen.withdrawn_at.is_(None),
            Face.crop_sha256 == sha256,
        )
    )
    return bool(db.session.scalar(select(is_photo.exists() | is_face.exists())))
