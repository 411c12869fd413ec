"""The scheduler process: rescues visits, plans, expires faces, sends messages. Two do no harm."""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable, Sequence
from datetime import timedelta

from flask import Flask
from sqlalchemy.exc import OperationalError

from app.extensions import db
from app.queues import RedisDown
from app.services.base import user_sessions
from app.services.base.actors import SCHEDULER
from app.services.contributing import contribution_retention, contributions
from app.services.embeddings import galleries
from app.services.governance import person_retention, photo_retention, retention
from app.services.messages import alert_rounds, outbox, sending
from app.services.operations import upkeep
from app.services.people import joining, registrations
from app.services.persons import ending, look_backs
from app.services.postings import post_import_rescue, post_scoring
from app.services.prioritisation import search_models
from app.services.requests import deliveries, footage_requests
from app.services.reviews import clips
from app.services.sweeping import following, workers

RESCUE_INTERVAL_S = 2.0
UPKEEP_EVERY_ROUNDS = 30
INDEX_CLEANED_EVERY = timedelta(hours=1)

log = logging.getLogger(__name__)

Step = Callable[[], None]


def run_until_stopped(application: Flask, stopping: threading.Event) -> None:
    """Rescue and tidy, and beside it plan and send, until `stopping` is set.

    Making a search model takes seconds, and so do cutting clips and a mail server that does not
    answer: no visit should wait for that to be rescued.
    """
    for name, step in (("planner", _plan), ("sender", _send), ("cutter", _keep_clips)):
        beside = threading.Thread(
            target=_every, args=(application, stopping, (step,)), name=name, daemon=True
        )
        beside.start()
    _every(
        application,
        stopping,
        (_beat, _rescue, _rescue_photos, _rescue_look_backs, _rescue_imports),
        (_tidy,),
    )


def _every(
    application: Flask,
    stopping: threading.Event,
    often: Sequence[Step],
    rarely: Sequence[Step] = (),
) -> None:
    """Do the steps `often` in every round, and those `rarely` in every `UPKEEP_EVERY_ROUNDS`th."""
    rounds = 0
    while not stopping.is_set():
        due = [*often, *(rarely if rounds % UPKEEP_EVERY_ROUNDS == 0 else ())]
        for step in due:
            _guarded(application, step)
        rounds += 1
        stopping.wait(RESCUE_INTERVAL_S)


def _guarded(application: Flask, step: Step) -> None:
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


def _plan() -> None:
    search_models.build_wanted()
    following.advance_all()


def _send() -> None:
    alert_rounds.run()
    joining.answer_password_requests()
    sending.send_due()


def _beat() -> None:
    upkeep.beat(f"{socket.gethostname()}:{os.getpid()}")


def _rescue() -> None:
    footage_requests.settle()
    ending.end_expired(SCHEDULER)
    done = upkeep.rescue_visits()
    if done.requeued or done.given_up or done.finished:
        log.warning(
            "Put back %d visits, gave up %d, finished %d sweeps.",
            done.requeued,
            done.given_up,
            done.finished,
        )


def _keep_clips() -> None:
    clips.cut_missing()


def _rescue_photos() -> None:
    requeued = contributions.rescue()
    if requeued:
        log.warning("Put back %d contributed photos.", requeued)


def _rescue_look_backs() -> None:
    requeued = look_backs.rescue()
    if requeued:
        log.warning("Put back %d look-backs.", requeued)


def _rescue_imports() -> None:
    requeued = post_import_rescue.rescue()
    if requeued:
        log.warning("Put back %d imports of posts.", requeued)


def _tidy() -> None:
    post_import_rescue.tidy()
    receipts = contribution_retention.purge(SCHEDULER)
    post_scoring.refresh_after(sum(receipt.posts for receipt in receipts))
    photo_retention.purge(SCHEDULER)
    person_retention.purge(SCHEDULER)
    retention.expire_faces(SCHEDULER)
    retention.clean_index(at_most_every=INDEX_CLEANED_EVERY)
    upkeep.prune_events()
    galleries.prune_changes()
    outbox.prune()
    workers.prune()
    deliveries.discard_unfinished()
    user_sessions.prune()
    joining.prune()
    registrations.prune()
