"""Sweeps that are stopped, with their case or alone: nothing stays behind as if it waited."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from app.errors import Refused
from app.extensions import db
from app.models import Case, CaseState, Sweep, SweepState, Visit, VisitState
from app.services.base.actors import COMMAND_LINE
from app.services.casework import cases
from app.services.operations import upkeep
from app.services.sweeping import sweeps
from tests.app import factories
from tests.app.interleaving import interleave


class AnyModel:
    """Stands for an installed model: nothing is looked at here, only started and stopped."""

    def choice(self) -> None:
        """Nothing is missing."""


@pytest.fixture(autouse=True)
def any_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeps, "holder", AnyModel)


def a_sweep(state: SweepState, visits: VisitState) -> Sweep:
    """A sweep of two cameras that hold footage of its window, none of it looked at."""
    sweep = factories.make_sweep(factories.make_case(), state=state)
    for _ in range(2):
        camera = factories.make_camera()
        factories.make_footage(camera)
        factories.make_visit(sweep, camera, state=visits, seconds_looked_at=0.0)
    return sweep


def visits_of(sweep_id: int) -> list[VisitState]:
    db.session.expire_all()
    rows = db.session.query(Visit).filter_by(sweep_id=sweep_id).order_by(Visit.id)
    return [visit.state for visit in rows]


def test_what_waited_when_a_case_was_closed_is_looked_at_when_its_sweep_is_resumed(
    app: Flask,
) -> None:
    sweep = a_sweep(SweepState.RUNNING, VisitState.QUEUED)
    cases.close_case(COMMAND_LINE, sweep.case)
    assert visits_of(sweep.id) == [VisitState.STOPPED] * 2

    cases.reopen_case(COMMAND_LINE, sweep.case)
    assert sweep.state is SweepState.STOPPED
    assert sweeps.resume_sweep(COMMAND_LINE, sweep).queued == 2
    assert visits_of(sweep.id) == [VisitState.QUEUED] * 2


def test_a_visit_that_a_worker_gave_back_after_the_stop_waits_for_nobody(app: Flask) -> None:
    sweep = a_sweep(SweepState.STOPPED, VisitState.QUEUED)
    running = a_sweep(SweepState.RUNNING, VisitState.QUEUED)
    upkeep.rescue_visits()
    assert visits_of(sweep.id) == [VisitState.STOPPED] * 2
    assert visits_of(running.id) == [VisitState.QUEUED] * 2
    assert sweeps.resume_sweep(COMMAND_LINE, sweep).queued == 2


# --------------------------------------------------------------------------- at the same moment

Act = Callable[[int], object]


def _start(sweep_id: int) -> object:
    return sweeps.start_sweep(COMMAND_LINE, sweeps.find_sweep(sweep_id))


def _stop(sweep_id: int) -> object:
    return sweeps.stop_sweep(COMMAND_LINE, sweeps.find_sweep(sweep_id)).state


def _retry(sweep_id: int) -> object:
    visit = db.session.query(Visit).filter_by(sweep_id=sweep_id).order_by(Visit.id).first()
    assert visit is not None
    return sweeps.retry_visit(COMMAND_LINE, visit.id).state


def _close(sweep_id: int) -> object:
    case: Case = sweeps.find_sweep(sweep_id).case
    return cases.close_case(COMMAND_LINE, case).state


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "first", "halted_before", "second"),
    [
        ((SweepState.PLANNED, VisitState.WAITING), _start, "UPDATE sweeps", _close),
        ((SweepState.PLANNED, VisitState.WAITING), _close, "pg_advisory", _start),
        ((SweepState.RUNNING, VisitState.FAILED), _retry, "UPDATE visits", _close),
        ((SweepState.RUNNING, VisitState.FAILED), _retry, "UPDATE visits", _stop),
        ((SweepState.RUNNING, VisitState.FAILED), _stop, "pg_advisory", _retry),
    ],
)
def test_whoever_starts_and_whoever_stops_come_one_after_the_other(
    committing_app: Flask,
    before: tuple[SweepState, VisitState],
    first: Act,
    halted_before: str,
    second: Act,
) -> None:
    sweep_id = a_sweep(*before).id
    said = interleave(
        committing_app, lambda: first(sweep_id), halted_before, lambda: second(sweep_id)
    )
    waiting = VisitState.QUEUED in visits_of(sweep_id)
    sweep = sweeps.find_sweep(sweep_id)
    assert waiting == (sweep.state is SweepState.RUNNING)
    if _close in (first, second):
        assert (sweep.case.state, waiting) == (CaseState.CLOSED, False)
    errors = [one for one in said if isinstance(one, Exception)]
    assert all(isinstance(one, Refused) for one in errors), errors
