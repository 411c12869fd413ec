"""OpenCV's Haar cascade: the oldest detector still in use, for machines without MTCNN's weights.

OpenCV 5 no longer carries the class that runs cascades, so this one does: the sums over rectangles
of P. Viola and M. Jones, "Robust Real-Time Face Detection", IJCV 57 (2004), on all windows of one
scale at a time. It reads the stump cascades that Debian's package opencv-data installs. It finds
upright frontal faces and gives no landmarks: they are set where they usually lie in its boxes, so
faces it finds are aligned badly, and recognised less often.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt
from defusedxml import ElementTree

from recognition.detectors import ScoreLimits
from recognition.detectors.boxes import overlap
from recognition.errors import BrokenPack, NoModelInstalled
from recognition.faces import DetectedFace, FloatArray, ImageBGR

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

FILE_NAME = "haarcascade_frontalface_default.xml"
FOLDERS = (
    Path("/usr/share/opencv4/haarcascades"),
    Path("/usr/share/opencv/haarcascades"),
    Path("/usr/local/share/opencv4/haarcascades"),
)
"""Where Debian and OpenCV's own installation put the cascades."""

LICENCE = "Intel licence for OpenCV (BSD-like)"
_STEP = 1.15
_STRIDE_PX = 2
_FLATTEST = 0.1
_FEWEST_NEIGHBOURS = 4
_SAME_FACE = 0.4
_FULL_SCORE_NEIGHBOURS = 16.0

# Medians over the 222 of 259 LFW photos in which it finds the face: MTCNN's landmarks in this
# cascade's boxes of side 1, mirrored and averaged. They scatter by 0.03 to 0.06.
_LANDMARKS = np.array(
    [[0.320, 0.382], [0.680, 0.382], [0.500, 0.592], [0.338, 0.768], [0.662, 0.768]], np.float32
)


Rectangle = tuple[int, int, int, int, float]
"""x, y, width and height in pixels of the window, and a weight."""


@dataclass(frozen=True)
class Stump:
    """A weak classifier: weighted rectangles (x, y, width, height), a limit, two votes."""

    rectangles: tuple[Rectangle, ...]
    limit: float
    below: float
    above: float


@dataclass(frozen=True)
class Stage:
    """Stumps whose votes must add up to the limit."""

    stumps: tuple[Stump, ...]
    limit: float


@dataclass(frozen=True)
class Cascade:
    """All stages, and the window they are made for, in pixels."""

    side_px: int
    stages: tuple[Stage, ...]


def cascade_path() -> Path | None:
    """The installed cascade, or None."""
    return next((folder / FILE_NAME for folder in FOLDERS if (folder / FILE_NAME).is_file()), None)


def read_cascade(path: Path) -> Cascade:
    """A cascade of upright stumps.

    Raises:
        BrokenPack: it cannot be read or is of another kind.
    """
    broken = f"{path.name} is not a Haar cascade of stumps. Install the package opencv-data again."
    try:
        root = ElementTree.parse(path).getroot()
        if root is None:
            raise BrokenPack(broken)
        features = [
            tuple(_rectangle(_text(one)) for one in feature.iterfind("rects/_"))
            for feature in root.iterfind("cascade/features/_")
        ]
        stages = tuple(_stage(stage, features) for stage in root.iterfind("cascade/stages/_"))
        side_px = int(root.findtext("cascade/width", ""))
    except (ElementTree.ParseError, OSError, ValueError, IndexError) as error:
        raise BrokenPack(broken) from error
    if not stages:
        raise BrokenPack(broken)
    return Cascade(side_px, stages)


def _text(element: Element) -> str:
    return element.text or ""


def _rectangle(text: str) -> Rectangle:
    x, y, width, height, weight = text.split()
    return int(x), int(y), int(width), int(height), float(weight)


def _stage(element: Element, features: list[tuple[Rectangle, ...]]) -> Stage:
    stumps = []
    for weak in element.iterfind("weakClassifiers/_"):
        left, right, feature, limit = weak.findtext("internalNodes", "").split()
        below, above = (float(vote) for vote in weak.findtext("leafValues", "").split())
        if (left, right) != ("0", "-1"):
            raise ValueError("not a stump")
        stumps.append(Stump(features[int(feature)], float(limit), below, above))
    return Stage(tuple(stumps), float(element.findtext("stageThreshold", "")))


