"""A case, real cameras' footage, a sweep, and what comes of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from app.config import Settings
from app.errors import NoRecogniser, Refused
from app.extensions import db
from app.models import Case, Face, SweepState, Visit, VisitPart, VisitState
from app.recogniser import RecogniserHolder
from app.services.base import kept_pictures
from app.services.base.actors import COMMAND_LINE
from app.services.casework import cases, photos
from app.services.inventory import cameras
from app.services.sweeping import chunks, looking, sweeps
from tests.app import footage_cases as given

EXAMPLES = "faces/face_recognition/examples"
SPEECH = "video/speech/short_hamilton_clip.mp4"


@pytest.fixture
def swept_app(app: Flask, shared_dir: Path) -> Iterator[Flask]:
    """The application with the real pack, and the real footage among its folders."""
    before = app.config["LASTSEEN"]
    _use(
        app,
        before.model_copy(
            update={
                "face_pack": str(shared_dir / "models" / "insightface-mini"),
                "footage_roots": f"{before.footage_roots},{shared_dir}",
            }
        ),
    )
    yield app
    _use(app, before)


def case_photos(case: Case) -> list[tuple[str, str]]:
    return [(photo.sha256, photo.face_sha256) for photo in photos.list_photos(case)]


def _use(app: Flask, settings: Settings) -> None:
    app.config["LASTSEEN"] = settings
    app.extensions["lastseen_recogniser"] = RecogniserHolder(settings)


def test_the_subject_is_sighted_on_the_right_camera_at_the_right_time(
    swept_app: Flask, shared_dir: Path
) -> None:
    right, wrong = given.add_camera("right", clock_offset_s=30.0), given.add_camera("wrong")
    given.add_footage(right, shared_dir / SPEECH)
    given.add_footage(wrong, shared_dir / "video/empty/car-detection.mp4")
    case = given.open_case("T-1", shared_dir / EXAMPLES / "lin-manuel-miranda.png")
    sweep = given.plan(case)

    given.run_here(sweep)

    found = given.sightings_of(case)
    assert found
    assert {sighting.camera_id for sighting in found} == {right.id}
    true_start = given.STARTED_AT - timedelta(seconds=30)
    for sighting in found:
        seconds = (sighting.seen_at - true_start).total_seconds()
        assert 2.3 <= seconds <= 7.5
        assert sighting.similarity >= sighting.threshold_similarity
    assert sweeps.find_sweep(sweep.id).state is SweepState.FINISHED


def test_nobody_is_sighted_for_a_person_who_is_not_there(
    swept_app: Flask, shared_dir: Path
) -> None:
    camera = given.add_camera()
    given.add_footage(camera, shared_dir / SPEECH)
    case = given.open_case("T-2", shared_dir / EXAMPLES / "biden.jpg")

    given.run_here(given.plan(case))

    assert given.sightings_of(case) == []
    assert sweeps.progress_of([sweeps.list_sweeps(COMMAND_LINE, case).items[0]])


@pytest.mark.slow
def test_empty_streets_give_no_sighting_but_say_how_much_was_seen(
    swept_app: Flask, shared_dir: Path
) -> None:
    for number, path in enumerate(sorted((shared_dir / "video/empty").glob("*.mp4"))):
        given.add_footage(given.add_camera(f"e{number}"), path)
    case = given.open_case("T-3", shared_dir / EXAMPLES / "obama.jpg")
    sweep = given.plan(case)

    given.run_here(sweep)

    assert given.sightings_of(case) == []
    for visit in sweeps.list_visits(sweep).items:
        assert visit.state is VisitState.DONE, visit.outcome
        assert visit.seconds_looked_at == pytest.approx(visit.seconds_held, abs=0.5)
        assert visit.frames_looked_at > 0


def test_running_a_visit_twice_changes_nothing(swept_app: Flask, shared_dir: Path) -> None:
    given.add_footage(given.add_camera(), shared_dir / SPEECH)
    case = given.open_case("T-4", shared_dir / EXAMPLES / "lin-manuel-miranda.png")
    sweep = given.plan(case)
    given.run_here(sweep)
    before = len(given.sightings_of(case))

    for visit in sweeps.list_visits(sweep).items:
        looking.look(visit.id, "another worker")

    assert len(given.sightings_of(case)) == before


def test_a_second_sweep_of_the_same_window_skips_what_was_done_and_says_so(
    swept_app: Flask, shared_dir: Path
) -> None:
    given.add_footage(given.add_camera(), shared_dir / SPEECH)
    case = given.open_case("T-5", shared_dir / EXAMPLES / "biden.jpg")
    given.run_here(given.plan(case))

    second = given.plan(case)
    report = sweeps.start_sweep(COMMAND_LINE, second)

    (visit,) = sweeps.list_visits(second).items
    assert visit.state is VisitState.SKIPPED
    assert "sweep 1 of this case" in visit.outcome
    assert report.queued == 0
    assert "looked at before" in report.note


def test_only_the_part_of_the_window_that_was_not_looked_at_is_looked_at(
    swept_app: Flask, shared_dir: Path
) -> None:
    given.add_footage(given.add_camera(), shared_dir / SPEECH)
    case = given.open_case("T-6", shared_dir / EXAMPLES / "biden.jpg")
    given.run_here(given.plan(case, window_end=given.STARTED_AT + timedelta(seconds=4)))

    second = given.plan(case)

    (visit,) = sweeps.list_visits(second).items
    assert [part.from_s for part in visit.parts] == [pytest.approx(4.0)]


def test_a_camera_without_footage_is_told_apart_from_one_without_sightings(
    swept_app: Flask, shared_dir: Path
) -> None:
    given.add_camera("bare")
    case = given.open_case("T-7", shared_dir / EXAMPLES / "biden.jpg")

    (visit,) = sweeps.list_visits(given.plan(case)).items

    assert visit.state is VisitState.SKIPPED
    assert "No footage of this camera is held" in visit.outcome


def test_a_camera_taken_out_while_its_visit_runs_ends_the_visit_with_a_reason(
    swept_app: Flask, shared_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera = given.add_camera()
    given.add_footage(camera, shared_dir / SPEECH)
    case = given.open_case("T-8", shared_dir / EXAMPLES / "biden.jpg")
    sweep = given.plan(case)
    sweeps.start_sweep(COMMAND_LINE, sweep)
    monkeypatch.setattr(chunks, "HEARTBEAT_S", 0.0)
    (visit,) = sweeps.list_visits(sweep).items

    def remove_it() -> None:
        cameras.remove_camera(COMMAND_LINE, camera.id)

    looking.look(visit.id, "test", remove_it)

    db.session.refresh(visit)
    assert visit.state is VisitState.STOPPED
    assert "taken out of the registry" in visit.outcome


def test_a_visit_that_is_stopped_before_its_faces_are_written_leaves_no_picture_of_them(
    swept_app: Flask, shared_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _use(swept_app, swept_app.config["LASTSEEN"].model_copy(update={"media_dir": tmp_path}))
    given.add_footage(given.add_camera(), shared_dir / SPEECH)
    case = given.open_case("T-12", shared_dir / EXAMPLES / "biden.jpg")
    sweep = given.plan(case)
    sweeps.start_sweep(COMMAND_LINE, sweep)
    monkeypatch.setattr(chunks, "HEARTBEAT_S", 1e9)  # it is told when it would write
    stored: list[str] = []
    store = kept_pictures.store
    monkeypatch.setattr(
        kept_pictures, "store", lambda data: stored.append(store(data)) or stored[-1]
    )
    (visit,) = sweeps.list_visits(sweep).items

    def stop_it() -> None:
        if sweep.state is SweepState.RUNNING:
            sweeps.stop_sweep(COMMAND_LINE, sweep)

    looking.look(visit.id, "test", stop_it)
    db.session.refresh(visit)
    assert (visit.state, visit.faces_found) == (VisitState.STOPPED, 0)
    assert stored, "it had found faces"
    left = {path.stem for path in tmp_path.glob("??/*.jpg")}
    assert left == {name for photo in case_photos(case) for name in photo}


def test_a_broken_recording_fails_its_visit_in_words_and_stops_no_other(
    swept_app: Flask, shared_dir: Path
) -> None:
    folder = Path(swept_app.config["LASTSEEN"].footage_roots.split(",")[0])
    whole = (shared_dir / SPEECH).read_bytes()
    (folder / "gone.mp4").write_bytes(whole)
    bad, good = given.add_camera("bad"), given.add_camera("good")
    given.add_footage(bad, folder / "gone.mp4")
    given.add_footage(good, shared_dir / SPEECH)
    (folder / "gone.mp4").unlink()
    case = given.open_case("T-9", shared_dir / EXAMPLES / "lin-manuel-miranda.png")
    sweep = given.plan(case)

    given.run_here(sweep)

    by_camera = {visit.camera_id: visit for visit in sweeps.list_visits(sweep).items}
    assert by_camera[bad.id].state is VisitState.FAILED
    assert "no such file" in by_camera[bad.id].outcome
    assert by_camera[good.id].state is VisitState.DONE
    assert given.sightings_of(case)


def test_a_closed_case_and_an_expired_basis_cannot_be_swept(
    swept_app: Flask, shared_dir: Path
) -> None:
    given.add_camera()
    case = given.open_case("T-10", shared_dir / EXAMPLES / "biden.jpg")
    cases.close_case(COMMAND_LINE, case)
    with pytest.raises(Refused, match="closed"):
        given.plan(case)


def test_without_a_model_nothing_is_swept_and_the_reason_is_said(
    swept_app: Flask, shared_dir: Path
) -> None:
    given.add_footage(given.add_camera(), shared_dir / SPEECH)
    case = given.open_case("T-11")
    sweep = given.plan(case)
    settings = swept_app.config["LASTSEEN"]
    _use(swept_app, settings.model_copy(update={"face_pack": "no-such-pack"}))

    with pytest.raises(NoRecogniser, match="no-such-pack"):
        sweeps.start_sweep(COMMAND_LINE, sweep)

    assert sweeps.find_sweep(sweep.id).state is SweepState.PLANNED


def test_each_visit_looks_for_faces_from_its_own_sweeps_size_on(
    swept_app: Flask, shared_dir: Path
) -> None:
    given.add_footage(given.add_camera("one"), shared_dir / SPEECH)
    heights = {}
    for number, smallest_px in (("S-300", 300), ("S-120", 120), ("S-20", 20)):
        case = given.open_case(number, shared_dir / EXAMPLES / "lin-manuel-miranda.png")
        sweep = given.plan(case, smallest_face_px=smallest_px)
        given.run_here(sweep)
        part = db.session.query(VisitPart).join(Visit).filter(Visit.sweep_id == sweep.id).first()
        assert part is not None
        assert part.smallest_face_px == smallest_px
        faces = db.session.query(Face).join(Visit).filter(Visit.sweep_id == sweep.id).all()
        heights[smallest_px] = [face.face_height_px for face in faces]

    assert heights[300] == [], "nobody in this recording is that near"
    assert heights[20]
    assert all(height >= 120 for height in heights[120])
    assert len(heights[120]) <= len(heights[20])
