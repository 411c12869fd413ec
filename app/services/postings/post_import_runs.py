"""Working an import of posts off, in a worker or, for little work, where it was asked for.

What is read is committed batch by batch together with how far it is, so that another worker goes on
where one died, and nothing is doubled. Posts count nowhere until the last transaction, which makes
them count, keeps their pictures and works the signs out. `post_import_rescue` finds what was lost.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
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
from app.models import ImportStep, ImportTask, Post, PostImport, PostImportJob
from app.models.columns import utc_now
from app.models.posts import PostImportState
from app.services.base import audit, post_lock
from app.services.base.actors import WORKER, Actor
from app.services.contributing import contributed_photos
from app.services.postings import (
    post_import_ends,
    post_import_files,
    post_import_rows,
    post_jobs,
    post_pictures,
    post_scoring,
    post_turns,
    post_writing,
)
from app.services.postings.post_jobs import Claim, Progress, WorkerStopping
from app.services.postings.post_pictures import PictureStage, StagedPicture

BATCH: Final = 1000
PICTURES_AT_ONCE: Final = 20
PROBLEMS_KEPT: Final = 500
OUT_OF_TIME: Final = "It took longer than a job may take."

log = logging.getLogger(__name__)


def run(
    import_id: int,
    worker: str,
    on_progress: Progress = lambda: None,
    *,
    actor: Actor = WORKER,
) -> None:
    """Do what waits to be done with an import. May run twice: the second finds nothing to do.

    `on_progress` is called after every commit, or part of one, and may raise WorkerStopping.
    Commits.
    """
    claimed = post_jobs.claim(import_id, worker)
    if claimed is None:
        log.info("Import %s is not to be had: ended, or with another worker.", import_id)
        return
    try:
        _do(claimed, actor, on_progress)
    except WorkerStopping:
        post_jobs.give_back(claimed)
    except post_jobs.Superseded:
        db.session.rollback()
        log.warning("Import %s was given to another worker meanwhile.", import_id)
    except post_jobs.CancelWanted:
        db.session.rollback()
        reason = "Cancelled while it ran."
        post_import_ends.undo(actor, import_id, PostImportState.CANCELLED, reason)
    except Unavailable:
        post_jobs.give_back(claimed)
        raise
    except LastseenError as error:
        db.session.rollback()
        post_import_ends.undo(actor, import_id, PostImportState.FAILED, str(error))


def out_of_time(import_id: int) -> None:
    """End a job that ran out of time."""
    db.session.rollback()
    post_import_ends.undo(
        WORKER, import_id, PostImportState.FAILED, OUT_OF_TIME, advice="Divide the file."
    )


def _do(claimed: Claim, actor: Actor, on_progress: Progress) -> None:
    if claimed.task is ImportTask.IMPORT:
        _Work(claimed, actor, on_progress).whole()
    else:
        post_turns.turn(claimed, actor, on_progress)


class _Work:
    """One attempt at one import."""

    def __init__(self, claimed: Claim, actor: Actor, on_progress: Progress) -> None:
        self._claim = claimed
        self._id = claimed.import_id
        self._actor = actor
        self._on_progress = on_progress

    def whole(self) -> None:
        """All steps, from where the last attempt got to."""
        job, row = self._job(), self._row()
        confirmed, begun = job.confirmed, job.rows_done > 0
        table = read_table(post_import_files.table_of(job.files))
        columns = post_import_rows.columns_with_text(table)
        if job.with_pictures:
            _check_archive(job.files)
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
        folder, done = job.files, job.pictures_done
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
        job, doubled = self._job(), _delete_doubled(self._id)
        db.session.execute(
            update(Post)
            .where(Post.import_id == self._id)
            .values(active=True)
            .execution_options(synchronize_session=False)
        )
        added = frozenset(self._posts_by_row().values())
        staged = [StagedPicture.of_json(one) for one in job.pictures]
        photos = post_pictures.keep_staged(job.files, staged, added)
        db.session.flush()
        photo_ids = [photo.id for photo in photos]
        post_scoring.refresh(self._on_part)
        # The import's row is held from here only: whoever would cancel it need not wait for this.
        row, folder = self._row(), self._job().files
        row.added -= doubled
        row.already_there += doubled
        row.pictures = len(photos)
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
        post_jobs.end(self._claim)
        db.session.commit()
        contributed_photos.hand_over(post_pictures.by_ids(photo_ids))
        post_import_files.discard(folder)

    def _on_part(self, done: int, total: int) -> None:
        post_jobs.beat(self._claim, done, total)
        self._on_progress()

    # ---------------------------------------------------------------------------------- progress

    def _begin(self, step: ImportStep, done: int, total: int) -> None:
        self._note(step=step, step_began_at=utc_now(), step_began_with=done, step_total=total)

    def _note(self, **values: object) -> None:
        """Commit what was done together with how far it is; raises where it is not ours to do."""
        post_jobs.guard(self._claim, values)
        db.session.commit()
        self._on_progress()

    # --------------------------------------------------------------------------------------- rows

    def _row(self) -> PostImport:
        return db.session.get_one(PostImport, self._id)

    def _job(self) -> PostImportJob:
        job = db.session.get(PostImportJob, self._id)
        if job is None:
            raise post_jobs.Superseded
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
