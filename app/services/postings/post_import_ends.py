"""How an import ends that is not done: nothing of it stays but the word that it was tried."""

from __future__ import annotations

from sqlalchemy import delete, select

from app.extensions import db
from app.models import (
    Post,
    PostContactUse,
    PostImport,
    PostImportJob,
    PostImportState,
)
from app.models.columns import utc_now
from app.services.base import audit, post_lock
from app.services.base.actors import Actor
from app.services.contributing import contributed_photos, contribution_retention
from app.services.postings import post_import_files

_VERBS = {PostImportState.FAILED: "posts.import_failed", PostImportState.CANCELLED: "posts.cancel"}


def undo(actor: Actor, import_id: int, state: PostImportState, outcome: str) -> None:
    """Take away what an unfinished import has written, its files too, and say why; commits.

    Does nothing where it has ended meanwhile. May run twice, and after any crash.
    """
    post_lock.hold_lock()
    job = db.session.get(PostImportJob, import_id, with_for_update=True, populate_existing=True)
    if job is None:
        db.session.rollback()
        return
    folder = job.folder
    pictures = {str(one[1]) for one in job.pictures}
    row = db.session.get_one(PostImport, import_id)
    _delete_posts(import_id)
    row.state, row.outcome, row.finished_at = state, outcome, utc_now()
    row.added = row.pictures = 0
    db.session.delete(job)
    audit.record(
        actor, _VERBS[state], subject=f"post import {import_id}", details={"reason": outcome}
    )
    db.session.commit()
    # A worker that died while it kept them may have left some.
    contributed_photos.discard_pictures(pictures)
    db.session.rollback()
    post_import_files.discard(folder)


def _delete_posts(import_id: int) -> None:
    mine = select(Post.id).where(Post.import_id == import_id)
    db.session.execute(delete(PostContactUse).where(PostContactUse.post_id.in_(mine)))
    deleted = db.session.execute(delete(Post).where(Post.import_id == import_id))
    if deleted.rowcount:  # type: ignore[attr-defined]
        contribution_retention.forget_unused()
