"""How much a recogniser can be expected to see in a face: size, sharpness, exposure, pose.

All of it is arithmetic on the detection and a small aligned crop, so it can be done for every face
of every frame.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from recognition.alignment import aligned_crop
from recognition.faces import DetectedFace, FaceQuality, FloatArray, ImageBGR

_SIDE_PX = 112
_TEMPLATE_XY = np.array([[38, 52], [74, 52], [56, 72], [41.5, 92], [70.5, 92]], np.float32)
"""Where the landmarks lie in the crop that is judged; close to the crop ArcFace embeds."""

_FACE = (slice(24, 108), slice(20, 92))
"""Rows and columns of that crop which hold skin, eyes and mouth, without hair and background."""

_CRISP_ENERGY = 0.15
"""Edge energy (see `_edge_energy`) at which a face counts as fully sharp."""

_FULL_HEIGHT_PX = 112.0
_NOSE_TO_EYES = 0.42
"""How far the nose tip stands before the plane of eyes and mouth, in distances between the eyes.

About 26 mm to 62 mm on adult faces. Turning the head by the angle a moves the nose tip by this
times tan(a), measured in the eyes' apparent distance, which itself shrinks with cos(a).
"""
_LEVEL_NOSE = 0.55
"""Where the nose tip lies between eye line (0) and mouth line (1) in a face held level."""


def face_quality(image_bgr: ImageBGR, face: DetectedFace) -> FaceQuality:
    """Judge one face of a frame."""
    crop = aligned_crop(image_bgr, face.landmarks_xy, _TEMPLATE_XY, _SIDE_PX)
    grey = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)[_FACE].astype(np.float32)
    yaw_deg, pitch_deg, roll_deg = pose_deg(face.landmarks_xy)
    # cos² of the turn: 1 straight on, 0.75 at 30°, 0.25 at 60°.
    frontality = math.cos(math.radians(yaw_deg)) ** 2 * math.cos(math.radians(pitch_deg)) ** 2
    sharpness = min(1.0, _edge_energy(grey) / _CRISP_ENERGY)
    exposure = _exposure(grey)
    size = min(1.0, face.height_px / _FULL_HEIGHT_PX)
    return FaceQuality(
        height_px=face.height_px,
        sharpness=sharpness,
        exposure=exposure,
        frontality=frontality,
        yaw_deg=yaw_deg,
        pitch_deg=pitch_deg,
        roll_deg=roll_deg,
        brightness=float(grey.mean()),
        overall=size * math.sqrt(sharpness) * frontality * exposure,
    )


def pose_deg(landmarks_xy: FloatArray) -> tuple[float, float, float]:
    """Yaw, pitch and roll in degrees, estimated from five landmarks.

    Yaw is positive where the nose points to the picture's right, pitch where the face looks down,
    roll where the eye line falls to the right. Beyond about 45° the numbers only say "far".
    """
    left_eye, right_eye, nose, left_mouth, right_mouth = landmarks_xy.astype(np.float64)
    eye_line = right_eye - left_eye
    roll = math.atan2(eye_line[1], eye_line[0])
    turn = np.array([[math.cos(roll), math.sin(roll)], [-math.sin(roll), math.cos(roll)]])
    eyes, mouth = (left_eye + right_eye) / 2, (left_mouth + right_mouth) / 2
    down = turn @ (mouth - eyes)
    tip = turn @ (nose - eyes)
    height = max(down[1], 1e-3)
    eye_distance = max(float(np.hypot(*eye_line)), 1e-3)
    share = tip[1] / height
    sideways = (tip[0] - share * down[0]) / eye_distance
    yaw = math.atan(sideways / _NOSE_TO_EYES)
    pitch = math.atan((share - _LEVEL_NOSE) / _NOSE_TO_EYES)
    return math.degrees(yaw), math.degrees(pitch), math.degrees(roll)


def _edge_energy(grey: npt.NDArray[np.float32]) -> float:
    """Mean size of the Laplacian over the standard deviation of the tones.

    Dividing by the contrast keeps a dim face from counting as blurred. The crop's scale is fixed,
    so a small face blown up to it counts as blurred, as it should.
    """
    smooth = cv2.GaussianBlur(grey, (0, 0), 0.8)
    edges = cv2.Laplacian(smooth, cv2.CV_32F)
    return float(np.abs(edges).mean()) / max(float(grey.std()), 8.0)


def _exposure(grey: npt.NDArray[np.float32]) -> float:
    """1 for well-spread tones; falls where the face is nearly black, burnt out or flat."""
    dark, bright = float(np.percentile(grey, 10)), float(np.percentile(grey, 90))
    lit = np.clip((bright - 20.0) / 50.0, 0.0, 1.0)
    not_burnt = np.clip((255.0 - dark) / 80.0, 0.0, 1.0)
    spread = np.clip((bright - dark) / 30.0, 0.0, 1.0)
    return float(lit * not_burnt * spread)
