"""What RQ runs: each job takes an id and makes one service call. A job may run twice."""

from __future__ import annotations

from flask import current_app
from rq.timeouts import JobTimeoutException

from app.services.contributing import contributions
from app.services.persons import looking_back
from app.services.postings import post_import_runs, post_jobs
from app.services.sweeping import looking, visits
from app.services.sweeping.visit_values import WorkerStopping
from app.worker import stop_requested, worker_name
from app.worker_watch import watch

OUT_OF_TIME = (
    "This visit took longer than a visit may take (VISIT_TIMEOUT_SECONDS). What was found until "
    "then is kept; retry it to go on from there."
)
PHOTO_OUT_OF_TIME = "Finding faces in this photo took too long; look at it by eye."


def run_visit(visit_id: int) -> None:
    """Look through one visit's footage."""
    with current_app.app_context(), watch() as still_alive:

        def on_progress() -> None:
            still_alive()
            if stop_requested():
                raise WorkerStopping

        try:
            looking.look(visit_id, worker_name(), on_progress)
        except JobTimeoutException:
            visits.fail_running(visit_id, OUT_OF_TIME)
            raise


def analyse_contribution(photo_id: int) -> None:
    """Find and compare the faces of one photo that was handed in."""
    with current_app.app_context():
        try:
            contributions.analyse(photo_id)
        except JobTimeoutException:
            contributions.fail_running(photo_id, PHOTO_OUT_OF_TIME)
            raise


def look_back(look_back_id: int) -> None:
    """Compare what a case's sweeps have kept with one person of interest.

    One that runs out of time goes on where it is, once the scheduler finds that nobody has it.
    """
    with current_app.app_context():
        looking_back.run(look_back_id, stop_requested)


def import_posts(import_id: int) -> None:
    """Do what waits to be done with one import of posts: check, import, take back or restore."""
    with current_app.app_context():

        def on_progress() -> None:
            if stop_requested():
                raise post_jobs.WorkerStopping

        try:
            post_import_runs.run(import_id, worker_name(), on_progress)
        except JobTimeoutException:
            post_import_runs.out_of_time(import_id)
            raise
