"""Visits that watch live streams, from real servers on this machine, until their window ends."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app.extensions import db
from app.models import (
    CameraRow,
    Case,
    LivePhase,
    Sighting,
    Sweep,
    SweepState,
    Visit,
    VisitState,
)
from app.models.columns import utc_now
from app.queues import QUEUE_NAMES, queue
from app.recogniser import RecogniserHolder
from app.services.base.actors import COMMAND_LINE
from app.services.operations import upkeep
from app.services.sweeping import live_places, live_visits, looking, sweeps
from tests.app import footage_cases as given
from tests.app.processes import Fleet, wait_until
from tests.cameras.stream_servers import hls_server, pictures_server, rtsp_server

EXAMPLES = "faces/face_recognition/examples"
SPEECH = "video/speech/short_hamilton_clip.mp4"
Server = Callable[[Path, Path], AbstractContextManager[str]]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(200)]


def _prepare(application: Flask, shared_dir: Path, **changes: object) -> Flask:
    before = application.config["LASTSEEN"]
    settings = before.model_copy(
        update={
            "face_pack": str(shared_dir / "models" / "insightface-mini"),
            "allowed_stream_hosts": "127.0.0.1",
            "live_save_seconds": 3.0,
            "stream_timeout_seconds": 5.0,
            **changes,
        }
    )
    application.config["LASTSEEN"] = settings
    application.extensions["lastseen_recogniser"] = RecogniserHolder(settings)
    return application


@pytest.fixture
def live_app(app: Flask, shared_dir: Path) -> Iterator[Flask]:
    """The application with the real pack, allowed to reach this machine's stream servers."""
    before = app.config["LASTSEEN"]
    yield _prepare(app, shared_dir)
    app.config["LASTSEEN"] = before
    app.extensions["lastseen_recogniser"] = RecogniserHolder(before)


def _plan(case: Case, *, for_s: float, begun_s: float = 1.0) -> Sweep:
    now = utc_now()
    return given.plan(
        case,
        window_start=now - timedelta(seconds=begun_s),
        window_end=now + timedelta(seconds=for_s),
    )


def _photo(shared_dir: Path) -> Path:
    return shared_dir / EXAMPLES / "lin-manuel-miranda.png"


def _only_visit(sweep: Sweep) -> Visit:
    return sweeps.list_visits(sweep).items[0]


@pytest.mark.parametrize(
    "serve",
    [
        pytest.param(hls_server, id="HLS"),
        pytest.param(lambda path, _: pictures_server(path, per_s=10), id="MJPEG"),
        pytest.param(lambda path, _: rtsp_server(path), id="RTSP"),
    ],
)
def test_a_face_on_a_stream_is_sighted_while_the_visit_goes_on_and_a_stop_ends_it_in_seconds(
    live_app: Flask, shared_dir: Path, tmp_path: Path, serve: Server
) -> None:
    folder = tmp_path / "live"
    folder.mkdir()
    stopped_at: list[float] = []
    with serve(shared_dir / SPEECH, folder) as url:
        given.add_camera(stream_address=url)
        case = given.open_case("L-1", _photo(shared_dir))
        sweep = _plan(case, for_s=120)
        sweeps.start_sweep(COMMAND_LINE, sweep)
        visit_id = _only_visit(sweep).id

        def stop_once_somebody_was_sighted() -> None:
            if not stopped_at and db.session.scalar(select(Sighting.id).limit(1)):
                sweeps.stop_sweep(COMMAND_LINE, sweep)
                stopped_at.append(time.monotonic())

        begun_at = utc_now()
        looking.look(visit_id, "test", stop_once_somebody_was_sighted)
        ended_at = time.monotonic()

    found = given.sightings_of(case)
    assert found
    assert all(begun_at <= one.seen_at <= utc_now() for one in found)
    visit = db.session.get_one(Visit, visit_id)
    assert visit.state is VisitState.STOPPED
    assert visit.outcome.startswith("The sweep was stopped")
    assert visit.live is LivePhase.NONE
    assert ended_at - stopped_at[0] < 5
    assert 0 < visit.seconds_seen <= visit.seconds_looked_at < 120


