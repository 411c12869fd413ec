"""`flask packs` as an administrator meets it: what is broken is refused with the reason."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from app.extensions import db
from app.models import AuditEntry, PackUse
from app.recogniser import RecogniserHolder, holder
from recognition.embedders import dlib_resnet

Run = Callable[..., Result]


@pytest.fixture
def free_app(app: Flask, tmp_path: Path) -> Iterator[Flask]:
    """The application with nothing in FACE_PACK and an InsightFace folder of its own."""
    before = app.config["LASTSEEN"]
    settings = before.model_copy(
        update={"face_pack": "", "insightface_home": tmp_path / "insightface"}
    )
    app.config["LASTSEEN"] = settings
    app.extensions["lastseen_recogniser"] = RecogniserHolder(settings)
    yield app
    app.config["LASTSEEN"] = before
    app.extensions["lastseen_recogniser"] = RecogniserHolder(before)


@pytest.fixture
def run(free_app: Flask) -> Run:
    """Runs `flask packs …`."""
    runner = free_app.test_cli_runner()
    return lambda *words: runner.invoke(args=["packs", *map(str, words)])


@pytest.fixture
def mini(shared_dir: Path) -> Path:
    return shared_dir / "models" / "insightface-mini"


def told(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def refusal(result: Result) -> str:
    assert result.exit_code == 1, result.output
    assert result.stderr.startswith("Error: ")
    return result.stderr


def test_a_pack_is_chosen_for_all_processes_and_the_choice_is_on_record(
    run: Run, mini: Path
) -> None:
    assert holder().get().chosen.embedder.name == "dlib ResNet"
    chosen = told(run("use", mini, "--json"))
    assert chosen["model"] == "w_mbf"
    assert "asks for insightface-mini" in chosen["reason"]
    # A process that had loaded another one takes it without a restart.
    assert holder().get().chosen.embedder.name == "w_mbf"
    assert holder().get() is holder().get()
    assert told(run("list", "--json"))["in_force"]["name"] == "insightface-mini"
    assert told(run("verify", "--json"))["dimension"] == 128
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "model.use")).one()
    assert entry.details["sha256"] == chosen["model_sha256"]


def test_a_choice_is_taken_back_and_dlib_can_be_chosen(run: Run, mini: Path) -> None:
    told(run("use", mini, "--json"))
    assert "dlib is used from now on" in run("use", "dlib").output
    assert "asks for dlib" in holder().choice().reason
    told(run("use", mini, "--json"))
    assert "No InsightFace pack is installed" in run("use", "--automatic").output
    assert holder().get().chosen.embedder.name == "dlib ResNet"
    assert len(db.session.scalars(select(PackUse)).all()) == 4


def test_an_installed_pack_is_chosen_by_its_name(run: Run, mini: Path, tmp_path: Path) -> None:
    models = tmp_path / "insightface" / "models"
    shutil.copytree(mini, models / "ours", copy_function=shutil.copyfile)
    assert told(run("use", "ours", "--json"))["pack"] == "ours"
    shutil.rmtree(models / "ours")
    listed = told(run("list", "--json"))
    assert listed["in_force"] is None
    assert "asks for ours, but no such pack is installed" in listed["reason"]


def test_where_the_environment_decides_nothing_is_chosen(
    run: Run, free_app: Flask, mini: Path
) -> None:
    settings = free_app.config["LASTSEEN"].model_copy(update={"face_pack": "dlib"})
    free_app.config["LASTSEEN"] = settings
    free_app.extensions["lastseen_recogniser"] = RecogniserHolder(settings)
    assert "FACE_PACK is set to dlib and comes first" in refusal(run("use", mini))


def test_one_pack_is_named_or_none(run: Run) -> None:
    for words in (("use",), ("use", "dlib", "--automatic")):
        assert run(*words).exit_code == 2


def _page_instead_of_a_model(folder: Path, mini: Path) -> None:
    (folder / "w600k_r50.onnx").write_text("<html>404 not found</html>")


def _cut_off_model(folder: Path, mini: Path) -> None:
    data = (mini / "w_mbf.onnx").read_bytes()
    (folder / "w_mbf.onnx").write_bytes(data[: len(data) // 2])


def _detector_only(folder: Path, mini: Path) -> None:
    shutil.copyfile(mini / "det_500m.onnx", folder / "det_500m.onnx")


def _described(folder: Path, mini: Path, *, more: str = "", dimension: int = 128) -> None:
    shutil.copyfile(mini / "w_mbf.onnx", folder / "net.onnx")
    (folder / "pack.toml").write_text(
        'name = "ours"\nlicence = "made up"\n[recognition]\nfile = "net.onnx"\n'
        f"input_px = 112\ndimension = {dimension}\n{more}"
    )


def _wrong_hash(folder: Path, mini: Path) -> None:
    _described(folder, mini, more=f'sha256 = "{"0" * 64}"\n')


def _facenet_shape(folder: Path, mini: Path) -> None:
    _described(folder, mini, more='layout = "NHWC"\nalignment = "facenet"\n')


def _vgg_face_dimension(folder: Path, mini: Path) -> None:
    _described(folder, mini, dimension=2622)


def _unknown_setting(folder: Path, mini: Path) -> None:
    _described(folder, mini, more="normalise = true\n")


@pytest.mark.parametrize(("make", "says"), [
    (lambda folder, mini: None, "holds no face recognition network"),
    (_page_instead_of_a_model, "w600k_r50.onnx is damaged or no ONNX file"),
    (_cut_off_model, "w_mbf.onnx is damaged or no ONNX file"),
    (_detector_only, "holds no face recognition network"),
    (_wrong_hash, "is not the file that its description is about"),
    (_facenet_shape, "takes an input of"),
    (_vgg_face_dimension, "gives vectors of 128 numbers"),
    (_unknown_setting, "recognition.normalise"),
])  # fmt: skip
@pytest.mark.parametrize("command", ["verify", "use"])
def test_a_broken_or_wrong_pack_is_refused_with_the_reason(
    run: Run, mini: Path, tmp_path: Path, command: str, make: Callable[..., None], says: str
) -> None:
    folder = tmp_path / "pack"
    folder.mkdir()
    make(folder, mini)
    assert says in refusal(run(command, folder))
    assert db.session.scalars(select(PackUse)).all() == []


def test_a_described_pack_is_chosen_and_says_that_it_was_not_measured(
    run: Run, mini: Path, tmp_path: Path
) -> None:
    _described(tmp_path, mini)
    assert told(run("use", tmp_path, "--json"))["model"] == "ours"
    assert "not measured" in run("verify").output


def test_a_file_or_an_unknown_name_is_refused_with_what_to_do(run: Run, mini: Path) -> None:
    assert "is a file: name the folder" in refusal(run("use", mini / "w_mbf.onnx"))
    sentence = refusal(run("verify", "no-such-pack"))
    assert "This command asks for no-such-pack" in sentence
    assert "flask packs install" in sentence


def test_damaged_or_missing_dlib_weights_are_refused(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / dlib_resnet.FILE_NAME
    broken.write_bytes(b"no weights")
    monkeypatch.setattr(dlib_resnet, "weights_path", lambda: broken)
    for command in ("verify", "use"):
        assert "is damaged. Install the package" in refusal(run(command, "dlib"))
    monkeypatch.setattr(dlib_resnet, "weights_path", lambda: None)
    assert "dlib, which is not installed" in refusal(run("use", "dlib"))
