"""What the scheduler does for imports of posts: put lost ones back, tidy what nobody needs."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, case, delete, or_, select, update

from app.extensions import db
from app.models import PostImport, PostImportJob, WorkerRow
from app.models.columns import utc_now
from app.models.posts import PostImportState
from app.services.base import dispatch
from app.services.base.actors import SCHEDULER
from app.services.postings import post_import_ends, post_import_files, post_jobs
from app.services.sweeping.workers import SILENT_AFTER

MAX_ATTEMPTS: Final = 5
QUEUED_PATIENCE: Final = timedelta(seconds=5)
"""An import queued for less than this may still be on its way into Redis."""
SILENT_ELSEWHERE: Final = timedelta(minutes=5)
"""A command or a web process says nothing but at its commits."""
UNCONFIRMED_FOR: Final = timedelta(hours=24)
ENDED_SHOWN_FOR: Final = timedelta(days=7)
SILENT_AT_WORK: Final = timedelta(minutes=15)
"""A worker that lives, and yet wrote nothing for so long, has lost the job to a fault."""
TOO_MANY_DEATHS: Final = f"Workers died at it {MAX_ATTEMPTS} times."
NOT_CONFIRMED: Final = "Nobody imported it within a day after it was checked."


def rescue() -> int:
    """Put imports back into Redis that it lost, or whose worker fell silent. Returns how many.

    Raises one of `queues.RedisDown`.
    """
    _release_silent()
    before = utc_now() - QUEUED_PATIENCE
    lost = db.session.execute(
        select(PostImportJob.import_id, PostImportJob.attempt)
        .join(PostImport, PostImport.id == PostImportJob.import_id)
        .where(
            PostImport.state == PostImportState.WAITING,
            or_(PostImportJob.queued_at.is_(None), PostImportJob.queued_at < before),
        )
    ).all()
    db.session.rollback()
    if not lost:
        return 0
    waiting = dispatch.waiting_imports()
    again = [(row.import_id, row.attempt) for row in lost if row.import_id not in waiting]
    dispatch.put_imports_again(again)
    ids = [import_id for import_id, _ in again]
    db.session.execute(
        update(PostImportJob)
        .where(PostImportJob.import_id.in_(ids))
        .values(queued_at=utc_now())
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
    return len(again)


def tidy() -> None:
    """End checks that nobody confirmed; forget ended imports and folders that nothing names."""
    now = utc_now()
    stale = db.session.scalars(
        select(PostImportJob.import_id)
        .join(PostImport, PostImport.id == PostImportJob.import_id)
        .where(
            PostImport.state == PostImportState.CHECKED,
            PostImportJob.beat_at < now - UNCONFIRMED_FOR,
        )
    ).all()
    for import_id in stale:
        post_import_ends.undo(
            SCHEDULER,
            import_id,
            PostImportState.CANCELLED,
            NOT_CONFIRMED,
            only_if=PostImportState.CHECKED,
        )
    ended = (PostImportState.FAILED, PostImportState.CANCELLED)
    db.session.execute(
        delete(PostImport).where(
            PostImport.state.in_(ended), PostImport.finished_at < now - ENDED_SHOWN_FOR
        )
    )
    db.session.commit()
    named = db.session.scalars(
        select(PostImportJob.folder).where(PostImportJob.folder.is_not(None))
    )
    known = frozenset(folder for folder in named if folder)
    db.session.rollback()
    for folder in post_import_files.unclaimed(known):
        post_import_files.discard(folder)


def _release_silent() -> None:
    """Let imports wait again whose worker fell silent; end cancelled ones and those that kill."""
    silent = db.session.execute(
        select(PostImportJob.import_id, PostImportJob.attempt, PostImportJob.cancel_wanted)
        .join(PostImport, PostImport.id == PostImportJob.import_id)
        .outerjoin(WorkerRow, WorkerRow.name == PostImportJob.worker)
        .where(PostImport.state == PostImportState.RUNNING, _has_fallen_silent())
    ).all()
    db.session.rollback()
    for import_id, attempt, cancel_wanted in silent:
        if cancel_wanted:
            reason = "Cancelled; its worker had died."
            post_import_ends.undo(SCHEDULER, import_id, PostImportState.CANCELLED, reason)
        elif attempt >= MAX_ATTEMPTS:
            post_import_ends.undo(
                SCHEDULER, import_id, PostImportState.FAILED, TOO_MANY_DEATHS,
                advice="Divide the file.",
            )  # fmt: skip
        else:
            post_jobs.let_wait(import_id, attempt)


def _has_fallen_silent() -> ColumnElement[bool]:
    now = utc_now()
    died = or_(
        WorkerRow.seen_at < now - SILENT_AFTER,
        WorkerRow.stopped_at.is_not(None),
        # Another process of the same name: in a container its number is always the same.
        WorkerRow.started_at > PostImportJob.beat_at,
    )
    patience = case((WorkerRow.name.is_(None), SILENT_ELSEWHERE), else_=SILENT_AT_WORK)
    return or_(and_(WorkerRow.name.is_not(None), died), PostImportJob.beat_at < now - patience)
