from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cameras.camera import Camera, CameraKind, CameraStatus
from cameras.errors import CamerasError
from cameras.held import FootageHeld, TimeSpan
from cameras.planning import (
    DetectionModel,
    Outcome,
    Plan,
    PlannedVisit,
    PlanSettings,
    SearchModel,
    SearchQuestion,
    VisitResult,
    belief_after,
    build_search,
    explain,
    footage_table,
    resampled_if_needed,
    share_left,
)
from cameras.planning.search import start_places, views_of
from cameras.ranking import Candidate, LastKnownLocation, Reliability
from geo.behaviours import profile_for
from geo.distance import destination
from geo.points import Point

GATE = Point(12.9757, 77.6063)
KOLKATA = ZoneInfo("Asia/Kolkata")
SEEN_AT = datetime(2026, 11, 18, 8, 30, tzinfo=UTC)
NOW = SEEN_AT + timedelta(hours=5)
WINDOW = TimeSpan(SEEN_AT - timedelta(hours=1), NOW)
AT_GATE = LastKnownLocation(1, GATE, SEEN_AT, 60.0, Reliability.CERTAIN, "Cubbon Park gate")


def candidate(
    camera_id: int, position: Point, held: tuple[TimeSpan, ...] = (), **values: object
) -> Candidate:
    values.setdefault("status", CameraStatus.ACTIVE)
    camera = Camera("demo", str(camera_id), f"camera {camera_id}", position, **values)  # type: ignore[arg-type]
    return Candidate(camera_id, camera, FootageHeld(held))


def ring() -> tuple[Candidate, ...]:
    """Eight cameras at each of four distances, and one nobody can reach in the time."""
    places = [
        destination(GATE, 45.0 * step + 10.0 * number, away_m)
        for number, away_m in enumerate((60.0, 250.0, 700.0, 1800.0))
        for step in range(8)
    ]
    near = [candidate(number, place, range_m=60.0) for number, place in enumerate(places, start=1)]
    return (*near, candidate(99, destination(GATE, 90, 400_000.0)))


CANDIDATES = ring()
QUESTION = SearchQuestion(
    CANDIDATES, (AT_GATE,), WINDOW, profile_for("child_7_9"), particle_count=3000
)
SETTINGS = PlanSettings(NOW, KOLKATA)


@pytest.fixture(scope="module")
def model() -> SearchModel:
    return build_search(QUESTION)


def plan(model: SearchModel, *results: VisitResult, settings: PlanSettings = SETTINGS) -> Plan:
    return Plan(model, footage_table(model, CANDIDATES, NOW), settings, results)


def empty(visit: PlannedVisit, **values: object) -> VisitResult:
    return VisitResult(visit.camera_id, visit.window, Outcome.EMPTY, **values)  # type: ignore[arg-type]


def test_every_camera_is_listed_once_and_the_unreachable_last(model: SearchModel) -> None:
    listed = plan(model).cameras()
    assert [entry.rank for entry in listed] == list(range(1, 34))
    assert {entry.camera_id for entry in listed} == {entry.camera_id for entry in CANDIDATES}
    assert listed[-1].camera_id == 99
    assert not listed[-1].in_reach
    assert "400 km" in listed[-1].reason
    assert all(entry.in_reach for entry in listed[:-1])


def test_the_nearest_are_likeliest_when_nothing_else_is_known(model: SearchModel) -> None:
    listed = plan(model).cameras()
    assert {entry.distance_m < 300 for entry in listed[:8]} == {True}
    assert np.mean([e.distance_m for e in listed[:8]]) < np.mean(
        [e.distance_m for e in listed[-9:-1]]
    )


def test_a_camera_out_of_reach_is_below_one_that_is_only_barely_worth_looking_at(
    model: SearchModel,
) -> None:
    """All others are searched and overwritten; the one out of reach has all its footage at hand."""
    far = candidate(99, CANDIDATES[-1].camera.position, (WINDOW,))
    gone = tuple(
        candidate(e.camera_id, e.camera.position, retention_hours=0.01) for e in CANDIDATES[:-1]
    )
    every = [VisitResult(e.camera_id, WINDOW, Outcome.EMPTY, 1.0) for e in gone] * 20
    listed = Plan(model, footage_table(model, (*gone, far), NOW), SETTINGS, every).cameras()
    assert [entry.camera_id for entry in listed][-1] == 99
    assert all(entry.in_reach for entry in listed[:-1])


