"""Work that takes much memory or time, and that few threads of a process may do at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from flask import current_app

from app.errors import Unavailable

WAIT_S: Final = 15.0
BUSY: Final = "Too much of this is being done at the moment. Nothing was changed; try again soon."


@contextmanager
def few_at_once(kind: str, most: int) -> Iterator[None]:
    """Hold one of `most` places for this kind of work.

    Raises Unavailable where none gets free for `WAIT_S` seconds: whoever sends a hundred would
    otherwise take every thread that answers, and the memory of all of them.
    """
    places: threading.BoundedSemaphore = current_app.extensions.setdefault(
        f"lastseen_places_{kind}", threading.BoundedSemaphore(most)
    )
    if not places.acquire(timeout=WAIT_S):
        raise Unavailable(BUSY)
    try:
        yield
    finally:
        places.release()
