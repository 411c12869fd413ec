"""A sweep follows the plan with real processes: model, choice, visits, and an end in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from app.models import SweepState, VisitState
from app.recogniser import RecogniserHolder
from app.services.base.actors import COMMAND_LINE
from app.services.sweeping import following, sweeps
from tests.app import footage_cases as given
from tests.app.processes import Fleet, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SPEECH = "video/speech/short_hamilton_clip.mp4"
EXAMPLES = "faces/face_recognition/examples"
PATIENCE_S = 200.0


@pytest.fixture
def following_app(committing_app: Flask, shared_dir: Path) -> Flask:
    """Real commits, the real pack and the real footage."""
    settings = committing_app.config["LASTSEEN"]
    settings = settings.model_copy(
        update={
            "face_pack": str(shared_dir / "models" / "insightface-mini"),
            "footage_roots": f"{settings.footage_roots},{shared_dir}",
        }
    )
    committing_app.config["LASTSEEN"] = settings
    committing_app.extensions["lastseen_recogniser"] = RecogniserHolder(settings)
    return committing_app


@pytest.fixture
def fleet(following_app: Flask, tmp_path: Path) -> Iterator[Fleet]:
    """A worker and the scheduler over the same database."""
    folder = tmp_path / "logs"
    folder.mkdir()
    started = Fleet(following_app, folder)
    started.start("worker")
    started.start("scheduler", "run")
    yield started
    started.end()


def test_it_looks_at_one_camera_after_the_other_until_nothing_is_left(
    following_app: Flask, shared_dir: Path, fleet: Fleet
) -> None:
    for number, clip in enumerate(("video/sign/book.mkv", SPEECH, "video/sign/night.mkv")):
        camera = given.add_camera(
            f"f{number}", latitude_deg=given.LATITUDE_DEG + 0.0003 * (number + 1), range_m=40.0
        )
        given.add_footage(camera, shared_dir / clip)
    case = given.open_case("F-1", shared_dir / EXAMPLES / "lin-manuel-miranda.png")
    sweep = given.plan(case, follows_plan=True, window_end=given.STARTED_AT + timedelta(hours=1))
    sweeps.start_sweep(COMMAND_LINE, sweep)

    wait_until(lambda: sweeps.find_sweep(sweep.id).outcome, PATIENCE_S, fleet)

    ended = sweeps.find_sweep(sweep.id)
    assert ended.state is SweepState.FINISHED
    assert ended.outcome == following.NOTHING_LEFT
    visits = sweeps.list_visits(ended).items
    assert [visit.rank for visit in visits] == [1, 2, 3]
    assert {visit.state for visit in visits} == {VisitState.DONE}
    assert all(visit.detection_probability for visit in visits)
    started = [visit.started_at for visit in visits if visit.started_at]
    ends = [visit.finished_at for visit in visits if visit.finished_at]
    assert all(end <= start for end, start in zip(ends, started[1:], strict=False))
    assert given.sightings_of(case)
