"""Long lists, one page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy import Select, func, select

from app.extensions import db

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list. `page` counts from 1; `total` counts all items of all pages."""

    items: Sequence[T]
    total: int
    page: int
    per_page: int

    @property
    def pages(self) -> int:
        """How many pages there are; an empty list has one."""
        return max(1, -(-self.total // self.per_page))

    @property
    def has_previous(self) -> bool:
        """Whether a page comes before this one."""
        return self.page > 1

    @property
    def has_next(self) -> bool:
        """Whether a page comes after this one."""
        return self.page < self.pages


def paginate(statement: Select[T], page: int, per_page: int) -> Page[T]:
    """Run `statement` (ordered, and selecting one entity or column) for one page.

    Two queries: the count of all rows, and the rows of the page. A page beyond the last is empty.
    """
    counted = statement.order_by(None).subquery()
    total = db.session.scalar(select(func.count()).select_from(counted)) or 0
    rows = statement.limit(per_page).offset((page - 1) * per_page)
    items: Sequence[T] = db.session.scalars(rows).unique().all()
    return Page(items=items, total=total, page=page, per_page=per_page)


def escape_like(text: str) -> str:
    """Text for a LIKE pattern in which its own per cent signs mean themselves."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
