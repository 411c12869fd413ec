"""Model packs: what is installed, which one is taken and why, and loading it.

The order: the pack that was asked for (`FACE_PACK`), an installed InsightFace pack, dlib. What was
asked for is never silently replaced by something else, and with nothing installed nothing is
searched.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

from recognition.detectors import Detector
from recognition.detectors.loading import (
    DetectorChoice,
    PackDetectorFile,
    find_yunet,
    load_detector,
    require_detector,
    require_yunet,
)
from recognition.embedders import Embedder, dlib_resnet
from recognition.embedders.thresholds import W_MBF_SHA256
from recognition.errors import BrokenPack, NoModelInstalled
from recognition.pack_file import FILE_NAME as PACK_FILE_NAME
from recognition.pack_file import PackFile, read_pack_file

DEFAULT_PACK = "buffalo_l"
DLIB = "dlib"
RESEARCH_ONLY = "InsightFace model: non-commercial research only"
_APACHE = "Apache-2.0 (weights); trained on MS-Celeb-1M"
_HOW_TO_INSTALL = (
    "Install one with `flask packs install`, or unpack an InsightFace pack such as buffalo_l into "
    "the folder ~/.insightface/models, or name its folder in FACE_PACK, or install the packages "
    "dlib-bin and face_recognition_models with pip."
)


class Task(StrEnum):
    """What a model file does; other files of a pack are left alone."""

    DETECTION = "detection"
    RECOGNITION = "recognition"


@dataclass(frozen=True)
class ModelFile:
    """One weight file of a pack: its path, what it does, its hash and licence."""

    path: Path
    task: Task
    sha256: str
    licence: str


@dataclass(frozen=True)
class PackDescription:
    """An installed pack, as the administration page shows it.

    Attributes:
        name: the pack's name, or that of its folder.
        files: the files that are used.
        is_fallback: dlib: works without a pack, but is weaker, and screens say so.
        described: its `pack.toml`, for embedders that are not InsightFace's.
    """

    name: str
    files: tuple[ModelFile, ...]
    is_fallback: bool = False
    described: PackFile | None = None

    def file(self, task: Task) -> ModelFile | None:
        """The file for a task, if the pack has one."""
        return next((file for file in self.files if file.task is task), None)

    @property
    def recogniser(self) -> ModelFile:
        """The recognition file, which every pack has."""
        found = self.file(Task.RECOGNITION)
        if found is None:
            raise BrokenPack(f"The pack {self.name} holds no recognition network.")
        return found

    @property
    def licence(self) -> str:
        """Licences of all files used, each once."""
        return "; ".join(dict.fromkeys(file.licence for file in self.files))


@dataclass(frozen=True)
class PackChoice:
    """A pack and the sentence that says why it was taken."""

    pack: PackDescription
    reason: str


@dataclass(frozen=True, eq=False)
class ChosenRecogniser:
    """A loaded detector and embedder, with the pack they came from and the reason."""

    detector: Detector
    embedder: Embedder
    pack: PackDescription
    reason: str


def default_home() -> Path:
    """InsightFace's folder: `INSIGHTFACE_HOME`, else `~/.insightface`."""
    return Path(os.environ.get("INSIGHTFACE_HOME") or "~/.insightface").expanduser()


def choose_pack(
    face_pack: str | None = None, home: Path | None = None, asked_by: str = "FACE_PACK"
) -> PackChoice:
    """Which pack is used on this machine, without loading it.

    Args:
        face_pack: a folder, the name of an installed pack, or "dlib"; None or "" to choose.
        home: InsightFace's folder, `default_home()` unless given.
        asked_by: what asks for `face_pack`, for the reason and for what is refused.

    Raises:
        NoModelInstalled: nothing is installed, or what was asked for is not.
        BrokenPack: the pack is damaged.
    """
    home = home or default_home()
    if face_pack:
        return _asked_for(face_pack, home, asked_by)
    installed = installed_packs(home)
    if installed:
        pack = describe_pack(installed[0])
        return PackChoice(pack, f"The InsightFace pack {pack.name} is installed.")
    fallback = _dlib_pack()
    if fallback is not None:
        return PackChoice(
            fallback,
            "No InsightFace pack is installed, so dlib's recogniser is used; it misses more "
            "people, above all with dark skin or years between the photos.",
        )
    raise NoModelInstalled(f"No face recogniser is installed, so nothing is searched. "
                           f"{_HOW_TO_INSTALL}")  # fmt: skip


