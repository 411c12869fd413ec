"""The scheduler process: rescues visits, expires faces, prunes events. Two of them do no harm."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from flask import Flask
from sqlalchemy.exc import OperationalError

from app.extensions import db
from app.queues import RedisDown
from app.services import upkeep

RESCUE_INTERVAL_S = 2.0
UPKEEP_EVERY_ROUNDS = 30

log = logging.getLogger(__name__)


def run_until_stopped(application: Flask, stopping: threading.Event) -> None:
    """Do a round every `RESCUE_INTERVAL_S` until `stopping` is set."""
    rounds = 0
    while not stopping.is_set():
        _guarded(application, _rescue)
        if rounds % UPKEEP_EVERY_ROUNDS == 0:
            _guarded(application, _tidy)
        rounds += 1
        stopping.wait(RESCUE_INTERVAL_S)


def _guarded(application: Flask, step: Callable[[], None]) -> None:
    """Run a step in a session of its own; what is down now is tried again in the next round."""
    with application.app_context():
        try:
            step()
        except RedisDown:
            db.session.rollback()
            log.warning("Redis does not answer.")
        except OperationalError:
            db.session.rollback()
            log.warning("The database does not answer.")


def _rescue() -> None:
    done = upkeep.rescue_visits()
    if done.requeued or done.given_up or done.finished:
        log.warning(
            "Put back %d visits, gave up %d, finished %d sweeps.",
            done.requeued,
            done.given_up,
            done.finished,
        )


def _tidy() -> None:
    while upkeep.expire_faces():
        pass  # batch by batch
    upkeep.prune_events()
