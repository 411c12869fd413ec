"""Faces in posts' pictures with real models: found by a worker, like a case of either order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app.extensions import db
from app.inputs.posts import PostMatchQuery
from app.models import ContributedMatch, ContributedPhoto, MatchState, PhotoState
from app.recogniser import RecogniserHolder
from app.services.base.actors import COMMAND_LINE
from app.services.contributing import contributions
from app.services.postings import post_imports, post_matches
from tests.app import footage_cases, post_cases
from tests.app.post_cases import row, take_in

EXAMPLES = "faces/face_recognition/examples"


@pytest.fixture
def with_models(app: Flask, shared_dir: Path) -> Iterator[None]:
    before = app.config["LASTSEEN"]
    pack = str(shared_dir / "models" / "insightface-mini")
    settings = before.model_copy(update={"face_pack": pack})
    app.config["LASTSEEN"] = settings
    app.extensions["lastseen_recogniser"] = RecogniserHolder(settings)
    yield
    app.config["LASTSEEN"] = before
    app.extensions["lastseen_recogniser"] = RecogniserHolder(before)


@pytest.mark.usefixtures("with_models")
def test_the_picture_of_a_post_is_like_cases_opened_before_and_after_and_no_other(
    app: Flask, shared_dir: Path
) -> None:
    folder = shared_dir / EXAMPLES
    footage_cases.open_case("BEFORE-1", folder / "obama.jpg")
    footage_cases.open_case("OTHER-1", folder / "lin-manuel-miranda.png")
    archive = post_cases.zipped(a_jpg=(folder / "obama2.jpg").read_bytes())
    take_in(row("with a picture", images="a.jpg"), pictures=archive)
    photo = db.session.scalars(select(ContributedPhoto)).one()
    contributions.analyse(photo.id)
    db.session.refresh(photo)
    assert (photo.state, len(photo.faces)) == (PhotoState.DONE, 1)
    footage_cases.open_case("AFTER-1", folder / "obama.jpg")
    found = post_matches.list_matches(COMMAND_LINE, PostMatchQuery(), 20).items
    assert {match.case.number for match in found} == {"BEFORE-1", "AFTER-1"}
    assert all(match.similarity >= match.threshold_similarity for match in found)


@pytest.mark.usefixtures("with_models")
def test_what_was_decided_stays_when_an_import_is_taken_back_and_brought_back(
    app: Flask, shared_dir: Path
) -> None:
    folder = shared_dir / EXAMPLES
    footage_cases.open_case("BEFORE-1", folder / "obama.jpg")
    archive = post_cases.zipped(a_jpg=(folder / "obama2.jpg").read_bytes())
    report = take_in(row("with a picture", images="a.jpg"), pictures=archive)
    assert report.import_id is not None
    photo = db.session.scalars(select(ContributedPhoto)).one()
    contributions.analyse(photo.id)
    match = db.session.scalars(select(ContributedMatch)).one()
    post_matches.decide(COMMAND_LINE, match.id, MatchState.CONFIRMED)
    post_imports.take_back(COMMAND_LINE, report.import_id)
    post_imports.restore(COMMAND_LINE, report.import_id)
    contributions.analyse(photo.id)
    db.session.expire_all()
    assert photo.state is PhotoState.DONE
    after = db.session.scalars(select(ContributedMatch)).one()
    assert (after.id, after.state) == (match.id, MatchState.CONFIRMED)
