"""Packs by description: what is described is run so; what cannot be is refused with a reason."""

import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from recognition.errors import BrokenPack, NoModelInstalled
from recognition.packs import DetectorChoice, choose_pack, choose_recogniser, load_embedder

GOOD = {
    "name": '"described"', "licence": '"Apache-2.0"',
    "recognition.file": '"w_mbf.onnx"', "recognition.input_px": "112",
    "recognition.dimension": "128", "recognition.mean": "127.5", "recognition.scale": "127.5",
}  # fmt: skip


def write_pack(folder: Path, **changes: str | None) -> Path:
    """A pack.toml with GOOD and changes; keys as part__key, None to leave out."""
    entries = dict(GOOD)
    for key, value in changes.items():
        name = key.replace("__", ".")
        entries.pop(name, None)
        if value is not None:
            entries[name] = value
    tops = [f"{key} = {value}" for key, value in entries.items() if "." not in key]
    parts = [f"{key} = {value}" for key, value in entries.items() if "." in key]
    (folder / "pack.toml").write_text("\n".join([*tops, *parts]) + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def folder(tmp_path, mini_pack):
    shutil.copyfile(mini_pack / "w_mbf.onnx", tmp_path / "w_mbf.onnx")
    return tmp_path


def loaded(folder: Path):
    return load_embedder(choose_pack(str(folder)).pack, threads=1)


def toy_network(path: Path, side: int, values: np.ndarray, *, batch: int | None = None) -> None:
    """A network that multiplies the mean of each channel with a matrix of 3 × d."""
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["m"], axes=[2, 3], keepdims=0),
        helper.make_node("MatMul", ["m", "w"], ["y"]),
    ]
    weights = onnx.numpy_helper.from_array(values.astype(np.float32), "w")
    graph = helper.make_graph(
        nodes, "toy",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [batch or "n", 3, side, side])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [batch or "n", values.shape[1]])],
        [weights],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, str(path))


def test_a_described_network_gives_what_insightface_gives(folder, mini, photo):
    embedder = loaded(write_pack(folder))
    image = photo("biden.jpg")
    face = mini.detector.detect(image)[0]
    ours = embedder.embed([embedder.align(image, face.landmarks_xy)])
    theirs = mini.embedder.embed([mini.embedder.align(image, face.landmarks_xy)])
    assert float(ours[0] @ theirs[0]) > 0.9999
    assert embedder.dimension == 128
    assert np.linalg.norm(ours[0]) == pytest.approx(1, abs=1e-5)


def test_the_same_weights_fed_otherwise_are_another_model(folder):
    plain = loaded(write_pack(folder))
    other = loaded(write_pack(folder, recognition__colour='"BGR"'))
    renamed = loaded(write_pack(folder, name='"another name"'))
    assert plain.sha256 != other.sha256
    assert plain.sha256 == renamed.sha256


def test_several_crops_give_what_each_gives_alone(tmp_path):
    for batch in (None, 1, 4):
        toy_network(tmp_path / "toy.onnx", 64, np.eye(3, 8), batch=batch)
        embedder = loaded(
            write_pack(tmp_path, recognition__file='"toy.onnx"', recognition__input_px="64",
                       recognition__dimension="8")
        )  # fmt: skip
        rng = np.random.default_rng(0)
        crops = [rng.integers(0, 255, (64, 64, 3), np.uint8) for _ in range(6)]
        together = embedder.embed(crops)
        alone = np.concatenate([embedder.embed([crop]) for crop in crops])
        assert together == pytest.approx(alone, abs=1e-5)


def test_each_crops_own_mean_and_deviation_can_be_taken_out(tmp_path):
    toy_network(tmp_path / "toy.onnx", 64, np.eye(3, 8))
    embedder = loaded(
        write_pack(tmp_path, recognition__file='"toy.onnx"', recognition__input_px="64",
                   recognition__dimension="8", recognition__scale='"per_image"')
    )  # fmt: skip
    crop = np.random.default_rng(0).integers(0, 120, (64, 64, 3), np.uint8)
    brighter = (crop.astype(int) * 2 + 10).astype(np.uint8)
    rows = embedder.embed([crop, brighter])
    assert float(rows[0] @ rows[1]) == pytest.approx(1, abs=1e-3)


