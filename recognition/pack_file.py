"""The description that makes any ONNX face embedder a pack: a file `pack.toml` beside its weights.

name = "facenet"
licence = "MIT"

[recognition]
file = "facenet.onnx"
sha256 = "…"                # optional; a file that differs is refused
input_px = 160
layout = "NHWC"             # or "NCHW"
colour = "RGB"              # or "BGR"
mean = 127.5                # (pixel − mean) / scale; one number or three
scale = 128.0               # or "per_image": each crop's own mean and deviation
alignment = "facenet"       # or "arcface", "dlib", or five points [[x, y], …] in the crop
metric = "cosine"           # or "euclidean", between vectors of length 1
dimension = 512

[threshold]                 # optional: without it the model counts as not measured
value = 0.44                # least cosine, or largest distance, of a candidate
false_match_rate = 1e-4
measured_on = "…"
same_person_floor = 0.15    # cosine

[detection]                 # optional: a detector of the pack's own
file = "yunet.onnx"
kind = "yunet"              # or "scrfd"
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from recognition.embedders.thresholds import Threshold
from recognition.errors import BrokenPack
from recognition.faces import FloatArray

FILE_NAME = "pack.toml"
_NOT_MEASURED_COSINE = 0.5
_DEFAULT_FLOOR = 0.15

Number3 = tuple[float, float, float]
Points = tuple[tuple[float, float], ...]


class Metric(StrEnum):
    """How a model's makers compare its vectors, once they have length 1."""

    COSINE = "cosine"
    EUCLIDEAN = "euclidean"


@dataclass(frozen=True)
class EmbedderSpec:
    """All that is needed to run a described embedder.

    Attributes:
        file: its ONNX file.
        name, licence: as screens show them.
        input_px: side of the square crop.
        channels_last: NHWC, else NCHW.
        is_rgb: colour order of the input, else BGR.
        mean, scale: (pixel − mean) / scale by channel, in the input's colour order; `scale` None
            for each crop's own mean and standard deviation.
        template_xy: float32[5, 2]: where the landmarks lie in the crop, pixels.
        dimension: length of an embedding.
        threshold: least similarity (cosine) of a candidate.
    """

    file: Path
    name: str
    licence: str
    input_px: int
    channels_last: bool
    is_rgb: bool
    mean: Number3
    scale: Number3 | None
    template_xy: Points
    dimension: int
    threshold: Threshold

    def fingerprint(self, file_sha256: str) -> str:
        """A hash over the weights and everything that changes what comes out of them.

        The same weights fed with other colours or another crop give vectors that must not be
        compared with these.
        """
        relevant = asdict(self)
        for name in ("file", "name", "licence", "threshold"):
            del relevant[name]
        text = json.dumps({"weights": file_sha256, **relevant}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def template(self) -> FloatArray:
        """`template_xy` as float32[5, 2]."""
        return np.array(self.template_xy, np.float32)


@dataclass(frozen=True)
class DetectorSpec:
    """A detector that a description names."""

    file: Path
    kind: Literal["yunet", "scrfd"]


@dataclass(frozen=True)
class PackFile:
    """A whole description, checked."""

    name: str
    licence: str
    embedder: EmbedderSpec
    declared_sha256: str | None
    detector: DetectorSpec | None


# Where left eye, right eye, nose tip and corners of the mouth lie in a crop of side 1.
_ARCFACE = ((38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366),
            (41.5493, 92.3655), (70.7299, 92.2041))  # fmt: skip
_DLIB = ((46.8, 44.9), (100.3, 44.9), (73.7, 76.2), (50.1, 102.9), (97.7, 103.0))
_FACENET = ((0.325, 0.412), (0.675, 0.412), (0.500, 0.562), (0.345, 0.688), (0.655, 0.688))
_TEMPLATES: dict[str, Points] = {
    "arcface": tuple((x / 112, y / 112) for x, y in _ARCFACE),
    "dlib": tuple((x / 150, y / 150) for x, y in _DLIB),
    "facenet": _FACENET,
}
"""InsightFace's template; dlib's as measured here; FaceNet's and VGG-Face's: MTCNN's box widened by
44 of 182 pixels, medians over 259 LFW photos with MTCNN's landmarks."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


FileName = Annotated[str, StringConstraints(pattern=r"^[^/\\]+\.onnx$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class _Recognition(_Strict):
    file: FileName
    sha256: Sha256 | None = None
    input_px: int = Field(ge=32, le=1024)
    layout: Literal["NCHW", "NHWC"] = "NCHW"
    colour: Literal["RGB", "BGR"] = "RGB"
    mean: float | Number3 = 127.5
    scale: float | Number3 | Literal["per_image"] = 127.5
    alignment: Literal["arcface", "dlib", "facenet"] | tuple[
        tuple[float, float], tuple[float, float], tuple[float, float],
        tuple[float, float], tuple[float, float],
    ] = "arcface"  # fmt: skip
    metric: Metric = Metric.COSINE
    dimension: int = Field(ge=8, le=8192)


class _ThresholdPart(_Strict):
    value: float
    false_match_rate: float | None = Field(default=None, gt=0, lt=1)
    measured_on: str = "not said in the pack's description"
    same_person_floor: float = Field(default=_DEFAULT_FLOOR, ge=-1, le=1)


class _Detection(_Strict):
    file: FileName
    kind: Literal["yunet", "scrfd"]


class _Description(_Strict):
    name: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    licence: Annotated[str, StringConstraints(min_length=1)]
    recognition: _Recognition
    threshold: _ThresholdPart | None = None
    detection: _Detection | None = None


def read_pack_file(folder: Path) -> PackFile | None:
    """The description in a folder; None where there is none.

    Raises:
        BrokenPack: it cannot be read, says something impossible, or a file it names is missing.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        return None
    try:
        described = _Description.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BrokenPack(f"{FILE_NAME} of {folder.name} cannot be read: {error}.") from error
    except ValidationError as error:
        raise BrokenPack(f"{FILE_NAME} of {folder.name} is wrong: {_reasons(error)}.") from error
    part = described.recognition
    return PackFile(
        described.name,
        described.licence,
        _embedder_spec(folder, described),
        part.sha256,
        _detector_spec(folder, described.detection),
    )


def _reasons(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(str(step) for step in one['loc'])}: {one['msg']}" for one in error.errors()
    )


