"""Frames of footage, sampled on a fixed grid of time.

The grid is anchored at the recording's first frame: cell k spans k · every_s to (k + 1) · every_s,
and the first frame shown in each cell is given. So a reading that is resumed at a multiple of
`every_s` gives exactly the frames that an undisturbed one would have given. With a gate, cells in
which nothing has moved since the last frame given are left out; what was left out is accounted for.
"""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from av.video.frame import VideoFrame

from cameras.addresses import SecretAddress
from cameras.errors import FootageError, StreamDidNotAnswer, UndecodableFootage
from cameras.footage.coverage import Coverage, CoverageLog
from cameras.footage.decoding import Decoding
from cameras.footage.ending import EndReason, FootageEnd, Interruption, footage_end
from cameras.footage.gating import (
    GatedDecoding,
    MotionGate,
    can_be_gated,
    leave_out_unreferenced,
)
from cameras.footage.opening import OpenFootage, open_recording, open_stream, stream_error
from cameras.footage.pictures import Frame, PictureMaker, pixel_aspect_of
from cameras.footage.sampling import Sampler


@dataclass(frozen=True, slots=True)
class _Wish:
    """What `read_frames` was asked for."""

    every_s: float
    from_s: float
    to_s: float
    max_side_px: int | None
    timeout_s: float
    key_frames_only: bool
    threads: int
    gate: MotionGate | None


def read_frames(
    source: Path | SecretAddress,
    *,
    every_s: float,
    from_s: float = 0.0,
    to_s: float | None = None,
    max_side_px: int | None = None,
    timeout_s: float = 10.0,
    should_stop: Callable[[], bool] = lambda: False,
    key_frames_only: bool = False,
    threads: int = 1,
    gate: MotionGate | None = None,
) -> "FrameReading":
    """Sample frames from `from_s` up to, but not including, `to_s`, one for each `every_s`.

    A `SecretAddress` is a live stream, watched from now on for `to_s` seconds; a silence longer
    than `timeout_s` ends it. `should_stop` is asked for each packet. `key_frames_only` decodes
    nothing but key frames, many times faster, where one every few seconds is enough; damage
    inside one, which a decoder paints over, then goes unnoticed. Opening and its errors come with
    the first frame. Raises `FootageError` while iterating.
    """
    if not every_s > 0.0 or from_s < 0.0 or (to_s is not None and to_s <= from_s):
        raise FootageError("Frames are read every so many seconds, from 0 on, up to a later time.")
    if isinstance(source, SecretAddress) and from_s:
        raise FootageError("A live stream can be watched from now on only.")
    end_s = math.inf if to_s is None else to_s
    if gate is not None and key_frames_only:
        raise FootageError("Either a gate or key frames only: a gate sees to key frames itself.")
    wish = _Wish(every_s, from_s, end_s, max_side_px, timeout_s, key_frames_only, threads, gate)
    return FrameReading(source, wish, should_stop)


def _seen_to_s(end: FootageEnd) -> float:
    """The container's rounding at the end of a whole recording is no loss."""
    return end.expected_to_s if end.reason is EndReason.COMPLETE else end.decoded_to_s


