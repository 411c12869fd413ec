"""The sweep board: sweeps of all open cases by state, the most urgent first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import joinedload

from app.extensions import db
from app.models import Case, CaseState, Sweep, SweepState, Visit, VisitState
from app.models.sweeps import priority_place
from app.services.base.access import visible_cases
from app.services.base.actors import Actor
from app.services.sweeping.progress import SweepProgress, progress_of

MOST_CARDS = 40
"""In one column; the list shows all."""
MOST_FINISHED = 12


class Whose(StrEnum):
    """Whose sweeps the board shows."""

    ALL = "all"
    MINE = "mine"
    NOBODYS = "nobody"


@dataclass(frozen=True)
class Column:
    """Sweeps in one state; `total` counts those that are not shown, too."""

    state: SweepState
    sweeps: Sequence[Sweep]
    total: int


@dataclass(frozen=True)
class Board:
    """All columns, the progress of each sweep by its id, and why its visits failed, in words."""

    columns: Sequence[Column]
    progress: dict[int, SweepProgress]
    failures: dict[int, Sequence[str]]


def load_board(actor: Actor, whose: Whose = Whose.ALL) -> Board:
    """The board as it is now; the number of queries does not depend on how many sweeps there are.

    Sweeps of closed cases are in the list only: nothing can be done with them.
    """
    totals = _totals(actor, whose)
    columns = [
        Column(state, _column(actor, whose, state), totals.get(state, 0)) for state in SweepState
    ]
    sweeps = [sweep for column in columns for sweep in column.sweeps]
    return Board(columns, progress_of(sweeps), _failures(sweeps))


def _column(actor: Actor, whose: Whose, state: SweepState) -> Sequence[Sweep]:
    statement = (
        select(Sweep)
        .join(Case, Case.id == Sweep.case_id)
        .options(joinedload(Sweep.case), joinedload(Sweep.assigned_to))
        .where(Sweep.state == state, *_conditions(actor, whose))
    )
    if state is SweepState.FINISHED:
        statement = statement.order_by(Sweep.finished_at.desc().nulls_last(), Sweep.id.desc())
        statement = statement.limit(MOST_FINISHED)
    else:
        statement = statement.order_by(priority_place(), Sweep.id).limit(MOST_CARDS)
    return db.session.scalars(statement).all()


def _totals(actor: Actor, whose: Whose) -> dict[SweepState, int]:
    rows = db.session.execute(
        select(Sweep.state, func.count())
        .join(Case, Case.id == Sweep.case_id)
        .where(*_conditions(actor, whose))
        .group_by(Sweep.state)
    )
    return {row[0]: row[1] for row in rows}


def _conditions(actor: Actor, whose: Whose) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [Case.state == CaseState.OPEN, visible_cases(actor)]
    if whose is Whose.MINE:
        conditions.append(Sweep.assigned_to_id == actor.user_id)
    elif whose is Whose.NOBODYS:
        conditions.append(Sweep.assigned_to_id.is_(None))
    return conditions


def _failures(sweeps: Sequence[Sweep]) -> dict[int, Sequence[str]]:
    """The different sentences of each sweep's failed visits, at most three."""
    rows = db.session.execute(
        select(Visit.sweep_id, func.array_agg(Visit.outcome.distinct()))
        .where(Visit.sweep_id.in_([sweep.id for sweep in sweeps]), Visit.state == VisitState.FAILED)
        .group_by(Visit.sweep_id)
    )
    return {sweep_id: tuple(sentences)[:3] for sweep_id, sentences in rows}
