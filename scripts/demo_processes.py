"""The demo's own processes: started together, stopped together, and no others."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).resolve().parents[1]
STOP_PATIENCE_S = 15.0
FLASK = (sys.executable, "-m", "flask", "--app", "wsgi")


class Processes:
    """Child processes whose output goes to files in `log_dir`; leaving the block stops them."""

    def __init__(self, log_dir: Path) -> None:
        self._log_dir = log_dir
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        log_dir.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in self._running.values():
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + STOP_PATIENCE_S
        for process in self._running.values():
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def start(self, name: str, *command: str) -> None:
        """Start a process in a group of its own, so that Ctrl-C reaches only this one."""
        log = self._log_dir / f"{name}.log"
        with log.open("ab") as output:
            self._running[name] = subprocess.Popen(
                command,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=os.environ,
            )

    def ended(self) -> list[str]:
        """Names of those that have ended by themselves, with where to read why."""
        return [
            f"{name} (see {self._log_dir / name}.log)"
            for name, process in self._running.items()
            if process.poll() is not None
        ]


def wait_for_port(port: int, timeout_s: float = 60.0) -> bool:
    """Whether something answers on the port of this machine within the time."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if is_taken(port):
            return True
        time.sleep(0.2)
    return False


def is_taken(port: int) -> bool:
    """Whether something listens on the port of this machine."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0
