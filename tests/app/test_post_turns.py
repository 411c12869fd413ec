"""Taking imports of posts back and restoring them as jobs: interrupted, cancelled, given up."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.errors import Conflict
from app.extensions import db
from app.models import (
    AuditEntry,
    ContributedPhoto,
    ImportStep,
    PostContact,
    PostImport,
    PostImportJob,
    PostImportState,
)
from app.models.contributions import PhotoState
from app.queues import CONTRIBUTIONS_QUEUE, IMPORTS_QUEUE, queue
from app.services.base.actors import COMMAND_LINE
from app.services.postings import (
    post_import_progress,
    post_import_rescue,
    post_import_runs,
    post_imports,
    post_jobs,
    post_scoring,
    post_turns,
)
from app.services.sweeping import workers
from benchmarks.invented_posts import as_csv
from tests.app import contribution_cases, post_cases
from tests.app.conftest import Client
from tests.app.post_cases import row

POSTS = 45
PARTS = 12
"""Five of posts, each before its work; six of signs, the first before them; and the end."""

pytestmark = pytest.mark.usefixtures("by_workers_in_tens")


@pytest.fixture
def by_workers_in_tens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(post_imports, "FEW_POSTS", POSTS - 1)
    monkeypatch.setattr(post_turns, "POSTS_AT_ONCE", 10)
    monkeypatch.setattr(post_scoring, "POSTS_AT_ONCE", 10)


@pytest.fixture
def imported(app: Flask) -> PostImport:
    """An import of 45 posts, which are more than few."""
    report = post_imports.import_posts(COMMAND_LINE, as_csv(POSTS), "a.csv", post_cases.given())
    return db.session.get_one(PostImport, report.import_id)


@pytest.fixture
def taken_back(imported: PostImport) -> PostImport:
    post_imports.take_back(COMMAND_LINE, imported.id, here=True)
    return imported


def state_of_all() -> tuple[object, ...]:
    """What anybody could see of posts: texts, levels and facts of contacts."""
    levels = [
        (one.content, one.tone_level, one.frequency_level, one.price_level, one.shared_level)
        for one in post_cases.posts()
    ]
    facts = db.session.execute(
        select(PostContact.value, PostContact.posts, PostContact.accounts).order_by(PostContact.id)
    ).all()
    return levels, facts


def job_of(one: PostImport) -> PostImportJob | None:
    return db.session.get(PostImportJob, one.id, populate_existing=True)


def at_part(number: int, action: Callable[[], object]) -> Callable[[], None]:
    left = [number]

    def count() -> None:
        left[0] -= 1
        if left[0] == 0:
            action()

    return count


def stop() -> None:
    raise post_jobs.WorkerStopping


def actions() -> list[str]:
    return list(db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def test_many_posts_wait_for_a_worker_to_be_taken_back_and_to_be_restored(
    imported: PostImport,
) -> None:
    before = state_of_all()
    post_imports.take_back(COMMAND_LINE, imported.id)
    assert (imported.state, imported.taken_back_at) == (PostImportState.WAITING, None)
    assert len(post_cases.posts()) == POSTS, "they count until all of it is done"
    assert queue(IMPORTS_QUEUE).job_ids == [f"import-{imported.id}-0"]
    again = post_imports.take_back(COMMAND_LINE, imported.id)
    assert again.state is PostImportState.WAITING, "the button was pressed twice"
    post_import_runs.run(imported.id, "a worker")
    assert imported.state is PostImportState.DONE
    assert imported.taken_back_at is not None
    assert post_cases.posts() == []
    assert job_of(imported) is None
    post_imports.restore(COMMAND_LINE, imported.id)
    assert post_cases.posts() == []
    post_import_runs.run(imported.id, "a worker")
    post_import_runs.run(imported.id, "a worker that got the same job")
    assert (imported.state, imported.taken_back_at) == (PostImportState.DONE, None)
    assert state_of_all() == before
    assert actions()[-4:] == [
        "posts.take_back", "posts.taken_back", "posts.restore", "posts.restored",
    ]  # fmt: skip
    queue(IMPORTS_QUEUE).empty()


@pytest.mark.parametrize("part", [1, 3, 5, 6])
def test_a_worker_that_stops_while_posts_go_has_changed_nothing(
    imported: PostImport, part: int
) -> None:
    before = state_of_all()
    post_imports.take_back(COMMAND_LINE, imported.id)
    post_import_runs.run(imported.id, "a worker", at_part(part, stop))
    assert (imported.state, imported.taken_back_at) == (PostImportState.WAITING, None)
    assert state_of_all() == before
    post_import_runs.run(imported.id, "another worker")
    assert imported.state is PostImportState.DONE
    assert imported.taken_back_at is not None
    assert post_cases.posts() == []
    queue(IMPORTS_QUEUE).empty()


@pytest.mark.parametrize("part", [1, 3, 5, 6, 8, 11])
def test_a_worker_that_stops_while_posts_come_back_has_changed_nothing(
    imported: PostImport, part: int
) -> None:
    before = state_of_all()
    post_imports.take_back(COMMAND_LINE, imported.id, here=True)
    post_imports.restore(COMMAND_LINE, imported.id)
    post_import_runs.run(imported.id, "a worker", at_part(part, stop))
    assert imported.state is PostImportState.WAITING
    assert imported.taken_back_at is not None
    assert post_cases.posts() == []
    post_import_runs.run(imported.id, "another worker")
    assert (imported.state, imported.taken_back_at) == (PostImportState.DONE, None)
    assert state_of_all() == before
    queue(IMPORTS_QUEUE).empty()


@pytest.mark.parametrize("part", [1, 3, 6])
def test_a_taking_back_that_is_cancelled_leaves_the_import_as_it_was(
    imported: PostImport, part: int
) -> None:
    before = state_of_all()
    post_imports.take_back(COMMAND_LINE, imported.id)
    # As somebody else's commit would be seen; a commit of this session would keep half the work.
    wanted = update(PostImportJob).values(cancel_wanted=True)
    post_import_runs.run(imported.id, "a worker", at_part(part, lambda: db.session.execute(wanted)))
    assert (imported.state, imported.taken_back_at) == (PostImportState.DONE, None)
    assert imported.outcome == (
        "It was not taken back, nothing was changed: Cancelled while it ran."
    )
    assert state_of_all() == before
    assert job_of(imported) is None
    assert actions()[-1] == "posts.not_taken_back"
    post_imports.take_back(COMMAND_LINE, imported.id, here=True)
    assert (post_cases.posts(), imported.outcome) == ([], "")
    queue(IMPORTS_QUEUE).empty()


def test_what_waits_to_be_restored_can_be_cancelled_and_cancelled_twice(
    taken_back: PostImport,
) -> None:
    post_imports.restore(COMMAND_LINE, taken_back.id)
    with pytest.raises(Conflict, match="being restored"):
        post_imports.take_back(COMMAND_LINE, taken_back.id)
    db.session.rollback()
    for _ in range(2):
        post_imports.cancel(COMMAND_LINE, taken_back.id)
    assert taken_back.state is PostImportState.DONE
    assert taken_back.outcome.startswith("It was not restored")
    assert taken_back.taken_back_at is not None
    post_import_runs.run(taken_back.id, "a worker that got the job")
    assert post_cases.posts() == []
    queue(IMPORTS_QUEUE).empty()


def test_posts_that_came_back_otherwise_meanwhile_are_not_doubled(taken_back: PostImport) -> None:
    post_imports.restore(COMMAND_LINE, taken_back.id)
    post_imports.import_posts(COMMAND_LINE, as_csv(POSTS) + b"\n", "b.csv", post_cases.given())
    post_import_runs.run(taken_back.id, "a worker")
    assert taken_back.outcome.startswith("It was not restored")
    assert "take that back first" in taken_back.outcome
    assert taken_back.taken_back_at is not None
    assert len(post_cases.posts()) == POSTS
    queue(IMPORTS_QUEUE).empty()


@pytest.mark.parametrize("wanted", [post_imports.take_back, post_imports.restore])
def test_the_file_is_not_taken_again_meanwhile(
    imported: PostImport, wanted: Callable[..., PostImport]
) -> None:
    if wanted is post_imports.restore:
        post_imports.take_back(COMMAND_LINE, imported.id, here=True)
    wanted(COMMAND_LINE, imported.id)
    said = "being taken back" if wanted is post_imports.take_back else "being restored"
    with pytest.raises(Conflict, match=said):
        post_imports.import_posts(COMMAND_LINE, as_csv(POSTS), "b.csv", post_cases.given())
    queue(IMPORTS_QUEUE).empty()


def test_posts_stay_when_taking_them_back_is_given_up(imported: PostImport) -> None:
    before = state_of_all()
    post_imports.take_back(COMMAND_LINE, imported.id)
    post_import_runs.out_of_time(imported.id)
    assert imported.outcome.endswith("It took longer than a job may take.")
    post_imports.take_back(COMMAND_LINE, imported.id)
    workers.begin("dead:4")
    for _ in range(post_import_rescue.MAX_ATTEMPTS):
        assert post_jobs.claim(imported.id, "dead:4")
        workers.end("dead:4")
        post_import_rescue.rescue()
    db.session.refresh(imported)
    assert (imported.state, imported.taken_back_at) == (PostImportState.DONE, None)
    assert "5 times" in imported.outcome
    assert state_of_all() == before
    assert job_of(imported) is None
    queue(IMPORTS_QUEUE).empty()


def test_pictures_of_a_restored_import_are_compared_again(app: Flask) -> None:
    rows = [row(f"text {at}", images="p.png") for at in range(2)]
    archive = post_cases.zipped(p_png=contribution_cases.picture("PNG"))
    report = post_cases.take_in(*rows, pictures=archive)
    db.session.execute(ContributedPhoto.__table__.update().values(state=PhotoState.DONE))
    db.session.commit()
    post_imports.take_back(COMMAND_LINE, report.import_id or 0)
    queue(CONTRIBUTIONS_QUEUE).empty()
    post_imports.restore(COMMAND_LINE, report.import_id or 0)
    photos = db.session.scalars(select(ContributedPhoto)).all()
    assert {photo.state for photo in photos} == {PhotoState.WAITING}
    assert len(queue(CONTRIBUTIONS_QUEUE).job_ids) == len(photos) == 2
    queue(CONTRIBUTIONS_QUEUE).empty()


def test_a_job_that_a_living_worker_lost_to_a_fault_is_put_back(imported: PostImport) -> None:
    post_imports.take_back(COMMAND_LINE, imported.id)
    workers.begin("alive:1")
    assert post_jobs.claim(imported.id, "alive:1")
    post_import_rescue.rescue()
    job = job_of(imported)
    assert job is not None
    assert job.worker == "alive:1"
    job.beat_at -= 2 * post_import_rescue.SILENT_AT_WORK
    db.session.commit()
    post_import_rescue.rescue()
    db.session.refresh(imported)
    assert imported.state is PostImportState.WAITING
    queue(IMPORTS_QUEUE).empty()


def test_its_page_says_how_far_it_is_and_what_counts_meanwhile(
    imported: PostImport, logged_in: Callable[..., Client]
) -> None:
    client = logged_in("investigator")
    assert client.user is not None
    post_cases.grant(client.user)
    address = f"/posts/imports/{imported.id}"
    page = client.post(f"{address}/take-back", follow_redirects=True).text
    assert "Waiting to be taken back" in page
    assert "Its posts count until all of it is done" in page
    assert "being taken back" in client.get("/posts/imports").text
    claimed = post_jobs.claim(imported.id, "a worker")
    assert claimed is not None
    post_jobs.beat(claimed, 0, POSTS)
    post_jobs.beat(claimed, 20, POSTS)
    page = client.get(address).text
    assert "Taking posts out" in page
    assert "20 of 45 posts" in page
    assert "data-running" in page
    progress = client.get(f"/api{address}").json["progress"]
    assert (progress["task"], progress["step"]) == ("take back", ImportStep.OUT)
    assert progress["steps"] == [ImportStep.OUT, ImportStep.SIGNS]
    assert progress["remaining_s"] > 0
    assert post_import_progress.progress_of(imported) is not None
    page = client.post(f"{address}/cancel", follow_redirects=True).text
    assert "Being cancelled" in page
    answer = client.post(f"/api{address}/restore")
    assert (answer.status_code, "being taken back" in answer.text) == (409, True)
    with pytest.raises(post_jobs.CancelWanted):
        post_jobs.beat(claimed, 30, POSTS)
    queue(IMPORTS_QUEUE).empty()
