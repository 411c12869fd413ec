"""The gate for reference photos, on real photos."""

import cv2
import numpy as np
import pytest

from recognition.errors import ReferenceRefused, RefusalReason
from recognition.quality import face_quality, pose_deg
from recognition.reference import check_reference, draw_marks, embed_reference
from tests.recognition.clips import face_at

GOOD = ["lin-manuel-miranda.png", "alex-lacamoire.png", "biden.jpg", "obama.jpg", "obama2.jpg",
        "obama_small.jpg", "obama-240p.jpg", "faces/face_recognition/tests/32bit.png"]  # fmt: skip


def _refused(image, detector):
    with pytest.raises(ReferenceRefused) as refusal:
        check_reference(image, detector)
    assert str(refusal.value) == refusal.value.sentence
    return refusal.value


@pytest.mark.parametrize("name", GOOD)
def test_a_good_photo_passes(mtcnn, photo, name):
    accepted = check_reference(photo(name), mtcnn)
    assert accepted.quality.height_px >= 60
    assert accepted.crop_bgr.size > 0


def test_most_press_photos_of_one_person_pass(mtcnn, shared_dir, photo):
    outcomes = []
    for path in sorted((shared_dir / "faces/lfw_subset").glob("*/*.jpg"))[::3]:
        try:
            check_reference(photo(str(path.relative_to(shared_dir))), mtcnn)
            outcomes.append("passed")
        except ReferenceRefused as refusal:
            outcomes.append(refusal.reason.value)
    alone = [outcome for outcome in outcomes if outcome != RefusalReason.SEVERAL_FACES]
    assert alone.count("passed") / len(alone) > 0.94


def test_two_people_are_refused_and_both_marked(mtcnn, photo):
    image = photo("two_people.jpg")
    refusal = _refused(image, mtcnn)
    assert refusal.reason is RefusalReason.SEVERAL_FACES
    assert "2 faces" in refusal.sentence
    assert len(refusal.faces) == 2
    marked = draw_marks(image, refusal.faces)
    changed = np.abs(marked.astype(int) - image).max(axis=2) > 0
    x1, y1 = refusal.faces[0].box_xyxy[:2].astype(int)
    assert changed[y1, x1]
    assert 0.001 < changed.mean() < 0.1


def test_a_picture_without_a_face_is_refused(mtcnn):
    refusal = _refused(np.full((300, 300, 3), 120, np.uint8), mtcnn)
    assert refusal.reason is RefusalReason.NO_FACE
    assert refusal.faces == ()


@pytest.mark.parametrize("name", ["obama.jpg", "biden.jpg", "alex-lacamoire.png"])
def test_a_blurred_copy_of_a_good_photo_is_refused(mtcnn, photo, name):
    image = photo(name)
    height_px = check_reference(image, mtcnn).quality.height_px
    blurred = cv2.GaussianBlur(image, (0, 0), 0.04 * height_px)
    assert _refused(blurred, mtcnn).reason is RefusalReason.BLURRED


def test_a_small_face_is_refused_with_its_size(mtcnn, photo):
    refusal = _refused(photo("faces/openmpf_face_variants/person_cropped_2.png"), mtcnn)
    assert refusal.reason is RefusalReason.TOO_SMALL
    assert "50 pixels" in refusal.sentence


def test_a_face_cut_off_by_the_edge_is_refused(mtcnn, photo):
    refusal = _refused(photo("faces/face_recognition/tests/obama_partial_face2.jpg"), mtcnn)
    assert refusal.reason is RefusalReason.CUT_OFF


def test_a_face_turned_away_is_refused(mtcnn, photo):
    refusal = _refused(photo("faces/lfw_subset/Leszek_Miller/Leszek_Miller_0003.jpg"), mtcnn)
    assert refusal.reason is RefusalReason.TURNED_AWAY
    assert len(refusal.faces) == 1


def test_a_dark_copy_of_a_good_photo_is_refused(mtcnn, photo):
    dark = (photo("obama.jpg") * 0.15).astype(np.uint8)
    assert _refused(dark, mtcnn).reason is RefusalReason.TOO_DARK


def test_a_burnt_out_copy_of_a_good_photo_is_refused(mtcnn, photo):
    bright = np.clip(photo("obama.jpg").astype(int) + 120, 0, 255).astype(np.uint8)
    assert _refused(bright, mtcnn).reason is RefusalReason.TOO_BRIGHT


def test_an_accepted_photo_can_be_embedded(mini, photo):
    image = photo("obama.jpg")
    accepted = check_reference(image, mini.detector)
    assert embed_reference(image, accepted, mini.embedder).shape == (128,)


def test_a_face_that_looks_straight_ahead_has_no_turn():
    assert pose_deg(face_at(100, 100).landmarks_xy) == pytest.approx((0, 0, 0), abs=9)


def test_mirroring_a_face_mirrors_its_turn_and_tilt(mtcnn, photo):
    image = photo("biden.jpg")
    landmarks = mtcnn.detect(image)[0].landmarks_xy
    mirrored = landmarks[[1, 0, 2, 4, 3]].copy()
    mirrored[:, 0] = image.shape[1] - mirrored[:, 0]
    yaw, pitch, roll = pose_deg(landmarks)
    assert pose_deg(mirrored) == pytest.approx((-yaw, pitch, -roll), abs=0.01)
    assert yaw > 5


def test_turning_the_picture_turns_only_the_roll(mtcnn, photo):
    landmarks = mtcnn.detect(photo("obama.jpg"))[0].landmarks_xy
    angle = np.radians(25)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    before, after = pose_deg(landmarks), pose_deg((landmarks @ turn.T).astype(np.float32))
    assert after[0] == pytest.approx(before[0], abs=0.1)
    assert after[1] == pytest.approx(before[1], abs=0.1)
    assert after[2] == pytest.approx(before[2] + 25, abs=0.1)


def test_sharpness_falls_with_every_step_of_blur_and_survives_dimming(mtcnn, photo):
    image = photo("obama.jpg")
    face = mtcnn.detect(image)[0]
    steps = [cv2.GaussianBlur(image, (0, 0), sigma) if sigma else image for sigma in (0, 4, 8, 16)]
    sharpness = [face_quality(step, face).sharpness for step in steps]
    assert sharpness == sorted(sharpness, reverse=True)
    assert sharpness[-1] < 0.3 < 0.9 < sharpness[0]
    dim = face_quality((image * 0.5).astype(np.uint8), face)
    assert dim.sharpness > 0.8
