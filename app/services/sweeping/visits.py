"""Visits in the hands of workers: taking, keeping alive, committing, ending.

A worker holds a visit by its `attempt`. Whatever it writes names that attempt, so a worker that was
given up for dead can write nothing more once another has taken the visit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from sqlalchemy import exists, func, or_, select, update

from app.current import settings
from app.extensions import db
from app.models import (
    CameraRow,
    Case,
    CaseState,
    Embedder,
    Face,
    Footage,
    LivePhase,
    StreamOutage,
    Sweep,
    SweepState,
    Visit,
    VisitPart,
    VisitState,
)
from app.models.columns import utc_now
from app.outputs.base import duration
from app.services.base import audit, live
from app.services.base.actors import WORKER
from app.services.embeddings import faces
from app.services.embeddings.faces import FoundFace
from app.services.messages import alerts
from app.services.persons import comparing
from app.services.prioritisation import detection
from app.services.reviews import sightings
from app.services.sweeping import progress, workers
from app.services.sweeping.visit_values import Chunk, Claim, LookedWith, Outage, VisitEnded
from recognition.faces import FloatArray

MAX_ATTEMPTS = 5
"""A visit that so many workers died of is failed, lest it take all of them."""

CAMERA_GONE = (
    "The camera was taken out of the registry while it was being looked at; what was found until "
    "then is kept."
)
SWEEP_STOPPED = "The sweep was stopped; what was found until then is kept."
CASE_CLOSED = "The case was closed, or its legal basis expired, while this visit ran."


def claim(visit_id: int, worker: str) -> Claim | None:
    """Take a queued visit, or one whose worker fell silent. None if it is not to be had."""
    stale = utc_now() - timedelta(seconds=settings().visit_stale_seconds)
    attempt = db.session.scalar(
        update(Visit)
        .where(
            Visit.id == visit_id,
            or_(
                Visit.state == VisitState.QUEUED,
                (Visit.state == VisitState.RUNNING) & (Visit.heartbeat_at < stale),
            ),
            exists().where(Sweep.id == Visit.sweep_id, Sweep.state == SweepState.RUNNING),
        )
        .values(
            state=VisitState.RUNNING,
            attempt=Visit.attempt + 1,
            worker=worker,
            heartbeat_at=utc_now(),
            started_at=func.coalesce(Visit.started_at, utc_now()),
            finished_at=None,
            outcome="",
        )
        .returning(Visit.attempt)
    )
    if attempt is None:
        db.session.rollback()
        return None
    progress.publish_visit(db.session.get_one(Visit, visit_id, populate_existing=True))
    db.session.commit()
    return Claim(visit_id, attempt, worker)


def beat(held: Claim) -> None:
    """Say that the worker is alive. Raises VisitEnded when the visit must not go on."""
    alive = db.session.scalar(
        update(Visit)
        .where(
            Visit.id == held.visit_id,
            Visit.attempt == held.attempt,
            Visit.state == VisitState.RUNNING,
        )
        .values(heartbeat_at=utc_now())
        .returning(Visit.id)
    )
    db.session.commit()
    if alive is None:
        raise VisitEnded("Another worker has this visit now.")
    reason = _why_stop(held)
    if reason:
        raise VisitEnded(reason)


def footage_start(part_id: int) -> datetime:
    """When the part's footage begins, in true time; a stream's start may still be put right."""
    return db.session.scalars(
        select(Footage.started_at)
        .join(VisitPart, VisitPart.footage_id == Footage.id)
        .where(VisitPart.id == part_id)
    ).one()


def commit_chunk(held: Claim, chunk: Chunk, embedder: Embedder) -> int:
    """Commit faces, sightings and progress of one chunk together. Returns the sightings proposed.

    Raises VisitEnded, and writes nothing, when the visit is no longer this worker's.
    """
    visit = hold(held)
    part = db.session.get_one(VisitPart, chunk.part_id)
    if chunk.to_s <= part.checkpoint_s:
        db.session.rollback()
        return 0
    proposed, added = 0, list[tuple[Face, FloatArray]]()
    for ordinal, found in enumerate(chunk.faces):
        face = faces.add_face(visit, part, chunk.from_s, ordinal, found, embedder)
        proposed += _propose(face, found)
        added.append((face, found.track.embedding))
    comparing.compare(visit, added, embedder)
    part.checkpoint_s = chunk.to_s
    part.done = chunk.to_s >= part.to_s
    part.seconds_seen += chunk.seconds_seen
    part.faces_found += len(chunk.faces)
    _note_means(part, chunk.looked_with, embedder)
    visit.seconds_looked_at += chunk.to_s - chunk.from_s
    visit.seconds_seen += chunk.seconds_seen
    visit.frames_looked_at += chunk.frames_looked_at
    visit.faces_found += len(chunk.faces)
    visit.sightings_found += proposed
    visit.embedder_id, visit.detector = embedder.id, chunk.looked_with.detector
    visit.heartbeat_at = utc_now()
    workers.note_pace(held.worker, chunk.to_s - chunk.from_s, chunk.took_s)
    if chunk.live is not None:
        add_outages(part, chunk.live.outages)
        visit.outcome, part.problem = chunk.live.note, chunk.live.trouble or None
    if chunk.faces:
        visit.median_face_px = _median_face_px(visit)
    progress.publish_visit(visit)
    progress.publish_sweep(visit.sweep)
    db.session.commit()
    return proposed


def add_outages(part: VisitPart, outages: Sequence[Outage]) -> None:
    """Record when the part's stream was away. Does not commit."""
    part.outages += [StreamOutage(**asdict(outage)) for outage in outages]


