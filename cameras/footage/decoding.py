"""Decoded frames with their times, from any point of a recording on.

The frames given for a time are the same wherever decoding began: it begins at a key frame at or
before that time, and anything shown before the first whole key frame is not trusted.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import av.error
from av.packet import Packet
from av.video.frame import VideoFrame

from cameras.footage.opening import OpenFootage

_SEEK_MARGINS_S = (0.0, 2.0, 10.0, 60.0)
_ASSUMED_RATE = 25.0
# A passer-by stays in view for one to four seconds, so a longer pause may have hidden one. Known
# damage makes shorter gaps suspicious.
_GAP_S = 2.0
_GAP_BY_DAMAGE_S = 0.5
_GAP_FRAMES = 3.0
TIME_TOLERANCE_S = 1e-6


@dataclass(slots=True)
class DecodingTally:
    """What was met while decoding. Times in seconds since the first frame."""

    frames: int = 0
    damaged_packets: int = 0
    first_at_s: float | None = None
    last_at_s: float = 0.0
    packets_to_s: float = 0.0
    long_gaps_s: float = 0.0
    short_gaps_s: float = 0.0
    key_packets_at_s: list[float] = field(default_factory=list)
    was_stopped: bool = False
    fault: av.error.FFmpegError | None = None

    @property
    def unseen_s(self) -> float:
        """Seconds between frames of which nothing was seen: lost, never recorded, or damaged.

        Containers often step over lost parts without a word, so a long gap counts whatever its
        cause, and a shorter one where damage is known.
        """
        gaps_s = self.long_gaps_s + (self.short_gaps_s if self.damaged_packets else 0.0)
        return gaps_s + self._lost_key_frames_s()

    def _lost_key_frames_s(self) -> float:
        """Where key frames alone are read: the time of those that came and were not decodable."""
        if self.first_at_s is None:
            return 0.0
        due = sum(self.first_at_s <= at_s <= self.last_at_s for at_s in self.key_packets_at_s)
        span_s = self.last_at_s - self.first_at_s
        return span_s * max(0, due - self.frames) / due if due else 0.0

    def pass_over(self, until_s: float) -> None:
        """Enter a stretch that was left undecoded because nothing moves in it."""
        self.last_at_s = max(self.last_at_s, until_s)

    def count_frame(self, at_s: float) -> None:
        """Enter a good frame."""
        if self.first_at_s is None:
            self.first_at_s = at_s
        self.frames += 1
        self.last_at_s = max(self.last_at_s, at_s)

    def count_gap(self, gap_s: float, frame_s: float) -> None:
        """Enter the time between two neighbours, which are usually `frame_s` apart."""
        if gap_s <= max(_GAP_BY_DAMAGE_S, _GAP_FRAMES * frame_s):
            return
        if gap_s > _GAP_S:
            self.long_gaps_s += gap_s - frame_s
        else:
            self.short_gaps_s += gap_s - frame_s


class Decoding:
    """One pass over an open recording."""

    def __init__(
        self,
        footage: OpenFootage,
        *,
        key_frames_only: bool,
        threads: int,
        should_stop: Callable[[], bool],
        is_live: bool = False,
        heard: Callable[[], None] = lambda: None,
    ) -> None:
        self.tally = DecodingTally()
        self._heard = heard
        self._footage = footage
        # Where frames can only be counted, none may be left out.
        self._key_frames_only = key_frames_only and not footage.has_no_timestamps
        self._should_stop = should_stop
        self._is_live = is_live
        self._first_pts: int | None = footage.stream.start_time
        self._counted = 0
        self._first_arrival: float | None = None
        context = footage.stream.codec_context
        context.thread_count = threads

    @property
    def frame_s(self) -> float:
        """The usual time between two frames, in seconds."""
        return 1.0 / (self._footage.frame_rate or _ASSUMED_RATE)

    @property
    def can_seek(self) -> bool:
        """Whether the times after a jump can be known: not where frames must be counted."""
        return not self._footage.has_no_timestamps and self._first_pts is not None

    def frames(self) -> Iterator[tuple[float, VideoFrame]]:
        """Every good frame from here on, as (at_s, frame), in the order of showing."""
        for frame in self._raw_frames():
            if frame.is_corrupt:
                self.tally.damaged_packets += 1
                continue
            at_s = self._time_of(frame)
            if self.tally.frames and not self._key_frames_only:
                self.tally.count_gap(at_s - self.tally.last_at_s, self.frame_s)
            self.tally.count_frame(at_s)
            yield at_s, frame

    def frames_from(
        self, from_s: float, run_up_s: float = 0.0
    ) -> Iterator[tuple[float, VideoFrame]] | None:
        """As `frames`, beginning at a key frame at least `run_up_s` before `from_s`.

        None where no such key frame was found; the recording must then be opened again and decoded
        from its beginning.
        """
        stream = self._footage.stream
        if not self.can_seek or stream.time_base is None:
            return None
        from_s -= run_up_s
        for margin_s in _SEEK_MARGINS_S:
            if from_s - margin_s <= 0:
                return None
            target = (self._first_pts or 0) + int((from_s - margin_s) / stream.time_base)
            try:
                self._footage.container.seek(target, stream=stream, backward=True)
            except av.error.FFmpegError:
                return None
            self.tally = DecodingTally()
            following = self.frames()
            first = next(following, None)
            if first is not None and _is_safe_start(first, from_s):
                return chain([first], following)
        return None

    def _raw_frames(self) -> Iterator[VideoFrame]:
        for packet in self._video_packets():
            yield from self._good_frames(packet)

    def _video_packets(self) -> "Iterator[Packet[Any]]":
        """Packets of the pictures until they end, fail or are stopped; the last one is empty."""
        packets = self._packets()
        while not self._stopped():
            try:
                packet = next(packets, None)
            except av.error.EOFError:
                return
            except av.error.FFmpegError as error:
                self.tally.fault = error
                return
            if packet is None:
                return
            if packet.stream_index != self._footage.stream.index:
                continue
            self._heard()
            self._note_packet(packet)
            yield packet

    def _good_frames(self, packet: "Packet[Any]") -> Iterator[VideoFrame]:
        try:
            yield from self._decoded(packet)
        except av.error.EOFError:
            return
        except av.error.MemoryError:
            raise
        except av.error.FFmpegError:
            self.tally.damaged_packets += 1

    def _decoded(self, packet: "Packet[Any]") -> Iterator[VideoFrame]:
        if not self._key_frames_only:
            yield from packet.decode()
            return
        if not packet.is_keyframe or not packet.size:
            return
        # Each key frame by itself: a decoder that expects the frames between them would hold it
        # back, or give it out of order.
        context = self._footage.stream.codec_context
        try:
            frames = [*context.decode(packet), *context.decode(None)]
        finally:
            context.flush_buffers()
        for frame in frames[-1:]:
            frame.pts, frame.time_base = packet.pts, packet.time_base
            yield frame

    def _packets(self) -> "Iterator[Packet[Any]]":
        if self._is_live:
            # All of them, so that sound without pictures still lets the caller stop.
            return self._footage.container.demux()
        return self._footage.container.demux(self._footage.stream)

    def _stopped(self) -> bool:
        self.tally.was_stopped = self._should_stop()
        return self.tally.was_stopped

    def _note_packet(self, packet: "Packet[Any]") -> None:
        base = self._footage.stream.time_base
        if packet.pts is None or base is None:
            return
        start_s = float((packet.pts - (self._first_pts or 0)) * base)
        end_s = start_s + float((packet.duration or 0) * base)
        if self._key_frames_only:
            # Between key frames nothing is decoded, but lost packets still leave a hole.
            if self.tally.packets_to_s > 0:
                self.tally.count_gap(start_s - self.tally.packets_to_s, self.frame_s)
            if packet.is_keyframe:
                self.tally.key_packets_at_s.append(start_s)
        self.tally.packets_to_s = max(self.tally.packets_to_s, end_s)

    def _time_of(self, frame: VideoFrame) -> float:
        if self._is_live and self._footage.has_no_clock:
            return self._time_of_arrival()
        counted_s = self._counted * self.frame_s
        self._counted += 1
        base = frame.time_base or self._footage.stream.time_base
        if self._footage.has_no_timestamps or frame.pts is None or not base:
            return counted_s
        if self._first_pts is None:
            self._first_pts = frame.pts
        return float((frame.pts - self._first_pts) * base)

    def _time_of_arrival(self) -> float:
        now = time.monotonic()
        if self._first_arrival is None:
            self._first_arrival = now
        return now - self._first_arrival


def _is_safe_start(first: tuple[float, VideoFrame], from_s: float) -> bool:
    at_s, frame = first
    return frame.pts is not None and frame.key_frame and at_s <= from_s + TIME_TOLERANCE_S
