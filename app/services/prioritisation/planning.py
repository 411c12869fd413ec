"""Planning by probability: what the visits so far leave, and which camera is next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from app.errors import NotFound
from app.extensions import db
from app.inputs import RankingOrder, RankingQuery
from app.models import (
    Case,
    Face,
    Footage,
    Sighting,
    SightingState,
    Sweep,
    Visit,
    VisitPart,
    VisitState,
)
from app.models.columns import utc_now
from app.outputs.cameras import ProbabilityOut, RankedCameraOut
from app.services.base import audit
from app.services.base.actors import Actor
from app.services.places.locations import list_locations
from app.services.prioritisation import search_models
from app.services.prioritisation.candidates import candidates_near
from app.services.prioritisation.ranking import (
    Ranking,
    compute_ranking,
    entries_of,
    question_of,
)
from app.services.prioritisation.ranking_filters import as_drawn, wanted
from app.services.prioritisation.search_models import Asked
from cameras.errors import CamerasError
from cameras.held import TimeSpan
from cameras.planning import (
    DetectionModel,
    Outcome,
    Plan,
    PlanSettings,
    ProbableCamera,
    SearchModel,
    VisitResult,
    explain,
    footage_table,
)
from cameras.ranking import Candidate, RankedCamera, RankingQuestion, rank_cameras
from geo.belief_grid import BeliefCells, belief_cells

BEING_MADE = "The plan by probability is being made; until it is ready, cameras are by distance."
LOOKED_BEHIND = 4
"""How many times as many cameras are ranked before the last visit, to see what it moved."""


@dataclass(frozen=True)
class CurrentPlan:
    """A case's plan now, and as it was before its last visit ended (None without one)."""

    model: SearchModel
    now: Plan
    before: Plan | None
    last_visit_found_nothing: bool
    candidates: Sequence[Candidate]


@dataclass(frozen=True)
class BeliefLayer:
    """Where the subject may be at one time; `times` are all that can be asked for."""

    at: datetime
    times: tuple[datetime, ...]
    cells: BeliefCells


def rank_for_case(case: Case, query: RankingQuery, *, actor: Actor) -> Ranking:
    """Rank a case's cameras in the order that is asked for. The look is in the audit log.

    Raises Refused where a plan by probability is asked for and cannot be made.
    """
    audit.record(
        actor,
        "ranking.view",
        case=case,
        purpose=case.purpose,
        details={
            "order": query.order.value,
            "radius_m": query.radius_m,
            "offset": query.offset,
            "limit": query.limit,
            **query.filters(),
        },
    )
    # The commit comes first: rows that are read after it need not be read a second time.
    audit.commit()
    if query.order is RankingOrder.PROBABILITY:
        return rank_by_probability(case, query)
    return compute_ranking(case, query)


def rank_by_probability(case: Case, query: RankingQuery) -> Ranking:
    """The ranking in the plan's order; by distance, and saying so, while there is no plan."""
    try:
        plan = current_plan(case)
    except CamerasError as error:
        return replace(compute_ranking(case, query), plan_note=str(error))
    if plan is None:
        return replace(compute_ranking(case, query), plan_note=_note(case))
    question = question_of(case, list_locations(case), query)
    ranked = rank_cameras(plan.candidates, question)
    matching = wanted(case, query, ranked)
    probable = _probable(plan, query, matching)
    by_distance = _by_distance(case, question, matching, probable)
    before = _before(plan, query)
    entries = tuple(
        _entry(by_distance[one.camera_id], one, before, plan)
        for one in probable
        if one.camera_id in by_distance
    )
    return Ranking(
        entries=entries,
        total_in_radius=len(plan.model.camera_ids),
        radius_m=search_models.REACH_M,
        offset=query.offset,
        limit=query.limit,
        locations=list_locations(case),
        computed_at=utc_now(),
        order=RankingOrder.PROBABILITY,
        matching=len(matching) if query.is_filtered else len(plan.model.camera_ids),
        on_map=as_drawn(query, matching, plan.candidates) if query.on_map else None,
    )


def _probable(
    plan: CurrentPlan, query: RankingQuery, matching: Sequence[RankedCamera]
) -> Sequence[ProbableCamera]:
    if not query.is_filtered:
        return plan.now.cameras(offset=query.offset, limit=query.limit)
    kept = {entry.camera_id for entry in matching}
    everything = plan.now.cameras(limit=search_models.MOST_CAMERAS)
    passing = [one for one in everything if one.camera_id in kept]
    return passing[query.offset : query.offset + query.limit]


def current_plan(case: Case) -> CurrentPlan | None:
    """The plan as all results leave it; None while its model is being made.

    Raises Refused where the case cannot be planned by probability.
    """
    asked = search_models.asked_by(case)
    model = search_models.model_of(case, asked)
    if model is None:
        return None
    results, last = _results(case, asked)
    candidates = candidates_near(asked.locations, search_models.REACH_M, search_models.MOST_CAMERAS)
    settings = PlanSettings(now=utc_now(), zone=ZoneInfo(case.timezone))
    footage = footage_table(model, candidates, settings.now)
    everything = [result for visit_results in results.values() for result in visit_results]
    now = Plan(model, footage, settings, everything)
    if last is None:
        return CurrentPlan(model, now, None, False, candidates)
    earlier = [r for visit_id, found in results.items() if visit_id != last for r in found]
    found_nothing = all(result.outcome is Outcome.EMPTY for result in results[last])
    before = Plan(model, footage, settings, earlier)
    return CurrentPlan(model, now, before, found_nothing, candidates)


