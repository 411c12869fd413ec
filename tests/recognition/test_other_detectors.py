"""The pack's own detector and YuNet find the same faces as MTCNN."""

import numpy as np
import pytest

from recognition.detectors.boxes import overlap
from recognition.detectors.pack_detector import PackDetector
from recognition.detectors.yunet import YuNet
from recognition.errors import BrokenPack
from recognition.packs import DetectorChoice, choose_recogniser


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
