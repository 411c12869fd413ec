"""Galleries and error rates, on vectors whose answers are known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recognition.embedders.normalise import unit_rows
from recognition.errors import ModelMismatch
from recognition.evaluation import verify_all_pairs
from recognition.matching import Gallery, Match, Reference

MODEL, OTHER = "a" * 64, "b" * 64


def _at(angle_deg):
    angle = np.radians(angle_deg)
    return np.array([np.cos(angle), np.sin(angle)], np.float32)


def _gallery(threshold=0.5):
    angles = {(1, 11): 0, (1, 12): 20, (2, 21): 40, (3, 31): 170}
    references = [Reference(case, ref, _at(angle)) for (case, ref), angle in angles.items()]
    return Gallery(MODEL, references, threshold)


def test_each_case_is_named_once_with_its_best_photo_best_case_first():
    matches = _gallery().match(_at(25), MODEL)
    assert [(match.case_id, match.reference_id) for match in matches] == [(1, 12), (2, 21)]
    assert matches[0].similarity == pytest.approx(np.cos(np.radians(5)), abs=1e-6)


def test_only_similarities_at_or_above_the_threshold_match():
    assert _gallery(threshold=0.99).match(_at(25), MODEL) == [
        Match(1, 12, pytest.approx(np.cos(np.radians(5))))
    ]
    assert _gallery(threshold=0.999).match(_at(25), MODEL) == []


def test_embeddings_of_different_models_are_never_compared():
    with pytest.raises(ModelMismatch, match="different models"):
        _gallery().match(_at(25), OTHER)
    with pytest.raises(ModelMismatch, match="another length"):
        _gallery().match(np.ones(3, np.float32), MODEL)
    with pytest.raises(ModelMismatch, match="mixes"):
        Gallery(MODEL, [Reference(1, 1, _at(0)), Reference(1, 2, np.ones(3, np.float32))], 0.5)


def test_an_empty_gallery_matches_nobody_but_still_checks_the_model():
    empty = Gallery(MODEL, [], 0.5)
    assert len(empty) == 0
    assert empty.match(_at(0), MODEL) == []
    with pytest.raises(ModelMismatch):
        empty.match(_at(0), OTHER)


@settings(max_examples=40)
@given(st.integers(1, 30), st.integers(0, 2**31 - 1), st.floats(-0.5, 0.9))
def test_matching_equals_a_loop_over_all_photos(count, seed, threshold):
    rng = np.random.default_rng(seed)
    rows = unit_rows(rng.normal(size=(count, 8)))
    cases = rng.integers(0, 5, count).tolist()
    references = [Reference(case, i, row) for i, (case, row) in enumerate(zip(cases, rows, strict=True))]  # fmt: skip  # noqa: E501
    probe = unit_rows(rng.normal(size=(1, 8)))[0]
    best: dict[int, float] = {}
    for case, row in zip(cases, rows, strict=True):
        similarity = float(row @ probe)
        if similarity >= threshold:
            best[case] = max(best.get(case, -1.0), similarity)
    found = {m.case_id: m.similarity for m in Gallery(MODEL, references, threshold).match(probe, MODEL)}  # fmt: skip  # noqa: E501
    assert found == pytest.approx(best, abs=1e-5)


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
