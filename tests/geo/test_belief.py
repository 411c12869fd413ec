"""The laws of evidence, on small matrices that are written out or drawn by Hypothesis."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csc_matrix

from geo.belief import (
    FLOOR_SHARE,
    Belief,
    Look,
    after_empty,
    after_sighting,
    floor_weights,
    initial_belief,
    needs_resampling,
    pool,
)
from geo.distance import destination
from geo.errors import InvalidBelief
from geo.particles import PassMatrix, StartPlace, TimeBins
from geo.points import Point

START = datetime(2026, 11, 18, 8, 0, tzinfo=UTC)
CAMERAS, BINS, PARTICLES = 3, 4, 12
HERE = Point(12.97, 77.59)


def matrix_of(seen: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> PassMatrix:
    return PassMatrix(csc_matrix(seen), CAMERAS, TimeBins(START, BINS))


@st.composite
def pass_matrices(draw: st.DrawFn) -> PassMatrix:
    seed = draw(st.integers(0, 10_000))
    rng = np.random.default_rng(seed)
    seen = rng.random((PARTICLES, CAMERAS * BINS)) * (
        rng.random((PARTICLES, CAMERAS * BINS)) < draw(st.floats(0.05, 0.9))
    )
    return matrix_of(seen.astype(np.float32))


chances = st.floats(0, 0.99)
looks = st.builds(
    lambda camera, first, detection: Look(camera, first, np.array(detection)),
    st.integers(0, CAMERAS - 1),
    st.integers(0, BINS - 2),
    st.lists(chances, min_size=1, max_size=2),
)


def belief_of(passes: PassMatrix) -> Belief:
    return initial_belief(passes.particle_count, np.ones(passes.column_count))


def assert_same(first: Belief, second: Belief) -> None:
    for one, other in zip(first.weights(), second.weights(), strict=True):
        assert np.allclose(one, other, rtol=1e-9, atol=1e-15)


@settings(deadline=None)
@given(pass_matrices(), st.lists(looks, max_size=6), st.integers(0, CAMERAS - 1), chances)
def test_weights_stay_a_distribution(
    passes: PassMatrix, visits: list[Look], camera: int, reliability: float
) -> None:
    belief = after_empty(belief_of(passes), passes, visits)
    belief = after_sighting(belief, passes, camera, range(1, 3), reliability)
    particle, floor = belief.weights()
    assert particle.min() >= 0.0
    assert floor.min() >= 0.0
    assert particle.sum() + floor.sum() == pytest.approx(1.0)


@settings(deadline=None)
@given(pass_matrices(), looks)
def test_an_empty_visit_that_could_find_nobody_changes_nothing(
    passes: PassMatrix, look: Look
) -> None:
    blind = Look(look.camera, look.first, np.zeros(len(look.detection)))
    before = belief_of(passes)
    assert_same(after_empty(before, passes, [blind]), before)


@settings(deadline=None)
@given(pass_matrices(), st.integers(0, CAMERAS - 1), st.integers(0, BINS - 1))
def test_an_empty_visit_that_misses_nobody_removes_who_passed_in_full_view(
    passes: PassMatrix, camera: int, number: int
) -> None:
    plain = PassMatrix((passes.seen > 0).astype(np.float32), CAMERAS, passes.bins)
    before = belief_of(plain)
    after = after_empty(before, plain, [Look(camera, number, np.ones(1))])
    passed, _ = plain.column(camera, number)
    particle, floor = after.weights()
    others = np.setdiff1d(np.arange(PARTICLES), passed)
    assert np.all(particle[passed] == 0.0)
    assert np.allclose(particle[others] / particle[others].sum(), 1 / max(len(others), 1))
    assert floor.min() > 0.0  # nothing in reach is ever ruled out altogether


@settings(deadline=None)
@given(pass_matrices(), st.lists(looks, min_size=2, max_size=6), chances)
def test_the_order_of_independent_evidence_does_not_matter(
    passes: PassMatrix, visits: list[Look], reliability: float
) -> None:
    shuffled = sorted(visits, key=lambda look: hash((look.camera, str(look.detection))))
    once = after_sighting(
        after_empty(belief_of(passes), passes, visits), passes, 0, range(2), reliability
    )
    singly = after_sighting(belief_of(passes), passes, 0, range(2), reliability)
    for look in shuffled:
        singly = after_empty(singly, passes, [look])
    assert_same(once, singly)


@settings(deadline=None)
@given(pass_matrices(), st.integers(0, CAMERAS - 1), chances, chances)
def test_a_visit_in_two_parts_says_what_the_whole_visit_says(
    passes: PassMatrix, camera: int, first: float, second: float
) -> None:
    before = belief_of(passes)
    whole = after_empty(before, passes, [Look(camera, 1, np.array([first, second]))])
    parts = [Look(camera, 1, np.array([first])), Look(camera, 2, np.array([second]))]
    assert_same(after_empty(before, passes, parts), whole)


@settings(deadline=None)
@given(pass_matrices(), looks, st.floats(0, 1))
def test_the_better_a_visit_detects_the_more_an_empty_one_tells(
    passes: PassMatrix, look: Look, less: float
) -> None:
    weaker = Look(look.camera, look.first, look.detection * less)
    strong, weak = (after_empty(belief_of(passes), passes, [each]) for each in (look, weaker))
    assert np.all(strong.log_particle <= weak.log_particle + 1e-12)
    assert np.all(strong.log_floor <= weak.log_floor + 1e-12)


def test_bayes_rule_holds_in_a_case_worked_by_hand() -> None:
    seen = np.zeros((PARTICLES, CAMERAS * BINS), dtype=np.float32)
    seen[:3, 0] = 1.0  # a quarter of the particles pass camera 0 in bin 0
    passes = matrix_of(seen)
    no_floor = initial_belief(PARTICLES, np.zeros(CAMERAS * BINS))
    particle, floor = after_empty(no_floor, passes, [Look(0, 0, np.array([0.8]))]).weights()
    # P(passed | not found) = 0.25 · 0.2 / (0.25 · 0.2 + 0.75)
    assert particle[:3].sum() == pytest.approx(0.0625)
    assert floor.sum() == 0.0


@settings(deadline=None)
@given(pass_matrices(), st.integers(0, CAMERAS - 1), st.floats(0.01, 0.99))
def test_a_confirmed_sighting_gains_for_who_was_there_and_rules_nobody_out(
    passes: PassMatrix, camera: int, reliability: float
) -> None:
    before = belief_of(passes)
    after = after_sighting(before, passes, camera, range(1), reliability)
    there, _ = passes.column(camera, 0)
    share_before, share_after = (each.weights()[0][there].sum() for each in (before, after))
    assert share_after >= share_before * 0.999
    assert all(weights.min() > 0.0 for weights in after.weights())


def test_the_floor_takes_over_when_every_particle_is_contradicted() -> None:
    passes = matrix_of(np.ones((PARTICLES, CAMERAS * BINS), dtype=np.float32))
    belief = belief_of(passes)
    assert belief.unmodelled_share == pytest.approx(FLOOR_SHARE)
    after = after_empty(belief, passes, [Look(0, 0, np.ones(1))])
    assert after.unmodelled_share == pytest.approx(1.0)
    assert after.effective_particles == 0.0


def test_evidence_against_everything_is_said_and_not_divided_by() -> None:
    passes = matrix_of(np.ones((PARTICLES, CAMERAS * BINS), dtype=np.float32))
    no_floor = initial_belief(PARTICLES, np.zeros(CAMERAS * BINS))
    ruled_out = after_empty(no_floor, passes, [Look(0, 0, np.ones(1))])
    with pytest.raises(InvalidBelief, match="rules out every way"):
        ruled_out.weights()


@pytest.mark.parametrize("chance", [-0.1, 1.1, float("nan")])
def test_a_chance_outside_0_to_1_is_refused(chance: float) -> None:
    with pytest.raises(InvalidBelief):
        Look(0, 0, np.array([chance]))


def test_many_weak_visits_do_not_underflow() -> None:
    passes = matrix_of(np.ones((PARTICLES, CAMERAS * BINS), dtype=np.float32))
    visits = [Look(camera, 0, np.full(BINS, 0.9)) for camera in range(CAMERAS)] * 200
    particle, floor = after_empty(belief_of(passes), passes, visits).weights()
    assert particle.sum() + floor.sum() == pytest.approx(1.0)


def test_what_cannot_be_reached_in_time_has_no_floor_and_the_near_has_most() -> None:
    places = [destination(HERE, 90, away_m) for away_m in (200, 2_000, 90_000)]
    bins = TimeBins(START, 16)
    weights = floor_weights(
        [StartPlace(HERE, START, 50.0)], bins,
        np.array([p.latitude_deg for p in places]), np.array([p.longitude_deg for p in places]),
        np.full(3, 40.0),
    ).reshape(3, 16)  # fmt: skip
    assert np.all(weights[0] > weights[1])
    assert np.all(weights[1] > 0.0)
    assert weights[2, 0] == 0.0  # 90 km in the first quarter of an hour
    assert weights[2, -1] > 0.0  # four hours later, by car


def test_pooling_two_clouds_keeps_the_distribution_and_evens_the_weights() -> None:
    rng = np.random.default_rng(2)
    shape = (4_000, CAMERAS * BINS)
    visit = Look(1, 0, np.array([0.95, 0.95]))
    parts = []
    for _ in range(2):
        seen = (rng.random(shape) < 0.6).astype(np.float32)
        passes = PassMatrix(csc_matrix(seen), CAMERAS, TimeBins(START, BINS))
        parts.append((passes, after_empty(belief_of(passes), passes, [visit])))
    pooled_passes, pooled, rows = pool(parts, 4_000, seed=1)
    assert pooled_passes.particle_count == len(rows) == 4_000
    assert pooled.effective_particles == pytest.approx(4_000)
    assert pooled.unmodelled_share == pytest.approx(parts[0][1].unmodelled_share, rel=0.1)
    expected = parts[0][1].weights()[0] @ parts[0][0].seen.toarray()
    found = pooled.weights()[0] @ pooled_passes.seen.toarray()
    assert np.allclose(found, expected, atol=0.05)


def test_more_particles_are_asked_for_when_few_carry_the_weight() -> None:
    seen = np.zeros((PARTICLES, CAMERAS * BINS), dtype=np.float32)
    seen[1:, 0] = 1.0
    passes = matrix_of(seen)
    belief = belief_of(passes)
    assert not needs_resampling(belief)
    assert needs_resampling(after_empty(belief, passes, [Look(0, 0, np.array([0.999]))]))


def test_times_are_kept_with_their_bins() -> None:
    bins = TimeBins(START, BINS, 600.0)
    assert bins.span(1, 3) == (START + timedelta(minutes=10), START + timedelta(minutes=30))
    assert bins.touched(START + timedelta(minutes=5), START + timedelta(minutes=20)) == (0, 2)
    assert bins.touched(START - timedelta(hours=2), START - timedelta(hours=1)) == (0, 0)
