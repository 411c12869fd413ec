"""Running one system over one recording: what it found, and the processor time that it took.

The peers are `insightface.app.FaceAnalysis` on every frame; ours is a visit without its database.
"""

from __future__ import annotations

import contextlib
import io
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import av
import numpy as np
import onnxruntime as ort
from insightface.app import FaceAnalysis

from benchmarks.street_clip import PEOPLE, frames_of
from cameras.footage import MotionGate, gating, read_frames, sampling
from recognition import pipeline as pipeline_module
from recognition.faces import FaceTrack, FloatArray, ImageBGR
from recognition.images import encode_jpeg
from recognition.packs import ChosenRecogniser
from recognition.pipeline import FacePipeline

FRAMES_PER_S = 5
STAGES = ("decode", "gate", "detect", "embed", "write", "other")


@dataclass(frozen=True)
class Sighted:
    """An embedded face or track and when it was seen."""

    from_s: float
    to_s: float
    embedding: FloatArray


@dataclass
class Run:
    """What one system found in one recording, and what it cost."""

    footage_s: float
    cpu_s: float
    seen: list[Sighted] = field(default_factory=list)
    stages_s: dict[str, float] = field(default_factory=dict)
    looked_share: float = 1.0

    @property
    def speed(self) -> float:
        """Seconds of footage per second of processor time."""
        return self.footage_s / self.cpu_s


# ------------------------------------------------------------------------------------- the peers


def load_peer(pack: Path, *, lean: bool) -> Any:
    """InsightFace with a pack, as it comes or lean."""
    with contextlib.redirect_stdout(io.StringIO()):
        if not lean:
            app = FaceAnalysis(name=str(pack), providers=["CPUExecutionProvider"])
            app.prepare(ctx_id=-1)
            return app
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        app = FaceAnalysis(
            name=str(pack),
            allowed_modules=["detection", "recognition"],
            providers=["CPUExecutionProvider"],
            sess_options=options,
        )
        app.prepare(ctx_id=-1, det_size=(640, 640))
        return app


def references_of(shared: Path, lean: Any) -> dict[str, FloatArray]:
    """One embedding for each sign clip: its sharpest detection."""
    references = {}
    for name in (clip for clips in PEOPLE.values() for clip in clips):
        faces = [face for frame in frames_of(shared / f"video/sign/{name}.mkv")[::10]
                 for face in lean.get(frame)]  # fmt: skip
        best = max(faces, key=lambda face: float(face.det_score))
        references[name] = np.asarray(best.normed_embedding, np.float32)
    return references


def peer_on(app: Any, frames: Iterator[tuple[float, ImageBGR]]) -> tuple[list[Sighted], float]:
    """Every face of the frames, and the processor seconds that finding them took."""
    seen, spent_s = [], 0.0
    for at_s, image in frames:
        began = time.process_time()
        faces = app.get(image)
        spent_s += time.process_time() - began
        seen += [Sighted(at_s, at_s, np.asarray(face.normed_embedding)) for face in faces]
    return seen, spent_s


def peer_run(app: Any, path: Path) -> Run:
    """A peer on every frame of a recording, decoding counted in."""
    began = time.process_time()
    seen, _ = peer_on(app, all_frames(path))
    return Run(length_s(path), time.process_time() - began, seen)


def all_frames(path: Path) -> Iterator[tuple[float, ImageBGR]]:
    """Every frame with its second, decoded by one thread."""
    with av.open(str(path)) as file:
        file.streams.video[0].thread_count = 1
        first: float | None = None
        for frame in file.decode(video=0):
            first = frame.time if first is None else first
            yield frame.time - first, np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)


def length_s(path: Path) -> float:
    """How long a recording is."""
    reading = read_frames(path, every_s=1.0, key_frames_only=True)
    for _ in reading:
        pass
    assert reading.end is not None
    return reading.end.decoded_to_s


# ------------------------------------------------------------------------------------------ ours


class _Clock:
    """Processor time by stage; a stage inside another is taken out of the outer one."""

    def __init__(self) -> None:
        self.spent_s = dict.fromkeys(STAGES, 0.0)
        self._inner_s = [0.0]

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[None]:
        began = time.process_time()
        self._inner_s.append(0.0)
        yield
        took_s = time.process_time() - began
        self.spent_s[name] += took_s - self._inner_s.pop()
        self._inner_s[-1] += took_s

    def timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            with self.stage(name):
                return function(*args, **kwargs)

        return call


def our_run(chosen: ChosenRecogniser, path: Path) -> Run:
    """A visit without its database: read, look, embed, and write crops and embeddings to a disk."""
    clock = _Clock()
    with _timed_stages(clock, chosen), tempfile.TemporaryDirectory() as folder:
        began = time.process_time()
        reading = read_frames(path, every_s=1 / FRAMES_PER_S, gate=MotionGate())
        looker = FacePipeline(chosen.detector, chosen.embedder)
        tracks: list[FaceTrack] = []
        frames = iter(reading)
        while True:
            with clock.stage("decode"):
                frame = next(frames, None)
            if frame is None:
                break
            with clock.stage("other"):
                looker.feed(frame.at_s, frame.image_bgr)
                if looker.checkpoint_due:
                    tracks += _written(looker, clock, Path(folder), len(tracks))
        with clock.stage("other"):
            tracks += _written(looker, clock, Path(folder), len(tracks))
        spent_s = time.process_time() - began
    assert reading.end is not None
    seen = [Sighted(track.first_at_s, track.last_at_s, track.embedding) for track in tracks]
    return Run(reading.end.decoded_to_s, spent_s, seen, dict(clock.spent_s), reading.coverage.share)


def _written(looker: FacePipeline, clock: _Clock, folder: Path, number: int) -> list[FaceTrack]:
    tracks = looker.close_chunk().tracks
    with clock.stage("write"):
        for index, track in enumerate(tracks, number):
            (folder / f"{index}.jpg").write_bytes(encode_jpeg(track.best_crop_bgr))
            (folder / f"{index}.f16").write_bytes(track.embedding.astype(np.float16).tobytes())
    return tracks


@contextlib.contextmanager
def _timed_stages(clock: _Clock, chosen: ChosenRecogniser) -> Iterator[None]:
    """The product's own functions, each with a stop-watch around it."""
    with contextlib.ExitStack() as stack:
        for owner, name, stage in (
            (chosen.detector, "detect", "detect"),
            (chosen.embedder, "embed", "embed"),
            (sampling, "has_moved", "gate"),
            (gating, "has_moved", "gate"),
            (gating, "is_steady", "gate"),
            (pipeline_module, "small_grey", "gate"),
        ):
            original = getattr(owner, name)
            stack.enter_context(mock.patch.object(owner, name, clock.timed(stage, original)))
        yield
