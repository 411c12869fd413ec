"""Two acts at the same moment, in the one order that harms: the first stands still in between."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any, TypeVar

from flask import Flask
from sqlalchemy import event
from sqlalchemy.engine import Engine

from app.extensions import db

ResultT = TypeVar("ResultT")
BLOCKED_S = 1.0
"""How long the second act may be waiting for a lock of the first before that goes on."""
LONGEST_S = 30.0


class _Halt:
    """Stops one thread before its first statement that holds a text, until it is told to go."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._thread: int | None = None
        self.reached = threading.Event()
        self.go = threading.Event()

    def watch_this_thread(self) -> None:
        self._thread = threading.get_ident()

    def before_statement(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        mine = threading.get_ident() == self._thread
        if mine and self._text in statement and not self.reached.is_set():
            self.reached.set()
            self.go.wait(LONGEST_S)


@contextmanager
def _listening(halt: _Halt) -> Iterator[None]:
    event.listen(Engine, "before_cursor_execute", halt.before_statement)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", halt.before_statement)


def interleave(
    app: Flask, first: Callable[[], Any], halted_before: str, second: Callable[[], Any]
) -> tuple[Any, Any]:
    """Run `second` whole while `first` stands before its first statement with `halted_before`.

    Returns what each gave back, or the exception that it raised. Needs an application in which
    commits are real. Fails where `first` never comes to such a statement.
    """
    halt = _Halt(halted_before)

    def act(given: Callable[[], ResultT], *, watched: bool) -> ResultT:
        if watched:
            halt.watch_this_thread()
        with app.app_context():
            try:
                return given()
            finally:
                db.session.remove()

    with _listening(halt), ThreadPoolExecutor(2) as threads:
        one = threads.submit(act, first, watched=True)
        while not halt.reached.wait(0.02):
            assert not one.done(), f"never came to {halted_before}: {_outcome(one)!r}"
        other = threads.submit(act, second, watched=False)
        wait([other], BLOCKED_S)
        halt.go.set()
        return _outcome(one), _outcome(other)


def _outcome(future: Future[Any]) -> Any:
    error = future.exception(LONGEST_S)
    return future.result() if error is None else error
