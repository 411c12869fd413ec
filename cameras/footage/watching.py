"""Watching a live stream for hours: reconnecting when it breaks off, and owning up to the gaps.

Streams fall silent, cameras restart, networks drop. Each connection is one reading; between two of
them the watch waits, longer each time, and what passed meanwhile counts as unseen.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from cameras.addresses import SecretAddress
from cameras.errors import FootageError, RefusedAddress
from cameras.footage.coverage import Coverage
from cameras.footage.gating import MotionGate
from cameras.footage.pictures import Frame
from cameras.footage.reading import FrameReading, read_frames

_STEP_S = 0.25


@dataclass(frozen=True, slots=True)
class BackOff:
    """How long to wait before connecting again, in seconds: each time `factor` times as long.

    `give_up_s` is the longest time without a picture after which the watch ends; infinite to try
    until its own end.
    """

    first_s: float = 1.0
    factor: float = 2.0
    longest_s: float = 60.0
    give_up_s: float = math.inf

    def waits_s(self) -> Iterator[float]:
        """The waits, without end."""
        wait_s = self.first_s
        while True:
            yield wait_s
            wait_s = min(self.longest_s, wait_s * self.factor)


@dataclass(frozen=True, slots=True)
class Outage:
    """A time in which the stream gave no picture, in seconds of the watch, and why."""

    from_s: float
    to_s: float
    sentence: str


class StreamWatch:
    """Iterable of `Frame` from one stream through any number of connections.

    `Frame.at_s` are seconds since the watch began, by this machine's clock: the wall-clock time of
    a frame is the time the watch began plus `at_s`. Within a connection the stream's own times are
    kept, shifted so that its first frame lies at the moment it came; a stream's delay (for HLS
    several seconds) is not known and belongs to the camera's clock offset.

    The address is asked for, and so can be checked anew, at each connection.

    Attributes:
        outages: the gaps so far, in order.
        connections: how often the stream was opened with success.
    """

    def __init__(
        self,
        address: Callable[[], SecretAddress],
        *,
        every_s: float,
        for_s: float,
        gate: MotionGate | None = None,
        max_side_px: int | None = None,
        timeout_s: float = 10.0,
        should_stop: Callable[[], bool] = lambda: False,
        back_off: BackOff | None = None,
        has_answered: bool = False,
    ) -> None:
        self.outages: list[Outage] = []
        self.connections = 0
        self._address = address
        self._every_s, self._for_s = every_s, for_s
        self._gate, self._max_side_px, self._timeout_s = gate, max_side_px, timeout_s
        self._should_stop = should_stop
        self._back_off = back_off or BackOff()
        self._has_answered = has_answered
        self._began = time.monotonic()
        self._last_cell = -1
        self._seen_to_s = 0.0
        self._why = ""
        self._past = Coverage()
        self._reading: FrameReading | None = None
        self._shift_s = 0.0

    @property
    def is_connected(self) -> bool:
        """Whether pictures are coming in."""
        return self._reading is not None

    @property
    def seen_to_s(self) -> float:
        """Where the last connection ended, in seconds of the watch."""
        return self._seen_to_s

    @property
    def why(self) -> str:
        """Why the last connection ended or the last attempt failed; empty before."""
        return self._why

    @property
    def coverage(self) -> Coverage:
        """What was looked at, seen to be still, and unseen since the watch began."""
        now = self._reading.coverage if self._reading is not None else Coverage()
        return _sum(self._past, now)

    def __iter__(self) -> Iterator[Frame]:
        """Raises a `FootageError` where the very first connection fails: then nothing was seen.

        Not where the stream `has_answered` before this watch; then that is an outage, too.
        """
        self._began = time.monotonic()
        waits = self._back_off.waits_s()
        while not self._is_over() and self._silent_s() <= self._back_off.give_up_s:
            try:
                for frame in self._connection():
                    waits = self._back_off.waits_s()
                    yield frame
            except (FootageError, RefusedAddress) as error:
                if not self.connections and not self._has_answered:
                    raise
                self._why = str(error)
            finally:
                self._end_connection()
            self._wait(next(waits))
        self._note_outage(min(self._now_s(), self._for_s))

    def _connection(self) -> Iterator[Frame]:
        """Frames of one connection, timed by the watch."""
        reading = read_frames(
            self._address(),
            every_s=self._every_s,
            to_s=max(self._every_s, self._for_s - self._now_s()),
            max_side_px=self._max_side_px,
            timeout_s=self._timeout_s,
            should_stop=self._should_stop,
            gate=self._gate,
        )
        for frame in reading:
            if self._reading is None:
                self._begin_connection(reading)
            at_s = frame.at_s + self._shift_s
            cell = math.floor(at_s / self._every_s)
            if cell > self._last_cell and at_s < self._for_s:
                self._last_cell = cell
                yield replace(frame, at_s=at_s, index=cell)

    def _begin_connection(self, reading: FrameReading) -> None:
        self.connections += 1
        self._reading = reading
        # Never back in time, however late the first pictures of the last connection came.
        self._shift_s = max(self._seen_to_s, reading.first_heard_at - self._began)
        self._note_outage(self._shift_s)

    def _end_connection(self) -> None:
        """Keep what the connection saw. What it missed at its end is an outage, counted apart."""
        reading, self._reading = self._reading, None
        if reading is None:
            return
        reading.close()
        if reading.end is not None:
            seen, lasted_s = reading.coverage, reading.end.decoded_to_s
            unseen_s = max(0.0, lasted_s - seen.looked_s - seen.still_s)
            self._past = _sum(self._past, replace(seen, unseen_s=unseen_s))
            self._seen_to_s = self._shift_s + lasted_s
            self._why = reading.end.sentence

    def _note_outage(self, to_s: float) -> None:
        """The stream gave no picture from where it was seen last up to now."""
        if to_s - self._seen_to_s <= self._every_s:
            return
        outage = Outage(self._seen_to_s, to_s, self._why or "The stream took so long to begin.")
        self.outages.append(outage)
        self._past = _sum(self._past, Coverage(unseen_s=outage.to_s - outage.from_s))
        self._seen_to_s = to_s

    def _wait(self, wait_s: float) -> None:
        until = time.monotonic() + wait_s
        while time.monotonic() < until and not self._is_over():
            time.sleep(min(_STEP_S, max(0.0, until - time.monotonic())))

    def _silent_s(self) -> float:
        return self._now_s() - self._seen_to_s

    def _is_over(self) -> bool:
        return self._should_stop() or self._now_s() >= self._for_s

    def _now_s(self) -> float:
        return time.monotonic() - self._began


def _sum(one: Coverage, two: Coverage) -> Coverage:
    return Coverage(
        one.looked_s + two.looked_s, one.still_s + two.still_s, one.unseen_s + two.unseen_s
    )
