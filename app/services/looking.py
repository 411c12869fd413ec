"""Looking through one visit's footage: frames in, committed chunks out. Runs in a worker."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import undefer

from app.current import settings
from app.errors import NoRecogniser, Refused, Unavailable
from app.extensions import db
from app.models import CameraRow, Embedder, Footage, FootageKind, Visit, VisitPart
from app.models.columns import utc_now
from app.recogniser import LoadedRecogniser, holder
from app.services import embedders, galleries, media, photos, visits
from app.services.faces import FoundFace
from app.services.footage import checked_path
from app.services.visits import Chunk, Claim, VisitEnded, WorkerStopping
from cameras.addresses import SecretAddress, check_stream_address
from cameras.errors import CamerasError
from cameras.footage import (
    Coverage,
    EndReason,
    Frame,
    FrameReading,
    MotionGate,
    read_frames,
)
from recognition.faces import FaceTrack
from recognition.images import encode_jpeg
from recognition.matching import Gallery
from recognition.pipeline import FacePipeline, PipelineSettings

HEARTBEAT_S = 2.0

log = logging.getLogger(__name__)

OnProgress = Callable[[], None]


@dataclass(frozen=True)
class _Stretch:
    """A visit part as plain values, so that no row is held while frames are decoded."""

    part_id: int
    source: Path | SecretAddress
    from_s: float
    to_s: float


@dataclass(frozen=True, eq=False)
class _Look:
    """What looking needs: the visit as held, the models, and the smallest face that counts."""

    held: Claim
    recogniser: LoadedRecogniser
    embedder: Embedder
    on_progress: OnProgress


def look(visit_id: int, worker: str, on_progress: OnProgress = lambda: None) -> None:
    """Run one visit to its end. May be called twice for the same visit: it goes on where it was.

    `on_progress` is called at every frame; it may raise WorkerStopping, to end the work for now.
    """
    held = visits.claim(visit_id, worker)
    if held is None:
        log.info("Visit %s is not to be had; another worker has it, or it was stopped.", visit_id)
        return
    try:
        _look_through(held, on_progress)
    except VisitEnded as ended:
        log.info("Visit %s ended early: %s", visit_id, ended)
        visits.end_early(held, str(ended))
    except WorkerStopping:
        db.session.rollback()
        visits.release(held)
    except (NoRecogniser, Unavailable, CamerasError) as error:
        db.session.rollback()
        log.warning("Visit %s failed: %s", visit_id, error)
        visits.fail(held, str(error))


def _look_through(held: Claim, on_progress: OnProgress) -> None:
    recogniser = holder().get()
    embedder = embedders.register(recogniser)
    photos.embed_missing(recogniser, embedder)
    look_at = _Look(held, recogniser, embedder, on_progress)
    part_ids, failures = _open_parts(held), list[str]()
    for part_id in part_ids:
        try:
            _look_at_part(look_at, part_id)
        except (CamerasError, Refused) as error:
            # One broken recording does not hide what the others show.
            db.session.rollback()
            visits.note_problem(held, part_id, str(error))
            failures.append(str(error))
    live_part = _open_stream(held)
    if live_part is not None:
        _look_at_part(look_at, live_part)
    if failures:
        visits.fail(held, _failures(failures, len(part_ids)))
    else:
        visits.finish(held)


def _failures(sentences: list[str], parts: int) -> str:
    reasons = " ".join(dict.fromkeys(sentences))
    if parts == 1:
        return reasons
    return f"{len(sentences)} of {parts} recordings could not be looked at: {reasons}"


def _open_parts(held: Claim) -> list[int]:
    return list(
        db.session.scalars(
            select(VisitPart.id)
            .join(Footage, Footage.id == VisitPart.footage_id)
            .where(
                VisitPart.visit_id == held.visit_id,
                VisitPart.done.is_(False),
                Footage.kind == FootageKind.FILE,
            )
            .order_by(VisitPart.ordinal)
        )
    )


def _look_at_part(look_at: _Look, part_id: int) -> None:
    stretch = _stretch(part_id)
    db.session.commit()
    every_s = 1.0 / settings().frames_per_second
    with read_frames(
        stretch.source,
        every_s=every_s,
        from_s=stretch.from_s,
        to_s=stretch.to_s,
        max_side_px=settings().max_frame_side_px,
        timeout_s=settings().stream_timeout_seconds,
        gate=MotionGate(),
    ) as reading:
        _PartInHand(look_at, stretch, reading).go_through(every_s)
        problem = _problem(reading)
    visits.finish_part(look_at.held, part_id, problem)


class _PartInHand:
    """One stretch of a recording while it is read: frames in, committed chunks out."""

    def __init__(self, look_at: _Look, stretch: _Stretch, reading: FrameReading) -> None:
        chosen = look_at.recogniser.chosen
        self._look_at, self._stretch, self._reading = look_at, stretch, reading
        self._pipeline = FacePipeline(
            chosen.detector,
            chosen.embedder,
            PipelineSettings(
                chunk_s=settings().chunk_seconds,
                longest_chunk_s=settings().longest_chunk_seconds,
            ),
        )
        self._begun_s = stretch.from_s
        self._coverage = Coverage()

    def go_through(self, every_s: float) -> None:
        """Feed all frames; commit at each checkpoint, and at the end."""
        reached_s = self._stretch.from_s
        beat_at = time.monotonic()
        for frame in self._reading:
            self._pipeline.feed(frame.at_s, frame.image_bgr)
            reached_s = min(self._stretch.to_s, _next_grid_time(frame, every_s))
            if self._pipeline.checkpoint_due:
                self._commit(reached_s)
                beat_at = time.monotonic()
            elif time.monotonic() - beat_at >= HEARTBEAT_S:
                visits.beat(self._look_at.held)
                beat_at = time.monotonic()
            self._look_at.on_progress()
        end_s = _end_of(self._reading, self._stretch, reached_s)
        if end_s > self._begun_s:
            self._commit(end_s)

    def _commit(self, to_s: float) -> None:
        chunk = self._pipeline.close_chunk()
        gallery = galleries.open_galleries(self._look_at.embedder)
        visits.commit_chunk(
            self._look_at.held,
            Chunk(
                part_id=self._stretch.part_id,
                from_s=self._begun_s,
                to_s=to_s,
                seconds_seen=self._seconds_seen(to_s),
                frames_looked_at=chunk.statistics.frames_fed,
                faces=[_found(track, gallery) for track in chunk.tracks],
            ),
            self._look_at.embedder,
        )
        self._begun_s = to_s

    def _seconds_seen(self, to_s: float) -> float:
        """What was really seen since the last commit: looked at, or still all the time."""
        coverage = self._reading.coverage
        chunk, self._coverage = coverage.since(self._coverage), coverage
        return min(to_s - self._begun_s, chunk.looked_s + chunk.still_s)


def _next_grid_time(frame: Frame, every_s: float) -> float:
    """Where a reading that resumes after this frame has to begin."""
    return (frame.index + 1) * every_s


def _end_of(reading: FrameReading, stretch: _Stretch, reached_s: float) -> float:
    """A stretch that was decoded to its end counts to its end, not to its last grid frame."""
    if reading.end is not None and reading.end.reason is EndReason.COMPLETE:
        return stretch.to_s
    return reached_s


def _problem(reading: FrameReading) -> str | None:
    if reading.end is None or reading.end.reason is EndReason.COMPLETE:
        return None
    return reading.end.sentence


def _found(track: FaceTrack, gallery: Gallery) -> FoundFace:
    """The crop is on disk before the row that names it is committed."""
    crop_sha256 = media.store(encode_jpeg(track.best_crop_bgr))
    return FoundFace(track, crop_sha256, gallery.match(track.embedding, gallery.embedder_sha256))


def _stretch(part_id: int) -> _Stretch:
    part = db.session.get_one(VisitPart, part_id)
    if part.footage.kind is FootageKind.STREAM:
        return _Stretch(part.id, _stream_address(part.visit.camera_id), 0.0, part.to_s)
    return _Stretch(part.id, checked_path(part.footage.path), part.checkpoint_s, part.to_s)


def _open_stream(held: Claim) -> int | None:
    """A part for the camera's live stream, from now to the window's end; None if it has none."""
    visit = db.session.get_one(Visit, held.visit_id)
    camera = db.session.get_one(CameraRow, visit.camera_id)
    seconds_left = (visit.sweep.window_end - utc_now()) / timedelta(seconds=1)
    if seconds_left <= 0 or camera.stream_address is None:
        return None
    footage = Footage(
        camera_id=camera.id,
        kind=FootageKind.STREAM,
        path="live stream",
        started_at=utc_now(),
        ended_at=visit.sweep.window_end,
        duration_s=seconds_left,
    )
    db.session.add(footage)
    db.session.flush()
    part = VisitPart(
        visit_id=visit.id,
        footage_id=footage.id,
        ordinal=len(visit.parts) + 1,
        from_s=0.0,
        to_s=seconds_left,
        checkpoint_s=0.0,
    )
    db.session.add(part)
    visit.seconds_held += seconds_left
    db.session.commit()
    return part.id


def _stream_address(camera_id: int) -> SecretAddress:
    camera = db.session.scalars(
        select(CameraRow)
        .options(undefer(CameraRow.stream_address))
        .where(CameraRow.id == camera_id)
    ).one()
    return check_stream_address(camera.stream_address or "", settings().allowed_hosts)
