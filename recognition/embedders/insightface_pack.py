"""The recognition network of an InsightFace pack (ArcFace input: 112 px, five landmarks)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from recognition.alignment import aligned_crop
from recognition.embedders.checking import refuse_unusable
from recognition.embedders.normalise import unit_rows
from recognition.embedders.thresholds import Threshold, threshold_for
from recognition.errors import BrokenPack
from recognition.faces import FloatArray, ImageBGR
from recognition.onnx import PROVIDERS, OnnxFailure, session_options

SIDE_PX = 112
_BATCH = 32


class InsightFaceEmbedder:
    """One recognition model, loaded through InsightFace.

    Args:
        path: the ONNX file.
        sha256: its hash, computed by whoever chose the file.
        licence: the licence of its weights.
        threads: computing threads.

    Raises:
        BrokenPack: the file cannot be loaded or is not a recognition network.
    """

    def __init__(self, path: Path, sha256: str, licence: str, threads: int) -> None:
        # Importing InsightFace takes most of a second: only those who embed pay for it.
        from insightface.model_zoo import model_zoo
        from insightface.utils.face_align import arcface_dst

        broken = f"{path.name} is not a face recognition network. Install the pack again."
        try:
            self._model = model_zoo.get_model(
                str(path), providers=list(PROVIDERS), sess_options=session_options(threads)
            )
        except OnnxFailure as error:
            raise BrokenPack(broken) from error
        if getattr(self._model, "taskname", "") != "recognition":
            raise BrokenPack(broken)
        self._template_xy = np.asarray(arcface_dst, np.float32)
        self._batch = _BATCH if not isinstance(self._model.input_shape[0], int) else 1
        self.name = path.stem
        self.sha256 = sha256
        self.licence = licence
        self.dimension = int(self.embed([np.zeros((SIDE_PX, SIDE_PX, 3), np.uint8)]).shape[1])
        refuse_unusable(path.name, SIDE_PX, self.embed)

    @property
    def threshold(self) -> Threshold:
        """Least similarity for a candidate."""
        return threshold_for(self.sha256)

    def align(self, image_bgr: ImageBGR, landmarks_xy: FloatArray) -> ImageBGR:
        """uint8[112, 112, 3], aligned as InsightFace does."""
        return aligned_crop(image_bgr, landmarks_xy, self._template_xy, SIDE_PX)

    def embed(self, aligned_bgr: Sequence[ImageBGR]) -> FloatArray:
        """float32[n, d], each row of length 1."""
        crops = list(aligned_bgr)
        if not crops:
            return np.empty((0, self.dimension), np.float32)
        rows = [
            self._model.get_feat(crops[start : start + self._batch])
            for start in range(0, len(crops), self._batch)
        ]
        return unit_rows(np.concatenate(rows))