def _embedder_spec(folder: Path, described: _Description) -> EmbedderSpec:
    part = described.recognition
    scale = None if part.scale == "per_image" else _three(part.scale)
    if scale is not None and min(abs(one) for one in scale) == 0:
        raise BrokenPack(f"{FILE_NAME} of {folder.name} is wrong: recognition.scale is 0.")
    points = (
        tuple((x * part.input_px, y * part.input_px) for x, y in _TEMPLATES[part.alignment])
        if isinstance(part.alignment, str)
        else part.alignment
    )
    return EmbedderSpec(
        file=_existing(folder, part.file),
        name=described.name,
        licence=described.licence,
        input_px=part.input_px,
        channels_last=part.layout == "NHWC",
        is_rgb=part.colour == "RGB",
        mean=_three(part.mean),
        scale=scale,
        template_xy=points,
        dimension=part.dimension,
        threshold=_threshold(folder, described.threshold, part.metric),
    )


def _three(value: float | Number3 | str) -> Number3:
    if isinstance(value, tuple):
        return value
    return (float(value), float(value), float(value))


def _threshold(folder: Path, part: _ThresholdPart | None, metric: Metric) -> Threshold:
    if part is None:
        return Threshold(
            _NOT_MEASURED_COSINE,
            None,
            "not measured: a cautious value; measure it with `flask evaluate` before relying on it",
            _DEFAULT_FLOOR,
        )
    similarity = part.value
    if metric is Metric.EUCLIDEAN:
        # Of two vectors of length 1, d² = 2 − 2 cos.
        similarity = 1.0 - part.value**2 / 2.0
    if not -1.0 <= similarity <= 1.0 or (metric is Metric.EUCLIDEAN and part.value < 0):
        raise BrokenPack(
            f"{FILE_NAME} of {folder.name} is wrong: threshold.value: a cosine lies between -1 "
            "and 1, a distance of vectors of length 1 between 0 and 2."
        )
    return Threshold(similarity, part.false_match_rate, part.measured_on, part.same_person_floor)


def _detector_spec(folder: Path, part: _Detection | None) -> DetectorSpec | None:
    return None if part is None else DetectorSpec(_existing(folder, part.file), part.kind)


def _existing(folder: Path, name: str) -> Path:
    path = folder / name
    if not path.is_file():
        raise BrokenPack(f"{FILE_NAME} of {folder.name} names {name}, which is not there.")
    return path
