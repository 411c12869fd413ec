"""Sweeps: planning from the ranking, assigning, starting, stopping, resuming."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import contains_eager, joinedload

from app.current import settings
from app.errors import Conflict, NotFound, Refused
from app.extensions import db
from app.inputs import SweepInput
from app.models import (
    Case,
    LivePhase,
    Sweep,
    SweepPriority,
    SweepState,
    User,
    Visit,
    VisitState,
)
from app.models.accounts import Role
from app.models.columns import utc_now
from app.outputs.cameras import RankedCameraOut
from app.recogniser import holder
from app.services.base import audit, dispatch
from app.services.base.access import visible_cases
from app.services.base.actors import Actor
from app.services.base.pages import Page, paginate
from app.services.base.searchable import hold_searchable, require_searchable
from app.services.people import members
from app.services.prioritisation.choosing import choose_cameras
from app.services.prioritisation.search_models import asked_by
from app.services.sweeping.progress import SweepProgress, progress_of, publish_sweep, publish_visit
from app.services.sweeping.stopping import hold_sweep, stop_sweep
from app.services.sweeping.stretches import LookedAt, give_parts

__all__ = [
    "SweepProgress",
    "assign_sweep",
    "assignable_users",
    "find_sweep",
    "list_sweeps",
    "list_visits",
    "plan_sweep",
    "progress_of",
    "resume_sweep",
    "retry_failed",
    "retry_visit",
    "set_priority",
    "start_sweep",
    "stop_sweep",
]

UNFINISHED = (VisitState.WAITING, VisitState.STOPPED, VisitState.FAILED, VisitState.SKIPPED)
"""Visits that a start, a resume or a retry may take up."""


@dataclass(frozen=True)
class StartReport:
    """What a start or resume has queued, and what a person should know of it."""

    queued: int
    note: str


def plan_sweep(actor: Actor, case: Case, given: SweepInput) -> Sweep:
    """Plan visits to the top of the ranking, or to named cameras, over a time window.

    What was looked at before for this case is skipped, and says so. Raises Refused when the case
    cannot be searched for, or nothing can be ranked.
    """
    require_searchable(case)
    if given.follows_plan:
        asked_by(case)  # refuses where the case cannot be planned by probability
    entries = () if given.follows_plan else choose_cameras(case, given)
    sweep = Sweep(
        case_id=case.id,
        ordinal=_next_ordinal(case),
        window_start=given.window_start,
        window_end=given.window_end,
        priority=given.priority,
        smallest_face_px=given.smallest_face_px or settings().smallest_face_px,
        note=given.note,
        follows_plan=given.follows_plan,
        budget_minutes=given.budget_minutes,
        assigned_to_id=_assignee(given.assigned_to_id, case),
        created_by_id=actor.user_id,
        state=SweepState.PLANNED,
    )
    db.session.add(sweep)
    db.session.flush()
    visits = [_visit(sweep, place, entry) for place, entry in enumerate(entries, start=1)]
    db.session.add_all(visits)
    db.session.flush()
    looked_at = LookedAt.of_case(case.id, sweep.smallest_face_px)
    for visit in visits:
        give_parts(visit, sweep, looked_at)
    audit.record(
        actor,
        "sweep.plan",
        case=case,
        purpose=case.purpose,
        subject=f"sweep {sweep.id}",
        details={"visits": len(visits), "cameras": [visit.camera_id for visit in visits][:500]},
    )
    publish_sweep(sweep)
    db.session.commit()
    return sweep


def assign_sweep(actor: Actor, sweep: Sweep, user_id: int | None) -> Sweep:
    """Give a sweep to a person, or to nobody."""
    sweep.assigned_to_id = _assignee(user_id, sweep.case)
    audit.record(
        actor,
        "sweep.assign",
        case=sweep.case,
        subject=f"sweep {sweep.id}",
        details={"user_id": user_id},
    )
    publish_sweep(sweep)
    db.session.commit()
    return sweep


def set_priority(actor: Actor, sweep: Sweep, priority: SweepPriority) -> str:
    """Let workers take a sweep's visits earlier or later; those that wait change their queue.

    Returns what a person should know, empty where there is nothing.
    """
    before = sweep.priority
    if before is priority:
        return ""
    sweep.priority = priority
    # Those that await a live stream wait in the database; the scheduler asks it for their order.
    waiting = db.session.scalars(
        select(Visit)
        .where(
            Visit.sweep_id == sweep.id,
            Visit.state == VisitState.QUEUED,
            Visit.live == LivePhase.NONE,
        )
        .order_by(Visit.rank)
    ).all()
    audit.record(
        actor,
        "sweep.prioritise",
        case=sweep.case,
        subject=f"sweep {sweep.id}",
        details={"from": before.value, "to": priority.value},
    )
    publish_sweep(sweep)
    db.session.commit()
    return dispatch.move(sweep, waiting, before)


def start_sweep(actor: Actor, sweep: Sweep) -> StartReport:
    """Queue a sweep's visits, best rank first; also takes up a stopped one where it was.

    Raises Refused when the case cannot be searched for, NoRecogniser when no model is installed.
    """
    _hold(sweep)
    holder().choice()
    if sweep.state is SweepState.RUNNING:
        raise Conflict(f"Sweep {sweep.ordinal} is running already.")
    visits = _lock_unfinished(sweep)
    looked_at = LookedAt.of_case(sweep.case_id, sweep.smallest_face_px)
    queued = [visit for visit in visits if _queue(visit, sweep, looked_at)]
    if not queued and not sweep.follows_plan:
        db.session.commit()
        return StartReport(0, _nothing_to_do(sweep))
    sweep.state, sweep.finished_at, sweep.outcome = SweepState.RUNNING, None, ""
    # The confirmed sighting at which a plan was stopped must not stop it again at once.
    sweep.started_at = utc_now() if sweep.follows_plan else sweep.started_at or utc_now()
    audit.record(
        actor,
        "sweep.start",
        case=sweep.case,
        purpose=sweep.case.purpose,
        subject=f"sweep {sweep.id}",
        details={"queued": len(queued)},
    )
    publish_sweep(sweep)
    db.session.commit()
    return StartReport(len(queued), dispatch.enqueue(sweep, queued))


def resume_sweep(actor: Actor, sweep: Sweep) -> StartReport:
    """Go on where a sweep was stopped, or where visits failed."""
    return start_sweep(actor, sweep)


def retry_visit(actor: Actor, visit_id: int) -> Visit:
    """Queue one visit again that failed, was stopped or had nothing to look at."""
    visit = db.session.get(Visit, visit_id, populate_existing=True)
    if visit is None:
        raise NotFound(f"There is no visit {visit_id}.")
    sweep = visit.sweep
    require_searchable(sweep.case)
    holder().choice()
    # A worker holds its visit before its sweep: nobody who holds the sweep waits for that one.
    if visit.state in UNFINISHED:
        _hold(sweep)
        db.session.refresh(visit, with_for_update={"of": Visit})
    if visit.state not in UNFINISHED:
        raise Conflict(f"This visit is {visit.state.value}; only an unfinished one can be retried.")
    if not _queue(visit, sweep, LookedAt.of_case(sweep.case_id, sweep.smallest_face_px)):
        db.session.commit()
        raise Refused(visit.outcome)
    sweep.state, sweep.finished_at = SweepState.RUNNING, None
    sweep.started_at = sweep.started_at or utc_now()
    audit.record(actor, "visit.retry", case=sweep.case, subject=f"visit {visit.id}")
    publish_visit(visit)
    publish_sweep(sweep)
    db.session.commit()
    dispatch.enqueue(sweep, [visit])
    return visit


def retry_failed(actor: Actor, sweep: Sweep) -> StartReport:
    """Queue all visits of a sweep again that failed; its state does not matter otherwise.

    Raises Conflict where none failed.
    """
    _hold(sweep)
    holder().choice()
    failed = db.session.scalars(
        select(Visit)
        .where(Visit.sweep_id == sweep.id, Visit.state == VisitState.FAILED)
        .order_by(Visit.rank)
        .with_for_update()
    ).all()
    if not failed:
        raise Conflict(f"No visit of sweep {sweep.ordinal} has failed.")
    looked_at = LookedAt.of_case(sweep.case_id, sweep.smallest_face_px)
    queued = [visit for visit in failed if _queue(visit, sweep, looked_at)]
    if queued:
        sweep.state, sweep.finished_at = SweepState.RUNNING, None
        sweep.started_at = sweep.started_at or utc_now()
    audit.record(
        actor,
        "sweep.retry",
        case=sweep.case,
        subject=f"sweep {sweep.id}",
        details={"visits": len(queued)},
    )
    for visit in failed:
        publish_visit(visit)
    publish_sweep(sweep)
    db.session.commit()
    note = "" if queued else _nothing_to_do(sweep)
    return StartReport(len(queued), dispatch.enqueue(sweep, queued) or note)


def find_sweep(sweep_id: int) -> Sweep:
    """One sweep. Raises NotFound."""
    sweep = db.session.scalar(
        select(Sweep)
        .options(joinedload(Sweep.case), joinedload(Sweep.assigned_to))
        .where(Sweep.id == sweep_id)
    )
    if sweep is None:
        raise NotFound(f"There is no sweep {sweep_id}.")
    return sweep


def list_sweeps(
    actor: Actor,
    case: Case | None = None,
    state: SweepState | None = None,
    page: int = 1,
    per_page: int = 50,
) -> Page[Sweep]:
    """Sweeps of a case, or of all that `actor` may see, the newest first."""
    statement = (
        select(Sweep)
        .join(Case, Case.id == Sweep.case_id)
        .where(visible_cases(actor))
        .options(contains_eager(Sweep.case), joinedload(Sweep.assigned_to))
        .order_by(Sweep.id.desc())
    )
    if case is not None:
        statement = statement.where(Sweep.case_id == case.id)
    if state is not None:
        statement = statement.where(Sweep.state == state)
    return paginate(statement, page, per_page)


def list_visits(
    sweep: Sweep, page: int = 1, per_page: int = 100, state: VisitState | None = None
) -> Page[Visit]:
    """A sweep's visits, of one state or of all, best rank first."""
    statement = (
        select(Visit)
        .options(joinedload(Visit.camera))
        .where(Visit.sweep_id == sweep.id)
        .order_by(Visit.rank)
    )
    if state is not None:
        statement = statement.where(Visit.state == state)
    return paginate(statement, page, per_page)


