"""Following faces over frames, so that one passer-by is one track and not fifty faces."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linear_sum_assignment

from recognition.alignment import surroundings
from recognition.faces import DetectedFace, FaceQuality, FaceShot, FloatArray, ImageBGR
from recognition.quality import face_quality

Align = Callable[[ImageBGR, FloatArray], ImageBGR]
"""An embedder's `align`: frame and landmarks to the crop it embeds."""

_IMPOSSIBLE = 1e6


@dataclass(frozen=True)
class TrackerSettings:
    """How far a face may go between two frames. Lengths are in heights of the face.

    A face is about 0.22 m high, so a person who walks across at 1.4 m/s moves six heights a
    second: at five frames a second boxes of the same face need not overlap at all.

    Attributes:
        longest_gap_s: a face unseen for longer is gone.
        gap_in_frames: and also not gone before this many frames, where frames are rare.
        slack: distance allowed whatever the time between two frames.
        speed_per_s: distance allowed for each second, beyond where the face was heading.
        furthest: distance never exceeded.
        largest_scale: ratio of two heights never exceeded.
        longest_track_s: someone who stays gets a new track after this time.
        shots_kept: best shots of a track.
        shot_spacing_s: two shots closer than this are nearly the same picture: the better stays.
        bucket_s: the best shot of each stretch this long is kept too, to notice a change of person.
    """

    longest_gap_s: float = 1.0
    gap_in_frames: float = 1.5
    slack: float = 0.6
    speed_per_s: float = 6.0
    furthest: float = 2.5
    largest_scale: float = 1.7
    longest_track_s: float = 60.0
    shots_kept: int = 5
    shot_spacing_s: float = 0.3
    bucket_s: float = 3.0


@dataclass(frozen=True, eq=False)
class Observation:
    """A face of a track in one frame."""

    at_s: float
    face: DetectedFace


@dataclass(eq=False)
class RawTrack:
    """A followed face before it is embedded."""

    observations: list[Observation]
    shots: list[FaceShot] = field(default_factory=list)
    velocity_xy: FloatArray | None = None

    @property
    def first(self) -> Observation:
        """Where it began."""
        return self.observations[0]

    @property
    def last(self) -> Observation:
        """Where it was seen last."""
        return self.observations[-1]

    @property
    def best_score(self) -> float:
        """The detector's best score over the track."""
        return max(seen.face.score for seen in self.observations)

    def expected_xy(self, at_s: float) -> FloatArray:
        """Where its centre would be now if it went on as before."""
        centre = self.last.face.centre_xy
        if self.velocity_xy is None:
            return centre
        return centre + self.velocity_xy * np.float32(at_s - self.last.at_s)

    def add(self, seen: Observation) -> None:
        """Append an observation and smooth the velocity, pixels a second."""
        step_s = np.float32(seen.at_s - self.last.at_s)
        velocity: FloatArray = (seen.face.centre_xy - self.last.face.centre_xy) / step_s
        if self.velocity_xy is not None:
            velocity = (self.velocity_xy + velocity) / np.float32(2)
        self.velocity_xy = velocity
        self.observations.append(seen)


