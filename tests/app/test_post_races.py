"""Imports of posts under real processes: many at once, two workers with one job, killed workers."""

from __future__ import annotations

import io
import secrets
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask
from sqlalchemy import func, select, update

from app.extensions import db
from app.inputs.accounts import TokenInput, UserInput
from app.models import (
    AuditEntry,
    ImportStep,
    Post,
    PostContact,
    PostContactUse,
    PostImport,
    PostImportJob,
    PostImportState,
    WorkerRow,
)
from app.models.accounts import Role
from app.models.columns import utc_now
from app.services.base import dispatch, post_lock
from app.services.base.actors import COMMAND_LINE
from app.services.people import accounts, tokens
from app.services.postings import post_imports, post_scoring
from app.services.sweeping import workers
from benchmarks.invented_posts import as_csv
from tests.app import post_cases
from tests.app.processes import Fleet, wait_until

AT_ONCE = 5
MANY = 6000
"""More than few: a worker does what is asked for."""
FORM = {"origin": "Made-up unit", "purpose": "Order 7", "timezone": "Asia/Kolkata"}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.fixture
def fleet(committing_app: Flask, tmp_path: Path) -> Iterator[Fleet]:
    folder = tmp_path / "logs"
    folder.mkdir()
    started = Fleet(committing_app, folder)
    yield started
    started.end()


@dataclass(frozen=True)
class Web:
    """The API of real web processes, with somebody's token."""

    address: str
    token: str

    def post(self, path: str, **sent: Any) -> requests.Response:
        return requests.post(
            f"{self.address}/api/posts/imports{path}",
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=120,
            **sent,
        )

    def hand_in(self, data: bytes, **more: str) -> requests.Response:
        return self.post("", data={**FORM, **more}, files={"table": ("invented.csv", data)})


