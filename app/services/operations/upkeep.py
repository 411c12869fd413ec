"""What the scheduler does again and again: rescue and prune. Each step may run twice."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from app.current import settings
from app.extensions import db
from app.models import (
    LiveEvent,
    SchedulerBeat,
    Sweep,
    SweepPriority,
    SweepState,
    Visit,
    VisitState,
)
from app.models.columns import utc_now
from app.models.sweeps import priority_place
from app.services.base import dispatch
from app.services.sweeping import live_places, progress, stopping, visits

QUEUED_PATIENCE_S = 5.0
"""A visit queued for less than this may still be on its way into Redis."""

BEAT_EVERY = timedelta(seconds=10)
FORGOTTEN_AFTER = timedelta(days=1)

TOO_MANY_DEATHS = (
    "Workers died at this visit {attempts} times, the last time in the middle of its work: its "
    "footage may be broken. Retry it, or look at the recording by hand."
)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Rescue:
    """What one round put right."""

    requeued: int = 0
    given_up: int = 0
    finished: int = 0


@dataclass(frozen=True)
class _Lost:
    visit_id: int
    attempt: int
    window_end: datetime
    priority: SweepPriority


def beat(name: str) -> None:
    """Say that the scheduler `name` lives, every few seconds at most, and forget dead ones."""
    now = utc_now()
    statement = insert(SchedulerBeat).values(name=name, seen_at=now)
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["name"],
            set_={"seen_at": now},
            where=SchedulerBeat.seen_at < now - BEAT_EVERY,
        )
    )
    db.session.execute(delete(SchedulerBeat).where(SchedulerBeat.seen_at < now - FORGOTTEN_AFTER))
    db.session.commit()


def rescue_visits() -> Rescue:
    """Put visits back into Redis that it lost, or whose worker fell silent; finish done sweeps.

    What waits in a sweep that does not run is stopped: it would be shown as waiting for ever.
    Raises one of `queues.RedisDown` when Redis does not answer.
    """
    stopping.let_go()
    given_up = _release_silent()
    lost = _lost_in_redis()
    for one in lost:
        dispatch.put_again(one.visit_id, one.attempt, one.window_end, one.priority)
    return Rescue(len(lost), given_up, _finish_sweeps())


def prune_events() -> int:
    """Delete live events that no open map can still ask for."""
    oldest = utc_now() - timedelta(hours=settings().event_retention_hours)
    newest_id = select(func.max(LiveEvent.id)).scalar_subquery()
    pruned = db.session.execute(
        delete(LiveEvent).where(LiveEvent.created_at < oldest, LiveEvent.id < newest_id)
    )
    db.session.commit()
    return int(pruned.rowcount)  # type: ignore[attr-defined]


def _release_silent() -> int:
    """Queue visits again whose worker fell silent, and fail those that killed too many."""
    stale = utc_now() - timedelta(seconds=settings().visit_stale_seconds)
    silent = db.session.scalars(
        select(Visit)
        .where(Visit.state == VisitState.RUNNING, Visit.heartbeat_at < stale)
        .with_for_update(skip_locked=True)
    ).all()
    given_up = 0
    for visit in silent:
        log.warning("Visit %s: worker %s fell silent.", visit.id, visit.worker)
        visit.worker = None
        if visit.sweep.state is not SweepState.RUNNING:
            visit.state, visit.outcome = VisitState.STOPPED, visits.SWEEP_STOPPED
        elif visit.attempt >= visits.MAX_ATTEMPTS:
            given_up += 1
            visit.state, visit.finished_at = VisitState.FAILED, utc_now()
            visit.outcome = TOO_MANY_DEATHS.format(attempts=visit.attempt)
        else:
            visit.state, visit.queued_at = VisitState.QUEUED, None
            visit.outcome = "The worker fell silent; the visit goes on at its last checkpoint."
        progress.publish_visit(visit)
    db.session.commit()
    return given_up


def _lost_in_redis() -> list[_Lost]:
    patience = utc_now() - timedelta(seconds=QUEUED_PATIENCE_S)
    rows = db.session.execute(
        select(Visit.id, Visit.attempt, Sweep.window_end, Sweep.priority)
        .join(Sweep, Sweep.id == Visit.sweep_id)
        .where(
            Visit.state == VisitState.QUEUED,
            Sweep.state == SweepState.RUNNING,
            func.coalesce(Visit.queued_at, patience) <= patience,
            live_places.may_go_on(),
        )
        .order_by(priority_place(), Sweep.id, Visit.rank)
    ).all()
    db.session.rollback()
    waiting = dispatch.waiting_visits() if rows else frozenset()
    return [_Lost(*row) for row in rows if row.id not in waiting]


def _finish_sweeps() -> int:
    running = db.session.scalars(select(Sweep).where(Sweep.state == SweepState.RUNNING)).all()
    finished = 0
    for sweep in running:
        if visits.settle_sweep(sweep):
            finished += 1
            progress.publish_sweep(sweep)
    db.session.commit()
    return finished
