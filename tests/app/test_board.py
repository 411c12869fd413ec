"""The sweep board: what it shows, priorities that workers obey, recorders that lose first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.errors import Conflict
from app.extensions import db
from app.models import (
    AuditEntry,
    Case,
    CaseState,
    Role,
    Sweep,
    SweepPriority,
    SweepState,
    Visit,
    VisitState,
    WorkerRow,
)
from app.models.columns import utc_now
from app.queues import VISIT_QUEUES, queue
from app.services.base import dispatch
from app.services.base.actors import COMMAND_LINE, Actor
from app.services.inventory import recorders
from app.services.operations import upkeep
from app.services.sweeping import board, sweeps, workers
from app.services.sweeping.board import Whose
from app.services.sweeping.workers import WorkerCondition
from tests.app.conftest import Client
from tests.app.factories import (
    CENTRE_LATITUDE_DEG,
    make_camera,
    make_case,
    make_footage,
    make_location,
    make_sweep,
    make_visit,
)
from tests.app.statements import counted_queries

LogIn = Callable[..., Client]


def jobs_of(priority: str) -> list[str]:
    name = dict(zip(("urgent", "high", "normal", "low"), VISIT_QUEUES, strict=True))[priority]
    return queue(name).job_ids


@pytest.fixture
def with_models(app: Flask, shared_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pack = str(shared_dir / "models" / "insightface-mini")
    changed = app.config["LASTSEEN"].model_copy(update={"face_pack": pack})
    monkeypatch.setitem(app.config, "LASTSEEN", changed)


@pytest.fixture(autouse=True)
def empty_queues(app: Flask) -> Iterator[None]:
    for name in VISIT_QUEUES:
        queue(name).empty()
    yield
    for name in VISIT_QUEUES:
        queue(name).empty()


def idle_sweep(case: Case, *reasons: str) -> Sweep:
    """A planned sweep whose visits were all skipped."""
    sweep = make_sweep(case, state=SweepState.PLANNED)
    for reason in reasons:
        make_visit(sweep, make_camera(), state=VisitState.SKIPPED, outcome=reason)
    return sweep


def test_a_sweep_without_anything_to_look_at_says_why_and_what_to_do_next(
    app: Flask, logged_in: LogIn
) -> None:
    case = make_case()
    make_location(case)
    missing, seen = "No footage is held.", "It was looked at already, in sweep 1."
    sweep = idle_sweep(case, missing, seen, missing)
    alone = idle_sweep(case, seen)
    busy = make_sweep(case, state=SweepState.PLANNED)
    make_visit(busy, make_camera(), state=VisitState.WAITING)
    make_visit(busy, make_camera(), state=VisitState.SKIPPED, outcome=missing)

    progress = sweeps.progress_of([sweep, alone, busy])
    assert progress[sweep.id].why_nothing == (f"2 × {missing}", f"1 × {seen}")
    assert progress[alone.id].why_nothing == (seen,)
    assert progress[busy.id].why_nothing == ()

    dispatcher = logged_in(Role.DISPATCHER)
    for page in ("/sweeps", "/sweeps/all", f"/cases/{case.number}/sweeps", f"/sweeps/{sweep.id}"):
        told = dispatcher.get(page).text
        assert "Nothing to look at:" in told, page
        assert f"2 × {missing}" in told, page
        assert "Check for footage" in told, page
        assert f"/sweeps/{sweep.id}/stop" in told, page
    assert "Start</button>" not in dispatcher.get(f"/sweeps/{sweep.id}").text
    assert "Check for footage" not in dispatcher.get(f"/sweeps/{busy.id}").text
    answer = dispatcher.get(f"/api/sweeps/{sweep.id}").get_json()
    assert answer["why_nothing"] == [f"2 × {missing}", f"1 × {seen}"]


@pytest.mark.usefixtures("with_models")
def test_a_sweep_without_anything_to_look_at_can_be_put_aside_and_taken_up_when_footage_came(
    app: Flask, logged_in: LogIn
) -> None:
    case = make_case()
    make_location(case)
    camera = make_camera()
    sweep = make_sweep(case, state=SweepState.PLANNED)
    make_visit(sweep, camera, state=VisitState.SKIPPED, outcome="No footage is held.")
    dispatcher = logged_in(Role.DISPATCHER)
    still = dispatcher.post(f"/sweeps/{sweep.id}/start", follow_redirects=True).text
    assert "still has nothing to look at" in still
    aside = dispatcher.post(f"/sweeps/{sweep.id}/stop", follow_redirects=True).text
    assert "put aside" in aside
    assert sweep.state is SweepState.STOPPED
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "sweep.stop")).one()
    assert entry.details == {"was": "planned"}
    with pytest.raises(Conflict):
        sweeps.stop_sweep(COMMAND_LINE, sweep)
    make_footage(camera, started_at=sweep.window_start)
    dispatcher.post(f"/sweeps/{sweep.id}/resume")
    assert sweep.state is SweepState.RUNNING


def test_each_state_has_its_column_and_the_most_urgent_is_on_top(app: Flask) -> None:
    case = make_case()
    for priority in (SweepPriority.LOW, SweepPriority.URGENT, SweepPriority.NORMAL):
        make_sweep(case, state=SweepState.PLANNED, priority=priority)
    make_sweep(case, state=SweepState.STOPPED)
    shown = board.load_board(COMMAND_LINE)
    columns = {column.state: column for column in shown.columns}
    assert [sweep.priority.value for sweep in columns[SweepState.PLANNED].sweeps] == [
        "urgent",
        "normal",
        "low",
    ]
    assert columns[SweepState.STOPPED].total == 1
    assert columns[SweepState.RUNNING].total == 0


def test_sweeps_of_closed_cases_are_in_the_list_only(logged_in: LogIn) -> None:
    make_sweep(make_case(number="SHUT-1", state=CaseState.CLOSED), state=SweepState.STOPPED)
    client = logged_in(Role.DISPATCHER)
    assert "SHUT-1" not in client.get("/sweeps").text
    assert "SHUT-1" in client.get("/sweeps/all").text


def test_the_board_can_show_only_mine_or_nobodys(
    app: Flask, actor_factory: Callable[..., Actor]
) -> None:
    dispatcher = actor_factory(Role.DISPATCHER)
    mine = make_sweep(make_case(), state=SweepState.PLANNED, assigned_to_id=dispatcher.user_id)
    nobodys = make_sweep(make_case(), state=SweepState.PLANNED)

    def planned(whose: Whose) -> list[int]:
        columns = board.load_board(dispatcher, whose).columns
        return [sweep.id for column in columns for sweep in column.sweeps]

    assert planned(Whose.MINE) == [mine.id]
    assert planned(Whose.NOBODYS) == [nobodys.id]


def test_the_number_of_queries_does_not_grow_with_the_sweeps(logged_in: LogIn) -> None:
    client = logged_in(Role.DISPATCHER)

    def queries() -> int:
        with counted_queries() as sent:
            assert client.get("/sweeps").status_code == 200
        return len(sent)

    make_visit(make_sweep(make_case(), state=SweepState.RUNNING), make_camera())
    few = queries()
    for _ in range(8):
        sweep = make_sweep(make_case(), state=SweepState.RUNNING)
        make_visit(sweep, make_camera(), state=VisitState.FAILED, outcome="Broken.")
    assert few > 0
    assert queries() == few


def test_a_card_says_why_visits_failed_and_offers_to_retry_them(logged_in: LogIn) -> None:
    sweep = make_sweep(make_case(), state=SweepState.RUNNING)
    make_visit(sweep, make_camera(), state=VisitState.FAILED, outcome="The recording is cut off.")
    page = logged_in(Role.DISPATCHER).get("/sweeps?part=board").text
    assert "The recording is cut off." in page
    assert "Retry 1 failed" in page
    assert "<html" not in page
    assert "Retry 1 failed" not in logged_in(Role.ANALYST).get("/sweeps").text


def test_a_change_of_priority_moves_what_waits_and_is_audited(app: Flask) -> None:
    sweep = make_sweep(make_case(), state=SweepState.RUNNING)
    visits = [
        make_visit(sweep, make_camera(), state=VisitState.QUEUED, rank=rank) for rank in (1, 2)
    ]
    dispatch.enqueue(sweep, visits)
    waiting = [f"visit-{visit.id}-0" for visit in visits]
    assert jobs_of("normal") == waiting
    sweeps.set_priority(COMMAND_LINE, sweep, SweepPriority.URGENT)
    assert jobs_of("normal") == []
    assert jobs_of("urgent") == waiting
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "sweep.prioritise"))
    assert entry.one().details == {"from": "normal", "to": "urgent"}


def test_a_visit_that_redis_lost_comes_back_into_the_queue_of_its_priority(app: Flask) -> None:
    sweep = make_sweep(make_case(), state=SweepState.RUNNING, priority=SweepPriority.LOW)
    visit = make_visit(
        sweep,
        make_camera(),
        state=VisitState.QUEUED,
        queued_at=utc_now() - timedelta(minutes=1),
    )
    assert upkeep.rescue_visits().requeued == 1
    assert jobs_of("low") == [f"visit-{visit.id}-0"]


def test_the_priority_is_set_over_the_page_and_the_api(logged_in: LogIn) -> None:
    sweep = make_sweep(make_case(), state=SweepState.PLANNED)
    client = logged_in(Role.DISPATCHER)
    client.post(f"/sweeps/{sweep.id}/priority", data={"priority": "high"})
    assert sweep.priority is SweepPriority.HIGH
    answer = client.post(f"/api/sweeps/{sweep.id}/priority", json={"priority": "urgent"})
    assert answer.get_json()["priority"] == "urgent"
    wrong = client.post(f"/api/sweeps/{sweep.id}/priority", json={"priority": "now"})
    assert wrong.status_code == 422
    assert logged_in(Role.ANALYST).post(f"/sweeps/{sweep.id}/priority").status_code == 403


@pytest.mark.usefixtures("with_models")
def test_only_failed_visits_are_retried_together(app: Flask) -> None:
    sweep = make_sweep(make_case(), state=SweepState.FINISHED)
    done = make_visit(sweep, make_camera())
    with pytest.raises(Conflict, match="No visit"):
        sweeps.retry_failed(COMMAND_LINE, sweep)
    camera = make_camera()
    make_footage(camera)
    failed = make_visit(sweep, camera, state=VisitState.FAILED, outcome="Broken.")
    report = sweeps.retry_failed(COMMAND_LINE, sweep)
    assert report.queued == 1
    assert db.session.get_one(Visit, failed.id).state is VisitState.QUEUED
    assert done.state is VisitState.DONE
    assert sweep.state is SweepState.RUNNING


def test_visits_are_shown_by_state_and_in_pages(logged_in: LogIn) -> None:
    sweep = make_sweep(make_case())
    for rank in range(1, 103):
        make_visit(sweep, make_camera(), rank=rank)
    failed = make_camera(name="Made-up broken gate")
    make_visit(sweep, failed, rank=999, state=VisitState.FAILED, outcome="Broken.")
    client = logged_in(Role.DISPATCHER)
    assert "Made-up broken gate" not in client.get(f"/sweeps/{sweep.id}").text
    assert "page 1 of 2" in client.get(f"/sweeps/{sweep.id}").text
    only_failed = client.get(f"/sweeps/{sweep.id}?state=failed").text
    assert "Made-up broken gate" in only_failed
    assert "page 1 of" not in only_failed


def test_a_worker_is_working_waiting_or_died_and_has_a_speed(app: Flask, logged_in: LogIn) -> None:
    sweep = make_sweep(make_case(number="PACE-1"), state=SweepState.RUNNING)
    make_visit(
        sweep, make_camera(name="Made-up arch"), state=VisitState.RUNNING, worker="made-up:1"
    )
    for name in ("made-up:1", "made-up:2", "made-up:3"):
        workers.begin(name)
    workers.note_pace("made-up:1", 100.0, 10.0)
    workers.note_pace("made-up:1", 80.0, 20.0)
    db.session.get_one(WorkerRow, "made-up:3").seen_at = utc_now() - timedelta(minutes=2)
    db.session.commit()
    views = {view.name: view for view in workers.list_workers(COMMAND_LINE)}
    assert views["made-up:1"].condition is WorkerCondition.WORKING
    assert views["made-up:1"].pace == pytest.approx(6.0)
    assert views["made-up:1"].camera_name == "Made-up arch"
    assert views["made-up:2"].condition is WorkerCondition.WAITING
    assert views["made-up:2"].pace is None
    assert views["made-up:3"].condition is WorkerCondition.DIED
    page = logged_in(Role.DISPATCHER).get("/sweeps").text
    assert "6.0 s of footage per second" in page
    assert "Died while it waited." in page
    workers.end("made-up:2")
    assert "made-up:2" not in {view.name for view in workers.list_workers(COMMAND_LINE)}


def test_without_a_worker_the_board_says_so(logged_in: LogIn) -> None:
    assert "No worker runs" in logged_in(Role.DISPATCHER).get("/sweeps").text


def a_case_seen(hours_ago: float, **values: object) -> Any:
    case = make_case(**values)
    make_location(case, seen_at=utc_now() - timedelta(hours=hours_ago), label="Made-up kiosk")
    return case


def soon(hours: float = 24.0, radius_m: float = 1000.0) -> list[recorders.EndangeredFootage]:
    return list(recorders.endangered(COMMAND_LINE, timedelta(hours=hours), radius_m).items)


def test_recorders_are_listed_by_the_time_that_is_left(app: Flask) -> None:
    case = a_case_seen(20.0)
    later = make_camera(retention_hours=36.0)
    sooner = make_camera(retention_hours=24.0)
    make_camera(retention_hours=72.0)  # not within a day
    make_camera(retention_hours=12.0)  # lost already
    make_camera(retention_hours=None)  # nobody knows
    make_camera(retention_hours=24.0, latitude_deg=CENTRE_LATITUDE_DEG + 0.1)  # too far away
    found = soon()
    assert [one.camera_id for one in found] == [sooner.id, later.id]
    assert found[0].case_number == case.number
    # 20 h 15 min of 24 h are over: the window began a quarter of an hour before.
    assert found[0].seconds_left == pytest.approx(3.75 * 3600, abs=60)
    assert not found[0].is_being_lost


def test_a_window_that_is_being_overwritten_is_told_apart(app: Flask) -> None:
    a_case_seen(20.0)
    make_camera(retention_hours=19.0)
    (one,) = soon()
    assert one.is_being_lost


def test_what_is_held_or_of_a_closed_case_is_not_in_danger(app: Flask) -> None:
    a_case_seen(20.0, state=CaseState.CLOSED)
    camera = make_camera(retention_hours=24.0)
    assert soon() == []
    a_case_seen(20.0)
    seen_at = utc_now() - timedelta(hours=20)
    start = seen_at - timedelta(minutes=15)
    # Two recordings that overlap count once: half an hour of 135 minutes.
    for minutes in (0, 10):
        make_footage(
            camera,
            started_at=start + timedelta(minutes=minutes),
            ended_at=start + timedelta(minutes=minutes + 20),
        )
    (one,) = soon()
    assert one.held_share == pytest.approx(30 / 135, abs=0.01)
    assert one.can_be_swept
    make_footage(camera, started_at=start, ended_at=start + timedelta(hours=3))
    assert soon() == []


def test_the_page_of_recorders_shows_them_with_local_times(logged_in: LogIn) -> None:
    a_case_seen(20.0, number="LOSE-1")
    make_camera(retention_hours=24.0, name="Made-up bakery", owner="Made-up baker")
    client = logged_in(Role.DISPATCHER)
    for address in ("/sweeps", "/sweeps/recorders"):
        page = client.get(address).text
        assert "Made-up bakery" in page
        assert "Made-up baker" in page
        assert "3 h 4" in page
    assert "Nothing is about to be lost" in client.get("/sweeps/recorders?hours=6&radius_m=50").text
    assert client.get("/sweeps/recorders?hours=0").status_code == 422


@pytest.mark.usefixtures("with_models")
def test_one_click_sweeps_what_is_held_of_a_camera(logged_in: LogIn) -> None:
    client = logged_in(Role.DISPATCHER)
    case = a_case_seen(20.0, number="CLICK-1")
    camera = make_camera(retention_hours=24.0)
    start = utc_now() - timedelta(hours=20)
    make_footage(camera, started_at=start, ended_at=start + timedelta(minutes=10))
    form = {
        "case": case.number,
        "camera_id": camera.id,
        "window_start": start.isoformat(),
        "window_end": datetime.now(UTC).isoformat(),
    }
    answer = client.post("/sweeps/camera", data=form)
    assert answer.status_code == 302
    (visit,) = db.session.scalars(select(Visit)).all()
    assert visit.camera_id == camera.id
    assert visit.state is VisitState.QUEUED
    assert visit.sweep.priority is SweepPriority.URGENT
    refused = client.post("/sweeps/camera", data={**form, "camera_id": 0}, follow_redirects=True)
    assert "There is no camera 0." in refused.text


def test_a_restricted_case_is_on_no_board_but_its_peoples(
    app: Flask, actor_factory: Callable[..., Actor]
) -> None:
    stranger = actor_factory(Role.DISPATCHER)
    case = a_case_seen(20.0, number="SECRET-1", restricted=True)
    camera = make_camera(retention_hours=24.0, name="Made-up hidden door")
    sweep = make_sweep(case, state=SweepState.RUNNING)
    make_visit(sweep, camera, state=VisitState.RUNNING, worker="made-up:1")
    workers.begin("made-up:1")
    assert all(not column.sweeps for column in board.load_board(stranger).columns)
    assert recorders.endangered(stranger, timedelta(hours=24), 1000.0).total == 0
    (worker,) = workers.list_workers(stranger)
    assert (worker.condition, worker.camera_name) == (WorkerCondition.WORKING, "")
    (worker,) = workers.list_workers(COMMAND_LINE)
    assert worker.camera_name == "Made-up hidden door"
    assert soon()[0].case_number == "SECRET-1"


def test_one_click_does_not_sweep_for_a_case_that_one_may_not_see(logged_in: LogIn) -> None:
    a_case_seen(20.0, number="SECRET-2", restricted=True)
    form = {"case": "SECRET-2", "camera_id": make_camera().id}
    assert logged_in(Role.DISPATCHER).post("/sweeps/camera", data=form).status_code == 404


def corners(*places: tuple[float, float]) -> list[dict[str, float]]:
    return [
        {"latitude_deg": latitude, "longitude_deg": longitude} for latitude, longitude in places
    ]


AROUND = [(12.95, 77.59), (12.95, 77.62), (13.0, 77.62), (13.0, 77.59)]


def test_a_sweep_takes_all_cameras_in_a_drawn_shape_and_no_other(logged_in: LogIn) -> None:
    case = make_case()
    make_location(case)
    inside = {make_camera(latitude_deg=north).id for north in (12.96, 12.97, 12.99)}
    on_edge = make_camera(latitude_deg=12.97, longitude_deg=77.59).id
    make_camera(latitude_deg=13.01)
    make_camera(latitude_deg=12.97, status="removed")
    # Longitude where latitude belongs would find this one.
    make_camera(latitude_deg=77.6, longitude_deg=12.97)
    body = {
        "window_start": "2026-11-18T14:00:00+05:30",
        "window_end": "2026-11-18T15:00:00+05:30",
        "shape": corners(*AROUND),
    }
    client, address = logged_in(Role.DISPATCHER), f"/api/cases/{case.number}/sweeps"
    answer = client.post(address, json=body)
    assert answer.status_code == 201, answer.text
    visits = client.get(f"/api/sweeps/{answer.get_json()['id']}/visits").get_json()["items"]
    assert {visit["camera_id"] for visit in visits} == inside | {on_edge}
    distances = [visit["distance_m"] for visit in visits]
    assert distances == sorted(distances)
    assert max(distances) > 1000  # the radius does not count


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ([AROUND[0], AROUND[2], AROUND[1], AROUND[3]], "crosses itself"),
        ([(12.95, 77.59), (12.96, 77.59), (12.97, 77.59)], "no area"),
        (AROUND[:2], "at least three corners"),
        ([(40.0, 10.0), (40.0, 10.1), (40.1, 10.1)], "No camera stands in this shape"),
        ([(95.0, 10.0), (40.0, 10.1), (40.1, 10.1)], "latitude"),
    ],
)
def test_a_shape_that_cannot_be_is_refused_in_words(
    logged_in: LogIn, shape: list[tuple[float, float]], words: str
) -> None:
    case = make_case()
    make_location(case)
    make_camera()
    body = {
        "window_start": "2026-11-18T14:00:00+05:30",
        "window_end": "2026-11-18T15:00:00+05:30",
        "shape": corners(*shape),
    }
    answer = logged_in(Role.DISPATCHER).post(f"/api/cases/{case.number}/sweeps", json=body)
    assert answer.status_code == 422
    assert words in answer.text