def _asked_for(face_pack: str, home: Path, asked_by: str) -> PackChoice:
    if face_pack == DLIB:
        fallback = _dlib_pack()
        if fallback is None:
            raise NoModelInstalled(
                f"{asked_by} asks for dlib, which is not installed. Install the packages dlib-bin "
                "and face_recognition_models with pip."
            )
        return PackChoice(fallback, f"{asked_by} asks for dlib's recogniser.")
    if Path(face_pack).expanduser().is_file():
        raise BrokenPack(
            f"{asked_by} asks for {Path(face_pack).name}, which is a file: name the folder it lies "
            "in. A network other than InsightFace's needs a pack.toml beside it (docs/models.md)."
        )
    for folder in (Path(face_pack).expanduser(), home / "models" / face_pack):
        if folder.is_dir():
            return PackChoice(describe_pack(folder), f"{asked_by} asks for {folder.name}.")
    raise NoModelInstalled(
        f"{asked_by} asks for {face_pack}, but no such pack is installed. {_HOW_TO_INSTALL}"
    )


def installed_packs(home: Path | None = None) -> list[Path]:
    """Folders of InsightFace's installed packs, buffalo_l first, then by name."""
    models = (home or default_home()) / "models"
    if not models.is_dir():
        return []
    folders = [folder for folder in models.iterdir() if _is_recogniser_folder(folder)]
    return sorted(folders, key=lambda folder: (folder.name != DEFAULT_PACK, folder.name))


def _is_recogniser_folder(folder: Path) -> bool:
    """Whether a folder may hold a pack: described, or with weights other than YuNet's alone."""
    if (folder / PACK_FILE_NAME).is_file():
        return True
    return any(not _is_yunet(path) for path in folder.glob("*.onnx"))


def describe_pack(folder: Path) -> PackDescription:
    """What a pack's folder holds.

    A `pack.toml` (see `recognition.pack_file`) says it. Without one, the folder is InsightFace's:
    its first detection and its first recognition network, by name, are used.

    Raises:
        BrokenPack: a file cannot be read as ONNX or differs from its description, or there is no
            recognition network.
    """
    described = read_pack_file(folder)
    if described is not None:
        return _described_pack(described)
    files: dict[Task, ModelFile] = {}
    for path in sorted(folder.glob("*.onnx")):
        task = _task_of(path)
        if task is not None and task not in files:
            sha256 = file_sha256(path)
            licence = _APACHE if sha256 == W_MBF_SHA256 else RESEARCH_ONLY
            files[task] = ModelFile(path, task, sha256, licence)
    if Task.RECOGNITION not in files:
        raise BrokenPack(
            f"The folder {folder.name} holds no face recognition network, so it is not a usable "
            "pack. Install the pack again."
        )
    return PackDescription(folder.name, tuple(files.values()))


def _described_pack(described: PackFile) -> PackDescription:
    weights = described.embedder.file
    sha256 = file_sha256(weights)
    if described.declared_sha256 not in (None, sha256):
        raise BrokenPack(
            f"{weights.name} is not the file that its description is about: its hash is {sha256}, "
            f"not {described.declared_sha256}. Fetch it again."
        )
    files = [ModelFile(weights, Task.RECOGNITION, sha256, described.licence)]
    if described.detector is not None:
        path = described.detector.file
        files.append(ModelFile(path, Task.DETECTION, file_sha256(path), described.licence))
    return PackDescription(described.name, tuple(files), described=described)


def _is_yunet(path: Path) -> bool:
    return "yunet" in path.name.lower()


def _dlib_pack() -> PackDescription | None:
    path = dlib_resnet.weights_path()
    if path is None:
        return None
    file = ModelFile(path, Task.RECOGNITION, file_sha256(path), dlib_resnet.LICENCE)
    return PackDescription(DLIB, (file,), is_fallback=True)


