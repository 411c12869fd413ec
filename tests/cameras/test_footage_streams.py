"""Live streams, against servers of this test alone."""

import http.server
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cameras.addresses import check_stream_address
from cameras.errors import FootageError, RefusedAddress, StreamDidNotAnswer, StreamRefused
from cameras.footage import EndReason, read_frames
from tests.cameras import clips

TIMEOUT_S = 1.0


def stream_at(port: int, scheme: str = "http", path: str = "live/hunter2"):
    url = f"{scheme}://operator:hunter2@127.0.0.1:{port}/{path}"
    return check_stream_address(url, ["127.0.0.1"])


@contextmanager
def silent_server() -> Iterator[int]:
    """Accepts every connection and never answers."""
    connections: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            while True:
                try:
                    connections.append(server.accept()[0])
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1]
    for connection in connections:
        connection.close()


@contextmanager
def video_server(
    data: bytes, *, stall_s: float = 0.0, status: int = 200, redirect_to: int | None = None
) -> Iterator[int]:
    """Sends a recording as a stream; then stays silent for a while with the connection open."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302 if redirect_to else status)
            if redirect_to:
                self.send_header("Location", f"http://127.0.0.1:{redirect_to}/other")
            self.send_header("Content-Type", "video/mp2t")
            self.end_headers()
            if status == 200:
                self.wfile.write(data)
                self.wfile.flush()
                time.sleep(stall_s)

        def log_message(self, *arguments: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def recording(tmp_path: Path) -> bytes:
    return clips.write_clip(tmp_path / "stream.ts").read_bytes()


@pytest.mark.parametrize("scheme", ["rtsp", "http", "https"])
def test_a_stream_that_never_answers_is_given_up_in_time(scheme: str) -> None:
    with silent_server() as port:
        started = time.monotonic()
        with pytest.raises(StreamDidNotAnswer) as caught:
            list(read_frames(stream_at(port, scheme), every_s=1.0, timeout_s=TIMEOUT_S))
        assert time.monotonic() - started < 2 * TIMEOUT_S
    message = str(caught.value)
    assert f"{scheme}://127.0.0.1/… did not answer within 1 s" in message
    assert "hunter2" not in message
    # The decoder's own error holds the whole address and must not be shown along.
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_stream_is_watched_for_the_asked_seconds(recording: bytes) -> None:
    with video_server(recording) as port:
        reading = read_frames(stream_at(port), every_s=0.5, to_s=2.0, timeout_s=5.0)
        assert [frame.index for frame in reading] == [0, 1, 2, 3]
    assert reading.end is not None
    assert reading.end.reason is EndReason.COMPLETE


def test_a_stream_that_falls_silent_keeps_what_was_seen_and_says_so(recording: bytes) -> None:
    with video_server(recording, stall_s=4.0) as port:
        reading = read_frames(stream_at(port), every_s=0.5, to_s=60.0, timeout_s=TIMEOUT_S)
        started = time.monotonic()
        frames = list(reading)
        assert time.monotonic() - started < 4.0
    assert len(frames) >= 4
    assert reading.end is not None
    assert reading.end.reason is EndReason.BROKEN_OFF
    assert "fell silent" in reading.end.sentence
    assert reading.end.decodable_share < 0.1


def test_a_slow_reader_is_no_silent_stream(recording: bytes) -> None:
    with video_server(recording) as port:
        count = 0
        for _ in read_frames(stream_at(port), every_s=0.5, to_s=1.4, timeout_s=0.4):
            count += 1
            time.sleep(1.0)
    assert count == 3


@pytest.mark.parametrize(
    ("status", "says"),
    [(401, "user name or password"), (403, "user name or password"), (404, "no such path")],
)
def test_a_refusal_is_told_in_words(status: int, says: str) -> None:
    with video_server(b"", status=status) as port, pytest.raises(StreamRefused, match=says):
        list(read_frames(stream_at(port), every_s=1.0, timeout_s=5.0))


def test_a_redirection_is_not_followed(recording: bytes) -> None:
    with (
        video_server(recording) as elsewhere,
        video_server(b"", redirect_to=elsewhere) as port,
        pytest.raises(StreamRefused),
    ):
        list(read_frames(stream_at(port), every_s=1.0, timeout_s=5.0))


def test_a_port_that_nobody_listens_on_is_told_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(StreamRefused, match="accepts no connection"):
        list(read_frames(stream_at(port), every_s=1.0, timeout_s=5.0))


def test_a_page_is_no_stream() -> None:
    with video_server(b"<html>" * 500) as port, pytest.raises(FootageError) as caught:
        list(read_frames(stream_at(port), every_s=1.0, timeout_s=3.0))
    assert "hunter2" not in str(caught.value)


def test_a_stream_has_no_past(recording: bytes) -> None:
    with pytest.raises(FootageError, match="from now on only"):
        read_frames(stream_at(9), every_s=1.0, from_s=5.0)


def test_a_loopback_stream_is_refused_where_nobody_allowed_it() -> None:
    with pytest.raises(RefusedAddress):
        check_stream_address("rtsp://127.0.0.1:8554/live")
