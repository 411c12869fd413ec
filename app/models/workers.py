"""Worker and scheduler processes: who is there, and how fast each worker has been."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Model
from app.models.columns import UtcTime


class WorkerRow(Model):
    """One worker process, named host:pid as in `visits.worker`.

    `seen_at` is its own heartbeat, whether it works or waits. `stopped_at` is set when it ends in
    order; one that falls silent without it has died.
    """

    __tablename__ = "workers"

    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    started_at: Mapped[UtcTime]
    seen_at: Mapped[UtcTime]
    stopped_at: Mapped[UtcTime | None]


class WorkerMinute(Model):
    """What one worker committed within one minute: seconds of footage, and seconds it took."""

    __tablename__ = "worker_minutes"

    worker: Mapped[str] = mapped_column(String(200), primary_key=True)
    minute_at: Mapped[UtcTime] = mapped_column(primary_key=True)
    footage_s: Mapped[float]
    took_s: Mapped[float]


class SchedulerBeat(Model):
    """When a scheduler process, named host:pid, last began a round."""

    __tablename__ = "scheduler_beats"

    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    seen_at: Mapped[UtcTime]
