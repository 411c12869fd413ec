"""Cutting a face out so that its five landmarks lie where an embedder expects them."""

from __future__ import annotations

import math

import cv2
import numpy as np
from skimage.transform import SimilarityTransform

from recognition.faces import FloatArray, ImageBGR


def aligned_crop(
    image_bgr: ImageBGR, landmarks_xy: FloatArray, template_xy: FloatArray, side_px: int
) -> ImageBGR:
    """The face turned, scaled and moved by the least-squares similarity of the two point sets.

    Equal to `insightface.utils.face_align.norm_crop` for faces up to twice the crop's size. Larger
    ones are first halved by averaging, as sampling every n-th pixel would turn texture into noise.

    Args:
        image_bgr: the frame.
        landmarks_xy: float32[5, 2], pixels of the frame.
        template_xy: float32[5, 2], where they shall lie, pixels of the crop.
        side_px: side of the square crop.
    """
    transform = SimilarityTransform.from_estimate(landmarks_xy, template_xy)
    matrix = np.asarray(transform.params[:2], np.float64)
    halvings = max(0, math.floor(-math.log2(max(float(transform.scale), 1e-6))))
    if halvings:
        image_bgr, matrix = _shrunk(image_bgr, matrix, 2**halvings)
    crop = cv2.warpAffine(image_bgr, matrix, (side_px, side_px), borderValue=0.0)
    return crop.astype(np.uint8, copy=False)


def _shrunk(image_bgr: ImageBGR, matrix: np.ndarray, factor: int) -> tuple[ImageBGR, np.ndarray]:
    """The image averaged down by `factor`, and the same transform in its coordinates."""
    height, width = image_bgr.shape[:2]
    size = (max(1, width // factor), max(1, height // factor))
    small = cv2.resize(image_bgr, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    back = np.array([width / size[0], height / size[1]])
    scaled = matrix.copy()
    scaled[:, :2] *= back
    # Pixel centres: x = back · (u + ½) − ½.
    scaled[:, 2] += matrix[:, :2] @ (back / 2 - 0.5)
    return small, scaled


def surroundings(image_bgr: ImageBGR, box_xyxy: FloatArray, margin: float = 0.5) -> ImageBGR:
    """A copy of the box and `margin` of its longer side around it, as far as the frame reaches."""
    height, width = image_bgr.shape[:2]
    pad = margin * float((box_xyxy[2:] - box_xyxy[:2]).max())
    x1, y1 = np.maximum(np.floor(box_xyxy[:2] - pad), 0).astype(int)
    x2, y2 = np.ceil(box_xyxy[2:] + pad).astype(int)
    return image_bgr[y1 : min(y2, height), x1 : min(x2, width)].copy()
