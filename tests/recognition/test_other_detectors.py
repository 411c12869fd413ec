"""The pack's own detector and YuNet find the same faces as MTCNN."""

import cv2
import numpy as np
import pytest

from recognition.detectors.boxes import overlap
from recognition.detectors.pack_detector import PackDetector
from recognition.detectors.yunet import YuNet
from recognition.errors import BrokenPack, ReferenceRefused, RefusalReason
from recognition.packs import DetectorChoice, choose_recogniser
from recognition.reference import check_reference
from recognition.stills import faces_in_still


@pytest.fixture(params=["SCRFD", "YuNet"])
def other(request, shared_dir):
    models = shared_dir / "models"
    if request.param == "SCRFD":
        return PackDetector(models / "insightface-mini/det_500m.onnx", threads=1)
    return YuNet(models / "yunet/yunet_n_dynamic.onnx")


@pytest.mark.parametrize("name", ["two_people.jpg", "biden.jpg", "lin-manuel-miranda.png"])
def test_it_finds_the_large_faces_that_mtcnn_finds(other, mtcnn, photo, name):
    image = photo(name)
    found = np.stack([face.box_xyxy for face in other.detect(image)])
    wanted = [face for face in mtcnn.detect(image) if face.height_px > 100]
    assert wanted
    for face in wanted:
        assert overlap(face.box_xyxy, found, of_smaller=False).max() > 0.7


def test_landmarks_agree_with_mtcnn(other, mtcnn, photo):
    image = photo("biden.jpg")
    face, reference = other.detect(image)[0], mtcnn.detect(image)[0]
    apart = np.linalg.norm(face.landmarks_xy - reference.landmarks_xy, axis=1)
    assert apart.max() < 0.1 * reference.height_px


def test_an_empty_picture_gives_no_face(other):
    assert other.detect(np.full((240, 320, 3), 90, np.uint8)) == []


def test_small_faces_are_left_out(shared_dir, photo):
    path = shared_dir / "models/insightface-mini/det_500m.onnx"
    found = PackDetector(path, threads=1, smallest_face_px=230).detect(photo("two_people.jpg"))
    assert all(face.height_px >= 230 for face in found)


def test_a_detector_that_looks_from_another_size_on_shares_its_weights(other, mtcnn, photo):
    image = photo("two_people.jpg")
    for detector in (other, mtcnn):
        before = [face.height_px for face in detector.detect(image)]
        larger = detector.from_size(300)
        assert larger.smallest_face_px == 300
        assert larger.detect(image) == []
        assert len(detector.from_size(100).detect(image)) == 2
        assert detector.smallest_face_px == 40
        assert [face.height_px for face in detector.detect(image)] == before


def test_a_recogniser_is_no_detector(mini_pack):
    with pytest.raises(BrokenPack, match="not a face detector"):
        PackDetector(mini_pack / "w_mbf.onnx", threads=1)


def test_the_packs_detector_can_be_chosen(mini_pack, photo):
    chosen = choose_recogniser(str(mini_pack), 1, detector=DetectorChoice.PACK)
    assert chosen.detector.name == "SCRFD (det_500m)"
    assert len(chosen.detector.detect(photo("two_people.jpg"))) == 2


def test_dlib_has_no_detector_of_its_own():
    with pytest.raises(BrokenPack, match="Choose MTCNN"):
        choose_recogniser("dlib", 1, detector=DetectorChoice.PACK)


def test_a_text_file_is_no_yunet_model(tmp_path):
    (tmp_path / "yunet.onnx").write_text("hello")
    with pytest.raises(BrokenPack, match="not a YuNet model"):
        YuNet(tmp_path / "yunet.onnx")


@pytest.mark.parametrize("name", ["lin-manuel-miranda.png", "biden.jpg", "obama2.jpg"])
def test_the_gate_takes_a_portrait_by_the_detectors_own_limit(other, mtcnn, photo, name):
    image = photo(name)
    taken, wanted = check_reference(image, other), check_reference(image, mtcnn)
    boxes = taken.face.box_xyxy[None]
    assert overlap(wanted.face.box_xyxy, boxes, of_smaller=False)[0] > 0.7


def test_about_as_many_press_photos_pass_as_with_mtcnn(other, mtcnn, shared_dir, photo):
    paths = sorted((shared_dir / "faces/lfw_subset").glob("*/*.jpg"))[::6]
    outcomes = {
        detector.name: [
            _outcome(photo(str(path.relative_to(shared_dir))), detector) for path in paths
        ]
        for detector in (other, mtcnn)
    }
    passed = {name: found.count("passed") for name, found in outcomes.items()}
    assert RefusalReason.NO_FACE.value not in outcomes[other.name]
    assert passed[other.name] >= 0.9 * passed["MTCNN"]


def _outcome(image, detector):
    try:
        check_reference(image, detector)
    except ReferenceRefused as refusal:
        return refusal.reason.value
    return "passed"


def test_a_face_larger_than_the_detector_reaches_is_found_in_a_still(other, mtcnn, photo):
    image = photo("lin-manuel-miranda.png")
    small = mtcnn.detect(image)[0]
    portrait = cv2.resize(image, None, fx=5, fy=5, interpolation=cv2.INTER_CUBIC)
    in_one_look = [face for face in other.detect(portrait) if face.height_px > 1000]
    assert in_one_look == [], "the case that the second look is for"

    face = faces_in_still(other, portrait)[0]

    assert overlap(small.box_xyxy * 5, face.box_xyxy[None], of_smaller=False)[0] > 0.7
    apart = np.linalg.norm(face.landmarks_xy - small.landmarks_xy * 5, axis=1)
    assert apart.max() < 0.1 * face.height_px


def test_a_second_look_finds_nobody_twice_and_nobody_in_an_empty_picture(other, photo):
    group = cv2.resize(photo("two_people.jpg"), None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    sure = [one for one in faces_in_still(other, group) if one.score >= other.score_limits.least]
    assert len(sure) == 2
    assert faces_in_still(other, np.full((1500, 1000, 3), 90, np.uint8)) == []
