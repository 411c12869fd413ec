"""Workers are killed and Redis restarts in the middle of a sweep; nothing is lost or doubled."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from app.extensions import db
from app.models import Case, Sweep, SweepState, Visit, VisitState
from app.recogniser import RecogniserHolder
from app.services.base.actors import COMMAND_LINE
from app.services.sweeping import sweeps
from tests.app import footage_cases as given
from tests.app.processes import Fleet, wait_until
from tests.private_redis import RedisServer

EXAMPLES = "faces/face_recognition/examples"
SPEECH = "video/speech/short_hamilton_clip.mp4"
OTHERS = ("video/sign/book.mkv", "video/sign/night.mkv")
FINISH_TIMEOUT_S = 120.0

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def real_app(committing_app: Flask, shared_dir: Path) -> Flask:
    """Real commits, the real pack, short chunks, and little patience with silent workers."""
    settings = committing_app.config["LASTSEEN"]
    settings = settings.model_copy(
        update={
            "face_pack": str(shared_dir / "models" / "insightface-mini"),
            "footage_roots": f"{settings.footage_roots},{shared_dir}",
            "chunk_seconds": 1.0,
            "longest_chunk_seconds": 3.0,
            "visit_stale_seconds": 4.0,
        }
    )
    committing_app.config["LASTSEEN"] = settings
    committing_app.extensions["lastseen_recogniser"] = RecogniserHolder(settings)
    return committing_app


@pytest.fixture
def fleet(real_app: Flask, tmp_path: Path) -> Iterator[Fleet]:
    """Processes over `real_app`'s database."""
    folder = tmp_path / "logs"
    folder.mkdir()
    started = Fleet(real_app, folder)
    yield started
    started.end()


@pytest.fixture
def undisturbed(real_app: Flask, shared_dir: Path) -> list[tuple[object, ...]]:
    """What a sweep finds that nobody disturbs, in this process."""
    case = _case_with_footage("CALM-1", "calm", shared_dir)
    given.run_here(given.plan(case))
    found = _found(case)
    assert found, "the undisturbed run must find something, or the comparison shows nothing"
    return found


def _case_with_footage(number: str, prefix: str, shared_dir: Path) -> Case:
    # Cameras far enough apart that each case ranks only its own.
    offset_deg = 0.1 if prefix == "calm" else 0.0
    for place, clip in enumerate((SPEECH, *OTHERS)):
        camera = given.add_camera(
            f"{prefix}-{place}", latitude_deg=given.LATITUDE_DEG + offset_deg + place * 0.0005
        )
        given.add_footage(camera, shared_dir / clip)
    photo = shared_dir / EXAMPLES / "lin-manuel-miranda.png"
    return given.open_case(number, photo, latitude_deg=given.LATITUDE_DEG + offset_deg)


def _found(case: Case) -> list[tuple[object, ...]]:
    """Sightings on the case's own cameras as place (by its number), time and similarity.

    A new photo also finds what the other case's sweep has kept; that is not what is compared here.
    """
    own = case.number.split("-")[0].lower()
    return sorted(
        (
            sighting.camera.ref.split("-")[1],
            sighting.seen_at,
            sighting.face.first_at,
            sighting.face.last_at,
            round(sighting.similarity, 4),
        )
        for sighting in given.sightings_of(case)
        if sighting.camera.ref.startswith(own)
    )


def _visits(sweep: Sweep) -> list[Visit]:
    return list(sweeps.list_visits(sweep).items)


def test_a_worker_killed_in_the_middle_of_a_visit_changes_nothing_that_is_found(
    real_app: Flask, shared_dir: Path, undisturbed: list[tuple[object, ...]], fleet: Fleet
) -> None:
    case = _case_with_footage("STORM-1", "storm", shared_dir)
    sweep = given.plan(case)
    victim = fleet.start("worker")
    fleet.start("scheduler", "run")
    sweeps.start_sweep(COMMAND_LINE, sweep)
    wait_until(lambda: _is_in_the_middle(sweep), FINISH_TIMEOUT_S, fleet)

    victim.send_signal(signal.SIGKILL)
    victim.wait(10)
    fleet.start("worker")

    wait_until(lambda: _is_finished(sweep), FINISH_TIMEOUT_S, fleet)
    assert _found(case) == undisturbed
    assert max(visit.attempt for visit in _visits(sweep)) == 2
    assert {visit.state for visit in _visits(sweep)} == {VisitState.DONE}


def test_redis_losing_everything_in_the_middle_of_a_sweep_changes_nothing_that_is_found(
    real_app: Flask,
    shared_dir: Path,
    undisturbed: list[tuple[object, ...]],
    fleet: Fleet,
    redis_server: RedisServer,
) -> None:
    case = _case_with_footage("STORM-2", "storm", shared_dir)
    sweep = given.plan(case)
    fleet.start("worker")
    fleet.start("scheduler", "run")
    sweeps.start_sweep(COMMAND_LINE, sweep)
    wait_until(lambda: _is_in_the_middle(sweep), FINISH_TIMEOUT_S, fleet)

    redis_server.kill()
    redis_server.forget()
    redis_server.start()

    wait_until(lambda: _is_finished(sweep), FINISH_TIMEOUT_S, fleet)
    assert _found(case) == undisturbed
    assert {visit.state for visit in _visits(sweep)} == {VisitState.DONE}


def test_a_sweep_started_while_redis_is_down_runs_when_it_is_back(
    real_app: Flask, shared_dir: Path, fleet: Fleet, redis_server: RedisServer
) -> None:
    case = _case_with_footage("STORM-3", "storm", shared_dir)
    sweep = given.plan(case)
    redis_server.stop()
    try:
        report = sweeps.start_sweep(COMMAND_LINE, sweep)
    finally:
        redis_server.start()
    assert "Redis does not answer" in report.note
    fleet.start("worker")
    fleet.start("scheduler", "run")

    wait_until(lambda: _is_finished(sweep), FINISH_TIMEOUT_S, fleet)

    assert _found(case)


def test_a_worker_that_is_asked_to_stop_gives_its_visit_back_at_once(
    real_app: Flask, shared_dir: Path, undisturbed: list[tuple[object, ...]], fleet: Fleet
) -> None:
    case = _case_with_footage("STORM-4", "storm", shared_dir)
    sweep = given.plan(case)
    first = fleet.start("worker")
    fleet.start("scheduler", "run")
    sweeps.start_sweep(COMMAND_LINE, sweep)
    wait_until(lambda: _is_in_the_middle(sweep), FINISH_TIMEOUT_S, fleet)

    first.send_signal(signal.SIGTERM)
    first.wait(60)
    assert not any(visit.state is VisitState.RUNNING for visit in _refreshed(sweep))
    fleet.start("worker")

    wait_until(lambda: _is_finished(sweep), FINISH_TIMEOUT_S, fleet)
    assert _found(case) == undisturbed


def _refreshed(sweep: Sweep) -> list[Visit]:
    db.session.rollback()
    db.session.expire_all()
    return _visits(sweep)


def _is_in_the_middle(sweep: Sweep) -> bool:
    return any(
        visit.state is VisitState.RUNNING and 0 < visit.seconds_looked_at < visit.seconds_held
        for visit in _visits(sweep)
    )


def _is_finished(sweep: Sweep) -> bool:
    return sweeps.find_sweep(sweep.id).state is SweepState.FINISHED
