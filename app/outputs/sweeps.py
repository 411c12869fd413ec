"""Outputs for sweeps and visits."""

from __future__ import annotations

from typing import Any, Protocol

from pydantic import Field

from app.models.accounts import User
from app.models.sweeps import Sweep, SweepPriority, SweepState, Visit, VisitState
from app.outputs.base import Output, UtcInstant, local_text
from app.outputs.cameras import CameraRefOut


class SweepProgressLike(Protocol):
    """What `services.sweeping.sweeps.progress_of` answers for one sweep."""

    @property
    def visits(self) -> int: ...
    @property
    def waiting(self) -> int: ...
    @property
    def queued(self) -> int: ...
    @property
    def running(self) -> int: ...
    @property
    def done(self) -> int: ...
    @property
    def failed(self) -> int: ...
    @property
    def stopped(self) -> int: ...
    @property
    def skipped(self) -> int: ...
    @property
    def seconds_held(self) -> float: ...
    @property
    def seconds_looked_at(self) -> float: ...
    @property
    def faces_found(self) -> int: ...
    @property
    def sightings_found(self) -> int: ...
    @property
    def seconds_remaining(self) -> float | None: ...
    @property
    def why_nothing(self) -> tuple[str, ...]: ...


class SweepProgressOut(Output):
    """Counts of visits by state, and how much footage was held and looked at.

    `seconds_remaining` is an estimate from the pace so far, null until there is one. `why_nothing`
    says why all visits were skipped, and is empty otherwise.
    """

    visits: int
    waiting: int
    queued: int
    running: int
    done: int
    failed: int
    stopped: int
    skipped: int
    seconds_held: float
    seconds_looked_at: float
    faces_found: int
    sightings_found: int
    seconds_remaining: float | None
    why_nothing: tuple[str, ...] = ()


class UserRefOut(Output):
    """A person, by name."""

    id: int
    name: str
    role: str

    @classmethod
    def of(cls, user: User) -> UserRefOut:
        """From a row."""
        return cls(id=user.id, name=user.name, role=user.role.value)


class SweepOut(SweepProgressOut):
    """A sweep with its progress, all on one level."""

    id: int
    case_number: str
    ordinal: int
    state: SweepState
    window_start: UtcInstant
    window_end: UtcInstant
    window_start_local: str
    window_end_local: str
    priority: SweepPriority
    follows_plan: bool
    budget_minutes: float | None
    outcome: str
    smallest_face_px: int
    note: str
    assigned_to: UserRefOut | None
    created_at: UtcInstant
    started_at: UtcInstant | None
    finished_at: UtcInstant | None

    @classmethod
    def of(cls, sweep: Sweep, progress: SweepProgressLike) -> SweepOut:
        """From a row and its progress."""
        zone = sweep.case.timezone
        assigned_to = sweep.assigned_to
        return cls(
            id=sweep.id,
            case_number=sweep.case.number,
            ordinal=sweep.ordinal,
            state=sweep.state,
            window_start=sweep.window_start,
            window_end=sweep.window_end,
            window_start_local=local_text(sweep.window_start, zone),
            window_end_local=local_text(sweep.window_end, zone),
            priority=sweep.priority,
            follows_plan=sweep.follows_plan,
            budget_minutes=sweep.budget_minutes,
            outcome=sweep.outcome,
            smallest_face_px=sweep.smallest_face_px,
            note=sweep.note,
            assigned_to=None if assigned_to is None else UserRefOut.of(assigned_to),
            created_at=sweep.created_at,
            started_at=sweep.started_at,
            finished_at=sweep.finished_at,
            **SweepProgressOut.model_validate(progress).model_dump(),
        )


class VisitProgressOut(Output):
    """What changes while a visit runs.

    `share_seen` is the part of the window that was really seen, 0 to 1; null where the window has
    no length. So "no sighting" and "could not look" are told apart.
    """

    id: int
    sweep_id: int
    camera_id: int
    state: VisitState
    outcome: str
    share_seen: float | None
    seconds_in_window: float
    seconds_held: float
    seconds_looked_at: float
    seconds_seen: float
    detection_probability: float | None
    frames_looked_at: int
    faces_found: int
    sightings_found: int
    detector: str | None

    @classmethod
    def of_visit(cls, visit: Visit) -> VisitProgressOut:
        """From a row."""
        return cls(**_progress(visit))


class VisitOut(VisitProgressOut):
    """A visit: one camera over one time window. `median_face_px` says how large faces were."""

    camera: CameraRefOut
    rank: int
    distance_m: float | None
    reason: str
    attempt: int
    queued_at: UtcInstant | None
    started_at: UtcInstant | None
    finished_at: UtcInstant | None
    median_face_px: float | None = Field(description="median face height in pixels")

    @classmethod
    def of(cls, visit: Visit) -> VisitOut:
        """From a row with its camera."""
        return cls(
            **_progress(visit),
            camera=CameraRefOut.of(visit.camera),
            rank=visit.rank,
            distance_m=visit.distance_m,
            reason=visit.reason,
            attempt=visit.attempt,
            queued_at=visit.queued_at,
            started_at=visit.started_at,
            finished_at=visit.finished_at,
            median_face_px=visit.median_face_px,
        )


def _progress(visit: Visit) -> dict[str, Any]:
    return {
        "id": visit.id,
        "sweep_id": visit.sweep_id,
        "camera_id": visit.camera_id,
        "state": visit.state,
        "outcome": visit.outcome,
        "share_seen": _share(visit.seconds_seen, visit.seconds_in_window),
        "seconds_in_window": visit.seconds_in_window,
        "seconds_held": visit.seconds_held,
        "seconds_looked_at": visit.seconds_looked_at,
        "seconds_seen": visit.seconds_seen,
        "detection_probability": visit.detection_probability,
        "frames_looked_at": visit.frames_looked_at,
        "faces_found": visit.faces_found,
        "sightings_found": visit.sightings_found,
        "detector": visit.detector,
    }


def _share(seconds_seen: float, seconds_in_window: float) -> float | None:
    if seconds_in_window <= 0:
        return None
    return round(min(1.0, seconds_seen / seconds_in_window), 4)
