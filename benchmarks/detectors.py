"""The face detectors side by side: who finds whom, what it costs, and what recognition makes of it.

Portraits are LFW's; "recognised" is the share of true pairs at a false-match rate of 1e-3 with the
same recogniser on each detector's own landmarks, missed faces counting as not recognised. Street
frames come from clips without any face, so whatever is found there is a false alarm, except one
real face of 42 px in "one-by-one-person-detection".
"""

from __future__ import annotations

import time

import cv2
import numpy as np

from benchmarks.report import Figure, publish, shared_dir
from benchmarks.street_clip import frames_of
from recognition.detectors import Detector
from recognition.detectors.haar import HaarCascade
from recognition.detectors.mtcnn import Mtcnn
from recognition.detectors.pack_detector import PackDetector
from recognition.detectors.yunet import YuNet
from recognition.embedders import Embedder
from recognition.evaluation import middle_face
from recognition.evaluation.verification import all_pairs
from recognition.faces import ImageBGR
from recognition.images import read_photo
from recognition.packs import choose_pack, load_embedder

_RATE = 1e-3
_DARK = 0.25


def main() -> None:
    cv2.setNumThreads(1)
    shared = shared_dir()
    models = shared / "models"
    embedder = load_embedder(choose_pack(str(models / "insightface-mini")).pack, threads=1)
    files = sorted(shared.glob("faces/lfw_subset/*/*.jpg"))
    photos = [read_photo(path.read_bytes()) for path in files]
    people = [path.parent.name for path in files]
    frames = {
        "speech": frames_of(shared / "video/speech/short_hamilton_clip.mp4")[::10],
        "empty": [
            frame
            for name in ("car-detection", "one-by-one-person-detection")
            for frame in frames_of(shared / f"video/empty/{name}.mp4")[::20]
        ],
    }
    figures: dict[str, Figure] = {}
    for detector in (
        Mtcnn(1),
        PackDetector(models / "insightface-mini/det_500m.onnx", 1),
        YuNet(models / "yunet/yunet_n_dynamic.onnx"),
        HaarCascade(),
    ):
        figures |= _portraits(detector, embedder, photos, people)
        figures |= _street(detector, frames)
        print(f"  {detector.name} measured", flush=True)
    publish("detectors", figures)


def _portraits(
    detector: Detector, embedder: Embedder, photos: list[ImageBGR], people: list[str]
) -> dict[str, Figure]:
    dark = [(photo * _DARK).astype(np.uint8) for photo in photos]
    name = detector.name
    figures = {}
    for label, pictures in (("portraits", photos), ("portraits at a quarter of the light", dark)):
        faces = [middle_face(photo, detector.detect(photo)) for photo in pictures]
        missed = sum(face is None for face in faces)
        figures[f"{name}: {label} without a face"] = Figure(missed, f"of {len(photos)}")
        figures[f"{name}: {label} recognised at FMR 1e-3"] = Figure(
            _recognised(embedder, pictures, faces, people), "share"
        )
    return figures


def _recognised(
    embedder: Embedder, photos: list[ImageBGR], faces: list, people: list[str]
) -> float:
    found = [index for index, face in enumerate(faces) if face is not None]
    rows = np.zeros((len(photos), embedder.dimension), np.float32)
    rows[found] = embedder.embed(
        [embedder.align(photos[index], faces[index].landmarks_xy) for index in found]
    )
    pairs = all_pairs(rows, people)
    limit = np.sort(pairs.strangers)[::-1][int(_RATE * pairs.strangers.size)]
    return float(np.mean(pairs.same > max(limit, 0.0)))


def _street(detector: Detector, frames: dict[str, list[ImageBGR]]) -> dict[str, Figure]:
    figures = {}
    for label, pictures in frames.items():
        began = time.process_time()
        counts = [
            sum(face.score >= detector.score_limits.least for face in detector.detect(picture))
            for picture in pictures
        ]
        spent_ms = 1000 * (time.process_time() - began) / len(pictures)
        figures[f"{detector.name}: {label} frames, faces from 40 px"] = Figure(spent_ms, "ms")
        what = "faces believed" if label == "speech" else "false alarms"
        figures[f"{detector.name}: {label} frames, {what}"] = Figure(
            sum(counts), f"in {len(pictures)} frames"
        )
    return figures


if __name__ == "__main__":
    main()