class HaarCascade:
    """The detector.

    Args:
        path: the cascade; the installed one unless given.
        smallest_face_px: smaller faces are not looked for.

    Raises:
        NoModelInstalled: none is installed.
        BrokenPack: it cannot be read.
    """

    name = "Haar cascade"
    largest_face_px = None
    score_limits = ScoreLimits(least=0.4, sure=0.8)

    def __init__(self, path: Path | None = None, smallest_face_px: int = 40) -> None:
        path = path or cascade_path()
        if path is None:
            raise NoModelInstalled(
                "OpenCV's Haar cascade is not installed. Install the Debian package opencv-data."
            )
        self._cascade = read_cascade(path)
        self.smallest_face_px = smallest_face_px

    def from_size(self, smallest_face_px: int) -> HaarCascade:
        """The same detector looking from another size on; the weights are shared, not loaded."""
        other = copy(self)
        other.smallest_face_px = smallest_face_px
        return other

    def detect(self, image_bgr: ImageBGR) -> list[DetectedFace]:
        """All upright frontal faces, best score first."""
        grey = cv2.cvtColor(image_bgr, cv2.COLOR_BGR2GRAY)
        side_px = self._cascade.side_px
        scale = side_px / max(self.smallest_face_px, side_px)
        found = [np.empty((0, 4), np.float32)]
        while min(grey.shape) * scale >= side_px + 1:
            size = (round(grey.shape[1] * scale), round(grey.shape[0] * scale))
            level = cv2.resize(grey, size, interpolation=cv2.INTER_AREA).astype(np.uint8)
            corners = _accepted(level, self._cascade) / np.float32(scale)
            found.append(np.hstack([corners, corners + side_px / scale]).astype(np.float32))
            scale /= _STEP
        return [_face(box, score) for box, score in _grouped(np.concatenate(found))]


def _accepted(grey: npt.NDArray[np.uint8], cascade: Cascade) -> FloatArray:
    """Corners (x, y) of the windows of one level that pass all stages: float32[n, 2]."""
    sums, squares = cv2.integral2(grey, sdepth=cv2.CV_32S, sqdepth=cv2.CV_64F)
    width = sums.shape[1]
    side_px = cascade.side_px
    rows = np.arange(0, grey.shape[0] - side_px, _STRIDE_PX)
    columns = np.arange(0, grey.shape[1] - side_px, _STRIDE_PX)
    windows = (rows[:, None] * width + columns).ravel()
    flat = sums.ravel().astype(np.float64)
    inner = (1, 1, side_px - 2, side_px - 2)
    area = float(inner[2] * inner[3])
    deviation = np.sqrt(
        np.maximum(
            area * _sum_over(squares.ravel().astype(np.float64), windows, inner, width)
            - _sum_over(flat, windows, inner, width) ** 2,
            1.0,
        )
    )
    is_textured = area / deviation < _FLATTEST
    windows, deviation = windows[is_textured], deviation[is_textured]
    for stage in cascade.stages:
        if not windows.size:
            break
        passed = _votes(flat, windows, deviation, stage, width) >= stage.limit
        windows, deviation = windows[passed], deviation[passed]
    return np.stack([windows % width, windows // width], axis=1).astype(np.float32)


def _votes(
    flat: npt.NDArray[np.float64],
    windows: npt.NDArray[np.intp],
    deviation: npt.NDArray[np.float64],
    stage: Stage,
    width: int,
) -> npt.NDArray[np.float64]:
    votes = np.zeros(len(windows))
    for stump in stage.stumps:
        value = np.zeros(len(windows))
        for x, y, w, h, weight in stump.rectangles:
            value += weight * _sum_over(flat, windows, (x, y, w, h), width)
        votes += np.where(value < stump.limit * deviation, stump.below, stump.above)
    return votes


def _sum_over(
    flat: npt.NDArray[np.float64],
    windows: npt.NDArray[np.intp],
    rectangle: tuple[int, int, int, int],
    width: int,
) -> npt.NDArray[np.float64]:
    """Sum of the pixels of a rectangle in each window, from the integral image."""
    x, y, w, h = rectangle
    top, bottom = windows + (y * width + x), windows + ((y + h) * width + x)
    total: npt.NDArray[np.float64] = flat[bottom + w] - flat[bottom] - flat[top + w] + flat[top]
    return total


def _grouped(boxes_xyxy: FloatArray) -> list[tuple[FloatArray, float]]:
    """Mean boxes of windows that overlap, with a score that grows with their number."""
    groups: list[tuple[FloatArray, float]] = []
    while len(boxes_xyxy):
        shares = np.stack([overlap(box, boxes_xyxy, of_smaller=False) for box in boxes_xyxy])
        counts = (shares > _SAME_FACE).sum(axis=1)
        best = int(np.argmax(counts))
        if counts[best] < _FEWEST_NEIGHBOURS:
            break
        near = shares[best] > _SAME_FACE
        mean = boxes_xyxy[near].mean(axis=0)
        groups.append((mean, min(1.0, float(counts[best]) / _FULL_SCORE_NEIGHBOURS)))
        inside = overlap(mean, boxes_xyxy, of_smaller=True) > _SAME_FACE
        boxes_xyxy = boxes_xyxy[~(near | inside)]
    return groups


def _face(box_xyxy: FloatArray, score: float) -> DetectedFace:
    size = box_xyxy[2:] - box_xyxy[:2]
    return DetectedFace(box_xyxy, (box_xyxy[:2] + _LANDMARKS * size).astype(np.float32), score)
