"""The gate for reference photos: one face, large, sharp, turned to the camera, well lit.

A gallery is only as good as its worst photo: a blurred or turned reference draws false candidates
on every camera. So a photo that fails is refused, with the reason and the picture marked.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from recognition.alignment import surroundings
from recognition.detectors import Detector
from recognition.embedders import Embedder
from recognition.errors import ReferenceRefused, RefusalReason
from recognition.faces import DetectedFace, FaceQuality, FloatArray, ImageBGR
from recognition.quality import face_quality
from recognition.stills import faces_in_still

_GREEN_BGR, _RED_BGR = (80, 175, 76), (40, 40, 220)


@dataclass(frozen=True)
class ReferenceSettings:
    """Limits of the gate; of 259 press photos (LFW) 214 pass and 40 show several people.

    Attributes:
        smallest_height_px: least height of the face.
        least_sharpness: about what a blur of 3 px over a 112 px face leaves.
        largest_turn_deg: most yaw or pitch, by estimate.
        darkest, brightest: limits of the face's mean grey level, 0 to 255.
        bystander_share: other faces smaller than this share of the largest are background.
        least_score: what the detector is less sure of is not taken for a face; None for the
            detector's own limit, since scores of two detectors do not compare.
        least_inside: share of the face's box that must lie inside the picture.
    """

    smallest_height_px: float = 60.0
    least_sharpness: float = 0.35
    largest_turn_deg: float = 42.0
    darkest: float = 35.0
    brightest: float = 235.0
    bystander_share: float = 0.4
    least_score: float | None = None
    least_inside: float = 0.8


@dataclass(frozen=True, eq=False)
class AcceptedReference:
    """A photo that passed: its one face, what it is worth, and the face cut out."""

    face: DetectedFace
    quality: FaceQuality
    crop_bgr: ImageBGR


def check_reference(
    image_bgr: ImageBGR, detector: Detector, settings: ReferenceSettings | None = None
) -> AcceptedReference:
    """The photo's one usable face.

    Raises:
        ReferenceRefused: with the first failed check, a sentence and all faces found.
    """
    limits = settings or ReferenceSettings()
    least_score = limits.least_score or detector.score_limits.least
    sure = [face for face in faces_in_still(detector, image_bgr) if face.score >= least_score]
    found = sorted(sure, key=lambda face: -face.height_px)
    if not found:
        raise ReferenceRefused(
            RefusalReason.NO_FACE,
            f"No face of at least {detector.smallest_face_px} pixels was found in this photo. "
            "Choose one that shows the face from the front.",
        )
    main, *others = found
    least_px = limits.bystander_share * main.height_px
    crowd = [face for face in others if face.height_px >= least_px]
    if crowd:
        raise ReferenceRefused(
            RefusalReason.SEVERAL_FACES,
            f"This photo shows {len(crowd) + 1} faces. Cut out the one that you look for.",
            (main, *crowd),
        )
    quality = face_quality(image_bgr, main)
    refusal = _refusal(image_bgr, main, quality, limits)
    if refusal is not None:
        raise ReferenceRefused(*refusal, (main,))
    return AcceptedReference(main, quality, surroundings(image_bgr, main.box_xyxy))


def embed_reference(
    image_bgr: ImageBGR, accepted: AcceptedReference, embedder: Embedder
) -> FloatArray:
    """The accepted face's embedding, float32[d] of length 1."""
    row: FloatArray = embedder.embed([embedder.align(image_bgr, accepted.face.landmarks_xy)])[0]
    return row


def draw_marks(
    image_bgr: ImageBGR, faces: tuple[DetectedFace, ...], *, accepted: bool = False
) -> ImageBGR:
    """A copy of the photo with a box and the landmarks of each face; red if it was refused."""
    marked = image_bgr.copy()
    colour = _GREEN_BGR if accepted else _RED_BGR
    thick = max(2, round(max(image_bgr.shape[:2]) / 300))
    for face in faces:
        x1, y1, x2, y2 = (round(value) for value in face.box_xyxy.tolist())
        cv2.rectangle(marked, (x1, y1), (x2, y2), colour, thick)
        for x, y in face.landmarks_xy.tolist():
            cv2.circle(marked, (round(x), round(y)), thick, colour, cv2.FILLED)
    return marked


def _refusal(
    image_bgr: ImageBGR, face: DetectedFace, quality: FaceQuality, limits: ReferenceSettings
) -> tuple[RefusalReason, str] | None:
    """The first failed check and its sentence."""
    turn = max(abs(quality.yaw_deg), abs(quality.pitch_deg))
    checks = (
        (
            quality.height_px < limits.smallest_height_px,
            RefusalReason.TOO_SMALL,
            (
                f"The face is {quality.height_px:.0f} pixels high; at least "
                f"{limits.smallest_height_px:.0f} are needed. Use a larger or closer photo."
            ),
        ),
        (
            _share_inside(image_bgr, face) < limits.least_inside,
            RefusalReason.CUT_OFF,
            "The face is cut off by the edge of the photo. Use one that shows the whole face.",
        ),
        (
            quality.brightness < limits.darkest,
            RefusalReason.TOO_DARK,
            "The face is too dark to tell features. Use a brighter photo.",
        ),
        (
            quality.brightness > limits.brightest,
            RefusalReason.TOO_BRIGHT,
            "The face is overexposed. Use a photo in softer light.",
        ),
        (
            turn > limits.largest_turn_deg,
            RefusalReason.TURNED_AWAY,
            (
                f"The face is turned away by about {turn:.0f} degrees. "
                "Use a photo that shows it from the front."
            ),
        ),
        (
            quality.sharpness < limits.least_sharpness,
            RefusalReason.BLURRED,
            "The face is blurred. Use a sharper photo.",
        ),
    )
    return next(((reason, sentence) for failed, reason, sentence in checks if failed), None)


def _share_inside(image_bgr: ImageBGR, face: DetectedFace) -> float:
    """Share of the box inside the picture; 0 if eyes, nose or mouth lie outside."""
    size = np.array(image_bgr.shape[1::-1], np.float32)
    if (face.landmarks_xy < 0).any() or (face.landmarks_xy >= size).any():
        return 0.0
    inside = np.minimum(face.box_xyxy[2:], size) - np.maximum(face.box_xyxy[:2], 0)
    whole = face.box_xyxy[2:] - face.box_xyxy[:2]
    return float(np.prod(np.maximum(inside, 0)) / max(float(np.prod(whole)), 1.0))
