"""Opening recordings and streams, and saying in a sentence why one cannot be opened.

A recording is opened with the container formats of recorders only, and may not lead the decoder to
other files or to the network. A stream may use the network only, and follows no redirection by
HTTP. Those by RTSP the decoder follows by itself: workers belong behind a firewall.
"""

import time
from dataclasses import dataclass
from pathlib import Path

import av
import av.error
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from cameras.addresses import SecretAddress
from cameras.errors import (
    EmptyFootage,
    FootageError,
    NotAVideo,
    NoVideoStream,
    StreamDidNotAnswer,
    StreamRefused,
    UndecodableFootage,
    UnsupportedFootage,
)
from cameras.footage.same_host import is_playlist, same_host_opener

_RECORDING_FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,ogg,mpegts,mpeg,mpegvideo,flv,asf,gif,h264,hevc,"
    "m4v,mjpeg,mpjpeg,dhav,mxf,nut,dv,ivf,av1,obu,rm,wtv,vc1,h263"
)
_RAW_FORMATS = frozenset({"h264", "hevc", "m4v", "mjpeg", "mpegvideo", "obu", "vc1", "h263"})
_STREAM_PROTOCOLS = "rtsp,rtsps,rtp,srtp,udp,tcp,tls,http,https,httpproxy,crypto"
# Not sdp: such a file, sent by HTTP, would lead the decoder to any address by UDP.
_LIVE_FORMATS = f"{_RECORDING_FORMATS},rtsp"
_PLAYLIST_FORMATS = "hls,mpegts,mov,mp4"
_MAX_PIXELS = 64_000_000
_PICTURE_HEADS = (b"\xff\xd8\xff", b"\x89PNG", b"BM", b"II*\x00", b"MM\x00*")


@dataclass(frozen=True, slots=True)
class OpenFootage:
    """An open container and the one video stream that is read. Close it with `close`."""

    container: InputContainer
    stream: VideoStream

    def close(self) -> None:
        """Release decoder and file; closing twice does no harm."""
        self.container.close()

    @property
    def has_no_timestamps(self) -> bool:
        """Whether this is a bare stream of pictures, whose times can only be counted."""
        return self.container.format.name in _RAW_FORMATS

    @property
    def has_no_clock(self) -> bool:
        """Whether the times of a live stream say nothing: its pictures come one by one by HTTP."""
        return self.has_no_timestamps or self.container.format.name == "mpjpeg"

    @property
    def frame_rate(self) -> float | None:
        """Frames per second on average; None where the container does not say."""
        rate = self.stream.average_rate or self.stream.guessed_rate
        return float(rate) if rate else None

    @property
    def declared_duration_s(self) -> float | None:
        """Length in seconds as the container says; a recording that broke off is shorter."""
        if self.stream.duration is not None and self.stream.time_base is not None:
            return float(self.stream.duration * self.stream.time_base)
        if self.container.duration is not None:
            return self.container.duration / av.time_base
        return None


def open_recording(path: Path) -> OpenFootage:
    """Open a file. Raises a `FootageError` with the reason where that cannot be done."""
    _check_file(path)
    options = {"format_whitelist": _RECORDING_FORMATS, "protocol_whitelist": "file"}
    try:
        container = av.open(f"file:{path.resolve()}", mode="r", options=options)
    except av.error.FFmpegError as error:
        raise _unreadable(path) from error
    return _with_video_stream(container)


def open_stream(address: SecretAddress, timeout_s: float) -> OpenFootage:
    """Open a live stream; the address must have passed `check_stream_address` just before.

    Raises `StreamDidNotAnswer` after `timeout_s` of silence, `StreamRefused` on a refusal.
    """
    url = address.reveal()
    options = {"protocol_whitelist": _STREAM_PROTOCOLS} | _transport_options(url)
    opener = None
    # A playlist under another name would lead anywhere: only an address that says so may be one.
    options["format_whitelist"] = _LIVE_FORMATS
    if is_playlist(address):
        options["format_whitelist"] = _PLAYLIST_FORMATS
        opener = same_host_opener(address, timeout_s)
        # Each piece is a request of its own, so that each is checked.
        options |= {"http_persistent": "0", "http_multiple": "0"}
    started = time.monotonic()
    try:
        container = av.open(
            url, mode="r", options=options, timeout=(timeout_s, timeout_s), io_open=opener
        )
    except av.error.FFmpegError as error:
        raise stream_error(error, address, time.monotonic() - started, timeout_s) from None
    return _with_video_stream(container)