def finish_part(held: Claim, part_id: int, problem: str | None) -> None:
    """Mark a stretch as looked through to its end, with what was wrong with it."""
    hold(held)
    part = db.session.get_one(VisitPart, part_id)
    part.done, part.problem = True, problem
    db.session.commit()


def note_problem(held: Claim, part_id: int, sentence: str) -> None:
    """Say why a stretch could not be looked through; a retry takes it up at its checkpoint."""
    hold(held)
    db.session.get_one(VisitPart, part_id).problem = sentence
    db.session.commit()


def finish(held: Claim) -> None:
    """End a visit that looked through all its parts."""
    visit = hold(held)
    _end(visit, VisitState.DONE, " ".join([*reused_in_words(visit), _problems(visit)]).strip())


def fail(held: Claim, sentence: str) -> None:
    """End a visit that could not look; the sentence tells people why."""
    try:
        visit = hold(held)
    except VisitEnded:
        return
    _end(visit, VisitState.FAILED, sentence)


def end_early(held: Claim, sentence: str) -> None:
    """End a visit that was stopped from outside; it can be resumed at its checkpoint."""
    try:
        visit = hold(held, despite_stop=True)
    except VisitEnded:
        return
    _end(visit, VisitState.STOPPED, f"{sentence} {_problems(visit)}".strip())


def put_aside(held: Claim, sentence: str) -> None:
    """Let go of a visit whose live stream cannot be watched yet; the sentence says what it awaits.

    It stays queued, and the scheduler hands it to a worker when it may begin.
    """
    visit = hold(held)
    visit.state, visit.worker, visit.queued_at = VisitState.QUEUED, None, None
    visit.live, visit.outcome = LivePhase.WAITING, sentence
    progress.publish_visit(visit)
    db.session.commit()


def release(held: Claim) -> None:
    """Give a visit back, because the worker itself must stop; another goes on at its checkpoint."""
    try:
        visit = hold(held, despite_stop=True)
    except VisitEnded:
        return
    visit.state, visit.worker, visit.queued_at = VisitState.QUEUED, None, None
    visit.outcome = "The worker was stopped; the visit goes on at its last checkpoint."
    progress.publish_visit(visit)
    db.session.commit()


def fail_running(visit_id: int, sentence: str) -> None:
    """End a visit from outside its worker, for example when its job ran out of time."""
    visit = db.session.get(Visit, visit_id, with_for_update={"of": Visit}, populate_existing=True)
    if visit is not None and visit.state is VisitState.RUNNING:
        _end(visit, VisitState.FAILED, sentence)
    else:
        db.session.rollback()


