"""Short clips cut out of recordings, as MP4 that browsers play.

`python -m cameras.footage.cutting` cuts one in a process of its own, which whoever asked for it may
end: a damaged recording can keep a decoder busy for as long as it likes. It reads the wish as JSON
and writes what became of it as JSON; exit code 3 means that the sentence on stderr says why not.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import cv2
import numpy as np
from av.video.frame import VideoFrame

from cameras.errors import FootageError, UndecodableFootage
from cameras.footage.pictures import Frame, ImageBGR
from cameras.footage.reading import read_frames

FRAMES_PER_SECOND: Final = 12
LONGEST_S: Final = 30.0
MAX_SIDE_PX: Final = 960
MARKED_S: Final = 0.5
"""How long before and after its moment a box is drawn: where the face was later, nobody kept."""
REFUSED: Final = 3
MEMORY_BYTES: Final = 4 * 1024**3
"""Of addresses, of which decoders with a thread for each core reserve far more than they fill."""
CPU_SECONDS: Final = 60
_CLOCK: Final = Fraction(1, 1000)
_MARK_BGR: Final = (0, 215, 255)


@dataclass(frozen=True)
class Mark:
    """A box to draw. `box_xyxy` in pixels of a frame whose longer side is `frame_side_px`."""

    box_xyxy: tuple[float, float, float, float]
    frame_side_px: float
    at_s: float


@dataclass(frozen=True)
class ClipWish:
    """What to cut, in seconds since the recording's first frame, and where to write it."""

    source: str
    target: str
    from_s: float
    to_s: float
    mark: Mark | None


@dataclass(frozen=True)
class ClipFacts:
    """What was cut: the times of its first and last frame, and its size."""

    from_s: float
    to_s: float
    frames: int
    width_px: int
    height_px: int


def cut_clip(wish: ClipWish) -> ClipFacts:
    """Write the clip: H.264 without sound, its longer side at most `MAX_SIDE_PX`.

    Raises FootageError where the recording cannot be read, or holds nothing there.
    """
    if not 0 < wish.to_s - wish.from_s <= LONGEST_S:
        raise FootageError(f"A clip is at most {LONGEST_S:.0f} seconds long.")
    frames = read_frames(
        Path(wish.source),
        every_s=1.0 / FRAMES_PER_SECOND,
        from_s=wish.from_s,
        to_s=wish.to_s,
        max_side_px=MAX_SIDE_PX,
    )
    writer: _Writer | None = None
    try:
        for frame in frames:
            writer = writer or _Writer(wish.target, frame)
            writer.add(frame, wish.mark)
    finally:
        if writer is not None:
            writer.close()
    if writer is None:
        raise UndecodableFootage("The recording holds no picture at that time.")
    return writer.facts()


class _Writer:
    """An MP4 that is being written, one frame after the other."""

    def __init__(self, target: str, first: Frame) -> None:
        height, width = first.image_bgr.shape[:2]
        # Half the resolution of colour needs even sides.
        self._width, self._height = max(2, width // 2 * 2), max(2, height // 2 * 2)
        self._from_s = self._to_s = first.at_s
        self._frames = 0
        self._container = av.open(target, "w", format="mp4", options={"movflags": "+faststart"})
        stream = self._container.add_stream("libx264", rate=FRAMES_PER_SECOND)
        stream.width, stream.height, stream.pix_fmt = self._width, self._height, "yuv420p"
        stream.options = {"crf": "23", "preset": "veryfast", "profile": "high"}
        stream.codec_context.time_base = _CLOCK
        stream.codec_context.thread_count = 1
        self._stream = stream

    def add(self, frame: Frame, mark: Mark | None) -> None:
        image = np.ascontiguousarray(frame.image_bgr[: self._height, : self._width])
        if mark is not None and abs(frame.at_s - mark.at_s) <= MARKED_S:
            _draw(image, mark)
        picture = VideoFrame.from_ndarray(image, format="bgr24")
        picture.pts = round((frame.at_s - self._from_s) / _CLOCK)
        picture.time_base = _CLOCK
        self._container.mux(self._stream.encode(picture))
        self._to_s = frame.at_s
        self._frames += 1

    def close(self) -> None:
        self._container.mux(self._stream.encode(None))
        self._container.close()

    def facts(self) -> ClipFacts:
        return ClipFacts(self._from_s, self._to_s, self._frames, self._width, self._height)


def _draw(image: ImageBGR, mark: Mark) -> None:
    scale = max(image.shape[:2]) / mark.frame_side_px
    x1, y1, x2, y2 = (round(value * scale) for value in mark.box_xyxy)
    cv2.rectangle(image, (x1, y1), (x2, y2), _MARK_BGR, 2)


def _wish_from(text: str) -> ClipWish:
    given = json.loads(text)
    mark = given.pop("mark")
    if mark is not None:
        x1, y1, x2, y2 = mark["box_xyxy"]
        mark = Mark((x1, y1, x2, y2), mark["frame_side_px"], mark["at_s"])
    return ClipWish(mark=mark, **given)


def hold_limits() -> None:
    """Let this process take no more memory or time than any recording needs."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))


def main() -> int:
    """Cut the clip that standard input asks for."""
    os.nice(10)
    hold_limits()
    try:
        facts = cut_clip(_wish_from(sys.stdin.read()))
    except FootageError as error:
        sys.stderr.write(str(error))
        return REFUSED
    sys.stdout.write(json.dumps(asdict(facts)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
