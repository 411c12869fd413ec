"""Which pack is taken and why; what is refused."""

import re
import shutil

import pytest

from recognition.embedders import dlib_resnet
from recognition.errors import BrokenPack, NoModelInstalled
from recognition.packs import Task, choose_pack, choose_recogniser, describe_pack, file_sha256


@pytest.fixture
def home(tmp_path):
    """An InsightFace folder without packs."""
    return tmp_path / "insightface"


@pytest.fixture
def install(home, mini_pack):
    """Install the small pack under a name."""

    def install(name):
        return shutil.copytree(mini_pack, home / "models" / name, copy_function=shutil.copyfile)

    return install


def test_a_folder_that_was_asked_for_is_taken(mini_pack, home):
    choice = choose_pack(str(mini_pack), home)
    assert choice.pack.name == "insightface-mini"
    assert choice.reason == "FACE_PACK asks for insightface-mini."
    assert not choice.pack.is_fallback


def test_a_pack_can_be_asked_for_by_name(install, home):
    install("buffalo_s")
    install("buffalo_l")
    assert choose_pack("buffalo_s", home).pack.name == "buffalo_s"


def test_an_installed_pack_comes_before_dlib_and_buffalo_l_before_others(install, home):
    install("antelopev2")
    assert choose_pack(None, home).pack.name == "antelopev2"
    install("buffalo_l")
    choice = choose_pack("", home)
    assert choice.pack.name == "buffalo_l"
    assert "installed" in choice.reason


def test_without_a_pack_dlib_is_taken_and_named_as_the_weaker_choice(home):
    choice = choose_pack(None, home)
    assert choice.pack.name == "dlib"
    assert choice.pack.is_fallback
    assert "No InsightFace pack is installed" in choice.reason


def test_dlib_can_be_asked_for_though_a_pack_is_installed(install, home):
    install("buffalo_l")
    assert choose_pack("dlib", home).pack.is_fallback


def test_without_any_model_the_sentence_says_how_to_install_one(home, monkeypatch):
    monkeypatch.setattr(dlib_resnet, "weights_path", lambda: None)
    for asked in (None, "dlib"):
        with pytest.raises(NoModelInstalled, match=r"Install .*dlib-bin"):
            choose_pack(asked, home)


def test_what_was_asked_for_is_never_replaced_by_something_else(install, home):
    install("buffalo_l")
    with pytest.raises(NoModelInstalled, match="asks for no_such_pack"):
        choose_pack("no_such_pack", home)


def test_a_pack_names_its_files_hashes_and_licences(mini_pack):
    pack = describe_pack(mini_pack)
    assert {file.task for file in pack.files} == {Task.DETECTION, Task.RECOGNITION}
    assert pack.recogniser.path.name == "w_mbf.onnx"
    assert all(re.fullmatch(r"[0-9a-f]{64}", file.sha256) for file in pack.files)
    assert pack.recogniser.sha256 == file_sha256(mini_pack / "w_mbf.onnx")
    assert "non-commercial research only" in pack.licence
    assert "Apache-2.0" in pack.licence


def test_a_damaged_file_is_refused_by_name(install, home):
    (install("buffalo_l") / "w_mbf.onnx").write_bytes(b"<html>404</html>")
    with pytest.raises(BrokenPack, match=r"w_mbf\.onnx is damaged"):
        choose_pack(None, home)


def test_a_truncated_file_is_refused(install, home):
    path = install("buffalo_l") / "w_mbf.onnx"
    path.write_bytes(path.read_bytes()[:2_000_000])
    with pytest.raises(BrokenPack, match=r"Install the pack again"):
        choose_recogniser(None, 1, home=home)


def test_a_pack_without_a_recogniser_is_refused(install, home):
    (install("buffalo_l") / "w_mbf.onnx").unlink()
    with pytest.raises(BrokenPack, match="no face recognition network"):
        choose_pack("buffalo_l", home)


def test_a_loaded_recogniser_says_why_it_was_chosen(mini):
    assert mini.reason == "FACE_PACK asks for insightface-mini."
    assert mini.detector.name == "MTCNN"
    assert mini.embedder.sha256 == mini.pack.recogniser.sha256
