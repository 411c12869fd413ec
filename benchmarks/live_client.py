"""A thousand open maps in one process: reads many live streams, and says when each event arrived.

    python -m benchmarks.live_client PORT PATH STREAMS

The token comes on standard input. It prints "open" once all streams have been greeted; then one
line of JSON for each event that all have received, with the arrival times by the monotonic clock,
which all processes of a machine share. It ends when it is killed.
"""

from __future__ import annotations

import json
import re
import selectors
import socket
import sys
import time
from dataclasses import dataclass, field

AT_ONCE = 16
OPEN_S = 300.0
_NUMBER = re.compile(rb'"benchmark":(\d+)')


@dataclass(eq=False)
class Stream:
    """One open stream; `tail` is what has arrived of the line that is not yet whole."""

    sock: socket.socket
    greeted: bool = False
    tail: bytes = b""


@dataclass
class Arrivals:
    """When each event arrived at the streams, in seconds of the monotonic clock."""

    streams: int
    times_s: dict[int, list[float]] = field(default_factory=dict)

    def note(self, number: int, at_s: float) -> None:
        """One arrival; what has arrived everywhere is printed and forgotten."""
        times = self.times_s.setdefault(number, [])
        times.append(at_s)
        if len(times) == self.streams:
            print(json.dumps({"event": number, "times_s": times}), flush=True)
            del self.times_s[number]


def main() -> None:
    """Open the streams, then report arrivals."""
    port, path, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    token = sys.stdin.readline().strip()
    selector = selectors.DefaultSelector()
    arrivals = Arrivals(count)
    _open_all(selector, arrivals, port, _request(path, token), count)
    print("open", flush=True)
    while True:
        _read_ready(selector, arrivals, 0.2)


def _request(path: str, token: str) -> bytes:
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n"
        f"Authorization: Bearer {token}\r\n\r\n"
    ).encode()


def _open_all(
    selector: selectors.BaseSelector, arrivals: Arrivals, port: int, request: bytes, count: int
) -> None:
    """A few at a time, as people open their maps."""
    streams: list[Stream] = []
    deadline = time.monotonic() + OPEN_S
    while sum(stream.greeted for stream in streams) < count:
        if time.monotonic() > deadline:
            raise SystemExit(f"Only {sum(s.greeted for s in streams)} of {count} streams opened.")
        under_way = sum(not stream.greeted for stream in streams)
        while under_way < AT_ONCE and len(streams) < count:
            sock = socket.create_connection(("127.0.0.1", port))
            sock.sendall(request)
            sock.setblocking(False)
            streams.append(Stream(sock))
            selector.register(sock, selectors.EVENT_READ, streams[-1])
            under_way += 1
        _read_ready(selector, arrivals, 0.2)


def _read_ready(selector: selectors.BaseSelector, arrivals: Arrivals, timeout_s: float) -> None:
    for key, _ in selector.select(timeout_s):
        stream: Stream = key.data
        data = stream.sock.recv(65536)
        at_s = time.monotonic()
        if not data:
            raise SystemExit("A stream was closed by the server.")
        lines = (stream.tail + data).split(b"\n")
        stream.tail = lines.pop()
        for line in lines:
            if line.startswith(b"HTTP/1.1 ") and b" 200 " not in line:
                raise SystemExit(f"The server answered {line.decode()}.")
            stream.greeted = stream.greeted or line.startswith(b"event: hello")
            if found := _NUMBER.search(line):
                arrivals.note(int(found[1]), at_s)


if __name__ == "__main__":
    main()
