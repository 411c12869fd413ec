"""The product's own web process over a benchmark's database."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask

from benchmarks.database import environment_of

ROOT = Path(__file__).resolve().parent.parent
START_S = 60.0


@contextmanager
def web_server(application: Flask, *more: str) -> Iterator[str]:
    """Run gunicorn as in service (one process, threads); yields its address. `more`: options."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}"),
            *("--worker-class", "gthread", "--threads", "16", "--keep-alive", "60"),
            # Open live streams never end by themselves.
            *("--graceful-timeout", "2", "--no-control-socket", *more, "wsgi:app"),
        ],
        cwd=ROOT,
        env={**os.environ, **environment_of(application.config["LASTSEEN"])},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + START_S
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if time.monotonic() > deadline:
            raise SystemExit("The web process did not start.")
        time.sleep(0.1)