def belief_at(case: Case, at: datetime | None) -> BeliefLayer:
    """Where the subject may be at a time; the latest that footage exists of, where none is given.

    Raises NotFound while there is no plan.
    """
    plan = current_plan(case)
    if plan is None:
        raise NotFound(_note(case))
    bins = plan.model.bins
    times = tuple(
        bins.start + timedelta(seconds=(number + 0.5) * bins.bin_s) for number in range(bins.count)
    )
    wanted = at or utc_now()
    number = min(range(bins.count), key=lambda index: abs(times[index] - wanted))
    particle_weights, _ = plan.now.belief.weights()
    cells = belief_cells(
        plan.model.plane, plan.model.x_m, plan.model.y_m, particle_weights, bins, number
    )
    return BeliefLayer(times[number], times, cells)


def _note(case: Case) -> str:
    return search_models.problem_of(case) or BEING_MADE


def _by_distance(
    case: Case,
    question: RankingQuestion,
    ranked: Sequence[RankedCamera],
    probable: Sequence[ProbableCamera],
) -> dict[int, RankedCameraOut]:
    """What the ranking by distance knows of the same cameras, their place in it included."""
    shown = {one.camera_id for one in probable}
    chosen = [entry for entry in ranked if entry.camera_id in shown]
    entries = entries_of(case, chosen, question.relevant_locations())
    return {entry.camera_id: entry for entry in entries}


def _before(plan: CurrentPlan, query: RankingQuery) -> dict[int, ProbableCamera]:
    if plan.before is None:
        return {}
    limit = LOOKED_BEHIND * (query.offset + query.limit)
    return {one.camera_id: one for one in plan.before.cameras(limit=limit)}


def _entry(
    entry: RankedCameraOut,
    probable: ProbableCamera,
    before: dict[int, ProbableCamera],
    plan: CurrentPlan,
) -> RankedCameraOut:
    earlier = before.get(probable.camera_id)
    moved = ""
    if earlier is not None and earlier.rank != probable.rank:
        moved = explain(
            earlier, probable, searched_in_vain=1 if plan.last_visit_found_nothing else 0
        )
    window = probable.window
    probability = ProbabilityOut(
        passing_share=probable.passing_share,
        seen_share=probable.seen_share,
        searched_share=probable.searched_share,
        in_reach=probable.in_reach,
        window_start=window.start if window else None,
        window_end=window.end if window else None,
        distance_rank=entry.rank,
        rank_before=earlier.rank if earlier else None,
        moved_because=moved,
    )
    update = {"rank": probable.rank, "reason": probable.reason, "probability": probability}
    return entry.model_copy(update=update)


def _results(case: Case, asked: Asked) -> tuple[dict[int, list[VisitResult]], int | None]:
    """Results of the case's visits by visit, and the visit that ended last."""
    outcomes = _outcomes(case, asked)
    rows = db.session.execute(
        select(
            Visit.id,
            Visit.camera_id,
            Footage.started_at,
            VisitPart.from_s,
            VisitPart.checkpoint_s,
            Visit.detection_probability,
        )
        .join(Sweep, Sweep.id == Visit.sweep_id)
        .join(VisitPart, VisitPart.visit_id == Visit.id)
        .join(Footage, Footage.id == VisitPart.footage_id)
        .where(Sweep.case_id == case.id, VisitPart.checkpoint_s > VisitPart.from_s)
        .order_by(Visit.id)
    ).all()
    results: dict[int, list[VisitResult]] = defaultdict(list)
    for visit_id, camera_id, started_at, from_s, to_s, detection in rows:
        outcome, sighted_at = outcomes.get(visit_id, (Outcome.EMPTY, None))
        results[visit_id].append(
            VisitResult(
                camera_id=camera_id,
                window=TimeSpan(
                    started_at + timedelta(seconds=from_s), started_at + timedelta(seconds=to_s)
                ),
                outcome=outcome,
                detection_probability=DetectionModel().probability
                if detection is None
                else detection,
                sighted_at=sighted_at,
            )
        )
    return results, _last_ended(results)


def _last_ended(results: dict[int, list[VisitResult]]) -> int | None:
    if not results:
        return None
    return db.session.scalar(
        select(Visit.id)
        .where(Visit.id.in_(results), Visit.state == VisitState.DONE)
        .order_by(Visit.finished_at.desc(), Visit.id.desc())
        .limit(1)
    )


def _outcomes(case: Case, asked: Asked) -> dict[int, tuple[Outcome, datetime | None]]:
    """What the visits with sightings of this case came to.

    A confirmed sighting that the model starts from says nothing a second time.
    """
    rows = db.session.execute(
        select(Face.visit_id, Sighting.id, Sighting.state, Sighting.seen_at)
        .join(Face, Face.id == Sighting.face_id)
        .where(Sighting.case_id == case.id)
        .order_by(Sighting.id)
    )
    found: dict[int, tuple[Outcome, datetime | None]] = {}
    for visit_id, sighting_id, state, seen_at in rows:
        outcome: tuple[Outcome, datetime | None] = (Outcome.OPEN, None)
        if state is SightingState.REJECTED:
            outcome = (Outcome.REJECTED, None)
        elif state is SightingState.CONFIRMED and sighting_id not in asked.sighting_ids:
            outcome = (Outcome.CONFIRMED, seen_at)
        known = found.get(visit_id)
        if known is None or _WEIGHT[outcome[0]] > _WEIGHT[known[0]]:
            found[visit_id] = outcome
    return found


_WEIGHT = {Outcome.EMPTY: 0, Outcome.REJECTED: 1, Outcome.OPEN: 2, Outcome.CONFIRMED: 3}
