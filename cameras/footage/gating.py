"""Decoding only what moves: of a group of pictures in which nothing does, its key frame alone.

A recorder writes a key frame every second or few, and between two of them only what changed. Where
those pictures are tiny and even, and the two key frames look alike, nobody came by; decoding them
would show the same picture again. All else is decoded. The judgement needs nothing but the group
and the next key frame, so a reading that is resumed anywhere judges alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import av.error
from av.packet import Packet
from av.video.frame import VideoFrame

from cameras.footage.coverage import CoverageLog
from cameras.footage.decoding import Decoding
from cameras.footage.opening import OpenFootage
from cameras.footage.stillness import (
    GROUPED_CODECS,
    GreyMaker,
    KeyFrameScout,
    has_moved,
    is_steady,
)

_LONGEST_GROUP_S = 12.0
_MOST_PACKETS = 600


@dataclass(frozen=True, slots=True)
class MotionGate:
    """How footage is thinned where nothing moves.

    Attributes:
        look_every_s: a frame is given at least this often wherever pictures are decoded.
        hold_s: frames go on being given for this long after the last motion.
        least_choice: where a cell of the grid holds at least this many pictures, those that no
            other refers to are not decoded; the rest come often enough.
    """

    look_every_s: float = 2.0
    hold_s: float = 0.4
    least_choice: float = 5.0

    @property
    def run_up_s(self) -> float:
        """How long before a point of resumption reading must begin to give the same frames."""
        return 2 * self.look_every_s + self.hold_s


@dataclass(frozen=True, slots=True)
class Group:
    """A key frame's packet and those that refer to it.

    Attributes:
        packets: in order of decoding.
        next_key: the packet after the last, if the group was read to its end.
        is_whole: False for the pieces of a group too long to be kept in memory.
    """

    packets: list[Packet[Any]]
    next_key: Packet[Any] | None
    is_whole: bool


def leave_out_unreferenced(footage: OpenFootage, every_s: float, gate: MotionGate) -> None:
    """Decode only pictures that others refer to, where there are enough of them.

    The pictures that remain are the same to the last bit.
    """
    rate = None if footage.has_no_timestamps else footage.frame_rate
    if rate is not None and rate * every_s >= gate.least_choice:
        footage.stream.codec_context.skip_frame = "NONREF"


def can_be_gated(footage: OpenFootage) -> bool:
    """Whether the sizes of this recording's pictures tell something."""
    return footage.stream.codec_context.name in GROUPED_CODECS and not footage.has_no_timestamps


class GatedDecoding(Decoding):
    """A pass over a recording that decodes only the key frame of groups in which nothing moves."""

    def __init__(
        self,
        footage: OpenFootage,
        *,
        log: CoverageLog,
        threads: int,
        should_stop: Callable[[], bool],
        is_live: bool = False,
        heard: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(
            footage,
            key_frames_only=False,
            threads=threads,
            should_stop=should_stop,
            is_live=is_live,
            heard=heard,
        )
        self._log = log
        self._scout = KeyFrameScout(footage.stream)
        self._greys = GreyMaker()
        self._scouted: tuple[Packet[Any], VideoFrame | None] | None = None
        self._is_fed = False
        self._not_before: int | None = None

    def _raw_frames(self) -> Iterator[VideoFrame]:
        for group in groups(self._video_packets(), self._seconds):
            if self.tally.was_stopped and not self._is_live:
                return
            key = self._still_key(group)
            if key is None:
                yield from self._all_of(group)
                continue
            yield from self._tail()
            yield key
            until_s = self._at_s(group.next_key)
            self.tally.pass_over(until_s - self.frame_s)
            self._log.still(self._at_s(group.packets[0]), until_s)

    def _still_key(self, group: Group) -> VideoFrame | None:
        """The key frame of a group in which nothing moves; None where something may."""
        stream = self._footage.stream
        context = stream.codec_context
        if not group.is_whole or group.next_key is None or stream.time_base is None:
            return None
        if not is_steady(group.packets, stream.time_base, context.width * context.height):
            return None
        one, two = self._key(group.packets[0]), self._key(group.next_key)
        if one is None or two is None:
            return None
        moved = has_moved(self._greys.small_grey(one), self._greys.small_grey(two))
        return None if moved else one

    def _key(self, packet: Packet[Any]) -> VideoFrame | None:
        """A key frame; the last one is kept, as it begins the next group."""
        if self._scouted is None or self._scouted[0] is not packet:
            self._scouted = (packet, self._scout.frame(packet))
        return self._scouted[1]

    def _all_of(self, group: Group) -> Iterator[VideoFrame]:
        if not self._is_fed:
            self._is_fed, self._not_before = True, group.packets[0].pts
        for packet in group.packets:
            for frame in self._good_frames(packet):
                if not self._lacks_references(frame):
                    yield frame

    def _lacks_references(self, frame: VideoFrame) -> bool:
        """After a jump, pictures shown before the key frame lack what they refer to."""
        if self._not_before is None or frame.pts is None:
            return False
        return frame.pts < self._not_before

    def _tail(self) -> Iterator[VideoFrame]:
        """What the decoder still holds; it then begins afresh at a key frame."""
        if not self._is_fed:
            return
        context = self._footage.stream.codec_context
        try:
            frames = context.decode(None)
        except av.error.FFmpegError:
            frames = []
        context.flush_buffers()
        self._is_fed = False
        yield from frames

    def _seconds(self, packet: Packet[Any]) -> float | None:
        base = self._footage.stream.time_base
        return None if packet.pts is None or base is None else float(packet.pts * base)

    def _at_s(self, packet: Packet[Any] | None) -> float:
        base = self._footage.stream.time_base
        if packet is None or packet.pts is None or base is None:
            return 0.0
        return float((packet.pts - (self._first_pts or 0)) * base)


def groups(
    packets: Iterator[Packet[Any]], seconds: Callable[[Packet[Any]], float | None]
) -> Iterator[Group]:
    """Packets gathered by key frames. `seconds` tells a packet's time, None where it has none.

    What comes before the first key frame, and what is too long, comes in pieces that are not whole.
    """
    gathered: list[Packet[Any]] = []
    is_whole = False
    for packet in packets:
        if packet.is_keyframe and packet.size:
            if gathered:
                yield Group(gathered, packet, is_whole)
            gathered, is_whole = [packet], True
            continue
        gathered.append(packet)
        if _is_long(gathered, seconds):
            yield Group(gathered, None, is_whole=False)
            gathered, is_whole = [], False
    if gathered:
        yield Group(gathered, None, is_whole=False)


def _is_long(gathered: list[Packet[Any]], seconds: Callable[[Packet[Any]], float | None]) -> bool:
    if len(gathered) >= _MOST_PACKETS:
        return True
    first_s, last_s = seconds(gathered[0]), seconds(gathered[-1])
    return first_s is None or last_s is None or last_s - first_s > _LONGEST_GROUP_S
