"""Recordings that are damaged, cut off, or no recordings at all."""

import hashlib
from pathlib import Path

import pytest

from cameras.errors import (
    EmptyFootage,
    FootageError,
    NotAVideo,
    NoVideoStream,
    UndecodableFootage,
)
from cameras.footage import EndReason, FootageEnd, FrameReading, probe, read_frames
from tests.cameras import clips

EVERY_S = 0.2


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return clips.write_clip(tmp_path / "clip.mp4")


def end_of(reading: FrameReading) -> FootageEnd:
    for _ in reading:
        pass
    assert reading.end is not None
    return reading.end


@pytest.mark.parametrize("suffix", ["mkv", "ts"])
def test_a_recording_that_breaks_off_gives_what_there_is(tmp_path: Path, suffix: str) -> None:
    whole = clips.write_clip(tmp_path / f"whole.{suffix}")
    cut = tmp_path / f"cut.{suffix}"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    count = len(list(read_frames(cut, every_s=EVERY_S)))
    assert 3 <= count <= 12


def test_a_recording_that_breaks_off_says_where(shared_dir: Path, tmp_path: Path) -> None:
    data = (shared_dir / "video/street/video_02.mp4").read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(data[: len(data) // 2])
    end = end_of(read_frames(cut, every_s=1.0))
    assert end.reason is EndReason.BROKEN_OFF
    assert end.decodable_share == pytest.approx(0.49, abs=0.03)
    assert "breaks off at 8.5 of 17.4 s" in end.sentence
    assert "breaks off at 8.5 of 17.4 s" in probe(cut).remarks[0]


def test_an_mp4_without_its_index_says_so(shared_dir: Path, tmp_path: Path) -> None:
    data = (shared_dir / "video/speech/short_hamilton_clip.mp4").read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(data[: len(data) // 2])
    with pytest.raises(UndecodableFootage, match="the index that an MP4 file has at its end"):
        probe(cut)


def test_a_recording_without_a_key_frame_at_its_start_is_read_from_the_first(
    tmp_path: Path,
) -> None:
    whole = clips.write_clip(tmp_path / "whole.ts")
    late = clips.without_first_packets(whole, tmp_path / "late.ts", packets=10)
    reading = read_frames(late, every_s=EVERY_S)
    frames = list(reading)
    assert 0.4 < frames[0].at_s < 0.8
    assert reading.end is not None
    assert "because no key frame comes earlier" in reading.end.sentence
    assert reading.end.decodable_share < 0.85
    assert "starts without a key frame" in probe(late).remarks[0]


@pytest.mark.parametrize("suffix", ["mkv", "ts", "mp4", "avi"])
def test_a_hole_in_the_middle_is_stepped_over_and_not_called_seen(
    tmp_path: Path, suffix: str
) -> None:
    # Some containers report damage, others pass over it in silence.
    hurt = clips.with_a_hole(tmp_path, suffix)
    reading = read_frames(hurt, every_s=EVERY_S)
    assert len(list(reading)) > 5
    assert reading.end is not None
    assert reading.end.decodable_share < 0.8
    sentence = reading.end.sentence
    assert "have no pictures" in sentence or "breaks off" in sentence


@pytest.mark.parametrize("suffix", ["mkv", "ts"])
def test_lost_packets_are_noticed_where_key_frames_alone_are_read(
    tmp_path: Path, suffix: str
) -> None:
    hurt = clips.with_a_hole(tmp_path, suffix)
    reading = read_frames(hurt, every_s=EVERY_S, key_frames_only=True)
    assert len(list(reading)) >= 2
    assert reading.end is not None
    assert reading.end.decodable_share < 0.8


def test_a_whole_recording_has_no_holes_however_it_is_read(clip: Path) -> None:
    for key_frames_only in (False, True):
        end = end_of(read_frames(clip, every_s=EVERY_S, key_frames_only=key_frames_only))
        assert end.decodable_share == 1.0
        assert end.sentence == "Read up to 3.0 s."


def test_short_pauses_of_a_camera_at_rest_are_no_holes_but_long_ones_are(tmp_path: Path) -> None:
    resting = clips.write_clip(tmp_path / "resting.mkv", at_ms=lambda n: n * 40 + n // 10 * 700)
    assert end_of(read_frames(resting, every_s=EVERY_S)).decodable_share > 0.99
    switched_off = clips.write_clip(
        tmp_path / "off.mkv", at_ms=lambda n: n * 40 + (n >= 50) * 6_000
    )
    end = end_of(read_frames(switched_off, every_s=EVERY_S))
    assert end.decodable_share == pytest.approx(3 / 9, abs=0.02)
    assert "6.0 s have no pictures" in end.sentence


@pytest.mark.parametrize(
    ("name", "content", "error", "says"),
    [
        ("zero.mp4", b"", EmptyFootage, "empty (0 bytes)"),
        ("photo.jpg", b"this is not a photo\n" * 40, NotAVideo, "is text, not a video"),
        ("notes.txt", b"hello\nworld\n" * 40, NotAVideo, "is text, not a video"),
        ("thai.mp4", "ไทย ".encode() * 400, NotAVideo, "is text, not a video"),
        ("photo.png", b"\x89PNG\r\n\x1a\n" + bytes(400), NotAVideo, "is a picture"),
        ("photo.mp4", b"\xff\xd8\xff\xe0" + bytes(400), NotAVideo, "is a picture"),
        ("noise.mp4", bytes(range(256)) * 40, NotAVideo, "not a video that can be read"),
        ("list.m3u8", b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n", NotAVideo, "is text"),
        ("many.ffconcat", b"ffconcat version 1.0\nfile clip.mp4\n", NotAVideo, "is text"),
    ],
)
def test_what_is_no_footage_is_refused_with_a_sentence(
    tmp_path: Path, name: str, content: bytes, error: type[FootageError], says: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    for attempt in (lambda: probe(path), lambda: list(read_frames(path, every_s=1.0))):
        with pytest.raises(error) as caught:
            attempt()
        assert says in str(caught.value)
        assert str(tmp_path) not in str(caught.value)


def test_a_list_of_files_cannot_lead_to_other_files(clip: Path) -> None:
    playlist = clip.with_name("list.m3u8")
    playlist.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n{clip}\n#EXT-X-ENDLIST\n")
    with pytest.raises(NotAVideo):
        probe(playlist)


def test_sound_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoVideoStream, match="holds no pictures"):
        probe(clips.write_sound(tmp_path / "sound.mp4"))


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FootageError, match="is not there"):
        probe(tmp_path / "gone.mp4")
    with pytest.raises(FootageError, match="is not a file"):
        probe(tmp_path)


def test_facts_are_those_of_the_file(clip: Path) -> None:
    facts = probe(clip)
    assert facts.duration_s == pytest.approx(3.0, abs=0.05)
    assert (facts.width, facts.height, facts.codec) == (clips.WIDTH, clips.HEIGHT, "h264")
    assert (facts.frame_count, facts.first_frame_at_s, facts.remarks) == (75, 0.0, ())
    assert facts.size_bytes == clip.stat().st_size
    assert facts.sha256 == hashlib.sha256(clip.read_bytes()).hexdigest()
