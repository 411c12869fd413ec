"""Decoded pictures as upright BGR arrays with square pixels."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

ImageBGR = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture of a recording.

    `at_s` are seconds since the recording's first frame. `image_bgr` is height × width × 3, uint8,
    turned upright. `index` is the cell of the sampling grid: floor(at_s / every_s).
    """

    at_s: float
    image_bgr: ImageBGR
    index: int


def upright_size(
    width: int, height: int, pixel_aspect: Fraction | None, rotation_deg: int
) -> tuple[int, int]:
    """Width and height as seen: pixels made square, and a quarter turn applied."""
    seen_width = round(width * pixel_aspect) if pixel_aspect else width
    return (height, seen_width) if rotation_deg % 180 else (seen_width, height)


class PictureMaker:
    """Turns decoded frames into arrays; keeps one scaler for all frames of a reading."""

    def __init__(self, pixel_aspect: Fraction | None, max_side_px: int | None) -> None:
        self._pixel_aspect = pixel_aspect
        self._max_side_px = max_side_px
        self._scaler = VideoReformatter()

    def image_bgr(self, frame: VideoFrame) -> ImageBGR:
        """The frame as BGR, upright, its longer side at most `max_side_px`."""
        width, height = self._target_size(frame)
        scaled = self._scaler.reformat(
            frame, width, height, "bgr24", interpolation=Interpolation.AREA
        )
        image = np.asarray(scaled.to_ndarray(), dtype=np.uint8)
        quarter_turns = round(frame.rotation / 90) % 4
        if quarter_turns:
            # The rotation is counter-clockwise, as is numpy's.
            image = np.ascontiguousarray(np.rot90(image, quarter_turns))
        return image

    def _target_size(self, frame: VideoFrame) -> tuple[int, int]:
        width, height = upright_size(frame.width, frame.height, self._pixel_aspect, 0)
        longer = max(width, height)
        if self._max_side_px is None or longer <= self._max_side_px:
            return width, height
        scale = self._max_side_px / longer
        return max(1, round(width * scale)), max(1, round(height * scale))


def pixel_aspect_of(ratio: Fraction | None) -> Fraction | None:
    """The width of a pixel over its height; None where pixels are square or nothing is said."""
    if ratio is None or ratio <= 0 or ratio == 1:
        return None
    # Beyond any real recorder: a damaged header must not blow a picture up.
    return ratio if Fraction(1, 4) <= ratio <= 4 else None
