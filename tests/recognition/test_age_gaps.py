"""Thresholds by the years between photo and face: what is asked of which pair, and how fast."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recognition.age_gaps import (
    AGE_BANDS,
    OWN,
    AgeBand,
    BandThreshold,
    DaySpan,
    GapThresholds,
    band_numbers,
    bands_between,
    day_columns,
)
from recognition.embedders.normalise import unit_rows
from recognition.faces import FloatArray
from recognition.matching import Gallery, Reference, as_kept

MODEL = "a" * 64
TODAY = date(2026, 11, 20)
OLD = DaySpan(date(2019, 6, 1), date(2019, 6, 1))
FIVE_TO_TEN = AgeBand(5, 10)
SEEDS = st.integers(0, 2**31 - 1)


def _measured(**by_years: float) -> tuple[BandThreshold, ...]:
    """`y5=0.6`: the band that begins at five years has this threshold, and the key 5."""
    bands = {f"y{band.from_years}": band for band in AGE_BANDS}
    return tuple(
        BandThreshold(bands[name], value, bands[name].from_years)
        for name, value in by_years.items()
    )


def _asked(thresholds: GapThresholds, taken: DaySpan | None, seen: date | None = TODAY):
    limit, key = thresholds.of_photo(taken, seen)
    return limit, OWN if key is None else key


def _at(degrees: float) -> FloatArray:
    return np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))], np.float32)


@pytest.mark.parametrize(("years", "band"), [
    (0, 0), (0.99, 0), (1, 1), (1.99, 1), (2, 2), (4.99, 2), (5, 3), (10, 4), (19.9, 4), (20, 5),
    (60, 5),
])  # fmt: skip
def test_a_gap_belongs_to_the_band_that_begins_at_or_below_it(years, band):
    assert band_numbers(years) == band


def test_a_measured_band_replaces_the_models_own_threshold_either_way():
    higher = GapThresholds(0.5, _measured(y5=0.6))
    lower = GapThresholds(0.5, _measured(y5=0.4))
    assert _asked(higher, OLD) == (0.6, 5)
    assert _asked(lower, OLD) == (0.4, 5)
    assert (higher.least, lower.least) == (0.5, 0.4)


def test_what_is_not_known_or_not_measured_has_the_models_own():
    thresholds = GapThresholds(0.5, _measured(y5=0.4))
    for taken, seen in [
        (None, TODAY),
        (OLD, None),
        (DaySpan(date(2026, 1, 1), date(2026, 1, 1)), TODAY),
        (DaySpan(TODAY + timedelta(days=1), TODAY + timedelta(days=1)), TODAY),
    ]:
        assert _asked(thresholds, taken, seen) == (0.5, OWN)


def test_a_gap_that_may_lie_in_two_bands_is_asked_for_the_higher_of_their_thresholds():
    year = DaySpan(date(2021, 1, 1), date(2021, 12, 31))
    assert bands_between(year, DaySpan(TODAY, TODAY)) == (AgeBand(2, 5), FIVE_TO_TEN)
    assert _asked(GapThresholds(0.5, _measured(y2=0.45, y5=0.4)), year) == (0.45, 2)
    assert _asked(GapThresholds(0.5, _measured(y2=0.45, y5=0.6)), year) == (0.6, 5)
    assert _asked(GapThresholds(0.5, _measured(y5=0.4)), year) == (0.5, OWN)


def test_a_year_that_is_not_over_counts_up_to_the_day_of_the_face():
    this_year = DaySpan(date(2026, 1, 1), date(2026, 12, 31))
    assert _asked(GapThresholds(0.5, _measured(y0=0.55)), this_year) == (0.55, 0)


def test_between_two_photos_either_may_be_the_older():
    thresholds = GapThresholds(0.5, _measured(y5=0.6))
    old, new = day_columns([OLD, None]), day_columns([DaySpan(TODAY, TODAY)] * 2)
    assert thresholds.between(*old, *new).tolist() == [0.6, 0.5]
    assert thresholds.between(*new, *old).tolist() == [0.6, 0.5]


def test_a_band_has_one_threshold_and_is_one_that_is_known():
    with pytest.raises(ValueError, match="one threshold"):
        GapThresholds(0.5, [*_measured(y5=0.6), *_measured(y5=0.7)])
    with pytest.raises(ValueError, match="one threshold"):
        GapThresholds(0.5, [BandThreshold(AgeBand(3, 4), 0.6, 1)])


@given(st.dates(date(1980, 1, 1), date(2026, 1, 1)), st.integers(0, 900), st.integers(0, 15_000))
def test_every_day_that_is_left_open_is_asked_for_no_more_than_the_whole(first, width, later):
    thresholds = GapThresholds(0.5, _measured(y0=0.41, y2=0.52, y5=0.43, y20=0.47))
    last = first + timedelta(days=width)
    seen = last + timedelta(days=later)
    whole, _ = _asked(thresholds, DaySpan(first, last), seen)
    for offset in range(0, width + 1, max(1, width // 7)):
        day = first + timedelta(days=offset)
        assert _asked(thresholds, DaySpan(day, day), seen)[0] <= whole


# --------------------------------------------------------------------------------- in a gallery


def test_the_photo_that_reaches_its_own_threshold_carries_even_if_another_is_more_alike():
    references = [Reference(1, 11, _at(20), taken=OLD), Reference(1, 12, _at(40))]
    gallery = Gallery(MODEL, references, GapThresholds(0.7, _measured(y5=0.99)))
    (match,) = gallery.match(_at(0), MODEL, TODAY)
    assert (match.reference_id, match.threshold) == (12, 0.7)
    assert match.carrier.measured_key is None
    assert match.without_best == match.similarities[0].similarity > match.similarity
    assert [one.measured_key for one in match.similarities] == [5, None]


def test_a_photo_below_every_threshold_of_its_age_does_not_carry_by_another_days():
    gallery = Gallery(
        MODEL, [Reference(1, 11, _at(50), taken=OLD)], GapThresholds(0.7, _measured(y5=0.6))
    )
    assert [one.threshold for one in gallery.match(_at(0), MODEL, TODAY)] == [0.6]
    assert gallery.match(_at(0), MODEL, date(2020, 1, 1)) == []
    assert gallery.match(_at(0), MODEL) == []
    assert gallery.least_threshold == 0.6
    assert gallery.threshold_of(11, TODAY) == 0.6


def test_a_cases_raise_comes_on_top_of_what_was_measured():
    references = [Reference(1, 11, _at(50), taken=OLD), Reference(2, 21, _at(50), taken=OLD)]
    thresholds = GapThresholds(0.7, _measured(y5=0.6))
    gallery = Gallery(MODEL, references, thresholds, raises={1: 0.1})
    assert [one.case_id for one in gallery.match(_at(0), MODEL, TODAY)] == [2]
    assert gallery.threshold_of(11, TODAY) == pytest.approx(0.7)
    assert gallery.least_threshold == 0.6


def test_each_face_needs_a_day_or_none():
    gallery = Gallery(MODEL, [Reference(1, 11, _at(0))], 0.5)
    with pytest.raises(ValueError, match="Each face"):
        gallery.match_all(np.stack([_at(0), _at(1)]), MODEL, [TODAY])


def _loop(references, probe, day, thresholds, raises):
    """Which photo carries each case, one photo after the other."""
    carriers: dict[int, tuple[float, int]] = {}
    for one in references:
        similarity = float(as_kept(one.embedding) @ as_kept(probe))
        limit = _asked(thresholds, one.taken, day)[0] + raises.get(one.case_id, 0.0)
        if not one.artificial and similarity >= limit:
            best = carriers.get(one.case_id)
            if best is None or similarity > best[0]:
                carriers[one.case_id] = (similarity, one.reference_id)
    return {case: reference for case, (_, reference) in carriers.items()}


def _random_references(rng, count, dimension):
    rows = unit_rows(rng.normal(size=(count, dimension)).astype(np.float32))
    spans = [
        None
        if rng.random() < 0.3
        else DaySpan(*(2 * (TODAY - timedelta(days=int(rng.integers(0, 9_000))),)))
        for _ in range(count)
    ]
    cases = rng.integers(0, max(2, count // 3), count)
    return [
        Reference(int(case), i, row, bool(rng.random() < 0.1), span)
        for i, (case, row, span) in enumerate(zip(cases, rows, spans, strict=True))
    ]


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_a_gallery_decides_as_a_loop_over_its_photos(seed):
    rng = np.random.default_rng(seed)
    references = _random_references(rng, 40, 6)
    thresholds = GapThresholds(0.6, _measured(y0=0.7, y2=0.4, y5=0.8, y20=0.5))
    raises = {1: 0.1}
    gallery = Gallery(MODEL, references, thresholds, raises=raises)
    probes = unit_rows(rng.normal(size=(6, 6)).astype(np.float32))
    days = [TODAY, TODAY, None, date(2015, 1, 1), TODAY, None]
    for probe, day, found in zip(probes, days, gallery.match_all(probes, MODEL, days), strict=True):
        expected = _loop(references, probe, day, thresholds, raises)
        assert {match.case_id: match.reference_id for match in found} == expected


def test_a_large_gallery_that_is_screened_misses_no_photo_of_a_lower_threshold():
    rng = np.random.default_rng(3)
    references = _random_references(rng, 6_000, 32)
    thresholds = GapThresholds(0.6, _measured(y1=0.45, y5=0.35, y10=0.7))
    gallery = Gallery(MODEL, references, thresholds)
    probes = unit_rows(rng.normal(size=(8, 32)).astype(np.float32))
    found = gallery.match_all(probes, MODEL, [TODAY] * 8)
    expected = [_loop(references, probe, TODAY, thresholds, {}) for probe in probes]
    assert [{one.case_id: one.reference_id for one in matches} for matches in found] == expected
    assert sum(map(len, expected)) > 20
