import gc
import hashlib
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from cameras.errors import (
    FootageError,
)
from cameras.footage import EndReason, FootageEnd, FrameReading, probe, read_frames
from tests.cameras import clips

OPEN_GOP = {"bf": "3", "x264-params": "open-gop=1:scenecut=0:log-level=none"}
EVERY_S = 0.2


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return clips.write_clip(tmp_path / "clip.mp4")


def seen(reading: FrameReading) -> list[tuple[int, float, str]]:
    """Index, time and a hash of each frame, without keeping the pictures."""
    return [(f.index, f.at_s, hashlib.sha256(f.image_bgr.tobytes()).hexdigest()) for f in reading]


def end_of(reading: FrameReading) -> FootageEnd:
    for _ in reading:
        pass
    assert reading.end is not None
    return reading.end


def assert_resumes_exactly(path: Path) -> None:
    whole = seen(read_frames(path, every_s=EVERY_S))
    assert len(whole) > 3
    last = whole[-1][0]
    for cell in range(1, last + 1, max(3, last // 4)):
        rest = seen(read_frames(path, every_s=EVERY_S, from_s=cell * EVERY_S))
        assert rest == [frame for frame in whole if frame[0] >= cell], f"resumed at cell {cell}"


# ------------------------------------------------------------------------------------ real videos


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("h264_aac.mp4", "h264"),
        ("h265_aac.mp4", "hevc"),
        ("mp4v_aac.mp4", "mpeg4"),
        ("theora_opus.ogg", "theora"),
        ("vp8_opus.webm", "vp8"),
        ("xvid_aac.avi", "mpeg4"),
    ],
)
def test_every_codec_is_decoded_and_resumed(shared_dir: Path, name: str, codec: str) -> None:
    path = shared_dir / "video/codecs" / name
    facts = probe(path)
    assert (facts.codec, facts.width, facts.height) == (codec, 640, 480)
    assert facts.duration_s == pytest.approx(1.04, abs=0.05)
    assert facts.frame_rate == pytest.approx(29.97, abs=0.01)
    frames = list(read_frames(path, every_s=EVERY_S))
    assert [frame.index for frame in frames] == [0, 1, 2, 3, 4, 5]
    # One scene in six codecs: the picture must be about the same in all of them.
    reference = next(iter(read_frames(path.with_name("h264_aac.mp4"), every_s=1.0)))
    difference = np.abs(frames[0].image_bgr.astype(int) - reference.image_bgr.astype(int))
    assert difference.mean() < 12
    assert_resumes_exactly(path)


def test_a_speech_whose_clock_starts_late_is_timed_from_its_first_frame(shared_dir: Path) -> None:
    path = shared_dir / "video/speech/short_hamilton_clip.mp4"
    facts = probe(path)
    assert facts.duration_s == pytest.approx(9.18, abs=0.02)
    assert facts.frame_count == 275
    assert next(iter(read_frames(path, every_s=1.0))).at_s == 0.0
    assert_resumes_exactly(path)


@pytest.mark.parametrize(
    "name",
    [
        "sign/again.mkv",
        "street/video_02.mp4",
        "street/preview_face-demographics-walking.gif",
        "empty/man-walking-across-screen.mp4",
    ],
)
def test_real_footage_is_resumed_exactly(shared_dir: Path, name: str) -> None:
    path = shared_dir / "video" / name
    assert end_of(read_frames(path, every_s=EVERY_S)).reason is EndReason.COMPLETE
    assert_resumes_exactly(path)


def test_a_gif_with_only_its_first_key_frame_is_read_to_its_end(shared_dir: Path) -> None:
    path = shared_dir / "video/street/preview_face-demographics-walking.gif"
    facts = probe(path)
    assert (facts.frame_count, facts.width, facts.height) == (35, 480, 270)
    assert facts.duration_s == pytest.approx(2.91, abs=0.01)


# ------------------------------------------------------------------------------- the sampling grid


@pytest.mark.parametrize(
    ("name", "codec", "options", "container"),
    [
        ("b_frames.mp4", "libx264", OPEN_GOP, None),
        ("b_frames.ts", "libx264", OPEN_GOP, None),
        ("b_frames.mkv", "libx264", OPEN_GOP, None),
        ("b_frames.flv", "libx264", {}, None),
        ("hevc.mp4", "libx265", {"x265-params": "open-gop=1:bframes=3:log-level=none"}, None),
        ("mpeg4.avi", "mpeg4", {"bf": "2"}, None),
        ("no_timestamps.h264", "libx264", {}, "h264"),
    ],
)
def test_a_resumed_reading_gives_the_same_frames(
    tmp_path: Path, name: str, codec: str, options: dict[str, str], container: str | None
) -> None:
    path = tmp_path / name
    assert_resumes_exactly(
        clips.write_clip(path, codec=codec, options=options, container=container)
    )


