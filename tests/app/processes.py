"""Real worker and scheduler processes over a test's own database and Redis."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from flask import Flask

from app.config import PROJECT_ROOT, Settings
from app.extensions import db


class Fleet:
    """Processes of the product, killed at the end of the test that started them."""

    def __init__(self, application: Flask, log_dir: Path) -> None:
        self._environment = environment_of(application.config["LASTSEEN"])
        self._log_dir = log_dir
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Start `flask COMMAND …`; its output goes to a file."""
        name = f"{len(self.processes)}-{command[0]}.log"
        return self._start(name, "-m", "flask", "--app", "wsgi", *command)

    def _start(self, log_name: str, *command: str) -> subprocess.Popen[bytes]:
        log = (self._log_dir / log_name).open("wb")
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=PROJECT_ROOT,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        log.close()
        self.processes.append(process)
        return process

    def start_web(self, port: int, *options: str) -> subprocess.Popen[bytes]:
        """Start gunicorn as in service, with further options; its output goes to a file."""
        fixed = ("--worker-class", "gthread", "--graceful-timeout", "1", "--no-control-socket")
        command = ("-m", "gunicorn", "--bind", f"127.0.0.1:{port}", *fixed, *options, "wsgi:app")
        return self._start(f"{len(self.processes)}-web.log", *command)

    def logs(self) -> str:
        """What all processes have said so far."""
        return "\n".join(path.read_text() for path in sorted(self._log_dir.glob("*.log")))

    def end(self) -> None:
        """Kill what still runs."""
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.wait(10)


def environment_of(settings: Settings) -> dict[str, str]:
    """The environment from which a process reads exactly these settings."""
    names = type(settings).model_fields
    values = {name: getattr(settings, name) for name in names}
    texts = {
        name.upper(): value.get_secret_value() if hasattr(value, "get_secret_value") else str(value)
        for name, value in values.items()
    }
    return {**os.environ, **texts, "OMP_NUM_THREADS": "1"}


def wait_until(condition: Callable[[], object], timeout_s: float, fleet: Fleet) -> None:
    """Wait for a condition on committed state; shows the processes' output when it never holds."""
    deadline = time.monotonic() + timeout_s
    while True:
        db.session.rollback()
        db.session.expire_all()
        if condition():
            return
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout_s:.0f} s\n{fleet.logs()[-6000:]}")
        time.sleep(0.1)