def assignable_users(case: Case | None) -> Sequence[User]:
    """People to whom a sweep of this case can be given: those who see the case.

    None stands for any case that is not restricted.
    """
    people = select(User).where(User.active, User.role.in_((Role.DISPATCHER, Role.INVESTIGATOR)))
    if case is not None and case.restricted:
        listed = {member.user_id for member in members.list_members(case)}
        people = people.where(User.id.in_(listed))
    return db.session.scalars(people.order_by(User.name)).all()


def _next_ordinal(case: Case) -> int:
    # The case's row is held until the commit, so that two plans cannot draw the same number.
    db.session.execute(select(Case.id).where(Case.id == case.id).with_for_update())
    last = db.session.scalar(select(func.max(Sweep.ordinal)).where(Sweep.case_id == case.id))
    return (last or 0) + 1


def _assignee(user_id: int | None, case: Case) -> int | None:
    if user_id is None:
        return None
    user = db.session.get(User, user_id)
    if user is None or not user.active or user.role not in (Role.DISPATCHER, Role.INVESTIGATOR):
        raise Refused(
            "A sweep can be given to an active dispatcher or investigator only.",
            {"assigned_to_id": "no active dispatcher or investigator"},
        )
    if user_id not in {one.id for one in assignable_users(case)}:
        raise Refused(
            "This case is restricted, and that person is not on its list: add them first.",
            {"assigned_to_id": "is not on the list of this case"},
        )
    return user_id