class Tracker:
    """Links detections into tracks. Deterministic: the same frames give the same tracks.

    Args:
        align: the embedder's `align`, called for shots that are kept.
        settings: distances and times.
    """

    def __init__(self, align: Align, settings: TrackerSettings | None = None) -> None:
        self.settings = settings or TrackerSettings()
        self._align = align
        self._active: list[RawTrack] = []
        self._finished: list[RawTrack] = []
        self._last_at_s: float | None = None

    def active(self) -> int:
        """How many faces are being followed."""
        return len(self._active)

    def expected_boxes(self, at_s: float) -> FloatArray:
        """Where the faces seen in the last frame should be now: float32[n, 4], pixels."""
        fresh = [track for track in self._active if track.last.at_s == self._last_at_s]
        boxes = np.empty((len(fresh), 4), np.float32)
        for box, track in zip(boxes, fresh, strict=True):
            shift = track.expected_xy(at_s) - track.last.face.centre_xy
            box[:] = track.last.face.box_xyxy + np.tile(shift, 2)
        return boxes

    def finished(self) -> list[RawTrack]:
        """Tracks that ended since the last call."""
        done, self._finished = self._finished, []
        return done

    def close(self) -> None:
        """End all tracks, as at a cut or at the end of the footage."""
        self._finished += self._active
        self._active = []

    def update(self, at_s: float, faces: Sequence[DetectedFace], image_bgr: ImageBGR) -> None:
        """Take in the faces of the next frame."""
        self._end_lost(at_s)
        pairs = self._assign(at_s, faces)
        for index, face in enumerate(faces):
            seen = Observation(at_s, face)
            if index in pairs:
                track = pairs[index]
                track.add(seen)
            else:
                track = RawTrack([seen])
                self._active.append(track)
            self._keep_shot(track, seen, image_bgr)

    def _end_lost(self, at_s: float) -> None:
        interval_s = 0.0 if self._last_at_s is None else at_s - self._last_at_s
        self._last_at_s = at_s
        limits = self.settings
        gap_s = max(limits.longest_gap_s, limits.gap_in_frames * interval_s)
        still: list[RawTrack] = []
        for track in self._active:
            lost = at_s - track.last.at_s > gap_s
            old = at_s - track.first.at_s > limits.longest_track_s
            (self._finished if lost or old else still).append(track)
        self._active = still

    def _assign(self, at_s: float, faces: Sequence[DetectedFace]) -> dict[int, RawTrack]:
        """Which track each face continues: the pairing with the least distance in all."""
        if not self._active or not faces:
            return {}
        costs = np.array([[self._cost(track, face, at_s) for face in faces]
                          for track in self._active])  # fmt: skip
        rows, columns = linear_sum_assignment(costs)
        return {
            int(column): self._active[row]
            for row, column in zip(rows, columns, strict=True)
            if costs[row, column] < _IMPOSSIBLE
        }

    def _cost(self, track: RawTrack, face: DetectedFace, at_s: float) -> float:
        limits, last = self.settings, track.last
        scale = max(face.height_px, 1.0) / max(last.face.height_px, 1.0)
        if max(scale, 1 / scale) > limits.largest_scale:
            return _IMPOSSIBLE
        height = (face.height_px + last.face.height_px) / 2
        # A face may go on as before or stop: the nearer of the two places counts.
        goals = (track.expected_xy(at_s), last.face.centre_xy)
        distance = min(float(np.hypot(*(face.centre_xy - goal))) for goal in goals) / height
        allowed = min(limits.furthest, limits.slack + limits.speed_per_s * (at_s - last.at_s))
        return _IMPOSSIBLE if distance > allowed else distance + abs(math.log(scale))

    def _keep_shot(self, track: RawTrack, seen: Observation, image_bgr: ImageBGR) -> None:
        quality = face_quality(image_bgr, seen.face)
        near = self._neighbour(track, seen.at_s)
        if near is not None:
            if near.quality.overall >= quality.overall:
                return
            track.shots.remove(near)
        elif not self._worth_keeping(track, seen.at_s, quality):
            return
        aligned = self._align(image_bgr, seen.face.landmarks_xy)
        crop = surroundings(image_bgr, seen.face.box_xyxy)
        track.shots.append(FaceShot(seen.at_s, seen.face, crop, aligned, quality))
        track.shots = self._selected(track.shots)

    def _neighbour(self, track: RawTrack, at_s: float) -> FaceShot | None:
        last = track.shots[-1] if track.shots else None
        close = last is not None and at_s - last.at_s < self.settings.shot_spacing_s
        return last if close else None

    def _worth_keeping(self, track: RawTrack, at_s: float, quality: FaceQuality) -> bool:
        """Spare the cutting for a shot that the selection would drop at once."""
        if len(track.shots) < self.settings.shots_kept:
            return True
        bucket = self._bucket(at_s)
        rivals = [shot for shot in track.shots if self._bucket(shot.at_s) == bucket]
        ranked = sorted(shot.quality.overall for shot in track.shots)
        return not rivals or quality.overall > ranked[-self.settings.shots_kept]

    def _bucket(self, at_s: float) -> int:
        return math.floor(at_s / self.settings.bucket_s)

    def _selected(self, shots: list[FaceShot]) -> list[FaceShot]:
        """The best shots, and the best of each stretch of time, in order of time."""
        by_worth = sorted(shots, key=lambda shot: (-shot.quality.overall, shot.at_s))
        kept = by_worth[: self.settings.shots_kept]
        seen = {self._bucket(shot.at_s) for shot in kept}
        for shot in by_worth[self.settings.shots_kept :]:
            if self._bucket(shot.at_s) not in seen:
                seen.add(self._bucket(shot.at_s))
                kept.append(shot)
        return sorted(kept, key=lambda shot: shot.at_s)