def test_variable_frame_rates_are_sampled_by_time_and_not_by_number(tmp_path: Path) -> None:
    # Every ten frames the camera pauses for 0.7 s.
    path = clips.write_clip(tmp_path / "vfr.mkv", at_ms=lambda n: n * 40 + n // 10 * 700)
    times = [frame.at_s for frame in read_frames(path, every_s=EVERY_S)]
    assert times[:4] == pytest.approx([0.0, 0.2, 1.1, 1.22], abs=0.02)
    assert probe(path).duration_s == pytest.approx(2.96 + 7 * 0.7, abs=0.1)
    assert_resumes_exactly(path)


def test_each_cell_of_the_grid_gives_its_first_frame(clip: Path) -> None:
    frames = list(read_frames(clip, every_s=0.5))
    assert [frame.index for frame in frames] == [0, 1, 2, 3, 4, 5]
    assert [frame.at_s for frame in frames] == pytest.approx([0, 0.52, 1.0, 1.52, 2.0, 2.52])
    # The square moves 4 px a frame: the picture is the one of that time.
    left = int(np.argmax(frames[2].image_bgr[80, :, 1] > 128))
    assert left == pytest.approx(100, abs=1)


def test_a_part_is_read_from_and_up_to_the_given_times(clip: Path) -> None:
    reading = read_frames(clip, every_s=0.5, from_s=1.0, to_s=2.0)
    assert [frame.index for frame in reading] == [2, 3]
    assert reading.end is not None
    assert reading.end.reason is EndReason.COMPLETE
    assert reading.end.decodable_share == 1.0


def test_a_part_beyond_the_end_is_empty(clip: Path) -> None:
    reading = read_frames(clip, every_s=0.5, from_s=30.0)
    assert list(reading) == []
    assert reading.end is not None


@pytest.mark.parametrize("options", [{}, OPEN_GOP])
def test_key_frames_alone_can_be_read(tmp_path: Path, options: dict[str, str]) -> None:
    path = clips.write_clip(tmp_path / "clip.mp4", options=options)
    reading = read_frames(path, every_s=0.04, key_frames_only=True)
    frames = list(reading)
    assert [frame.at_s for frame in frames] == pytest.approx([0.0, 1.0, 2.0])
    assert reading.end is not None
    assert reading.end.decodable_share == pytest.approx(1.0)
    by_time = {f.at_s: f.image_bgr.astype(int) for f in read_frames(path, every_s=0.04)}
    for frame in frames:
        assert np.abs(by_time[frame.at_s] - frame.image_bgr).max() == 0
    rest = list(read_frames(path, every_s=0.04, from_s=1.0, key_frames_only=True))
    assert [frame.at_s for frame in rest] == pytest.approx([1.0, 2.0])


def test_without_timestamps_no_frame_is_left_out_for_key_frames(tmp_path: Path) -> None:
    path = clips.write_clip(tmp_path / "bare.h264", container="h264")
    frames = list(read_frames(path, every_s=EVERY_S, key_frames_only=True))
    assert frames[-1].at_s == pytest.approx(2.8, abs=0.1)


@pytest.mark.parametrize(
    "times", [{"every_s": 0.0}, {"every_s": 1.0, "from_s": -1.0}, {"every_s": 1.0, "to_s": 0.0}]
)
def test_times_that_make_no_sense_are_refused(clip: Path, times: dict[str, float]) -> None:
    with pytest.raises(FootageError):
        read_frames(clip, **times)  # type: ignore[arg-type]


# ---------------------------------------------------------------------------------- the pictures


def test_a_recording_that_asks_to_be_turned_is_turned(clip: Path, tmp_path: Path) -> None:
    turned = clips.turned_clockwise(clip, tmp_path / "turned.mp4")
    image = next(iter(read_frames(turned, every_s=1.0))).image_bgr
    assert image.shape == (clips.WIDTH, clips.HEIGHT, 3)
    # The red upper half has come to the right.
    assert image[:, 70:, 2].mean() > 200
    assert image[:, :50, 2].mean() < 60
    facts = probe(turned)
    assert (facts.width, facts.height) == (clips.HEIGHT, clips.WIDTH)


def test_pixels_that_are_not_square_are_made_square(tmp_path: Path) -> None:
    path = clips.write_clip(tmp_path / "wide.mp4", pixel_aspect=Fraction(2, 1))
    image = next(iter(read_frames(path, every_s=1.0))).image_bgr
    assert image.shape == (clips.HEIGHT, 2 * clips.WIDTH, 3)
    assert probe(path).width == 2 * clips.WIDTH


def test_large_pictures_are_made_smaller_and_small_ones_left(clip: Path) -> None:
    small = next(iter(read_frames(clip, every_s=1.0, max_side_px=80))).image_bgr
    assert small.shape == (60, 80, 3)
    same = next(iter(read_frames(clip, every_s=1.0, max_side_px=1_000))).image_bgr
    assert same.shape == (clips.HEIGHT, clips.WIDTH, 3)


# ------------------------------------------------------------------------------- stop and release


def test_a_reading_can_be_stopped_and_says_how_far_it_came(clip: Path) -> None:
    count = 0

    def enough() -> bool:
        return count >= 4

    reading = read_frames(clip, every_s=EVERY_S, should_stop=enough)
    for _ in reading:
        count += 1
    assert count == 4
    assert reading.end is not None
    assert reading.end.reason is EndReason.STOPPED
    assert 0.5 < reading.end.decoded_to_s < 1.5


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts files by /proc")
def test_recordings_are_released_however_a_reading_ends(clip: Path, tmp_path: Path) -> None:
    list(read_frames(clip, every_s=1.0))
    gc.collect()
    before = open_files()
    for _ in range(5):
        list(read_frames(clip, every_s=1.0, from_s=1.0))
        for _frame in read_frames(clip, every_s=1.0):
            break
        with read_frames(clip, every_s=1.0) as reading:
            next(iter(reading))
        with pytest.raises(RuntimeError):
            fail_while_reading(clip)
        probe(clip)
    gc.collect()
    assert open_files() == before


def fail_while_reading(path: Path) -> None:
    for _ in read_frames(path, every_s=1.0):
        raise RuntimeError


def test_an_abandoned_reading_says_that_it_was_stopped(clip: Path) -> None:
    reading = read_frames(clip, every_s=1.0)
    frames = iter(reading)
    next(frames)
    frames.close()  # type: ignore[attr-defined]
    assert reading.end is not None
    assert reading.end.reason is EndReason.STOPPED
