"""Live streams whose sockets are written to by one thread: none holds a thread of the web."""

from __future__ import annotations

import http.client
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from app import live_sockets
from app.extensions import db
from app.inputs.accounts import TokenInput, UserInput
from app.live_hub import Message, Subscription
from app.live_sockets import LiveSockets
from app.models import Role
from app.services.base import live
from app.services.base.actors import COMMAND_LINE
from app.services.people import accounts, tokens
from tests.app import footage_cases as given
from tests.app.processes import Fleet

STREAMS = 30
THREADS = 4


class Reader:
    """A browser's end of a stream that was handed over, and what became of the server's."""

    def __init__(self, sockets: LiveSockets) -> None:
        self.ours, self.theirs = socket.socketpair()
        self.ours.settimeout(5.0)
        self.subscription = Subscription(1, COMMAND_LINE)
        self.ended = threading.Event()
        sockets.take(self.theirs, self.subscription, 0, self.ended.set)

    def offer(self, cursor: int | None, wire: bytes) -> None:
        self.subscription.offer(Message(cursor, wire))

    def read_until(self, wanted: bytes) -> bytes:
        """What arrives up to and with `wanted`."""
        data = b""
        while wanted not in data:
            more = self.ours.recv(65536)
            assert more, f"the stream ended after {data[-200:]!r}"
            data += more
        return data


@pytest.fixture
def reader() -> Iterator[Reader]:
    opened = Reader(LiveSockets())
    yield opened
    opened.ours.close()
    opened.theirs.close()
    assert opened.ended.wait(5.0), "a stream whose browser has gone stays open"


def test_messages_arrive_as_chunks_and_what_was_sent_before_is_not_sent_again(
    reader: Reader,
) -> None:
    reader.offer(3, b"id: 3\n\n")
    reader.offer(3, b"id: 3\n\n")
    reader.offer(None, b"event: health\n\n")
    reader.offer(4, b"id: 4\n\n")

    received = reader.read_until(b"id: 4\n\n\r\n")

    assert received == b"7\r\nid: 3\n\n\r\nf\r\nevent: health\n\n\r\n7\r\nid: 4\n\n\r\n"


def test_the_server_sees_a_connection_that_was_hung_up(reader: Reader) -> None:
    assert reader.theirs.recv(10) == b""
    with pytest.raises(BrokenPipeError):
        reader.theirs.sendall(b"0\r\n\r\n")
    reader.offer(1, b"id: 1\n\n")

    assert b"id: 1" in reader.read_until(b"id: 1\n\n")


def test_a_browser_that_reads_nothing_holds_up_nobody_and_is_told_to_load_anew(
    reader: Reader,
) -> None:
    big = b"x" * 100_000
    for cursor in range(1, 2500):
        reader.offer(cursor, b"id: %d\ndata: " % cursor + big + b"\n\n")
        if reader.subscription.overflowed:
            break

    assert b"event: reset" in reader.read_until(b"0\r\n\r\n")[-400:]


def test_a_silent_stream_is_pinged_and_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_sockets, "PING_INTERVAL_S", 0.5)
    monkeypatch.setattr(live_sockets, "LONGEST_STREAM_S", 3.0)
    reader = Reader(LiveSockets())

    assert b": ping\n\n" in reader.read_until(b": ping\n\n")
    assert reader.read_until(b"0\r\n\r\n").endswith(b"0\r\n\r\n")
    assert reader.ours.recv(10) == b""
    assert reader.ended.wait(1.0)


def test_the_thread_ends_with_the_last_stream_and_begins_again_with_the_next() -> None:
    sockets = LiveSockets()
    for _ in range(2):
        reader = Reader(sockets)
        reader.offer(1, b"id: 1\n\n")
        reader.read_until(b"id: 1\n\n")
        reader.ours.close()
        assert reader.ended.wait(5.0)
        _wait_until(lambda: "live-sockets" not in {one.name for one in threading.enumerate()})


@pytest.fixture
def web_port(committing_app: Flask, tmp_path: Path) -> Iterator[int]:
    """gunicorn with fewer threads than there are streams."""
    (tmp_path / "logs").mkdir()
    fleet = Fleet(committing_app, tmp_path / "logs")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    web = fleet.start_web(port, "--threads", str(THREADS))
    _wait_until(lambda: _answers(port), 30.0)
    yield port
    web.terminate()
    web.wait(20)
    assert "Traceback" not in fleet.logs()


def test_more_open_maps_than_threads_all_hear_of_an_event_and_pages_still_answer(
    committing_app: Flask, web_port: int
) -> None:
    case = given.open_case("L-9")
    streams = [_open_stream(web_port, case.number, _token()) for _ in range(STREAMS)]
    assert _answers(web_port)

    live.publish(case.id, "case", {"said": "to everybody"})
    db.session.commit()

    for stream in streams:
        _read_until(stream, b"to everybody")
        stream.close()
    assert _answers(web_port)


def _token() -> str:
    email = f"{secrets.token_hex(4)}@lastseen.example"
    wanted = UserInput(email=email, name="Made-up Reader", role=Role.INVESTIGATOR)
    user = accounts.create_user(COMMAND_LINE, wanted, secrets.token_urlsafe(24)).user
    return tokens.issue_token(COMMAND_LINE, user, TokenInput(label="stream", days=1)).secret


def _open_stream(port: int, number: str, token: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(
        "GET", f"/api/cases/{number}/live", headers={"Authorization": f"Bearer {token}"}
    )
    answer = connection.getresponse()
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    _read_until(answer, b"event: hello")
    return answer


def _read_until(answer: http.client.HTTPResponse, wanted: bytes) -> None:
    while wanted not in (line := answer.readline()):
        assert line, "the stream ended"


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/login")
        return connection.getresponse().status == 200
    except (ConnectionError, TimeoutError):  # not yet, or the machine is busy
        return False
    finally:
        connection.close()


def _wait_until(condition: Callable[[], bool], timeout_s: float = 30.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
