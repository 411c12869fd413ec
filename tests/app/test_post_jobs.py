"""Imports of posts as jobs: checked, confirmed, interrupted, cancelled, and nothing left behind."""

from __future__ import annotations

import io
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from app.errors import Conflict, Refused
from app.extensions import db
from app.models import (
    AuditEntry,
    ContributedPhoto,
    ImportStep,
    Post,
    PostAccount,
    PostContact,
    PostContactUse,
    PostImport,
    PostImportJob,
    PostImportState,
)
from app.models.columns import utc_now
from app.queues import IMPORTS_QUEUE, queue
from app.services.base import dispatch
from app.services.base.actors import COMMAND_LINE, SCHEDULER
from app.services.postings import (
    post_import_ends,
    post_import_files,
    post_import_progress,
    post_import_reports,
    post_import_rescue,
    post_import_rows,
    post_import_runs,
    post_imports,
    post_jobs,
    post_scoring,
)
from app.services.sweeping import workers
from benchmarks.invented_posts import as_csv
from tests.app import contribution_cases, post_cases
from tests.app.conftest import Client
from tests.app.post_cases import PHONE, row
from tests.app.processes import Fleet, wait_until


@pytest.fixture(autouse=True)
def no_folders_of_other_tests(request: pytest.FixtureRequest) -> None:
    """Their rows are rolled back, their files are not."""
    if "app" in request.fixturenames:
        for folder in folders(request.getfixturevalue("app")):
            shutil.rmtree(folder)


@pytest.fixture
def batches_of_ten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(post_import_runs, "BATCH", 10)
    monkeypatch.setattr(post_import_runs, "PICTURES_AT_ONCE", 1)


@pytest.fixture
def all_to_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(post_imports, "SMALL_BYTES", 0)


def hand_in(
    data: bytes | None = None, *, confirmed: bool = True, pictures: io.BytesIO | None = None
) -> PostImport:
    table = io.BytesIO(as_csv(45) if data is None else data)
    return post_imports.hand_in(
        COMMAND_LINE, table, "invented.csv", post_cases.given(),
        pictures=pictures, confirmed=confirmed,
    )  # fmt: skip


def job_of(row: PostImport) -> PostImportJob:
    job = db.session.get(PostImportJob, row.id)
    assert job is not None
    return job


def folders(app: Flask) -> list[Path]:
    root = app.config["LASTSEEN"].media_dir / "imports"
    return list(root.iterdir()) if root.is_dir() else []


def pictures_kept(app: Flask) -> set[str]:
    return {path.stem for path in app.config["LASTSEEN"].media_dir.glob("??/*.jpg")}


def counted() -> tuple[int, ...]:
    tables = (Post, PostAccount, PostContact, PostContactUse, ContributedPhoto)
    return tuple(
        db.session.scalar(select(func.count()).select_from(one)) or 0  # type: ignore[arg-type]
        for one in tables
    )


def texts() -> list[str]:
    return sorted(post.content for post in post_cases.posts())


def after(commits: int, action: Callable[[], None]) -> Callable[[], None]:
    """A callback that does something at the given commit."""
    left = [commits]

    def count() -> None:
        left[0] -= 1
        if left[0] == 0:
            action()

    return count


def stop() -> None:
    raise post_jobs.WorkerStopping


# ------------------------------------------------------------------------------- the usual way


@pytest.mark.usefixtures("all_to_workers", "batches_of_ten")
def test_a_large_table_waits_for_a_worker_and_is_imported_by_it(app: Flask) -> None:
    row = hand_in()
    assert (row.state, row.rows) == (PostImportState.WAITING, 0)
    assert f"import-{row.id}-0" in queue(IMPORTS_QUEUE).job_ids
    queue(IMPORTS_QUEUE).empty()
    assert len(folders(app)) == 1
    post_import_runs.run(row.id, "a worker")
    assert (row.state, row.rows, row.added) == (PostImportState.DONE, 45, 45)
    assert len(post_cases.posts()) == 45
    assert db.session.scalar(select(func.max(PostContact.posts))) > 1
    assert folders(app) == []
    assert db.session.get(PostImportJob, row.id) is None
    before = counted()
    post_import_runs.run(row.id, "another worker")
    assert counted() == before


