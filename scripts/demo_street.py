"""Drawing for the made-up demo footage: a street, people with photographed heads, a clock."""

from __future__ import annotations

import importlib.util
import math
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import cv2
import numpy as np

from recognition.detectors import Detector
from recognition.faces import DetectedFace, FloatArray, ImageBGR

WIDTH_PX, HEIGHT_PX = 854, 480
LABEL = "MADE-UP DEMO FOOTAGE"
_HORIZON_PX = 150
_HEAD_SIDE_PX = 320
_GRAIN_ROOM_PX = 61
_FACE_IN_HEAD_PX = 170
_PHOTOS = {
    "subject": ("skimage", "data/astronaut.png"),
    "decoys": ("insightface", "data/images/t1.jpg"),
}


@dataclass(frozen=True, eq=False)
class Head:
    """A cut-out head: BGR and opacity, the face centred and of a fixed height."""

    image_bgr: FloatArray
    opacity: FloatArray


@dataclass(frozen=True)
class Walk:
    """One person's way through a clip, straight in the picture and growing or shrinking evenly.

    Attributes:
        who: "subject" or "decoy".
        head: index of the decoy's head; 0 for the subject.
        from_s, to_s: when the person is in the picture.
        from_x, to_x: place of the face, in shares of the picture's width.
        from_px, to_px: height of the face in pixels.
        coat_bgr: colour of the drawn coat.
    """

    who: str
    head: int
    from_s: float
    to_s: float
    from_x: float
    to_x: float
    from_px: float
    to_px: float
    coat_bgr: tuple[int, int, int]

    def face_px(self, at_s: float) -> float:
        """Height of the face at a time, pixels."""
        return float(self.from_px * (self.to_px / self.from_px) ** self._share(at_s))

    def place_xy(self, at_s: float) -> tuple[float, float]:
        """Centre of the face; it bobs with the steps, and lies lower the nearer it is."""
        face_px = self.face_px(at_s)
        x = (self.from_x + (self.to_x - self.from_x) * self._share(at_s)) * WIDTH_PX
        bob = math.sin(2 * math.pi * 1.8 * at_s)
        return x + 0.06 * face_px * bob, _HORIZON_PX + 0.35 * face_px + 0.03 * face_px * bob

    def _share(self, at_s: float) -> float:
        return (at_s - self.from_s) / (self.to_s - self.from_s)


def read_photo_of(kind: str) -> ImageBGR:
    """A photograph that ships inside an installed package, without importing it.

    Raises:
        SystemExit: the package or the photograph is missing.
    """
    package, name = _PHOTOS[kind]
    spec = importlib.util.find_spec(package)
    folder = Path(spec.origin).parent if spec and spec.origin else Path()
    image = cv2.imread(str(folder / name))
    if image is None:
        raise SystemExit(f"The photograph {name} of the package {package} is missing; install it.")
    return image.astype(np.uint8, copy=False)


def cut_heads(photo_bgr: ImageBGR, detector: Detector) -> list[Head]:
    """All heads of a photo that the detector is sure of, from left to right."""
    faces = sorted(detector.detect(photo_bgr), key=lambda face: float(face.box_xyxy[0]))
    return [_cut_head(photo_bgr, face) for face in faces if face.score > 0.95]


def _cut_head(photo_bgr: ImageBGR, face: DetectedFace) -> Head:
    scale = _FACE_IN_HEAD_PX / face.height_px
    x, y = face.centre_xy.tolist()
    half = _HEAD_SIDE_PX / 2
    matrix = np.array([[scale, 0, half - scale * x], [0, scale, half - scale * y]])
    side = (_HEAD_SIDE_PX, _HEAD_SIDE_PX)
    head = cv2.warpAffine(photo_bgr, matrix, side, flags=cv2.INTER_CUBIC,
                          borderMode=cv2.BORDER_REPLICATE)  # fmt: skip
    return Head(head.astype(np.float32), _opacity(head.astype(np.uint8)))


