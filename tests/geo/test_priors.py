import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import InvalidBelief
from geo.priors import (
    BROAD,
    PRIORS,
    DistancePrior,
    PriorMixture,
    Quantile,
    mixture_for,
    prior_of_km,
)

categories = st.sampled_from(sorted(PRIORS))


@settings(deadline=None)
@given(categories)
def test_every_distance_of_the_table_is_met_exactly(category: str) -> None:
    prior = PRIORS[category]
    for quantile in prior.quantiles:
        assert prior.quantile_m(quantile.share) == pytest.approx(quantile.distance_m)
        assert prior.share_within(quantile.distance_m) == pytest.approx(quantile.share)


def test_a_child_of_seven_is_found_within_1400_metres_in_three_of_four_cases() -> None:
    assert PRIORS["child_7_9"].share_within(1400) == pytest.approx(0.75)
    assert PRIORS["child_7_9"].median_m == pytest.approx(480)


@settings(deadline=None)
@given(categories, st.floats(1, 200_000), st.floats(0, 200_000))
def test_farther_never_holds_fewer_people(category: str, near_m: float, more_m: float) -> None:
    near, far = PRIORS[category].share_within([near_m, near_m + more_m])
    assert 0.0 <= near <= far <= 1.0


@settings(deadline=None)
@given(categories, st.floats(0, 1))
def test_draws_follow_the_mixture(category: str, broad_share: float) -> None:
    mixture = PriorMixture(PRIORS[category], BROAD, broad_share)
    drawn_m = mixture.draw_m(4000, np.random.default_rng(5))
    for distance_m in (200.0, 1000.0, 5000.0):
        expected = float(mixture.share_within(distance_m))
        assert (drawn_m <= distance_m).mean() == pytest.approx(expected, abs=0.04)


def test_the_broad_part_keeps_far_places_possible_for_a_toddler() -> None:
    toddler = PRIORS["child_1_3"]
    assert 1.0 - toddler.share_within(5000) < 1e-6
    assert 1.0 - mixture_for(toddler).share_within(5000) > 0.05


def test_an_edited_prior_is_a_changed_copy() -> None:
    before = PRIORS["dementia"]
    changed = dataclasses.replace(
        before, quantiles=(Quantile(0.5, 700.0), Quantile(0.95, 5800.0)), source="police study"
    )
    assert changed.median_m == pytest.approx(700)
    assert before.median_m == pytest.approx(1100)


@pytest.mark.parametrize(
    "quantiles",
    [
        (Quantile(0.5, 700.0),),
        (Quantile(0.5, 700.0), Quantile(0.4, 900.0)),
        (Quantile(0.5, 700.0), Quantile(0.9, 700.0)),
        (Quantile(0.0, 700.0), Quantile(0.9, 900.0)),
        (Quantile(0.5, float("nan")), Quantile(0.9, 900.0)),
        (Quantile(0.5, 1.0), Quantile(0.9, 900.0)),
    ],
)
def test_distances_that_cannot_be_a_prior_are_refused(quantiles: tuple[Quantile, ...]) -> None:
    with pytest.raises(InvalidBelief):
        DistancePrior("made_up", "Made up", quantiles)


def test_three_distances_are_enough() -> None:
    assert prior_of_km("made_up", "Made up", (0.3, 2.4, 19.3)).median_m == pytest.approx(2400)
