"""OpenCV's Haar cascade without OpenCV's class for it."""

import numpy as np
import pytest

from recognition.detectors import loading
from recognition.detectors.haar import HaarCascade, cascade_path, read_cascade
from recognition.errors import BrokenPack, NoModelInstalled
from recognition.packs import DetectorChoice, choose_recogniser


@pytest.fixture
def haar():
    if cascade_path() is None:
        pytest.skip("OpenCV's cascades are not installed (Debian's package opencv-data)")
    return HaarCascade()


@pytest.mark.parametrize(("name", "faces"), [
    ("two_people.jpg", 2), ("biden.jpg", 1), ("lin-manuel-miranda.png", 1), ("obama.jpg", 1),
])  # fmt: skip
def test_it_finds_the_frontal_faces_that_mtcnn_finds(haar, mtcnn, photo, name, faces):
    image = photo(name)
    found = haar.detect(image)
    for face in mtcnn.detect(image)[:faces]:
        near = [
            other for other in found
            if np.hypot(*(other.centre_xy - face.centre_xy)) < 0.35 * face.height_px
        ]  # fmt: skip
        assert near
        apart = np.linalg.norm(near[0].landmarks_xy - face.landmarks_xy, axis=1)
        assert apart.max() < 0.25 * face.height_px


def test_it_finds_nobody_in_an_empty_picture(haar, shared_dir):
    assert haar.detect(np.full((240, 320, 3), 90, np.uint8)) == []
    assert haar.detect(np.full((10, 10, 3), 90, np.uint8)) == []


def test_small_faces_are_not_looked_for(haar, photo):
    found = HaarCascade(smallest_face_px=200).detect(photo("two_people.jpg"))
    assert all(face.height_px >= 195 for face in found)


def test_it_stands_in_for_mtcnn_and_says_so(haar, mini_pack, monkeypatch):
    def absent(*_arguments):
        raise NoModelInstalled("The face detector's weights are not installed.")

    monkeypatch.setattr(loading, "Mtcnn", absent)
    chosen = choose_recogniser(str(mini_pack), 1)
    assert chosen.detector.name == "Haar cascade"
    assert "it misses more" in chosen.reason
    monkeypatch.setattr(loading, "cascade_path", lambda: None)
    with pytest.raises(NoModelInstalled):
        choose_recogniser(str(mini_pack), 1)


def test_it_can_be_chosen_by_name(haar, mini_pack):
    chosen = choose_recogniser(str(mini_pack), 1, detector=DetectorChoice.HAAR)
    assert chosen.detector.name == "Haar cascade"


@pytest.mark.parametrize("text", ["hello", "<a/>", "<opencv_storage><cascade/></opencv_storage>"])
def test_another_file_is_no_cascade(tmp_path, text):
    (tmp_path / "c.xml").write_text(text)
    with pytest.raises(BrokenPack, match="not a Haar cascade"):
        read_cascade(tmp_path / "c.xml")
