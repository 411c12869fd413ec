"""Progress of sweeps: one query for many, and the live events that carry it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import case as sql_case
from sqlalchemy import func, select

from app.extensions import db
from app.models import Sweep, Visit, VisitState
from app.models.columns import utc_now
from app.outputs import sweep_payload, visit_payload
from app.services.base import live

MOST_REASONS: Final = 3


@dataclass(frozen=True)
class SweepProgress:
    """How far a sweep is. Seconds are of footage; `seconds_remaining` is of a wall clock's time.

    `seconds_remaining` is None before the speed is known, and where nothing remains to run.
    `why_nothing` says why all visits were skipped; empty where one of them has something to do.
    """

    visits: int = 0
    waiting: int = 0
    queued: int = 0
    running: int = 0
    done: int = 0
    failed: int = 0
    stopped: int = 0
    skipped: int = 0
    seconds_held: float = 0.0
    seconds_looked_at: float = 0.0
    faces_found: int = 0
    sightings_found: int = 0
    seconds_remaining: float | None = None
    why_nothing: tuple[str, ...] = ()

    @property
    def has_nothing_to_do(self) -> bool:
        """Whether all visits were skipped: no worker will ever take one up as it is."""
        return 0 < self.visits == self.skipped

    @property
    def share_looked_at(self) -> float:
        """Share of the footage held that was looked at, 0 to 1."""
        return min(1.0, self.seconds_looked_at / self.seconds_held) if self.seconds_held else 0.0


def progress_of(sweeps: Sequence[Sweep]) -> dict[int, SweepProgress]:
    """Progress by sweep id, for any number of sweeps in one query."""
    if not sweeps:
        return {}
    counts = [func.count().filter(Visit.state == state).label(state.value) for state in VisitState]
    to_look_at = func.sum(
        sql_case(
            (
                Visit.state.in_((VisitState.QUEUED, VisitState.RUNNING)),
                Visit.seconds_held - Visit.seconds_looked_at,
            ),
            else_=0.0,
        )
    )
    rows = db.session.execute(
        select(
            Visit.sweep_id,
            func.count().label("visits"),
            *counts,
            func.sum(Visit.seconds_held).label("seconds_held"),
            func.sum(Visit.seconds_looked_at).label("seconds_looked_at"),
            func.sum(Visit.faces_found).label("faces_found"),
            func.sum(Visit.sightings_found).label("sightings_found"),
            to_look_at.label("to_look_at"),
        )
        .where(Visit.sweep_id.in_([sweep.id for sweep in sweeps]))
        .group_by(Visit.sweep_id)
    )
    by_id = {sweep.id: sweep for sweep in sweeps}
    found: dict[int, SweepProgress] = {}
    for row in rows:
        values = dict(row._mapping)
        sweep_id, to_look_at_s = values.pop("sweep_id"), values.pop("to_look_at")
        remaining = _seconds_remaining(by_id[sweep_id], values["seconds_looked_at"], to_look_at_s)
        found[sweep_id] = SweepProgress(**values, seconds_remaining=remaining)
    for sweep_id, reasons in _why_nothing(found).items():
        found[sweep_id] = replace(found[sweep_id], why_nothing=reasons)
    return {sweep.id: found.get(sweep.id, SweepProgress()) for sweep in sweeps}


def publish_sweep(sweep: Sweep) -> None:
    """Tell the case's open maps how far a sweep is."""
    db.session.flush()
    live.publish(sweep.case_id, "sweep", sweep_payload(sweep, progress_of([sweep])[sweep.id]))


def publish_visit(visit: Visit) -> None:
    """Tell the case's open maps how far a visit is."""
    live.publish(visit.sweep.case_id, "visit", visit_payload(visit))


def _why_nothing(found: Mapping[int, SweepProgress]) -> dict[int, tuple[str, ...]]:
    """The most frequent reasons of sweeps with nothing to do, in one query if there are such."""
    idle = [sweep_id for sweep_id, one in found.items() if one.has_nothing_to_do]
    if not idle:
        return {}
    rows = db.session.execute(
        select(Visit.sweep_id, Visit.outcome, func.count())
        .where(Visit.sweep_id.in_(idle), Visit.outcome != "")
        .group_by(Visit.sweep_id, Visit.outcome)
        .order_by(Visit.sweep_id, func.count().desc(), Visit.outcome)
    )
    reasons: dict[int, tuple[str, ...]] = {}
    for sweep_id, outcome, visits in rows:
        said = outcome if found[sweep_id].visits == 1 else f"{visits} × {outcome}"
        before = reasons.get(sweep_id, ())
        if len(before) < MOST_REASONS:
            reasons[sweep_id] = (*before, said)
    return reasons


def _seconds_remaining(sweep: Sweep, looked_at_s: float, to_look_at_s: float) -> float | None:
    if sweep.started_at is None or to_look_at_s <= 0 or looked_at_s <= 0:
        return None
    elapsed_s = (utc_now() - sweep.started_at).total_seconds()
    return to_look_at_s * elapsed_s / looked_at_s
