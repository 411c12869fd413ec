"""Matching one face with 10,000 subjects × 5 photos in memory, one at a time and eight at once.

Beside it, in the same run: the same with a date for each photo and thresholds by years, and the
plain float32 product with the same gallery and a grouped maximum.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from benchmarks.report import Figure, publish
from recognition.age_gaps import AGE_BANDS, BandThreshold, DaySpan, GapThresholds
from recognition.faces import FloatArray
from recognition.matching import Gallery, Reference

SUBJECTS, PHOTOS = 10_000, 5
SAME_PERSON = 0.65
ROUNDS = 200
BATCH = 8
THRESHOLD = 0.4
SEEN_ON = date(2026, 11, 20)
MODEL = "0" * 64


def main() -> None:
    """Measure both dimensions and publish."""
    figures: dict[str, Figure] = {}
    for dimension in (128, 512):
        figures |= _measure(dimension)
    publish("gallery", figures)


def _measure(dimension: int) -> dict[str, Figure]:
    rng = np.random.default_rng(dimension)
    people = _unit(rng.normal(size=(SUBJECTS, dimension)))
    rows = np.concatenate([_shots(rng, people) for _ in range(PHOTOS)])
    owners = np.tile(np.arange(SUBJECTS), PHOTOS)
    references = [Reference(int(o), i, row) for i, (o, row) in enumerate(zip(owners, rows, strict=True))]  # fmt: skip  # noqa: E501
    begun = time.perf_counter()
    gallery = Gallery(MODEL, references, THRESHOLD)
    made_s = time.perf_counter() - begun
    faces = _faces(rng, people, ROUNDS * BATCH)
    ordered = rows[np.argsort(owners, kind="stable")]
    starts = np.arange(0, len(ordered), PHOTOS)
    wrong = _disagreements(gallery, ordered, starts, faces[:ROUNDS])
    one = _time(lambda n: gallery.match(faces[n], MODEL))
    many = _time(lambda n: gallery.match_all(faces[n * BATCH : (n + 1) * BATCH], MODEL))
    plain = _time(lambda n: np.maximum.reduceat(ordered @ faces[n], starts))
    dated = _dated(references)
    by_age = _time(lambda n: dated.match(faces[n], MODEL, SEEN_ON))
    by_age_many = _time(
        lambda n: dated.match_all(faces[n * BATCH : (n + 1) * BATCH], MODEL, [SEEN_ON] * BATCH)
    )
    label = f"{dimension}-d"
    return {
        f"one face, {label}: p50": Figure(one, "ms", "< 1"),
        f"a face of {BATCH} at once, {label}: p50": Figure(many / BATCH, "ms", "< 1"),
        f"one face, all photos dated, thresholds by years, {label}: p50": Figure(
            by_age, "ms", "< 1"
        ),
        f"a face of {BATCH} at once, thresholds by years, {label}: p50": Figure(
            by_age_many / BATCH, "ms", "< 1"
        ),
        f"plain float32 product, {label}: p50": Figure(plain, "ms"),
        f"making the gallery, {label}": Figure(made_s, "s"),
        f"answers that differ from the plain product, {label}": Figure(wrong, "of 200", "= 0"),
    }


def _dated(references: Sequence[Reference]) -> Gallery:
    """The same photos over thirty years, with made-up thresholds for most of the bands."""
    days = [SEEN_ON - timedelta(days=37 * (one.reference_id % 300)) for one in references]
    dated = [
        replace(one, taken=DaySpan(day, day)) for one, day in zip(references, days, strict=True)
    ]
    measured = [
        BandThreshold(band, THRESHOLD + 0.01 * number, number)
        for number, band in enumerate(AGE_BANDS[:-1])
    ]
    return Gallery(MODEL, dated, GapThresholds(THRESHOLD, measured))


def _time(call: Callable[[int], object]) -> float:
    """Median milliseconds of `ROUNDS` calls."""
    times = []
    for number in range(ROUNDS):
        begun = time.perf_counter()
        call(number)
        times.append(1000 * (time.perf_counter() - begun))
    return statistics.median(times)


def _disagreements(
    gallery: Gallery, ordered: FloatArray, starts: np.ndarray, faces: FloatArray
) -> int:
    wrong = 0
    for face in faces:
        best = np.maximum.reduceat(ordered @ face, starts)
        # What is within the precision of keeping of the threshold may fall on either side.
        sure = {int(n) for n in np.flatnonzero(best >= THRESHOLD + 0.001)}
        possible = {int(n) for n in np.flatnonzero(best >= THRESHOLD - 0.001)}
        found = {match.case_id for match in gallery.match(face, MODEL)}
        wrong += not sure <= found <= possible
    return wrong


def _faces(rng: np.random.Generator, people: FloatArray, count: int) -> FloatArray:
    """Nine of ten are strangers, as on a street."""
    strangers = _unit(rng.normal(size=(count, people.shape[1])))
    known = _shots(rng, people[rng.integers(0, SUBJECTS, count)])
    return np.where(rng.random((count, 1)) < 0.1, known, strangers).astype(np.float32)


def _shots(rng: np.random.Generator, people: FloatArray) -> FloatArray:
    """Shots of each person; two of one person have a cosine of about `SAME_PERSON`."""
    noise = _unit(rng.normal(size=people.shape))
    return _unit(np.sqrt(SAME_PERSON) * people + np.sqrt(1 - SAME_PERSON) * noise)


def _unit(rows: np.ndarray) -> FloatArray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


if __name__ == "__main__":
    main()
