"""Whether anything moved: told from the sizes of coded pictures, and from small grey ones.

Both judge only what they are given and remember nothing, so a reading that is resumed judges as an
undisturbed one did.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import av.error
import cv2
import numpy as np
from av.codec.context import CodecContext
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from av.video.stream import VideoStream
from numpy.typing import NDArray

Grey = NDArray[np.uint8]

GROUPED_CODECS = frozenset({"h264", "hevc"})
"""Codecs in which a picture that shows nothing new costs next to nothing."""

_WIDTH_PX = 160
_WINDOW_S = 0.2
_FEWEST_WINDOWS = 3
_STEADY_BYTES = 60.0
"""Spread of a picture's mean size over a group, in bytes, up to which nothing can have come by.

Measured on a street of 768 × 432 with passers-by whose faces are 40 px high, in H.264 (constant
quality 23 and 30, constant rate, three presets) and HEVC, with sensor noise of 0 to 8 grey levels:
without anybody the spread is 2 to 40 bytes wherever the encoder can leave a still picture out; a
passer-by adds 190 and more. Noise that must be coded spreads by hundreds of bytes, and a constant
rate by thousands: there the sizes tell nothing, and the pictures are decoded.
"""
_IDLE_BYTES_A_BLOCK = 0.25
"""Bytes for each block of 16 × 16 px above which even a steady group counts as moving."""

_LEAST_CHANGE = 5.0
_MOST_CHANGE = 12.0
_NOISE_FACTOR = 7.0
_LARGEST_DIMMING = 6.0


def is_steady(packets: "Sequence[Packet[Any]]", time_base: Fraction, pixels: int) -> bool:
    """Whether the pictures after a group's key frame are so small and even that nothing moved.

    Args:
        packets: one group: a key frame, then all that refer to it, in order of decoding.
        time_base: seconds of one tick of their times.
        pixels: width times height of the coded picture.
    """
    shown = sorted((packet.pts, packet.size) for packet in packets[1:] if packet.pts is not None)
    if not shown or len(shown) < len(packets) - 1 or packets[0].pts is None:
        return False
    times_s = np.array([float((pts - packets[0].pts) * time_base) for pts, _ in shown])
    sizes = np.array([size for _, size in shown], np.float64)
    windows = np.floor_divide(times_s, _WINDOW_S).astype(np.int64)
    windows -= windows.min()
    counts = np.bincount(windows)
    # The last window may hold a single picture; its neighbour judges for it.
    full = counts >= np.median(counts[counts > 0])
    if np.count_nonzero(full) < _FEWEST_WINDOWS:
        return False
    means = np.bincount(windows, sizes)[full] / counts[full]
    spread = max(means.max(), sizes[~full[windows]].max(initial=0.0)) - means.min()
    return bool(spread <= _STEADY_BYTES and means.mean() <= _IDLE_BYTES_A_BLOCK * pixels / 256)


class GreyMaker:
    """Frames as small grey pictures 160 px wide; sensor noise averages away."""

    def __init__(self) -> None:
        self._scaler = VideoReformatter()

    def small_grey(self, frame: VideoFrame) -> Grey:
        """uint8[h, 160]."""
        height = max(1, round(frame.height * _WIDTH_PX / frame.width))
        small = self._scaler.reformat(
            frame, _WIDTH_PX, height, "gray", interpolation=Interpolation.AREA
        )
        return np.asarray(small.to_ndarray(), np.uint8)


def has_moved(before: Grey, now: Grey) -> bool:
    """Whether some part of the picture changed by more than its noise.

    A change of light over the whole picture is taken out. What remains is averaged over 3 × 3
    pixels, about 12 px of a frame 640 px wide, and compared with the noise of this very pair.
    """
    if before.shape != now.shape:
        return True
    if int(cv2.blur(cv2.absdiff(now, before), (3, 3)).max()) <= _LEAST_CHANGE:
        return False
    change = cv2.blur(now.astype(np.float32) - before, (3, 3))
    dimming = float(np.median(change))
    if abs(dimming) > _LARGEST_DIMMING:
        return True
    change = np.abs(change - dimming)
    noise = 1.4826 * float(np.median(change))
    limit = min(_MOST_CHANGE, max(_LEAST_CHANGE, _NOISE_FACTOR * noise))
    return float(change.max()) > limit


class KeyFrameScout:
    """Decodes single key frames, apart from the decoder that reads on."""

    def __init__(self, stream: VideoStream) -> None:
        given = stream.codec_context
        context = CodecContext.create(given.name, "r")
        assert isinstance(context, VideoCodecContext)  # noqa: S101 - a video codec's context
        context.extradata = given.extradata
        context.thread_count = 1
        self._context = context

    def frame(self, packet: "Packet[Any]") -> VideoFrame | None:
        """The key frame alone; None where it cannot be decoded without others."""
        try:
            frames = [*self._context.decode(packet), *self._context.decode(None)]
        except av.error.MemoryError:
            raise
        except av.error.FFmpegError:
            return None
        finally:
            self._context.flush_buffers()
        whole = [frame for frame in frames if frame.key_frame and not frame.is_corrupt]
        return whole[0] if len(whole) == 1 else None
