"""What a sighting rests on, what a rejection teaches, and galleries that are read once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from flask import Flask
from sqlalchemy import event, select

from app.extensions import db
from app.inputs import CaseChange, QueueQuery, ReviewInput, SightingQuery
from app.models import Case, CaseState, Embedder, Sighting, SightingState, Verdict
from app.models.accounts import Role
from app.models.live import LiveEvent
from app.services.base.actors import COMMAND_LINE
from app.services.casework import cases, photos
from app.services.embeddings import galleries
from app.services.reviews import review_queue, sightings
from recognition.matching import Gallery
from tests.app import factories
from tests.app import kept_face_cases as given
from tests.app.answers import body


def _propose(case: Case, embedder: Embedder, degrees: float) -> Sighting:
    """A sweep saw a face in this direction."""
    face = given.make_face(factories.make_sweep(case), embedder, degrees)
    gallery = galleries.open_galleries(embedder)
    (match,) = gallery.match(given.at_angle(degrees), embedder.sha256)
    sighting = sightings.propose(face, match)
    db.session.commit()
    assert sighting is not None
    return sighting


def _reject(sighting: Sighting) -> None:
    sightings.review_sighting(COMMAND_LINE, sighting.id, ReviewInput(verdict=Verdict.REJECTED))


def _cosine(degrees: float) -> float:
    return float(np.cos(np.radians(degrees)))


# ------------------------------------------------------------------------------ what it rests on


def test_a_sighting_tells_every_photo_and_what_remains_without_the_best(
    app: Flask, logged_in: Callable[..., Any]
) -> None:
    case, embedder = factories.make_case(), given.make_embedder()
    best, second = given.make_photo(case, embedder, 0), given.make_photo(case, embedder, 65)
    sighting = _propose(case, embedder, 10)

    told = body(logged_in(Role.INVESTIGATOR).get(f"/api/sightings/{sighting.id}"))

    assert [(one["photo_id"], one["carried"]) for one in told["similarities"]] == [
        (best.id, True),
        (second.id, False),
    ]
    assert told["without_best"] == pytest.approx(_cosine(55), abs=0.001)
    assert told["stands_without_best"] is True
    assert told["like_rejected"] is None
    page = logged_in(Role.INVESTIGATOR).get(f"/sightings/{sighting.id}").text
    assert "Without that photo" in page
    assert "still at the threshold" in page


def test_a_sighting_that_one_photo_alone_carries_says_so(
    app: Flask, logged_in: Callable[..., Any]
) -> None:
    case, embedder = factories.make_case(), given.make_embedder()
    for degrees in (0, 80):
        given.make_photo(case, embedder, degrees)
    sighting = _propose(case, embedder, 10)
    assert sighting.stands_without_best is False
    page = logged_in(Role.INVESTIGATOR).get(f"/sightings/{sighting.id}").text
    assert "one photo alone carries this sighting" in page


# -------------------------------------------------------------------------- what a rejection does


def test_a_new_face_like_a_rejected_one_is_proposed_marked_and_shown_last(
    app: Flask, logged_in: Callable[..., Any]
) -> None:
    case, embedder = factories.make_case(), given.make_embedder()
    given.make_photo(case, embedder, 0)
    rejected = _propose(case, embedder, 50)
    _reject(rejected)

    real = _propose(case, embedder, 15)
    stranger = _propose(case, embedder, 52)

    assert (real.like_rejected, stranger.like_rejected) == (False, True)
    assert stranger.rejected_sighting_id == rejected.id
    shown = sightings.list_sightings(case, SightingQuery(state=SightingState.CANDIDATE)).items
    assert [one.id for one in shown] == [real.id, stranger.id], "though the stranger is newer"
    queue = review_queue.waiting_for(COMMAND_LINE, QueueQuery()).page.items
    assert queue[-1].id == stranger.id
    assert "like a rejected face" in logged_in(Role.INVESTIGATOR).get("/review").text


def test_rejecting_one_marks_its_likes_and_taking_it_back_takes_the_marks_away(
    app: Flask,
) -> None:
    case, embedder = factories.make_case(), given.make_embedder()
    given.make_photo(case, embedder, 0)
    first, like, unlike = (_propose(case, embedder, degrees) for degrees in (50, 53, 5))

    _reject(first)
    db.session.expire_all()
    assert (like.like_rejected, unlike.like_rejected) == (True, False)
    assert like.rejected_similarity == pytest.approx(_cosine(3), abs=0.001)
    assert like.state is SightingState.CANDIDATE, "never dropped"

    sightings.undo_review(COMMAND_LINE, first.id)
    db.session.expire_all()
    assert like.like_rejected is False
    assert like.rejected_sighting_id is None


def test_open_maps_are_told_of_the_marks(app: Flask) -> None:
    case, embedder = factories.make_case(), given.make_embedder()
    given.make_photo(case, embedder, 0)
    first, like = (_propose(case, embedder, degrees) for degrees in (50, 53))
    _reject(first)
    told = db.session.scalars(
        select(LiveEvent.payload).where(LiveEvent.case_id == case.id, LiveEvent.kind == "review")
    ).all()
    marked = {one["sighting"]["id"]: one["sighting"]["like_rejected"] for one in told}
    assert marked[like.id]["marked"] is True


def test_a_person_who_decided_is_not_overruled_by_a_mark(app: Flask) -> None:
    case, embedder = factories.make_case(), given.make_embedder()
    given.make_photo(case, embedder, 0)
    first, confirmed = (_propose(case, embedder, degrees) for degrees in (50, 53))
    sightings.review_sighting(COMMAND_LINE, confirmed.id, ReviewInput(verdict=Verdict.CONFIRMED))
    _reject(first)
    db.session.expire_all()
    assert (confirmed.state, confirmed.like_rejected) == (SightingState.CONFIRMED, False)


def test_a_rejection_in_one_case_marks_nothing_in_another(app: Flask) -> None:
    embedder = given.make_embedder()
    one, other = factories.make_case(), factories.make_case()
    given.make_photo(one, embedder, 0)
    rejected = _propose(one, embedder, 50)
    _reject(rejected)
    cases.close_case(COMMAND_LINE, one)
    given.make_photo(other, embedder, 0)
    assert _propose(other, embedder, 51).rejected_similarity is None


# ------------------------------------------------------------------------ galleries, read once


class _Queries:
    """Counts the statements of the session."""

    def __init__(self) -> None:
        self.statements: list[str] = []
        event.listen(db.engine, "before_cursor_execute", self._note)

    def _note(self, _c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        self.statements.append(statement)

    def stop(self) -> None:
        event.remove(db.engine, "before_cursor_execute", self._note)


def _again(embedder: Embedder) -> tuple[Gallery, int]:
    _ = embedder.id, embedder.sha256
    counted = _Queries()
    try:
        return galleries.open_galleries(embedder), len(counted.statements)
    finally:
        counted.stop()


def test_an_unchanged_gallery_costs_one_small_query(app: Flask) -> None:
    embedder = given.make_embedder()
    given.make_photo(factories.make_case(), embedder, 0)
    first, _ = _again(embedder)
    again, queries = _again(embedder)
    assert again is first
    assert queries == 1


def test_whatever_changes_a_gallery_is_seen_at_once(app: Flask) -> None:
    embedder, case, other = given.make_embedder(), factories.make_case(), factories.make_case()
    first = given.make_photo(case, embedder, 0)
    face = given.at_angle(0)

    def found() -> list[int]:
        gallery = galleries.open_galleries(embedder)
        return [match.case_id for match in gallery.match(face, embedder.sha256)]

    assert found() == [case.id]
    given.make_photo(other, embedder, 5)
    assert found() == [case.id, other.id]
    cases.change_case(COMMAND_LINE, other, CaseChange(threshold_raise=0.4999))
    assert found() == [case.id]
    photos.remove_photo(COMMAND_LINE, case, first.id)
    assert found() == []
    cases.change_case(COMMAND_LINE, other, CaseChange(threshold_raise=0.0))
    assert found() == [other.id]
    cases.close_case(COMMAND_LINE, other)
    assert found() == []
    cases.reopen_case(COMMAND_LINE, other)
    assert found() == [other.id]
    embedder.threshold_similarity = 0.9999
    db.session.commit()
    assert found() == []


def test_a_legal_basis_that_ends_takes_the_case_out_without_any_change(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedder = given.make_embedder()
    ends_at = datetime.now(UTC) + timedelta(minutes=5)
    given.make_photo(factories.make_case(legal_basis_expires_at=ends_at), embedder, 0)
    assert len(galleries.open_galleries(embedder)) == 1
    monkeypatch.setattr(galleries, "utc_now", lambda: ends_at + timedelta(seconds=1))
    assert len(galleries.open_galleries(embedder)) == 0


def test_old_marks_of_change_are_pruned_and_the_gallery_stays_right(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedder = given.make_embedder()
    case = factories.make_case()
    given.make_photo(case, embedder, 0)
    assert len(galleries.open_galleries(embedder)) == 1
    later = datetime.now(UTC) + timedelta(days=2)
    monkeypatch.setattr(galleries, "utc_now", lambda: later)
    assert galleries.prune_changes() > 0
    monkeypatch.undo()
    given.make_photo(case, embedder, 20)
    assert len(galleries.open_galleries(embedder)) == 2


def test_a_closed_case_is_in_no_gallery(app: Flask) -> None:
    embedder = given.make_embedder()
    given.make_photo(factories.make_case(state=CaseState.CLOSED), embedder, 0)
    assert len(galleries.open_galleries(embedder)) == 0
