"""Galleries, on vectors whose answers are known, and against plain loops."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recognition.embedders.normalise import unit_rows
from recognition.errors import ModelMismatch
from recognition.faces import FloatArray
from recognition.matching import (
    KEPT_PRECISION,
    REJECTED_MARGIN,
    Gallery,
    Match,
    Reference,
    RejectedFace,
    as_kept,
)
from recognition.screening import Int8Screen, Quantised

MODEL, OTHER = "a" * 64, "b" * 64
SEEDS = st.integers(0, 2**31 - 1)


def _at(angle_deg: float) -> FloatArray:
    angle = np.radians(angle_deg)
    return np.array([np.cos(angle), np.sin(angle)], np.float32)


def _cosine(degrees: float) -> float:
    return float(np.cos(np.radians(degrees)))


def _references() -> list[Reference]:
    angles = {(1, 11): 0, (1, 12): 20, (2, 21): 40, (3, 31): 170}
    return [Reference(case, ref, _at(angle)) for (case, ref), angle in angles.items()]


def _random_gallery(rng: np.random.Generator, count: int, dimension: int) -> list[Reference]:
    rows = unit_rows(rng.normal(size=(count, dimension)))
    cases = rng.integers(0, max(1, count // 4), count)
    return [Reference(int(case), i, row) for i, (case, row) in enumerate(zip(cases, rows, strict=True))]  # fmt: skip  # noqa: E501


def _by_loop(
    references: Sequence[Reference], probe: FloatArray, threshold: float
) -> dict[int, float]:
    best: dict[int, float] = {}
    for reference in references:
        similarity = float(as_kept(reference.embedding) @ as_kept(probe))
        if similarity >= threshold:
            best[reference.case_id] = max(best.get(reference.case_id, -1.0), similarity)
    return best


def test_each_case_is_named_once_with_its_best_photo_best_case_first():
    matches = Gallery(MODEL, _references(), 0.5).match(_at(25), MODEL)
    assert [(match.case_id, match.reference_id) for match in matches] == [(1, 12), (2, 21)]
    assert matches[0].similarity == pytest.approx(_cosine(5), abs=KEPT_PRECISION)


def test_a_match_says_how_alike_every_photo_is_and_what_remains_without_the_best():
    match, _ = Gallery(MODEL, _references(), 0.5).match(_at(25), MODEL)
    assert [photo.reference_id for photo in match.similarities] == [12, 11]
    assert match.without_best == pytest.approx(_cosine(25), abs=KEPT_PRECISION)


def test_nothing_remains_without_the_only_photo():
    match = Gallery(MODEL, _references(), 0.5).match(_at(40), MODEL)[0]
    assert (match.case_id, match.without_best) == (2, None)


def test_only_similarities_at_or_above_the_threshold_match():
    assert [m.case_id for m in Gallery(MODEL, _references(), 0.99).match(_at(25), MODEL)] == [1]
    assert Gallery(MODEL, _references(), 0.999).match(_at(25), MODEL) == []


def test_a_case_may_raise_its_own_threshold_and_no_others():
    gallery = Gallery(MODEL, _references(), 0.9, raises={1: 0.099})
    matches = gallery.match(_at(25), MODEL)
    assert [match.case_id for match in matches] == [2]
    with pytest.raises(ValueError, match="never lower"):
        Gallery(MODEL, _references(), 0.9, raises={1: -0.1})


def test_embeddings_of_different_models_are_never_compared():
    gallery = Gallery(MODEL, _references(), 0.5)
    with pytest.raises(ModelMismatch, match="different models"):
        gallery.match(_at(25), OTHER)
    with pytest.raises(ModelMismatch, match="another length"):
        gallery.match(np.ones(3, np.float32), MODEL)
    with pytest.raises(ModelMismatch, match="mixes"):
        Gallery(MODEL, [Reference(1, 1, _at(0)), Reference(1, 2, np.ones(3, np.float32))], 0.5)


def test_an_empty_gallery_matches_nobody_but_still_checks_the_model():
    empty = Gallery(MODEL, [], 0.5)
    assert len(empty) == 0
    assert empty.match(_at(0), MODEL) == []
    with pytest.raises(ModelMismatch):
        empty.match(_at(0), OTHER)


def test_a_face_more_like_a_rejected_one_is_proposed_and_marked():
    rejected = [RejectedFace(1, 901, _at(60)), RejectedFace(2, 902, _at(60))]
    gallery = Gallery(MODEL, _references(), 0.5, rejected=rejected)

    near_rejected = {match.case_id: match for match in gallery.match(_at(58), MODEL)}
    near_photo = {match.case_id: match for match in gallery.match(_at(38), MODEL)}

    assert near_rejected[1].like_rejected
    assert near_rejected[1].nearest_rejected is not None
    assert near_rejected[1].nearest_rejected.sighting_id == 901
    assert not near_photo[2].like_rejected


def test_a_rejected_face_of_one_case_says_nothing_about_another():
    gallery = Gallery(MODEL, _references(), 0.5, rejected=[RejectedFace(1, 901, _at(40))])
    second = {match.case_id: match for match in gallery.match(_at(41), MODEL)}[2]
    assert second.nearest_rejected is None
    assert not second.like_rejected


@settings(max_examples=40)
@given(st.floats(0, 90), st.floats(0, 90))
def test_the_mark_needs_the_whole_margin(photo_deg, rejected_deg):
    gallery = Gallery(MODEL, [Reference(1, 1, _at(photo_deg))], -1.0,
                      rejected=[RejectedFace(1, 9, _at(-rejected_deg))])  # fmt: skip
    (match,) = gallery.match(_at(0), MODEL)
    lead = _cosine(rejected_deg) - _cosine(photo_deg)
    if abs(lead - REJECTED_MARGIN) > 2 * KEPT_PRECISION:
        assert match.like_rejected == (lead > REJECTED_MARGIN)


@settings(max_examples=40)
@given(st.integers(1, 30), SEEDS, st.floats(-0.5, 0.9))
def test_matching_equals_a_loop_over_all_photos(count, seed, threshold):
    rng = np.random.default_rng(seed)
    references = _random_gallery(rng, count, 8)
    probe = unit_rows(rng.normal(size=(1, 8)))[0]
    found = Gallery(MODEL, references, threshold).match(probe, MODEL)
    assert {m.case_id: m.similarity for m in found} == pytest.approx(
        _by_loop(references, probe, threshold), abs=1e-6
    )


def test_a_gallery_large_enough_to_be_screened_answers_as_a_loop_does():
    rng = np.random.default_rng(5)
    references = _random_gallery(rng, 6000, 64)
    probes = np.stack([one.embedding for one in references[:40]])
    probes = unit_rows(probes + rng.normal(scale=0.08, size=probes.shape))
    gallery = Gallery(MODEL, references, 0.35)

    found = gallery.match_all(probes.astype(np.float32), MODEL)

    for probe, matches in zip(probes, found, strict=True):
        expected = _by_loop(references, probe.astype(np.float32), 0.35)
        assert {m.case_id: m.similarity for m in matches} == pytest.approx(expected, abs=1e-6)
    assert sum(map(len, found)) > 40


def test_many_faces_at_once_match_as_one_after_the_other():
    rng = np.random.default_rng(6)
    gallery = Gallery(MODEL, _random_gallery(rng, 60, 16), 0.2)
    probes = unit_rows(rng.normal(size=(9, 16))).astype(np.float32)
    together = gallery.match_all(probes, MODEL)
    for probe, matches in zip(probes, together, strict=True):
        alone: list[Match] = gallery.match(probe, MODEL)
        assert [m.case_id for m in alone] == [m.case_id for m in matches]


@settings(max_examples=60)
@given(st.integers(1, 50), st.integers(2, 300), SEEDS, st.floats(0, 4))
def test_the_screen_never_bounds_a_cosine_too_low(count, dimension, seed, spikiness):
    rng = np.random.default_rng(seed)
    shape = (count, dimension)
    rows = unit_rows(rng.normal(size=shape) * np.exp(spikiness * rng.normal(size=shape)))
    probes = unit_rows(rng.normal(size=(3, dimension)))
    bounds = Int8Screen(Quantised.of(rows.astype(np.float32))).upper_bounds(
        probes.astype(np.float32)
    )
    assert (bounds >= probes @ rows.T).all()


@settings(max_examples=100)
@given(st.integers(2, 600), SEEDS, st.floats(0, 6), st.floats(0, 1))
def test_keeping_an_embedding_changes_no_cosine_by_more_than_the_stated_precision(
    dimension, seed, spikiness, closeness
):
    rng = np.random.default_rng(seed)
    one = rng.normal(size=dimension) * np.exp(spikiness * rng.normal(size=dimension))
    other = closeness * one + (1 - closeness) * rng.normal(size=dimension)
    one, other = (unit_rows(row[None])[0].astype(np.float64) for row in (one, other))
    kept = as_kept(one.astype(np.float32)) @ as_kept(other.astype(np.float32))
    assert abs(float(kept) - float(one @ other)) <= KEPT_PRECISION


@pytest.mark.parametrize("others", [0, 5000])
def test_an_artificial_photo_is_told_and_carries_no_match(others: int):
    padding = [Reference(9, 1000 + one, _at(180)) for one in range(others)]
    artificial = [Reference(1, 11, _at(0), artificial=True), *padding]
    assert Gallery(MODEL, artificial, 0.5).match(_at(0), MODEL) == []
    real_below = [*artificial, Reference(1, 12, _at(70))]
    assert Gallery(MODEL, real_below, 0.5).match(_at(0), MODEL) == []
    real_too = [*artificial, Reference(1, 12, _at(40))]
    (match,) = Gallery(MODEL, real_too, 0.5).match(_at(0), MODEL)
    assert (match.reference_id, match.without_best) == (12, None)
    assert match.similarity == pytest.approx(_cosine(40), abs=0.001)
    told = [(one.reference_id, one.artificial) for one in match.similarities]
    assert told == [(11, True), (12, False)]
