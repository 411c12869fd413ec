"""Reading frames and drawing moving faces for the tests of the recognition room."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np

from recognition.faces import DetectedFace, ImageBGR
from recognition.pipeline import Chunk, FacePipeline

TimedFrame = tuple[float, ImageBGR]

_FACE_SHAPE = np.array([[0.3, 0.4], [0.7, 0.4], [0.5, 0.61], [0.34, 0.78], [0.66, 0.78]])


def frames_of(path: Path, per_s: float, start_s: float = -1.0) -> Iterator[TimedFrame]:
    """Frames later than `start_s` on a fixed grid; times count from the first frame."""
    with av.open(str(path)) as file:
        first_s, wanted_s = None, 0.0
        for frame in file.decode(video=0):
            first_s = frame.time if first_s is None else first_s
            at_s = frame.time - first_s
            if at_s + 1e-6 >= wanted_s:
                wanted_s += 1 / per_s
                if at_s > start_s:
                    yield at_s, frame.to_ndarray(format="bgr24")


def worked_through(pipeline: FacePipeline, frames: Iterator[TimedFrame]) -> Chunk:
    """All frames in one chunk."""
    for at_s, image in frames:
        pipeline.feed(at_s, image)
    return pipeline.close_chunk()


def face_at(x: float, y: float, height_px: float = 60.0, score: float = 0.99) -> DetectedFace:
    """A made-up detection centred there, 0.8 times as wide as high, looking at the camera."""
    size = np.array([0.8 * height_px, height_px])
    corner = np.array([x, y]) - size / 2
    return DetectedFace(
        np.concatenate([corner, corner + size]).astype(np.float32),
        (corner + _FACE_SHAPE * size).astype(np.float32),
        score,
    )
