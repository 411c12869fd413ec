"""A part of a visit while it is looked through: frames in, committed chunks out."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.current import settings
from app.extensions import db
from app.models import Embedder
from app.recogniser import LoadedRecogniser
from app.services.base import kept_pictures
from app.services.embeddings import galleries
from app.services.embeddings.faces import FoundFace
from app.services.sweeping import visits
from app.services.sweeping.visit_values import Chunk, Claim, LiveNews, LookedWith, VisitEnded
from cameras.footage import Coverage
from recognition.faces import FaceTrack, ImageBGR
from recognition.images import encode_jpeg
from recognition.matching import Gallery
from recognition.pipeline import FacePipeline, PipelineSettings

HEARTBEAT_S = 2.0

OnProgress = Callable[[], None]


@dataclass(frozen=True, eq=False)
class LookAt:
    """What looking needs: the visit as held, the models, and whom to tell that it moves on.

    `on_progress` is called at every frame; it may raise WorkerStopping, to end the work for now.
    """

    held: Claim
    recogniser: LoadedRecogniser
    embedder: Embedder
    on_progress: OnProgress

    @property
    def means(self) -> LookedWith:
        """What faces are looked for with."""
        detector = self.recogniser.chosen.detector
        return LookedWith(
            detector=detector.name,
            smallest_face_px=detector.smallest_face_px,
            frames_per_second=settings().frames_per_second,
            frame_side_px=settings().max_frame_side_px,
        )


class PartInHand:
    """One part while its frames come in. Seconds are those of the part's footage.

    Args:
        look_at: the visit and its models.
        part_id: the part.
        begun_s: its checkpoint.
        limits: when a chunk is due.
        coverage: what became of the time since `watched_from_s`, so far.
        watched_from_s: where looking begins; later than `begun_s` where a stream went unwatched.
    """

    def __init__(
        self,
        look_at: LookAt,
        part_id: int,
        begun_s: float,
        limits: PipelineSettings,
        coverage: Callable[[], Coverage],
        watched_from_s: float | None = None,
    ) -> None:
        chosen = look_at.recogniser.chosen
        self._look_at, self._part_id, self._coverage = look_at, part_id, coverage
        self._pipeline = FacePipeline(chosen.detector, chosen.embedder, limits)
        self._begun_s = begun_s
        self._watched_from_s = begun_s if watched_from_s is None else watched_from_s
        self._seen_s = 0.0
        self._beat_at = self._begun_at = time.monotonic()

    @property
    def is_chunk_due(self) -> bool:
        """Whether the faces since the last commit should be committed."""
        return self._pipeline.checkpoint_due

    @property
    def begun_s(self) -> float:
        """Up to where everything is committed."""
        return self._begun_s

    @property
    def has_frames(self) -> bool:
        """Whether frames came in since the last commit."""
        return self._pipeline.statistics.frames_fed > 0

    @property
    def has_faces(self) -> bool:
        """Whether a face was found since the last commit."""
        return self._pipeline.statistics.faces_found > 0

    def feed(self, at_s: float, image_bgr: ImageBGR) -> None:
        """Take in the next frame."""
        self._pipeline.feed(at_s, image_bgr)

    def beat(self) -> None:
        """Say every few seconds that the worker is alive. Raises VisitEnded."""
        if time.monotonic() - self._beat_at >= HEARTBEAT_S:
            visits.beat(self._look_at.held)
            self._beat_at = time.monotonic()

    def commit(self, to_s: float, live: LiveNews | None = None) -> None:
        """Commit faces, sightings and progress up to `to_s`. Raises VisitEnded."""
        chunk = self._pipeline.close_chunk()
        gallery = galleries.open_galleries(self._look_at.embedder)
        started_at = visits.footage_start(self._part_id)
        seen_s = self._newly_seen_s(to_s)
        faces = [_found(track, gallery, started_at) for track in chunk.tracks]
        made = Chunk(
            part_id=self._part_id,
            from_s=self._begun_s,
            to_s=to_s,
            seconds_seen=seen_s,
            frames_looked_at=chunk.statistics.frames_fed,
            faces=faces,
            looked_with=self._look_at.means,
            live=live,
            took_s=time.monotonic() - self._begun_at,
        )
        try:
            visits.commit_chunk(self._look_at.held, made, self._look_at.embedder)
        except VisitEnded:
            _discard_crops(faces)
            raise
        self._begun_s, self._begun_at = to_s, time.monotonic()
        self._beat_at = self._begun_at
        self._seen_s += seen_s

    def _newly_seen_s(self, to_s: float) -> float:
        """What was really seen since the last commit: looked at, or still all the time."""
        coverage = self._coverage()
        seen_s = min(to_s - self._watched_from_s, coverage.looked_s + coverage.still_s)
        return max(0.0, seen_s - self._seen_s)


def _found(track: FaceTrack, gallery: Gallery, started_at: datetime) -> FoundFace:
    """The crop is on disk before the row that names it is committed."""
    crop_sha256 = kept_pictures.store(encode_jpeg(track.best_crop_bgr))
    seen_on = galleries.day_of(started_at + timedelta(seconds=track.best_at_s))
    matches = gallery.match(track.embedding, gallery.embedder_sha256, seen_on)
    return FoundFace(track, crop_sha256, matches)


def _discard_crops(faces: Sequence[FoundFace]) -> None:
    """Crops that no row will name would lie on the disk for good."""
    kept_pictures.discard_unnamed({one.crop_sha256 for one in faces})
    db.session.rollback()