def test_pages_continue_each_other(model: SearchModel) -> None:
    asked = plan(model)
    assert asked.cameras(limit=5) + asked.cameras(offset=5) == asked.cameras()
    third = asked.cameras()[2]
    assert asked.camera(third.camera_id) == third
    assert asked.camera(12345) is None


def test_a_reason_says_how_much_when_and_how_well_it_would_be_seen(model: SearchModel) -> None:
    first = plan(model).visits(1)[0]
    start, end = (at.astimezone(KOLKATA) for at in (first.window.start, first.window.end))
    assert first.reason.startswith(f"{100 * first.passing_share:.0f} % of what is left")
    assert f"passes here between {start:%H:%M} and {end:%H:%M}" in first.reason
    assert f"{100 * first.seen_share:.0f} % of it would be seen" in first.reason
    assert 0.0 < first.gain <= first.passing_share
    assert first.seen_share <= DetectionModel().probability + 1e-6


def test_an_empty_visit_lets_another_camera_rise_and_explains_it(model: SearchModel) -> None:
    before = plan(model)
    searched = before.cameras()[0]
    results = [empty(visit) for visit in before.visits(60) if visit.camera_id == searched.camera_id]
    assert results
    after = plan(model, *results)
    sunk = after.camera(searched.camera_id)
    assert sunk is not None
    assert sunk.rank > searched.rank
    assert sunk.unsearched_share < searched.unsearched_share
    words = explain(searched, sunk, searched_in_vain=len(results))
    assert f"moved down from rank 1 to {sunk.rank}" in words
    assert "found nobody" in words
    new_first = after.cameras()[0]
    old = before.camera(new_first.camera_id)
    assert old is not None
    assert new_first.camera_id != searched.camera_id
    assert "moved up" in explain(old, new_first, searched_in_vain=len(results))


def test_nothing_in_reach_ever_falls_to_nothing(model: SearchModel) -> None:
    every = [
        VisitResult(entry.camera_id, WINDOW, Outcome.EMPTY, 1.0) for entry in CANDIDATES[:-1]
    ] * 3
    listed = plan(model, *every).cameras()
    assert all(entry.passing_share > 0.0 for entry in listed if entry.in_reach)
    assert listed[-1].camera_id == 99
    assert len(plan(model, *every).visits(10)) == 10


@settings(deadline=None, max_examples=20)
@given(
    st.lists(
        st.builds(
            VisitResult,
            st.sampled_from([entry.camera_id for entry in CANDIDATES]),
            st.integers(0, 20).map(
                lambda n: TimeSpan(
                    WINDOW.start + n * timedelta(minutes=15),
                    WINDOW.start + (n + 2) * timedelta(minutes=15),
                )
            ),
            st.sampled_from([Outcome.EMPTY, Outcome.REJECTED]),
            st.floats(0, 1),
            st.floats(0, 1),
        ),
        max_size=12,
    )
)
def test_whatever_was_searched_a_camera_out_of_reach_stays_below_all_in_reach(
    model: SearchModel, results: list[VisitResult]
) -> None:
    asked = plan(model, *results)
    reached = [entry.in_reach for entry in asked.cameras()]
    assert reached == sorted(reached, reverse=True)
    assert all(visit.camera_id != 99 for visit in asked.visits(300))
    particle, floor = asked.belief.weights()
    assert particle.sum() + floor.sum() == pytest.approx(1.0)


def test_a_rejected_visit_tells_as_much_as_an_empty_one_and_an_open_one_nothing(
    model: SearchModel,
) -> None:
    span = TimeSpan(SEEN_AT, SEEN_AT + timedelta(minutes=30))
    beliefs = {
        outcome: belief_after(model, [VisitResult(1, span, outcome)]).weights()[0]
        for outcome in (Outcome.EMPTY, Outcome.REJECTED, Outcome.OPEN)
    }
    assert np.array_equal(beliefs[Outcome.EMPTY], beliefs[Outcome.REJECTED])
    assert np.array_equal(beliefs[Outcome.OPEN], model.first_belief().weights()[0])
    assert not np.array_equal(beliefs[Outcome.EMPTY], beliefs[Outcome.OPEN])


