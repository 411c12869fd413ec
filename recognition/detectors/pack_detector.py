"""The detector of an InsightFace pack (SCRFD), through InsightFace's own class."""

from __future__ import annotations

import math
from copy import copy
from pathlib import Path

import numpy as np

from recognition.detectors import ScoreLimits
from recognition.errors import BrokenPack
from recognition.faces import DetectedFace, ImageBGR
from recognition.onnx import PROVIDERS, OnnxFailure, session_options

_FINEST_PX = 10
"""Height of the smallest face that SCRFD's finest stride of 8 px finds in its own input."""
_COARSEST_PX = 320
"""Faces this high in SCRFD's own input are all found (40 portraits); of 500 px, hardly any."""
_STEP_PX = 32


class PackDetector:
    """SCRFD on frames scaled so that the smallest face asked for is still just large enough.

    Args:
        path: the pack's detection network.
        threads: computing threads.
        smallest_face_px: smaller faces are not reported.
        face_score: least score.

    Raises:
        BrokenPack: the file cannot be loaded or is not a detector with landmarks.
    """

    score_limits = ScoreLimits(least=0.6, sure=0.75)

    def __init__(
        self, path: Path, threads: int, smallest_face_px: int = 40, face_score: float = 0.5
    ) -> None:
        from insightface.model_zoo import model_zoo

        broken = f"{path.name} is not a face detector with landmarks. Install the pack again."
        try:
            self._model = model_zoo.get_model(
                str(path), providers=list(PROVIDERS), sess_options=session_options(threads)
            )
        except OnnxFailure as error:
            raise BrokenPack(broken) from error
        if getattr(self._model, "taskname", "") != "detection" or not self._model.use_kps:
            raise BrokenPack(broken)
        self._model.prepare(-1, det_thresh=face_score)
        self.name = f"SCRFD ({path.stem})"
        self.smallest_face_px = smallest_face_px

    @property
    def largest_face_px(self) -> int:
        """Faces above this size grow out of the network's coarsest stride."""
        return round(_COARSEST_PX / min(1.0, 2 * _FINEST_PX / self.smallest_face_px))

    def from_size(self, smallest_face_px: int) -> PackDetector:
        """The same detector looking from another size on; the weights are shared, not loaded."""
        other = copy(self)
        other.smallest_face_px = smallest_face_px
        return other

    def detect(self, image_bgr: ImageBGR) -> list[DetectedFace]:
        """All faces, best score first."""
        boxes, landmarks = self._model.detect(image_bgr, input_size=self._input_size(image_bgr))
        faces = [
            DetectedFace(
                box[:4].astype(np.float32), points.astype(np.float32), min(1.0, float(box[4]))
            )
            for box, points in zip(boxes, landmarks, strict=True)
        ]
        return [face for face in faces if face.height_px >= self.smallest_face_px]

    def _input_size(self, image_bgr: ImageBGR) -> tuple[int, int]:
        """Width and height of the network's input, multiples of 32, never above the frame's.

        A face shrinks to twice the finest size at most, and the input stays at or above 320 px.
        """
        height, width = image_bgr.shape[:2]
        shrink = min(1.0, max(2 * _FINEST_PX / self.smallest_face_px, 320 / max(height, width)))
        return _padded(width * shrink), _padded(height * shrink)


def _padded(side_px: float) -> int:
    return max(_STEP_PX, math.ceil(side_px / _STEP_PX) * _STEP_PX)
