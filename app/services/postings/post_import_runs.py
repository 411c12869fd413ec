"""Working an import of posts off, in a worker or, for small files, where it was handed in.

What is read is committed batch by batch together with how far it is, so that another worker goes on
where one died, and nothing is doubled. Posts count nowhere until the last transaction, which makes
them count, keeps their pictures and works the signs out. `post_import_rescue` finds what was lost.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import aliased

from app.current import settings
from app.errors import LastseenError, Unavailable
from app.extensions import db
from app.intake.post_files import RawRow, read_table
from app.intake.post_pictures import PictureArchive
from app.intake.post_rows import (
    ReadingRules,
    image_names_of,
)
from app.models import ContributedPhoto, ImportStep, Post, PostImport, PostImportJob
from app.models.columns import utc_now
from app.models.posts import PostImportState
from app.services.base import audit, post_lock
from app.services.base.actors import WORKER, Actor
from app.services.contributing import contributed_photos
from app.services.postings import (
    post_import_ends,
    post_import_files,
    post_import_rows,
    post_pictures,
    post_scoring,
    post_writing,
)
from app.services.postings.post_pictures import PictureStage, StagedPicture

BATCH: Final = 1000
PICTURES_AT_ONCE: Final = 20
PROBLEMS_KEPT: Final = 500
OUT_OF_TIME: Final = "It took longer than an import may take: divide the file."

log = logging.getLogger(__name__)

Progress = Callable[[], None]


class WorkerStopping(Exception):
    """Raised by the caller's `on_progress`: give the import back, it goes on elsewhere."""


class _Superseded(Exception):
    """Another worker has the import, or it has ended."""


class _CancelWanted(Exception):
    """A person wants it ended."""


def run(
    import_id: int,
    worker: str,
    on_progress: Progress = lambda: None,
    *,
    actor: Actor = WORKER,
) -> None:
    """Check or import a file that waits. May run twice: the second finds nothing to do.

    `on_progress` is called after every commit and may raise WorkerStopping. Commits.
    """
    attempt = _claim(import_id, worker)
    if attempt is None:
        log.info("Import %s is not to be had: ended, or with another worker.", import_id)
        return
    try:
        _Work(import_id, attempt, actor, on_progress).whole()
    except WorkerStopping:
        _give_back(import_id, attempt)
    except _Superseded:
        db.session.rollback()
        log.warning("Import %s was given to another worker meanwhile.", import_id)
    except _CancelWanted:
        db.session.rollback()
        reason = "Cancelled while it ran; nothing of it was kept."
        post_import_ends.undo(actor, import_id, PostImportState.CANCELLED, reason)
    except Unavailable:
        _give_back(import_id, attempt)
        raise
    except LastseenError as error:
        db.session.rollback()
        post_import_ends.undo(actor, import_id, PostImportState.FAILED, str(error))


def out_of_time(import_id: int) -> None:
    """End an import whose job ran out of time."""
    db.session.rollback()
    post_import_ends.undo(WORKER, import_id, PostImportState.FAILED, OUT_OF_TIME)


def _claim(import_id: int, worker: str) -> int | None:
    """Take the import; the number of this attempt, or None if it is not waiting."""
    taken = db.session.scalar(
        update(PostImport)
        .where(PostImport.id == import_id, PostImport.state == PostImportState.WAITING)
        .values(state=PostImportState.RUNNING, outcome="")
        .returning(PostImport.id)
    )
    now = utc_now()
    attempt = taken and db.session.scalar(
        update(PostImportJob)
        .where(PostImportJob.import_id == import_id)
        .values(
            attempt=PostImportJob.attempt + 1, worker=worker, beat_at=now, step=ImportStep.FILE,
            step_began_at=now, step_began_with=0, step_total=0,
        )
        .returning(PostImportJob.attempt)
    )  # fmt: skip
    db.session.commit()
    return attempt


def _give_back(import_id: int, attempt: int) -> None:
    """Let the import wait for a worker; it goes on where it is."""
    db.session.rollback()
    mine = db.session.scalar(
        update(PostImportJob)
        .where(PostImportJob.import_id == import_id, PostImportJob.attempt == attempt)
        .values(worker=None, queued_at=None)
        .returning(PostImportJob.import_id)
    )
    if mine is not None:
        db.session.execute(
            update(PostImport)
            .where(PostImport.id == mine)
            .values(state=PostImportState.WAITING, outcome="")
        )
    db.session.commit()