def _opacity(head_bgr: ImageBGR) -> FloatArray:
    """Where the head is: grown from an ellipse by colour (GrabCut), with soft edges."""
    centre, half = (_HEAD_SIDE_PX // 2, _HEAD_SIDE_PX // 2), _FACE_IN_HEAD_PX // 2
    mask = np.full(head_bgr.shape[:2], cv2.GC_BGD, np.uint8)
    hair = (centre[0], centre[1] - half // 4)
    cv2.ellipse(mask, hair, (int(1.15 * half), int(1.5 * half)), 0, 0, 360, cv2.GC_PR_FGD, -1)
    cv2.ellipse(mask, centre, (int(0.72 * half), int(1.02 * half)), 0, 0, 360, cv2.GC_FGD, -1)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(1)
    cv2.grabCut(head_bgr, mask, (0, 0, 1, 1), *models, 4, cv2.GC_INIT_WITH_MASK)
    solid = np.isin(mask, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.float32)
    return cv2.GaussianBlur(solid, (0, 0), 2.5).astype(np.float32)


def draw_street(seed: int, daylight: float) -> ImageBGR:
    """An empty street: sky, houses with windows, pavement, kerb, road, a lamp."""
    rng = np.random.default_rng(seed)
    sky = np.linspace((205, 190, 170), (225, 220, 210), HEIGHT_PX)[:, None, :]
    street = np.broadcast_to(sky, (HEIGHT_PX, WIDTH_PX, 3)).copy()
    _draw_houses(street, rng)
    ground = np.linspace((120, 125, 130), (150, 155, 160), HEIGHT_PX - _HORIZON_PX - 60)
    street[_HORIZON_PX + 60 :] = ground[:, None, :]
    _draw_ground(street)
    lamp_x = int(rng.integers(80, 160)) if seed % 2 else int(rng.integers(680, 780))
    cv2.rectangle(street, (lamp_x, 40), (lamp_x + 7, 330), (70, 75, 70), -1)
    cv2.ellipse(street, (lamp_x + 4, 42), (26, 9), 0, 180, 360, (90, 95, 90), -1)
    grain = cv2.GaussianBlur(rng.normal(0, 14, street.shape), (0, 0), 1.2)
    return np.clip((street + grain) * daylight, 0, 255).astype(np.uint8)


def _draw_houses(street: np.ndarray, rng: np.random.Generator) -> None:
    x = -20
    while x < WIDTH_PX:
        width, roof = int(rng.integers(110, 190)), int(rng.integers(0, 60))
        wall = (rng.integers(115, 175) + rng.integers((-12, -4, 4), (4, 8, 22))).tolist()
        cv2.rectangle(street, (x, roof), (x + width, _HORIZON_PX + 62), wall, -1)
        for window_x in range(x + 14, x + width - 26, 38):
            for window_y in range(roof + 14, _HORIZON_PX + 10, 44):
                tone = (rng.integers(45, 95) + np.array([12, 6, 0])).tolist()
                end = (window_x + 20, window_y + 28)
                cv2.rectangle(street, (window_x, window_y), end, tone, -1)
        x += width


def _draw_ground(street: np.ndarray) -> None:
    """Paving joints that run to a vanishing point, the kerb and the road."""
    vanishing = (WIDTH_PX // 2, _HORIZON_PX)
    for x in range(-900, WIDTH_PX + 900, 120):
        top = _on_line(vanishing, (x, HEIGHT_PX), _HORIZON_PX + 60)
        cv2.line(street, top, (x, HEIGHT_PX), (118, 122, 126), 1, cv2.LINE_AA)
    for step in range(1, 8):
        y = _HORIZON_PX + 60 + int(4.2 * step**2)
        cv2.line(street, (0, y), (WIDTH_PX, y), (118, 122, 126), 1, cv2.LINE_AA)
    kerb = [_on_line(vanishing, (900, HEIGHT_PX), _HORIZON_PX + 60), (900, HEIGHT_PX)]
    road = np.array([*kerb, (WIDTH_PX + 200, _HORIZON_PX + 60)], np.int32)
    cv2.fillPoly(street, [road], (88, 88, 90), cv2.LINE_AA)
    cv2.line(street, kerb[0], kerb[1], (190, 190, 190), 4, cv2.LINE_AA)


def _on_line(start: tuple[int, int], end: tuple[int, int], y: int) -> tuple[int, int]:
    share = (y - start[1]) / (end[1] - start[1])
    return round(start[0] + share * (end[0] - start[0])), y


def draw_person(frame: ImageBGR, walk: Walk, head: Head, at_s: float, daylight: float) -> None:
    """Draw one walking person: coat, legs and arms drawn, the head photographed."""
    unit = walk.face_px(at_s)
    x, y = walk.place_xy(at_s)
    swing = math.sin(2 * math.pi * 0.9 * at_s)
    coat = np.array(walk.coat_bgr) * daylight
    for side in (-1, 1):
        hip, foot = (x + side * 0.42 * unit, y + 3.4 * unit), side * swing * 0.35 * unit
        _limb(frame, hip, (hip[0] + foot, y + 6.6 * unit), 0.6 * unit, (45, 40, 38))
    _torso(frame, x, y, unit, coat)
    for side in (-1, 1):
        shoulder = (x + side * 1.0 * unit, y + 1.15 * unit)
        hand = (x + side * (1.15 + 0.2 * swing) * unit, y + 3.5 * unit)
        _limb(frame, shoulder, hand, 0.42 * unit, tuple((coat * 0.85).tolist()))
    neck = np.array([78, 100, 140]) * daylight
    _limb(frame, (x, y + 0.3 * unit), (x, y + 0.8 * unit), 0.55 * unit, tuple(neck.tolist()))
    _paste_head(frame, head, (x, y), unit, 2.5 * swing, daylight)


def _torso(frame: ImageBGR, x: float, y: float, unit: float, coat: np.ndarray) -> None:
    outline = [(-0.35, 0.68), (-1.05, 0.95), (-1.2, 1.5), (-1.0, 3.6), (1.0, 3.6), (1.2, 1.5),
               (1.05, 0.95), (0.35, 0.68)]  # fmt: skip
    points = np.array([(x + dx * unit, y + dy * unit) for dx, dy in outline])
    cv2.fillPoly(frame, [points.round().astype(np.int32)], coat.tolist(), cv2.LINE_AA)
    seam = (round(x), round(y + 0.9 * unit)), (round(x), round(y + 3.5 * unit))
    cv2.line(frame, *seam, (coat * 0.7).tolist(), max(1, round(0.04 * unit)), cv2.LINE_AA)


def _limb(
    frame: ImageBGR,
    start: tuple[float, float],
    end: tuple[float, float],
    width: float,
    colour: tuple[float, ...],
) -> None:
    ends = [(round(a), round(b)) for a, b in (start, end)]
    cv2.line(frame, ends[0], ends[1], colour, max(1, round(width)), cv2.LINE_AA)


def _paste_head(
    frame: ImageBGR, head: Head, place: tuple[float, float], unit: float, tilt_deg: float,
    daylight: float,
) -> None:  # fmt: skip
    """Scale, tilt and blend the head into the frame, clipped at its edges."""
    scale = unit / _FACE_IN_HEAD_PX
    half = math.ceil(_HEAD_SIDE_PX * scale / 2) + 2
    left, top = round(place[0]) - half, round(place[1]) - half
    middle = (_HEAD_SIDE_PX / 2, _HEAD_SIDE_PX / 2)
    turn = np.asarray(cv2.getRotationMatrix2D(middle, tilt_deg, scale), np.float64)
    turn[:, 2] += np.array([place[0] - left, place[1] - top]) - _HEAD_SIDE_PX / 2
    # Averaging first keeps a small head from flickering.
    blur = max(0.01, 0.4 / scale - 0.4)
    side = (2 * half, 2 * half)
    patch = cv2.warpAffine(cv2.GaussianBlur(head.image_bgr, (0, 0), blur), turn, side)
    opacity = cv2.warpAffine(cv2.GaussianBlur(head.opacity, (0, 0), blur), turn, side)
    rows = slice(max(top, 0), min(top + 2 * half, HEIGHT_PX))
    columns = slice(max(left, 0), min(left + 2 * half, WIDTH_PX))
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return
    inner = (slice(rows.start - top, rows.stop - top),
             slice(columns.start - left, columns.stop - left))  # fmt: skip
    share = opacity[inner][:, :, None]
    under = frame[rows, columns]
    frame[rows, columns] = under * (1 - share) + np.clip(patch[inner] * daylight, 0, 255) * share


def sensor_grain(seed: int, strength: float) -> FloatArray:
    """Noise larger than a frame; each frame takes another part of it."""
    rng = np.random.default_rng(seed)
    size = (HEIGHT_PX + _GRAIN_ROOM_PX, WIDTH_PX + _GRAIN_ROOM_PX, 1)
    return rng.standard_normal(size, np.float32) * np.float32(strength)


def finish(
    frame: ImageBGR, clock: datetime, camera: str, grain: FloatArray, index: int
) -> ImageBGR:
    """What a camera adds: soft lens, sensor noise, a clock and, here, the label."""
    soft = cv2.GaussianBlur(frame, (0, 0), 0.7).astype(np.float32)
    row, column = index * 29 % _GRAIN_ROOM_PX, index * 47 % _GRAIN_ROOM_PX
    noise = grain[row : row + HEIGHT_PX, column : column + WIDTH_PX]
    image: ImageBGR = np.clip(soft + noise, 0, 255).astype(np.uint8)
    _write(image, f"{camera}  {clock:%Y-%m-%d %H:%M:%S} UTC", 0)
    _write(image, LABEL, HEIGHT_PX - 26)
    return image


def _write(image: ImageBGR, text: str, top: int) -> None:
    """White letters on a dark bar as wide as the text."""
    font, size = cv2.FONT_HERSHEY_SIMPLEX, 0.55
    (width, _), _ = cv2.getTextSize(text, font, size, 1)
    cv2.rectangle(image, (0, top), (width + 16, top + 26), (25, 25, 25), -1)
    cv2.putText(image, text, (8, top + 18), font, size, (240, 240, 240), 1, cv2.LINE_AA)
