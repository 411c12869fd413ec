"""The copy of kept faces in memory answers as the database does, and never less."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, update

from app.config import Settings
from app.extensions import db
from app.models import Case, Embedder, Face, SearchMethod
from app.models.columns import utc_now
from app.services.embeddings import face_memory, kept_faces
from app.services.embeddings.kept_faces import NearFace, Reach
from tests.app import factories
from tests.app import kept_face_cases as given
from tests.app.test_face_searches import _many_faces


@pytest.fixture(autouse=True)
def with_room(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Copies are allowed; each test makes its own, in its own transaction."""
    settings: Settings = app.config["LASTSEEN"]
    roomy = settings.model_copy(update={"face_memory_mb": 1024})
    monkeypatch.setitem(app.config, "LASTSEEN", roomy)


def ask(case: Case, embedder: Embedder, photo_id: int, limit: int = 40) -> kept_faces.Nearest:
    reach = Reach(case.id)
    return kept_faces.nearest(
        reach, embedder, [photo_id], limit, kept_faces.survey(reach, embedder)
    )


def pairs(found: list[NearFace] | tuple[NearFace, ...]) -> list[tuple[int, float | None]]:
    return [(one.face_id, one.distance_m) for one in found]


def test_memory_brings_up_what_comparing_everything_does(app: Flask) -> None:
    embedder, case = given.make_embedder(), factories.make_case()
    photo = given.make_photo(case, embedder, 0)
    _many_faces(embedder, case, 3000)
    exact = kept_faces.nearest_by(SearchMethod.EXACT, Reach(case.id), embedder, [photo.id], 40)

    face_memory.keep(embedder)
    found = ask(case, embedder, photo.id)

    assert found.method is SearchMethod.MEMORY
    assert pairs(list(found.faces)) == pairs(list(exact))
    assert [one.similarity for one in found.faces] == pytest.approx(
        [one.similarity for one in exact], abs=1e-6
    )


def test_place_and_time_are_looked_at_in_memory_too(app: Flask) -> None:
    embedder, case = given.make_embedder(), factories.make_case()
    photo = given.make_photo(case, embedder, 0)
    factories.make_location(case)
    sweep = factories.make_sweep(case)
    near = factories.make_camera()
    far = factories.make_camera(latitude_deg=13.5, longitude_deg=78.5)
    early = factories.SEEN_AT - timedelta(days=2)
    wanted = given.make_face(sweep, embedder, 10, camera=near)
    given.make_face(sweep, embedder, 5, camera=far)
    given.make_face(factories.make_sweep(case), embedder, 5, camera=near, seen_at=early)
    face_memory.keep(embedder)

    since = factories.SEEN_AT - timedelta(days=1)
    reach = Reach(case.id, 3000.0, since, factories.SEEN_AT + timedelta(days=1))
    surveyed = kept_faces.survey(reach, embedder)
    found = kept_faces.nearest(reach, embedder, [photo.id], 10, surveyed)

    assert [one.face_id for one in found.faces] == [wanted.id]


def test_faces_that_are_committed_later_are_found_even_with_an_earlier_id(app: Flask) -> None:
    embedder, case = given.make_embedder(), factories.make_case()
    photo = given.make_photo(case, embedder, 0)
    sweep = factories.make_sweep(case)
    late = given.make_face(sweep, embedder, 1)
    given.make_face(sweep, embedder, 50)
    held_back = {column.key: getattr(late, column.key) for column in Face.__table__.columns}
    db.session.execute(delete(Face).where(Face.id == late.id))
    db.session.commit()
    memory = face_memory.keep(embedder)
    assert len(memory) == 1

    db.session.execute(Face.__table__.insert().values(**held_back))  # type: ignore[attr-defined]
    db.session.commit()

    assert ask(case, embedder, photo.id).faces[0].face_id == held_back["id"]
    assert len(memory) == 2


def test_expired_and_deleted_faces_do_not_come_up(app: Flask) -> None:
    embedder, case = given.make_embedder(), factories.make_case()
    photo = given.make_photo(case, embedder, 0)
    sweep = factories.make_sweep(case)
    faces = [given.make_face(sweep, embedder, angle) for angle in (1, 2, 3, 4)]
    face_memory.keep(embedder)
    db.session.execute(
        update(Face).where(Face.id == faces[0].id).values(expires_at=utc_now() - timedelta(days=1))
    )
    db.session.execute(delete(Face).where(Face.id == faces[1].id))
    db.session.commit()

    found = ask(case, embedder, photo.id, limit=2)

    assert [one.face_id for one in found.faces] == [faces[2].id, faces[3].id]


def test_faces_of_another_model_are_not_in_it(app: Flask) -> None:
    one, other, case = given.make_embedder(), given.make_embedder(), factories.make_case()
    photo = given.make_photo(case, one, 0)
    given.make_face(factories.make_sweep(case), other, 0)
    face_memory.keep(one)
    assert ask(case, one, photo.id).faces == []


def test_what_does_not_fit_is_left_to_the_database(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedder, case = given.make_embedder(), factories.make_case()
    photo = given.make_photo(case, embedder, 0)
    given.make_face(factories.make_sweep(case), embedder, 0)
    assert face_memory.fits(embedder)
    settings: Settings = app.config["LASTSEEN"]
    monkeypatch.setitem(app.config, "LASTSEEN", settings.model_copy(update={"face_memory_mb": 0}))
    face_memory.keep(embedder)
    assert not face_memory.fits(embedder)
    assert ask(case, embedder, photo.id).method is SearchMethod.EXACT
