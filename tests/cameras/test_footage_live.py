"""HLS, MJPEG and RTSP from real servers on this machine; breaking off and coming back."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from cameras.errors import FootageError, StreamDidNotAnswer, StreamRefused
from cameras.footage import BackOff, EndReason, MotionGate, StreamWatch, read_frames
from tests.cameras import clips
from tests.cameras.stream_servers import (
    files_server,
    hls_server,
    local,
    pictures_server,
    rtsp_server,
)
from tests.cameras.streets import shows_passer, write_street
from tests.cameras.test_footage_streams import silent_server

QUICK = BackOff(first_s=0.2, longest_s=0.5)
PASSAGE = (1.2, 2.6)


@pytest.fixture
def street(tmp_path: Path) -> Path:
    """Four seconds with a key frame each second, in which somebody passes."""
    return write_street(tmp_path / "street.mp4", [PASSAGE], seconds=4, group=25)


@pytest.mark.parametrize("gate", [None, MotionGate()])
def test_an_rtsp_stream_is_watched(street: Path, gate: MotionGate | None) -> None:
    with rtsp_server(street) as url:
        reading = read_frames(local(url), every_s=0.2, to_s=3.0, timeout_s=5.0, gate=gate)
        times = [frame.at_s for frame in reading if shows_passer(frame.image_bgr)]
    assert times[0] == pytest.approx(PASSAGE[0], abs=0.3)
    assert times[-1] == pytest.approx(PASSAGE[1], abs=0.3)
    assert reading.coverage.share > 0.9


def test_an_hls_stream_is_watched_piece_by_piece(street: Path, tmp_path: Path) -> None:
    folder = tmp_path / "hls"
    folder.mkdir()
    with hls_server(street, folder) as url:
        reading = read_frames(local(url), every_s=0.2, to_s=3.0, timeout_s=5.0)
        times = [frame.at_s for frame in reading if shows_passer(frame.image_bgr)]
    assert reading.end is not None
    assert reading.end.reason is EndReason.COMPLETE
    assert times[0] == pytest.approx(PASSAGE[0], abs=0.3)
    assert times[-1] == pytest.approx(PASSAGE[1], abs=0.3)


def test_a_playlist_cannot_lead_to_another_host(street: Path, tmp_path: Path) -> None:
    lure, inside = tmp_path / "lure", tmp_path / "inside"
    lure.mkdir()
    inside.mkdir()
    (inside / "piece.ts").write_bytes(street.read_bytes())
    with files_server(inside) as (inner_port, asked), files_server(lure) as (port, _):
        (lure / "live.m3u8").write_text(
            "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n"
            f"http://127.0.0.1:{inner_port}/piece.ts\n#EXT-X-ENDLIST\n"
        )
        address = local(f"http://127.0.0.1:{port}/live.m3u8")
        with pytest.raises(StreamRefused) as caught:
            list(read_frames(address, every_s=0.5, to_s=2.0, timeout_s=2.0))
    assert asked == []
    assert str(inner_port) not in str(caught.value)


def test_a_playlist_that_is_not_there_is_told_in_words(tmp_path: Path) -> None:
    with files_server(tmp_path) as (port, _):
        address = local(f"http://127.0.0.1:{port}/none.m3u8")
        with pytest.raises(StreamRefused, match="knows no such path"):
            list(read_frames(address, every_s=0.5, to_s=2.0, timeout_s=2.0))


def test_a_playlist_that_never_comes_is_given_up_in_time() -> None:
    with silent_server() as port:
        address = local(f"http://127.0.0.1:{port}/live.m3u8")
        with pytest.raises(StreamDidNotAnswer):
            list(read_frames(address, every_s=0.5, to_s=2.0, timeout_s=1.0))


@contextmanager
def endless_server(piece: bytes, every_s: float) -> Iterator[int]:
    """The port of a server whose one playlist has no end."""
    stopping = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def send(caller: socket.socket) -> None:
            with caller, suppress(OSError):
                caller.recv(4000)
                caller.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n#EXTM3U\n")
                while not stopping.wait(every_s):
                    caller.sendall(piece)

        def answer() -> None:
            with suppress(OSError):
                while True:
                    caller, _ = server.accept()
                    threading.Thread(target=send, args=(caller,), daemon=True).start()

        threading.Thread(target=answer, daemon=True).start()
        yield server.getsockname()[1]
        stopping.set()


@pytest.mark.parametrize(
    ("piece", "every_s"),
    [(b"#EXTINF:1,\nx.ts\n" * 5000, 0.0), (b"x" * 65_536, 0.0), (b"#", 0.05)],
    ids=["pieces", "one line", "byte by byte"],
)
def test_a_playlist_without_end_is_given_up(piece: bytes, every_s: float) -> None:
    with endless_server(piece, every_s) as port:
        address = local(f"http://127.0.0.1:{port}/live.m3u8")
        with pytest.raises((StreamRefused, StreamDidNotAnswer)):
            list(read_frames(address, every_s=0.5, to_s=2.0, timeout_s=1.0))


def test_a_playlist_under_another_name_is_not_followed(street: Path, tmp_path: Path) -> None:
    (tmp_path / "live").write_text(
        "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nstreet.ts\n#EXT-X-ENDLIST\n"
    )
    with files_server(tmp_path) as (port, asked):
        address = local(f"http://127.0.0.1:{port}/live")
        with pytest.raises(FootageError):
            list(read_frames(address, every_s=0.5, to_s=2.0, timeout_s=2.0))
        assert asked == ["/live"]


@pytest.mark.parametrize("per_s", [5, 20])
def test_pictures_over_http_are_timed_by_their_arrival(street: Path, per_s: float) -> None:
    with pictures_server(street, per_s=per_s) as url:
        began = time.monotonic()
        reading = read_frames(local(url), every_s=0.5, to_s=2.0, timeout_s=5.0)
        frames = [(frame.at_s, time.monotonic() - began) for frame in reading]
    assert len(frames) == 4
    for at_s, arrived_s in frames:
        assert at_s == pytest.approx(arrived_s, abs=0.35)


def test_a_stream_that_breaks_off_is_opened_again_and_the_gap_is_told(street: Path) -> None:
    with pictures_server(street, per_s=10, break_after_s=1.0, refuse=1) as url:
        watch = StreamWatch(
            lambda: local(url), every_s=0.2, for_s=4.0, timeout_s=2.0, back_off=QUICK
        )
        times = [frame.at_s for frame in watch]
    assert times == sorted(set(times))
    assert watch.connections >= 2
    assert watch.outages
    outage_s = sum(outage.to_s - outage.from_s for outage in watch.outages)
    assert 0.3 < outage_s < 3
    assert watch.coverage.unseen_s == pytest.approx(outage_s, abs=0.4)
    total_s = watch.coverage.looked_s + watch.coverage.still_s + watch.coverage.unseen_s
    assert total_s == pytest.approx(4.0, abs=0.5)
    for outage in watch.outages:
        assert not [at_s for at_s in times if outage.from_s + 0.3 < at_s < outage.to_s - 0.01]


def test_a_watch_stops_on_command_even_while_it_waits(street: Path) -> None:
    began = time.monotonic()
    with pictures_server(street, per_s=10, break_after_s=0.5, refuse=99) as url:
        watch = StreamWatch(
            lambda: local(url), every_s=0.2, for_s=60.0, timeout_s=2.0,
            should_stop=lambda: time.monotonic() - began > 2.0,
            back_off=BackOff(first_s=30.0),
        )  # fmt: skip
        assert [frame.at_s for frame in watch]
    assert time.monotonic() - began < 5


def test_a_watch_gives_up_after_the_longest_silence(street: Path) -> None:
    began = time.monotonic()
    with pictures_server(street, per_s=10, break_after_s=0.5, refuse=99) as url:
        watch = StreamWatch(
            lambda: local(url), every_s=0.2, for_s=60.0, timeout_s=1.0,
            back_off=BackOff(first_s=0.2, longest_s=0.5, give_up_s=1.5),
        )  # fmt: skip
        assert [frame.at_s for frame in watch]
    assert time.monotonic() - began < 8
    assert watch.outages[-1].sentence


def test_a_stream_that_never_answered_is_an_error_and_no_empty_watch() -> None:
    with silent_server() as port, pytest.raises(StreamDidNotAnswer):
        list(StreamWatch(lambda: local(f"rtsp://127.0.0.1:{port}/x"), every_s=1.0, for_s=60.0,
                         timeout_s=1.0))  # fmt: skip


def test_waits_grow_up_to_the_longest() -> None:
    waits = BackOff(first_s=1.0, factor=2.0, longest_s=5.0).waits_s()
    assert [next(waits) for _ in range(5)] == [1, 2, 4, 5, 5]


def test_a_recording_in_the_wrong_container_is_read(tmp_path: Path) -> None:
    """Recorders name files as they like: what counts is what is inside."""
    for written, named in (("ts", "mp4"), ("mkv", "avi"), ("mp4", "dat")):
        path = clips.write_clip(tmp_path / f"w.{written}").rename(tmp_path / f"n{written}.{named}")
        assert len(list(read_frames(path, every_s=0.5, gate=MotionGate()))) >= 2
