"""Evaluation by the years between photos. Ages here are invented: only the mechanism is tested."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from recognition.age_gaps import AGE_BANDS, band_numbers
from recognition.embedders.normalise import unit_rows
from recognition.errors import TooLittleToMeasure
from recognition.evaluation import (
    LabelledPhoto,
    Naming,
    Subject,
    by_age,
    evaluate_embeddings,
    evaluate_folder,
    photos_of,
)
from recognition.evaluation.by_age import LEAST_PEOPLE, LEAST_SAME_PAIRS
from recognition.evaluation.verification import all_pairs

MODEL = Subject("made-up", "0" * 64, "none", 0.5)
RATE = 0.01


def aged(seed=0, people=60, ages=(4, 6, 8, 12, 13, 30), dimension=24, drift=0.03, child=0.0):
    """Embeddings that drift away from a person's own with the years; invented, as the ages are.

    `child` pulls everybody's young faces towards one direction, so that strangers of one age are
    more alike than strangers of different ages.
    """
    rng = np.random.default_rng(seed)
    own = unit_rows(rng.normal(size=(people, dimension)))
    later = unit_rows(rng.normal(size=(people, dimension)))
    young = unit_rows(rng.normal(size=(1, dimension)))[0]
    rows, names, moments = [], [], []
    for person, age in itertools.product(range(people), ages):
        noise = 0.25 * rng.normal(size=dimension) / np.sqrt(dimension)
        years = drift * age * later[person] + (child * young if age < 13 else 0)
        rows.append(own[person] + years + noise)
        names.append(f"p{person}")
        moments.append(float(age))
    return unit_rows(np.array(rows, np.float32)), names, moments


def _bands(rows, names, moments, rates=(RATE,)):
    report = by_age(all_pairs(rows, names), moments, rates, MODEL.threshold)
    assert report is not None
    return {one.band.from_years: one for one in report.bands}


def test_pairs_of_one_person_and_of_strangers_are_counted_by_the_same_gaps():
    rows, names, moments = aged(people=25)
    moments[3] = None
    found = _bands(rows, names, moments)
    same, strangers = dict.fromkeys(range(6), 0), dict.fromkeys(range(6), 0)
    for i, j in itertools.combinations(range(len(names)), 2):
        if moments[i] is not None and moments[j] is not None:
            band = int(band_numbers(abs(moments[i] - moments[j])))
            (same if names[i] == names[j] else strangers)[band] += 1
    for number, band in enumerate(AGE_BANDS):
        one = found[band.from_years]
        assert (one.same_person_pairs, one.stranger_pairs) == (same[number], strangers[number])


def test_a_threshold_keeps_to_the_rate_in_its_band_and_among_all_strangers():
    rows, names, moments = aged(child=0.8)
    everything = all_pairs(rows, names)
    overall = np.sort(everything.strangers)[::-1]
    for one in _bands(rows, names, moments).values():
        for found in one.points:
            assert found.point.false_match_rate <= RATE
            assert found.overall_false_match_rate <= RATE
            exact = float(np.mean(overall >= found.point.threshold))
            assert found.overall_false_match_rate == pytest.approx(exact)


def test_a_wide_gap_does_not_lower_the_threshold_below_what_all_strangers_ask_for():
    """Strangers of one age are most alike here: a band of wide gaps alone would ask for less."""
    rows, names, moments = aged(child=0.8)
    found = _bands(rows, names, moments)
    (narrow,), (wide,) = found[2].points, found[20].points
    everything = all_pairs(rows, names).strangers
    of_all = np.sort(everything)[::-1][int(RATE * everything.size)]
    assert wide.point.false_match_rate < RATE / 2
    assert wide.point.threshold == pytest.approx(float(of_all), abs=1e-6)
    assert narrow.point.threshold > wide.point.threshold


def test_more_pairs_of_one_person_are_missed_the_further_their_photos_lie_apart():
    rows, names, moments = aged(drift=0.1)
    found = _bands(rows, names, moments)
    (near,), (far,) = found[2].points, found[20].points
    assert far.point.true_match_rate < near.point.true_match_rate
    assert far.point.true_match_interval.low <= far.point.true_match_rate


def test_too_few_pairs_of_either_kind_are_refused_with_the_reason():
    few = _bands(*aged(people=LEAST_PEOPLE - 1))
    assert all(not one.points and one.at_threshold is None for one in few.values())
    assert f"of {LEAST_PEOPLE} people" in few[2].not_measured[0].reason
    fine = _bands(*aged(), rates=(1e-2, 1e-3))[2]
    assert [one.point.wanted_false_match_rate for one in fine.points] == [1e-2]
    assert fine.same_person_pairs >= LEAST_SAME_PAIRS
    (left,) = fine.not_measured
    assert left.false_match_rate == 1e-3
    assert "needs 30,000 pairs of strangers" in left.reason
    assert f"{fine.stranger_pairs:,}" in left.reason


def test_a_set_without_ages_has_no_report_by_age():
    rows, names, _ = aged(people=25)
    assert evaluate_embeddings(rows, names, MODEL).by_age is None
    assert evaluate_embeddings(rows, names, MODEL, moments_years=[None] * len(names)).by_age is None


def test_the_whole_evaluation_carries_it():
    rows, names, moments = aged()
    report = evaluate_embeddings(rows, names, MODEL, moments_years=moments).by_age
    assert report is not None
    assert (report.photos_dated, report.photos_undated) == (len(names), 0)
    assert len(report.bands) == len(AGE_BANDS)


# ---------------------------------------------------------------------- how sets say who and when


def _touch(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"not looked at here")


def _labels(photos):
    return {photo.name: (photo.person, photo.moment_years) for photo in photos}


@pytest.mark.parametrize(("naming", "names", "expected"), [
    (Naming.FGNET, ["001A02.JPG", "001a02b.jpg", "002A43a.jpg", "notes.jpg"],
     {"001A02.JPG": ("001", 2.0), "001a02b.jpg": ("001", 2.0), "002A43a.jpg": ("002", 43.0)}),
    (Naming.AGEDB, ["0_MadeUpName_35_f.jpg", "1_MadeUpName_7_m.jpg", "2_Other_Name_101_f.jpg"],
     {"0_MadeUpName_35_f.jpg": ("MadeUpName", 35.0), "1_MadeUpName_7_m.jpg": ("MadeUpName", 7.0),
      "2_Other_Name_101_f.jpg": ("Other_Name", 101.0)}),
    (Naming.MORPH, ["009055_0M16.JPG", "009055_1M54.JPG", "9_2F61.jpg"],
     {"009055_0M16.JPG": ("009055", 16.0), "009055_1M54.JPG": ("009055", 54.0),
      "9_2F61.jpg": ("9", 61.0)}),
])  # fmt: skip
def test_names_of_published_sets_are_read(tmp_path, naming, names, expected):
    _touch(tmp_path, *names)
    assert _labels(photos_of(tmp_path, naming)) == expected


def test_names_of_another_form_are_refused(tmp_path):
    _touch(tmp_path, "holiday.jpg", "birthday.jpg")
    with pytest.raises(TooLittleToMeasure, match=r"the form of fg-net"):
        photos_of(tmp_path, Naming.FGNET)


def test_ages_csv_dates_photos_in_folders_of_people(tmp_path):
    _touch(tmp_path, "a/1.jpg", "a/2.jpg", "b/1.jpg")
    (tmp_path / "ages.csv").write_text("File;Taken\na/1.jpg;2010\na/2.jpg;2015-06-14\n")
    found = _labels(photos_of(tmp_path))
    assert found["b/1.jpg"] == ("b", None)
    assert found["a/2.jpg"][1] - found["a/1.jpg"][1] == pytest.approx(5 - 17 / 365, abs=0.01)


def test_ages_csv_with_people_lists_the_photos_itself(tmp_path):
    _touch(tmp_path, "x.jpg", "deep/down/y.jpg", "z.jpg", "unlisted.jpg")
    (tmp_path / "ages.csv").write_text(
        "person,file,age\nanna,x.jpg,3\nanna,deep/down/y.jpg,17.5\nben,z.jpg,\n"
    )
    assert _labels(photos_of(tmp_path)) == {
        "x.jpg": ("anna", 3.0),
        "deep/down/y.jpg": ("anna", 17.5),
        "z.jpg": ("ben", None),
    }


@pytest.mark.parametrize(("text", "says"), [
    ("person,file\na,a/1.jpg\n", "one of “taken” and “age”"),
    ("file,age,taken\na/1.jpg,3,2010\n", "not both"),
    ("file,age\na/1.jpg,three\n", "line 2: “three” is no age"),
    ("file,age\na/1.jpg,-1\n", "line 2: an age lies between"),
    ("file,age\na/1.jpg,nan\n", "line 2: an age lies between"),
    ("file,taken\na/1.jpg,14.6.2019\n", "line 2: “14.6.2019” is no year"),
    ("file,taken\na/1.jpg,2019-02-30\n", "line 2: there is no such day"),
    ("file,age\na/9.jpg,3\n", "names a/9.jpg, and that is no photo"),
    ("file,age,person\n../../secret.jpg,3,a\na/1.jpg,3,a\n", "outside the folder"),
    ("file,age,person\n/etc/secret.jpg,3,a\na/1.jpg,3,a\n", "outside the folder"),
    ("file,age,person\na/1.jpg,3,\n", "line 2: file or person is missing"),
])  # fmt: skip
def test_what_cannot_be_read_is_refused_with_the_line(tmp_path, text, says):
    _touch(tmp_path / "set", "a/1.jpg", "a/2.jpg", "b/1.jpg")
    (tmp_path / "set/ages.csv").write_text(text)
    with pytest.raises(TooLittleToMeasure, match=says):
        photos_of(tmp_path / "set")


def test_real_photos_with_invented_ages_are_compared_and_told_to_be_too_few(
    shared_dir, mini, tmp_path
):
    """Real embeddings; the ages are made up, so no figure of it means anything."""
    several = [
        person
        for person in sorted((shared_dir / "faces/lfw_subset").iterdir())
        if len(list(person.glob("*.jpg"))) > 1
    ][:12]
    lines = ["person,file,age"]
    for person in several:
        for number, photo in enumerate(sorted(person.glob("*.jpg"))[:2]):
            (tmp_path / photo.name).write_bytes(photo.read_bytes())
            lines.append(f"{person.name},{photo.name},{10 + 7 * number}")
    (tmp_path / "ages.csv").write_text("\n".join(lines))
    report = evaluate_folder(tmp_path, mini)
    assert report.photos == 24
    assert report.by_age is not None
    counts = {one.band.from_years: one.same_person_pairs for one in report.by_age.bands}
    assert counts == {0: 0, 1: 0, 2: 0, 5: 12, 10: 0, 20: 0}
    assert all(not one.points and one.not_measured for one in report.by_age.bands)


def test_a_labelled_photo_says_who_is_on_it(tmp_path):
    _touch(tmp_path, "a/1.jpg", "a/2.jpg", "b/1.jpg")
    assert photos_of(tmp_path)[0] == LabelledPhoto(tmp_path / "a/1.jpg", "a/1.jpg", "a")
