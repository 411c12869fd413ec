"""Faces in a single picture, where a portrait may fill more pixels than a detector reaches."""

from __future__ import annotations

import cv2
import numpy as np

from recognition.detectors import Detector
from recognition.detectors.boxes import suppress
from recognition.faces import DetectedFace, ImageBGR

_SAME_FACE = 0.5
"""Two finds of which one covers so much of the smaller are one face."""


def faces_in_still(detector: Detector, image_bgr: ImageBGR) -> list[DetectedFace]:
    """All faces, best score first; also those too large for the detector at the picture's size.

    Where the detector has a largest face, a larger picture is looked at once more, shrunk until no
    face in it can be larger. For photos: on every frame of a video it would be wasted.
    """
    found = detector.detect(image_bgr)
    largest_px, side_px = detector.largest_face_px, max(image_bgr.shape[:2])
    if largest_px is None or side_px <= largest_px:
        return found
    shrink = largest_px / side_px
    resized = cv2.resize(image_bgr, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    small = resized.astype(np.uint8, copy=False)
    again = detector.detect(small)
    both = found + [_enlarged(face, image_bgr, small) for face in again]
    if not both:
        return []
    boxes = np.stack([face.box_xyxy for face in both])
    scores = np.array([face.score for face in both], np.float32)
    return [both[i] for i in suppress(boxes, scores, _SAME_FACE, of_smaller=True)]


def _enlarged(face: DetectedFace, image_bgr: ImageBGR, small_bgr: ImageBGR) -> DetectedFace:
    """A face of the shrunk picture, in pixels of the whole one."""
    grown = np.array(image_bgr.shape[1::-1]) / np.array(small_bgr.shape[1::-1])
    return DetectedFace(
        (face.box_xyxy * np.tile(grown, 2)).astype(np.float32),
        (face.landmarks_xy * grown).astype(np.float32),
        face.score,
    )
