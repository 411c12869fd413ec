"""How far an import is, as its page and the API say it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from app.extensions import db
from app.models import ImportStep, ImportTask, PostImport, PostImportState, WorkerRow
from app.models.columns import utc_now
from app.models.post_jobs import STEPS_OF
from app.services.sweeping.workers import SILENT_AFTER

_NO_WORKER = "No worker runs. It begins by itself when one is there; tell an administrator."
_ALL_BUSY = "It waits for a worker that is free; sweeps may hold all of them for a while."


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """Where an import is that has something to do: it is read, taken back or restored.

    `done` of `total` rows, posts with pictures or posts, of this step; both 0 where a step cannot
    be counted. `remaining_s` is for this step, None where nothing can be said yet. `sentence` says
    what it waits for, empty where it does not.
    """

    task: ImportTask
    step: ImportStep
    steps: tuple[ImportStep, ...]
    done: int
    total: int
    remaining_s: float | None
    cancelling: bool
    sentence: str


def progress_of(row: PostImport) -> ImportProgress | None:
    """The progress of an import that waits or runs; None for any other."""
    job = row.job
    if job is None or row.state not in (PostImportState.WAITING, PostImportState.RUNNING):
        return None
    done = {ImportStep.POSTS: job.rows_done, ImportStep.PICTURES: job.pictures_done}.get(
        job.step, job.step_done
    )
    is_waiting = row.state is PostImportState.WAITING
    return ImportProgress(
        task=job.task,
        step=job.step,
        steps=STEPS_OF[job.task],
        done=done,
        total=job.step_total,
        remaining_s=None if is_waiting else _remaining_s(row, done),
        cancelling=job.cancel_wanted,
        sentence=_why_waiting() if is_waiting else "",
    )


def _remaining_s(row: PostImport, done: int) -> float | None:
    job = row.job
    if job is None or done <= job.step_began_with or done >= job.step_total:
        return None
    took_s = (utc_now() - job.step_began_at).total_seconds()
    return took_s * (job.step_total - done) / (done - job.step_began_with)


def _why_waiting() -> str:
    alive = db.session.scalar(
        select(func.count())
        .select_from(WorkerRow)
        .where(WorkerRow.stopped_at.is_(None), WorkerRow.seen_at > utc_now() - SILENT_AFTER)
    )
    return _ALL_BUSY if alive else _NO_WORKER
