"""Each installed recogniser's errors on LFW photos, from which its threshold was taken."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from benchmarks.report import Figure, publish, shared_dir
from recognition.detectors.mtcnn import Mtcnn
from recognition.embedders import Embedder
from recognition.evaluation import verify_all_pairs
from recognition.faces import DetectedFace, ImageBGR
from recognition.images import read_photo
from recognition.packs import choose_pack, load_embedder

_RATES = (1e-2, 1e-3, 1e-4)


def main() -> None:
    cv2.setNumThreads(1)
    shared = shared_dir()
    files = sorted(shared.glob("faces/lfw_subset/*/*.jpg"))
    faces = _faces(files)
    people = [path.parent.name for path in files]
    figures: dict[str, Figure] = {}
    for pack in (str(shared / "models/insightface-mini"), "dlib"):
        embedder = load_embedder(choose_pack(pack).pack, threads=2)
        figures |= _measure(embedder, faces, people)
    publish("thresholds", figures)


def _faces(files: list[Path]) -> list[tuple[ImageBGR, DetectedFace]]:
    """Each photo with the face nearest its centre, which is the one LFW names."""
    detector = Mtcnn(threads=2)
    faces = []
    for path in files:
        image = read_photo(path.read_bytes())
        middle = np.array(image.shape[1::-1], np.float32) / 2
        found = detector.detect(image)
        faces.append(
            (image, min(found, key=lambda face: float(np.hypot(*(face.centre_xy - middle)))))
        )
    return faces


def _measure(
    embedder: Embedder, faces: list[tuple[ImageBGR, DetectedFace]], people: list[str]
) -> dict[str, Figure]:
    rows = embedder.embed([embedder.align(image, face.landmarks_xy) for image, face in faces])
    result = verify_all_pairs(rows, people, _RATES)
    figures = {f"{embedder.name}: pairs of strangers": Figure(result.stranger_pairs, "pairs")}
    for rate, point in zip(_RATES, result.points, strict=True):
        label = f"{embedder.name} at FMR {rate:g}"
        figures[f"{label}: threshold"] = Figure(point.threshold, "cosine")
        figures[f"{label}: true matches"] = Figure(1 - point.false_non_match_rate, "share")
    figures[f"{embedder.name}: threshold in use"] = Figure(embedder.threshold.similarity, "cosine")
    return figures


if __name__ == "__main__":
    main()
