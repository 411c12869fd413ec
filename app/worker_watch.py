"""A watch over the worker's own main thread.

A decoder that hangs inside a library cannot be interrupted by an exception. When nothing has moved
for WORKER_STALL_SECONDS the process ends itself; its supervisor starts a new one, and the visit
goes on there from its last checkpoint.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from app.current import settings

STALLED_EXIT_CODE = 70

log = logging.getLogger(__name__)


@contextmanager
def watch() -> Iterator[Callable[[], None]]:
    """Watch over the block; it calls what it is given whenever it has moved on."""
    limit_s = settings().worker_stall_seconds
    moved_at = [time.monotonic()]
    over = threading.Event()

    def still_alive() -> None:
        moved_at[0] = time.monotonic()

    def look_after() -> None:
        while not over.wait(min(limit_s / 4, 5.0)):
            if time.monotonic() - moved_at[0] > limit_s:
                log.critical("Nothing has moved for %.0f s: the worker ends itself.", limit_s)
                os._exit(STALLED_EXIT_CODE)

    watcher = threading.Thread(target=look_after, name="worker-watch", daemon=True)
    watcher.start()
    try:
        yield still_alive
    finally:
        over.set()