def _visit(sweep: Sweep, rank: int, entry: RankedCameraOut) -> Visit:
    return Visit(
        sweep_id=sweep.id,
        camera_id=entry.camera_id,
        rank=rank,
        distance_m=entry.distance_m,
        reason=entry.reason,
        state=VisitState.WAITING,
        seconds_in_window=(sweep.window_end - sweep.window_start).total_seconds(),
    )


def _hold(sweep: Sweep) -> None:
    """Case and sweep as they are now, until the commit: whoever closes or stops them waits."""
    hold_searchable(sweep.case)
    if not hold_sweep(sweep):
        raise NotFound(f"There is no sweep {sweep.id}.")


def _lock_unfinished(sweep: Sweep) -> Sequence[Visit]:
    return db.session.scalars(
        select(Visit)
        .where(Visit.sweep_id == sweep.id, Visit.state.in_(UNFINISHED))
        .order_by(Visit.rank)
        .with_for_update()
    ).all()


def _queue(visit: Visit, sweep: Sweep, looked_at: LookedAt) -> bool:
    """Make a visit ready for a worker; False if it has nothing to look at, and says so."""
    give_parts(visit, sweep, looked_at)
    if visit.state is VisitState.SKIPPED:
        return False
    visit.state, visit.queued_at, visit.outcome = VisitState.QUEUED, utc_now(), ""
    visit.finished_at, visit.live = None, LivePhase.NONE
    return True


def _nothing_to_do(sweep: Sweep) -> str:
    return (
        f"Sweep {sweep.ordinal} still has nothing to look at: its cameras were looked at before "
        "for this window, or no footage of them is held. Each visit says which."
    )
