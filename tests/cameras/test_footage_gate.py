"""Reading with a gate: nobody in view for a second is left out, and what is skipped is told."""

import hashlib
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cameras.errors import FootageError
from cameras.footage import SHORTEST_PASSAGE_S, EndReason, FrameReading, MotionGate, read_frames
from cameras.footage.coverage import CoverageLog
from tests.cameras import clips
from tests.cameras.streets import RATE, shows_passer, write_street

EVERY_S = 0.2
BETWEEN_KEY_FRAMES = (2.3, 3.5)
"""A passage of 1.2 s between the key frames at 2 and 4 s."""


def seen(reading: FrameReading) -> list[tuple[int, float, str]]:
    return [(f.index, f.at_s, hashlib.sha256(f.image_bgr.tobytes()).hexdigest()) for f in reading]


def gated(path: Path, every_s: float = EVERY_S, **more: float) -> FrameReading:
    return read_frames(path, every_s=every_s, gate=MotionGate(), **more)


# ------------------------------------------------------------------------------ who is not missed


@pytest.mark.parametrize("noise", [0.0, 2.0, 6.0])
@pytest.mark.parametrize("options", [
    {}, {"crf": "32"}, {"tune": "zerolatency"},
    {"b": "300k", "maxrate": "300k", "bufsize": "300k"},
])  # fmt: skip
def test_somebody_who_passes_between_two_key_frames_is_seen(
    tmp_path: Path, noise: float, options: dict[str, str]
) -> None:
    path = write_street(tmp_path / "street.mp4", [BETWEEN_KEY_FRAMES], noise=noise, options=options)
    times = [frame.at_s for frame in gated(path) if shows_passer(frame.image_bgr)]
    assert len(times) >= 5
    assert times[0] - BETWEEN_KEY_FRAMES[0] < 0.35
    assert BETWEEN_KEY_FRAMES[1] - times[-1] < 0.35


def test_of_a_still_street_little_is_given_and_all_of_it_accounted_for(tmp_path: Path) -> None:
    reading = gated(write_street(tmp_path / "street.mp4", [], noise=1.0))
    assert [frame.at_s for frame in reading] == pytest.approx([0, 2, 4, 6])
    assert reading.end is not None
    assert reading.end.reason is EndReason.COMPLETE
    assert reading.end.decodable_share == 1.0
    assert reading.coverage.unseen_s == 0
    assert reading.coverage.still_s > 5
    assert reading.coverage.share == 1.0


def test_somebody_who_stays_is_given_again_and_again(tmp_path: Path) -> None:
    path = write_street(tmp_path / "street.mp4", [(2.0, 8_000.0)])
    times = [frame.at_s for frame in gated(path) if shows_passer(frame.image_bgr)]
    assert len(times) >= 3


@pytest.mark.parametrize(("codec", "suffix"), [("libx265", "mkv"), ("mpeg4", "avi"), ("libx264", "ts")])  # fmt: skip  # noqa: E501
def test_other_codecs_and_containers_are_gated_as_well(
    tmp_path: Path, codec: str, suffix: str
) -> None:
    options = {"x265-params": "log-level=none:keyint=50:scenecut=0"} if codec == "libx265" else {}
    path = write_street(
        tmp_path / f"street.{suffix}", [BETWEEN_KEY_FRAMES], codec=codec, options=options
    )
    reading = gated(path)
    frames = list(reading)
    assert any(shows_passer(frame.image_bgr) for frame in frames)
    assert len(frames) < 30
    assert reading.coverage.share == pytest.approx(1.0, abs=0.03)


@pytest.mark.slow
@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(
    mode=st.sampled_from(["all", "gate", "key frames"]),
    every_s=st.sampled_from([0.2, 0.5, 1.0, 2.0, 3.0]),
    group=st.sampled_from([12, 25, 50, 100]),
    noise=st.sampled_from([0.0, 3.0]),
    start=st.integers(5, 150),
)
def test_every_way_of_sampling_reports_honestly_what_it_skipped(
    mode: str, every_s: float, group: int, noise: float, start: int
) -> None:
    """Whoever is in view for a second is on a frame, or as much as that is reported unseen."""
    passage = (start / RATE, start / RATE + SHORTEST_PASSAGE_S + 2 / RATE)
    with tempfile.TemporaryDirectory() as folder:
        path = write_street(Path(folder) / "s.mp4", [passage], group=group, noise=noise)
        reading = read_frames(
            path,
            every_s=every_s,
            gate=MotionGate() if mode == "gate" else None,
            key_frames_only=mode == "key frames",
        )
        was_seen = sum(shows_passer(frame.image_bgr) for frame in reading) > 0
    coverage = reading.coverage
    assert coverage.looked_s + coverage.still_s + coverage.unseen_s == pytest.approx(8.0, abs=0.1)
    assert was_seen or coverage.unseen_s > 0
    if mode != "key frames" and every_s <= SHORTEST_PASSAGE_S / 2:
        assert was_seen
        assert coverage.share == pytest.approx(1.0, abs=0.03)


