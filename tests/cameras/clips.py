"""Short recordings of a moving square, made for tests: what recorders write, faults included."""

import struct
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

WIDTH, HEIGHT, RATE = 160, 120, 25
_MILLISECOND = Fraction(1, 1000)


def picture(number: int) -> np.ndarray:
    """Upper half red, and a white square that moves right by four pixels a frame."""
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    image[: HEIGHT // 2, :, 2] = 255
    left = 4 * number % (WIDTH - 20)
    image[70:90, left : left + 20] = 255
    return image


def write_clip(
    path: Path,
    *,
    frames: int = 75,
    codec: str = "libx264",
    options: dict[str, str] | None = None,
    container: str | None = None,
    at_ms: Callable[[int], int] = lambda number: number * 1000 // RATE,
    pixel_aspect: Fraction | None = None,
) -> Path:
    """A clip of 3 s unless told otherwise, with a key frame for each second."""
    every_second = {"g": str(RATE)} | ({"sc_threshold": "0"} if codec == "libx264" else {})
    with av.open(str(path), "w", format=container) as output:
        stream = output.add_stream(codec, rate=RATE, options=every_second | (options or {}))
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.time_base = _MILLISECOND
        if pixel_aspect is not None:
            stream.codec_context.sample_aspect_ratio = pixel_aspect
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(picture(number), "bgr24").reformat(format="yuv420p")
            frame.pts, frame.time_base = at_ms(number), _MILLISECOND
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    return path


def write_sound(path: Path) -> Path:
    """A recording with sound and no pictures."""
    with av.open(str(path), "w") as output:
        stream = output.add_stream("aac", rate=16_000, layout="mono")
        for number in range(20):
            samples = np.zeros((1, 1024), np.float32)
            frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 16_000, number * 1024
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    return path


def without_first_packets(source: Path, path: Path, packets: int) -> Path:
    """The same recording cut in before its second key frame."""
    with av.open(str(source)) as given, av.open(str(path), "w") as output:
        stream = given.streams.video[0]
        copy = output.add_stream_from_template(stream)
        for number, packet in enumerate(_packets(given, stream)):
            if number >= packets:
                packet.stream = copy
                output.mux(packet)
    return path


def _packets(container: av.container.InputContainer, stream: av.VideoStream) -> Iterator[av.Packet]:
    return (packet for packet in container.demux(stream) if packet.dts is not None)


def turned_clockwise(source: Path, path: Path) -> Path:
    """The same MP4, whose track header asks for a quarter turn to the right, as telephones do."""
    data = bytearray(source.read_bytes())
    # ISO 14496-12: the matrix stands 40 bytes after the name of a version-0 track header.
    matrix = data.index(b"tkhd") + 4 + 40
    data[matrix : matrix + 36] = struct.pack(
        ">9i", 0, 1 << 16, 0, -(1 << 16), 0, 0, HEIGHT << 16, 0, 1 << 30
    )
    path.write_bytes(data)
    return path


def damaged(source: Path, path: Path, start_share: float, length: int) -> Path:
    """The same file with a stretch of its bytes scrambled."""
    data = bytearray(source.read_bytes())
    start = int(len(data) * start_share)
    for i in range(start, min(len(data), start + length)):
        data[i] = (data[i] * 7 + 13) % 256
    path.write_bytes(data)
    return path


def with_a_hole(folder: Path, suffix: str) -> Path:
    """Ten seconds, of which a third of the bytes is scrambled."""
    whole = write_clip(folder / f"whole.{suffix}", frames=250)
    return damaged(whole, folder / f"hole.{suffix}", 0.25, whole.stat().st_size // 3)
