"""Sweeps that follow the plan: one camera after the other, each from what the results have left.

The scheduler asks `advance_all` every few seconds. Such a sweep ends when its budget of workers'
time is used, when nothing that is held is left to look at, or at a confirmed sighting, for a person
to decide how to go on.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import exists, func, select
from sqlalchemy.orm import aliased

from app.errors import Refused
from app.extensions import db
from app.models import (
    Case,
    Review,
    Sighting,
    Sweep,
    SweepState,
    Verdict,
    Visit,
    VisitState,
)
from app.models.columns import utc_now
from app.services.base import audit, dispatch
from app.services.base.actors import SCHEDULER
from app.services.messages import alerts
from app.services.prioritisation import planning
from app.services.sweeping import progress
from app.services.sweeping.stretches import LookedAt, give_parts
from cameras.errors import CamerasError
from cameras.held import TimeSpan, held_within
from cameras.planning import PlannedVisit

LOOKED_THROUGH = 60
"""How many entries of the plan are tried for one whose footage is held."""

CONFIRMED = "Stopped at a confirmed sighting: decide whether the plan should be followed further."
BUDGET_USED = "The budget of {minutes:.0f} worker-minutes is used."
NOTHING_LEFT = "Nothing that is held and worth looking at is left: ask owners for more footage."


@dataclass(frozen=True)
class _Next:
    """The next visit of the plan, and the part of the sweep's window that it covers."""

    planned: PlannedVisit
    window: TimeSpan


def advance_all() -> int:
    """Give each idle sweep that follows the plan its next visit. Returns how many got one."""
    idle = db.session.scalars(
        select(Sweep)
        .where(Sweep.state == SweepState.RUNNING, Sweep.follows_plan)
        .where(
            ~select(Visit.id)
            .where(
                Visit.sweep_id == Sweep.id,
                Visit.state.in_((VisitState.QUEUED, VisitState.RUNNING)),
            )
            .exists()
        )
        .order_by(Sweep.id)
    ).all()
    return sum(advance(sweep) for sweep in idle)


def advance(sweep: Sweep) -> bool:
    """Queue the next visit of a sweep that follows the plan, or end it and say why."""
    reason = _why_end(sweep)
    if reason:
        _end(sweep, reason, SweepState.STOPPED if reason == CONFIRMED else SweepState.FINISHED)
        return False
    try:
        plan = planning.current_plan(sweep.case)
    except (Refused, CamerasError) as error:
        _end(sweep, str(error), SweepState.STOPPED)
        return False
    if plan is None:
        return False  # the model is being made; the next round asks again
    for planned in plan.now.visits(LOOKED_THROUGH):
        upcoming = _within(sweep, plan, planned)
        if upcoming is not None and _queue(sweep, upcoming):
            return True
    _end(sweep, NOTHING_LEFT, SweepState.FINISHED)
    return False


def minutes_used(sweep: Sweep) -> float:
    """Workers' time that the sweep's visits have taken so far, in minutes."""
    seconds = db.session.scalar(
        select(func.sum(func.extract("epoch", Visit.finished_at - Visit.started_at))).where(
            Visit.sweep_id == sweep.id
        )
    )
    return float(seconds or 0.0) / 60.0


def _why_end(sweep: Sweep) -> str:
    earlier = aliased(Review)
    # A second review of what was confirmed before the sweep began is no news to stop for.
    is_second = (
        exists()
        .where(earlier.sighting_id == Review.sighting_id, earlier.id < Review.id)
        .where(earlier.verdict == Verdict.CONFIRMED, earlier.undone_at.is_(None))
    )
    confirmed = db.session.scalar(
        select(Review.id)
        .join(Sighting, Sighting.id == Review.sighting_id)
        .where(
            Sighting.case_id == sweep.case_id,
            Review.verdict == Verdict.CONFIRMED,
            Review.undone_at.is_(None),
            Review.created_at > sweep.started_at,
            ~is_second,
        )
        .limit(1)
    )
    if confirmed is not None:
        return CONFIRMED
    if sweep.budget_minutes is not None and minutes_used(sweep) >= sweep.budget_minutes:
        return BUDGET_USED.format(minutes=sweep.budget_minutes)
    return ""


def _within(sweep: Sweep, plan: planning.CurrentPlan, planned: PlannedVisit) -> _Next | None:
    """The planned visit cut to the sweep's window; None where nothing of it is held."""
    start = max(planned.window.start, sweep.window_start)
    end = min(planned.window.end, sweep.window_end)
    if end <= start:
        return None
    window = TimeSpan(start, end)
    held = next(one.footage for one in plan.candidates if one.camera_id == planned.camera_id)
    return _Next(planned, window) if held_within(held, window) else None


def _queue(sweep: Sweep, upcoming: _Next) -> bool:
    """Queue the visit; False where all of it has been looked at."""
    # The case's row is held, so that two schedulers cannot add the same visit.
    db.session.execute(select(Case.id).where(Case.id == sweep.case_id).with_for_update())
    visit = db.session.scalar(
        select(Visit).where(
            Visit.sweep_id == sweep.id, Visit.camera_id == upcoming.planned.camera_id
        )
    )
    if visit is None:
        visit = _new_visit(sweep, upcoming)
    looked_at = LookedAt.of_case(sweep.case_id, sweep.smallest_face_px)
    give_parts(visit, sweep, looked_at, upcoming.window)
    if not any(not part.done for part in visit.parts):
        db.session.rollback()
        return False
    visit.state, visit.queued_at, visit.outcome = VisitState.QUEUED, utc_now(), ""
    visit.reason, visit.finished_at = upcoming.planned.reason, None
    progress.publish_visit(visit)
    progress.publish_sweep(sweep)
    audit.record(
        SCHEDULER,
        "sweep.follow",
        case=sweep.case,
        purpose=sweep.case.purpose,
        subject=f"visit {visit.id}",
        details={"camera_id": visit.camera_id, "gain": round(upcoming.planned.gain, 6)},
    )
    db.session.commit()
    dispatch.enqueue(sweep, [visit])
    return True


def _new_visit(sweep: Sweep, upcoming: _Next) -> Visit:
    last = db.session.scalar(select(func.max(Visit.rank)).where(Visit.sweep_id == sweep.id))
    visit = Visit(
        sweep_id=sweep.id,
        camera_id=upcoming.planned.camera_id,
        rank=(last or 0) + 1,
        state=VisitState.WAITING,
        seconds_in_window=upcoming.window.duration_s,
    )
    db.session.add(visit)
    db.session.flush()
    return visit


def _end(sweep: Sweep, reason: str, state: SweepState) -> None:
    sweep.state, sweep.outcome = state, reason
    if state is SweepState.FINISHED:
        sweep.finished_at = utc_now()
        alerts.raise_for_sweep(sweep)
    audit.record(
        SCHEDULER,
        "sweep.finish",
        case=sweep.case,
        subject=f"sweep {sweep.id}",
        details={"reason": reason},
    )
    progress.publish_sweep(sweep)
    db.session.commit()