def settle_sweep(sweep: Sweep) -> bool:
    """Finish a running sweep with nothing left to run. Does not commit. True if it finished."""
    if sweep.follows_plan:
        return False  # `services.sweeping.following` decides what comes next
    db.session.flush()
    # Held, so that of two visits that end at once, the later one sees the earlier one's end.
    state = db.session.scalar(
        select(Sweep.state)
        .where(Sweep.id == sweep.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    left = db.session.scalar(
        select(func.count())
        .select_from(Visit)
        .where(
            Visit.sweep_id == sweep.id,
            Visit.state.in_((VisitState.QUEUED, VisitState.RUNNING)),
        )
    )
    if left or state is not SweepState.RUNNING:
        return False
    sweep.state, sweep.finished_at = SweepState.FINISHED, utc_now()
    audit.record(WORKER, "sweep.finish", case=sweep.case, subject=f"sweep {sweep.id}")
    alerts.raise_for_sweep(sweep)
    live.publish(sweep.case_id, "ranking", {"reason": f"Sweep {sweep.ordinal} is finished."})
    return True


def _end(visit: Visit, state: VisitState, sentence: str) -> None:
    visit.state, visit.outcome = state, sentence
    visit.finished_at, visit.worker, visit.live = utc_now(), None, LivePhase.NONE
    visit.detection_probability = detection.probability_of(visit)
    settle_sweep(visit.sweep)
    progress.publish_visit(visit)
    progress.publish_sweep(visit.sweep)
    live.publish(visit.sweep.case_id, "ranking", {"reason": f"{visit.camera.name} was looked at."})
    db.session.commit()


def reused_in_words(visit: Visit) -> list[str]:
    """What of a visit was answered from faces kept of an earlier look; it names no other case."""
    reused = [part for part in visit.parts if part.is_reused]
    if not reused:
        return []
    zone = ZoneInfo(visit.sweep.case.timezone)
    days = sorted({part.looked_at.astimezone(zone).date() for part in reused if part.looked_at})
    seconds = sum(part.to_s - part.from_s for part in reused)
    faces_compared = sum(part.faces_found for part in reused)
    kept = "1 kept face" if faces_compared == 1 else f"{faces_compared} kept faces"
    named = " and ".join(f"{day:%d %b %Y}" for day in days)
    return [f"{duration(seconds)} looked at before, on {named} for another case: {kept} compared."]


def _note_means(part: VisitPart, means: LookedWith, embedder: Embedder) -> None:
    """Say with what a part was looked at; nothing, where it was not the same all through."""
    if part.looked_at is None:
        part.looked_at, part.embedder_id = utc_now(), embedder.id
        for name, value in asdict(means).items():
            setattr(part, name, value)
    elif part.embedder_id != embedder.id or any(
        getattr(part, name) != value for name, value in asdict(means).items()
    ):
        part.embedder_id = part.detector = part.smallest_face_px = None
        part.frames_per_second = part.frame_side_px = None


def _problems(visit: Visit) -> str:
    problems = [part.problem for part in visit.parts if part.problem]
    return " ".join(dict.fromkeys(problems))


def hold(held: Claim, *, despite_stop: bool = False) -> Visit:
    """The visit, locked. Raises VisitEnded when it is another's, or must not go on."""
    visit = db.session.get(
        Visit, held.visit_id, with_for_update={"of": Visit}, populate_existing=True
    )
    if visit is None or visit.attempt != held.attempt or visit.state is not VisitState.RUNNING:
        db.session.rollback()
        raise VisitEnded("Another worker has this visit now.")
    if not despite_stop:
        reason = _why_stop(held)
        if reason:
            db.session.rollback()
            raise VisitEnded(reason)
    return visit


def _why_stop(held: Claim) -> str:
    row = db.session.execute(
        select(Sweep.state, Case.state, Case.legal_basis_expires_at, CameraRow.deleted_at)
        .select_from(Visit)
        .join(Sweep, Sweep.id == Visit.sweep_id)
        .join(Case, Case.id == Sweep.case_id)
        .join(CameraRow, CameraRow.id == Visit.camera_id)
        .where(Visit.id == held.visit_id)
    ).one()
    sweep_state, case_state, basis_expires_at, camera_deleted_at = row
    if case_state is not CaseState.OPEN or basis_expires_at <= utc_now():
        return CASE_CLOSED
    if camera_deleted_at is not None:
        return CAMERA_GONE
    if sweep_state is not SweepState.RUNNING:
        return SWEEP_STOPPED
    return ""


def _propose(face: Face, found: FoundFace) -> int:
    proposed = [sightings.propose(face, match) for match in found.matches]
    return sum(sighting is not None for sighting in proposed)


def _median_face_px(visit: Visit) -> float | None:
    heights = db.session.scalars(
        select(Face.face_height_px).where(Face.visit_id == visit.id).limit(10_000)
    ).all()
    return float(median(heights)) if heights else None
