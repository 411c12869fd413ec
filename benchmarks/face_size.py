"""How often a face of a given height is found and recognised in one picture.

LFW photos are shrunk until their face has the height; each is compared with the other photos of the
same person at full size. This is what `recognition.detection_power` builds on.
"""

from __future__ import annotations

import cv2
import numpy as np

from benchmarks.report import Figure, publish, shared_dir
from recognition.detectors.mtcnn import Mtcnn, MtcnnSettings
from recognition.embedders import Embedder
from recognition.faces import DetectedFace, FloatArray, ImageBGR
from recognition.images import read_photo
from recognition.packs import choose_pack, load_embedder

HEIGHTS_PX = (16, 20, 24, 28, 32, 36, 40, 48, 56, 64, 80, 96)
_TOO_SMALL = 0.85
"""The detector is asked for faces this much smaller, so that its own border blurs nothing."""


def main() -> None:
    cv2.setNumThreads(1)
    shared = shared_dir()
    files = sorted(shared.glob("faces/lfw_subset/*/*.jpg"))
    people = np.array([path.parent.name for path in files])
    several = [name for name in dict.fromkeys(people) if (people == name).sum() > 1]
    kept = [index for index, name in enumerate(people) if name in several]
    photos = [read_photo(files[index].read_bytes()) for index in kept]
    names = people[kept]
    figures: dict[str, Figure] = {}
    for pack in (str(shared / "models/insightface-mini"), "dlib"):
        embedder = load_embedder(choose_pack(pack).pack, threads=1)
        figures |= _measure(embedder, photos, names)
    publish("face_size", figures)


def _measure(embedder: Embedder, photos: list[ImageBGR], names: np.ndarray) -> dict[str, Figure]:
    large = [_central(Mtcnn(1), photo) for photo in photos]
    gallery = [_embedded(embedder, photo, face) for photo, face in zip(photos, large, strict=True)]
    figures: dict[str, Figure] = {}
    for height_px in HEIGHTS_PX:
        detector = Mtcnn(1, MtcnnSettings(smallest_face_px=max(12, round(_TOO_SMALL * height_px))))
        small: list[FloatArray | None] = []
        for photo, face in zip(photos, large, strict=True):
            shrunk = _shrunk(photo, face, height_px)
            small.append(_embedded(embedder, shrunk, _central(detector, shrunk)))
        found = np.mean([row is not None for row in small])
        figures[f"{embedder.name}, {height_px} px: found"] = Figure(float(found), "share")
        figures[f"{embedder.name}, {height_px} px: found and recognised"] = Figure(
            _recognised(gallery, small, names, embedder.threshold.similarity), "share"
        )
    return figures


def _central(detector: Mtcnn, photo: ImageBGR) -> DetectedFace | None:
    middle = np.array(photo.shape[1::-1], np.float32) / 2
    found = detector.detect(photo)
    return min(found, key=lambda f: float(np.hypot(*(f.centre_xy - middle))), default=None)


def _shrunk(photo: ImageBGR, face: DetectedFace | None, height_px: int) -> ImageBGR:
    scale = height_px / (face.height_px if face is not None else 110.0)
    size = (round(photo.shape[1] * scale), round(photo.shape[0] * scale))
    small = cv2.resize(photo, size, interpolation=cv2.INTER_AREA)
    # Around it the rest of a frame, as a photo of 36 px would be no frame.
    frame = np.full((max(240, size[1]), max(320, size[0]), 3), 110, np.uint8)
    top, left = (frame.shape[0] - size[1]) // 2, (frame.shape[1] - size[0]) // 2
    frame[top : top + size[1], left : left + size[0]] = small
    return frame


def _embedded(embedder: Embedder, photo: ImageBGR, face: DetectedFace | None) -> FloatArray | None:
    if face is None:
        return None
    row: FloatArray = embedder.embed([embedder.align(photo, face.landmarks_xy)])[0]
    return row


def _recognised(
    gallery: list[FloatArray | None],
    small: list[FloatArray | None],
    names: np.ndarray,
    least: float,
) -> float:
    """Share of pairs of one person, a small and a large photo, that reach the threshold."""
    hits = pairs = 0
    for i, probe in enumerate(small):
        for j, reference in enumerate(gallery):
            if i == j or names[i] != names[j] or reference is None:
                continue
            pairs += 1
            hits += probe is not None and float(probe @ reference) >= least
    return hits / pairs


if __name__ == "__main__":
    main()