def _task_of(path: Path) -> Task | None:
    """What a network does, from the shape of its graph, by the rules InsightFace goes by.

    A detector has scores, boxes and perhaps landmarks for three or five strides; a recogniser has
    one square input of at least 112 px and one output.
    """
    broken = f"{path.name} is damaged or no ONNX file. Install the pack again."
    try:
        graph = onnx.load(str(path), load_external_data=False).graph
    except (DecodeError, OSError, ValueError) as error:
        raise BrokenPack(broken) from error
    if not graph.input or not graph.output:
        raise BrokenPack(broken)
    if len(graph.output) in (6, 9, 10, 15):
        return Task.DETECTION
    shape = [axis.dim_value for axis in graph.input[0].type.tensor_type.shape.dim]
    squares = len(shape) == 4 and shape[2] == shape[3] >= 112 and shape[2] % 16 == 0
    is_landmark_net = squares and shape[2] == 192
    return Task.RECOGNITION if squares and not is_landmark_net else None


def file_sha256(path: Path) -> str:
    """Hash of a file, hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def load(
    choice: PackChoice,
    threads: int,
    detector: DetectorChoice = DetectorChoice.MTCNN,
    smallest_face_px: int = 40,
    home: Path | None = None,
) -> ChosenRecogniser:
    """Load the detector and the embedder of a chosen pack; takes one to three seconds.

    Args:
        choice: from `choose_pack`.
        threads: computing threads of each model.
        detector: MTCNN, the pack's own, YuNet, or the Haar cascade.
        smallest_face_px: smaller faces are not looked for.
        home: InsightFace's folder, where YuNet is looked for.

    Raises:
        BrokenPack: a file cannot be loaded, or the pack has no detector of its own.
        NoModelInstalled: the detector is not installed, nor, for MTCNN, the cascade that stands in.
    """
    loaded = load_detector(
        detector,
        threads,
        smallest_face_px,
        pack_name=choice.pack.name,
        of_pack=_detector_file(choice.pack),
        yunet=find_yunet(home or default_home()),
    )
    return ChosenRecogniser(
        loaded.detector,
        load_embedder(choice.pack, threads),
        choice.pack,
        " ".join(filter(None, (choice.reason, loaded.remark))),
    )


def detector_in_words(choice: PackChoice, detector: DetectorChoice, home: Path) -> str:
    """Which detector `load` would take, without loading it.

    Raises:
        BrokenPack: the pack has no detector of its own.
        NoModelInstalled: YuNet is not installed.
    """
    match detector:
        case DetectorChoice.MTCNN:
            return "MTCNN, the default"
        case DetectorChoice.PACK:
            file = require_detector(_detector_file(choice.pack), choice.pack.name)
            return f"the pack's own detector, {file.path.name}"
        case DetectorChoice.YUNET:
            return f"YuNet, {require_yunet(find_yunet(home)).name}"
        case DetectorChoice.HAAR:
            return "OpenCV's Haar cascade, which misses more faces than any other"


def choose_recogniser(
    face_pack: str | None,
    threads: int,
    detector: DetectorChoice = DetectorChoice.MTCNN,
    smallest_face_px: int = 40,
    home: Path | None = None,
) -> ChosenRecogniser:
    """`choose_pack` and `load` in one; see there."""
    return load(choose_pack(face_pack, home), threads, detector, smallest_face_px, home)


def load_embedder(pack: PackDescription, threads: int) -> Embedder:
    """The pack's recogniser, loaded."""
    file = pack.recogniser
    if pack.is_fallback:
        return dlib_resnet.DlibEmbedder(file.path, file.sha256)
    if pack.described is not None:
        from recognition.embedders.described import DescribedEmbedder

        return DescribedEmbedder(pack.described.embedder, file.sha256, threads)
    from recognition.embedders.insightface_pack import InsightFaceEmbedder

    return InsightFaceEmbedder(file.path, file.sha256, file.licence, threads)


def _detector_file(pack: PackDescription) -> PackDetectorFile | None:
    file = pack.file(Task.DETECTION)
    if file is None:
        return None
    spec = pack.described.detector if pack.described is not None else None
    return PackDetectorFile(file.path, is_yunet=spec is not None and spec.kind == "yunet")


__all__ = [
    "DEFAULT_PACK",
    "ChosenRecogniser",
    "DetectorChoice",
    "ModelFile",
    "PackChoice",
    "PackDescription",
    "Task",
    "choose_pack",
    "choose_recogniser",
    "default_home",
    "describe_pack",
    "file_sha256",
    "installed_packs",
    "load",
    "load_embedder",
]
