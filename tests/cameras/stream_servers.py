"""Real stream servers on this machine: HLS, pictures over HTTP, RTSP."""

from __future__ import annotations

import http.server
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import cv2
import pytest

from cameras.addresses import SecretAddress, check_stream_address

_SYSTEM_PYTHON = "/usr/bin/python3"


def local(url: str) -> SecretAddress:
    return check_stream_address(url, ["127.0.0.1"])


class _Quiet(http.server.BaseHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        pass


@contextmanager
def _serving(handler: type[http.server.BaseHTTPRequestHandler]) -> Iterator[int]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def files_server(folder: Path) -> Iterator[tuple[int, list[str]]]:
    """Serves a folder; also gives the list of paths that were asked for."""
    asked: list[str] = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments, directory=str(folder))  # type: ignore[arg-type]

        def do_GET(self) -> None:
            asked.append(self.path)
            super().do_GET()

        def log_message(self, *arguments: object) -> None:
            pass

    with _serving(Handler) as port:
        yield port, asked


@contextmanager
def hls_server(recording: Path, folder: Path) -> Iterator[str]:
    """The recording as a live HLS stream, written piece by piece as time goes by."""
    stop = threading.Event()

    def write() -> None:
        options = {"hls_time": "1", "hls_list_size": "3"}
        playlist = str(folder / "live.m3u8")
        with (
            av.open(str(recording)) as given,
            av.open(playlist, "w", format="hls", options=options) as out,
        ):
            copy = out.add_stream_from_template(given.streams.video[0])
            began = time.monotonic()
            for packet in given.demux(video=0):
                if packet.dts is None or stop.is_set():
                    break
                wait_s = float(packet.dts * packet.time_base) - (time.monotonic() - began)
                stop.wait(max(0.0, wait_s))
                packet.stream = copy
                out.mux(packet)

    writer = threading.Thread(target=write, daemon=True)
    with files_server(folder) as (port, _):
        writer.start()
        while not (folder / "live.m3u8").exists():
            time.sleep(0.05)
        try:
            yield f"http://127.0.0.1:{port}/live.m3u8"
        finally:
            stop.set()
            writer.join(5)


@contextmanager
def pictures_server(
    recording: Path, *, per_s: float, break_after_s: float | None = None, refuse: int = 0
) -> Iterator[str]:
    """JPEG pictures one after the other over HTTP, as cameras send them ("MJPEG").

    A connection is cut after `break_after_s`; of the ones that follow the first, `refuse` are
    answered with an error.
    """
    with av.open(str(recording)) as given:
        jpegs = [
            cv2.imencode(".jpg", frame.to_ndarray(format="bgr24"))[1].tobytes()
            for frame in given.decode(video=0)
        ]
    visits: list[int] = []

    class Handler(_Quiet):
        def do_GET(self) -> None:
            visits.append(1)
            if 1 < len(visits) <= 1 + refuse:
                self.send_error(503)
                return
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=picture")
            self.end_headers()
            began = time.monotonic()
            for number in range(100_000):
                if break_after_s is not None and time.monotonic() - began > break_after_s:
                    return
                jpeg = jpegs[number % len(jpegs)]
                head = (
                    f"--picture\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                )
                try:
                    self.wfile.write(head.encode() + jpeg + b"\r\n")
                    self.wfile.flush()
                except OSError:
                    return
                time.sleep(1 / per_s)

    with _serving(Handler) as port:
        yield f"http://127.0.0.1:{port}/video.mjpg"


@contextmanager
def rtsp_server(recording: Path) -> Iterator[str]:
    """GStreamer's RTSP server over an MPEG transport stream; the test is skipped without it."""
    script = Path(__file__).with_name("rtsp_server.py")
    process = subprocess.Popen(
        [_SYSTEM_PYTHON, str(script), str(recording)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        line = process.stdout.readline() if process.stdout is not None else ""
        if not line.strip():
            pytest.skip("GStreamer's RTSP server is not installed (gir1.2-gst-rtsp-server-1.0)")
        yield f"rtsp://127.0.0.1:{line.strip()}/live"
    finally:
        process.terminate()
        process.wait(10)
        if process.stdout is not None:
            process.stdout.close()
