"""The worker process: RQ's simple worker, which keeps the models loaded, and outlives Redis."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from types import FrameType

from flask import Flask, current_app
from rq import Queue, SimpleWorker
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.config import Settings
from app.errors import NoRecogniser
from app.extensions import db
from app.queues import QUEUE_NAMES, RedisDown, connect
from app.recogniser import holder
from app.services.sweeping import workers

RECONNECT_S = 1.0
_STOPPING = "lastseen_worker_stopping"

log = logging.getLogger(__name__)


class VisitWorker(SimpleWorker):
    """Runs visits in its own process; a first stop signal gives the visit in hand back."""

    def __init__(self, queues: list[Queue], stopping: threading.Event, **options: object) -> None:
        super().__init__(queues, **options)  # type: ignore[arg-type]
        self._stopping = stopping

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Remember that a stop was asked for, so that the visit in hand can see it."""
        self._stopping.set()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]


def stop_requested() -> bool:
    """Whether the current worker was asked to stop; False outside of a worker."""
    stopping: threading.Event | None = current_app.extensions.get(_STOPPING)
    return stopping is not None and stopping.is_set()


def work_until_stopped(application: Flask, *, burst: bool = False) -> None:
    """Run visits until a stop signal; while Redis is away, wait for it.

    `burst` ends when the queues are empty.
    """
    settings: Settings = application.config["LASTSEEN"]
    stopping = application.extensions.setdefault(_STOPPING, threading.Event())
    _load_models()
    beating = threading.Thread(target=_beat, args=(application, stopping), name="worker-beat")
    beating.start()
    try:
        _work(settings, stopping, burst=burst)
    finally:
        stopping.set()
        beating.join()


def worker_name() -> str:
    """This process as the database knows it."""
    return f"{socket.gethostname()}:{os.getpid()}"


def _work(settings: Settings, stopping: threading.Event, *, burst: bool) -> None:
    while not stopping.is_set():
        try:
            connection = connect(settings, socket_timeout_s=None)
            connection.ping()
            worker = VisitWorker(
                [Queue(name, connection=connection) for name in QUEUE_NAMES],
                stopping,
                connection=connection,
                name=f"{socket.gethostname()}-{os.getpid()}-{int(time.time())}",
                log_job_description=False,
            )
            worker.work(burst=burst, logging_level="WARNING")
        except RedisDown:
            log.warning("Redis does not answer; trying again in %.0f s.", RECONNECT_S)
        if burst:
            return
        stopping.wait(RECONNECT_S)


def _beat(application: Flask, stopping: threading.Event) -> None:
    """Say that this worker lives, until it stops; while the database is away, try again."""
    entered = False
    while not stopping.is_set():
        entered = _say(application, workers.beat if entered else workers.begin) or entered
        stopping.wait(workers.BEAT_INTERVAL_S)
    _say(application, workers.end)


def _say(application: Flask, word: Callable[[str], None]) -> bool:
    with application.app_context():
        try:
            word(worker_name())
        except (OperationalError, PoolTimeout):
            db.session.rollback()
            return False
    return True


def _load_models() -> None:
    """Load the models before the first visit, and say which; without one, visits say so too."""
    try:
        chosen = holder().get().chosen
    except NoRecogniser as error:
        log.error("%s", error)
        return
    except (OperationalError, PoolTimeout):
        db.session.rollback()
        log.error("The database does not answer; the models are loaded with the first visit.")
        return
    log.warning("Recogniser: %s (%s)", chosen.embedder.name, chosen.reason)