def test_a_distance_becomes_a_similarity(folder):
    embedder = loaded(
        write_pack(folder, recognition__metric='"euclidean"', threshold__value="1.0",
                   threshold__false_match_rate="1e-3", threshold__measured_on='"our own photos"')
    )  # fmt: skip
    assert embedder.threshold.similarity == pytest.approx(0.5)
    assert embedder.threshold.false_match_rate == 1e-3
    assert embedder.threshold.measured_on == "our own photos"


def test_without_a_threshold_the_model_counts_as_not_measured(folder):
    threshold = loaded(write_pack(folder)).threshold
    assert threshold.false_match_rate is None
    assert "not measured" in threshold.measured_on


@pytest.mark.parametrize(("changes", "says"), [
    ({"recognition__dimension": "512"}, "gives vectors of 128 numbers"),
    ({"recognition__input_px": "160"}, "takes an input of"),
    ({"recognition__layout": '"NHWC"'}, "takes an input of"),
    ({"recognition__file": '"absent.onnx"'}, "absent.onnx, which is not there"),
    ({"recognition__file": '"../w_mbf.onnx"'}, "recognition.file"),
    ({"recognition__sha256": '"' + "0" * 64 + '"'}, "its hash is"),
    ({"recognition__scale": "0"}, "recognition.scale is 0"),
    ({"recognition__colour": '"CMYK"'}, "recognition.colour"),
    ({"recognition__size": "112"}, "recognition.size"),
    ({"recognition__alignment": "[[1, 2]]"}, "recognition.alignment"),
    ({"threshold__value": "1.5"}, "a cosine lies between -1 and 1"),
    ({"licence": None}, "licence"),
    ({"name": "not quoted"}, "cannot be read"),
])  # fmt: skip
def test_a_wrong_description_is_refused_with_what_is_wrong(folder, changes, says):
    with pytest.raises(BrokenPack) as caught:
        loaded(write_pack(folder, **changes))
    assert says in str(caught.value)
    assert str(folder.parent) not in str(caught.value)


@pytest.mark.parametrize(("values", "says"), [
    (np.zeros((3, 8)), "no usable numbers"),
    (np.full((3, 8), np.nan), "no usable numbers"),
])  # fmt: skip
def test_a_network_that_answers_nonsense_is_refused(tmp_path, values, says):
    toy_network(tmp_path / "toy.onnx", 64, values)
    with pytest.raises(BrokenPack, match=says):
        loaded(
            write_pack(tmp_path, recognition__file='"toy.onnx"', recognition__input_px="64",
                       recognition__dimension="8")
        )  # fmt: skip


def test_a_file_that_is_no_network_is_refused(tmp_path):
    (tmp_path / "w_mbf.onnx").write_text("<html>404</html>")
    with pytest.raises(BrokenPack, match="not a model that ONNX Runtime can load"):
        loaded(write_pack(tmp_path))


def test_a_described_pack_may_bring_its_own_detector(folder, shared_dir, photo):
    shutil.copyfile(shared_dir / "models/yunet/yunet_n_dynamic.onnx", folder / "yunet.onnx")
    write_pack(folder, detection__file='"yunet.onnx"', detection__kind='"yunet"')
    chosen = choose_recogniser(str(folder), 1, detector=DetectorChoice.PACK)
    assert chosen.detector.name == "YuNet"
    assert len(chosen.detector.detect(photo("two_people.jpg"))) == 2


def test_yunet_is_found_among_the_installed_packs(mini_pack, shared_dir, tmp_path, photo):
    asked = {"detector": DetectorChoice.YUNET, "home": tmp_path}
    with pytest.raises(NoModelInstalled, match="YuNet is not installed"):
        choose_recogniser(str(mini_pack), 1, **asked)
    (tmp_path / "models" / "yunet").mkdir(parents=True)
    shutil.copy(shared_dir / "models/yunet/yunet_n_dynamic.onnx", tmp_path / "models/yunet")
    chosen = choose_recogniser(str(mini_pack), 1, **asked)
    assert len(chosen.detector.detect(photo("two_people.jpg"))) == 2
    assert choose_pack(None, tmp_path).pack.is_fallback  # a detector alone is no pack
