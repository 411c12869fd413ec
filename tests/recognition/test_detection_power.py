"""Probability of detection: what raises it, what lowers it, and that it owns up to guesses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognition.detection_power import TURNED_SHARE, detection_power, true_match_rate
from recognition.embedders.thresholds import DLIB_SHA256, W_MBF_SHA256

heights = st.lists(st.floats(10, 300), max_size=30)
shares = st.floats(0, 1)


@given(shares, heights, st.sampled_from([20, 40, 80]), st.sampled_from([W_MBF_SHA256, "other"]))
def test_it_is_the_product_of_its_parts_and_a_probability(looked, seen, smallest, model):
    power = detection_power(looked, seen, smallest, model)
    parts = power.looked * power.turned * power.large * power.recognised
    assert power.probability == pytest.approx(parts)
    assert 0 <= power.probability <= TURNED_SHARE


@given(shares, shares, heights)
def test_looking_longer_never_lowers_it(one, two, seen):
    less, more = sorted([one, two])
    powers = [detection_power(share, seen, 40, W_MBF_SHA256).probability for share in (less, more)]
    assert powers == sorted(powers)


@given(heights, st.floats(20, 200), st.floats(20, 200))
def test_larger_faces_never_lower_it(seen, one, two):
    small, large = sorted([one, two])
    powers = [
        detection_power(1.0, [*seen, height], 40, W_MBF_SHA256).probability
        for height in (small, large)
    ]
    assert powers[0] <= powers[1] + 0.02


def test_a_window_not_looked_at_finds_nobody():
    assert detection_power(0.0, [80.0] * 9, 40, W_MBF_SHA256).probability == 0


def test_a_camera_that_shows_large_faces_comes_near_what_the_recogniser_can_do():
    power = detection_power(1.0, [120.0] * 500, 40, W_MBF_SHA256)
    assert power.probability == pytest.approx(TURNED_SHARE * 0.96, abs=0.01)
    assert power.is_measured


def test_faces_too_small_to_be_looked_for_count_against_it():
    few = detection_power(1.0, [30.0] * 50, 40, W_MBF_SHA256)
    all_of_them = detection_power(1.0, [30.0] * 50, 20, W_MBF_SHA256)
    assert few.large < 0.1 < all_of_them.large
    assert few.probability < all_of_them.probability


def test_what_is_only_assumed_is_said_to_be():
    nothing_seen = detection_power(1.0, [], 40, W_MBF_SHA256)
    unknown_model = detection_power(1.0, [80.0] * 20, 40, "0" * 64)
    for power in (nothing_seen, unknown_model):
        assert not power.is_measured
        assert "(partly assumed)" in power.sentence
    assert true_match_rate("0" * 64, 80) is None


def test_the_weaker_recogniser_has_less_power():
    assert (
        detection_power(1.0, [60.0] * 20, 40, DLIB_SHA256).probability
        < detection_power(1.0, [60.0] * 20, 40, W_MBF_SHA256).probability
    )


def test_a_share_beyond_one_is_refused():
    with pytest.raises(ValueError, match="between 0 and 1"):
        detection_power(1.2, [], 40, W_MBF_SHA256)
