"""Greedy picking against exact answers on cases small enough to try every plan."""

import math
from datetime import UTC, datetime
from itertools import combinations, islice, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csc_matrix

from cameras.errors import CamerasError
from cameras.planning.picking import Pick, Picker, WorkModel
from geo.belief import Belief, Look, after_empty, initial_belief
from geo.distance import FloatArray
from geo.particles import PassMatrix, TimeBins

START = datetime(2026, 11, 18, 8, 0, tzinfo=UTC)
CAMERAS, BINS, PARTICLES = 3, 4, 10
COLUMNS = CAMERAS * BINS
EVEN = WorkModel(6.0, 0.0, (1,))


class Small:
    """A random case with its parts at hand."""

    def __init__(self, seed: int, density: float) -> None:
        rng = np.random.default_rng(seed)
        seen = rng.random((PARTICLES, COLUMNS)) * (rng.random((PARTICLES, COLUMNS)) < density)
        self.passes = PassMatrix(
            csc_matrix(seen.astype(np.float32)), CAMERAS, TimeBins(START, BINS)
        )
        floor = rng.random(COLUMNS) * (rng.random(COLUMNS) < 0.8)
        self.belief = initial_belief(PARTICLES, floor)
        self.detection = rng.uniform(0.1, 1.0, COLUMNS)

    def picker(self, work: WorkModel = EVEN, urgency: FloatArray | None = None) -> Picker:
        factor = np.ones(COLUMNS) if urgency is None else urgency
        return Picker(self.passes, self.belief, self.detection, factor, work)

    def found_by(self, columns: set[int]) -> float:
        """The probability that a plan finds the person, from its definition."""
        particle, floor = self.belief.weights()
        missed = np.ones(PARTICLES)
        for column in columns:
            missed *= 1.0 - self.detection[column] * self.passes.seen[:, [column]].toarray()[:, 0]
        chosen = sorted(columns)
        return float(particle @ (1.0 - missed) + floor[chosen] @ self.detection[chosen])

    def in_reach(self) -> list[int]:
        return np.flatnonzero(self.belief.in_reach).tolist()


def columns_of(picks: list[Pick]) -> set[int]:
    return {p.camera * BINS + number for p in picks for number in range(p.first, p.after_last)}


small = st.builds(Small, st.integers(0, 10_000), st.floats(0.05, 0.7))


@settings(deadline=None, max_examples=60)
@given(small, st.integers(1, 3))
def test_the_greedy_plan_is_within_the_bound_of_the_best_plan(case: Small, visits: int) -> None:
    picks = list(islice(case.picker().pick(), visits))
    found = case.found_by(columns_of(picks))
    best = max(case.found_by(set(plan)) for plan in combinations(case.in_reach(), len(picks)))
    assert found >= (1 - 1 / math.e) * best - 1e-12


