"""Workers: who is there, what each looks at now, and how fast it has been.

A worker says every few seconds that it lives, in the database and not in Redis: so one that died is
told apart from one that waits, and the board knows while Redis is away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from app.extensions import db
from app.models import CameraRow, Case, Sweep, Visit, VisitState, WorkerMinute, WorkerRow
from app.models.columns import utc_now
from app.services.base.access import visible_cases
from app.services.base.actors import Actor

BEAT_INTERVAL_S = 5.0
SILENT_AFTER = timedelta(seconds=30)
"""A worker that said nothing for so long has died; six heartbeats are missing."""
PACE_OVER = timedelta(minutes=5)
SHOWN_FOR = timedelta(hours=1)
"""How long a worker that died stays on the board; one that stopped in order goes at once."""
KEPT_FOR = timedelta(days=1)


class WorkerCondition(StrEnum):
    """What a worker is doing, in one word."""

    WORKING = "working"
    WAITING = "waiting"
    DIED = "died"


@dataclass(frozen=True)
class WorkerView:
    """One worker as the board shows it.

    `pace` is seconds of footage per second of work over the last minutes, None where it committed
    nothing in them.
    """

    name: str
    condition: WorkerCondition
    seen_at: datetime
    started_at: datetime
    visit_id: int | None
    sweep_id: int | None
    camera_name: str
    case_number: str
    pace: float | None

    @property
    def host(self) -> str:
        """The machine or container that it runs on."""
        return self.name.rsplit(":", 1)[0]


@dataclass(frozen=True)
class QueueLength:
    """Visits that wait for a worker, and how many seconds of footage they hold."""

    visits: int
    footage_s: float


def begin(name: str) -> None:
    """Enter a worker that starts; one of the same name before it is gone."""
    now = utc_now()
    values = {"started_at": now, "seen_at": now, "stopped_at": None}
    statement = insert(WorkerRow).values(name=name, **values)
    db.session.execute(
        statement.on_conflict_do_update(index_elements=[WorkerRow.name], set_=values)
    )
    db.session.commit()


def beat(name: str) -> None:
    """Say that a worker lives."""
    db.session.execute(update(WorkerRow).where(WorkerRow.name == name).values(seen_at=utc_now()))
    db.session.commit()


def end(name: str) -> None:
    """Say that a worker ends in order."""
    now = utc_now()
    db.session.execute(
        update(WorkerRow).where(WorkerRow.name == name).values(seen_at=now, stopped_at=now)
    )
    db.session.commit()


def note_pace(name: str, footage_s: float, took_s: float) -> None:
    """Add what a worker has done to its present minute. The caller commits it with the work."""
    statement = insert(WorkerMinute).values(
        worker=name,
        minute_at=utc_now().replace(second=0, microsecond=0),
        footage_s=footage_s,
        took_s=took_s,
    )
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=[WorkerMinute.worker, WorkerMinute.minute_at],
            set_={
                "footage_s": WorkerMinute.footage_s + statement.excluded.footage_s,
                "took_s": WorkerMinute.took_s + statement.excluded.took_s,
            },
        )
    )


def list_workers(actor: Actor) -> Sequence[WorkerView]:
    """Workers that live, and those that died within the last hour; in one query.

    What a worker looks at for a case that `actor` may not see is not named.
    """
    now = utc_now()
    pace = (
        select(
            WorkerMinute.worker,
            (
                func.sum(WorkerMinute.footage_s) / func.nullif(func.sum(WorkerMinute.took_s), 0)
            ).label("pace"),
        )
        .where(WorkerMinute.minute_at > now - PACE_OVER)
        .group_by(WorkerMinute.worker)
        .subquery()
    )
    rows = db.session.execute(
        select(
            WorkerRow.name,
            WorkerRow.seen_at,
            WorkerRow.started_at,
            Visit.id.label("visit_id"),
            Visit.sweep_id,
            CameraRow.name.label("camera_name"),
            Case.number,
            pace.c.pace,
        )
        .outerjoin(Visit, (Visit.worker == WorkerRow.name) & (Visit.state == VisitState.RUNNING))
        .outerjoin(Sweep, Sweep.id == Visit.sweep_id)
        .outerjoin(Case, (Case.id == Sweep.case_id) & visible_cases(actor))
        .outerjoin(CameraRow, CameraRow.id == Visit.camera_id)
        .outerjoin(pace, pace.c.worker == WorkerRow.name)
        .where(WorkerRow.stopped_at.is_(None), WorkerRow.seen_at > now - SHOWN_FOR)
        .order_by(WorkerRow.name)
    )
    return [
        WorkerView(
            name=row.name,
            condition=_condition(row.seen_at, row.visit_id, now),
            seen_at=row.seen_at,
            started_at=row.started_at,
            visit_id=row.visit_id,
            sweep_id=row.sweep_id if row.number else None,
            camera_name=row.camera_name if row.number else "",
            case_number=row.number or "",
            pace=row.pace,
        )
        for row in rows
    ]


def queue_length() -> QueueLength:
    """What waits for a worker, over all sweeps."""
    count, footage_s = db.session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(Visit.seconds_held - Visit.seconds_looked_at), 0.0),
        ).where(Visit.state == VisitState.QUEUED)
    ).one()
    return QueueLength(count, footage_s)


def prune() -> None:
    """Forget workers, and their minutes, of which nothing was heard for a day."""
    oldest = utc_now() - KEPT_FOR
    db.session.execute(delete(WorkerMinute).where(WorkerMinute.minute_at < oldest))
    db.session.execute(delete(WorkerRow).where(WorkerRow.seen_at < oldest))
    db.session.commit()


def _condition(seen_at: datetime, visit_id: int | None, now: datetime) -> WorkerCondition:
    if now - seen_at > SILENT_AFTER:
        return WorkerCondition.DIED
    return WorkerCondition.WAITING if visit_id is None else WorkerCondition.WORKING
