"""Evaluating the real model on real photos, and setting its threshold from that."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.errors import Refused
from app.extensions import db
from app.models import AuditEntry, Embedder, Evaluation
from app.models.accounts import Role
from app.outputs.evaluations import EvaluationReportOut
from app.recogniser import RecogniserHolder
from app.services.base.actors import COMMAND_LINE
from app.services.embeddings import embedders, evaluations
from recognition.errors import TooLittleToMeasure
from recognition.evaluation import Preparation
from tests.app.answers import body, problem


@pytest.fixture
def real_app(app: Flask, shared_dir: Path) -> Iterator[Flask]:
    """The application with the real pack."""
    before = app.config["LASTSEEN"]
    pack = str(shared_dir / "models" / "insightface-mini")
    app.extensions["lastseen_recogniser"] = RecogniserHolder(
        before.model_copy(update={"face_pack": pack})
    )
    yield app
    app.extensions["lastseen_recogniser"] = RecogniserHolder(before)


@pytest.fixture
def people(shared_dir: Path, tmp_path: Path) -> Path:
    """Thirty photos of real people, one that is no picture, and one without a face."""
    folder = tmp_path / "people"
    with_two = [
        path
        for path in sorted((shared_dir / "faces/lfw_subset").iterdir())
        if len(list(path.glob("*.jpg"))) > 1
    ]
    for person in with_two[:15]:
        (folder / person.name).mkdir(parents=True)
        for photo in sorted(person.glob("*.jpg"))[:2]:
            (folder / person.name / photo.name).write_bytes(photo.read_bytes())
    (folder / with_two[0].name / "broken.jpg").write_text("this is no picture")
    return folder


def test_a_real_model_tells_real_people_apart(real_app: Flask, people: Path) -> None:
    done: list[int] = []
    evaluation = evaluations.evaluate(COMMAND_LINE, people, on_photo=lambda n, _: done.append(n))

    report = EvaluationReportOut.model_validate(evaluation.report)
    assert (evaluation.people, evaluation.photos, evaluation.photos_left_out) == (15, 30, 1)
    assert done[-1] == 31
    assert (report.same_person_pairs, report.stranger_pairs) == (15, 420)
    (point,) = report.points
    assert point.wanted_false_match_rate == 0.01
    assert report.rates_not_measured == (1e-3, 1e-4)
    assert report.decisions is not None
    assert report.decisions.true_matches + report.decisions.false_non_matches == 15
    assert report.identification is not None
    assert report.identification.rank_1 >= 0.9
    assert evaluation.detector == "MTCNN"
    for kept in (evaluation.det_svg, evaluation.roc_svg):
        assert ET.fromstring(kept).tag.endswith("svg")
    assert 0.1 < point.threshold < 0.5
    assert point.true_match_rate >= 0.9
    assert report.left_out[0].photo.endswith("broken.jpg")


def test_an_administrator_sets_the_threshold_from_it_and_everybody_else_may_not(
    real_app: Flask, people: Path, logged_in: Callable[..., Any]
) -> None:
    evaluation = evaluations.evaluate(COMMAND_LINE, people)
    administrator = logged_in(Role.ADMINISTRATOR)
    before = evaluation.embedder.threshold_similarity
    asked = {"evaluation_id": evaluation.id, "false_match_rate": 0.01}

    page = administrator.get("/admin/evaluations").text
    assert "Use this threshold" in page
    told = body(administrator.post("/api/evaluations/threshold", json=asked))

    assert told["threshold_similarity"] < before
    assert "30 photos of 15 people" in told["threshold_measured_on"]
    entry = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action == "model.threshold")
    ).one()
    assert entry.details["from"] == before
    assert "in force" in administrator.get("/admin/evaluations").text
    for role in (Role.INVESTIGATOR, Role.EXAMINER, Role.ANALYST):
        assert logged_in(role).post("/api/evaluations/threshold", json=asked).status_code == 403


def test_a_set_threshold_outlives_the_next_start(real_app: Flask, people: Path) -> None:
    evaluation = evaluations.evaluate(COMMAND_LINE, people)
    evaluations.set_threshold(COMMAND_LINE, evaluation.id, 0.01)
    kept = evaluation.embedder.threshold_similarity
    again: Embedder = embedders.register(real_app.extensions["lastseen_recogniser"].get())
    assert again.threshold_similarity == kept


def test_any_rate_along_the_curve_can_be_chosen(real_app: Flask, people: Path) -> None:
    evaluation = evaluations.evaluate(COMMAND_LINE, people)
    loose = evaluations.set_threshold(COMMAND_LINE, evaluation.id, 1 / 20).threshold_similarity
    entry = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action == "model.threshold")
    ).one()
    assert 0 < entry.details["measured_false_match_rate"] <= 1 / 20
    tight = evaluations.set_threshold(COMMAND_LINE, evaluation.id, 1 / 200).threshold_similarity
    assert loose < tight
    with pytest.raises(Refused, match=r"One in 421 is finer than one pair of strangers"):
        evaluations.set_threshold(COMMAND_LINE, evaluation.id, 1 / 421)


def test_the_next_evaluation_counts_at_the_threshold_that_was_set(
    real_app: Flask, people: Path
) -> None:
    first = evaluations.evaluate(COMMAND_LINE, people)
    model = evaluations.set_threshold(COMMAND_LINE, first.id, 0.01)
    report = EvaluationReportOut.model_validate(evaluations.evaluate(COMMAND_LINE, people).report)
    assert report.decisions is not None
    assert report.decisions.threshold == model.threshold_similarity


def test_an_evaluation_of_changed_photos_is_kept_but_sets_no_threshold(
    real_app: Flask, people: Path
) -> None:
    plain = evaluations.evaluate(COMMAND_LINE, people)
    changed = evaluations.evaluate(COMMAND_LINE, people, preparation=Preparation.GAMMA)
    assert [one.id for one in evaluations.latest()] == [plain.id]
    assert [one.id for one in evaluations.history(1).items] == [changed.id, plain.id]
    with pytest.raises(Refused, match="changed the photos beforehand"):
        evaluations.set_threshold(COMMAND_LINE, changed.id, 0.01)


def test_an_evaluation_of_an_earlier_version_is_still_shown(
    real_app: Flask, people: Path, logged_in: Callable[..., Any]
) -> None:
    evaluation = evaluations.evaluate(COMMAND_LINE, people)
    old = {name: evaluation.report[name] for name in (
        "same_person_pairs", "stranger_pairs", "left_out")}  # fmt: skip
    points = [
        {name: point[name] for name in (
            "wanted_false_match_rate", "threshold", "false_match_rate", "true_match_rate")}
        for point in evaluation.report["points"]
    ]  # fmt: skip
    evaluation.report = {**old, "points": points}
    evaluation.det_svg = evaluation.roc_svg = ""
    db.session.commit()
    client = logged_in(Role.ADMINISTRATOR)
    assert "Use this threshold" in client.get("/admin/evaluations").text
    assert client.get(f"/admin/evaluations/{evaluation.id}").status_code == 200
    assert client.get(f"/admin/evaluations/{evaluation.id}/det.svg").status_code == 404
    assert body(client.get(f"/api/evaluations/{evaluation.id}"))["report"]["curve"] == []


def test_an_evaluation_has_its_own_page_and_its_plots_are_files(
    real_app: Flask, people: Path, logged_in: Callable[..., Any]
) -> None:
    with (people / "groups.csv").open("w") as file:
        names = sorted(path.name for path in people.iterdir() if path.is_dir())
        rows = [f"{name},{'north <b>' if at < 8 else 'south'}" for at, name in enumerate(names)]
        file.write("\n".join(["person,group", *rows, "Nobody Here,south"]))
    evaluation = evaluations.evaluate(COMMAND_LINE, people)
    client = logged_in(Role.ADMINISTRATOR)

    page = client.get(f"/admin/evaluations/{evaluation.id}").text
    for words in ("rank-1", "FPIR", "Precision", "north &lt;b&gt;", "Nobody Here", "broken.jpg"):
        assert words in page
    assert page.count("<svg xmlns") == 2
    assert f"/admin/evaluations/{evaluation.id}" in client.get("/admin/evaluations").text
    plot = client.get(f"/admin/evaluations/{evaluation.id}/roc.svg")
    assert plot.mimetype == "image/svg+xml"
    assert "attachment" in plot.headers["Content-Disposition"]
    assert body(client.get(f"/api/evaluations/{evaluation.id}"))["report"]["groups"]
    for missing in ("/admin/evaluations/999999", "/admin/evaluations/999999/det.svg",
                    f"/admin/evaluations/{evaluation.id}/map.svg"):  # fmt: skip
        assert client.get(missing).status_code == 404
    investigator = logged_in(Role.INVESTIGATOR)
    assert investigator.get(f"/admin/evaluations/{evaluation.id}").status_code == 403
    assert investigator.get(f"/api/evaluations/{evaluation.id}").status_code == 403


def test_an_administrator_asks_for_one_in_so_many(
    real_app: Flask, people: Path, logged_in: Callable[..., Any]
) -> None:
    evaluation = evaluations.evaluate(COMMAND_LINE, people)
    client = logged_in(Role.ADMINISTRATOR)
    before = evaluation.embedder.threshold_similarity
    for asked, says in (
        ("50", "proposes from"),
        ("100000", "finer than one pair"),
        ("x", "whole number"),
        ("", "field-error"),
    ):
        answer = client.post(
            f"/admin/evaluations/{evaluation.id}/threshold",
            data={"one_in": asked},
            follow_redirects=True,
        )
        assert says in answer.text
    db.session.refresh(evaluation.embedder)
    assert evaluation.embedder.threshold_similarity != before
    assert evaluation.embedder.false_match_rate == pytest.approx(1 / 50)


def test_a_rate_that_was_not_measured_is_refused(
    real_app: Flask, people: Path, logged_in: Callable[..., Any]
) -> None:
    evaluation = evaluations.evaluate(COMMAND_LINE, people)
    asked = {"evaluation_id": evaluation.id, "false_match_rate": 0.0001}
    client = logged_in(Role.ADMINISTRATOR)
    assert problem(client.post("/api/evaluations/threshold", json=asked), 422)["errors"]
    missing = {**asked, "evaluation_id": 10**9}
    assert problem(client.post("/api/evaluations/threshold", json=missing), 404)


def test_the_page_shows_the_last_evaluation_of_each_model(
    real_app: Flask, people: Path, logged_in: Callable[..., Any]
) -> None:
    first = evaluations.evaluate(COMMAND_LINE, people)
    second = evaluations.evaluate(COMMAND_LINE, people)
    assert [one.id for one in evaluations.latest()] == [second.id]
    listed = body(logged_in(Role.ADMINISTRATOR).get("/api/evaluations"))
    assert [one["id"] for one in listed["items"]] == [second.id]
    assert db.session.get(Evaluation, first.id) is not None


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda folder: None, "is not there"),
        (lambda folder: folder.mkdir(), "no folder with photos"),
        (lambda folder: (folder / "a").mkdir(parents=True), "no folder with photos"),
    ],
)
def test_a_folder_that_shows_nothing_is_refused(
    real_app: Flask, tmp_path: Path, make: Callable[[Path], None], why: str
) -> None:
    make(tmp_path / "people")
    with pytest.raises(TooLittleToMeasure, match=why):
        evaluations.evaluate(COMMAND_LINE, tmp_path / "people")
    assert db.session.scalars(select(Evaluation)).all() == []
    assert db.session.scalars(select(Embedder)).all() == []


def test_a_folder_that_shows_too_few_people_is_refused_with_the_numbers(
    real_app: Flask, people: Path, tmp_path: Path
) -> None:
    few = tmp_path / "few"
    for person in sorted(people.iterdir())[:2]:
        person.rename(_made(few) / person.name)
    with pytest.raises(TooLittleToMeasure, match="Only 4 pairs of strangers could be compared"):
        evaluations.evaluate(COMMAND_LINE, few)


def _made(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return folder


def test_the_command_evaluates(real_app: Flask, people: Path) -> None:
    runner = real_app.test_cli_runner()
    done = runner.invoke(args=["evaluate", str(people), "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["photos"] == 30
    assert len(told["report"]["curve"]) > 20
    spoken = runner.invoke(args=["evaluate", str(people), "--prepare", "clahe"])
    assert spoken.exit_code == 0, spoken.output
    for words in (
        "0.001: not measured. It needs 1,000 pairs of strangers; there are 420.",
        "accuracy", "precision", "F1", "rank-1", "FPIR", "FNIR", "Curve, 12 of",
        "Photos were changed beforehand: clahe.", "left out:",
    ):  # fmt: skip
        assert words in spoken.output
    absent = runner.invoke(args=["evaluate", str(people / "absent"), "--json"])
    assert absent.exit_code == 1
    assert "absent is not there" in json.loads(absent.stdout)["detail"]
    wrong = runner.invoke(args=["evaluate", str(people), "--pack", "no-such-pack"])
    assert wrong.exit_code == 1
    assert "no-such-pack" in wrong.output