@settings(deadline=None, max_examples=40)
@given(small, st.integers(1, 3))
def test_the_bound_holds_for_visits_of_unequal_work_too(case: Small, visits: int) -> None:
    work = WorkModel(6.0, 2.0, (1, 2))
    picks = list(islice(case.picker(work).pick(), visits))
    budget = sum(pick.minutes for pick in picks) + 1e-9
    windows = [
        (range(c * BINS + b, c * BINS + b + n), work.minutes(n, 900.0))
        for c in range(CAMERAS)
        for n in (1, 2)
        for b in range(0, BINS, n)
    ]
    # Longer visits of a single bin never help, so plans of up to five cheap ones are enough here.
    best = 0.0
    most = int(budget // work.minutes(1, 900.0))
    for count in range(1, min(most, 3) + 1):
        for plan in combinations(windows, count):
            if sum(minutes for _, minutes in plan) <= budget:
                union = {column for span, _ in plan for column in span}
                best = max(best, case.found_by(union & set(case.in_reach())))
    assert case.found_by(columns_of(picks) & set(case.in_reach())) >= (1 - 1 / math.e) * best - 1e-9


@settings(deadline=None, max_examples=60)
@given(small)
def test_gains_add_up_to_what_the_whole_plan_finds_and_never_rise(case: Small) -> None:
    picks = list(case.picker().pick())
    gains = [pick.gain for pick in picks]
    assert sum(gains) == pytest.approx(case.found_by(columns_of(picks)))
    assert all(later <= earlier + 1e-12 for earlier, later in pairwise(gains))


@settings(deadline=None, max_examples=60)
@given(small)
def test_everything_in_reach_is_picked_in_the_end_and_nothing_else(case: Small) -> None:
    picked = columns_of(list(case.picker().pick()))
    assert picked == set(case.in_reach())


@settings(deadline=None, max_examples=40)
@given(small, st.integers(1, 4))
def test_going_on_is_the_same_as_planning_anew_after_an_empty_visit(
    case: Small, visits: int
) -> None:
    gentle = np.minimum(case.detection, 0.9)
    case.detection = gentle
    ahead = list(islice(case.picker().pick(), visits + 1))
    belief: Belief = case.belief
    looks = [Look(p.camera, p.first, gentle[[p.camera * BINS + p.first]]) for p in ahead[:-1]]
    belief = after_empty(belief, case.passes, looks)
    detection = gentle.copy()
    detection[sorted(columns_of(ahead[:-1]))] = 0.0  # looked at already
    anew = next(Picker(case.passes, belief, detection, np.ones(COLUMNS), EVEN).pick())
    missed = 1.0 - sum(pick.gain for pick in ahead[:-1])
    # Normalising after each visit divides all gains by the same number.
    assert anew.gain * missed == pytest.approx(ahead[-1].gain)


def test_the_second_camera_over_the_same_people_sinks() -> None:
    seen = np.zeros((PARTICLES, COLUMNS), dtype=np.float32)
    seen[:6, 0] = seen[:6, BINS] = 1.0  # cameras 0 and 1 see the same six
    seen[6:9, 2 * BINS] = 1.0  # camera 2 three others
    passes = PassMatrix(csc_matrix(seen), CAMERAS, TimeBins(START, BINS))
    belief = initial_belief(PARTICLES, np.full(COLUMNS, 1.0))
    picker = Picker(passes, belief, np.full(COLUMNS, 0.9), np.ones(COLUMNS), EVEN)
    assert [pick.camera for pick in islice(picker.pick(), 3)] == [0, 2, 1]


def test_footage_that_is_about_to_be_lost_comes_first_among_equals() -> None:
    seen = np.zeros((PARTICLES, COLUMNS), dtype=np.float32)
    seen[:5, 0] = seen[5:, BINS] = 1.0
    passes = PassMatrix(csc_matrix(seen), CAMERAS, TimeBins(START, BINS))
    belief = initial_belief(PARTICLES, np.full(COLUMNS, 1.0))
    urgency = np.ones(COLUMNS)
    urgency[BINS] = 2.0
    picker = Picker(passes, belief, np.full(COLUMNS, 0.9), urgency, EVEN)
    first, second = islice(picker.pick(), 2)
    assert (first.camera, second.camera) == (1, 0)
    assert first.gain == pytest.approx(second.gain)  # urgency is no probability


def test_a_fixed_cost_for_each_visit_makes_visits_longer() -> None:
    seen = np.ones((PARTICLES, COLUMNS), dtype=np.float32) * 0.3
    passes = PassMatrix(csc_matrix(seen), CAMERAS, TimeBins(START, BINS))
    belief = initial_belief(PARTICLES, np.full(COLUMNS, 1.0))

    def first(work: WorkModel) -> Pick:
        return next(Picker(passes, belief, np.full(COLUMNS, 0.5), np.ones(COLUMNS), work).pick())

    assert first(WorkModel(6.0, 0.0)).after_last == 1
    whole = first(WorkModel(6.0, 30.0))
    assert (whole.first, whole.after_last) == (0, 4)
    assert whole.minutes == pytest.approx(36.0)


@pytest.mark.parametrize(
    ("per_hour", "per_visit", "lengths"),
    [
        (0.0, 1.0, (1,)),
        (-1.0, 0.0, (1,)),
        (6.0, float("nan"), (1,)),
        (6.0, 0.0, (2,)),
        (6.0, 0.0, (0, 1)),
    ],
)
def test_work_that_cannot_be_is_refused(
    per_hour: float, per_visit: float, lengths: tuple[int, ...]
) -> None:
    with pytest.raises(CamerasError):
        WorkModel(per_hour, per_visit, lengths)
