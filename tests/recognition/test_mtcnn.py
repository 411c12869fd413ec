"""MTCNN in ONNX Runtime: the networks compute what Keras computes, and faces are found."""

import subprocess
import sys

import numpy as np
import pytest

from recognition.detectors.mtcnn import Mtcnn, MtcnnSettings, pyramid
from recognition.detectors.mtcnn_graphs import build, read_weights, weights_folder
from recognition.errors import BrokenPack
from recognition.onnx import OnnxModel
from tests.recognition import keras_layers


def _network(name):
    weights = read_weights(weights_folder() / f"{name}.lz4")
    return OnnxModel(build(name, weights), threads=1), [w.astype(np.float64) for w in weights]


def _noise(*shape):
    return np.random.default_rng(5).integers(0, 256, shape, np.uint8)


def test_pnet_computes_what_keras_computes():
    model, weights = _network("pnet")
    image = _noise(29, 34, 3)
    offsets, score = model.run({"image": image[None]})
    expected_offsets, expected_score = keras_layers.pnet(image, weights)
    assert score.shape[1:] == expected_score.shape
    assert np.allclose(score[0], expected_score, atol=1e-4)
    assert np.allclose(offsets[0].transpose(1, 2, 0), expected_offsets, atol=1e-4)


def test_rnet_computes_what_keras_computes():
    model, weights = _network("rnet")
    images = _noise(3, 24, 24, 3)
    offsets, scores = model.run({"image": images})
    for image, found, score in zip(images, offsets, scores, strict=True):
        expected, expected_score = keras_layers.rnet(image, weights)
        assert np.allclose(found, expected, atol=1e-4)
        assert score == pytest.approx(expected_score, abs=1e-4)


def test_onet_computes_what_keras_computes():
    model, weights = _network("onet")
    images = _noise(2, 48, 48, 3)
    offsets, landmarks, scores = model.run({"image": images})
    for index, image in enumerate(images):
        expected, expected_landmarks, expected_score = keras_layers.onet(image, weights)
        assert np.allclose(offsets[index], expected, atol=1e-4)
        assert np.allclose(landmarks[index], expected_landmarks, atol=1e-4)
        assert scores[index] == pytest.approx(expected_score, abs=1e-4)


def test_both_people_are_found_where_they_are(mtcnn, photo):
    left, right = sorted(mtcnn.detect(photo("two_people.jpg")), key=lambda f: f.box_xyxy[0])
    assert np.allclose(left.box_xyxy, [238, 28, 383, 220], atol=8)
    assert np.allclose(right.box_xyxy, [794, 46, 939, 252], atol=8)


def test_landmarks_are_eyes_nose_and_mouth_in_that_order(mtcnn, photo):
    face = mtcnn.detect(photo("biden.jpg"))[0]
    left_eye, right_eye, nose, left_mouth, right_mouth = face.landmarks_xy
    assert left_eye[0] < nose[0] < right_eye[0]
    assert left_mouth[0] < right_mouth[0]
    assert max(left_eye[1], right_eye[1]) < nose[1] < min(left_mouth[1], right_mouth[1])


def test_no_portrait_is_missed(mtcnn, shared_dir, photo):
    portraits = sorted((shared_dir / "faces/lfw_subset").glob("*/*.jpg"))[::4]
    assert len(portraits) > 60
    missed = [path.name for path in portraits
              if not mtcnn.detect(photo(str(path.relative_to(shared_dir))))]  # fmt: skip
    assert missed == []


def test_faces_smaller_than_asked_for_are_not_reported(photo):
    small_only = Mtcnn(1, MtcnnSettings(smallest_face_px=200))
    image = photo("two_people.jpg")
    heights = [face.height_px for face in small_only.detect(image)]
    assert len(heights) == 1
    assert heights[0] >= 200


def test_a_moved_picture_moves_its_faces(mtcnn, photo):
    image = photo("obama_small.jpg")
    moved = np.full((image.shape[0] + 40, image.shape[1] + 60, 3), 128, np.uint8)
    moved[40:, 60:] = image
    before, after = mtcnn.detect(image)[0], mtcnn.detect(moved)[0]
    assert np.allclose(after.box_xyxy - before.box_xyxy, [60, 40, 60, 40], atol=12)


@pytest.mark.parametrize("shape", [(1, 1, 3), (5, 900, 3), (11, 11, 3), (240, 320, 3)])
def test_a_picture_without_faces_gives_none_whatever_its_size(mtcnn, shape):
    assert mtcnn.detect(np.full(shape, 90, np.uint8)) == []


def test_the_pyramid_ends_before_the_window_no_longer_fits():
    scales = [scale for _, scale in pyramid(_noise(200, 300, 3), 0.3, 0.709)]
    assert scales[0] == 0.3
    assert 200 * scales[-1] >= 12 > 200 * scales[-1] * 0.709


def test_tensorflow_is_never_imported():
    code = (
        "import sys; from recognition.detectors.mtcnn import Mtcnn; Mtcnn(1);"
        "sys.exit('tensorflow' in sys.modules or 'mtcnn' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("content", [b"", b"not weights", b"\x04\x22\x4d\x18" + b"\x00" * 40])
def test_damaged_weights_are_refused_in_a_sentence(tmp_path, content):
    (tmp_path / "pnet.lz4").write_bytes(content)
    with pytest.raises(BrokenPack, match=r"damaged. Install the package mtcnn again"):
        Mtcnn(1, folder=tmp_path)
