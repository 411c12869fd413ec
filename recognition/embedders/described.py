"""Any ONNX face embedder, run as its pack description says."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recognition.alignment import aligned_crop
from recognition.embedders.checking import refuse_unusable
from recognition.embedders.normalise import unit_rows
from recognition.embedders.thresholds import Threshold
from recognition.errors import BrokenPack
from recognition.faces import FloatArray, ImageBGR
from recognition.onnx import OnnxFailure, OnnxModel
from recognition.pack_file import EmbedderSpec

_CANNOT_RUN: tuple[type[Exception], ...] = (*OnnxFailure, ValueError)
_BATCH = 32
_LEAST_DEVIATION = 1.0


class DescribedEmbedder:
    """One embedder with a description.

    Args:
        spec: from `read_pack_file`.
        file_sha256: hash of its weights.
        threads: computing threads.

    Raises:
        BrokenPack: it cannot be loaded, takes another input, or gives another output.
    """

    def __init__(self, spec: EmbedderSpec, file_sha256: str, threads: int) -> None:
        self._spec = spec
        self._model = OnnxModel(spec.file, threads)
        self._template_xy = spec.template()
        self.name = spec.name
        self.licence = spec.licence
        self.dimension = spec.dimension
        self.sha256 = spec.fingerprint(file_sha256)
        self._input, shape = self._model.only_input()
        self._refuse_other_input(shape)
        fixed = shape[0] if shape else None
        self._batch = fixed if isinstance(fixed, int) and fixed > 0 else _BATCH
        self._is_fixed = self._batch == fixed
        self._refuse_other_output()

    @property
    def threshold(self) -> Threshold:
        """Least similarity for a candidate, as the description says."""
        return self._spec.threshold

    def align(self, image_bgr: ImageBGR, landmarks_xy: FloatArray) -> ImageBGR:
        """uint8[side, side, 3]."""
        return aligned_crop(image_bgr, landmarks_xy, self._template_xy, self._spec.input_px)

    def embed(self, aligned_bgr: Sequence[ImageBGR]) -> FloatArray:
        """float32[n, d], each row of length 1."""
        crops = list(aligned_bgr)
        rows = [
            self._run(crops[start : start + self._batch])
            for start in range(0, len(crops), self._batch)
        ]
        return (
            unit_rows(np.concatenate(rows)) if rows else np.empty((0, self.dimension), np.float32)
        )

    def _run(self, crops: list[ImageBGR]) -> FloatArray:
        batch = np.stack(crops).astype(np.float32)
        if self._spec.is_rgb:
            batch = batch[..., ::-1]
        batch = self._normalised(batch)
        if not self._spec.channels_last:
            batch = batch.transpose(0, 3, 1, 2)
        if self._is_fixed and len(crops) < self._batch:
            # A network with a fixed batch is fed to the full; what was added is thrown away.
            batch = np.concatenate([batch, np.repeat(batch[-1:], self._batch - len(crops), 0)])
        output = self._model.run({self._input: np.ascontiguousarray(batch)})[0]
        return output.reshape(len(batch), -1)[: len(crops)]

    def _normalised(self, batch: FloatArray) -> FloatArray:
        if self._spec.scale is not None:
            mean = np.array(self._spec.mean, np.float32)
            scale = np.array(self._spec.scale, np.float32)
            scaled: FloatArray = (batch - mean) / scale
            return scaled
        mean = batch.mean(axis=(1, 2, 3), keepdims=True)
        deviation = batch.std(axis=(1, 2, 3), keepdims=True)
        whitened: FloatArray = (batch - mean) / np.maximum(deviation, _LEAST_DEVIATION)
        return whitened

    def _refuse_other_input(self, shape: Sequence[int | str | None]) -> None:
        """Axes that the graph leaves open fit anything."""
        side = self._spec.input_px
        wanted = (side, side, 3) if self._spec.channels_last else (3, side, side)
        fits = len(shape) == 4 and all(
            not isinstance(axis, int) or axis <= 0 or axis == want
            for axis, want in zip(shape[1:], wanted, strict=True)
        )
        if not fits:
            raise BrokenPack(
                f"{self._spec.file.name} takes an input of {_words(shape)}, but its description "
                f"says {_words((None, *wanted))}: correct input_px or layout."
            )

    def _refuse_other_output(self) -> None:
        file, side = self._spec.file.name, self._spec.input_px
        try:
            given = self._run([np.zeros((side, side, 3), np.uint8)]).shape[1]
        except _CANNOT_RUN as error:
            raise BrokenPack(f"{file} cannot be run as its description says: {error}") from error
        if given != self._spec.dimension:
            raise BrokenPack(
                f"{file} gives vectors of {given} numbers, but its description says "
                f"{self._spec.dimension}: correct dimension."
            )
        refuse_unusable(
            file, side, lambda crops: np.concatenate([self._run([crop]) for crop in crops])
        )


def _words(shape: Sequence[int | str | None]) -> str:
    return "×".join(str(axis) if isinstance(axis, int) else "?" for axis in shape)
