"""Thresholds by years: taken over from an evaluation, and used wherever faces are compared.

The sets are invented, and so are their ages: what is tested is what becomes of such figures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask import Flask
from sqlalchemy import select

from app.errors import Conflict, NotFound, Refused
from app.extensions import db
from app.inputs import PhotoChange, PhotoInput
from app.models import (
    AgeThreshold,
    AuditEntry,
    Case,
    Embedder,
    FaceSearch,
    SearchMethod,
    SearchOccasion,
    Sighting,
)
from app.models.accounts import Role, User
from app.models.cases import TakenPrecision
from app.models.tips import TimeSource
from app.recogniser import RecogniserHolder
from app.services.base.actors import COMMAND_LINE, WORKER
from app.services.casework import photos
from app.services.contributing import contribution_matching
from app.services.embeddings import age_thresholds, evaluations, face_memory, galleries
from app.services.embeddings.kept_faces import Reach
from app.services.exchange import duplicates
from app.services.governance import transparency
from app.services.papers import briefs, evidence_records
from app.services.searches import face_searches, searching
from recognition.evaluation import Naming
from tests.app import age_cases, contribution_cases, factories, footage_cases, post_cases
from tests.app import kept_face_cases as given
from tests.app.answers import body, problem

TODAY = factories.SEEN_AT.date()
OLD = {"taken_at_day": date(2020, 6, 1), "taken_precision": TakenPrecision.DAY}
"""Six years before `factories.SEEN_AT`."""


def cosine(degrees: float) -> float:
    return float(np.cos(np.radians(degrees)))


@pytest.fixture
def embedder(app: Flask) -> Embedder:
    """Its own threshold is the cosine of 60°."""
    row: Embedder = given.make_embedder()
    return row


@pytest.fixture
def with_models(app: Flask, shared_dir: Path) -> Iterator[Path]:
    before = app.config["LASTSEEN"]
    settings = before.model_copy(
        update={
            "face_pack": str(shared_dir / "models" / "insightface-mini"),
            "footage_roots": f"{before.footage_roots},{shared_dir}",
            "face_memory_mb": 0,
        }
    )
    app.config["LASTSEEN"] = settings
    app.extensions["lastseen_recogniser"] = RecogniserHolder(settings)
    yield shared_dir
    app.config["LASTSEEN"] = before
    app.extensions["lastseen_recogniser"] = RecogniserHolder(before)


def _search(case: Case, embedder: Embedder, limit: int = 50, *, below: bool = False) -> FaceSearch:
    chosen = face_searches._usable_photos(case, embedder, ())
    wanted = searching.Wanted(SearchOccasion.REQUEST, Reach(case.id), chosen, limit, below)
    search = searching.run(COMMAND_LINE, case, embedder, wanted)
    db.session.commit()
    return search


def _face(embedder: Embedder, degrees: float, **values: Any) -> Any:
    return given.make_face(factories.make_sweep(factories.make_case()), embedder, degrees, **values)


# ------------------------------------------------------------------- taking over what was measured


def test_an_evaluations_thresholds_are_taken_over_for_its_model_and_audited(app: Flask) -> None:
    one, other = (given.make_embedder(false_match_rate=0.01) for _ in range(2))
    report = age_cases.invented_report()
    evaluation = age_cases.keep_evaluation(one, report)
    rows = age_thresholds.take_over(COMMAND_LINE, evaluation.id, 0.01)
    assert [row.from_years for row in rows] == [2, 5, 10, 20]
    assert report.by_age is not None
    told = {band.band.from_years: band for band in report.by_age.bands}
    for row in rows:
        point = told[row.from_years].points[0].point
        assert row.threshold_similarity == pytest.approx(point.threshold)
        assert row.stranger_pairs == told[row.from_years].stranger_pairs
        assert (row.source, row.is_in_force) == (f"made-up set (evaluation {evaluation.id})", True)
    assert age_thresholds.thresholds_of(other).is_uniform
    entry = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action == "model.age_thresholds")
    ).one()
    assert (entry.details["sha256"], entry.details["from"]) == (one.sha256, {})
    assert entry.details["to"]["2 to 5 years"] == pytest.approx(rows[0].threshold_similarity)
    assert "model.age_thresholds" in transparency.THRESHOLDS


def test_a_second_evaluation_replaces_the_bands_that_it_measured_and_keeps_the_rows(
    app: Flask,
) -> None:
    model = given.make_embedder(false_match_rate=0.01)
    kept = age_cases.put_in_force(model, y1=0.71, y5=0.72)
    evaluation = age_cases.keep_evaluation(model)
    rows = age_thresholds.take_over(COMMAND_LINE, evaluation.id, 0.01)
    assert [row.from_years for row in rows] == [1, 2, 5, 10, 20]
    assert rows[0].id == kept["y1"].id
    replaced = db.session.get_one(AgeThreshold, kept["y5"].id)
    assert replaced.withdrawn_at is not None
    again = age_thresholds.take_over(COMMAND_LINE, evaluation.id, 0.01)
    assert len(again) == len(rows)
    assert len({row.id for row in [*rows, *again]}) == 9


@pytest.mark.parametrize(
    ("changed", "rate", "says"),
    [
        ({}, 0.05, "would lower that"),
        ({}, 0.0001, "too few pairs"),
        ({"preparation": "gamma"}, 0.01, "changed the photos beforehand"),
        ({"by_age": None}, 0.01, "neither ages nor dates"),
    ],
)
def test_what_was_not_measured_or_promises_less_is_refused(
    app: Flask, changed: dict[str, object], rate: float, says: str
) -> None:
    model = given.make_embedder(false_match_rate=0.01)
    evaluation = age_cases.keep_evaluation(model, **changed)
    with pytest.raises(Refused, match=says):
        age_thresholds.take_over(COMMAND_LINE, evaluation.id, rate)
    db.session.rollback()
    assert age_thresholds.kept_for(model) == []


def test_a_model_of_unmeasured_rate_may_have_measured_bands(app: Flask) -> None:
    model = given.make_embedder(false_match_rate=None)
    evaluation = age_cases.keep_evaluation(model)
    assert age_thresholds.take_over(COMMAND_LINE, evaluation.id, 0.01)


def test_bands_rest_once_the_model_promises_a_finer_rate_and_galleries_learn_of_it(
    embedder: Embedder,
) -> None:
    age_cases.put_in_force(embedder, y5=0.3)
    given.make_photo(factories.make_case(), embedder, 0, **OLD)
    face = (given.at_angle(65), embedder.sha256, TODAY)
    assert galleries.open_galleries(embedder).match(*face)
    embedder.false_match_rate = 1e-6
    db.session.commit()
    assert galleries.open_galleries(embedder).match(*face) == []
    (row,) = age_thresholds.kept_for(embedder)
    assert (row.withdrawn_at, row.is_in_force) == (None, False)


def test_they_are_withdrawn_by_the_models_hash(embedder: Embedder) -> None:
    with pytest.raises(NotFound):
        age_thresholds.withdraw(COMMAND_LINE, "0" * 64)
    with pytest.raises(Conflict):
        age_thresholds.withdraw(COMMAND_LINE, embedder.sha256)
    age_cases.put_in_force(embedder, y5=0.3)
    age_thresholds.withdraw(COMMAND_LINE, embedder.sha256)
    assert age_thresholds.thresholds_of(embedder).is_uniform


# ------------------------------------------------------------------ used where faces are compared


def test_a_gallery_in_memory_learns_of_thresholds_and_of_dates(embedder: Embedder) -> None:
    photo = given.make_photo(factories.make_case(), embedder, 0)
    face = (given.at_angle(65), embedder.sha256, TODAY)
    assert galleries.open_galleries(embedder).match(*face) == []
    age_cases.put_in_force(embedder, y5=0.3)
    assert galleries.open_galleries(embedder).match(*face) == []
    photo.taken_at_day, photo.taken_precision = OLD["taken_at_day"], OLD["taken_precision"]
    db.session.commit()
    assert galleries.open_galleries(embedder).match(*face)
    age_thresholds.withdraw(COMMAND_LINE, embedder.sha256)
    assert galleries.open_galleries(embedder).match(*face) == []


def test_a_search_proposes_by_what_was_measured_and_the_sighting_says_so(
    embedder: Embedder, logged_in: Callable[..., Any]
) -> None:
    row = age_cases.put_in_force(embedder, y5=0.3)["y5"]
    case = factories.make_case(threshold_raise=0.02)
    old = given.make_photo(case, embedder, 0, **OLD)
    given.make_photo(case, embedder, 180)
    near = _face(embedder, 65)
    _face(embedder, 72)
    search = _search(case, embedder, below=True)
    sighting = db.session.scalars(select(Sighting)).one()
    assert (search.above_threshold, sighting.face_id) == (1, near.id)
    assert (sighting.reference_photo_id, sighting.age_threshold) == (old.id, row)
    assert sighting.threshold_similarity == pytest.approx(0.32)
    by_photo = {one.photo_id: one for one in sighting.similarities}
    assert by_photo[old.id].age_threshold_id == row.id
    assert min(one.threshold_similarity or 0 for one in by_photo.values()) == pytest.approx(0.32)
    assert max(one.threshold_similarity or 0 for one in by_photo.values()) == pytest.approx(0.52)
    shown = {one.result.face_id: one.result for one in face_searches.results_of(search)}
    assert shown[near.id].threshold_similarity == pytest.approx(0.32)
    assert len(shown) == 2
    person = logged_in(Role.INVESTIGATOR)
    words = "Threshold 0.300, measured for photos taken 5 to 10 years before"
    page = person.get(f"/sightings/{sighting.id}").text
    assert words in page
    assert "1,204 pairs of one person" in page
    assert "This case adds 0.020." in page
    told = body(person.get(f"/api/sightings/{sighting.id}"))
    assert told["threshold_by_age"]["stranger_pairs"] == 312_040
    assert told["similarities"][0]["age_gap_remark"].startswith(words)
    assert told["similarities"][0]["threshold_similarity"] == 0.32
    found = person.get(f"/cases/{case.number}/search/{search.id}").text
    assert "threshold 0.320" in found
    assert any(words in line for line in briefs._compared_with(sighting))
    record = evidence_records.sighting_record(sighting, False, None)
    assert record["threshold_by_age"]["source"] == row.source


def test_a_photo_that_comes_later_is_asked_for_what_its_age_asks(embedder: Embedder) -> None:
    row = age_cases.put_in_force(embedder, y5=0.3)["y5"]
    case = factories.make_case(threshold_raise=0.02)
    given.make_photo(case, embedder, 0, **OLD)
    _face(embedder, 65)
    _search(case, embedder)
    sighting = db.session.scalars(select(Sighting)).one()
    assert sighting.stands_without_best is None
    for degrees, dated in ((2, {}), (1, OLD)):
        photo = given.make_photo(case, embedder, degrees, **dated)
        searching.search_for_photo(COMMAND_LINE, case, photo, embedder)
        db.session.commit()
        db.session.expire_all()
        told = {one.photo_id: one for one in sighting.similarities}[photo.id]
        expected = (0.32, row.id) if dated else (0.52, None)
        assert (round(told.threshold_similarity or 0, 6), told.age_threshold_id) == expected
        assert sighting.stands_without_best is bool(dated)


def test_a_list_shows_the_photo_that_carries_where_the_nearest_does_not(
    embedder: Embedder, logged_in: Callable[..., Any]
) -> None:
    age_cases.put_in_force(embedder, y5=0.3)
    case = factories.make_case()
    old = given.make_photo(case, embedder, 0, **OLD)
    nearer = given.make_photo(case, embedder, 5)
    _face(embedder, 66)
    (found,) = face_searches.results_of(_search(case, embedder))
    assert (found.result.photo_id, found.result.threshold_similarity) == (old.id, 0.3)
    assert found.result.similarity == pytest.approx(cosine(66), abs=0.001)
    sighting = found.sighting
    assert sighting is not None
    assert sighting.similarities[0].photo_id == nearer.id
    assert (sighting.stands_without_best, sighting.reference_photo_id) == (False, old.id)
    page = logged_in(Role.INVESTIGATOR).get(f"/sightings/{sighting.id}").text
    assert "<strong>below the threshold</strong> of that photo" in page


def test_a_higher_threshold_of_its_age_lets_a_photo_carry_less(embedder: Embedder) -> None:
    age_cases.put_in_force(embedder, y5=0.9)
    case = factories.make_case()
    given.make_photo(case, embedder, 0, **OLD)
    _face(embedder, 40)
    assert _search(case, embedder).proposed == 0
    recent = given.make_photo(case, embedder, 10)
    assert _search(case, embedder).proposed == 1
    sighting = db.session.scalars(select(Sighting)).one()
    assert (sighting.reference_photo_id, sighting.age_threshold) == (recent.id, None)
    assert sighting.stands_without_best is False


def test_the_day_of_the_face_decides_and_not_that_of_the_search(embedder: Embedder) -> None:
    age_cases.put_in_force(embedder, y5=0.3)
    case = factories.make_case()
    given.make_photo(case, embedder, 0, **OLD)
    late = _face(embedder, 65)
    _face(embedder, 65.5, seen_at=datetime(2021, 1, 1, tzinfo=UTC))
    _search(case, embedder)
    assert db.session.scalars(select(Sighting.face_id)).all() == [late.id]


def test_memory_and_database_propose_the_same_at_thresholds_by_age(
    app: Flask, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    roomy = app.config["LASTSEEN"].model_copy(update={"face_memory_mb": 1024})
    monkeypatch.setitem(app.config, "LASTSEEN", roomy)
    age_cases.put_in_force(embedder, y0=0.6, y5=0.3, y10=0.8)
    sweep = factories.make_sweep(factories.make_case())
    rng = np.random.default_rng(5)
    for angle in rng.uniform(-179, 179, 60):
        given.make_face(sweep, embedder, float(angle))
    found = {}
    for method in (SearchMethod.EXACT, SearchMethod.MEMORY):
        if method is SearchMethod.MEMORY:
            face_memory.keep(embedder)
        case = factories.make_case()
        for degrees, years in ((0, 6), (30, 0), (-90, 12), (150, None)):
            day = None if years is None else TODAY.replace(year=TODAY.year - years, month=1)
            given.make_photo(
                case,
                embedder,
                degrees,
                taken_at_day=day,
                taken_precision=day and TakenPrecision.DAY,
            )
        search = _search(case, embedder, limit=500)
        sightings = db.session.scalars(select(Sighting).where(Sighting.case_id == case.id)).all()
        carried = sorted(
            (one.face_id, round(one.similarity, 5), one.threshold_similarity) for one in sightings
        )
        found[method] = (search.method, search.is_cut_off, carried)
    exact, memory = found[SearchMethod.EXACT], found[SearchMethod.MEMORY]
    assert (exact[0], memory[0]) == (SearchMethod.EXACT, SearchMethod.MEMORY)
    assert exact[1:] == memory[1:]
    assert {limit for _, _, limit in exact[2]} == {0.3, 0.5, 0.6, 0.8}


def test_a_list_that_may_hide_a_face_at_a_lower_threshold_says_so(embedder: Embedder) -> None:
    age_cases.put_in_force(embedder, y5=0.3)
    case = factories.make_case()
    given.make_photo(case, embedder, 0)
    for degrees in (62, 63):
        _face(embedder, degrees)
    assert not _search(case, embedder, limit=1).is_cut_off
    given.make_photo(case, embedder, 180, **OLD)
    assert _search(case, embedder, limit=1).is_cut_off
    assert not _search(case, embedder, limit=3).is_cut_off


def test_tips_and_found_persons_count_from_the_day_that_a_person_named(
    embedder: Embedder, user_factory: Callable[..., User]
) -> None:
    age_cases.put_in_force(embedder, y5=0.3)
    partner = user_factory(Role.PARTNER, organisation="Made-up Home")
    picture = contribution_cases.picture
    dated = contribution_cases.hand_in(picture(), seen_at=factories.SEEN_AT).tip
    undated = contribution_cases.hand_in(picture()).tip
    by_file = contribution_cases.hand_in(picture()).tip
    by_file.seen_at, by_file.time_source = factories.SEEN_AT, TimeSource.PHOTO
    registered = contribution_cases.register(partner, found_at=factories.SEEN_AT)
    post_cases.take_in(post_cases.row(images="a.jpg"), pictures=post_cases.zipped(a_jpg=picture()))
    owners = (dated, undated, by_file, registered, post_cases.posts()[0])
    faces = {one: contribution_cases.add_face(one.photos[0], embedder, 65).id for one in owners}
    case = factories.make_case()
    given.make_photo(case, embedder, 0, **OLD)
    assert contribution_matching.compare_case(WORKER, case, embedder) == 2
    found = contribution_cases.matches()
    assert {one.face_id for one in found} == {faces[dated], faces[registered]}
    assert {one.threshold_similarity for one in found} == {0.3}
    assert all(one.age_threshold and one.age_threshold.from_years == 5 for one in found)
    other = factories.make_case()
    given.make_photo(other, embedder, 0, **OLD)
    new = contribution_matching.compare_photo(
        dated.photos[0], embedder, [dated.photos[0].faces[0]], [given.at_angle(65)]
    )
    assert {one.case_id for one in new} == {other.id}


def test_two_cases_photos_are_compared_by_the_years_between_them(embedder: Embedder) -> None:
    first, second = factories.make_case(), factories.make_case()
    given.make_photo(first, embedder, 0, **OLD)
    new = {"taken_at_day": TODAY, "taken_precision": TakenPrecision.DAY}
    given.make_photo(second, embedder, 65, **new)
    assert duplicates.find_duplicates(COMMAND_LINE, first).pairs == []
    age_cases.put_in_force(embedder, y5=0.3)
    (pair,) = duplicates.find_duplicates(COMMAND_LINE, first).pairs
    assert pair.threshold_similarity == pytest.approx(0.3)
    assert pair.similarity == pytest.approx(cosine(65), abs=0.001)
    age_thresholds.withdraw(COMMAND_LINE, embedder.sha256)
    age_cases.put_in_force(embedder, y5=0.9)
    given.make_photo(second, embedder, 30, **new)
    assert duplicates.find_duplicates(COMMAND_LINE, first).pairs == []


def test_a_sweep_and_a_new_date_follow_what_was_measured(with_models: Path) -> None:
    """Real faces; date and thresholds are made up."""
    camera = footage_cases.add_camera()
    footage_cases.add_footage(camera, with_models / "video/speech/short_hamilton_clip.mp4")
    data = (with_models / "faces/face_recognition/examples/lin-manuel-miranda.png").read_bytes()
    case = footage_cases.open_case("AGED-3")
    photo = photos.add_photo(COMMAND_LINE, case, data, "x.png", PhotoInput(taken="2019"))
    model = db.session.scalars(select(Embedder)).one()
    age_cases.put_in_force(model, y5=0.99)
    footage_cases.run_here(footage_cases.plan(case))
    assert footage_cases.sightings_of(case) == []
    photos.change_photo(COMMAND_LINE, case, photo.id, PhotoChange(taken=""))
    found = footage_cases.sightings_of(case)
    assert found
    assert {one.age_threshold for one in found} == {None}
    searches = db.session.scalars(select(FaceSearch).where(FaceSearch.case_id == case.id)).all()
    age_thresholds.withdraw(COMMAND_LINE, model.sha256)
    photos.change_photo(COMMAND_LINE, case, photo.id, PhotoChange(taken="2019"))
    again = db.session.scalars(select(FaceSearch).where(FaceSearch.case_id == case.id)).all()
    assert len(again) == len(searches)


# ------------------------------------------------------------------------------ pages, API, shell


def test_an_administrator_takes_them_over_and_withdraws_them_on_pages(
    app: Flask, logged_in: Callable[..., Any]
) -> None:
    model = given.make_embedder(false_match_rate=0.01)
    evaluation = age_cases.keep_evaluation(model)
    person = logged_in(Role.ADMINISTRATOR)
    assert "Not measured on this installation" in person.get("/admin/packs").text
    page = person.get(f"/admin/evaluations/{evaluation.id}").text
    assert "By years between the photos" in page
    assert "Use those for 1 in 100" in page
    assert "it needs 100 pairs of one person" in page
    at = f"/admin/evaluations/{evaluation.id}/age-thresholds"
    assert person.post(at, data={"one_in": "100"}).status_code == 302
    packs = person.get("/admin/packs").text
    assert "2 to 5 years" in packs
    assert f"made-up set (evaluation {evaluation.id})" in packs
    refused = person.post(at, data={"one_in": "20"})
    assert refused.status_code == 422
    assert "would lower that" in refused.text
    gone = "/admin/evaluations/age-thresholds/withdraw"
    assert person.post(gone, data={"model_sha256": model.sha256}).status_code == 302
    assert "Not measured on this installation" in person.get("/admin/packs").text
    assert person.post(gone, data={"model_sha256": model.sha256}).status_code == 302
    assert "has no thresholds by years" in person.get("/admin/packs").text


def test_the_photos_page_says_what_is_asked_of_each_photo(
    embedder: Embedder, logged_in: Callable[..., Any]
) -> None:
    case = factories.make_case()
    given.make_photo(case, embedder, 0, **OLD)
    given.make_photo(case, embedder, 10)
    person = logged_in(Role.INVESTIGATOR)
    at = f"/cases/{case.number}/photos"
    page = person.get(at).text
    assert "none is measured for its age" in page
    assert "a date would say whether one is measured" in page
    age_cases.put_in_force(embedder, y5=0.41)
    page = person.get(at).text
    assert "0.410" in page
    assert "measured for photos taken 5 to 10 years before" in page


def test_the_api_lists_takes_over_and_withdraws(app: Flask, logged_in: Callable[..., Any]) -> None:
    model = given.make_embedder(false_match_rate=0.01)
    evaluation = age_cases.keep_evaluation(model)
    person = logged_in(Role.ADMINISTRATOR)
    listed = body(person.get("/api/age-thresholds"))["items"]
    assert [one["by_age"] for one in listed if one["model_sha256"] == model.sha256] == [[]]
    told = body(person.get(f"/api/evaluations/{evaluation.id}"))["report"]["by_age"]
    assert told["bands"][5]["band"] == {"from_years": 20, "below_years": None}
    asked = {"evaluation_id": evaluation.id, "false_match_rate": 0.01}
    taken = body(person.post("/api/evaluations/age-thresholds", json=asked))
    assert [one["from_years"] for one in taken["by_age"]] == [2, 5, 10, 20]
    assert all(one["in_force"] for one in taken["by_age"])
    lax = {"evaluation_id": evaluation.id, "false_match_rate": 0.5}
    assert problem(person.post("/api/evaluations/age-thresholds", json=lax), 422)
    sha = {"model_sha256": model.sha256}
    assert body(person.post("/api/age-thresholds/withdraw", json=sha))["by_age"] == []
    assert problem(person.post("/api/age-thresholds/withdraw", json=sha), 409)
    for role in (Role.INVESTIGATOR, Role.EXAMINER, Role.PARTNER):
        assert logged_in(role).post("/api/age-thresholds/withdraw", json=sha).status_code == 403


def test_the_shell_lists_takes_over_and_withdraws(app: Flask) -> None:
    model = given.make_embedder(false_match_rate=0.01)
    evaluation = age_cases.keep_evaluation(model)
    runner = app.test_cli_runner()
    assert "Not measured by years" in runner.invoke(args=["age-thresholds", "list"]).output
    used = runner.invoke(args=["age-thresholds", "use", str(evaluation.id), "--rate", "0.01"])
    assert used.exit_code == 0, used.output
    assert "20 years and more" in used.output
    assert runner.invoke(
        args=["age-thresholds", "use", str(evaluation.id), "--rate", "0.2"]
    ).exit_code
    gone = runner.invoke(args=["age-thresholds", "withdraw", model.sha256])
    assert "Not measured by years" in gone.output


def test_a_set_with_ages_is_evaluated_in_the_shell(with_models: Path, tmp_path: Path) -> None:
    """Real photos; the ages are made up, and far too few for a threshold."""
    people = [
        one
        for one in sorted((with_models / "faces/lfw_subset").iterdir())
        if len(list(one.glob("*.jpg"))) > 1
    ][:10]
    for number, person in enumerate(people):
        for age, photo in zip((8, 17), sorted(person.glob("*.jpg"))[:2], strict=True):
            (tmp_path / f"{number:03}A{age:02}.jpg").write_bytes(photo.read_bytes())
    evaluation = evaluations.evaluate(COMMAND_LINE, tmp_path, naming=Naming.FGNET)
    by_age = evaluations.report_of(evaluation).by_age
    assert by_age is not None
    assert (by_age.photos_dated, by_age.bands[3].same_person_pairs) == (20, 10)
    assert by_age.bands[3].points == ()
    with pytest.raises(Refused, match="too few pairs"):
        age_thresholds.take_over(
            COMMAND_LINE, evaluation.id, evaluation.embedder.false_match_rate or 0.01
        )
