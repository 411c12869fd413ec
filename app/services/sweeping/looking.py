"""Looking through one visit's footage: frames in, committed chunks out. Runs in a worker."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from app.current import settings
from app.errors import NoRecogniser, Refused, Unavailable
from app.extensions import db
from app.models import Case, Footage, FootageKind, Sweep, Visit, VisitPart
from app.recogniser import holder
from app.services.embeddings import embedders, gallery_photos
from app.services.inventory.footage import checked_path
from app.services.persons import person_photos
from app.services.sweeping import live_visits, reusing, visits
from app.services.sweeping.chunks import LookAt, OnProgress, PartInHand
from app.services.sweeping.live_visits import NotNow
from app.services.sweeping.visit_values import Claim, VisitEnded, WorkerStopping
from cameras.errors import CamerasError
from cameras.footage import (
    EndReason,
    Frame,
    FrameReading,
    MotionGate,
    read_frames,
)
from recognition.pipeline import PipelineSettings

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Stretch:
    """A visit part as plain values, so that no row is held while frames are decoded."""

    part_id: int
    source: Path
    from_s: float
    to_s: float


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
    except NotNow as reason:
        db.session.rollback()
        visits.put_aside(held, str(reason))
    except (NoRecogniser, Unavailable, Refused, CamerasError) as error:
        db.session.rollback()
        log.warning("Visit %s failed: %s", visit_id, error)
        visits.fail(held, str(error))


def _look_through(held: Claim, on_progress: OnProgress) -> None:
    recogniser = holder().get()
    embedder = embedders.register(recogniser)
    gallery_photos.embed_missing(recogniser, embedder)
    person_photos.embed_missing(_case_of(held), recogniser, embedder)
    # Reference photos are embedded as they always are; only this visit looks as its sweep asks.
    of_sweep = recogniser.looking_from(_smallest_face_px(held))
    look_at = LookAt(held, of_sweep, embedder, on_progress)
    reusing.answer_from_kept(look_at)
    part_ids, failures = _open_parts(held), list[str]()
    for part_id in part_ids:
        try:
            _look_at_part(look_at, part_id)
        except (CamerasError, Refused) as error:
            # One broken recording does not hide what the others show.
            db.session.rollback()
            visits.note_problem(held, part_id, str(error))
            failures.append(str(error))
    live_part = live_visits.open_part(held)
    if live_part is not None:
        live_visits.watch(look_at, live_part)
    if failures:
        visits.fail(held, _failures(failures, len(part_ids)))
    else:
        visits.finish(held)


def _case_of(held: Claim) -> Case:
    """The case whose sweep the visit belongs to."""
    of_visit = select(Case).join(Sweep, Sweep.case_id == Case.id).join(Visit)
    return db.session.scalars(of_visit.where(Visit.id == held.visit_id)).one()


def _smallest_face_px(held: Claim) -> int:
    """The least height of a face that the visit's sweep asks for."""
    asked = select(Sweep.smallest_face_px).join(Visit, Visit.sweep_id == Sweep.id)
    return db.session.scalars(asked.where(Visit.id == held.visit_id)).one()


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


def _look_at_part(look_at: LookAt, part_id: int) -> None:
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
        _go_through(look_at, stretch, reading, every_s)
        problem = _problem(reading)
    visits.finish_part(look_at.held, part_id, problem)


def _go_through(look_at: LookAt, stretch: _Stretch, reading: FrameReading, every_s: float) -> None:
    """Feed all frames of a recording; commit at each checkpoint, and at the end."""
    limits = PipelineSettings(
        chunk_s=settings().chunk_seconds, longest_chunk_s=settings().longest_chunk_seconds
    )
    in_hand = PartInHand(look_at, stretch.part_id, stretch.from_s, limits, lambda: reading.coverage)
    reached_s = stretch.from_s
    for frame in reading:
        in_hand.feed(frame.at_s, frame.image_bgr)
        reached_s = min(stretch.to_s, _next_grid_time(frame, every_s))
        if in_hand.is_chunk_due:
            in_hand.commit(reached_s)
        else:
            in_hand.beat()
        look_at.on_progress()
    end_s = _end_of(reading, stretch, reached_s)
    if end_s > in_hand.begun_s:
        in_hand.commit(end_s)


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


def _stretch(part_id: int) -> _Stretch:
    part = db.session.get_one(VisitPart, part_id)
    return _Stretch(part.id, checked_path(part.footage.path), part.checkpoint_s, part.to_s)
