"""This product's own files on a slow network: compressed, kept, and never an old one."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from flask import Flask

from app.config import PROJECT_ROOT
from tests.app.conftest import Client

BASE = "/static/css/base.css"
PLAIN = (PROJECT_ROOT / "static/css/base.css").read_bytes()
GZIP = {"Accept-Encoding": "gzip, deflate, br"}


def test_a_file_of_text_comes_compressed_to_whoever_takes_it_so(client: Client) -> None:
    answer = client.get(BASE, headers=GZIP)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.data) == PLAIN
    assert int(answer.headers["Content-Length"]) == len(answer.data) < len(PLAIN) / 2
    assert "max-age" in answer.headers["Cache-Control"]
    assert client.get(BASE, headers=GZIP).data == answer.data


@pytest.mark.parametrize(
    "headers",
    [{}, {"Accept-Encoding": "identity"}, {"Accept-Encoding": "gzip;q=0"}],
    ids=["says nothing", "plain", "no gzip"],
)
def test_it_comes_plain_to_whoever_does_not(client: Client, headers: dict[str, str]) -> None:
    answer = client.get(BASE, headers=headers)
    assert "Content-Encoding" not in answer.headers
    assert answer.data == PLAIN
    assert "Accept-Encoding" in answer.headers["Vary"]


def test_a_part_of_a_file_is_a_part_of_its_plain_bytes(client: Client) -> None:
    answer = client.get(BASE, headers={**GZIP, "Range": "bytes=2-9"})
    assert (answer.status_code, answer.data) == (206, PLAIN[2:10])
    assert "Content-Encoding" not in answer.headers


def test_both_forms_have_their_own_tag_and_neither_is_sent_again(client: Client) -> None:
    plain, packed = client.get(BASE), client.get(BASE, headers=GZIP)
    assert plain.headers["ETag"] != packed.headers["ETag"]
    for answer, headers in ((plain, {}), (packed, GZIP)):
        again = client.get(BASE, headers={**headers, "If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")


def test_a_changed_file_is_sent_as_it_is_now(
    app: Flask, client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "static_folder", str(tmp_path))
    path = tmp_path / "x.js"
    for text in (b"export const before = 1;", b"export const after_it = 22;"):
        path.write_bytes(text)
        assert gzip.decompress(client.get("/static/x.js", headers=GZIP).data) == text


@pytest.mark.parametrize("name", ["no-such.css", "../wsgi.py", "css", "%00.css"])
def test_what_is_no_file_of_ours_is_not_found(client: Client, name: str) -> None:
    assert client.get(f"/static/{name}", headers=GZIP).status_code == 404
