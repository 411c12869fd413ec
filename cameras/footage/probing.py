"""Facts about a recording: how long, how large, how coded, and whether it is whole."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import av.error

from cameras.errors import UndecodableFootage
from cameras.footage.decoding import Decoding
from cameras.footage.ending import NO_KEY_FRAME_S
from cameras.footage.opening import OpenFootage, open_recording
from cameras.footage.pictures import pixel_aspect_of, upright_size

_CHUNK_BYTES = 1 << 20
_FIRST_FRAME_PACKETS = 1_500  # a minute of packets without one key frame is no usable recording
_SHORT_S = 1.0


@dataclass(frozen=True, slots=True)
class FootageFacts:
    """What a recording is. Width and height are as seen: upright, with square pixels.

    `duration_s` is counted from its packets; a header may promise more. `first_frame_at_s` is where
    decoding can begin. `remarks` are sentences about what is not as it should be.
    """

    duration_s: float
    frame_rate: float
    width: int
    height: int
    codec: str
    container: str
    frame_count: int
    size_bytes: int
    sha256: str
    first_frame_at_s: float
    remarks: tuple[str, ...]


def probe(path: Path) -> FootageFacts:
    """Read a recording once through, without decoding more than its first frame.

    Raises a `FootageError` that says what is wrong where it cannot serve as footage.
    """
    footage = open_recording(path)
    try:
        count, extent_s = _count_packets(footage)
    finally:
        footage.close()
    footage = open_recording(path)
    try:
        return _facts(path, footage, count, extent_s)
    finally:
        footage.close()


def _facts(path: Path, footage: OpenFootage, count: int, extent_s: float) -> FootageFacts:
    width, height, first_at_s = _first_frame(path, footage)
    rate = footage.frame_rate or (count / extent_s if extent_s > 0 else 0.0)
    duration_s = extent_s or (count / rate if rate else 0.0)
    return FootageFacts(
        duration_s=duration_s,
        frame_rate=rate,
        width=width,
        height=height,
        codec=footage.stream.codec_context.name,
        container=footage.container.format.name,
        frame_count=count,
        size_bytes=path.stat().st_size,
        sha256=sha256_of(path),
        first_frame_at_s=first_at_s,
        remarks=_remarks(footage.declared_duration_s, duration_s, first_at_s),
    )


def sha256_of(path: Path) -> str:
    """The file's SHA-256 in hexadecimal, read piece by piece."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _count_packets(footage: OpenFootage) -> tuple[int, float]:
    """The number of coded frames, and the seconds they span; 0.0 where they carry no times."""
    count, first, end = 0, footage.stream.start_time, 0
    try:
        for packet in footage.container.demux(footage.stream):
            count += packet.size > 0
            if packet.pts is not None:
                first = packet.pts if first is None else first
                end = max(end, packet.pts + (packet.duration or 0))
    except av.error.FFmpegError:
        pass  # it ends here; the remark on its length says so
    base = footage.stream.time_base
    if first is None or base is None or footage.has_no_timestamps:
        return count, 0.0
    return count, max(0.0, float((end - first) * base))


def _first_frame(path: Path, footage: OpenFootage) -> tuple[int, int, float]:
    """Width and height as seen, and time in seconds, of the first frame that can be decoded."""
    packets = iter(range(_FIRST_FRAME_PACKETS))
    decoding = Decoding(
        footage,
        key_frames_only=False,
        threads=1,
        should_stop=lambda: next(packets, None) is None,
    )
    for at_s, frame in decoding.frames():
        aspect = pixel_aspect_of(footage.stream.sample_aspect_ratio)
        return *upright_size(frame.width, frame.height, aspect, frame.rotation), at_s
    raise UndecodableFootage(
        f"Not one picture of {path.name} could be decoded: it is damaged or encrypted. Export it "
        "again from the recorder."
    )


def _remarks(declared_s: float | None, duration_s: float, first_at_s: float) -> tuple[str, ...]:
    remarks = []
    if declared_s is not None and declared_s - duration_s > _SHORT_S:
        remarks.append(
            f"The recording breaks off at {duration_s:.1f} of {declared_s:.1f} s: the rest was "
            "never written or not copied."
        )
    if first_at_s > NO_KEY_FRAME_S:
        remarks.append(
            f"The first {first_at_s:.1f} s cannot be decoded, because the recording starts without "
            "a key frame."
        )
    return tuple(remarks)
