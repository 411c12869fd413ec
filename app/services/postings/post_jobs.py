"""Who has the job of an import of posts: taking it, giving it back, and staying its holder.

Whoever changes both an import and its job takes the import first: so nobody waits in a circle.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from app.extensions import db
from app.models import ImportStep, ImportTask, PostImport, PostImportJob
from app.models.columns import utc_now
from app.models.post_jobs import STEPS_OF
from app.models.posts import PostImportState

Progress = Callable[[], None]
"""Called after every commit or part of one; may raise `WorkerStopping`."""


class WorkerStopping(Exception):
    """Raised by the caller's `on_progress`: give the job back, it goes on elsewhere."""


class Superseded(Exception):
    """Another worker has the job, or it has ended."""


class CancelWanted(Exception):
    """A person wants it ended."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A job that this process has: what to do, and the number of the attempt at it."""

    import_id: int
    attempt: int
    task: ImportTask


def held(import_id: int) -> PostImport | None:
    """The import as it is now, held until the commit against whoever would begin or end its job."""
    return db.session.get(
        PostImport, import_id, with_for_update={"key_share": True}, populate_existing=True
    )


def claim(import_id: int, worker: str) -> Claim | None:
    """Take the job of an import that waits; None if there is none to be had. Commits."""
    taken = db.session.scalar(
        update(PostImport)
        .where(PostImport.id == import_id, PostImport.state == PostImportState.WAITING)
        .values(state=PostImportState.RUNNING, outcome="")
        .returning(PostImport.id)
    )
    job = db.session.get(PostImportJob, import_id, populate_existing=True) if taken else None
    if job is None:
        db.session.rollback()
        return None
    job.attempt += 1
    job.worker, job.beat_at = worker, utc_now()
    job.step, job.step_began_at = STEPS_OF[job.task][0], utc_now()
    job.step_began_with = job.step_total = job.step_done = 0
    claimed = Claim(import_id, job.attempt, job.task)
    db.session.commit()
    return claimed


def give_back(claimed: Claim) -> None:
    """Let it wait for a worker, unless another has it; it goes on where it is. Commits."""
    db.session.rollback()
    let_wait(claimed.import_id, claimed.attempt)


def let_wait(import_id: int, attempt: int) -> None:
    """Let a running job wait for a worker, if this attempt has it still. Commits."""
    row = held(import_id)
    mine = db.session.scalar(
        update(PostImportJob)
        .where(PostImportJob.import_id == import_id, PostImportJob.attempt == attempt)
        .values(worker=None, queued_at=None)
        .returning(PostImportJob.import_id)
    )
    if row is not None and mine is not None and row.state is PostImportState.RUNNING:
        row.state, row.outcome = PostImportState.WAITING, ""
    db.session.commit()


def guard(claimed: Claim, values: Mapping[str, object]) -> None:
    """Write values into the job within this transaction; the job is held from here on.

    Raises Superseded and CancelWanted where it is not ours to do.
    """
    db.session.flush()
    cancel_wanted = db.session.scalar(
        update(PostImportJob)
        .where(*_is(claimed))
        .values(beat_at=utc_now(), **values)
        .returning(PostImportJob.cancel_wanted)
        .execution_options(synchronize_session=False)
    )
    _go_on(cancel_wanted)


def beat(claimed: Claim, done: int, total: int) -> None:
    """Say how far a step is that is one transaction. Raises Superseded and CancelWanted."""
    _go_on(db.session.scalar(select(PostImportJob.cancel_wanted).where(*_is(claimed))))
    began = {"step_began_at": utc_now()} if done == 0 else {}
    _write_beside(claimed, step_done=done, step_total=total, **began)


def begin_beside(claimed: Claim, step: ImportStep) -> None:
    """Say that a step begins, within the transaction of the step before."""
    _write_beside(claimed, step=step, step_began_at=utc_now(), step_done=0, step_total=0)


def _write_beside(claimed: Claim, **values: object) -> None:
    """Write into the job in a transaction of its own, so that pages see it before the work ends."""
    with Session(db.engine) as beside:
        beside.execute(
            update(PostImportJob).where(*_is(claimed)).values(beat_at=utc_now(), **values)
        )
        beside.commit()


def end(claimed: Claim) -> None:
    """Let go of the job that is done. Raises Superseded and CancelWanted. Does not commit."""
    guard(claimed, {})
    db.session.execute(delete(PostImportJob).where(*_is(claimed)))


def _is(claimed: Claim) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return PostImportJob.import_id == claimed.import_id, PostImportJob.attempt == claimed.attempt


def _go_on(cancel_wanted: bool | None) -> None:
    if cancel_wanted is None:
        raise Superseded
    if cancel_wanted:
        raise CancelWanted