class _Work:
    """One attempt at one import."""

    def __init__(self, import_id: int, attempt: int, actor: Actor, on_progress: Progress) -> None:
        self._id = import_id
        self._attempt = attempt
        self._actor = actor
        self._on_progress = on_progress

    def whole(self) -> None:
        """All steps, from where the last attempt got to."""
        job, row = self._job(), self._row()
        confirmed, begun = job.confirmed, job.rows_done > 0
        table = read_table(post_import_files.table_of(job.folder))
        columns = post_import_rows.columns_with_text(table)
        if job.with_pictures:
            _check_archive(job.folder)
        if not begun or not confirmed:
            job.rows_done, job.preview = 0, []
            row.format, row.rows, row.columns = table.format, len(table.rows), dict(columns)
            row.added = row.already_there = row.refused = 0
            row.problems = [[None, remark, ""] for remark in table.remarks]
        rules = ReadingRules(row.timezone, row.region, job.platform, row.imported_at)
        self._read_posts(table.rows, columns, rules, confirmed=confirmed)
        if not confirmed:
            self._row().state = PostImportState.CHECKED
            self._note(worker=None)
            return
        self._read_pictures(table.rows, columns)
        self._begin(ImportStep.SIGNS, 0, 0)
        self._finish()

    # ------------------------------------------------------------------------------------- steps

    def _read_posts(
        self,
        rows: Sequence[RawRow],
        columns: Mapping[str, str],
        rules: ReadingRules,
        *,
        confirmed: bool,
    ) -> None:
        done = self._job().rows_done
        mine = select(Post.content_sha256).where(Post.import_id == self._id)
        seen = set(db.session.scalars(mine)) if done else set[str]()
        self._begin(ImportStep.POSTS, done, len(rows))
        for some in post_writing.batches(rows[done:], BATCH):
            posts, problems = post_import_rows.read_rows(some, columns, rules)
            if confirmed:
                post_lock.hold_lock()
            new = list(post_import_rows.unknown(posts, seen))
            row, job = self._row(), self._job()
            if confirmed:
                post_writing.add_posts(self._id, new, row.region)
            elif len(job.preview) < post_import_rows.PREVIEWED:
                room = post_import_rows.PREVIEWED - len(job.preview)
                shown = [post_import_rows.as_preview(post) for post in new[:room]]
                job.preview = [*job.preview, *shown]
            row.added += len(new)
            row.already_there += len(posts) - len(new)
            row.refused += len(problems)
            _add_problems(row, problems)
            done += len(some)
            self._note(rows_done=done)

    def _read_pictures(self, rows: Sequence[RawRow], columns: Mapping[str, str]) -> None:
        job = self._job()
        named = post_pictures.names_by_post(
            {row.number: image_names_of(row, columns) for row in rows}, self._posts_by_row()
        )
        if not named:
            return
        if not job.with_pictures:
            if not job.pictures_done:
                reason = f"{len(named)} posts name pictures, and no archive came with the file."
                _add_problems(self._row(), [post_import_rows.RowProblem(None, reason)])
                self._note(pictures_done=1)
            return
        self._begin(ImportStep.PICTURES, job.pictures_done, len(named))
        self._stage(named)

    def _stage(self, named: Sequence[tuple[int, int, Sequence[str]]]) -> None:
        job, timezone = self._job(), self._row().timezone
        folder, done = job.folder, job.pictures_done
        staged = [StagedPicture.of_json(one) for one in job.pictures]
        with (
            post_import_files.archive_of(folder) as stream,
            PictureArchive(stream, settings().max_photo_bytes) as archive,
        ):
            stage = PictureStage(archive, folder, timezone, staged)
            for some in post_writing.batches(named[done:], PICTURES_AT_ONCE):
                problems = [
                    post_import_rows.RowProblem(row_number, f"Picture: {wrong}", name[:100])
                    for row_number, post_id, names in some
                    for name in names
                    if (wrong := stage.keep(name, post_id))
                ]
                done += len(some)
                _add_problems(self._row(), problems)
                kept = [one.as_json() for one in stage.staged]
                self._note(pictures_done=done, pictures=kept)

    def _finish(self) -> None:
        """Let the posts count, with their pictures and signs, in one transaction."""
        post_lock.hold_lock()
        job, row = self._job(), self._row()
        doubled = _delete_doubled(self._id)
        row.added -= doubled
        row.already_there += doubled
        db.session.execute(
            update(Post)
            .where(Post.import_id == self._id)
            .values(active=True)
            .execution_options(synchronize_session=False)
        )
        added = frozenset(self._posts_by_row().values())
        staged = [StagedPicture.of_json(one) for one in job.pictures]
        photos = post_pictures.keep_staged(job.folder, staged, added)
        row.pictures = len(photos)
        db.session.flush()
        post_scoring.refresh()
        row, folder = self._row(), self._job().folder
        row.state, row.finished_at = PostImportState.DONE, utc_now()
        details = {
            "rows": row.rows, "added": row.added, "already_there": row.already_there,
            "refused": row.refused, "pictures": row.pictures,
        }  # fmt: skip
        audit.record(
            self._actor,
            "posts.import",
            subject=f"post import {self._id}",
            purpose=row.purpose[:500],
            details=details,
        )
        self._end()
        contributed_photos.hand_over(_reread(photos))
        post_import_files.discard(folder)

    # ---------------------------------------------------------------------------------- progress

    def _begin(self, step: ImportStep, done: int, total: int) -> None:
        self._note(step=step, step_began_at=utc_now(), step_began_with=done, step_total=total)

    def _note(self, **values: object) -> None:
        """Commit what was done together with how far it is; raises where it is not ours to do."""
        db.session.flush()
        self._guard(values)
        db.session.commit()
        self._on_progress()

    def _end(self) -> None:
        db.session.flush()
        self._guard({})
        db.session.execute(delete(PostImportJob).where(PostImportJob.import_id == self._id))
        db.session.commit()

    def _guard(self, values: Mapping[str, object]) -> None:
        cancel_wanted = db.session.scalar(
            update(PostImportJob)
            .where(PostImportJob.import_id == self._id, PostImportJob.attempt == self._attempt)
            .values(beat_at=utc_now(), **values)
            .returning(PostImportJob.cancel_wanted)
            .execution_options(synchronize_session=False)
        )
        if cancel_wanted is None:
            raise _Superseded
        if cancel_wanted:
            raise _CancelWanted

    # --------------------------------------------------------------------------------------- rows

    def _row(self) -> PostImport:
        return db.session.get_one(PostImport, self._id)

    def _job(self) -> PostImportJob:
        job = db.session.get(PostImportJob, self._id)
        if job is None:
            raise _Superseded
        return job

    def _posts_by_row(self) -> dict[int, int]:
        rows = db.session.execute(
            select(Post.row_number, Post.id).where(Post.import_id == self._id)
        )
        return dict(rows.all())