def test_a_small_table_is_read_at_once(app: Flask) -> None:
    row = hand_in(confirmed=False)
    assert (row.state, row.added) == (PostImportState.CHECKED, 45)
    assert post_cases.posts() == []
    assert len(post_import_reports.report_of(row).posts) == post_import_rows.PREVIEWED
    post_imports.confirm(COMMAND_LINE, row.id)
    assert row.state is PostImportState.DONE
    assert len(post_cases.posts()) == 45
    again = post_imports.confirm(COMMAND_LINE, row.id)
    assert (again.state, len(post_cases.posts())) == (PostImportState.DONE, 45)


def test_what_was_checked_can_be_discarded(app: Flask) -> None:
    row = hand_in(confirmed=False)
    post_imports.cancel(COMMAND_LINE, row.id)
    assert row.state is PostImportState.CANCELLED
    assert (folders(app), counted()) == ([], (0, 0, 0, 0, 0))
    with pytest.raises(Conflict, match="has ended"):
        post_imports.confirm(COMMAND_LINE, row.id)
    assert hand_in().state is PostImportState.DONE, "the same file may be handed in again"


@pytest.mark.usefixtures("all_to_workers")
def test_a_file_that_a_worker_cannot_read_fails_with_a_sentence(app: Flask) -> None:
    row = hand_in(b"lat,lon\n1,2\n")
    post_import_runs.run(row.id, "a worker")
    assert row.state is PostImportState.FAILED
    assert row.outcome.startswith("No column is called text")
    assert folders(app) == []
    actions = db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert list(actions) == ["posts.hand_in", "posts.import_failed"]


@pytest.mark.usefixtures("all_to_workers")
def test_the_same_file_is_not_taken_while_it_is_being_imported(app: Flask) -> None:
    hand_in()
    with pytest.raises(Conflict, match="is being imported"):
        hand_in()
    assert len(folders(app)) == 1


def test_only_what_is_done_can_be_taken_back(app: Flask) -> None:
    row = hand_in(confirmed=False)
    with pytest.raises(Conflict, match="not done"):
        post_imports.take_back(COMMAND_LINE, row.id)
    db.session.rollback()
    done = hand_in(b"text\nsome words\n")
    with pytest.raises(Conflict, match="take it back"):
        post_imports.cancel(COMMAND_LINE, done.id)


def test_posts_that_came_meanwhile_with_another_import_are_not_doubled(app: Flask) -> None:
    row = hand_in(confirmed=False)
    post_import_runs_pause = after(3, lambda: other.append(hand_in(as_csv(45) + b"\n")))
    other: list[PostImport] = []
    job_of(row).confirmed, row.state = True, PostImportState.WAITING
    job_of(row).rows_done = 0
    db.session.commit()
    post_import_runs.run(row.id, "a worker", post_import_runs_pause)
    assert other[0].added == 45
    assert (row.state, row.added, row.already_there) == (PostImportState.DONE, 0, 45)
    assert len(post_cases.posts()) == 45


# ------------------------------------------------------------------------------- disturbances


@pytest.mark.usefixtures("all_to_workers", "batches_of_ten")
@pytest.mark.parametrize("commits", range(1, 8))
def test_an_import_that_is_given_back_goes_on_where_it_was(app: Flask, commits: int) -> None:
    data = as_csv(45) + b"46,,,yesterday-ish,,,t,text,,\n"
    calm = post_imports.import_posts(COMMAND_LINE, data, "a.csv", post_cases.given())
    expected, facts = texts(), counted()
    post_imports.take_back(COMMAND_LINE, calm.import_id or 0)

    row = hand_in(data)
    post_import_runs.run(row.id, "a worker", after(commits, stop))
    assert row.state is PostImportState.WAITING
    assert post_cases.posts() == [], "posts count nowhere before all of it is done"
    post_import_runs.run(row.id, "another worker")
    assert (row.state, row.added, row.refused) == (PostImportState.DONE, 45, 1)
    assert len(row.problems) == 1
    assert texts() == expected
    assert counted()[1:3] == facts[1:3]


@pytest.mark.usefixtures("all_to_workers", "batches_of_ten")
def test_a_worker_whose_import_was_given_to_another_writes_nothing_more(app: Flask) -> None:
    row = hand_in()

    def take_over() -> None:
        row.state, job_of(row).queued_at = PostImportState.WAITING, None
        db.session.commit()
        post_import_runs.run(row.id, "the second")

    post_import_runs.run(row.id, "the first", after(4, take_over))
    assert (row.state, row.added, len(post_cases.posts())) == (PostImportState.DONE, 45, 45)


