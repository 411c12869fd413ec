"""Tips and found persons for tests, with pictures of nobody and faces that a test chooses."""

from __future__ import annotations

import io
import itertools
import time
from typing import Any

import numpy as np
from PIL import Image

from app.extensions import db
from app.inputs.tips import FoundInput, TipInput
from app.models import (
    ContributedFace,
    ContributedMatch,
    ContributedPhoto,
    Embedder,
    FoundPerson,
    PhotoState,
    Tip,
    User,
)
from app.services.base.actors import Actor
from app.services.contributing import found, public_forms, tips
from app.services.contributing.public_forms import FormStamp
from app.services.contributing.tips import NewTip
from app.services.people.accounts import actor_for
from tests.app.kept_face_cases import at_angle

PUBLIC = Actor(None, "not logged in", "public", "192.0.2.7")
ZONE = "Asia/Kolkata"
_numbers = itertools.count(1)


def stamp() -> FormStamp:
    return FormStamp(f"form-{next(_numbers)}-{time.time_ns()}"[:32])


def old_stamp(age_s: float = 60.0) -> str:
    """The stamp of a form that was loaded a while ago."""
    return public_forms.new_stamp(time.time() - age_s)


def picture(kind: str = "JPEG", size: tuple[int, int] = (320, 240), **saved: Any) -> bytes:
    """A picture without a person, different each time."""
    noise = np.random.default_rng(next(_numbers)).integers(0, 255, (*size[::-1], 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, kind, **saved)
    return buffer.getvalue()


def tip_input(**values: Any) -> TipInput:
    return TipInput(**{"timezone": ZONE, "remarks": "A child at the gate.", **values})


def hand_in(*files: bytes, **values: Any) -> NewTip:
    return tips.hand_in(PUBLIC, stamp(), tip_input(**values), files)


def found_input(**values: Any) -> FoundInput:
    given: dict[str, Any] = {
        "place": "Made-up market",
        "age_from_years": 6,
        "age_to_years": 9,
        "whereabouts": "Made-up Home, room 4",
        "contact": "Made-up Warden, 080 0000",
        "timezone": ZONE,
    }
    return FoundInput(**{**given, **values})


def register(user: User, *files: bytes, **values: Any) -> FoundPerson:
    given = found_input(**values)
    return found.register(actor_for(user), user, stamp(), given, files or (picture(),))


def add_face(photo: ContributedPhoto, embedder: Embedder, degrees: float) -> ContributedFace:
    """A face that a worker would have found, which the model embeds in this direction."""
    number = next(_numbers)
    face = ContributedFace(
        photo_id=photo.id,
        embedder_id=embedder.id,
        ordinal=number,
        embedding=at_angle(degrees),
        box_xyxy=[10.0, 10.0, 60.0, 60.0],
        crop_sha256=f"{number:064x}",
        quality={},
        face_height_px=50.0,
    )
    photo.state, photo.embedder_id = PhotoState.DONE, embedder.id
    db.session.add(face)
    db.session.commit()
    return face


def matches() -> list[ContributedMatch]:
    return list(db.session.query(ContributedMatch).order_by(ContributedMatch.id))


def reload(tip: Tip) -> Tip:
    db.session.expire_all()
    return tip
