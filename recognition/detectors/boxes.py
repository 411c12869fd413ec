"""Arithmetic on boxes: overlap, suppression, squares."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from recognition.faces import FloatArray


def overlap(box_xyxy: FloatArray, boxes_xyxy: FloatArray, *, of_smaller: bool) -> FloatArray:
    """Shared area of one box with each of n boxes, as a share of their union or smaller box.

    Args:
        box_xyxy: float32[4].
        boxes_xyxy: float32[n, 4].
        of_smaller: divide by the smaller box's area, so that a box inside another counts as 1.

    Returns:
        float32[n], 0 to 1.
    """
    low = np.maximum(box_xyxy[:2], boxes_xyxy[:, :2])
    high = np.minimum(box_xyxy[2:], boxes_xyxy[:, 2:])
    shared = np.prod(np.maximum(high - low, 0.0), axis=1)
    area = float(np.prod(box_xyxy[2:] - box_xyxy[:2]))
    areas = np.prod(boxes_xyxy[:, 2:] - boxes_xyxy[:, :2], axis=1)
    base = np.minimum(area, areas) if of_smaller else area + areas - shared
    share: FloatArray = (shared / np.maximum(base, 1e-6)).astype(np.float32)
    return share


def suppress(
    boxes_xyxy: FloatArray, scores: FloatArray, threshold: float, *, of_smaller: bool = False
) -> npt.NDArray[np.intp]:
    """Greedy non-maximum suppression: indices of the kept boxes, best score first."""
    order = np.argsort(-scores, kind="stable")
    kept: list[int] = []
    while order.size:
        best, rest = int(order[0]), order[1:]
        kept.append(best)
        shares = overlap(boxes_xyxy[best], boxes_xyxy[rest], of_smaller=of_smaller)
        order = rest[shares <= threshold]
    return np.asarray(kept, dtype=np.intp)


def squared(boxes_xyxy: FloatArray) -> FloatArray:
    """Boxes with the same centres and both sides as long as the longer one."""
    half = (boxes_xyxy[:, 2:] - boxes_xyxy[:, :2]).max(axis=1, keepdims=True) / 2
    centre = (boxes_xyxy[:, :2] + boxes_xyxy[:, 2:]) / 2
    squares: FloatArray = np.hstack([centre - half, centre + half]).astype(np.float32)
    return squares


def shifted(boxes_xyxy: FloatArray, offsets: FloatArray) -> FloatArray:
    """Boxes moved by offsets given in shares of their own width and height.

    MTCNN counts a box's side as last pixel minus first plus one, hence the added 1.
    """
    sides = boxes_xyxy[:, 2:] - boxes_xyxy[:, :2] + 1
    moved: FloatArray = (boxes_xyxy + offsets * np.tile(sides, 2)).astype(np.float32)
    return moved
