"""Pictures that rows name: whoever names one and whoever deletes one do not do so at once."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from flask import Flask
from sqlalchemy import text

from app.extensions import db
from app.models import Embedder
from app.models.columns import utc_now
from app.services.base import kept_pictures, media
from app.services.base.actors import SCHEDULER
from app.services.contributing import contribution_retention, contributions
from app.services.governance import retention
from recognition.faces import DetectedFace
from tests.app import contribution_cases as given
from tests.app import factories
from tests.app.kept_face_cases import at_angle, make_embedder, make_face

_OF_PICTURES = text("""
    SELECT mode FROM pg_locks
    WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND objsubid = 1
      AND (classid::bigint << 32) + objid::bigint = :key
""")


def held() -> set[str]:
    """How this connection holds the lock on pictures; a test's own transaction never ends."""
    return set(db.session.scalars(_OF_PICTURES, {"key": kept_pictures._LOCK}))


@pytest.fixture
def embedder(app: Flask) -> Embedder:
    row: Embedder = make_embedder()
    return row


def test_who_hands_in_a_photo_shares_the_lock(app: Flask) -> None:
    assert held() == set()
    given.hand_in(given.picture())
    assert held() == {"ShareLock"}


def test_who_lets_go_of_tips_has_the_lock_alone_and_only_if_there_is_something(
    app: Flask,
) -> None:
    tip = given.hand_in(given.picture()).tip
    db.session.execute(text("SELECT pg_advisory_unlock_all()"))
    assert contribution_retention.purge_batch(SCHEDULER) is None
    assert "ExclusiveLock" not in held()
    tip.expires_at = utc_now() - timedelta(days=1)
    db.session.commit()
    assert contribution_retention.purge_batch(SCHEDULER) is not None
    assert "ExclusiveLock" in held()


def test_who_lets_faces_expire_has_the_lock_alone(app: Flask, embedder: Embedder) -> None:
    face = make_face(factories.make_sweep(factories.make_case()), embedder, 0.0)
    face.expires_at = utc_now() - timedelta(hours=1)
    db.session.commit()
    assert retention.expire_batch(SCHEDULER) is not None
    assert "ExclusiveLock" in held()


def test_a_picture_that_a_row_names_is_not_deleted_and_another_is(app: Flask) -> None:
    photo = given.hand_in(given.picture()).tip.photos[0]
    other = kept_pictures.store(b"a picture that nobody names")
    assert len(kept_pictures.discard_unnamed({photo.sha256, other})) == 1
    assert media.path_of(photo.sha256).is_file()


def test_faces_found_for_a_photo_that_another_worker_has_leave_no_file(
    app: Flask, embedder: Embedder
) -> None:
    photo = given.hand_in(given.picture()).tip.photos[0]
    attempt = contributions._claim(photo.id)
    assert attempt is not None
    box, landmarks = np.array([9.0, 9.0, 59.0, 59.0], np.float32), np.zeros((5, 2), np.float32)
    crop = np.random.default_rng().integers(0, 255, (64, 64, 3), np.uint8)
    found = contributions._FoundFace(DetectedFace(box, landmarks, 0.99), crop, {}, at_angle(0.0))
    folder = app.config["LASTSEEN"].media_dir
    before = set(folder.glob("??/*.jpg"))
    contributions._keep(photo.id, attempt - 1, embedder, [found])
    assert set(folder.glob("??/*.jpg")) == before
    contributions._keep(photo.id, attempt, embedder, [found])
    assert len(set(folder.glob("??/*.jpg")) - before) == 1