def test_a_confirmed_sighting_draws_the_plan_to_where_those_journeys_go(model: SearchModel) -> None:
    far = next(entry for entry in plan(model).cameras() if 650 < entry.distance_m < 750)
    assert far.window is not None
    at = far.window.start + timedelta(minutes=5)
    seen = VisitResult(far.camera_id, far.window, Outcome.CONFIRMED, sighted_at=at)
    belief = belief_after(model, [seen])
    row, number = model.row_of[far.camera_id], int(model.bins.seconds_at(at) // model.bins.bin_s)
    there, _ = model.passes.column(row, number)
    before = model.first_belief().weights()[0][there].sum()
    assert belief.weights()[0][there].sum() > 10 * before
    with pytest.raises(CamerasError, match="time"):
        VisitResult(1, WINDOW, Outcome.CONFIRMED)


def test_part_of_a_time_step_counts_in_part(model: SearchModel) -> None:
    start = model.bins.start + timedelta(minutes=60)
    half = VisitResult(1, TimeSpan(start, start + timedelta(seconds=450)), Outcome.EMPTY, 0.8)
    left = share_left(model, [half]).reshape(len(model.camera_ids), -1)[model.row_of[1]]
    assert left[4] == pytest.approx(0.5)
    assert left[3] == left[5] == 1.0
    there, shows = model.passes.column(model.row_of[1], 4)
    drop = belief_after(model, [half]).log_particle - model.first_belief().log_particle
    assert np.allclose(drop[there], np.log1p(-0.4 * shows.astype(float)))


def test_results_from_before_the_search_or_of_other_cameras_say_nothing(model: SearchModel) -> None:
    old = TimeSpan(SEEN_AT - timedelta(days=2), SEEN_AT - timedelta(days=1))
    results = [VisitResult(1, old, Outcome.EMPTY), VisitResult(777, WINDOW, Outcome.EMPTY)]
    belief = belief_after(model, results)
    assert np.array_equal(belief.log_particle, model.first_belief().log_particle)


def test_a_budget_of_work_is_kept(model: SearchModel) -> None:
    visits = plan(model).visits(50, budget_minutes=9.0)
    assert 0 < sum(visit.minutes for visit in visits) <= 9.0
    assert [visit.place for visit in visits] == list(range(1, len(visits) + 1))


def test_a_kept_model_answers_the_same(model: SearchModel) -> None:
    again = SearchModel.from_bytes(model.to_bytes())
    assert plan(again).cameras() == plan(model).cameras()
    assert plan(again).visits() == plan(model).visits()
    with pytest.raises(CamerasError, match="plan it again"):
        SearchModel.from_bytes(model.to_bytes()[:5000])


def test_fresh_particles_are_drawn_where_few_are_left_and_say_the_same() -> None:
    question = replace(QUESTION, particle_count=2000)
    model = build_search(question)
    far = next(e for e in plan(model).cameras() if 650 < e.distance_m < 750)
    assert far.window is not None
    seen = VisitResult(
        far.camera_id, far.window, Outcome.CONFIRMED, reliability=0.97,
        sighted_at=far.window.start + timedelta(minutes=5),
    )  # fmt: skip
    assert resampled_if_needed(model, question, [], seed=1) is model
    resampled = resampled_if_needed(model, question, [seen], seed=1)
    before, after = belief_after(model, [seen]), belief_after(resampled, [seen])
    assert before.effective_particles < 200
    assert after.effective_particles == pytest.approx(2000)
    # What both clouds together say, without any drawing.
    fresh = build_search(replace(question, seed=1))
    masses = [
        np.exp(belief_after(each, [seen]).log_particle) @ each.passes.seen
        for each in (model, fresh)
    ]
    totals = [np.exp(belief_after(each, [seen]).log_particle).sum() for each in (model, fresh)]
    together = (masses[0] + masses[1]) / sum(totals)
    floor = float(np.exp(before.log_floor).sum())
    assert after.unmodelled_share == pytest.approx(floor / (floor + sum(totals) / 2))
    weights = after.weights()[0]
    assert np.abs(weights @ resampled.passes.seen / weights.sum() - together).max() < 0.02
    again = SearchModel.from_bytes(resampled.to_bytes())
    assert np.array_equal(again.first_belief().log_particle, resampled.first_belief().log_particle)


def test_a_worse_detector_on_one_camera_makes_it_worth_less(model: SearchModel) -> None:
    first = plan(model).visits(1)[0]
    worse = PlanSettings(NOW, KOLKATA, detection_by_camera={first.camera_id: 0.05})
    assert plan(model, settings=worse).visits(1)[0].camera_id != first.camera_id


# --------------------------------------------------------------------------------- footage


def test_footage_about_to_be_overwritten_is_planned_earlier_and_says_when(
    model: SearchModel,
) -> None:
    calm = plan(model)
    tenth = calm.visits(10)[-1]
    # Its recorder keeps footage just long enough that the window is lost half an hour from now.
    hours = (NOW - tenth.window.start).total_seconds() / 3600.0 + 0.5
    candidates = tuple(
        candidate(e.camera_id, e.camera.position, range_m=60.0, retention_hours=hours)
        if e.camera_id == tenth.camera_id
        else e
        for e in CANDIDATES
    )
    hurried = Plan(model, footage_table(model, candidates, NOW), SETTINGS).visits(10)
    place = next(v.place for v in hurried if v.camera_id == tenth.camera_id)
    assert place < tenth.place
    entry = next(v for v in hurried if v.camera_id == tenth.camera_id)
    assert entry.lost_at is not None
    assert "its recorder starts to lose that time at" in entry.reason


def test_overwritten_footage_sinks_but_stays_in_the_list(model: SearchModel) -> None:
    first = plan(model).cameras()[0]
    candidates = tuple(
        candidate(e.camera_id, e.camera.position, range_m=60.0, retention_hours=0.1)
        if e.camera_id == first.camera_id
        else e
        for e in CANDIDATES
    )
    entry = Plan(model, footage_table(model, candidates, NOW), SETTINGS).camera(first.camera_id)
    assert entry is not None
    assert entry.rank > 5
    assert entry.in_reach


def test_footage_at_hand_is_surer_than_footage_that_may_exist(model: SearchModel) -> None:
    held = candidate(1, CANDIDATES[0].camera.position, (WINDOW,), retention_hours=0.1)
    table = footage_table(model, (held, *CANDIDATES[1:]), NOW)
    available = table.available.reshape(len(model.camera_ids), -1)
    assert np.allclose(available[model.row_of[1], :20], 1.0)
    assert np.all(available[model.row_of[2], :20] < 1.0)
    assert np.all(table.urgency >= 1.0)


def test_the_future_cannot_be_looked_at(model: SearchModel) -> None:
    early = SEEN_AT + timedelta(minutes=30)
    asked = Plan(model, footage_table(model, CANDIDATES, early), PlanSettings(early, KOLKATA))
    assert all(visit.window.start < early for visit in asked.visits(200))


# ------------------------------------------------------------------------------- questions


def test_the_latest_location_weighs_most_and_the_earlier_what_its_doubt_leaves() -> None:
    def location(number: int, minutes: int | None, reliability: Reliability) -> LastKnownLocation:
        at = None if minutes is None else SEEN_AT + timedelta(minutes=minutes)
        return LastKnownLocation(
            number, destination(GATE, 0, 100.0 * number), at, 10.0, reliability
        )

    places = start_places(
        [
            location(1, 0, Reliability.LIKELY),
            location(2, 60, Reliability.CERTAIN),
            location(3, None, Reliability.LIKELY),
            location(4, 90, Reliability.WITHDRAWN),
            location(5, 9999, Reliability.CERTAIN),
        ],
        WINDOW,
    )
    assert [start.weight for start in places] == pytest.approx([0.95, 0.05 * 0.7, 0.05 * 0.3 * 0.7])
    assert places[0].seen_at == SEEN_AT + timedelta(minutes=60)


def test_a_known_heading_narrows_what_a_camera_sees() -> None:
    cameras = [
        candidate(1, GATE, headings_deg=(90.0, 270.0), field_of_view_deg=60.0).camera,
        candidate(2, GATE, headings_deg=(90.0,), kind=CameraKind.PTZ).camera,
        candidate(3, GATE, range_m=5000.0).camera,
    ]
    views = views_of(cameras)
    assert views.camera.tolist() == [0, 0, 1, 2]
    assert views.width_deg.tolist() == [60.0, 60.0, 360.0, 360.0]
    assert views.range_m.tolist() == [40.0, 40.0, 40.0, 100.0]


def test_a_search_without_cameras_or_places_is_refused_with_what_to_do() -> None:
    removed = (candidate(1, GATE, status=CameraStatus.REMOVED),)
    with pytest.raises(CamerasError, match="import a registry"):
        build_search(SearchQuestion(removed, (AT_GATE,), WINDOW, profile_for("broad")))
    with pytest.raises(CamerasError, match="last-known location"):
        build_search(SearchQuestion(CANDIDATES, (), WINDOW, profile_for("broad")))


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_chances_are_from_0_to_1(value: float) -> None:
    with pytest.raises(CamerasError):
        DetectionModel(visible_share=value)
    with pytest.raises(CamerasError):
        VisitResult(1, WINDOW, Outcome.EMPTY, value)
