"""Made-up recordings of a quiet street through which somebody passes, with sensor noise."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np

WIDTH, HEIGHT, RATE = 320, 240, 25
PASSER = (slice(90, 210), 60)
"""Rows that a passer-by fills, and how many columns."""
_MARK = 255


def write_street(
    path: Path,
    passages: Sequence[tuple[float, float]],
    *,
    seconds: float = 8.0,
    group: int = 50,
    noise: float = 0.0,
    codec: str = "libx264",
    options: dict[str, str] | None = None,
) -> Path:
    """Somebody with a white head walks through at each of the given times (from, to)."""
    rng = np.random.default_rng(3)
    scene = np.repeat(np.repeat(rng.integers(60, 160, (30, 40, 3)), 8, 0), 8, 1).astype(np.float32)
    person = rng.integers(0, 120, (PASSER[0].stop - PASSER[0].start, PASSER[1], 3))
    person = np.repeat(np.repeat(person[::6, ::6], 6, 0), 6, 1).astype(np.float32)
    person[:36, 12:48] = _MARK
    given = {"g": str(group), "sc_threshold": "0", "preset": "veryfast"} | (options or {})
    with av.open(str(path), "w") as output:
        stream = output.add_stream(codec, rate=RATE, options=given)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.thread_count = 1  # one slice a picture, as cameras write
        for number in range(round(seconds * RATE)):
            picture = scene.copy()
            for from_s, to_s in passages:
                into = (number / RATE - from_s) / (to_s - from_s)
                if 0 <= into < 1:
                    left = round(20 + into * (WIDTH - PASSER[1] - 40))
                    picture[PASSER[0], left : left + PASSER[1]] = person
            picture += noise * rng.normal(size=scene.shape)
            image = np.clip(picture, 0, 255).astype(np.uint8)
            output.mux(stream.encode(av.VideoFrame.from_ndarray(image, "bgr24")))
        output.mux(stream.encode())
    return path


def shows_passer(image_bgr: np.ndarray) -> bool:
    """Whether somebody with a white head is in the picture."""
    return int((image_bgr.min(axis=2) > 200).sum()) > 300
