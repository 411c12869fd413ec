"""How a job ends that is not done.

Of an import nothing stays but the word that it was tried; one that was to be taken back or restored
stays as it was.
"""

from __future__ import annotations

from sqlalchemy import delete, select

from app.extensions import db
from app.models import (
    ImportTask,
    Post,
    PostContactUse,
    PostImport,
    PostImportJob,
    PostImportState,
)
from app.models.columns import utc_now
from app.services.base import audit, kept_pictures, post_lock
from app.services.base.actors import Actor
from app.services.contributing import contribution_retention
from app.services.postings import post_import_files, post_jobs

_VERBS = {PostImportState.FAILED: "posts.import_failed", PostImportState.CANCELLED: "posts.cancel"}
_UNCHANGED = {
    ImportTask.TAKE_BACK: "It was not taken back, nothing was changed",
    ImportTask.RESTORE: "It was not restored, nothing was changed",
}


def undo(
    actor: Actor,
    import_id: int,
    state: PostImportState,
    reason: str,
    *,
    advice: str = "",
    only_if: PostImportState | None = None,
) -> None:
    """Take away what an unfinished job has written, its files too, and say why; commits.

    `advice` is added for a file that can be handed in anew. Does nothing where the job has ended
    meanwhile, or the import is not `only_if` any more. May run twice, and after any crash.
    """
    post_lock.hold_lock()
    row = post_jobs.held(import_id)
    job = db.session.get(PostImportJob, import_id, with_for_update=True, populate_existing=True)
    if row is None or job is None or (only_if is not None and row.state is not only_if):
        db.session.rollback()
    elif job.task is ImportTask.IMPORT:
        _undo_import(actor, row, job, state, f"{reason} {advice}".strip())
    else:
        _leave_as_it_was(actor, row, job, reason)


def _leave_as_it_was(actor: Actor, row: PostImport, job: PostImportJob, reason: str) -> None:
    """Its work was one transaction, which is rolled back already."""
    row.state, row.outcome = PostImportState.DONE, f"{_UNCHANGED[job.task]}: {reason}"
    audit.record(
        actor,
        f"posts.not_{'restored' if job.task is ImportTask.RESTORE else 'taken_back'}",
        subject=f"post import {row.id}",
        details={"reason": reason},
    )
    db.session.delete(job)
    db.session.commit()


def _undo_import(
    actor: Actor, row: PostImport, job: PostImportJob, state: PostImportState, outcome: str
) -> None:
    folder = job.files
    pictures = {str(one[1]) for one in job.pictures}
    _delete_posts(row.id)
    row.state, row.outcome, row.finished_at = state, outcome, utc_now()
    row.added = row.pictures = 0
    db.session.delete(job)
    audit.record(actor, _VERBS[state], subject=f"post import {row.id}", details={"reason": outcome})
    db.session.commit()
    # A worker that died while it kept them may have left some.
    kept_pictures.discard_unnamed(pictures)
    db.session.rollback()
    post_import_files.discard(folder)


def _delete_posts(import_id: int) -> None:
    mine = select(Post.id).where(Post.import_id == import_id)
    db.session.execute(delete(PostContactUse).where(PostContactUse.post_id.in_(mine)))
    deleted = db.session.execute(delete(Post).where(Post.import_id == import_id))
    if deleted.rowcount:  # type: ignore[attr-defined]
        contribution_retention.forget_unused()
