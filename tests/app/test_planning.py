"""Planning by probability in the product: evidence from real rows moves real rankings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from app.errors import Refused
from app.extensions import db
from app.inputs import (
    CaseChange,
    LocationChange,
    RankingOrder,
    RankingQuery,
    ReviewInput,
    SightingQuery,
    SweepInput,
)
from app.models import (
    CameraRow,
    Case,
    Footage,
    FootageKind,
    SightingState,
    Sweep,
    SweepState,
    Verdict,
    Visit,
    VisitPart,
    VisitState,
)
from app.outputs import RankedCameraOut
from app.services.base.actors import COMMAND_LINE
from app.services.casework import cases
from app.services.places import locations
from app.services.prioritisation import planning, search_models
from app.services.reviews import sightings
from app.services.sweeping import following, sweeps
from tests.app import factories
from tests.app import footage_cases as given

NEAR_DEG = 0.0004  # about 45 m
NOON = given.STARTED_AT
HELD_FROM, HELD_UNTIL = NOON - timedelta(hours=2), NOON + timedelta(hours=24)
HELD_S = (HELD_UNTIL - HELD_FROM).total_seconds()


@pytest.fixture
def planned_case(app: Flask) -> Case:
    """A case among twelve cameras that all hold a day of footage, its model made."""
    for number in range(12):
        camera = given.add_camera(
            f"p{number}",
            latitude_deg=given.LATITUDE_DEG + NEAR_DEG * (number + 1),
            range_m=40.0,
        )
        _hold(camera)
    case = given.open_case("P-1")
    search_models.build(case)
    return case


def _hold(camera: CameraRow) -> Footage:
    footage = Footage(
        camera_id=camera.id,
        kind=FootageKind.FILE,
        path=f"/nowhere/{camera.ref}.mp4",
        started_at=HELD_FROM,
        ended_at=HELD_UNTIL,
        duration_s=HELD_S,
    )
    db.session.add(footage)
    db.session.commit()
    return footage


def _ranked(case: Case, limit: int = 12) -> list[RankedCameraOut]:
    query = RankingQuery(order=RankingOrder.PROBABILITY, limit=limit)
    ranking = planning.rank_for_case(case, query, actor=COMMAND_LINE)
    assert ranking.order is RankingOrder.PROBABILITY, ranking.plan_note
    return list(ranking.entries)


def _look_in_vain(case: Case, camera_id: int) -> None:
    """A finished visit of all of a camera's footage, with nobody found."""
    footage = db.session.query(Footage).filter_by(camera_id=camera_id).one()
    ordinal = db.session.query(Sweep).filter_by(case_id=case.id).count() + 1
    sweep = Sweep(
        case_id=case.id,
        ordinal=ordinal,
        window_start=HELD_FROM,
        window_end=HELD_UNTIL,
        state=SweepState.FINISHED,
        smallest_face_px=40,
    )
    db.session.add(sweep)
    db.session.flush()
    visit = Visit(
        sweep_id=sweep.id,
        camera_id=camera_id,
        rank=1,
        state=VisitState.DONE,
        seconds_in_window=HELD_S,
        seconds_held=HELD_S,
        seconds_looked_at=HELD_S,
        finished_at=datetime.now(UTC),
    )
    visit.parts.append(
        VisitPart(
            footage_id=footage.id,
            ordinal=1,
            from_s=0.0,
            to_s=HELD_S,
            checkpoint_s=HELD_S,
            done=True,
        )
    )
    db.session.add(visit)
    db.session.commit()


def test_every_camera_is_ranked_with_a_reason_in_words_and_numbers(planned_case: Case) -> None:
    entries = _ranked(planned_case)

    assert [entry.rank for entry in entries] == list(range(1, 13))
    assert "of what is left of the probability passes here" in entries[0].reason
    assert all(entry.probability is not None for entry in entries)


def test_an_empty_visit_moves_the_camera_down_and_says_why(planned_case: Case) -> None:
    first, second = _ranked(planned_case)[:2]

    _look_in_vain(planned_case, first.camera_id)

    after = {entry.camera_id: entry for entry in _ranked(planned_case)}
    assert after[first.camera_id].rank > 1
    assert after[second.camera_id].rank == 1
    assert after[second.camera_id].probability is not None
    assert after[second.camera_id].probability.moved_because
    assert after[first.camera_id].probability is not None
    assert after[first.camera_id].probability.searched_share > 0.5


def test_no_camera_in_reach_is_ever_hidden(planned_case: Case) -> None:
    for entry in _ranked(planned_case):
        _look_in_vain(planned_case, entry.camera_id)

    entries = _ranked(planned_case)

    assert len(entries) == 12
    in_reach = [entry.probability for entry in entries if entry.probability]
    assert all(one.passing_share > 0 for one in in_reach if one.in_reach)


def test_without_a_time_only_distance_can_rank(planned_case: Case) -> None:
    location = locations.list_locations(planned_case)[0]
    locations.change_location(COMMAND_LINE, planned_case, location.id, LocationChange(seen_at=None))

    with pytest.raises(Refused, match="needs the time"):
        planning.rank_by_probability(planned_case, RankingQuery(order=RankingOrder.PROBABILITY))


