"""Real models and real photos for the recognition room's tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import pytest

from recognition.detectors.mtcnn import Mtcnn
from recognition.faces import ImageBGR
from recognition.images import read_photo
from recognition.packs import ChosenRecogniser, choose_recogniser

EXAMPLES = "faces/face_recognition/examples"

ReadPhoto = Callable[[str], ImageBGR]


@pytest.fixture(scope="session", autouse=True)
def _one_opencv_thread() -> Iterator[None]:
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    yield
    cv2.setNumThreads(before)


@pytest.fixture(scope="session")
def mtcnn() -> Mtcnn:
    return Mtcnn(threads=1)


@pytest.fixture(scope="session")
def mini_pack(shared_dir: Path) -> Path:
    return shared_dir / "models" / "insightface-mini"


@pytest.fixture(scope="session")
def mini(mini_pack: Path) -> ChosenRecogniser:
    return choose_recogniser(str(mini_pack), threads=1)


@pytest.fixture(scope="session")
def dlib() -> ChosenRecogniser:
    return choose_recogniser("dlib", threads=1)


@pytest.fixture(scope="session")
def photo(shared_dir: Path) -> ReadPhoto:
    """Read a photo by its path under the shared folder; a bare name is one of the examples."""

    def read(name: str) -> ImageBGR:
        path = name if "/" in name else f"{EXAMPLES}/{name}"
        return read_photo((shared_dir / path).read_bytes())

    return read
