"""Sweeps, their visits, and the parts of footage that each visit looks through."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ColumnElement, ForeignKey, Index, String, Text, UniqueConstraint, case, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.extensions import Model
from app.models.accounts import User
from app.models.cameras import CameraRow
from app.models.cases import Case
from app.models.columns import LongText, UtcTime, choice, utc_now
from app.models.footage import Footage


class SweepState(StrEnum):
    """planned → running → finished; stopped in between, and resumed from there."""

    PLANNED = "planned"
    RUNNING = "running"
    STOPPED = "stopped"
    FINISHED = "finished"


class SweepPriority(StrEnum):
    """Whose visits workers take first, across the sweeps of all cases."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


PRIORITIES = (
    SweepPriority.URGENT,
    SweepPriority.HIGH,
    SweepPriority.NORMAL,
    SweepPriority.LOW,
)
"""In the order in which workers take them."""


class VisitState(StrEnum):
    """What became of a visit. `failed` says why in words; `skipped` too."""

    WAITING = "waiting"
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"
    SKIPPED = "skipped"


class LivePhase(StrEnum):
    """Where a visit stands with its camera's live stream.

    `waiting` for a free place, or for its window to begin; `watching` holds a place while it runs.
    """

    NONE = "none"
    WAITING = "waiting"
    WATCHING = "watching"


class Sweep(Model):
    """An ordered set of visits for a case, over one time window.

    One that follows the plan gets its visits one at a time, each from the plan as the results so
    far have left it, until `budget_minutes` of workers' time are used or a sighting is confirmed.
    One that `is_inherited` holds faces of a purged case that something of this case rests on.
    """

    __tablename__ = "sweeps"
    __table_args__ = (UniqueConstraint("case_id", "ordinal"), Index("ix_sweeps_state", "state"))

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    ordinal: Mapped[int]
    window_start: Mapped[UtcTime]
    window_end: Mapped[UtcTime]
    state: Mapped[SweepState] = mapped_column(choice(SweepState), default=SweepState.PLANNED)
    priority: Mapped[SweepPriority] = mapped_column(
        choice(SweepPriority), default=SweepPriority.NORMAL, server_default="normal"
    )
    smallest_face_px: Mapped[int]
    note: Mapped[LongText]
    follows_plan: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    budget_minutes: Mapped[float | None]
    is_inherited: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    outcome: Mapped[LongText]
    assigned_to_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[UtcTime] = mapped_column(default=utc_now)
    started_at: Mapped[UtcTime | None]
    finished_at: Mapped[UtcTime | None]

    case: Mapped[Case] = relationship()
    assigned_to: Mapped[User | None] = relationship(foreign_keys=[assigned_to_id])


def priority_place() -> ColumnElement[int]:
    """Where a sweep's priority stands in the order of work, from 0: for ORDER BY."""
    return case(
        {priority: place for place, priority in enumerate(PRIORITIES)}, value=Sweep.priority
    )


