"""Frames in, embedded tracks out.

The caller feeds frames in order of time. It may stop and go on later from a **checkpoint**: the
moment after `close_chunk`, which forgets everything. A run that was killed and resumes after its
last checkpoint gives the same tracks as a run that was not disturbed, because both close their
chunks at the same frames: `checkpoint_due` depends only on the frames since the last checkpoint.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from recognition.attention import Attention, AttentionSettings, Part, faces_in
from recognition.detectors import Detector
from recognition.embedders import Embedder
from recognition.embedders.normalise import unit_rows
from recognition.faces import DetectedFace, FaceShot, FaceTrack, FloatArray, ImageBGR
from recognition.night import DARK_BELOW, cleared
from recognition.scenes import is_cut, small_grey
from recognition.tracks import RawTrack, Tracker, TrackerSettings


@dataclass(frozen=True)
class PipelineSettings:
    """How footage is worked through.

    Attributes:
        chunk_s: a checkpoint is due after this much footage, as soon as nobody is in view.
        longest_chunk_s: and after this much even if somebody is (who then becomes two tracks).
        attention: where and how often faces are looked for; None to search every frame whole.
        least_frames: a face seen in fewer frames counts only if the detector is sure of it.
        shots_averaged: best shots whose embeddings are averaged.
        least_worth: shots worth less than this share of the best one are not averaged.
        tracker: how faces are followed.
    """

    chunk_s: float = 10.0
    longest_chunk_s: float = 60.0
    attention: AttentionSettings | None = field(default_factory=AttentionSettings)
    least_frames: int = 2
    shots_averaged: int = 5
    least_worth: float = 0.4
    tracker: TrackerSettings = field(default_factory=TrackerSettings)


@dataclass(frozen=True)
class PipelineStatistics:
    """What was looked at in one chunk.

    Attributes:
        frames_fed: frames given.
        frames_searched: frames in which faces were looked for; the others showed nothing new.
        faces_found: detections, before they were joined to tracks.
        first_at_s, last_at_s: time of the first and last frame; None if there was none.
        face_heights_px: height of every detection, rounded.
    """

    frames_fed: int = 0
    frames_searched: int = 0
    faces_found: int = 0
    first_at_s: float | None = None
    last_at_s: float | None = None
    face_heights_px: tuple[int, ...] = ()

    @property
    def median_face_height_px(self) -> float | None:
        """Median height of the faces found, None without any."""
        return float(np.median(self.face_heights_px)) if self.face_heights_px else None


@dataclass(frozen=True, eq=False)
class Chunk:
    """All that came of one stretch of footage between two checkpoints."""

    tracks: list[FaceTrack]
    statistics: PipelineStatistics


class FacePipeline:
    """Detector, tracker and embedder in a row. One instance for one footage at a time.

    Args:
        detector: finds faces.
        embedder: turns their best shots into vectors.
        settings: times and limits.
    """

    def __init__(
        self, detector: Detector, embedder: Embedder, settings: PipelineSettings | None = None
    ) -> None:
        self.settings = settings or PipelineSettings()
        self._detector = detector
        self._embedder = embedder
        self._start_afresh()

    def _start_afresh(self) -> None:
        self._tracker = Tracker(self._embedder.align, self.settings.tracker)
        self._previous: FloatArray | None = None
        attention = self.settings.attention
        self._attention = (
            None if attention is None else Attention(self._detector.smallest_face_px, attention)
        )
        self._first_at_s: float | None = None
        self._last_at_s: float | None = None
        self._frames_fed = self._frames_searched = 0
        self._face_heights_px: list[int] = []

    def feed(self, at_s: float, image_bgr: ImageBGR) -> None:
        """Take in the next frame.

        Args:
            at_s: seconds from the footage's first frame; must grow from call to call.
            image_bgr: the frame; not kept.

        Raises:
            ValueError: `at_s` does not grow.
        """
        if self._last_at_s is not None and at_s <= self._last_at_s:
            raise ValueError("Frames must be fed in order of time.")
        if self._first_at_s is None:
            self._first_at_s = at_s
        self._last_at_s = at_s
        self._frames_fed += 1
        if self.idle and self._attention is not None and self._attention.is_resting(at_s):
            # Nobody is followed and a search was only just made: the frame need not be opened.
            self._previous = None
            self._tracker.update(at_s, (), image_bgr)
            return
        scene = small_grey(image_bgr)
        if self._previous is not None and is_cut(self._previous, scene):
            self._tracker.close()
        self._previous = scene
        if float(scene.mean()) < DARK_BELOW:
            image_bgr = cleared(image_bgr)
        self._tracker.update(at_s, self._faces(at_s, image_bgr, scene), image_bgr)

    def _faces(self, at_s: float, image_bgr: ImageBGR, scene: FloatArray) -> Sequence[DetectedFace]:
        """The frame's faces, as far as it is worth looking for them."""
        attention = self._attention
        if attention is None:
            faces = self._search(image_bgr, None)
            self._note(faces)
            return faces
        expected = self._tracker.expected_boxes(at_s)
        if len(expected):
            part = attention.near(at_s, expected, image_bgr)
            faces = self._search(image_bgr, part)
            if part is not None and len(faces) < len(expected):
                # Somebody is not where they should be.
                part, faces = None, self._search(image_bgr, None)
        elif attention.is_idle(at_s, scene):
            return ()
        else:
            part = attention.changed(at_s, scene, image_bgr)
            faces = self._search(image_bgr, part)
        attention.note(at_s, part, scene, found=bool(faces) or not self.idle)
        self._note(faces)
        return faces

    def _search(self, image_bgr: ImageBGR, part: Part | None) -> Sequence[DetectedFace]:
        return faces_in(self._detector, image_bgr, part)

    def _note(self, faces: Sequence[DetectedFace]) -> None:
        self._frames_searched += 1
        self._face_heights_px += [round(face.height_px) for face in faces]

    @property
    def idle(self) -> bool:
        """True when nobody is being followed, so that a checkpoint cuts no track in two."""
        return self._tracker.active() == 0

    @property
    def checkpoint_due(self) -> bool:
        """True when the caller should `close_chunk` and commit."""
        if self._first_at_s is None or self._last_at_s is None:
            return False
        elapsed_s = self._last_at_s - self._first_at_s
        long_enough = elapsed_s >= self.settings.chunk_s and self.idle
        return long_enough or elapsed_s >= self.settings.longest_chunk_s

    @property
    def statistics(self) -> PipelineStatistics:
        """What was looked at since the last checkpoint."""
        return PipelineStatistics(
            self._frames_fed,
            self._frames_searched,
            len(self._face_heights_px),
            self._first_at_s,
            self._last_at_s,
            tuple(self._face_heights_px),
        )

    def drain(self) -> list[FaceTrack]:
        """Tracks that ended since the last call, embedded, in order of their first frame."""
        tracks = [
            track
            for raw in self._tracker.finished()
            if self._is_believable(raw)
            for track in self._embedded(raw)
        ]
        return sorted(tracks, key=lambda track: (track.first_at_s, *track.best_box_xyxy.tolist()))

    def flush(self) -> list[FaceTrack]:
        """End all tracks, return those not drained yet, and forget everything."""
        return self.close_chunk().tracks

    def close_chunk(self) -> Chunk:
        """`flush`, with what was looked at since the last checkpoint."""
        self._tracker.close()
        chunk = Chunk(self.drain(), self.statistics)
        self._start_afresh()
        return chunk

    def _is_believable(self, raw: RawTrack) -> bool:
        """A false alarm of the detector rarely lasts and rarely scores high."""
        limits = self._detector.score_limits
        enough = len(raw.observations) >= self.settings.least_frames
        return raw.best_score >= (limits.least if enough else limits.sure)

    def _embedded(self, raw: RawTrack) -> list[FaceTrack]:
        """One track, or several where the person changed unnoticed.

        Each track is a batch of its own, so its embedding does not depend on what else was there.
        """
        rows = self._embedder.embed([shot.aligned_bgr for shot in raw.shots])
        ends = _changes_of_person(rows, self._embedder.threshold.same_person_floor)
        starts = [0, *ends]
        times = [-np.inf, *(_between(raw.shots, index) for index in ends), np.inf]
        return [
            self._track(raw, starts[part], end, rows, times[part], times[part + 1])
            for part, end in enumerate([*ends, len(raw.shots)])
        ]

    def _track(
        self, raw: RawTrack, start: int, end: int, rows: FloatArray, from_s: float, until_s: float
    ) -> FaceTrack:
        order = sorted(range(start, end), key=lambda i: (-raw.shots[i].quality.overall, i))
        best = raw.shots[order[0]]
        least = self.settings.least_worth * best.quality.overall
        used = [i for i in order[: self.settings.shots_averaged]
                if raw.shots[i].quality.overall >= least]  # fmt: skip
        seen = [one for one in raw.observations if from_s <= one.at_s < until_s]
        heights = [one.face.height_px for one in seen]
        return FaceTrack(
            first_at_s=seen[0].at_s,
            last_at_s=seen[-1].at_s,
            best_at_s=best.at_s,
            frames_seen=len(seen),
            best_crop_bgr=best.crop_bgr,
            best_box_xyxy=best.face.box_xyxy,
            best_landmarks_xy=best.face.landmarks_xy,
            embedding=unit_rows(rows[used].mean(axis=0, keepdims=True))[0],
            quality=best.quality,
            face_height_min_px=min(heights),
            face_height_median_px=float(np.median(heights)),
            face_height_max_px=max(heights),
        )


def _between(shots: list[FaceShot], index: int) -> float:
    """The time half way between shot `index` and the one before."""
    return (shots[index - 1].at_s + shots[index].at_s) / 2


def _changes_of_person(rows: FloatArray, floor: float) -> list[int]:
    """Indices of shots (in order of time) at which a different person begins.

    The best place to split is where the shots before and after are least alike on average; it is
    taken if that mean lies under `floor`, and each half is looked at again.
    """
    if len(rows) < 2:
        return []
    alike = rows @ rows.T
    means = [float(alike[:split, split:].mean()) for split in range(1, len(rows))]
    split = int(np.argmin(means)) + 1
    if means[split - 1] >= floor:
        return []
    before = _changes_of_person(rows[:split], floor)
    after = _changes_of_person(rows[split:], floor)
    return [*before, split, *(split + index for index in after)]