def _add_problems(row: PostImport, problems: Sequence[post_import_rows.RowProblem]) -> None:
    if problems:
        more = [[one.row_number, one.reason, one.value] for one in problems]
        row.problems = [*row.problems, *more][:PROBLEMS_KEPT]


def _check_archive(folder: str) -> None:
    """Refuse a zip that is none before anything is written."""
    with (
        post_import_files.archive_of(folder) as stream,
        PictureArchive(stream, settings().max_photo_bytes),
    ):
        pass


def _delete_doubled(import_id: int) -> int:
    """Let go of those posts that came with another import since they were read."""
    other = aliased(Post)
    doubled = (
        select(Post.id)
        .join(other, other.content_sha256 == Post.content_sha256)
        .where(Post.import_id == import_id, other.active)
    )
    gone = db.session.execute(
        delete(Post).where(Post.id.in_(doubled)).execution_options(synchronize_session=False)
    )
    return int(gone.rowcount)  # type: ignore[attr-defined]


def _reread(photos: Sequence[ContributedPhoto]) -> list[ContributedPhoto]:
    ids = [photo.id for photo in photos]
    found = (
        select(ContributedPhoto).where(ContributedPhoto.id.in_(ids)).order_by(ContributedPhoto.id)
    )
    return list(db.session.scalars(found))
