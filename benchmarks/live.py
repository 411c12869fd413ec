"""How soon a thousand open maps on one web process hear of an event, from its commit.

The whole way takes part: the transaction that writes the event, the call through Redis, the web
process that reads it and writes it to every socket, and a client that reads a thousand of them. The
clock starts before the commit, so the commit itself counts. Besides, an ordinary page is asked for
while all maps are open, and while each event goes out.
"""

from __future__ import annotations

import http.client
import json
import secrets
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psutil
from flask import Flask

from app.extensions import db
from app.inputs.accounts import TokenInput, UserInput
from app.models.accounts import Role
from app.services.base import live
from app.services.base.actors import COMMAND_LINE
from app.services.casework import cases
from app.services.people import accounts, tokens
from benchmarks.city import open_benchmark_case
from benchmarks.database import benchmark_app
from benchmarks.report import Figure, publish
from benchmarks.server import web_server

ROOT = Path(__file__).resolve().parent.parent
STREAMS = 1000
EVENTS = 200
INTERVAL_S = 0.1
EVENT_BYTES = 1500
"""About what a sighting is."""
GOAL_MS = 250
LOST_AFTER_S = 30.0


def main() -> None:
    """Measure and publish."""
    with benchmark_app() as application:
        with application.app_context():
            number, token = _prepare()
        with web_server(application) as address:
            publish("live", _measure(application, address, number, token))


def _prepare() -> tuple[str, str]:
    wanted = UserInput(email="bench@lastseen.example", name="Benchmark", role=Role.INVESTIGATOR)
    user = accounts.create_user(COMMAND_LINE, wanted, secrets.token_urlsafe(24)).user
    case = open_benchmark_case()
    issued = tokens.issue_token(COMMAND_LINE, user, TokenInput(label="benchmark", days=1))
    return case.number, issued.secret


def _measure(application: Flask, address: str, number: str, token: str) -> dict[str, Figure]:
    port = urlsplit(address).port or 0
    web = _web_process(port)
    begun_s = time.monotonic()
    with _client(port, f"/api/cases/{number}/live", token) as client:
        opened_s = time.monotonic() - begun_s
        quiet_ms = [_page_ms(port) for _ in range(50)]
        processor_s = _processor_s(web)
        with application.app_context():
            delays_ms, busy_ms = _send_events(client, port, number)
        spent_ms = 1000 * (_processor_s(web) - processor_s) / EVENTS
        memory_mib = web.memory_info().rss / 2**20
        threads = web.num_threads()
    goal = f"< {GOAL_MS}"
    return {
        "open streams on one web process": Figure(STREAMS, "streams"),
        "all of them opened after": Figure(opened_s, "s"),
        "events received": Figure(len(delays_ms), f"of {EVENTS * STREAMS}"),
        "commit to client: p50": Figure(statistics.median(delays_ms), "ms"),
        "commit to client: p95": Figure(_quantile(delays_ms, 0.95), "ms"),
        "commit to client: p99": Figure(_quantile(delays_ms, 0.99), "ms", goal),
        "commit to client: the slowest": Figure(max(delays_ms), "ms"),
        "an ordinary page while all are open and nothing happens: p95": Figure(
            _quantile(quiet_ms, 0.95), "ms"
        ),
        "an ordinary page while an event goes out: p95": Figure(_quantile(busy_ms, 0.95), "ms"),
        "web's processor time an event": Figure(spent_ms, "ms"),
        "web's memory": Figure(memory_mib, "MiB"),
        "web's threads": Figure(threads, "threads"),
    }


def _send_events(
    client: subprocess.Popen[str], port: int, number: str
) -> tuple[list[float], list[float]]:
    """Delays of all arrivals, and times of a page asked for right after each commit, in ms."""
    case_id = cases.find_case(number).id
    delays_ms: list[float] = []
    pages_ms: list[float] = []
    for event in range(EVENTS):
        live.publish(case_id, "visit", {"benchmark": event, "filling": "x" * EVENT_BYTES})
        begun_s = time.monotonic()
        db.session.commit()
        pages_ms.append(_page_ms(port))
        delays_ms += [1000 * (at_s - begun_s) for at_s in _arrivals(client, event)]
        time.sleep(max(0.0, INTERVAL_S - (time.monotonic() - begun_s)))
    return delays_ms, pages_ms


def _arrivals(client: subprocess.Popen[str], event: int) -> list[float]:
    line = client.stdout.readline() if client.stdout else ""
    if not line:
        raise SystemExit("The client ended before all events had arrived.")
    report = json.loads(line)
    if report["event"] != event or len(report["times_s"]) != STREAMS:
        raise SystemExit(f"Event {event} did not arrive at every stream once.")
    times_s: list[float] = report["times_s"]
    return times_s


@contextmanager
def _client(port: int, path: str, token: str) -> Iterator[subprocess.Popen[str]]:
    """A process that holds all streams open; yielded when they are."""
    client = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.live_client", str(port), path, str(STREAMS)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert client.stdin is not None
        assert client.stdout is not None
        client.stdin.write(f"{token}\n")
        client.stdin.flush()
        if client.stdout.readline().strip() != "open":
            raise SystemExit("The streams could not be opened.")
        yield client
    finally:
        client.kill()
        client.wait(10)


def _page_ms(port: int) -> float:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LOST_AFTER_S)
    begun_s = time.monotonic()
    connection.request("GET", "/login")
    connection.getresponse().read()
    connection.close()
    return 1000 * (time.monotonic() - begun_s)


def _web_process(port: int) -> psutil.Process:
    """gunicorn's one worker, which does the work."""
    for process in psutil.Process().children(recursive=True):
        if f"127.0.0.1:{port}" in " ".join(process.cmdline()) and not process.children():
            return process
    raise SystemExit("The web process was not found.")


def _processor_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


if __name__ == "__main__":
    main()