class FrameReading:
    """Iterable of `Frame`; afterwards `end` says how far it came and why it ended.

    `coverage` says, while reading and after, what became of the time up to the last frame given.
    `first_heard_at` is when its first coded picture came, by `time.monotonic`; 0 before.
    Releases the recording when the iteration ends, is abandoned, or `close` is called.
    """

    def __init__(
        self, source: Path | SecretAddress, wish: _Wish, should_stop: Callable[[], bool]
    ) -> None:
        self.end: FootageEnd | None = None
        self._source = source
        self._wish = wish
        self._caller_stops = should_stop
        self._open: OpenFootage | None = None
        self.first_heard_at = 0.0
        self._heard_at = 0.0
        self._deadline = math.inf
        self._went_silent = False
        self._declared_s: float | None = None
        self._log = CoverageLog(wish.from_s)

    @property
    def coverage(self) -> Coverage:
        """What was looked at, seen to be still, and not seen, since `from_s`."""
        return self._log.now

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the recording; closing twice does no harm."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def __iter__(self) -> Iterator[Frame]:
        self.end = None
        self._log = CoverageLog(self._wish.from_s, first_gap_s=self._wish.every_s)
        decoding = self._decoding()
        interruption = Interruption.ABANDONED
        try:
            decoded, decoding = self._from_start(decoding)
            yield from self._sampled(decoded)
            interruption = self._interruption(decoding)
        finally:
            self.end = footage_end(
                decoding.tally,
                interruption,
                from_s=self._wish.from_s,
                to_s=self._wish.to_s,
                declared_s=self._declared_s,
                frame_s=decoding.frame_s,
                key_frames_only=self._wish.key_frames_only,
            )
            self._close_log(interruption)
            self.close()
        self._refuse_if_nothing_came(decoding, interruption)

    def _decoding(self) -> Decoding:
        wish, live = self._wish, isinstance(self._source, SecretAddress)
        self._open = (
            open_stream(self._source, wish.timeout_s)
            if isinstance(self._source, SecretAddress)
            else open_recording(self._source)
        )
        self._declared_s = None if live else self._open.declared_duration_s
        self._heard_at = time.monotonic()
        self._deadline = self._heard_at + wish.to_s + wish.timeout_s if live else math.inf
        if wish.gate is not None and not live:
            leave_out_unreferenced(self._open, wish.every_s, wish.gate)
        if wish.gate is not None and can_be_gated(self._open):
            return GatedDecoding(
                self._open,
                log=self._log,
                threads=wish.threads,
                should_stop=self._should_stop,
                is_live=live,
                heard=self._hear,
            )
        return Decoding(
            self._open,
            key_frames_only=wish.key_frames_only,
            threads=wish.threads,
            should_stop=self._should_stop,
            is_live=live,
            heard=self._hear,
        )

    def _hear(self) -> None:
        self._heard_at = time.monotonic()
        self.first_heard_at = self.first_heard_at or self._heard_at

    def _close_log(self, interruption: Interruption) -> None:
        """An end that the caller made is not to be blamed on the footage."""
        end = self.end
        if end is not None and interruption not in (Interruption.ABANDONED, Interruption.STOPPED):
            self._log.finish(_seen_to_s(end), end.expected_to_s)

    def _from_start(
        self, decoding: Decoding
    ) -> tuple[Iterator[tuple[float, VideoFrame]], Decoding]:
        if self._wish.from_s <= 0:
            return decoding.frames(), decoding
        gate = self._wish.gate
        run_up_s = gate.run_up_s if gate is not None else 0.0
        decoded = decoding.frames_from(self._wish.from_s, run_up_s)
        if decoded is not None:
            return decoded, decoding
        self.close()
        decoding = self._decoding()
        return decoding.frames(), decoding

    def _should_stop(self) -> bool:
        now = time.monotonic()
        if isinstance(self._source, SecretAddress):
            self._went_silent = now - self._heard_at > self._wish.timeout_s
        return self._went_silent or now > self._deadline or self._caller_stops()

    def _sampled(self, decoded: Iterator[tuple[float, VideoFrame]]) -> Iterator[Frame]:
        wish = self._wish
        assert self._open is not None  # noqa: S101 - opened by `_decoding` just before
        aspect = pixel_aspect_of(self._open.stream.sample_aspect_ratio)
        maker = PictureMaker(aspect, wish.max_side_px)
        sampler = Sampler(wish.every_s, wish.gate, wish.from_s, self._log)
        for at_s, frame, cell in sampler.pick(decoded, wish.to_s):
            self._heard_at = time.monotonic()
            yield Frame(at_s, maker.image_bgr(frame), cell)
            self._forgive_time_away()

    def _forgive_time_away(self) -> None:
        """Time that the caller spends on a frame is no silence of the stream."""
        now = time.monotonic()
        self._deadline += now - self._heard_at
        self._heard_at = now

    def _interruption(self, decoding: Decoding) -> Interruption:
        tally = decoding.tally
        if isinstance(self._source, SecretAddress) and (
            self._went_silent or tally.fault is not None or time.monotonic() > self._deadline
        ):
            return Interruption.SILENCE
        if tally.was_stopped:
            return Interruption.STOPPED
        return Interruption.NONE if tally.fault is None else Interruption.FAULT

    def _refuse_if_nothing_came(self, decoding: Decoding, interruption: Interruption) -> None:
        tally = decoding.tally
        if tally.frames or interruption is Interruption.STOPPED:
            return
        if isinstance(self._source, SecretAddress):
            timeout_s = self._wish.timeout_s
            if tally.fault is not None:
                raise stream_error(tally.fault, self._source, 0.0, timeout_s)
            raise StreamDidNotAnswer(
                f"The stream {self._source.masked} sent no picture within {timeout_s:g} s."
            )
        if self._declared_s is None or self._wish.from_s < self._declared_s:
            raise UndecodableFootage(
                f"Not one picture of {self._source.name} could be decoded: it is damaged or "
                "encrypted. Export it again from the recorder."
            )
