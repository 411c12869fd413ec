"""Fetching an InsightFace pack, only when an administrator asks for it."""

from __future__ import annotations

import re
import shutil
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path

from recognition.errors import BrokenPack, PackDownloadFailed
from recognition.packs import DEFAULT_PACK, PackDescription, describe_pack

_CHUNK_BYTES = 1 << 18
_LARGEST_FILE_BYTES = 1 << 30
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")

Progress = Callable[[int, int | None], None]
"""Called with bytes received so far and the total, if the server says it."""


def install_pack(
    target: Path,
    name: str = DEFAULT_PACK,
    *,
    progress: Progress | None = None,
    timeout_s: float = 10.0,
    address: str | None = None,
) -> PackDescription:
    """Download a pack and put it into the folder `target / name`.

    Nothing is left behind if it fails: the pack is unpacked beside its place, checked, and moved.

    Args:
        target: the folder of packs, usually `default_home() / "models"`.
        name: the pack's name, buffalo_l unless given.
        progress: told about each quarter megabyte.
        timeout_s: longest wait for the server to answer or go on.
        address: the folder on the web where `name`.zip lies; InsightFace's own unless given.

    Returns:
        The installed pack with its files' hashes.

    Raises:
        PackDownloadFailed: the server cannot be reached, stops, or sends something else.
    """
    if not _NAME.fullmatch(name):
        raise PackDownloadFailed(f"{name!r} is not a pack's name. Give a name such as buffalo_l.")
    url = _release_url(name) if address is None else f"{address.rstrip('/')}/{name}.zip"
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".installing-", dir=target) as folder:
        archive, unpacked = Path(folder) / "pack.zip", Path(folder) / name
        _download(url, archive, progress, timeout_s)
        _unpack(archive, unpacked)
        try:
            describe_pack(unpacked)
        except BrokenPack as error:
            raise PackDownloadFailed(f"The downloaded pack {name} is unusable: {error}") from error
        place = target / name
        shutil.rmtree(place, ignore_errors=True)
        unpacked.rename(place)
    return describe_pack(place)


def _release_url(name: str) -> str:
    """Where the installed InsightFace itself would fetch a pack from."""
    from insightface.utils.storage import model_zoo_download_url

    return str(model_zoo_download_url(f"{name}.zip"))


def _download(url: str, path: Path, progress: Progress | None, timeout_s: float) -> None:
    if not url.startswith(("https://", "http://")):
        raise PackDownloadFailed("A pack's address must begin with https:// or http://.")
    try:
        with urllib.request.urlopen(url, timeout=timeout_s) as answer, path.open("wb") as file:  # noqa: S310
            length = answer.headers.get("Content-Length")
            total, received = int(length) if length else None, 0
            while chunk := answer.read(_CHUNK_BYTES):
                file.write(chunk)
                received += len(chunk)
                if progress is not None:
                    progress(received, total)
    except (urllib.error.URLError, TimeoutError, OSError, HTTPException, ValueError) as error:
        raise PackDownloadFailed(
            f"The pack could not be downloaded from {url} ({error}). Where this machine cannot "
            "reach it, download the archive elsewhere and unpack it into the folder of packs."
        ) from error
    if total is not None and received != total:
        raise PackDownloadFailed(
            f"The download stopped after {received} of {total} bytes. Try again."
        )


def _unpack(archive: Path, folder: Path) -> None:
    """Only the networks, by bare name, so that no entry can leave the folder."""
    folder.mkdir()
    try:
        with zipfile.ZipFile(archive) as zipped:
            for entry in zipped.infolist():
                name = Path(entry.filename).name
                if entry.is_dir() or not name.endswith(".onnx"):
                    continue
                if entry.file_size > _LARGEST_FILE_BYTES:
                    raise PackDownloadFailed(f"{name} is too large for a model; not installed.")
                with zipped.open(entry) as source, (folder / name).open("wb") as file:
                    shutil.copyfileobj(source, file)
    except (zipfile.BadZipFile, OSError) as error:
        raise PackDownloadFailed(
            "The downloaded file is no intact archive. Try again, or unpack the pack by hand."
        ) from error
