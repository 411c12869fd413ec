"""Error rates, on vectors whose answers are known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recognition.embedders.normalise import unit_rows
from recognition.evaluation import verify_all_pairs


def _at(angle_deg):
    angle = np.radians(angle_deg)
    return np.array([np.cos(angle), np.sin(angle)], np.float32)


def test_error_rates_are_what_can_be_counted_by_hand():
    rows = np.stack([_at(0), _at(10), _at(90), _at(100)])
    result = verify_all_pairs(rows, ["a", "a", "b", "b"], [0.5])
    assert (result.same_person_pairs, result.stranger_pairs) == (2, 4)
    point = result.points[0]
    assert point.false_match_rate <= 0.5
    assert point.false_non_match_rate == 0


def test_a_rate_finer_than_one_pair_is_refused():
    rows = np.stack([_at(0), _at(10), _at(90)])
    with pytest.raises(ValueError, match="needs 100 pairs"):
        verify_all_pairs(rows, ["a", "a", "b"], [0.01])


def test_photos_of_strangers_only_cannot_be_evaluated():
    with pytest.raises(ValueError, match="two photos"):
        verify_all_pairs(np.stack([_at(0), _at(10)]), ["a", "b"], [0.5])


@settings(max_examples=30)
@given(st.integers(0, 2**31 - 1))
def test_a_stricter_rate_never_lowers_the_threshold(seed):
    rng = np.random.default_rng(seed)
    rows = unit_rows(rng.normal(size=(30, 4)))
    result = verify_all_pairs(rows, [str(i // 2) for i in range(30)], [0.1, 0.05, 0.01])
    thresholds = [point.threshold for point in result.points]
    assert thresholds == sorted(thresholds)
    assert all(p.false_match_rate <= rate for p, rate in zip(result.points, [0.1, 0.05, 0.01], strict=True))  # fmt: skip  # noqa: E501
