"""Imports of posts: files of advertisements, handed in, checked, confirmed, and taken back whole.

`post_import_runs` does the work: in a worker, or at once for a small table without pictures.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import ExitStack
from typing import IO, Final

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import joinedload

from app.errors import Conflict, NotFound, Refused
from app.extensions import db
from app.inputs.posts import PostImportInput
from app.intake.post_files import FIELD
from app.models import ContributedPhoto, Post, PostImport, PostImportJob, PostImportState
from app.models.columns import utc_now
from app.services.base import audit, dispatch, post_access, post_lock
from app.services.base.actors import Actor
from app.services.base.pages import Page, paginate
from app.services.contributing import contributed_photos
from app.services.postings import (
    post_import_ends,
    post_import_files,
    post_import_runs,
    post_scoring,
)
from app.services.postings.post_import_reports import (
    PostImportReport,
    label_of,
    name_of,
    report_of,
)

SMALL_BYTES: Final = 2**20
"""A table up to this size, without pictures, is read where it was handed in: about a second."""
HERE: Final = "not a worker"


def hand_in(
    actor: Actor,
    table: IO[bytes],
    file_name: str,
    given: PostImportInput,
    *,
    pictures: IO[bytes] | None = None,
    confirmed: bool = False,
) -> PostImport:
    """Take a CSV or JSON file of posts, and a zip of its pictures, to be checked or imported.

    A small table is read at once, everything else by a worker. Raises Refused and TooLarge for
    files that cannot be read, where that is known at once; Conflict for a file that is imported
    already, NotFound without the right.
    """
    post_access.require_right(actor)
    row = _record(actor, table, file_name, given, pictures, confirmed=confirmed)
    _start(actor, row)
    return row


def import_posts(
    actor: Actor,
    data: bytes,
    file_name: str,
    given: PostImportInput,
    *,
    pictures: IO[bytes] | None = None,
) -> PostImportReport:
    """Import a file to its end, in this process, and say what came of it.

    Rows with a problem are reported and left out, the others taken; posts that are there already
    are left as they are. Raises as `hand_in`.
    """
    post_access.require_right(actor)
    row = _record(actor, io.BytesIO(data), file_name, given, pictures, confirmed=True)
    _run_here(actor, row)
    return report_of(row)


def list_imports(actor: Actor, page: int, per_page: int) -> Page[PostImport]:
    """All imports, the newest first; those too that run, failed or were taken back."""
    post_access.require_right(actor)
    return paginate(
        select(PostImport)
        .options(joinedload(PostImport.imported_by), joinedload(PostImport.job))
        .order_by(PostImport.id.desc()),
        page,
        per_page,
    )


def find_import(actor: Actor, import_id: int) -> PostImport:
    """One import. Raises NotFound."""
    post_access.require_right(actor)
    row = db.session.get(PostImport, import_id)
    if row is None:
        raise NotFound("There is no such import of posts.")
    return row


def confirm(actor: Actor, import_id: int) -> PostImport:
    """Import what was checked. Raises Conflict where that is not to be done, NotFound."""
    row = _checked(actor, import_id)
    if row.state in (PostImportState.WAITING, PostImportState.RUNNING, PostImportState.DONE):
        return row  # the button was pressed twice
    if row.state is not PostImportState.CHECKED or row.job is None:
        raise Conflict("This import has ended: hand the file in again.")
    _refuse_twice(row.file_sha256, row.id)
    row.state, row.job.confirmed = PostImportState.WAITING, True
    row.job.rows_done, row.job.queued_at = 0, utc_now()
    audit.record(actor, "posts.confirm", subject=_name_of(row), purpose=row.purpose[:500])
    db.session.commit()
    _start(actor, row)
    return row


def cancel(actor: Actor, import_id: int) -> PostImport:
    """End an import that is not done: at once, or, where a worker has it, at its next commit.

    Raises Conflict for one that is done (it can be taken back), NotFound.
    """
    row = _checked(actor, import_id)
    if row.state is PostImportState.DONE:
        raise Conflict("This import is done already: take it back instead.")
    if row.job is None:
        return row
    if row.state is PostImportState.RUNNING:
        if not row.job.cancel_wanted:
            row.job.cancel_wanted = True
            audit.record(actor, "posts.cancel", subject=_name_of(row))
        db.session.commit()
        return row
    db.session.rollback()
    post_import_ends.undo(
        actor, import_id, PostImportState.CANCELLED, f"Cancelled by {actor.name}."
    )
    return find_import(actor, import_id)


def take_back(actor: Actor, import_id: int) -> PostImport:
    """Undo an import: its posts count nowhere and are compared no more; they stay on record.

    Raises Conflict for one that is not done, NotFound.
    """
    row = _locked(actor, import_id)
    if row.taken_back_at is None:
        row.taken_back_at = utc_now()
        _set_active(row, active=False)
        audit.record(actor, "posts.take_back", subject=_name_of(row), details={"posts": row.added})
        db.session.commit()
    return row


def restore(actor: Actor, import_id: int) -> PostImport:
    """Bring an import back. Raises Conflict where another import holds some of its posts now."""
    row = _locked(actor, import_id)
    if row.taken_back_at is None:
        return row
    mine = select(Post.content_sha256).where(Post.import_id == row.id)
    doubled = db.session.scalar(
        select(func.count(Post.id)).where(Post.active, Post.content_sha256.in_(mine))
    )
    if doubled:
        raise Conflict(
            f"{doubled} of its posts came with another import meanwhile: take that back first."
        )
    row.taken_back_at = None
    _set_active(row, active=True)
    audit.record(actor, "posts.restore", subject=_name_of(row), details={"posts": row.added})
    db.session.commit()
    contributed_photos.hand_over(_looked_at_again(row))
    return row


# ------------------------------------------------------------------------------------ handing in


def _record(
    actor: Actor,
    table: IO[bytes],
    file_name: str,
    given: PostImportInput,
    pictures: IO[bytes] | None,
    *,
    confirmed: bool,
) -> PostImport:
    """Keep the files and the row of an import that waits; commits. Leaves no file behind."""
    folder, digest = post_import_files.save(table, pictures)
    with ExitStack() as undo:
        undo.callback(post_import_files.discard, folder)
        _refuse_twice(digest)
        row = _new_import(actor, given, file_name, digest)
        row.job = PostImportJob(
            folder=folder,
            platform=given.platform,
            with_pictures=pictures is not None,
            confirmed=confirmed,
            queued_at=utc_now(),
            pictures=[],
            preview=[],
        )
        db.session.add(row)
        db.session.flush()
        details = {"sha256": digest, "origin": given.origin, "import": confirmed}
        audit.record(
            actor, "posts.hand_in", subject=_name_of(row), purpose=given.purpose[:500],
            details=details,
        )  # fmt: skip
        db.session.commit()
        undo.pop_all()
    return row


def _start(actor: Actor, row: PostImport) -> None:
    job = row.job
    if job is None:
        return
    is_small = post_import_files.table_size_bytes(job.folder) <= SMALL_BYTES
    if is_small and not job.with_pictures:
        _run_here(actor, row)
    else:
        dispatch.enqueue_import(row.id, job.attempt)


def _run_here(actor: Actor, row: PostImport) -> None:
    """Work an import off at once. Raises Refused for a file that is none; nothing of it stays."""
    post_import_runs.run(row.id, HERE, actor=actor)
    db.session.refresh(row)
    if row.state is PostImportState.FAILED:
        outcome = row.outcome
        db.session.delete(row)
        db.session.commit()
        raise Refused(outcome, {FIELD: outcome})


def _new_import(actor: Actor, given: PostImportInput, file_name: str, digest: str) -> PostImport:
    return PostImport(
        label=given.label or label_of(file_name),
        origin=given.origin,
        purpose=given.purpose,
        timezone=given.timezone,
        region=given.region,
        format="",
        file_name=name_of(file_name),
        file_sha256=digest,
        rows=0,
        added=0,
        already_there=0,
        refused=0,
        pictures=0,
        problems=[],
        columns={},
        state=PostImportState.WAITING,
        imported_by_id=actor.user_id,
    )


def _refuse_twice(digest: str, own_id: int | None = None) -> None:
    present = db.session.scalar(
        select(PostImport)
        .outerjoin(PostImportJob, PostImportJob.import_id == PostImport.id)
        .where(
            PostImport.file_sha256 == digest,
            PostImport.taken_back_at.is_(None),
            PostImport.id != (own_id or 0),
            or_(PostImport.state == PostImportState.DONE, PostImportJob.confirmed),
        )
        .limit(1)
    )
    if present is None:
        return
    is_done = present.state is PostImportState.DONE
    raise Conflict(
        f"This file is imported already, as “{present.label}”; nothing was changed."
        if is_done
        else f"This file is being imported, as “{present.label}”."
    )


# ------------------------------------------------------------------------------------- afterwards


def _checked(actor: Actor, import_id: int) -> PostImport:
    """The import, held with its job against whoever would end or begin it."""
    post_access.require_right(actor)
    row = db.session.get(
        PostImport, import_id, with_for_update={"of": PostImport}, populate_existing=True
    )
    if row is None:
        raise NotFound("There is no such import of posts.")
    return row


def _locked(actor: Actor, import_id: int) -> PostImport:
    post_access.require_right(actor)
    post_lock.hold_lock()
    row = _checked(actor, import_id)
    if row.state is not PostImportState.DONE:
        raise Conflict("This import is not done.")
    return row


def _set_active(row: PostImport, *, active: bool) -> None:
    db.session.execute(
        update(Post)
        .where(Post.import_id == row.id)
        .values(active=active)
        .execution_options(synchronize_session=False)
    )
    post_scoring.refresh()


def _looked_at_again(row: PostImport) -> Sequence[ContributedPhoto]:
    """Its pictures, waiting for a worker: cases may have been opened meanwhile."""
    photos = db.session.scalars(
        select(ContributedPhoto)
        .join(Post, Post.id == ContributedPhoto.post_id)
        .where(Post.import_id == row.id)
    ).all()
    contributed_photos.look_again(photos)
    db.session.commit()
    return photos


def _name_of(row: PostImport) -> str:
    return f"post import {row.id}"
