"""Installing a pack from a server, and what happens when the server misbehaves."""

import io
import threading
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from recognition.errors import PackDownloadFailed
from recognition.pack_download import install_pack
from recognition.packs import file_sha256


@pytest.fixture
def served(tmp_path):
    """A folder that a web server on this machine serves, and its address."""
    folder = tmp_path / "www"
    folder.mkdir()
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(folder))
    )
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def archive(mini_pack):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as zipped:
        for path in mini_pack.glob("*.onnx"):
            zipped.write(path, path.name)
        zipped.writestr("../../outside.onnx", b"must not leave the folder")
        zipped.writestr("readme.txt", b"not a model")
    return content.getvalue()


def test_a_pack_is_fetched_checked_and_described(served, archive, tmp_path, mini_pack):
    folder, address = served
    (folder / "buffalo_l.zip").write_bytes(archive)
    seen = []
    target = tmp_path / "a" / "b" / "models"
    with pytest.raises(PackDownloadFailed, match="unusable"):
        install_pack(target, address=address)
    clean = io.BytesIO()
    with zipfile.ZipFile(clean, "w") as zipped:
        for path in mini_pack.glob("*.onnx"):
            zipped.write(path, f"buffalo_l/{path.name}")
    (folder / "buffalo_l.zip").write_bytes(clean.getvalue())
    pack = install_pack(target, address=address, progress=lambda *call: seen.append(call))
    assert pack.recogniser.sha256 == file_sha256(mini_pack / "w_mbf.onnx")
    assert pack.recogniser.path.parent == target / "buffalo_l"
    assert seen[-1] == (len(clean.getvalue()), len(clean.getvalue()))
    assert [path.name for path in target.iterdir()] == ["buffalo_l"]


def test_nothing_is_written_outside_and_nothing_is_left_after_a_failure(served, archive, tmp_path):
    folder, address = served
    (folder / "buffalo_l.zip").write_bytes(archive)
    target = tmp_path / "a" / "b" / "models"
    with pytest.raises(PackDownloadFailed):
        install_pack(target, address=address)
    assert list(target.iterdir()) == []
    assert not list((tmp_path / "a").rglob("outside.onnx"))


def test_a_missing_archive_is_told_in_a_sentence(served, tmp_path):
    with pytest.raises(PackDownloadFailed, match=r"could not be downloaded .*404"):
        install_pack(tmp_path / "models", address=served[1])


def test_a_page_instead_of_an_archive_is_refused(served, tmp_path):
    folder, address = served
    (folder / "buffalo_l.zip").write_text("<html>sign in</html>")
    with pytest.raises(PackDownloadFailed, match="no intact archive"):
        install_pack(tmp_path / "models", address=address)


def test_an_unreachable_server_is_told_soon(tmp_path):
    with pytest.raises(PackDownloadFailed, match="could not be downloaded"):
        install_pack(tmp_path / "models", address="http://127.0.0.1:9/", timeout_s=2)


@pytest.mark.parametrize("name", ["../evil", "a b", "", "x/y"])
def test_a_name_that_is_no_name_is_refused(tmp_path, name):
    with pytest.raises(PackDownloadFailed, match="not a pack's name"):
        install_pack(tmp_path / "models", name)
