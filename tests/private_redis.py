"""A Redis server that belongs to one test process: it may be stopped, killed and restarted."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import redis

START_TIMEOUT_S = 10.0
DEBIAN_REDIS = "/usr/bin/redis-check-rdb"
"""Debian's redis-tools carries the server under this name; it acts by the name it is called by."""


class RedisServer:
    """One server on a Unix socket in a folder of its own, with its data kept on disk."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="lastseen-redis-"))
        self._socket = self._folder / "redis.sock"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address for redis-py and RQ. flask-limiter wants `redis+` before it."""
        return f"unix://{self._socket}?db=0"

    def start(self) -> None:
        """Start the server with what it had on disk, and wait until it answers."""
        arguments = ["redis-server", "--port", "0", "--unixsocket", str(self._socket)]
        arguments += ["--dir", str(self._folder), "--appendonly", "yes", "--save", ""]
        arguments += ["--logfile", str(self._folder / "log"), "--unixsocketperm", "700"]
        program = shutil.which("redis-server") or DEBIAN_REDIS
        self._process = subprocess.Popen(arguments, executable=program, stdin=subprocess.DEVNULL)
        self._wait()

    def stop(self) -> None:
        """Stop it as a system does (SIGTERM)."""
        assert self._process is not None
        self._process.terminate()
        self._process.wait(timeout=START_TIMEOUT_S)
        self._process = None

    def kill(self) -> None:
        """Stop it as a crash does (SIGKILL)."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(timeout=START_TIMEOUT_S)
        self._process = None

    def forget(self) -> None:
        """Delete what the stopped server had on disk, as a lost machine would."""
        assert self._process is None
        shutil.rmtree(self._folder)
        self._folder.mkdir()

    def remove(self) -> None:
        """Stop it, if it runs, and delete its data."""
        if self._process is not None:
            self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _wait(self) -> None:
        client = redis.Redis.from_url(self.url)
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            try:
                client.ping()
            except redis.exceptions.ConnectionError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
            else:
                client.close()
                return
