"""MTCNN here against what the `mtcnn` package needs and finds with TensorFlow.

The package's own time, 0.118 s a frame of 640×360 with faces from 20 px, was measured once on a
machine of the same class; TensorFlow is not installed to measure it again.
"""

from __future__ import annotations

import time

import av
import cv2
import numpy as np

from benchmarks.report import Figure, publish, shared_dir
from recognition.detectors import Detector
from recognition.detectors.mtcnn import Mtcnn, MtcnnSettings
from recognition.detectors.pack_detector import PackDetector
from recognition.faces import ImageBGR
from recognition.images import read_photo

_PACKAGE_S = 0.118
_EVERY = 10
_ROUNDS = 3


def main() -> None:
    cv2.setNumThreads(1)
    shared = shared_dir()
    frames = _frames(str(shared / "video/speech/short_hamilton_clip.mp4"))
    photos = [
        read_photo(path.read_bytes()) for path in sorted(shared.glob("faces/lfw_subset/*/*.jpg"))
    ]
    figures: dict[str, Figure] = {}
    for smallest_px in (20, 40):
        for threads in (1, 2):
            detector = Mtcnn(threads, MtcnnSettings(smallest_face_px=smallest_px))
            goal = f"≤ {_PACKAGE_S} (TensorFlow)" if smallest_px == 20 else ""
            label = f"640×360 frame, faces from {smallest_px} px, {threads} threads"
            figures[label] = Figure(_seconds_a_frame(detector, frames), "s", goal)
    mtcnn = Mtcnn(2)
    scrfd = PackDetector(shared / "models/insightface-mini/det_500m.onnx", 2)
    figures["SCRFD 500m, 640×360 frame, faces from 40 px, 2 threads"] = Figure(
        _seconds_a_frame(scrfd, frames), "s"
    )
    figures["portraits looked at"] = Figure(len(photos), "photos")
    figures["portraits in which MTCNN finds no face"] = Figure(
        _missed(mtcnn, photos), "photos", "0"
    )
    figures["portraits in which SCRFD 500m finds no face"] = Figure(
        _missed(scrfd, photos), "photos"
    )
    publish("mtcnn", figures)


def _frames(path: str) -> list[ImageBGR]:
    with av.open(path) as file:
        decoded = list(file.decode(video=0))[::_EVERY]
        return [frame.to_ndarray(format="bgr24").astype(np.uint8) for frame in decoded]


def _seconds_a_frame(detector: Detector, frames: list[ImageBGR]) -> float:
    """The best of some rounds, so that other work on the machine counts less."""
    times = []
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        for frame in frames:
            detector.detect(frame)
        times.append((time.perf_counter() - began) / len(frames))
    return min(times)


def _missed(detector: Detector, photos: list[ImageBGR]) -> int:
    return sum(1 for photo in photos if not detector.detect(photo))


if __name__ == "__main__":
    main()