def test_a_stream_that_goes_away_is_reconnected_and_the_visit_says_what_it_missed(
    live_app: Flask, shared_dir: Path
) -> None:
    with pictures_server(shared_dir / SPEECH, per_s=25, break_after_s=5.0, refuse=2) as url:
        given.add_camera(stream_address=url)
        case = given.open_case("L-2", _photo(shared_dir))
        sweep = _plan(case, for_s=18)
        sweeps.start_sweep(COMMAND_LINE, sweep)
        visit_id = _only_visit(sweep).id
        said: set[str] = set()

        def listen() -> None:
            db.session.expire_all()
            said.add(db.session.get_one(Visit, visit_id).outcome)

        looking.look(visit_id, "test", listen)

    visit = db.session.get_one(Visit, visit_id)
    assert visit.state is VisitState.DONE
    assert any(sentence.startswith("No picture since") for sentence in said)
    assert any(sentence.startswith("Watches live until") for sentence in said)
    (part,) = visit.parts
    missed_s = sum((one.to_at - one.from_at).total_seconds() for one in part.outages)
    assert part.done
    assert missed_s > 3  # refused at 1 s and at 3 s, so back at 7 s at the earliest
    assert f"the connection was lost {'once' if len(part.outages) == 1 else 'twice'}" in (
        visit.outcome
    )
    assert "Not seen for" in visit.outcome
    assert visit.seconds_looked_at == pytest.approx(part.to_s)
    assert visit.seconds_seen == pytest.approx(part.to_s - missed_s, abs=1.5)
    seen = [(one.face.first_at, one.face.last_at) for one in given.sightings_of(case)]
    assert any(first > part.outages[0].to_at for first, _ in seen), "seen again after the outage"
    for outage in part.outages:
        inside = outage.from_at + timedelta(seconds=0.5), outage.to_at - timedelta(seconds=0.5)
        assert not any(first < inside[1] and last > inside[0] for first, last in seen)


def test_a_stream_that_never_answers_fails_its_visit_in_words(
    live_app: Flask, shared_dir: Path
) -> None:
    given.add_camera(stream_address="http://127.0.0.1:9/none.m3u8")
    sweep = _plan(given.open_case("L-3", _photo(shared_dir)), for_s=60)
    given.run_here(sweep)

    visit = _only_visit(sweep)
    assert visit.state is VisitState.FAILED
    assert "stream" in visit.outcome
    assert ":9/" not in visit.outcome, "an address is a secret"


def test_only_so_many_streams_are_watched_at_once_and_the_others_say_what_they_wait_for(
    live_app: Flask, shared_dir: Path
) -> None:
    for ref in ("one", "two"):
        given.add_camera(ref, stream_address="http://127.0.0.1:9/none.m3u8")
    sweep = _plan(given.open_case("L-4", _photo(shared_dir)), for_s=60)
    sweeps.start_sweep(COMMAND_LINE, sweep)
    first, second = sweeps.list_visits(sweep).items
    first.state, first.live, first.heartbeat_at = VisitState.RUNNING, LivePhase.WATCHING, utc_now()
    db.session.commit()

    looking.look(second.id, "test")

    db.session.refresh(second)
    assert (second.state, second.live) == (VisitState.QUEUED, LivePhase.WAITING)
    assert second.outcome.startswith("Waits to watch live: the only place is taken")
    may_go_on = select(Visit.id).join(Sweep).where(Visit.id == second.id)
    assert db.session.scalar(may_go_on.where(live_places.may_go_on())) is None
    first.state = VisitState.DONE
    db.session.commit()
    assert db.session.scalar(may_go_on.where(live_places.may_go_on())) == second.id


