"""YuNet, OpenCV's own face detector, for those who have its model file."""

from __future__ import annotations

from copy import copy
from pathlib import Path
from typing import cast

import cv2
import numpy as np

from recognition.detectors import ScoreLimits
from recognition.errors import BrokenPack
from recognition.faces import DetectedFace, FloatArray, ImageBGR

_LANDMARKS = slice(4, 14)
_LARGEST_PX = 640
"""Of 16 portraits in this height none is missed; of those with faces of 1,000 px, 11."""


class YuNet:
    """YuNet through `cv2.FaceDetectorYN`; it computes on OpenCV's threads.

    Args:
        path: the ONNX file.
        smallest_face_px: smaller faces are not reported.
        face_score: least score.

    Raises:
        BrokenPack: OpenCV cannot load the file.
    """

    name = "YuNet"
    largest_face_px = _LARGEST_PX
    score_limits = ScoreLimits(least=0.75, sure=0.85)

    def __init__(self, path: Path, smallest_face_px: int = 40, face_score: float = 0.7) -> None:
        try:
            self._model = cv2.FaceDetectorYN.create(str(path), "", (320, 320), face_score)
        except cv2.error as error:
            raise BrokenPack(f"{path.name} is not a YuNet model. Fetch it again.") from error
        self.smallest_face_px = smallest_face_px

    def from_size(self, smallest_face_px: int) -> YuNet:
        """The same detector looking from another size on; the weights are shared, not loaded."""
        other = copy(self)
        other.smallest_face_px = smallest_face_px
        return other

    def detect(self, image_bgr: ImageBGR) -> list[DetectedFace]:
        """All faces, best score first."""
        height, width = image_bgr.shape[:2]
        self._model.setInputSize((width, height))
        _, rows = self._model.detect(image_bgr)
        # OpenCV gives None where there is no face, though its stubs do not say so.
        known = cast("FloatArray | None", rows)
        found = np.empty((0, 15), np.float32) if known is None else known
        faces = [
            DetectedFace(
                np.concatenate([row[:2], row[:2] + row[2:4]]),
                row[_LANDMARKS].reshape(5, 2),
                float(row[14]),
            )
            for row in found
        ]
        kept = [face for face in faces if face.height_px >= self.smallest_face_px]
        return sorted(kept, key=lambda face: -face.score)
