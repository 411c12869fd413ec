"""Value objects: what a detector finds, what a shot shows, what a track adds up to.

Boxes are ``(x1, y1, x2, y2)`` in pixels of the frame, landmarks are left eye, right eye, nose tip,
left and right corner of the mouth as seen in the picture, images are BGR ``uint8[h, w, 3]``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

ImageBGR = npt.NDArray[np.uint8]
FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class DetectedFace:
    """One face in one frame.

    Attributes:
        box_xyxy: float32[4], pixels; may reach over the frame's edge.
        landmarks_xy: float32[5, 2], pixels.
        score: the detector's own score, 0 to 1; comparable only within one detector.
    """

    box_xyxy: FloatArray
    landmarks_xy: FloatArray
    score: float

    def __post_init__(self) -> None:
        if self.box_xyxy.shape != (4,) or self.landmarks_xy.shape != (5, 2):
            raise ValueError("A face needs a box of 4 numbers and 5 landmarks of 2.")

    @property
    def width_px(self) -> float:
        """Width of the box in pixels."""
        return float(self.box_xyxy[2] - self.box_xyxy[0])

    @property
    def height_px(self) -> float:
        """Height of the box in pixels, about forehead to chin."""
        return float(self.box_xyxy[3] - self.box_xyxy[1])

    @property
    def centre_xy(self) -> FloatArray:
        """Centre of the box, float32[2], pixels."""
        centre: FloatArray = (self.box_xyxy[:2] + self.box_xyxy[2:]) / np.float32(2)
        return centre


@dataclass(frozen=True)
class FaceQuality:
    """How much a recogniser can be expected to see in one face; each part is 0 to 1 unless named.

    Attributes:
        height_px: height of the face's box in pixels.
        sharpness: edge energy of the aligned face, 0 (smeared) to 1 (crisp).
        exposure: 1 where the face's tones are well spread, 0 where it is black, white or flat.
        frontality: 1 looking into the camera, 0 in profile or beyond.
        yaw_deg: turn to the side; positive where the nose points to the picture's right.
        pitch_deg: nod; positive where the face looks down.
        roll_deg: tilt of the eye line; positive clockwise.
        brightness: mean grey level of the face, 0 to 255.
        overall: the product that ranks shots of one track, 0 to 1.
    """

    height_px: float
    sharpness: float
    exposure: float
    frontality: float
    yaw_deg: float
    pitch_deg: float
    roll_deg: float
    brightness: float
    overall: float


@dataclass(frozen=True, eq=False)
class FaceShot:
    """One good view of a face, cut out so that the frame can be let go.

    Attributes:
        at_s: time in the footage, seconds.
        face: the detection, in pixels of the whole frame.
        crop_bgr: the face with some surroundings, for a person to look at.
        aligned_bgr: the face as the embedder wants it (size and position are the embedder's).
        quality: what this shot is worth.
    """

    at_s: float
    face: DetectedFace
    crop_bgr: ImageBGR
    aligned_bgr: ImageBGR
    quality: FaceQuality


@dataclass(frozen=True, eq=False)
class FaceTrack:
    """One person's appearance on one camera, from the first frame to the last.

    Attributes:
        first_at_s, last_at_s, best_at_s: seconds in the footage.
        frames_seen: frames in which the face was found.
        best_crop_bgr: the best shot, with some surroundings.
        best_box_xyxy: float32[4], box of the best shot in its frame, pixels.
        best_landmarks_xy: float32[5, 2], landmarks of the best shot in its frame, pixels.
        embedding: float32[d] of length 1: normalised mean over the best shots.
        quality: quality of the best shot.
        face_height_min_px, face_height_median_px, face_height_max_px: over the whole track.
    """

    first_at_s: float
    last_at_s: float
    best_at_s: float
    frames_seen: int
    best_crop_bgr: ImageBGR
    best_box_xyxy: FloatArray
    best_landmarks_xy: FloatArray
    embedding: FloatArray
    quality: FaceQuality
    face_height_min_px: float
    face_height_median_px: float
    face_height_max_px: float
