"""Does what the literature puts before recognition help this pipeline? CLAHE, denoising, gamma.

Each is applied to the whole photo before detection, on LFW as it is and on LFW made dark and noisy
as night cameras are, with MTCNN and the recogniser unchanged. What counts is the share of true
pairs at a false-match rate of 1e-3, missed faces counting as not recognised.
"""

from __future__ import annotations

import cv2
import numpy as np

from benchmarks.report import Figure, publish, shared_dir
from recognition.detectors.mtcnn import Mtcnn
from recognition.embedders import Embedder
from recognition.evaluation import PREPARE, Preparation, middle_face
from recognition.evaluation.verification import all_pairs
from recognition.faces import FloatArray, ImageBGR
from recognition.images import read_photo
from recognition.packs import choose_pack, load_embedder

_RATE = 1e-3
_DARK_GAMMA, _DARK_LIGHT, _NOISE_LEVELS = 1.6, 0.22, 6.0


LABELS = {
    Preparation.NONE: "nothing",
    Preparation.CLAHE: "CLAHE",
    Preparation.BILATERAL: "bilateral filter",
    Preparation.NON_LOCAL_MEANS: "non-local means",
    Preparation.GAMMA: "gamma",
    Preparation.GAMMA_BILATERAL: "gamma, then bilateral filter",
    Preparation.FOOTAGE: "as the product does",
}


def main() -> None:
    cv2.setNumThreads(1)
    shared = shared_dir()
    embedder = load_embedder(choose_pack(str(shared / "models/insightface-mini")).pack, threads=1)
    files = sorted(shared.glob("faces/lfw_subset/*/*.jpg"))
    photos = [read_photo(path.read_bytes()) for path in files]
    people = [path.parent.name for path in files]
    plain = _embedded(embedder, photos)
    figures: dict[str, Figure] = {}
    for light, pictures in (("as they are", photos), ("dark and noisy", _night(photos))):
        for preparation, name in LABELS.items():
            prepare = PREPARE[preparation]
            rows = _embedded(embedder, [prepare(picture) for picture in pictures])
            label = f"photos {light}, {name}"
            missed = int((np.abs(rows).sum(axis=1) == 0).sum())
            figures[f"{label}: without a face"] = Figure(missed, f"of {len(photos)}")
            figures[f"{label}: recognised"] = Figure(_recognised(rows, rows, people), "share")
            if light != "as they are":
                figures[f"{label}: recognised against good photos"] = Figure(
                    _recognised(rows, plain, people), "share"
                )
            print(f"  {label} measured", flush=True)
    publish("preprocessing", figures)


def _night(photos: list[ImageBGR]) -> list[ImageBGR]:
    rng = np.random.default_rng(5)
    night = []
    for photo in photos:
        dark = 255 * _DARK_LIGHT * (photo / 255) ** _DARK_GAMMA
        noisy = dark + rng.normal(0, _NOISE_LEVELS, photo.shape)
        night.append(np.clip(noisy, 0, 255).astype(np.uint8))
    return night


def _embedded(embedder: Embedder, photos: list[ImageBGR]) -> FloatArray:
    detector = Mtcnn(1)
    rows = np.zeros((len(photos), embedder.dimension), np.float32)
    for index, photo in enumerate(photos):
        face = middle_face(photo, detector.detect(photo))
        if face is not None:
            rows[index] = embedder.embed([embedder.align(photo, face.landmarks_xy)])[0]
    return rows


def _recognised(rows: FloatArray, others: FloatArray, people: list[str]) -> float:
    """Share of pairs of one person above the strangers' limit; between two sets if they differ."""
    if rows is others:
        pairs = all_pairs(rows, people)
        same, strangers = pairs.same, pairs.strangers
    else:
        names = np.asarray(people)
        cosines, is_same = rows @ others.T, names[:, None] == names[None]
        np.fill_diagonal(is_same, val=False)
        same = cosines[is_same]
        strangers = cosines[names[:, None] != names[None]]
    limit = np.sort(strangers)[::-1][int(_RATE * strangers.size)]
    return float(np.mean(same > max(float(limit), 0.0)))


if __name__ == "__main__":
    main()
