"""Rows of a file of posts on their way to posts: read, refused with a reason, known already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select

from app.errors import Refused
from app.extensions import db
from app.intake.post_files import FIELD, PostTable, RawRow
from app.intake.post_rows import ReadingRules, ReadPost, RowRefused, columns_of, read_row
from app.models import Post

PREVIEWED: Final = 20
"""Posts that a check shows."""


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Why a row was not taken, or not whole; `row_number` None for the file as a whole."""

    row_number: int | None
    reason: str
    value: str = ""


def read_rows(
    rows: Sequence[RawRow], columns: Mapping[str, str], rules: ReadingRules
) -> tuple[list[ReadPost], list[RowProblem]]:
    """The posts in some rows, and why others are none."""
    posts, problems = [], []
    for row in rows:
        try:
            posts.append(read_row(row, columns, rules))
        except RowRefused as error:
            problems.append(RowProblem(row.number, str(error), error.value))
    return posts, problems


def columns_with_text(table: PostTable) -> Mapping[str, str]:
    """Which column is what. Raises Refused where none holds text."""
    columns = columns_of(table.rows)
    if not columns.keys() & {"title", "content"}:
        reason = "No column is called text, body, description, message or title."
        raise Refused(reason, {FIELD: reason})
    return columns


def unknown(posts: Sequence[ReadPost], seen: set[str]) -> Iterator[ReadPost]:
    """Those that no import in force holds, and that are not in `seen`; adds them to it."""
    keys = [post.content_sha256 for post in posts]
    known = set(
        db.session.scalars(
            select(Post.content_sha256).where(Post.active, Post.content_sha256 == func.any(keys))
        )
    )
    for key, post in zip(keys, posts, strict=True):
        if key not in known and key not in seen:
            seen.add(key)
            yield post


def as_preview(post: ReadPost) -> dict[str, object]:
    """A post as the page of a check shows it."""
    return {
        "row_number": post.row_number,
        "text": post.whole_text[:200],
        "account": post.account,
        "posted_at": post.posted_at.isoformat() if post.posted_at else None,
        "place": post.place,
        "price": post.price,
        "currency": post.currency,
    }
