"""MTCNN here against what the `mtcnn` package needs and finds with TensorFlow.

Where TensorFlow is installed, the package runs in the same process on the same frames, and the
faces that both find are compared. Where it is not, the package's time is the one measured once on a
machine of the same class: 0.118 s a frame of 640×360 with faces from 20 px.
"""

from __future__ import annotations

import importlib.util
import os
import time
from typing import Any

import av
import cv2
import numpy as np

from benchmarks.report import Figure, publish, shared_dir
from recognition.detectors import Detector
from recognition.detectors.boxes import overlap
from recognition.detectors.mtcnn import Mtcnn, MtcnnSettings
from recognition.detectors.pack_detector import PackDetector
from recognition.faces import FloatArray, ImageBGR
from recognition.images import read_photo

_PACKAGE_S = 0.118
_EVERY = 10
_ROUNDS = 3
_SAME_FACE = 0.6


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
    figures |= _beside_the_package(frames)
    publish("mtcnn", figures)


def _beside_the_package(frames: list[ImageBGR]) -> dict[str, Figure]:
    """The package itself on the same frames; nothing where TensorFlow is absent."""
    if importlib.util.find_spec("tensorflow") is None:
        print("TensorFlow is not installed: the mtcnn package is not measured again.")
        return {}
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from mtcnn import MTCNN

    # Its own smallest face; asked for faces from 40 px, version 1.0.0 found none in these frames.
    smallest_px = 20
    package: Any = MTCNN()
    ours = Mtcnn(2, MtcnnSettings(smallest_face_px=smallest_px))
    rgb = [np.ascontiguousarray(frame[..., ::-1]) for frame in frames]
    found = [package.detect_faces(one) for one in rgb]
    wall, cpu = [], []
    for _ in range(_ROUNDS):
        began, cpu_began = time.perf_counter(), time.process_time()
        for one in rgb:
            package.detect_faces(one)
        wall.append((time.perf_counter() - began) / len(rgb))
        cpu.append((time.process_time() - cpu_began) / len(rgb))
    cpu_began = time.process_time()
    boxes = [[face.box_xyxy for face in ours.detect(frame)] for frame in frames]
    ours_cpu = (time.process_time() - cpu_began) / len(frames)
    label = f"mtcnn package, 640×360 frame, faces from {smallest_px} px"
    return {
        label: Figure(min(wall), "s"),
        f"{label}, processor time": Figure(min(cpu), "s"),
        f"{label}, processor time ÷ ours": Figure(min(cpu) / ours_cpu, "×"),
        **_agreement(label, found, boxes, smallest_px),
    }


def _agreement(
    label: str, found: list[Any], boxes: list[list[FloatArray]], smallest_px: int
) -> dict[str, Figure]:
    """How many faces of the package, as large as asked for, are found here too."""
    theirs = [
        (index, np.array([x, y, x + width, y + height], np.float32))
        for index, faces in enumerate(found)
        for x, y, width, height in (face["box"] for face in faces)
        if height >= smallest_px
    ]
    shared = sum(
        bool(boxes[index])
        and float(overlap(box, np.stack(boxes[index]), of_smaller=False).max()) > _SAME_FACE
        for index, box in theirs
    )
    return {
        f"{label}: faces it finds": Figure(len(theirs), "faces"),
        f"{label}: of those found here": Figure(shared, "faces"),
    }


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
