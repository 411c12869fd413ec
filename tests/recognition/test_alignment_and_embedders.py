"""Aligned crops equal InsightFace's, and embeddings tell people apart."""

import warnings

import numpy as np
import pytest

from recognition.alignment import aligned_crop, surroundings
from recognition.embedders import Embedder
from recognition.embedders.insightface_pack import InsightFaceEmbedder
from recognition.errors import BrokenPack
from recognition.packs import choose_pack, load_embedder

OTHER_BIDEN = "faces/face_recognition/examples/knn_examples/train/biden/biden2.jpg"


@pytest.fixture(params=["mini", "dlib"])
def embedder(request) -> Embedder:
    return request.getfixturevalue(request.param).embedder


@pytest.fixture
def embed(embedder, mtcnn, photo):
    def embed(name):
        image = photo(name)
        face = max(mtcnn.detect(image), key=lambda found: found.height_px)
        return embedder.embed([embedder.align(image, face.landmarks_xy)])[0]

    return embed


def test_the_arcface_crop_equals_insightfaces_norm_crop(mini, mtcnn, photo):
    from insightface.utils.face_align import norm_crop

    image = photo("faces/lfw_subset/Abdullah_Gul/Abdullah_Gul_0001.jpg")
    face = mtcnn.detect(image)[0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        expected = norm_crop(image, face.landmarks_xy)
    ours = mini.embedder.align(image, face.landmarks_xy)
    assert np.abs(ours.astype(int) - expected).max() <= 1


def test_a_large_face_is_averaged_down_and_not_sampled():
    stripes = np.zeros((800, 800, 3), np.uint8)
    stripes[:, ::2] = 255
    template = np.array([[30, 40], [70, 40], [50, 60], [35, 80], [65, 80]], np.float32)
    crop = aligned_crop(stripes, template * 8, template, 100)
    assert abs(float(crop[10:-10, 10:-10].mean()) - 127.5) < 3
    assert crop[10:-10, 10:-10].std() < 10


def test_surroundings_stop_at_the_frames_edge():
    image = np.zeros((100, 120, 3), np.uint8)
    crop = surroundings(image, np.array([90, 10, 130, 60], np.float32))
    assert crop.shape == (85, 55, 3)


def test_embeddings_have_length_one_and_the_named_dimension(embedder, embed):
    row = embed("obama.jpg")
    assert row.shape == (embedder.dimension,)
    assert row.dtype == np.float32
    assert np.linalg.norm(row) == pytest.approx(1, abs=1e-5)


def test_two_photos_of_one_person_pass_the_threshold(embedder, embed):
    limit = embedder.threshold.similarity
    assert float(embed("obama.jpg") @ embed("obama2.jpg")) > limit
    assert float(embed("biden.jpg") @ embed(OTHER_BIDEN)) > limit


def test_photos_of_different_people_do_not(embedder, embed):
    names = ["obama.jpg", "biden.jpg", "lin-manuel-miranda.png", "alex-lacamoire.png"]
    rows = np.stack([embed(name) for name in names])
    strangers = (rows @ rows.T)[np.triu_indices(len(names), 1)]
    assert strangers.max() < embedder.threshold.similarity


def test_a_batch_gives_what_single_crops_give(embedder, mtcnn, photo):
    image = photo("two_people.jpg")
    crops = [embedder.align(image, face.landmarks_xy) for face in mtcnn.detect(image)]
    together = embedder.embed(crops)
    alone = np.concatenate([embedder.embed([crop]) for crop in crops])
    assert np.allclose(together, alone, atol=1e-4)


def test_no_crops_give_no_rows(embedder):
    assert embedder.embed([]).shape == (0, embedder.dimension)


def test_each_model_states_where_its_threshold_was_measured(mini, dlib):
    for chosen in (mini, dlib):
        assert chosen.embedder.threshold.false_match_rate == 1e-4
        assert "LFW" in chosen.embedder.threshold.measured_on
    assert mini.embedder.sha256 != dlib.embedder.sha256
    assert mini.embedder.threshold.similarity != dlib.embedder.threshold.similarity


def test_an_unknown_model_says_that_nobody_measured_its_threshold(mini_pack):
    unknown = InsightFaceEmbedder(mini_pack / "w_mbf.onnx", "0" * 64, "unknown", threads=1)
    assert unknown.threshold.false_match_rate is None
    assert "not measured" in unknown.threshold.measured_on


def test_a_detector_is_no_recogniser(mini_pack):
    with pytest.raises(BrokenPack, match="not a face recognition network"):
        InsightFaceEmbedder(mini_pack / "det_500m.onnx", "0" * 64, "", threads=1)


def test_damaged_dlib_weights_are_refused(tmp_path):
    from recognition.embedders.dlib_resnet import DlibEmbedder

    (tmp_path / "model.dat").write_bytes(b"nothing")
    with pytest.raises(BrokenPack, match="damaged"):
        DlibEmbedder(tmp_path / "model.dat", "0" * 64)


def test_an_embedder_can_be_loaded_without_a_detector(mini_pack):
    assert load_embedder(choose_pack(str(mini_pack)).pack, threads=1).name == "w_mbf"
