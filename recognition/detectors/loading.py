"""Which detectors there are, and loading one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from recognition.detectors import Detector
from recognition.detectors.haar import HaarCascade, cascade_path
from recognition.detectors.mtcnn import Mtcnn, MtcnnSettings
from recognition.detectors.yunet import YuNet
from recognition.errors import BrokenPack, NoModelInstalled

MTCNN_IS_ABSENT = (
    "MTCNN's weights are not installed, so OpenCV's Haar cascade finds the faces; it misses more "
    "of them, and those it finds are recognised less often. Install the package mtcnn with pip."
)


class DetectorChoice(StrEnum):
    """Which detector a visit uses."""

    MTCNN = "mtcnn"
    PACK = "pack"
    YUNET = "yunet"
    HAAR = "haar"


@dataclass(frozen=True)
class PackDetectorFile:
    """The detector of a pack. `is_yunet` tells YuNet from SCRFD."""

    path: Path
    is_yunet: bool


@dataclass(frozen=True, eq=False)
class LoadedDetector:
    """A detector, and a sentence where it is not the one that was asked for; else empty."""

    detector: Detector
    remark: str = ""


def load_detector(
    choice: DetectorChoice,
    threads: int,
    smallest_face_px: int,
    *,
    pack_name: str,
    of_pack: PackDetectorFile | None,
    yunet: Path | None,
) -> LoadedDetector:
    """Load a detector.

    MTCNN is the default, and the Haar cascade stands in where its weights are absent: then
    `remark` says so. Nothing stands in for a detector that was chosen by name.

    Args:
        choice: which.
        threads: computing threads.
        smallest_face_px: smaller faces are not looked for.
        pack_name: for the error's sentence.
        of_pack: the pack's own detector, if it has one.
        yunet: YuNet's installed weights, if any.

    Raises:
        NoModelInstalled: its weights are absent.
        BrokenPack: its weights cannot be read, or the pack has no detector of its own.
    """
    match choice:
        case DetectorChoice.MTCNN:
            return _mtcnn(threads, smallest_face_px)
        case DetectorChoice.PACK:
            return LoadedDetector(_of_pack(of_pack, pack_name, threads, smallest_face_px))
        case DetectorChoice.YUNET:
            return LoadedDetector(YuNet(require_yunet(yunet), smallest_face_px))
        case DetectorChoice.HAAR:
            return LoadedDetector(HaarCascade(smallest_face_px=smallest_face_px))


def _mtcnn(threads: int, smallest_face_px: int) -> LoadedDetector:
    try:
        settings = MtcnnSettings(smallest_face_px=smallest_face_px)
        return LoadedDetector(Mtcnn(threads, settings))
    except NoModelInstalled:
        if cascade_path() is None:
            raise
        return LoadedDetector(HaarCascade(smallest_face_px=smallest_face_px), MTCNN_IS_ABSENT)


def _of_pack(
    of_pack: PackDetectorFile | None, pack_name: str, threads: int, smallest_face_px: int
) -> Detector:
    of_pack = require_detector(of_pack, pack_name)
    if of_pack.is_yunet:
        return YuNet(of_pack.path, smallest_face_px)
    from recognition.detectors.pack_detector import PackDetector

    return PackDetector(of_pack.path, threads, smallest_face_px)


def require_detector(of_pack: PackDetectorFile | None, pack_name: str) -> PackDetectorFile:
    """The pack's own detector. Raises BrokenPack where it has none."""
    if of_pack is None:
        raise BrokenPack(
            f"The pack {pack_name} has no face detector of its own. Choose MTCNN as the detector."
        )
    return of_pack


def require_yunet(yunet: Path | None) -> Path:
    """YuNet's weights. Raises NoModelInstalled where there are none."""
    if yunet is None:
        raise NoModelInstalled(
            "YuNet is not installed. Put its ONNX file into the folder models/yunet of "
            "InsightFace's folder (~/.insightface)."
        )
    return yunet


def find_yunet(home: Path) -> Path | None:
    """YuNet's weights among the installed packs: the first file with its name."""
    return next(iter(sorted((home / "models").glob("*/*yunet*.onnx"))), None)
