"""A hundred thousand invented posts: importing, scoring, listing, and what hangs together.

POSTS names another number of posts. Times are of one process on the machine as it is; processor
seconds say what it would take on an idle one.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import func, select

from app.extensions import db
from app.inputs.posts import LinkQuery, PostImportInput, PostQuery
from app.models import PostContact, PostContactUse
from app.queues import IMPORTS_QUEUE, queue
from app.services.base import post_lock
from app.services.base.actors import COMMAND_LINE
from app.services.postings import (
    post_import_reports,
    post_import_runs,
    post_imports,
    post_links,
    post_scoring,
    posts,
)
from benchmarks.database import benchmark_app
from benchmarks.invented_posts import as_csv
from benchmarks.report import Figure, publish

T = TypeVar("T")

GIVEN = PostImportInput(
    origin="benchmark", purpose="benchmark", timezone="Asia/Kolkata", region="IN"
)


@dataclass
class Took:
    """How long something took."""

    wall_s: float = 0.0
    processor_s: float = 0.0


def main() -> None:
    """Import, look, publish."""
    count = int(os.environ.get("POSTS", "100000"))
    data = as_csv(count)
    with benchmark_app() as app, app.app_context():
        figures = _measure(data)
    publish("posts", {"posts": Figure(count, ""), "file": Figure(len(data) / 1e6, "MB"), **figures})


def _measure(data: bytes) -> dict[str, Figure]:
    with _timed() as checking:
        post_import_reports.check(COMMAND_LINE, data, "invented.csv", GIVEN)
    with _timed() as importing:
        report = post_imports.import_posts(COMMAND_LINE, data, "invented.csv", GIVEN)
    if report.refused or report.problems:
        raise SystemExit(f"Rows were not taken: {report.problems[:3]}")
    with _timed() as scoring:
        post_lock.hold_lock()
        post_scoring.refresh()
        db.session.commit()
    import_id = report.import_id or 0
    with _timed() as asking:
        post_imports.take_back(COMMAND_LINE, import_id)
    with _timed() as taking_back:
        post_import_runs.run(import_id, "benchmark")
    with _timed() as asking_back:
        post_imports.restore(COMMAND_LINE, import_id)
    with _timed() as restoring:
        post_import_runs.run(import_id, "benchmark")
    queue(IMPORTS_QUEUE).empty()
    return {
        "checking": Figure(checking.wall_s, "s"),
        "importing": Figure(importing.wall_s, "s"),
        "importing, processor": Figure(importing.processor_s, "s"),
        "scoring": Figure(scoring.wall_s, "s"),
        "asking to take it back": Figure(asking.wall_s, "s"),
        "taking back, in a worker": Figure(taking_back.wall_s, "s"),
        "asking to restore it": Figure(asking_back.wall_s, "s"),
        "restoring, in a worker": Figure(restoring.wall_s, "s"),
        **_lists(),
        **_graph(),
    }


def _lists() -> dict[str, Figure]:
    return {
        "first page of the list": _median(
            lambda: posts.list_posts(COMMAND_LINE, PostQuery(), 20), "≤ 500"
        ),
        "list with words looked for": _median(
            lambda: posts.list_posts(COMMAND_LINE, PostQuery(text="velvet thimble"), 20), ""
        ),
    }


def _graph() -> dict[str, Figure]:
    shared = db.session.scalar(
        select(func.count()).select_from(PostContact).where(PostContact.posts > 1)
    )
    busiest = db.session.scalars(
        select(PostContactUse.contact_id)
        .group_by(PostContactUse.contact_id)
        .order_by(func.count().desc())
        .limit(1)
    ).one()
    whole = post_links.draw(COMMAND_LINE, LinkQuery())
    return {
        "contacts in several posts": Figure(shared or 0, ""),
        "things in the largest part": Figure(whole.sizes[0], ""),
        "drawn of them": Figure(len(whole.nodes), ""),
        "graph, largest part": _median(
            lambda: post_links.draw(COMMAND_LINE, LinkQuery()), "≤ 1000"
        ),
        "graph around the busiest contact": _median(
            lambda: post_links.draw(COMMAND_LINE, LinkQuery(contact_id=busiest)), "≤ 1000"
        ),
    }


def _median(action: Callable[[], object], goal: str) -> Figure:
    times = []
    for _ in range(5):
        with _timed() as took:
            action()
        db.session.expunge_all()
        times.append(1000 * took.wall_s)
    return Figure(sorted(times)[2], "ms", goal)


@contextmanager
def _timed() -> Iterator[Took]:
    took = Took()
    wall, processor = time.perf_counter(), time.process_time()
    yield took
    took.wall_s = time.perf_counter() - wall
    took.processor_s = time.process_time() - processor


if __name__ == "__main__":
    main()
