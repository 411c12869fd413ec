"""MTCNN in ONNX Runtime: three small networks, each looking closer at fewer boxes.

P-Net slides over a pyramid of the frame and proposes boxes, R-Net throws most of them away,
O-Net keeps the faces and places five landmarks.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from recognition.detectors import ScoreLimits
from recognition.detectors.boxes import shifted, squared, suppress
from recognition.detectors.mtcnn_graphs import build, read_weights, weights_folder
from recognition.faces import DetectedFace, FloatArray, ImageBGR
from recognition.onnx import OnnxModel

_WINDOW_PX = 12
_STRIDE_PX = 2
_OUTSIDE_BGR = (127, 127, 127)
_NOTHING: FloatArray = np.empty((0, 5), np.float32)


@dataclass(frozen=True)
class MtcnnSettings:
    """How MTCNN looks.

    Attributes:
        smallest_face_px: faces smaller than this are not looked for; P-Net's cost falls with its
            square, and under about 40 px a face is rarely recognisable.
        pyramid_step: ratio of one pyramid level to the one before.
        proposal_score, refined_score, face_score: least scores to pass P-Net, R-Net and O-Net.
    """

    smallest_face_px: int = 40
    pyramid_step: float = 0.709
    proposal_score: float = 0.6
    refined_score: float = 0.7
    face_score: float = 0.8


class Mtcnn:
    """The detector. One instance a process and thread; frames of any size.

    Args:
        threads: computing threads of each network.
        settings: sizes and scores.
        folder: the weights; that of the installed `mtcnn` package unless given.

    Raises:
        NoModelInstalled: the `mtcnn` package is absent.
        BrokenPack: its weights cannot be read.
    """

    name = "MTCNN"
    largest_face_px = None
    score_limits = ScoreLimits(least=0.9, sure=0.97)

    def __init__(
        self, threads: int, settings: MtcnnSettings | None = None, folder: Path | None = None
    ) -> None:
        self.settings = settings or MtcnnSettings()
        weights = folder or weights_folder()
        self._pnet, self._rnet, self._onet = (
            OnnxModel(build(name, read_weights(weights / f"{name}.lz4")), threads)
            for name in ("pnet", "rnet", "onet")
        )

    @property
    def smallest_face_px(self) -> int:
        """Faces under this size are not looked for."""
        return self.settings.smallest_face_px

    def from_size(self, smallest_face_px: int) -> Mtcnn:
        """The same detector looking from another size on; the weights are shared, not loaded."""
        other = copy(self)
        other.settings = replace(self.settings, smallest_face_px=smallest_face_px)
        return other

    def detect(self, image_bgr: ImageBGR) -> list[DetectedFace]:
        """All faces, best score first."""
        boxes = self._propose(image_bgr)
        if len(boxes):
            boxes = self._refine(image_bgr, boxes)
        return self._finish(image_bgr, boxes) if len(boxes) else []

    def _propose(self, image_bgr: ImageBGR) -> FloatArray:
        """P-Net over the pyramid: float32[n, 5], square boxes."""
        levels = [
            self._propose_level(level, scale)
            for level, scale in pyramid(
                image_bgr, _WINDOW_PX / self.smallest_face_px, self.settings.pyramid_step
            )
        ]
        found = np.concatenate([_NOTHING, *levels])
        found = found[suppress(found[:, :4], found[:, 4], 0.7)]
        return squared(found[:, :4])

    def _propose_level(self, level_bgr: ImageBGR, scale: float) -> FloatArray:
        offsets, score = self._pnet.run({"image": level_bgr[None]})
        rows, columns = np.nonzero(score[0] > self.settings.proposal_score)
        if not rows.size:
            return _NOTHING
        corner = np.stack([columns, rows], axis=1) * _STRIDE_PX + 1
        window = np.hstack([corner, corner + (_WINDOW_PX - 1)]).astype(np.float32)
        moved = window + offsets[0][:, rows, columns].T * (_WINDOW_PX - 1)
        scores = score[0][rows, columns]
        kept = suppress(moved, scores, 0.5)
        return np.hstack([moved[kept] / scale, scores[kept, None]]).astype(np.float32)

    def _refine(self, image_bgr: ImageBGR, boxes_xyxy: FloatArray) -> FloatArray:
        offsets, score = self._rnet.run({"image": _patches(image_bgr, boxes_xyxy, 24)})
        passed = score > self.settings.refined_score
        moved = shifted(boxes_xyxy[passed], offsets[passed])
        kept = suppress(moved, score[passed], 0.7)
        return squared(moved[kept])

    def _finish(self, image_bgr: ImageBGR, boxes_xyxy: FloatArray) -> list[DetectedFace]:
        offsets, points, score = self._onet.run({"image": _patches(image_bgr, boxes_xyxy, 48)})
        passed = score > self.settings.face_score
        boxes, scores = boxes_xyxy[passed], score[passed]
        sides = boxes[:, None, 2:] - boxes[:, None, :2] + 1
        # O-Net gives five x, then five y, in shares of its box.
        landmarks = points[passed].reshape(-1, 2, 5).transpose(0, 2, 1) * sides
        landmarks = (landmarks + boxes[:, None, :2] - 1).astype(np.float32)
        moved = shifted(boxes, offsets[passed])
        return [
            DetectedFace(moved[i], landmarks[i], float(scores[i]))
            for i in suppress(moved, scores, 0.7, of_smaller=True)
            if moved[i, 3] - moved[i, 1] >= self.smallest_face_px
        ]


def pyramid(image_bgr: ImageBGR, first_scale: float, step: float) -> list[tuple[ImageBGR, float]]:
    """The frame at falling scales, down to one P-Net window; each level is made from the last.

    Averaging over areas composes, so shrinking the level before is as good as shrinking the frame
    and touches far fewer pixels.
    """
    levels: list[tuple[ImageBGR, float]] = []
    height, width = image_bgr.shape[:2]
    level, scale = image_bgr, first_scale
    while min(height, width) * scale >= _WINDOW_PX:
        size = (round(width * scale), round(height * scale))
        level = cv2.resize(level, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
        levels.append((level, scale))
        scale *= step
    return levels


def _patches(image_bgr: ImageBGR, boxes_xyxy: FloatArray, side_px: int) -> ImageBGR:
    """Each box as a square patch, uint8[n, side, side, 3]; grey where it leaves the frame."""
    patches = np.empty((len(boxes_xyxy), side_px, side_px, 3), np.uint8)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    for patch, (x1, y1, x2, y2) in zip(patches, boxes_xyxy.tolist(), strict=True):
        step_x, step_y = (x2 - x1) / (side_px - 1), (y2 - y1) / (side_px - 1)
        matrix = np.array([[step_x, 0.0, x1], [0.0, step_y, y1]])
        cv2.warpAffine(
            image_bgr, matrix, (side_px, side_px), patch, flags,
            borderMode=cv2.BORDER_CONSTANT, borderValue=_OUTSIDE_BGR,
        )  # fmt: skip
    return patches
