"""Persons of interest for tests, with faces in directions that a test chooses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import cv2

from app.extensions import db
from app.inputs.persons import PersonAuthorisationInput, PersonDecisionInput
from app.models import (
    Case,
    Embedder,
    Face,
    PersonAuthorisation,
    PersonEmbedding,
    PersonOfInterest,
    PersonPhoto,
    Sweep,
    Visit,
)
from app.models.accounts import Role, User
from app.models.columns import utc_now
from app.services.base import media
from app.services.base.actors import Actor
from app.services.people.accounts import actor_for
from app.services.persons import authorising, comparing, finding
from tests.app import factories
from tests.app.kept_face_cases import at_angle, make_face

ORDER = "Order 7/2026 of the made-up court"


@dataclass(frozen=True)
class People:
    """Three accounts with the right, and one without."""

    asker: Actor
    decider: Actor
    third: Actor
    without: Actor


def grant(user: User) -> User:
    """Give an account the right."""
    user.may_see_persons = True
    db.session.commit()
    return user


def make_people(user_factory: Callable[..., User]) -> People:
    three = [actor_for(grant(user_factory(Role.INVESTIGATOR))) for _ in range(3)]
    return People(three[0], three[1], three[2], actor_for(user_factory(Role.INVESTIGATOR)))


def asked(
    case: Case,
    asker: Actor,
    embedder: Embedder | None = None,
    degrees: float = 0.0,
    *,
    label: str = "P1",
    expires_at: datetime | None = None,
    **values: Any,
) -> PersonOfInterest:
    """A request as `authorising.request_person` leaves it, with one photo in a direction."""
    person = PersonOfInterest(
        case_id=case.id,
        label=label,
        reason="Was seen beside the subject in a made-up shop.",
        created_by_id=asker.user_id,
        created_by_name=asker.name,
        **{"name": "Made-up Person", "description": "A made-up coat", **values},
    )
    db.session.add(person)
    db.session.flush()
    assert asker.user_id is not None
    db.session.add(
        PersonAuthorisation(
            person_id=person.id,
            legal_basis="Section 4 of the made-up act",
            order_reference=ORDER,
            requested_by_id=asker.user_id,
            requested_by_name=asker.name,
            expires_at=expires_at or utc_now() + timedelta(days=10),
        )
    )
    add_photo(person, embedder, degrees)
    db.session.commit()
    return person


def add_photo(
    person: PersonOfInterest, embedder: Embedder | None = None, degrees: float = 0.0
) -> PersonPhoto:
    """A photo with files on disk, which the model embeds in this direction."""
    ordinal = db.session.query(PersonPhoto).count()
    photo = PersonPhoto(
        person_id=person.id,
        sha256=media.store(f"photo {person.id}/{ordinal} of a person of interest".encode()),
        face_sha256=media.store(f"face {person.id}/{ordinal} of a person of interest".encode()),
        width_px=800,
        height_px=600,
        quality={"overall": 0.9, "height_px": 220.0},
    )
    db.session.add(photo)
    db.session.flush()
    if embedder is not None:
        db.session.add(
            PersonEmbedding(photo_id=photo.id, embedder_id=embedder.id, embedding=at_angle(degrees))
        )
    db.session.commit()
    db.session.expire_all()
    return photo


def decided(
    case: Case, person: PersonOfInterest, decider: Actor, *, grant: bool = True
) -> PersonOfInterest:
    """A second person's decision, having looked at all photos."""
    ids = tuple(one.id for one in finding.photos_in_use(person))
    return authorising.decide(
        decider,
        case,
        person.id,
        PersonDecisionInput(grant=grant, photo_ids=ids, remarks="Looked at."),
    )


def later(days: float = 20) -> PersonAuthorisationInput:
    """What an extension asks for."""
    return PersonAuthorisationInput(
        legal_basis="Section 4", order_reference="8/2026", expires_at=utc_now() + timedelta(days)
    )


def granted(
    case: Case,
    people: People,
    embedder: Embedder | None = None,
    degrees: float = 0.0,
    **values: Any,
) -> PersonOfInterest:
    """A person of interest in force."""
    return decided(case, asked(case, people.asker, embedder, degrees, **values), people.decider)


SIGNER_CLIP = "video/sign/book.mkv"
"""3.6 s of one signer who is in no other footage here."""


def signer_photo(shared_dir: Path) -> bytes:
    """A picture of the signer, out of the clip itself."""
    reader = cv2.VideoCapture(str(shared_dir / SIGNER_CLIP))
    reader.set(cv2.CAP_PROP_POS_FRAMES, 10)
    is_read, image_bgr = reader.read()
    reader.release()
    assert is_read
    return bytes(cv2.imencode(".png", image_bgr)[1].tobytes())


def let_time_pass(person: PersonOfInterest, by: timedelta) -> None:
    """Move everything of the person's authorisations that far into the past."""
    for one in person.authorisations:
        one.requested_at -= by
        one.expires_at -= by
        one.decided_at = one.decided_at and one.decided_at - by
        one.ended_at = one.ended_at and one.ended_at - by
    db.session.commit()


def seen(
    sweep: Sweep, embedder: Embedder, *degrees: float, of: Sweep | None = None
) -> tuple[Visit, list[Face], int]:
    """Faces in these directions, compared as a visit of `sweep` compares what it has found.

    With `of`, they were recorded by that sweep's visits, and are answered from what is kept.
    """
    made = [make_face(of or sweep, embedder, angle) for angle in degrees]
    visit = factories.make_visit(sweep, factories.make_camera())
    found = [(face, at_angle(angle)) for face, angle in zip(made, degrees, strict=True)]
    proposed = comparing.compare(visit, found, embedder)
    db.session.commit()
    return visit, made, proposed
