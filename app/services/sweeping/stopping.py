"""Stopping sweeps: what runs ends at its next checkpoint, and nothing waits in what is stopped.

A visit that stayed queued in a sweep that does not run would be shown as waiting for ever, and no
worker would take it.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, select, update

from app.errors import Conflict
from app.extensions import db
from app.models import Case, LivePhase, Sweep, SweepState, Visit, VisitState
from app.services.base import audit
from app.services.base.actors import Actor
from app.services.sweeping.progress import publish_sweep

NOT_BEGUN: Final = "The sweep was stopped before this visit began."


def stop_sweep(actor: Actor, sweep: Sweep) -> Sweep:
    """Stop a sweep. Visits in hand end within seconds, and keep what they committed.

    One that was never started is put aside; like any stopped one it can be taken up again. Raises
    Conflict for any other.
    """
    if not hold_sweep(sweep) or sweep.state not in (SweepState.RUNNING, SweepState.PLANNED):
        raise Conflict(f"Sweep {sweep.ordinal} is not running.")
    before = sweep.state
    _stop(sweep)
    audit.record(
        actor,
        "sweep.stop",
        case=sweep.case,
        subject=f"sweep {sweep.id}",
        details={"was": before.value},
    )
    publish_sweep(sweep)
    db.session.commit()
    return sweep


def stop_sweeps_of(case: Case) -> None:
    """Stop what runs for a case that is closed. Does not commit."""
    running = select(Sweep).where(Sweep.case_id == case.id, Sweep.state == SweepState.RUNNING)
    for sweep in db.session.scalars(running.order_by(Sweep.id).with_for_update(key_share=True)):
        _stop(sweep)


def let_go() -> int:
    """Stop visits that wait in sweeps that do not run: a worker gave them back after the stop.

    Does not commit. Returns how many.
    """
    idle = select(Sweep.id).where(Sweep.state != SweepState.RUNNING)
    return _stop_queued(Visit.sweep_id.in_(idle))


def hold_sweep(sweep: Sweep) -> bool:
    """Hold a sweep's row until the commit, read as it is now; False where it was deleted."""
    held = db.session.scalar(
        select(Sweep)
        .where(Sweep.id == sweep.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return held is not None


def _stop(sweep: Sweep) -> None:
    sweep.state = SweepState.STOPPED
    _stop_queued(Visit.sweep_id == sweep.id)


def _stop_queued(of_sweeps: ColumnElement[bool]) -> int:
    stopped = db.session.scalars(
        update(Visit)
        .where(of_sweeps, Visit.state == VisitState.QUEUED)
        .values(state=VisitState.STOPPED, live=LivePhase.NONE, outcome=NOT_BEGUN)
        .returning(Visit.id)
    )
    return len(stopped.all())
