"""Cuts are told from pans, and movement from noise."""

import cv2
import numpy as np

from recognition.scenes import has_moved, is_cut, small_grey
from tests.recognition.clips import frames_of


def _cuts(path, per_s):
    found, before = [], None
    for at_s, image in frames_of(path, per_s):
        now = small_grey(image)
        if before is not None and is_cut(before, now):
            found.append(at_s)
        before = now
    return found


def test_the_cuts_of_an_edited_clip_are_found_and_its_pans_are_not(shared_dir):
    cuts = _cuts(shared_dir / "video/speech/short_hamilton_clip.mp4", per_s=5)
    assert any(abs(at_s - 2.8) < 0.25 for at_s in cuts)
    assert any(abs(at_s - 7.1) < 0.25 for at_s in cuts)
    assert not [at_s for at_s in cuts if 3.0 < at_s < 6.9]


def test_uncut_footage_has_no_cut(shared_dir):
    for name in ("street/video_02.mp4", "empty/car-detection.mp4", "sign/bird.mkv"):
        assert _cuts(shared_dir / "video" / name, per_s=5) == []


def test_a_lamp_switched_on_is_no_cut():
    scene = np.random.default_rng(0).integers(0, 120, (90, 160), np.uint8)
    dark = small_grey(cv2.cvtColor(cv2.resize(scene, (640, 360)), cv2.COLOR_GRAY2BGR))
    assert not is_cut(dark, dark * 1.8 + 20)


def test_noise_is_no_movement_but_a_small_thing_is():
    rng = np.random.default_rng(1)
    still = np.full((480, 640, 3), 100.0)
    noisy = [np.clip(still + rng.normal(0, 8, still.shape), 0, 255).astype(np.uint8)
             for _ in range(2)]  # fmt: skip
    assert not has_moved(small_grey(noisy[0]), small_grey(noisy[1]))
    noisy[1][200:240, 300:332] = 160
    assert has_moved(small_grey(noisy[0]), small_grey(noisy[1]))


def test_a_changed_frame_size_counts_as_a_cut():
    wide, high = np.zeros((360, 640, 3), np.uint8), np.zeros((640, 360, 3), np.uint8)
    assert is_cut(small_grey(wide), small_grey(high))
    assert has_moved(small_grey(wide), small_grey(high))