def stream_error(
    error: av.error.FFmpegError, address: SecretAddress, waited_s: float, timeout_s: float
) -> FootageError:
    """The decoder's error as a sentence. It is not chained: its text holds the whole address."""
    # The decoder reports some time-outs as invalid data, so the clock decides.
    if isinstance(error, av.error.ExitError) or waited_s >= 0.95 * timeout_s:
        return StreamDidNotAnswer(
            f"The stream {address.masked} did not answer within {timeout_s:g} s: check that the "
            "camera is on and reachable from this machine."
        )
    if isinstance(error, av.error.HTTPUnauthorizedError | av.error.HTTPForbiddenError):
        reason = "refused the user name or password"
    elif isinstance(error, av.error.HTTPNotFoundError):
        reason = "knows no such path"
    elif isinstance(error, av.error.ConnectionRefusedError):
        reason = "accepts no connection on that port"
    elif isinstance(error, av.error.InvalidDataError):
        reason = "sent something that is no video"
    else:
        reason = "broke the connection"
    return StreamRefused(f"The stream {address.masked} {reason}: check its address.")


def _transport_options(url: str) -> dict[str, str]:
    if url.lower().startswith("rtsp"):
        # Over TCP: lost UDP packets smear faces.
        return {"rtsp_transport": "tcp"}
    return {"max_redirects": "0"}


def _with_video_stream(container: InputContainer) -> OpenFootage:
    try:
        stream = _video_stream(container)
    except FootageError:
        container.close()
        raise
    return OpenFootage(container, stream)


def _video_stream(container: InputContainer) -> VideoStream:
    streams = [
        stream
        for stream in container.streams.video
        if not stream.disposition & Disposition.attached_pic
    ]
    if not streams:
        raise NoVideoStream("The recording holds no pictures, only sound or data.")
    stream = streams[0]
    context = stream.codec_context
    if context is None:
        raise UnsupportedFootage(
            "The recording's pictures are coded in a way that is not known here: export it from "
            "the recorder as MP4 (H.264)."
        )
    if context.width * context.height > _MAX_PIXELS:
        raise UnsupportedFootage(
            f"The recording's pictures are {context.width}×{context.height}: too large."
        )
    return stream


def _check_file(path: Path) -> None:
    try:
        size_bytes = path.stat().st_size
        is_file = path.is_file()
    except OSError as error:
        raise FootageError(f"The recording {path.name} is not there or may not be read.") from error
    if not is_file:
        raise FootageError(f"{path.name} is not a file.")
    if size_bytes == 0:
        raise EmptyFootage(
            f"The recording {path.name} is empty (0 bytes): it was probably not copied to its end."
        )


def _unreadable(path: Path) -> FootageError:
    try:
        with path.open("rb") as file:
            head = file.read(1024)
    except OSError as error:
        return FootageError(f"The recording {path.name} cannot be read: {error.strerror}.")
    if head[4:8] in (b"ftyp", b"mdat", b"moov", b"free", b"wide"):
        return UndecodableFootage(
            f"The recording {path.name} is cut off: the index that an MP4 file has at its end is "
            "missing. Copy it again, or export it again from the recorder."
        )
    if _is_text(head):
        return NotAVideo(f"{path.name} is text, not a video.")
    if head.startswith(_PICTURE_HEADS) or head[8:12] == b"WEBP":
        return NotAVideo(f"{path.name} is a picture, not a video.")
    return NotAVideo(
        f"{path.name} is not a video that can be read: it is damaged, or of a kind that only its "
        "recorder's own player knows. Export it as MP4 (H.264)."
    )


def _is_text(head: bytes) -> bool:
    try:
        text = head.decode("utf-8", errors="strict")
    except UnicodeDecodeError as error:
        # A letter of several bytes may be cut at the end of what was read.
        if error.start < len(head) - 4:
            return False
        text = head[: error.start].decode("utf-8")
    return all(letter.isprintable() or letter in "\r\n\t\f" for letter in text)
