"""What an import did, or would do, as pages, the API and commands say it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath

from app.inputs.posts import PostImportInput
from app.intake.post_files import read_table
from app.intake.post_rows import ReadingRules
from app.models import PostImport, PostImportState
from app.models.columns import utc_now
from app.services.base import post_access
from app.services.base.actors import Actor
from app.services.postings import post_import_rows, post_writing
from app.services.postings.post_import_rows import RowProblem


@dataclass(frozen=True)
class PreviewPost:
    """A post that would be added, shortened."""

    row_number: int
    text: str
    account: str
    posted_at: datetime | None
    place: str
    price: float | None
    currency: str


@dataclass(frozen=True)
class PostImportReport:
    """What an import did, will do once a worker has it, or, with `dry_run`, would do.

    `columns` says which column was taken for what; `posts` are the first of those that would be
    added, and only given for a check.
    """

    import_id: int | None
    label: str
    file_name: str
    format: str
    state: PostImportState
    rows: int
    added: int
    already_there: int
    refused: int
    pictures: int
    columns: Mapping[str, str]
    posts: Sequence[PreviewPost]
    problems: Sequence[RowProblem]
    dry_run: bool


def check(actor: Actor, data: bytes, file_name: str, given: PostImportInput) -> PostImportReport:
    """Say what importing a table would do; writes nothing. Raises Refused and TooLarge."""
    post_access.require_right(actor)
    table = read_table(data)
    columns = post_import_rows.columns_with_text(table)
    rules = ReadingRules(given.timezone, given.region, given.platform, utc_now())
    posts, problems = post_import_rows.read_rows(table.rows, columns, rules)
    seen: set[str] = set()
    new = [
        post
        for some in post_writing.batches(posts, 10_000)
        for post in post_import_rows.unknown(some, seen)
    ]
    shown = [
        _preview(post_import_rows.as_preview(post)) for post in new[: post_import_rows.PREVIEWED]
    ]
    remarks = [RowProblem(None, remark) for remark in table.remarks]
    return PostImportReport(
        import_id=None,
        label=given.label or label_of(file_name),
        file_name=name_of(file_name),
        format=table.format,
        state=PostImportState.CHECKED,
        rows=len(table.rows),
        added=len(new),
        already_there=len(posts) - len(new),
        refused=len(problems),
        pictures=0,
        columns=columns,
        posts=shown,
        problems=[*remarks, *problems],
        dry_run=True,
    )


def report_of(row: PostImport) -> PostImportReport:
    """What stands in an import's row, as a report."""
    preview = row.job.preview if row.job is not None and not row.job.confirmed else []
    return PostImportReport(
        import_id=row.id,
        label=row.label,
        file_name=row.file_name,
        format=row.format,
        state=row.state,
        rows=row.rows,
        added=row.added,
        already_there=row.already_there,
        refused=row.refused,
        pictures=row.pictures,
        columns=row.columns,
        posts=[_preview(one) for one in preview],
        problems=[RowProblem(*one) for one in row.problems],
        dry_run=row.state is PostImportState.CHECKED,
    )


def label_of(file_name: str) -> str:
    """What an import is called that was not named."""
    return PurePath(file_name).stem[:100] or "posts"


def name_of(file_name: str) -> str:
    """A file's name without folders."""
    return PurePath(file_name.replace("\\", "/")).name[:255]


def _preview(kept: Mapping[str, object]) -> PreviewPost:
    at, price = kept["posted_at"], kept["price"]
    return PreviewPost(
        row_number=int(str(kept["row_number"])),
        text=str(kept["text"]),
        account=str(kept["account"]),
        posted_at=datetime.fromisoformat(at) if isinstance(at, str) else None,
        place=str(kept["place"]),
        price=float(price) if isinstance(price, (int, float)) else None,
        currency=str(kept["currency"]),
    )