@pytest.fixture
def web(fleet: Fleet) -> Web:
    """Two processes of four threads."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    fleet.start_web(port, "--workers", "2", "--threads", "4")
    address = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        try:
            return requests.get(f"{address}/healthz", timeout=5).ok
        except requests.RequestException:
            return False

    wait_until(answers, 120, fleet)
    return Web(address, _token())


def _token() -> str:
    email = f"{secrets.token_hex(4)}@lastseen.example"
    wanted = UserInput(email=email, name="Made-up Reader", role=Role.INVESTIGATOR)
    user = accounts.create_user(COMMAND_LINE, wanted, secrets.token_urlsafe(24)).user
    user.may_read_posts = True
    db.session.commit()
    given = TokenInput(label="races", days=1)
    return tokens.issue_token(COMMAND_LINE, user, given).secret


def at_once(*calls: Callable[[], requests.Response]) -> list[int]:
    """The statuses of calls that all begin at the same moment, sorted."""
    start = threading.Barrier(len(calls))

    def one(call: Callable[[], requests.Response]) -> int:
        start.wait(60)
        return call().status_code

    with ThreadPoolExecutor(len(calls)) as pool:
        return sorted(pool.map(one, calls))


def imports() -> Sequence[PostImport]:
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(select(PostImport).order_by(PostImport.id)).all()


def job_of(import_id: int) -> PostImportJob:
    return db.session.get_one(PostImportJob, import_id)


def in_force() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count(Post.id)).where(Post.active)) or 0


def times(action: str) -> int:
    wanted = select(func.count(AuditEntry.id)).where(AuditEntry.action == action)
    db.session.rollback()
    return db.session.scalar(wanted) or 0


def folders(app: Flask) -> list[Path]:
    root = app.config["LASTSEEN"].media_dir / "imports"
    return list(root.iterdir()) if root.is_dir() else []


def facts() -> tuple[object, ...]:
    db.session.rollback()
    contacts = select(PostContact.id, PostContact.posts, PostContact.accounts, PostContact.places)
    levels = select(
        Post.id, Post.tone_level, Post.frequency_level, Post.price_level, Post.shared_level
    ).where(Post.active)
    return (
        db.session.execute(contacts.order_by(PostContact.id)).all(),
        db.session.execute(levels.order_by(Post.id)).all(),
    )


def all_is_consistent(app: Flask) -> bool:
    """Nothing is half done: no job, no file, each post once, and signs as of what is in force."""
    assert db.session.scalar(select(func.count()).select_from(PostImportJob)) == 0
    assert folders(app) == []
    for one in imports():
        counts = one.state is PostImportState.DONE and one.taken_back_at is None
        mine = select(func.count(Post.id)).where(Post.import_id == one.id, Post.active)
        assert db.session.scalar(mine) == (one.added if counts else 0)
    kept = facts()
    post_lock.hold_lock()
    post_scoring.refresh()
    db.session.commit()
    assert facts() == kept
    return True


def test_each_button_pressed_by_several_at_once_does_its_work_once(
    committing_app: Flask, web: Web
) -> None:
    data = as_csv(60)
    assert at_once(*[lambda: web.hand_in(data)] * AT_ONCE) == [200, *[409] * (AT_ONCE - 1)]
    assert [(one.state, one.added) for one in imports()] == [(PostImportState.DONE, 60)]
    assert (in_force(), times("posts.import")) == (60, 1)

    import_id = imports()[0].id
    for path, done in (("take-back", "posts.taken_back"), ("restore", "posts.restored")):
        statuses = at_once(*[lambda path=path: web.post(f"/{import_id}/{path}")] * AT_ONCE)
        assert statuses == [200] * AT_ONCE, path
        assert times(done) == 1
    assert in_force() == 60

    checked = [web.hand_in(as_csv(30, seed=2), dry_run="true").json() for _ in range(2)]
    ids = [one["import_id"] for one in checked]
    confirms = [lambda at=at: web.post(f"/{ids[at % 2]}/confirm") for at in range(AT_ONCE + 1)]
    assert at_once(*confirms) == [*[200] * 3, *[409] * 3], "of two checks of a file, one"
    assert (in_force(), times("posts.import")) == (90, 2)
    (other,) = [one.id for one in imports() if one.state is PostImportState.CHECKED]
    assert at_once(*[lambda: web.post(f"/{other}/cancel")] * AT_ONCE) == [200] * AT_ONCE
    assert times("posts.cancel") == 1
    assert all_is_consistent(committing_app)


def test_an_import_that_is_cancelled_while_it_ends_is_whole_or_gone(
    committing_app: Flask, web: Web
) -> None:
    ended = set()
    for at in range(8):
        data = as_csv(400, seed=10 + at)
        checked = web.hand_in(data, dry_run="true").json()["import_id"]

        def cancel(import_id: int = checked, later_s: float = 0.06 * at) -> requests.Response:
            threading.Event().wait(later_s)
            return web.post(f"/{import_id}/cancel")

        confirm = lambda import_id=checked: web.post(f"/{import_id}/confirm")  # noqa: E731
        statuses = at_once(confirm, cancel)
        row = imports()[-1]
        assert set(statuses) <= {200, 409}
        assert row.state in (PostImportState.DONE, PostImportState.CANCELLED)
        ended.add(row.state)
        posts = db.session.scalar(select(func.count(Post.id)).where(Post.import_id == row.id))
        assert posts == (400 if row.state is PostImportState.DONE else 0)
    assert PostImportState.CANCELLED in ended
    assert all_is_consistent(committing_app)
    unused = select(func.count(PostContact.id)).where(
        ~select(PostContactUse).where(PostContactUse.contact_id == PostContact.id).exists()
    )
    assert db.session.scalar(unused) == 0


def test_two_workers_take_back_and_import_at_once_and_get_one_job_twice(
    committing_app: Flask, fleet: Fleet
) -> None:
    first = post_imports.import_posts(COMMAND_LINE, as_csv(MANY), "a.csv", post_cases.given())
    first_id = first.import_id or 0
    for _ in range(2):
        fleet.start("worker")
    fleet.start("scheduler", "run")
    post_imports.take_back(COMMAND_LINE, first_id)
    # Half of its posts are also in the first file, which goes meanwhile.
    shared = (
        as_csv(MANY).splitlines(keepends=True)[: MANY // 2]
        + as_csv(MANY, seed=3).splitlines(keepends=True)[1:]
    )
    second = post_imports.hand_in(
        COMMAND_LINE, io.BytesIO(b"".join(shared)), "b.csv", post_cases.given(), confirmed=True
    ).id
    dispatch.put_imports_again([(first_id, 7), (second, 7)])

    def are_done() -> bool:
        return db.session.scalar(select(func.count()).select_from(PostImportJob)) == 0

    wait_until(are_done, 200, fleet)
    rows = {one.id: one for one in imports()}
    assert rows[first_id].taken_back_at is not None
    assert rows[second].state is PostImportState.DONE
    assert (times("posts.taken_back"), times("posts.import")) == (1, 2)
    assert rows[second].added + rows[second].already_there == rows[second].rows
    assert rows[second].added == in_force()
    assert all_is_consistent(committing_app)


def test_a_restoring_whose_worker_is_killed_is_finished_by_another(
    committing_app: Flask, fleet: Fleet
) -> None:
    report = post_imports.import_posts(COMMAND_LINE, as_csv(MANY), "a.csv", post_cases.given())
    import_id = report.import_id or 0
    before = facts()
    post_imports.take_back(COMMAND_LINE, import_id, here=True)
    victim = fleet.start("worker")
    fleet.start("scheduler", "run")
    last = select(Post.id).order_by(Post.id.desc()).limit(1)
    with db.engine.connect() as holding:
        # The worker comes as far as the last post, and waits for it.
        holding.execute(last.with_for_update())
        post_imports.restore(COMMAND_LINE, import_id)
        wait_until(lambda: job_of(import_id).step_done == 5000, 120, fleet)
        assert job_of(import_id).step is ImportStep.BACK
        assert in_force() == 0
        victim.send_signal(signal.SIGKILL)
        victim.wait(10)
    assert (imports()[0].state, in_force()) == (PostImportState.RUNNING, 0)
    # Its death is noticed after half a minute; the test does not wait for that.
    db.session.execute(update(WorkerRow).values(seen_at=utc_now() - 2 * workers.SILENT_AFTER))
    db.session.commit()
    fleet.start("worker")
    wait_until(lambda: imports()[0].state is PostImportState.DONE, 200, fleet)
    assert imports()[0].taken_back_at is None
    assert facts() == before
    assert all_is_consistent(committing_app)