class Visit(Model):
    """One camera over one time window.

    `attempt` grows each time that a worker takes the visit; a worker whose attempt is no longer the
    visit's own (it was given up for dead) can commit nothing more. `seconds_in_window` is what the
    window holds, `seconds_held` what footage exists of it, `seconds_looked_at` how far it came, and
    `seconds_seen` how much of that was really seen: the rest was damaged or missing.
    `detection_probability` is that of someone who passed while it looked.
    """

    __tablename__ = "visits"
    __table_args__ = (
        UniqueConstraint("sweep_id", "camera_id"),
        Index("ix_visits_sweep_id_rank", "sweep_id", "rank"),
        Index("ix_visits_state", "state"),
        Index("ix_visits_camera_id", "camera_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sweep_id: Mapped[int] = mapped_column(ForeignKey("sweeps.id", ondelete="CASCADE"))
    camera_id: Mapped[int] = mapped_column(ForeignKey("cameras.id"))
    rank: Mapped[int]
    distance_m: Mapped[float | None]
    reason: Mapped[LongText]
    state: Mapped[VisitState] = mapped_column(choice(VisitState), default=VisitState.WAITING)
    outcome: Mapped[LongText]
    attempt: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    worker: Mapped[str | None] = mapped_column(String(200))
    heartbeat_at: Mapped[UtcTime | None]
    queued_at: Mapped[UtcTime | None]
    started_at: Mapped[UtcTime | None]
    finished_at: Mapped[UtcTime | None]
    seconds_in_window: Mapped[float]
    seconds_held: Mapped[float] = mapped_column(default=0.0, server_default=text("0"))
    seconds_looked_at: Mapped[float] = mapped_column(default=0.0, server_default=text("0"))
    seconds_seen: Mapped[float] = mapped_column(default=0.0, server_default=text("0"))
    detection_probability: Mapped[float | None]
    frames_looked_at: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    faces_found: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    sightings_found: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    median_face_px: Mapped[float | None]
    live: Mapped[LivePhase] = mapped_column(
        choice(LivePhase), default=LivePhase.NONE, server_default="none"
    )
    embedder_id: Mapped[int | None] = mapped_column(ForeignKey("embedders.id"))
    detector: Mapped[str | None] = mapped_column(String(60))

    sweep: Mapped[Sweep] = relationship()
    camera: Mapped[CameraRow] = relationship()
    parts: Mapped[list[VisitPart]] = relationship(
        order_by="VisitPart.ordinal", cascade="all, delete-orphan", back_populates="visit"
    )


class VisitPart(Model):
    """A stretch of one recording that a visit looks through, in seconds of the recording.

    Everything before `checkpoint_s` is committed: faces, sightings and progress together.
    `looked_at` is when that began, and `embedder_id`, `detector`, `smallest_face_px`,
    `frames_per_second` and `frame_side_px` (the largest side of a frame) say with what; all are
    None where it was begun in one way and gone on with in another. A part that `is_reused` was
    answered from faces kept of an earlier look, made at `looked_at` for another case.
    """

    __tablename__ = "visit_parts"
    __table_args__ = (
        UniqueConstraint("visit_id", "ordinal"),
        Index("ix_visit_parts_footage_id", "footage_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[int] = mapped_column(ForeignKey("visits.id", ondelete="CASCADE"))
    footage_id: Mapped[int] = mapped_column(ForeignKey("footage.id", ondelete="CASCADE"))
    ordinal: Mapped[int]
    from_s: Mapped[float]
    to_s: Mapped[float]
    checkpoint_s: Mapped[float]
    seconds_seen: Mapped[float] = mapped_column(default=0.0, server_default=text("0"))
    done: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    problem: Mapped[str | None] = mapped_column(Text)
    looked_at: Mapped[UtcTime | None]
    embedder_id: Mapped[int | None] = mapped_column(ForeignKey("embedders.id"))
    detector: Mapped[str | None] = mapped_column(String(60))
    smallest_face_px: Mapped[int | None]
    frames_per_second: Mapped[float | None]
    frame_side_px: Mapped[int | None]
    faces_found: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    is_reused: Mapped[bool] = mapped_column(default=False, server_default=text("false"))

    visit: Mapped[Visit] = relationship(back_populates="parts")
    footage: Mapped[Footage] = relationship()
    outages: Mapped[list[StreamOutage]] = relationship(
        order_by="StreamOutage.from_at", cascade="all, delete-orphan"
    )


class StreamOutage(Model):
    """A time in which a visit that watched a live stream saw nothing of it, and why."""

    __tablename__ = "stream_outages"
    __table_args__ = (Index("ix_stream_outages_part_id", "part_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    part_id: Mapped[int] = mapped_column(ForeignKey("visit_parts.id", ondelete="CASCADE"))
    from_at: Mapped[UtcTime]
    to_at: Mapped[UtcTime]
    reason: Mapped[LongText]