# ---------------------------------------------------------------------------------------- resuming


def assert_resumes_exactly(path: Path, every_s: float = EVERY_S) -> None:
    whole = seen(gated(path, every_s))
    last = whole[-1][0]
    for cell in range(1, last + 1, max(1, last // 7)):
        rest = seen(gated(path, every_s, from_s=cell * every_s))
        assert rest == [frame for frame in whole if frame[0] >= cell], f"resumed at cell {cell}"


@pytest.mark.parametrize("noise", [0.0, 5.0])
@pytest.mark.parametrize("group", [13, 50, 120])
def test_a_gated_reading_that_is_resumed_gives_the_same_frames(
    tmp_path: Path, group: int, noise: float
) -> None:
    passages = [(1.1, 2.3), (5.2, 6.4), (9.0, 11.0)]
    assert_resumes_exactly(
        write_street(tmp_path / "s.mp4", passages, seconds=12, group=group, noise=noise)
    )


@pytest.mark.parametrize("options", [
    {"bf": "3", "x264-params": "open-gop=1:scenecut=0:log-level=none"},
    {"bf": "3", "tune": "film"},
])  # fmt: skip
def test_pictures_that_refer_backwards_over_key_frames_are_resumed_as_well(
    tmp_path: Path, options: dict[str, str]
) -> None:
    passages = [(3.2, 4.9), (7.5, 9.2)]
    for suffix in ("mp4", "ts", "mkv"):
        path = tmp_path / f"s.{suffix}"
        assert_resumes_exactly(write_street(path, passages, seconds=11, options=options))


@pytest.mark.parametrize("name", [
    "speech/short_hamilton_clip.mp4", "street/video_02.mp4", "empty/car-detection.mp4",
    "empty/one-by-one-person-detection.mp4", "street/preview_face-demographics-walking.gif",
])  # fmt: skip
@pytest.mark.slow
def test_gated_readings_of_real_footage_are_resumed_exactly(shared_dir: Path, name: str) -> None:
    assert_resumes_exactly(shared_dir / "video" / name)


def test_a_recording_whose_pictures_carry_no_times_is_gated_by_looking(tmp_path: Path) -> None:
    path = clips.write_clip(tmp_path / "c.h264", container="h264")
    assert len(list(gated(path))) >= 10


# ---------------------------------------------------------------------------------- what is counted


def test_damage_is_unseen_and_not_taken_for_stillness(tmp_path: Path) -> None:
    whole = write_street(tmp_path / "s.mkv", [(4.0, 12.0)], seconds=16, noise=6.0)
    hurt = clips.damaged(whole, tmp_path / "hurt.mkv", 0.4, whole.stat().st_size // 4)
    reading = gated(hurt)
    for _ in reading:
        pass
    assert reading.coverage.unseen_s > 1
    assert reading.coverage.share < 0.95


def test_coverage_grows_while_reading(tmp_path: Path) -> None:
    reading = gated(write_street(tmp_path / "s.mp4", [(2.0, 6.0)]))
    before = reading.coverage
    for frame in reading:
        now = reading.coverage
        added = now.since(before)
        assert min(added.looked_s, added.still_s, added.unseen_s) >= 0
        assert now.looked_s + now.still_s + now.unseen_s <= frame.at_s + EVERY_S
        before = now


def test_a_gate_and_key_frames_only_are_one_too_many(tmp_path: Path) -> None:
    with pytest.raises(FootageError, match="Either a gate"):
        read_frames(tmp_path / "s.mp4", every_s=1.0, gate=MotionGate(), key_frames_only=True)


@given(st.lists(st.floats(0.01, 4.0), min_size=1, max_size=20))
def test_the_share_seen_is_the_chance_to_be_in_view_at_a_look(gaps: list[float]) -> None:
    """Starts of a passage of 1 s that meet a look are the union of the seconds before each look."""
    log, at_s, looks = CoverageLog(0.0), 0.0, [0.0]
    log.look(0.0)
    for gap in gaps:
        at_s += gap
        looks.append(at_s)
        log.look(at_s)
    met_s, reached_s = 0.0, 0.0
    for look_s in looks[1:]:
        met_s += look_s - max(reached_s, look_s - SHORTEST_PASSAGE_S)
        reached_s = look_s
    assert log.now.looked_s == pytest.approx(met_s)
    assert log.now.looked_s + log.now.unseen_s == pytest.approx(at_s)
