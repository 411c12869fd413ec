"""Commands for the long-running processes: `flask worker`, `flask scheduler run`."""

from __future__ import annotations

import logging
import signal
import threading
from types import FrameType
from typing import cast

import click
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext

from app import scheduler, worker

LOG_FORMAT = "%(asctime)s %(name)s %(levelname)s %(message)s"


@click.command("worker", short_help="Run visits until stopped.")
@click.option("--burst", is_flag=True, help="End when there is nothing left to do.")
@with_appcontext
def run_worker(burst: bool) -> None:
    """Run visits until stopped. Start as many as there are cores; they share everything."""
    logging.basicConfig(level=logging.WARNING, format=LOG_FORMAT)
    worker.work_until_stopped(_application(), burst=burst)


scheduler_group = AppGroup("scheduler", short_help="The process that rescues and expires.")


@scheduler_group.command("run")
def run_scheduler() -> None:
    """Rescue lost visits, expire faces and prune events, until stopped. One is enough."""
    logging.basicConfig(level=logging.WARNING, format=LOG_FORMAT)
    stopping = threading.Event()

    def stop(_signum: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    scheduler.run_until_stopped(_application(), stopping)


commands: tuple[click.Command, ...] = (run_worker, scheduler_group)


def _application() -> Flask:
    return cast(Flask, current_app._get_current_object())  # type: ignore[attr-defined]