@pytest.mark.usefixtures("all_to_workers", "batches_of_ten")
@pytest.mark.parametrize("commits", [1, 3, 6, 7])
def test_a_cancelled_import_leaves_nothing_behind(app: Flask, commits: int) -> None:
    row = hand_in()
    cancel = after(commits, lambda: void(post_imports.cancel(COMMAND_LINE, row.id)))
    post_import_runs.run(row.id, "a worker", cancel)
    assert row.state is PostImportState.CANCELLED
    assert (folders(app), counted()) == ([], (0, 0, 0, 0, 0))
    assert db.session.get(PostImportJob, row.id) is None


@pytest.mark.usefixtures("all_to_workers", "batches_of_ten")
def test_what_others_use_stays_when_an_import_is_cancelled(app: Flask) -> None:
    post_cases.take_in(row("one text", account="shared", phone=PHONE))
    before = counted()
    one = hand_in(post_cases.as_json([row("two texts", account="shared", phone=PHONE)] * 1))
    cancel = after(3, lambda: void(post_imports.cancel(COMMAND_LINE, one.id)))
    post_import_runs.run(one.id, "a worker", cancel)
    assert counted() == before


@pytest.mark.usefixtures("all_to_workers", "batches_of_ten")
def test_pictures_of_an_import_that_fails_at_its_end_are_gone(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [row(f"text {at}", images=f"p{at}.png") for at in range(3)]
    zipped = {f"p{at}_png": contribution_cases.picture("PNG") for at in range(3)}
    archive = post_cases.zipped(**zipped)
    before = pictures_kept(app)
    one = hand_in(post_cases.as_json(rows), pictures=archive)

    def fail(_on_part: object) -> None:
        assert len(pictures_kept(app)) > len(before)
        raise Refused("made up")

    with monkeypatch.context() as broken:
        broken.setattr(post_scoring, "refresh", fail)
        post_import_runs.run(one.id, "a worker")
    assert (one.state, one.outcome) == (PostImportState.FAILED, "made up")
    assert pictures_kept(app) == before
    assert (folders(app), counted()) == ([], (0, 0, 0, 0, 0))


@pytest.mark.usefixtures("all_to_workers", "batches_of_ten")
@pytest.mark.parametrize("commits", [4, 5, 6])
def test_pictures_are_kept_once_when_a_worker_stops_between_them(app: Flask, commits: int) -> None:
    rows = [row(f"text {at}", images=[f"p{at % 2}.png", "none.png"]) for at in range(4)]
    zipped = {f"p{at}_png": contribution_cases.picture("PNG") for at in range(2)}
    one = hand_in(post_cases.as_json(rows), pictures=post_cases.zipped(**zipped))
    post_import_runs.run(one.id, "a worker", after(commits, stop))
    assert one.state is PostImportState.WAITING
    assert db.session.scalar(select(func.count(ContributedPhoto.id))) == 0
    post_import_runs.run(one.id, "another worker")
    assert (one.state, one.pictures, len(one.problems)) == (PostImportState.DONE, 4, 4)
    photos = db.session.scalars(select(ContributedPhoto)).all()
    assert len({photo.post_id for photo in photos}) == len(photos) == 4
    assert folders(app) == []


# ------------------------------------------------------------------------------- the scheduler


@pytest.mark.usefixtures("all_to_workers")
def test_what_redis_lost_and_what_dead_workers_had_is_put_back(app: Flask) -> None:
    row = hand_in()
    queue(IMPORTS_QUEUE).empty()
    assert post_import_rescue.rescue() == 0, "it may still be on its way"
    old = utc_now() - timedelta(minutes=1)
    db.session.execute(update(PostImportJob).values(queued_at=old))
    db.session.commit()
    assert post_import_rescue.rescue() == 1
    assert dispatch.waiting_imports() == frozenset({row.id})
    queue(IMPORTS_QUEUE).empty()

    workers.begin("dead:1")
    claimed = post_jobs.claim(row.id, "dead:1")
    assert post_import_rescue.rescue() == 0, "its worker lives"
    db.session.execute(update(workers.WorkerRow).values(seen_at=old))
    db.session.commit()
    assert post_import_rescue.rescue() == 1
    db.session.refresh(row)
    assert (row.state, claimed and claimed.attempt) == (PostImportState.WAITING, 1)
    queue(IMPORTS_QUEUE).empty()


@pytest.mark.usefixtures("all_to_workers")
def test_an_import_is_put_back_when_its_worker_began_anew_under_its_name(
    app: Flask,
) -> None:
    """In a container the number of a process is the same after every start."""
    row = hand_in()
    workers.begin("container:1")
    post_jobs.claim(row.id, "container:1")
    post_import_rescue.rescue()
    db.session.refresh(row)
    assert row.state is PostImportState.RUNNING
    workers.begin("container:1")
    post_import_rescue.rescue()
    db.session.refresh(row)
    assert row.state is PostImportState.WAITING
    queue(IMPORTS_QUEUE).empty()


@pytest.mark.usefixtures("all_to_workers")
def test_an_import_that_kills_its_workers_is_given_up(app: Flask) -> None:
    row = hand_in()
    workers.begin("dead:2")
    for _ in range(post_import_rescue.MAX_ATTEMPTS):
        assert post_jobs.claim(row.id, "dead:2")
        workers.end("dead:2")
        post_import_rescue._release_silent()
    db.session.refresh(row)
    assert row.state is PostImportState.FAILED
    assert "5 times" in row.outcome
    assert folders(app) == []
    queue(IMPORTS_QUEUE).empty()


@pytest.mark.usefixtures("all_to_workers")
def test_an_import_is_cancelled_though_its_worker_died(app: Flask) -> None:
    row = hand_in()
    workers.begin("dead:3")
    post_jobs.claim(row.id, "dead:3")
    db.session.refresh(row)
    assert post_imports.cancel(COMMAND_LINE, row.id).state is PostImportState.RUNNING
    workers.end("dead:3")
    post_import_rescue.rescue()
    db.session.refresh(row)
    assert row.state is PostImportState.CANCELLED
    queue(IMPORTS_QUEUE).empty()


def test_checks_that_nobody_confirms_and_folders_that_nothing_names_go(app: Flask) -> None:
    row = hand_in(confirmed=False)
    left, _ = post_import_files.save(io.BytesIO(b"text\nx\n"), None)
    post_import_rescue.tidy()
    assert len(folders(app)) == 2, "both are new"
    ages_ago = utc_now() - timedelta(days=9)
    db.session.execute(update(PostImportJob).values(beat_at=ages_ago))
    db.session.commit()
    for folder in folders(app):
        os.utime(folder, (ages_ago.timestamp(), ages_ago.timestamp()))
    post_import_rescue.tidy()
    db.session.refresh(row)
    assert row.state is PostImportState.CANCELLED
    assert folders(app) == [], left
    row.finished_at = ages_ago
    db.session.commit()
    post_import_rescue.tidy()
    assert db.session.scalar(select(func.count(PostImport.id))) == 0


@pytest.mark.usefixtures("all_to_workers")
def test_a_check_that_is_confirmed_at_the_last_moment_is_not_ended(app: Flask) -> None:
    row = hand_in(confirmed=False)
    post_import_runs.run(row.id, "a worker")
    post_imports.confirm(COMMAND_LINE, row.id)
    post_import_ends.undo(
        SCHEDULER,
        row.id,
        PostImportState.CANCELLED,
        post_import_rescue.NOT_CONFIRMED,
        only_if=PostImportState.CHECKED,
    )
    db.session.refresh(row)
    assert row.state is PostImportState.WAITING
    assert len(folders(app)) == 1
    queue(IMPORTS_QUEUE).empty()


def test_a_folder_that_goes_while_they_are_listed_stops_no_tidying(app: Flask) -> None:
    folder, _ = post_import_files.save(io.BytesIO(b"text\nx\n"), None)
    root = app.config["LASTSEEN"].media_dir / "imports"
    gone = root / "gone meanwhile"
    gone.symlink_to(root / "nowhere")
    try:
        post_import_rescue.tidy()
    finally:
        gone.unlink()
        post_import_files.discard(folder)


# ------------------------------------------------------------------------------- pages and API


@pytest.mark.usefixtures("all_to_workers", "batches_of_ten")
def test_its_page_says_how_far_it_is_and_cancels_it(
    app: Flask, logged_in: Callable[..., Client]
) -> None:
    client = logged_in("investigator")
    assert client.user is not None
    post_cases.grant(client.user)
    row = hand_in()
    assert "No worker runs" in client.get(f"/posts/imports/{row.id}").text
    post_jobs.claim(row.id, "a worker")
    job = job_of(row)
    job.step, job.step_total, job.rows_done = ImportStep.POSTS, 1200, 400
    job.step_began_at = utc_now() - timedelta(seconds=30)
    db.session.commit()
    page = client.get(f"/posts/imports/{row.id}").text
    assert "400 of 1,200 rows, about 1 min 00 s left" in page or "about 1 min left" in page
    assert "data-running" in page
    state = client.get(f"/api/posts/imports/{row.id}").json
    assert (state["report"]["state"], state["progress"]["done"]) == ("running", 400)
    assert 55 < state["progress"]["remaining_s"] < 65
    page = client.post(f"/posts/imports/{row.id}/cancel", follow_redirects=True).text
    assert "Being cancelled" in page
    assert post_import_progress.progress_of(row) is not None
    queue(IMPORTS_QUEUE).empty()


@pytest.mark.usefixtures("all_to_workers")
def test_the_api_hands_in_checks_confirms_and_cancels(
    app: Flask, logged_in: Callable[..., Client]
) -> None:
    client = logged_in("investigator")
    assert client.user is not None
    post_cases.grant(client.user)
    form = {"origin": "Made-up unit", "purpose": "Order 7", "timezone": "Asia/Kolkata"}

    def send(**more: object) -> tuple[int, int]:
        table = (io.BytesIO(as_csv(3)), "p.csv")
        answer = client.post("/api/posts/imports", data={**form, "table": table, **more})
        return answer.status_code, answer.json["import_id"]

    status, import_id = send(dry_run="true")
    assert status == 200
    post_import_runs.run(import_id, "a worker")
    assert client.get(f"/api/posts/imports/{import_id}").json["report"]["state"] == "checked"
    assert client.post(f"/api/posts/imports/{import_id}/confirm").status_code == 200
    post_import_runs.run(import_id, "a worker")
    assert client.get("/api/posts").json["total"] == 3
    assert client.post(f"/api/posts/imports/{import_id}/cancel").status_code == 409
    queue(IMPORTS_QUEUE).empty()


# ------------------------------------------------------------------------------- real processes


@pytest.fixture
def fleet(committing_app: Flask, tmp_path: Path) -> Iterator[Fleet]:
    folder = tmp_path / "logs"
    folder.mkdir()
    started = Fleet(committing_app, folder)
    yield started
    started.end()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_an_import_whose_worker_is_killed_is_finished_by_another(
    committing_app: Flask, fleet: Fleet
) -> None:
    data = as_csv(12_000)
    row = hand_in(data)
    import_id = row.id
    assert row.state is PostImportState.WAITING
    victim = fleet.start("worker")
    fleet.start("scheduler", "run")

    def rows_done() -> int:
        return (
            db.session.scalar(
                select(PostImportJob.rows_done).where(PostImportJob.import_id == import_id)
            )
            or 0
        )

    wait_until(lambda: rows_done() >= 2000, 120, fleet)
    victim.send_signal(signal.SIGKILL)
    victim.wait(10)
    reached = rows_done()
    assert 2000 <= reached < 12_000
    # Its death is noticed after half a minute; the test does not wait for that.
    db.session.execute(
        update(workers.WorkerRow).values(seen_at=utc_now() - 2 * workers.SILENT_AFTER)
    )
    db.session.commit()
    fleet.start("worker")

    def is_done() -> bool:
        return db.session.get_one(PostImport, import_id).state is PostImportState.DONE

    wait_until(is_done, 200, fleet)
    row = db.session.get_one(PostImport, import_id)
    assert (row.rows, row.added, row.refused) == (12_000, 12_000, 0)
    assert len(post_cases.posts()) == 12_000
    distinct = select(func.count(Post.row_number.distinct())).where(Post.active)
    assert db.session.scalar(distinct) == 12_000
    assert folders(committing_app) == []


def void(_: object) -> None:
    """Let a call be nothing but a call."""