def test_a_stream_is_awaited_in_no_worker_until_its_window_begins(
    live_app: Flask, shared_dir: Path
) -> None:
    given.add_camera(stream_address="http://127.0.0.1:9/none.m3u8")
    case = given.open_case("L-5", _photo(shared_dir))
    sweep = _plan(case, for_s=7200, begun_s=-3600)
    given.run_here(sweep)

    visit = _only_visit(sweep)
    assert visit.state is VisitState.QUEUED
    assert visit.outcome.startswith("Waits for its window: watching the live stream begins at ")
    db.session.execute(Visit.__table__.update().values(queued_at=utc_now() - timedelta(minutes=1)))
    for name in QUEUE_NAMES:
        queue(name).empty()
    assert upkeep.rescue_visits().requeued == 0
    sweep.window_start = utc_now() - timedelta(seconds=1)
    db.session.commit()
    assert upkeep.rescue_visits().requeued == 1


def test_a_window_that_is_past_is_not_looked_for_on_a_live_stream(
    live_app: Flask, shared_dir: Path
) -> None:
    given.add_camera(stream_address="http://127.0.0.1:9/none.m3u8")
    visit = _only_visit(given.plan(given.open_case("L-6", _photo(shared_dir))))
    assert visit.state is VisitState.SKIPPED
    assert "live stream shows only the present" in visit.outcome


def test_a_visit_that_got_no_place_before_its_window_ended_says_that_it_could_not_look(
    live_app: Flask, shared_dir: Path
) -> None:
    given.add_camera(stream_address="http://127.0.0.1:9/none.m3u8")
    sweep = _plan(given.open_case("L-7", _photo(shared_dir)), for_s=60)
    sweeps.start_sweep(COMMAND_LINE, sweep)
    visit = _only_visit(sweep)
    visit.live, sweep.window_end = LivePhase.WAITING, utc_now()
    db.session.commit()

    looking.look(visit.id, "test")

    assert visit.state is VisitState.FAILED
    assert visit.outcome == live_visits.NO_PLACE_IN_TIME


def test_a_watch_whose_worker_is_killed_goes_on_in_another_and_owns_up_to_the_gap(
    committing_app: Flask, shared_dir: Path, tmp_path: Path
) -> None:
    application = _prepare(committing_app, shared_dir, visit_stale_seconds=4.0)
    folder = tmp_path / "logs"
    folder.mkdir()
    fleet = Fleet(application, folder)
    try:
        with pictures_server(shared_dir / SPEECH, per_s=10) as url:
            _watch_with_a_death(fleet, given.add_camera(stream_address=url), shared_dir)
    finally:
        fleet.end()


def _watch_with_a_death(fleet: Fleet, camera: CameraRow, shared_dir: Path) -> None:
    case = given.open_case("L-8", _photo(shared_dir))
    victim = fleet.start("worker")
    fleet.start("scheduler", "run")
    wait_until(lambda: "Recogniser: " in fleet.logs(), 90, fleet)  # the models are loaded
    sweep = _plan(case, for_s=60)
    sweeps.start_sweep(COMMAND_LINE, sweep)
    wait_until(lambda: given.sightings_of(case), 90, fleet)
    victim.send_signal(signal.SIGKILL)
    victim.wait(10)
    before = {one.id for one in given.sightings_of(case)}
    fleet.start("worker")
    wait_until(lambda: sweeps.find_sweep(sweep.id).state is SweepState.FINISHED, 90, fleet)

    visit = _only_visit(sweep)
    assert visit.state is VisitState.DONE, visit.outcome
    assert visit.attempt == 2
    assert live_visits.NOBODY_WATCHED in visit.outcome
    (part,) = visit.parts
    (gap,) = [one for one in part.outages if one.reason == live_visits.NOBODY_WATCHED]
    gap_s = (gap.to_at - gap.from_at).total_seconds()
    assert gap_s > 3
    assert visit.seconds_seen == pytest.approx(part.to_s - gap_s, abs=3)
    found = given.sightings_of(case)
    assert before < {one.id for one in found}, "those before the death stay, others follow"
    times = [(one.face.first_at, one.face.last_at) for one in found]
    assert len(set(times)) == len(times)
    assert not any(first < gap.to_at and last > gap.from_at for first, last in times)