def test_until_the_model_is_made_cameras_are_by_distance_and_it_says_so(app: Flask) -> None:
    given.add_camera()
    case = given.open_case("P-2")

    ranking = planning.rank_by_probability(case, RankingQuery(order=RankingOrder.PROBABILITY))

    assert ranking.order is RankingOrder.DISTANCE
    assert "being made" in ranking.plan_note
    assert search_models.build_wanted() == 1
    assert _ranked(case, 1)


@pytest.mark.parametrize(
    "change",
    [
        lambda case: cases.change_case(
            COMMAND_LINE, case, CaseChange(prior_km=(0.2, 0.5, 1.0, 3.0))
        ),
        lambda case: locations.change_location(
            COMMAND_LINE,
            case,
            locations.list_locations(case)[0].id,
            LocationChange(uncertainty_m=500.0),
        ),
    ],
)
def test_a_changed_question_makes_the_model_anew(
    planned_case: Case, change: Callable[[Case], object]
) -> None:
    before = search_models.asked_by(planned_case).sha256

    change(planned_case)

    asked = search_models.asked_by(planned_case)
    assert asked.sha256 != before
    assert search_models.model_of(planned_case, asked) is None


def test_an_own_prior_is_used_and_says_where_it_is_from(planned_case: Case) -> None:
    cases.change_case(COMMAND_LINE, planned_case, CaseChange(prior_km=(0.2, 0.5, 1.0, 3.0)))

    prior = search_models.prior_of(planned_case)

    assert [quantile.distance_m for quantile in prior.quantiles] == [200, 500, 1000, 3000]
    assert prior.source == "Entered for this case."


def test_the_belief_is_a_distribution_over_cells(planned_case: Case) -> None:
    layer = planning.belief_at(planned_case, NOON + timedelta(minutes=30))

    # Some particles start later: the last time of being seen may be wrong.
    assert 0.8 < layer.cells.mass.sum() <= 1.0
    assert abs(layer.at - (NOON + timedelta(minutes=30))) <= timedelta(minutes=8)


def test_a_sweep_that_follows_the_plan_takes_one_camera_at_a_time(planned_case: Case) -> None:
    first = _ranked(planned_case)[0]
    sweep = _following(planned_case)

    assert following.advance(sweep)

    (visit,) = sweeps.list_visits(sweep).items
    assert visit.state is VisitState.QUEUED
    assert visit.camera_id == first.camera_id
    assert "finds" in visit.reason
    assert following.advance_all() == 0, "a sweep with a visit in hand gets no second one"


def test_a_sweep_that_follows_the_plan_ends_with_its_budget(planned_case: Case) -> None:
    sweep = _following(planned_case, budget_minutes=1.0)
    assert following.advance(sweep)
    (visit,) = sweeps.list_visits(sweep).items
    visit.state = VisitState.DONE
    visit.started_at = datetime.now(UTC) - timedelta(minutes=2)
    visit.finished_at = datetime.now(UTC)
    db.session.commit()

    assert not following.advance(sweep)

    assert sweep.state is SweepState.FINISHED
    assert "budget of 1 worker-minutes" in sweep.outcome


def test_a_sweep_that_follows_the_plan_stops_at_a_confirmed_sighting(planned_case: Case) -> None:
    sweep = _following(planned_case)
    candidate = factories.make_sighting(planned_case, seen_at=NOON)
    sightings.review_sighting(COMMAND_LINE, candidate.id, ReviewInput(verdict=Verdict.CONFIRMED))

    assert not following.advance(sweep)

    assert sweep.state is SweepState.STOPPED
    assert sweep.outcome == following.CONFIRMED


def _following(case: Case, **values: object) -> Sweep:
    sweep = sweeps.plan_sweep(
        COMMAND_LINE,
        case,
        SweepInput.model_validate(
            {
                "window_start": NOON,
                "window_end": NOON + timedelta(hours=6),
                "follows_plan": True,
                **values,
            }
        ),
    )
    sweep.state, sweep.started_at = SweepState.RUNNING, datetime.now(UTC)
    db.session.commit()
    return sweep


def test_a_sighting_that_cannot_be_is_marked_with_the_reason_and_not_dropped(
    app: Flask,
) -> None:
    case = factories.make_case()
    near = factories.make_camera(latitude_deg=12.9757, longitude_deg=77.6063)
    far = factories.make_camera(latitude_deg=13.3, longitude_deg=77.6063)
    certain = factories.make_sighting(
        case, camera=near, seen_at=NOON, state=SightingState.CONFIRMED
    )
    candidate = factories.make_sighting(case, camera=far, seen_at=NOON + timedelta(minutes=5))

    shown = sightings.list_sightings(case, SightingQuery())

    assert {sighting.id for sighting in shown.items} == {certain.id, candidate.id}
    travel = sightings.find_sighting(candidate.id).travel
    assert travel is not None
    assert not travel.is_possible
    assert "Impossible: at least" in travel.reason
    assert sightings.find_sighting(certain.id).travel is None
