"""Imports of posts: files of advertisements, read whole or refused, and taken back whole."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import IO, Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import joinedload

from app.errors import Conflict, NotFound, Refused
from app.extensions import db
from app.inputs.posts import PostImportInput
from app.intake.post_files import FIELD, PostTable, read_table
from app.intake.post_rows import ReadingRules, ReadPost, RowRefused, columns_of, read_row
from app.models import ContributedPhoto, Post, PostImport
from app.models.columns import utc_now
from app.services.base import audit, post_access
from app.services.base.actors import Actor
from app.services.base.pages import Page, paginate
from app.services.contributing import contributed_photos
from app.services.postings import post_pictures, post_scoring, post_writing
from app.services.postings.post_pictures import RowProblem

PROBLEMS_KEPT: Final = 500
PREVIEWED: Final = 20


@dataclass(frozen=True)
class PostImportReport:
    """What an import did, or, with `dry_run`, would do.

    `columns` says which column was taken for what; `posts` are the first of those added.
    """

    import_id: int | None
    label: str
    file_name: str
    format: str
    rows: int
    added: int
    already_there: int
    refused: int
    pictures: int
    columns: Mapping[str, str]
    posts: Sequence[ReadPost]
    problems: Sequence[RowProblem]
    dry_run: bool


@dataclass(frozen=True)
class _Read:
    """A file whose rows were read, and held against the posts that are there."""

    table: PostTable
    columns: Mapping[str, str]
    new: Sequence[ReadPost]
    already_there: int
    refused: int
    problems: Sequence[RowProblem]


def import_posts(
    actor: Actor,
    data: bytes,
    file_name: str,
    given: PostImportInput,
    *,
    pictures: IO[bytes] | None = None,
    dry_run: bool = False,
) -> PostImportReport:
    """Read a CSV or JSON file of posts, and the pictures that it names from a zip beside it.

    Rows with a problem are reported and left out, the others taken; posts that are there already
    are left as they are. Raises Refused and TooLarge for files that cannot be read, Conflict for a
    file that is imported already, NotFound without the right.
    """
    post_access.require_right(actor)
    digest = _digest(data, pictures)
    _refuse_twice(digest)
    read = _read(data, given)
    label = given.label or PurePath(file_name).stem[:100] or "posts"
    name = PurePath(file_name.replace("\\", "/")).name[:255]
    if dry_run:
        return _report(None, label, name, read, 0, read.problems, dry_run=True)
    post_scoring.hold_lock()
    _refuse_twice(digest)
    row = _new_import(actor, given, label, name, digest, read)
    db.session.add(row)
    db.session.flush()
    ids = post_writing.add_posts(row.id, read.new, given.region)
    kept, picture_problems = post_pictures.keep_pictures(
        dict(zip(ids, read.new, strict=True)), pictures, given.timezone
    )
    problems = [*read.problems, *picture_problems]
    row.pictures = len(kept)
    row.problems = [[one.row_number, one.reason, one.value] for one in problems[:PROBLEMS_KEPT]]
    post_scoring.refresh()
    details = {
        "sha256": digest, "origin": given.origin, "rows": row.rows, "added": row.added,
        "already_there": row.already_there, "refused": row.refused, "pictures": row.pictures,
    }  # fmt: skip
    audit.record(
        actor, "posts.import", subject=_name(row), purpose=given.purpose[:500], details=details
    )
    db.session.commit()
    contributed_photos.hand_over(kept)
    return _report(row.id, label, name, read, len(kept), problems, dry_run=False)


def list_imports(actor: Actor, page: int, per_page: int) -> Page[PostImport]:
    """All imports, the newest first; those that were taken back too."""
    post_access.require_right(actor)
    return paginate(
        select(PostImport)
        .options(joinedload(PostImport.imported_by))
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


def take_back(actor: Actor, import_id: int) -> PostImport:
    """Undo an import: its posts count nowhere and are compared no more; they stay on record."""
    row = _locked(actor, import_id)
    if row.taken_back_at is None:
        row.taken_back_at = utc_now()
        _set_active(row, active=False)
        audit.record(actor, "posts.take_back", subject=_name(row), details={"posts": row.added})
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
    audit.record(actor, "posts.restore", subject=_name(row), details={"posts": row.added})
    db.session.commit()
    contributed_photos.hand_over(_looked_at_again(row))
    return row


# --------------------------------------------------------------------------------------- reading


def _digest(data: bytes, pictures: IO[bytes] | None) -> str:
    digest = hashlib.sha256(data)
    if pictures is not None:
        pictures.seek(0)
        while part := pictures.read(2**20):
            digest.update(part)
        pictures.seek(0)
    return digest.hexdigest()


def _refuse_twice(digest: str) -> None:
    present = db.session.scalar(
        select(PostImport).where(
            PostImport.file_sha256 == digest, PostImport.taken_back_at.is_(None)
        )
    )
    if present is not None:
        raise Conflict(f"This file is imported already, as “{present.label}”; nothing was changed.")


def _read(data: bytes, given: PostImportInput) -> _Read:
    table = read_table(data)
    columns = columns_of(table.rows)
    if not columns.keys() & {"title", "content"}:
        reason = "No column is called text, body, description, message or title."
        raise Refused(reason, {FIELD: reason})
    rules = ReadingRules(given.timezone, given.region, given.platform, utc_now())
    posts, problems = [], [RowProblem(None, remark) for remark in table.remarks]
    for row in table.rows:
        try:
            posts.append(read_row(row, columns, rules))
        except RowRefused as error:
            problems.append(RowProblem(row.number, str(error), error.value))
    refused = len(table.rows) - len(posts)
    new = list(_unknown(posts))
    return _Read(table, columns, new, len(posts) - len(new), refused, problems)


def _unknown(posts: Sequence[ReadPost]) -> Iterator[ReadPost]:
    """Those that no active import holds, and that did not stand in this file before."""
    keys = [post.content_sha256 for post in posts]
    known: set[str] = set()
    for some in post_writing.batches(keys, 10_000):
        known.update(
            db.session.scalars(
                select(Post.content_sha256).where(
                    Post.active, Post.content_sha256 == func.any(some)
                )
            )
        )
    for key, post in zip(keys, posts, strict=True):
        if key not in known:
            known.add(key)
            yield post


# --------------------------------------------------------------------------------------- writing


def _new_import(
    actor: Actor, given: PostImportInput, label: str, name: str, digest: str, read: _Read
) -> PostImport:
    return PostImport(
        label=label,
        origin=given.origin,
        purpose=given.purpose,
        timezone=given.timezone,
        region=given.region,
        format=read.table.format,
        file_name=name,
        file_sha256=digest,
        rows=len(read.table.rows),
        added=len(read.new),
        already_there=read.already_there,
        refused=read.refused,
        pictures=0,
        problems=[],
        imported_by_id=actor.user_id,
    )


def _locked(actor: Actor, import_id: int) -> PostImport:
    post_access.require_right(actor)
    post_scoring.hold_lock()
    row = db.session.get(PostImport, import_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound("There is no such import of posts.")
    return row


def _set_active(row: PostImport, *, active: bool) -> None:
    db.session.execute(update(Post).where(Post.import_id == row.id).values(active=active))
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


def _report(
    import_id: int | None,
    label: str,
    name: str,
    read: _Read,
    pictures: int,
    problems: Sequence[RowProblem],
    *,
    dry_run: bool,
) -> PostImportReport:
    return PostImportReport(
        import_id=import_id,
        label=label,
        file_name=name,
        format=read.table.format,
        rows=len(read.table.rows),
        added=len(read.new),
        already_there=read.already_there,
        refused=read.refused,
        pictures=pictures,
        columns=read.columns,
        posts=read.new[:PREVIEWED],
        problems=problems,
        dry_run=dry_run,
    )


def _name(row: PostImport) -> str:
    return f"post import {row.id}"
