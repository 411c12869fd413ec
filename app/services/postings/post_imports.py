"""Imports of posts: files of advertisements, handed in, checked, confirmed, and taken back whole.

`post_import_runs` does the work: in a worker, or at once where it is little.
"""

from __future__ import annotations

import io
from contextlib import ExitStack
from typing import IO, Final

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import joinedload

from app.errors import Conflict, NotFound, Refused
from app.extensions import db
from app.inputs.posts import PostImportInput
from app.intake.post_files import FIELD
from app.models import ImportTask, Post, PostImport, PostImportJob, PostImportState
from app.models.columns import utc_now
from app.models.post_jobs import STEPS_OF
from app.services.base import audit, dispatch, post_access, post_lock
from app.services.base.actors import Actor
from app.services.base.pages import Page, paginate
from app.services.postings import (
    post_import_ends,
    post_import_files,
    post_import_runs,
    post_jobs,
    post_turns,
)
from app.services.postings.post_import_reports import (
    PostImportReport,
    label_of,
    name_of,
    report_of,
)

SMALL_BYTES: Final = 2**20
"""A table up to this size, without pictures, is read where it was handed in: about a second."""
FEW_POSTS: Final = 5000
"""While no more are in force, and none of the above forbids it, work is done where it is asked for:
signs are worked out over all posts."""
HERE: Final = "not a worker"
_BEING: Final = {
    ImportTask.IMPORT: "being imported",
    ImportTask.TAKE_BACK: "being taken back",
    ImportTask.RESTORE: "being restored",
}
_ASKED_AS: Final = {ImportTask.TAKE_BACK: "posts.take_back", ImportTask.RESTORE: "posts.restore"}


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
    """End what is being done with an import: at once, or, where a worker has it, within seconds.

    Of an import nothing stays; one that was to be taken back or restored stays as it was.

    Raises Conflict for one that is done (it can be taken back), NotFound.
    """
    row = _checked(actor, import_id)
    if row.job is None:
        return _ended(row)
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
    return _ended(find_import(actor, import_id))


def _ended(row: PostImport) -> PostImport:
    """What nothing is to be done with; `outcome` says what was cancelled, if anything was."""
    if row.state is PostImportState.DONE and not row.outcome:
        done, instead = (
            ("taken back", "restore it") if row.taken_back_at else ("done", "take it back")
        )
        raise Conflict(f"This import is {done} already: {instead} instead.")
    return row


def take_back(actor: Actor, import_id: int, *, here: bool = False) -> PostImport:
    """Undo an import: its posts count nowhere and are compared no more; they stay on record.

    Few posts at once, or all with `here`; else a worker does it, and the import waits for it.
    Raises Conflict for one that is not done, NotFound.
    """
    return _turn(actor, import_id, ImportTask.TAKE_BACK, here=here)


def restore(actor: Actor, import_id: int, *, here: bool = False) -> PostImport:
    """Bring an import back. Raises Conflict where another import holds some of its posts now.

    Where it is done as for `take_back`.
    """
    return _turn(actor, import_id, ImportTask.RESTORE, here=here)


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
    is_small = post_import_files.table_size_bytes(job.files) <= SMALL_BYTES
    if is_small and not job.with_pictures and _are_few():
        _run_here(actor, row)
    else:
        dispatch.enqueue_import(row.id, job.attempt)


def _are_few(more: int = 0) -> bool:
    """Whether signs of all posts, and these, are worked out within about a second."""
    some = select(Post.id).where(Post.active).limit(FEW_POSTS + 1).subquery()
    in_force = db.session.scalar(select(func.count()).select_from(some)) or 0
    return in_force + more <= FEW_POSTS


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
    """Raise Conflict for a file that is imported or about to be; hold it until the commit."""
    post_lock.hold_file(digest)
    is_in_force = and_(PostImport.state == PostImportState.DONE, PostImport.taken_back_at.is_(None))
    present = db.session.scalar(
        select(PostImport)
        .outerjoin(PostImportJob, PostImportJob.import_id == PostImport.id)
        .where(
            PostImport.file_sha256 == digest,
            PostImport.id != (own_id or 0),
            or_(is_in_force, PostImportJob.confirmed),
        )
        .limit(1)
    )
    if present is None:
        return
    said = "imported already" if present.job is None else _BEING[present.job.task]
    nothing = "; nothing was changed" if present.job is None else ""
    raise Conflict(f"This file is {said}, as “{present.label}”{nothing}.")


# ------------------------------------------------------------------------------------- afterwards


def _checked(actor: Actor, import_id: int) -> PostImport:
    """The import, held with its job against whoever would end or begin it."""
    post_access.require_right(actor)
    row = post_jobs.held(import_id)
    if row is None:
        raise NotFound("There is no such import of posts.")
    return row


def _turn(actor: Actor, import_id: int, task: ImportTask, *, here: bool) -> PostImport:
    row = _checked(actor, import_id)
    if row.job is not None and row.job.task is task:
        return row  # the button was pressed twice
    if row.job is not None and row.job.task is not ImportTask.IMPORT:
        raise Conflict(f"This import is {_BEING[row.job.task]}: wait, or cancel that first.")
    if row.state is not PostImportState.DONE:
        raise Conflict("This import is not done.")
    if (task is ImportTask.TAKE_BACK) is (row.taken_back_at is not None):
        return row
    if task is ImportTask.RESTORE:
        _refuse_twice(row.file_sha256, row.id)
        post_turns.refuse_doubled(row.id)
    row.state, row.outcome = PostImportState.WAITING, ""
    row.job = PostImportJob(
        task=task, step=STEPS_OF[task][0], platform="", with_pictures=False, confirmed=True,
        queued_at=utc_now(), pictures=[], preview=[],
    )  # fmt: skip
    audit.record(actor, _ASKED_AS[task], subject=_name_of(row), details={"posts": row.added})
    db.session.commit()
    if here or _are_few(row.added):
        post_import_runs.run(row.id, HERE, actor=actor)
        db.session.refresh(row)
        if row.outcome:
            raise Conflict(row.outcome)
    else:
        dispatch.enqueue_import(row.id, 0)
    return row


def _name_of(row: PostImport) -> str:
    return f"post import {row.id}"
