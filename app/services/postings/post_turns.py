"""Taking a finished import of posts back, and restoring it.

Posts come and go all together: the work is one transaction. A worker that dies has changed nothing,
and another begins anew; how far it is, a second connection says meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import func, select, update

from app.errors import Conflict
from app.extensions import db
from app.models import ContributedPhoto, ImportStep, ImportTask, Post
from app.models.columns import utc_now
from app.models.posts import PostImportState
from app.services.base import audit, post_lock
from app.services.base.actors import Actor
from app.services.contributing import contributed_photos
from app.services.postings import post_jobs, post_pictures, post_scoring
from app.services.postings.post_jobs import Claim, Progress, Superseded

POSTS_AT_ONCE: Final = 5000
DONE_AS: Final = {ImportTask.TAKE_BACK: "posts.taken_back", ImportTask.RESTORE: "posts.restored"}


def turn(claimed: Claim, actor: Actor, on_progress: Progress) -> None:
    """Do what was asked for; commits. Raises Conflict where posts came back otherwise."""

    def on_part(done: int, total: int) -> None:
        post_jobs.beat(claimed, done, total)
        on_progress()

    post_lock.hold_lock()
    is_restored = claimed.task is ImportTask.RESTORE
    if is_restored:
        refuse_doubled(claimed.import_id)
    ids = db.session.scalars(
        select(Post.id).where(Post.import_id == claimed.import_id).order_by(Post.id)
    ).all()
    for start in range(0, len(ids), POSTS_AT_ONCE):
        on_part(start, len(ids))
        db.session.execute(
            update(Post)
            .where(Post.id.in_(ids[start : start + POSTS_AT_ONCE]))
            .values(active=is_restored)
            .execution_options(synchronize_session=False)
        )
    post_jobs.begin_beside(claimed, ImportStep.SIGNS)
    post_scoring.refresh(on_part)
    photo_ids = _look_again(claimed.import_id) if is_restored else ()
    _keep(claimed, actor)
    contributed_photos.hand_over(post_pictures.by_ids(photo_ids))


def refuse_doubled(import_id: int) -> None:
    """Raise Conflict where another import holds some of its posts now."""
    mine = select(Post.content_sha256).where(Post.import_id == import_id)
    doubled = db.session.scalar(
        select(func.count(Post.id)).where(
            Post.active, Post.import_id != import_id, Post.content_sha256.in_(mine)
        )
    )
    if doubled:
        raise Conflict(
            f"{doubled} of its posts came with another import meanwhile: take that back first."
        )


def _keep(claimed: Claim, actor: Actor) -> None:
    row = post_jobs.held(claimed.import_id)
    if row is None:
        raise Superseded
    row.taken_back_at = None if claimed.task is ImportTask.RESTORE else utc_now()
    row.state = PostImportState.DONE
    audit.record(
        actor, DONE_AS[claimed.task], subject=f"post import {row.id}", details={"posts": row.added}
    )
    post_jobs.end(claimed)
    db.session.commit()


def _look_again(import_id: int) -> Sequence[int]:
    """Let its pictures wait for a worker, as cases may have been opened meanwhile; their ids."""
    photos = db.session.scalars(
        select(ContributedPhoto)
        .join(Post, Post.id == ContributedPhoto.post_id)
        .where(Post.import_id == import_id)
    ).all()
    contributed_photos.look_again(photos)
    return [photo.id for photo in photos]
