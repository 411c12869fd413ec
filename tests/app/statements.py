"""Counting what reaches the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, event


@contextmanager
def counted_queries() -> Iterator[list[str]]:
    """The SQL statements that are sent while the block runs."""
    sent: list[str] = []

    def note(*given: object) -> None:
        sent.append(str(given[2]))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def queries_of(action: Callable[[], object]) -> int:
    """How many statements are sent while `action` runs."""
    with counted_queries() as sent:
        action()
    return len(sent)
