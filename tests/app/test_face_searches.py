"""Searching kept faces: what is searched, what becomes a candidate, and what is on record."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask import Flask
from sqlalchemy import select, text

from app.errors import Refused
from app.extensions import db
from app.inputs import FaceSearchInput
from app.models import (
    AuditEntry,
    Case,
    Embedder,
    Face,
    FaceSearch,
    ReferencePhoto,
    SearchMethod,
    SearchOccasion,
    Sighting,
    VisitPart,
)
from app.models.accounts import Role
from app.outputs.searches import what_was_searched
from app.recogniser import RecogniserHolder
from app.services.base.actors import COMMAND_LINE
from app.services.casework import cases, photos
from app.services.embeddings import embedders, kept_faces
from app.services.embeddings.kept_faces import NearFace, Reach, Survey
from app.services.searches import face_searches, searching
from recognition.matching import as_kept
from tests.app import factories, footage_cases
from tests.app import kept_face_cases as given
from tests.app.answers import body, problem

EXAMPLES = "faces/face_recognition/examples"
SPEECH = "video/speech/short_hamilton_clip.mp4"
DAY = timedelta(days=1)


def _search(case: Case, embedder: Embedder, **values: Any) -> FaceSearch:
    """A search as a person asks for it, with a model that no pack is needed for."""
    asked = FaceSearchInput.model_validate(values)
    wanted = searching.Wanted(
        SearchOccasion.REQUEST,
        Reach(case.id, asked.radius_m, asked.since, asked.until),
        face_searches._usable_photos(case, embedder, asked.photo_ids),
        asked.limit,
        asked.show_below,
        asked.purpose,
    )
    search = searching.run(COMMAND_LINE, case, embedder, wanted)
    db.session.commit()
    return search


def _angles(search: FaceSearch) -> list[int]:
    """The angles of the listed faces from the photo at 0°."""
    return [
        round(float(np.degrees(np.arccos(min(1.0, found.result.similarity)))))
        for found in face_searches.results_of(search)
    ]


# ------------------------------------------------------------------------ who becomes a candidate


def test_faces_of_other_cases_sweeps_become_candidates_from_the_threshold_on(app: Flask) -> None:
    embedder, other, case = given.make_embedder(), factories.make_case(), factories.make_case()
    photo = given.make_photo(case, embedder, 0)
    sweep = factories.make_sweep(other)
    near = given.make_face(sweep, embedder, 30)
    given.make_face(sweep, embedder, 70)

    search = _search(case, embedder)

    assert (search.above_threshold, search.proposed, search.faces_searched) == (1, 1, 2)
    (sighting,) = db.session.scalars(select(Sighting).where(Sighting.case_id == case.id))
    assert (sighting.face_id, sighting.reference_photo_id) == (near.id, photo.id)
    assert sighting.similarity == pytest.approx(np.cos(np.radians(30)), abs=0.001)


def test_faces_below_the_threshold_are_listed_only_when_asked_for_and_never_proposed(
    app: Flask,
) -> None:
    embedder, case = given.make_embedder(), factories.make_case()
    given.make_photo(case, embedder, 0)
    sweep = factories.make_sweep(case)
    for degrees in (80, 20, 65):
        given.make_face(sweep, embedder, degrees)

    assert _angles(_search(case, embedder)) == [20]
    shown = _search(case, embedder, show_below=True)

    assert _angles(shown) == [20, 65, 80]
    below = [found for found in face_searches.results_of(shown) if found.sighting is None]
    assert len(below) == 2
    assert shown.proposed == 0, "the first search proposed it already"


def test_a_raised_threshold_of_the_case_holds_for_its_searches(app: Flask) -> None:
    embedder, case = given.make_embedder(), factories.make_case(threshold_raise=0.3)
    given.make_photo(case, embedder, 0)
    sweep = factories.make_sweep(case)
    given.make_face(sweep, embedder, 30)
    given.make_face(sweep, embedder, 40)

    search = _search(case, embedder)

    assert search.threshold_similarity == pytest.approx(0.8)
    assert _angles(search) == [30]


def test_the_best_of_several_photos_counts_and_every_photo_is_told(app: Flask) -> None:
    embedder, case = given.make_embedder(), factories.make_case()
    far, near = (given.make_photo(case, embedder, degrees) for degrees in (100, 10))
    given.make_face(factories.make_sweep(case), embedder, 25)

    _search(case, embedder)

    (sighting,) = db.session.scalars(select(Sighting).where(Sighting.case_id == case.id))
    assert sighting.reference_photo_id == near.id
    told = {one.photo_id: one.similarity for one in sighting.similarities}
    assert told[near.id] == pytest.approx(np.cos(np.radians(15)), abs=0.001)
    assert told[far.id] == pytest.approx(np.cos(np.radians(75)), abs=0.001)
    assert sighting.stands_without_best is False


def test_a_search_cut_off_at_its_limit_says_so(app: Flask) -> None:
    embedder, case = given.make_embedder(), factories.make_case()
    given.make_photo(case, embedder, 0)
    sweep = factories.make_sweep(case)
    for degrees in (10, 20, 30):
        given.make_face(sweep, embedder, degrees)

    cut, whole = _search(case, embedder, limit=2), _search(case, embedder, limit=3, radius_m=None)

    assert (cut.is_cut_off, cut.above_threshold) == (True, 2)
    assert "More faces may reach the threshold than the 2" in what_was_searched(cut)
    assert whole.above_threshold == 3


# --------------------------------------------------------------------------- what is in its reach


def test_place_and_time_bound_a_search(app: Flask) -> None:
    embedder, case = given.make_embedder(), factories.make_case()
    given.make_photo(case, embedder, 0)
    factories.make_location(case)
    sweep = factories.make_sweep(case)
    far = factories.make_camera(latitude_deg=factories.CENTRE_LATITUDE_DEG + 0.1)
    given.make_face(sweep, embedder, 10)
    given.make_face(sweep, embedder, 20, camera=far)
    given.make_face(sweep, embedder, 30, seen_at=factories.SEEN_AT - 3 * DAY)
    since = factories.SEEN_AT - DAY

    assert _angles(_search(case, embedder)) == [10, 20, 30]
    assert _angles(_search(case, embedder, radius_m=3000)) == [10, 30]
    assert _angles(_search(case, embedder, since=since)) == [10, 20]
    both = _search(case, embedder, radius_m=3000, since=since)
    assert _angles(both) == [10]
    (found,) = face_searches.results_of(both)
    assert found.result.distance_m == pytest.approx(155, abs=5)


def test_locations_that_were_removed_do_not_widen_the_reach(app: Flask) -> None:
    embedder, case = given.make_embedder(), factories.make_case()
    given.make_photo(case, embedder, 0)
    factories.make_location(case, latitude_deg=factories.CENTRE_LATITUDE_DEG + 1.0)
    factories.make_location(case, active=False)
    given.make_face(factories.make_sweep(case), embedder, 10)

    assert _search(case, embedder, radius_m=3000).faces_searched == 0


def test_what_was_searched_counts_faces_cameras_and_hours_without_counting_twice(
    app: Flask,
) -> None:
    embedder, case = given.make_embedder(), factories.make_case()
    given.make_photo(case, embedder, 0)
    camera, sweep = factories.make_camera(), factories.make_sweep(case)
    for number, start_s in enumerate((0, 300)):  # two recordings of ten minutes, half overlapping
        seen_at = factories.SEEN_AT + timedelta(seconds=start_s)
        face = given.make_face(
            sweep if number == 0 else factories.make_sweep(case),
            embedder, 10, camera=camera, seen_at=seen_at,
        )  # fmt: skip
        db.session.execute(
            text("UPDATE visits SET embedder_id = :model, finished_at = now() WHERE id = :visit"),
            {"model": embedder.id, "visit": face.visit_id},
        )
        db.session.execute(  # of each recording nine tenths were really seen
            text("UPDATE visit_parts SET seconds_seen = 540 WHERE id = :part"),
            {"part": face.part_id},
        )
    given.make_face(sweep, given.make_embedder(), 10)

    search = _search(case, embedder)

    assert (search.faces_searched, search.faces_of_other_models) == (2, 1)
    assert (search.cameras_searched, search.seconds_searched) == (1, pytest.approx(810))
    sentence = what_was_searched(search)
    assert "2 kept faces of model" in sentence
    assert "1 camera, 14 min of footage" in sentence
    assert "1 face of other models could not be compared" in sentence


def test_a_face_whose_time_is_over_is_not_searched_even_before_it_is_deleted(app: Flask) -> None:
    embedder, case = given.make_embedder(), factories.make_case()
    given.make_photo(case, embedder, 0)
    given.make_face(
        factories.make_sweep(case), embedder, 5, expires_at=datetime.now(UTC) - timedelta(hours=1)
    )
    search = _search(case, embedder)
    assert (search.faces_searched, search.above_threshold) == (0, 0)
    assert "No face of model" in what_was_searched(search)


def test_embeddings_of_another_model_are_never_compared(app: Flask) -> None:
    one, other, case = given.make_embedder(), given.make_embedder(), factories.make_case()
    given.make_photo(case, one, 0)
    given.make_face(factories.make_sweep(case), other, 0)

    assert _search(case, one).above_threshold == 0
    with pytest.raises(Refused, match="no reference photo"):
        _search(case, other)


# ---------------------------------------------------------------------------- how it is looked up


def _many_faces(embedder: Embedder, case: Case, count: int) -> list[tuple[int, float]]:
    """Faces of random people on one visit; returns id and similarity with the photo at 0°."""
    rng = np.random.default_rng(11)
    sweep = factories.make_sweep(case)
    first = given.make_face(sweep, embedder, 90)
    rows = rng.normal(size=(count, given.DIMENSION))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    db.session.execute(
        text(
            """
            INSERT INTO faces (visit_id, part_id, camera_id, footage_id, embedder_id, chunk_from_s,
                ordinal, embedding, first_s, last_s, best_s, first_at, last_at, best_at, box_xyxy,
                crop_sha256, quality, face_height_px, frames_seen, expires_at, created_at)
            SELECT visit_id, part_id, camera_id, footage_id, embedder_id, 1, n.ordinal,
                n.row::halfvec, first_s, last_s, best_s, first_at, last_at, best_at, box_xyxy,
                crop_sha256, quality, face_height_px, frames_seen, expires_at, created_at
            FROM faces, unnest(CAST(:rows AS text[])) WITH ORDINALITY AS n (row, ordinal)
            WHERE faces.id = :first
            """
        ),
        {"first": first.id, "rows": [str(row.tolist()) for row in rows]},
    )
    db.session.commit()
    found = db.session.execute(
        text("SELECT id, embedding::text FROM faces WHERE embedder_id = :model"),
        {"model": embedder.id},
    )
    zero = given.at_angle(0)
    return [
        (face_id, float(as_kept(np.array(eval(row), np.float32)) @ as_kept(zero)))
        for face_id, row in found
    ]


@pytest.mark.parametrize("method", [SearchMethod.EXACT, SearchMethod.INDEX])
def test_both_ways_find_what_comparing_one_by_one_finds(app: Flask, method: SearchMethod) -> None:
    embedder, case = given.make_embedder(), factories.make_case()
    embedders._create_index(embedder)
    photo = given.make_photo(case, embedder, 0)
    everybody = _many_faces(embedder, case, 3000)
    expected = sorted(everybody, key=lambda one: -one[1])[:40]

    found = kept_faces.nearest_by(method, Reach(case.id), embedder, [photo.id], 40)

    assert [one.face_id for one in found] == [face_id for face_id, _ in expected]
    assert [one.similarity for one in found] == pytest.approx(
        [similarity for _, similarity in expected], abs=1e-6
    )
    assert _settings_of_session() == ("on", "on")


def _settings_of_session() -> tuple[str, str]:
    row = db.session.execute(
        text("SELECT current_setting('enable_sort'), current_setting('enable_seqscan')")
    ).one()
    return row[0], row[1]


def test_the_index_is_really_used_where_it_is_chosen(app: Flask) -> None:
    embedder, case = given.make_embedder(), factories.make_case()
    embedders._create_index(embedder)
    photo = given.make_photo(case, embedder, 0)
    _many_faces(embedder, case, 500)
    kept_faces.nearest_by(SearchMethod.INDEX, Reach(case.id), embedder, [photo.id], 5)
    statement = kept_faces._nearest_sql(Reach(case.id), embedder, by_index=True)
    db.session.execute(text("SET LOCAL enable_sort = off"))
    db.session.execute(text("SET LOCAL enable_seqscan = off"))
    values = {"photo_ids": [photo.id], "limit": 5, "taken": 5, "distance_case_id": case.id}
    plan = "\n".join(db.session.scalars(text(f"EXPLAIN {statement}"), values))
    assert f"ix_faces_embedding_{embedder.id}" in plan


def test_an_index_that_gives_up_early_is_made_up_for_by_comparing_everything(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedder, case = given.make_embedder(), factories.make_case()
    embedders._create_index(embedder)
    photo = given.make_photo(case, embedder, 0)
    everybody = _many_faces(embedder, case, 400)
    by_method = kept_faces.nearest_by

    def gives_up(method: SearchMethod, *rest: Any) -> list[NearFace]:
        found = list(by_method(method, *rest))
        return found[:3] if method is SearchMethod.INDEX else found

    monkeypatch.setattr(kept_faces, "nearest_by", gives_up)
    monkeypatch.setattr(kept_faces, "choose_method", lambda *_: SearchMethod.INDEX)
    surveyed = kept_faces.survey(Reach(case.id), embedder)
    found = kept_faces.nearest(Reach(case.id), embedder, [photo.id], 20, surveyed)

    assert found.method is SearchMethod.EXACT
    assert len(found.faces) == 20
    assert surveyed.faces == len(everybody)


@pytest.mark.parametrize(
    ("in_reach", "of_model", "photos_", "method"),
    [
        (500, 1_000_000, 1, SearchMethod.EXACT),
        (1_000_000, 1_000_000, 1, SearchMethod.INDEX),
        (60_000, 1_000_000, 3, SearchMethod.INDEX),
        (12_000, 50_000_000, 1, SearchMethod.EXACT),
    ],
)
def test_the_way_is_chosen_by_how_much_is_in_reach(
    in_reach: int, of_model: int, photos_: int, method: SearchMethod
) -> None:
    surveyed = Survey(in_reach, 0, 10, 3600.0, None, None)
    assert kept_faces.choose_method(surveyed, of_model, photos_, 50) is method


# ------------------------------------------------------------------ with real faces and a real pack


@pytest.fixture
def real_app(app: Flask, shared_dir: Path) -> Iterator[Flask]:
    """The application with the real pack, and the real footage among its folders."""
    before = app.config["LASTSEEN"]
    changed = before.model_copy(
        update={
            "face_pack": str(shared_dir / "models" / "insightface-mini"),
            "footage_roots": f"{before.footage_roots},{shared_dir}",
        }
    )
    app.config["LASTSEEN"] = changed
    app.extensions["lastseen_recogniser"] = RecogniserHolder(changed)
    yield app
    app.config["LASTSEEN"] = before
    app.extensions["lastseen_recogniser"] = RecogniserHolder(before)


@pytest.fixture
def swept(real_app: Flask, shared_dir: Path) -> Case:
    """A case for somebody else, whose sweep kept the faces of a real clip."""
    footage_cases.add_footage(footage_cases.add_camera("stage"), shared_dir / SPEECH)
    case = footage_cases.open_case("KEPT-1", shared_dir / EXAMPLES / "biden.jpg")
    footage_cases.run_here(footage_cases.plan(case))
    assert footage_cases.sightings_of(case) == []
    return case


def test_a_case_opened_later_finds_what_another_cases_sweep_kept(
    swept: Case, shared_dir: Path
) -> None:
    later = footage_cases.open_case("KEPT-2", shared_dir / EXAMPLES / "lin-manuel-miranda.png")

    found = footage_cases.sightings_of(later)

    assert found
    for sighting in found:
        seconds = (sighting.seen_at - footage_cases.STARTED_AT).total_seconds()
        assert 2.3 <= seconds <= 7.5
        assert sighting.similarities
    search = face_searches.search_of_photo(photos.list_photos(later)[0])
    assert search is not None
    assert search.occasion is SearchOccasion.PHOTO
    assert search.faces_searched > 0
    assert search.cameras_searched == 1
    assert search.seconds_searched > 5


def test_a_search_decides_as_the_sweep_did(swept: Case, shared_dir: Path) -> None:
    """A clip swept for another case and searched, and the same clip swept: one similarity."""
    photo = shared_dir / EXAMPLES / "lin-manuel-miranda.png"
    searched = footage_cases.open_case("KEPT-3", photo)
    footage_cases.add_footage(footage_cases.add_camera("again"), shared_dir / SPEECH)
    footage_cases.run_here(footage_cases.plan(searched))

    by_camera: dict[str, list[float]] = {}
    for sighting in footage_cases.sightings_of(searched):
        by_camera.setdefault(sighting.camera.ref, []).append(sighting.similarity)
    assert sorted(by_camera) == ["again", "stage"]
    assert by_camera["again"] == pytest.approx(by_camera["stage"], abs=1e-6)


def test_a_passer_by_whom_two_sweeps_saw_in_one_recording_is_proposed_once(
    swept: Case, shared_dir: Path
) -> None:
    case = footage_cases.open_case("KEPT-9", shared_dir / EXAMPLES / "lin-manuel-miranda.png")
    found = len(footage_cases.sightings_of(case))
    kept = db.session.query(Face).count()
    # As from a look with a worse detector, which is not relied on: the footage is decoded again.
    db.session.query(VisitPart).update({"detector": "another"})

    footage_cases.run_here(footage_cases.plan(case))

    assert db.session.query(Face).count() == 2 * kept
    assert len(footage_cases.sightings_of(case)) == found


def test_a_closed_case_takes_a_photo_and_searches_nothing(swept: Case, shared_dir: Path) -> None:
    case = footage_cases.open_case("KEPT-4")
    cases.close_case(COMMAND_LINE, case)
    path = shared_dir / EXAMPLES / "lin-manuel-miranda.png"
    photo = photos.add_photo(COMMAND_LINE, case, path.read_bytes(), path.name)
    assert face_searches.search_of_photo(photo) is None
    assert footage_cases.sightings_of(case) == []
    with pytest.raises(Refused, match="closed"):
        face_searches.search_faces(COMMAND_LINE, case, FaceSearchInput())


def test_a_later_photo_says_how_alike_it_is_to_the_sightings_that_exist(
    swept: Case, shared_dir: Path
) -> None:
    case = footage_cases.open_case("KEPT-5", shared_dir / EXAMPLES / "lin-manuel-miranda.png")
    second = footage_cases.photos.add_photo(
        COMMAND_LINE, case, (shared_dir / EXAMPLES / "obama.jpg").read_bytes(), "obama.jpg"
    )
    db.session.expire_all()
    (sighting, *_) = footage_cases.sightings_of(case)
    told = {one.photo_id: one.similarity for one in sighting.similarities}
    assert len(told) == 2
    assert told[second.id] < sighting.threshold_similarity
    assert sighting.reference_photo_id != second.id


# -------------------------------------------------------------------------- API, pages, audit, CLI


def test_the_api_searches_lists_and_shows(
    swept: Case, shared_dir: Path, logged_in: Callable[..., Any]
) -> None:
    footage_cases.open_case("KEPT-6", shared_dir / EXAMPLES / "lin-manuel-miranda.png")
    client = logged_in(Role.INVESTIGATOR)
    base = "/api/cases/KEPT-6/face-searches"

    made = body(client.post(base, json={"radius_m": 3000, "purpose": "A hint by phone"}), 201)

    assert made["faces_searched"] > 0
    assert made["notice"].startswith("Investigative lead")
    assert made["results"][0]["sighting_id"]
    assert made["results"][0]["similarity"] >= made["threshold_similarity"]
    assert body(client.get(f"{base}/{made['id']}"))["results"] == made["results"]
    assert [one["occasion"] for one in body(client.get(base))["items"]] == ["request", "new photo"]
    crop = made["results"][0]["face"]["crop"]
    assert client.get(crop).status_code == 200
    entry = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action == "faces.search").order_by(AuditEntry.id.desc())
    ).first()
    assert entry is not None
    assert (entry.case_number, entry.purpose) == ("KEPT-6", "A hint by phone")
    assert entry.details["faces_searched"] == made["faces_searched"]


def test_a_search_that_cannot_be_done_is_refused_with_the_reason(
    real_app: Flask, shared_dir: Path, logged_in: Callable[..., Any]
) -> None:
    case = factories.make_case()
    client = logged_in(Role.INVESTIGATOR)
    base = f"/api/cases/{case.number}/face-searches"

    assert "no reference photo" in problem(client.post(base, json={}), 422)["detail"]
    assert "radius_m" in problem(client.post(base, json={"radius_m": 100}), 422)["errors"]
    turned = {"since": "2026-11-18T10:00:00Z", "until": "2026-11-17T10:00:00Z"}
    assert "swap" in problem(client.post(base, json=turned), 422)["detail"]
    assert problem(client.post(base, json={"photo_ids": [1]}), 422)["errors"]["photo_ids"]
    assert problem(client.get(f"{base}/999"), 404)


def test_only_investigators_search_and_an_analyst_reads(
    app: Flask, logged_in: Callable[..., Any]
) -> None:
    case = factories.make_case()
    base = f"/api/cases/{case.number}/face-searches"
    assert logged_in(Role.ANALYST).get(base).status_code == 200
    assert logged_in(Role.ANALYST).post(base, json={}).status_code == 403
    assert logged_in(Role.EXAMINER).get(base).status_code == 403
    assert logged_in(Role.DISPATCHER).get(f"/cases/{case.number}/search").status_code == 403


def test_the_page_searches_and_shows_what_was_searched(
    swept: Case, shared_dir: Path, logged_in: Callable[..., Any]
) -> None:
    footage_cases.open_case("KEPT-7", shared_dir / EXAMPLES / "lin-manuel-miranda.png")
    client = logged_in(Role.INVESTIGATOR)
    form = {"radius_km": "3", "limit": "20", "show_below": "1"}

    shown = client.post("/cases/KEPT-7/search", data=form, follow_redirects=True)

    assert shown.status_code == 200
    assert "within 3 km of the last-known locations" in shown.text
    assert "/sightings/" in shown.text
    assert "probability" not in shown.text.replace("It is no probability", "")
    listed = client.get("/cases/KEPT-7/search").text
    assert "new photo" in listed
    wrong = client.post("/cases/KEPT-7/search", data={**form, "radius_km": "near"})
    assert wrong.status_code == 422
    assert "must be a number" in wrong.text


def test_the_command_searches_and_says_what_it_searched(
    swept: Case, shared_dir: Path, real_app: Flask
) -> None:
    footage_cases.open_case("KEPT-8", shared_dir / EXAMPLES / "lin-manuel-miranda.png")
    runner = real_app.test_cli_runner()
    done = runner.invoke(
        args=["faces", "search", "KEPT-8", "--radius", "3000", "--since", "2026-11-18T00:00"]
    )
    assert done.exit_code == 0, done.output
    assert "of model" in done.output
    assert "Investigative lead" in done.output
    refused = runner.invoke(args=["faces", "search", "KEPT-8", "--since", "Tuesday", "--json"])
    assert refused.exit_code == 1
    assert "is not a time" in refused.output


def test_two_searches_at_once_propose_a_face_once(committing_app: Flask) -> None:
    embedder, case = given.make_embedder(), factories.make_case()
    given.make_photo(case, embedder, 0)
    given.make_face(factories.make_sweep(case), embedder, 10)
    case_id, embedder_id, proposed = case.id, embedder.id, list[int]()

    def search() -> None:
        with committing_app.app_context():
            found = _search(db.session.get_one(Case, case_id), db.session.get_one(Embedder, embedder_id))  # fmt: skip  # noqa: E501
            proposed.append(found.proposed)

    threads = [threading.Thread(target=search) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert sorted(proposed) == [0, 0, 0, 1]
    assert db.session.query(Sighting).filter_by(case_id=case_id).count() == 1


def test_a_photo_of_another_case_cannot_be_searched_with(app: Flask) -> None:
    embedder, case, other = given.make_embedder(), factories.make_case(), factories.make_case()
    given.make_photo(case, embedder, 0)
    foreign: ReferencePhoto = given.make_photo(other, embedder, 0)
    with pytest.raises(Refused) as refusal:
        _search(case, embedder, photo_ids=[foreign.id])
    assert "not in this case's gallery" in refusal.value.fields["photo_ids"]
