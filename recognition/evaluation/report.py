"""All that is measured on one set of photos, as one value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from recognition.errors import TooLittleToMeasure
from recognition.evaluation.by_age import AgeReport, by_age
from recognition.evaluation.decisions import Decisions, decide
from recognition.evaluation.identification import Identification, identify, require_people
from recognition.evaluation.points import MeasuredPoint, measured
from recognition.evaluation.verification import (
    OperatingPoint,
    Pairs,
    all_pairs,
    curve,
    point_at,
    rates_at,
)
from recognition.faces import FloatArray

FALSE_MATCH_RATES = (1e-2, 1e-3, 1e-4)
MOST_PHOTOS = 6_000
"""All pairs are held in memory: 18 million, half a gigabyte."""

_TOO_SMALL = "needs two people, one of them on two photos with a face"


@dataclass(frozen=True)
class LeftGroup:
    """A group whose rates cannot be measured, and why."""

    group: str
    reason: str


@dataclass(frozen=True)
class GroupReport:
    """One group of people, compared among themselves at the product's threshold."""

    group: str
    people: int
    photos: int
    same_person_pairs: int
    stranger_pairs: int
    at_threshold: MeasuredPoint


@dataclass(frozen=True)
class EvaluationReport:
    """How well one model told the people of one set of photos apart.

    Attributes:
        people, photos: as far as a face was found.
        left_out: photos that were not, with the reason.
        same_person_pairs, stranger_pairs: how many pairs the rates rest on.
        points: for each wanted false-match rate that has enough pairs of strangers.
        rates_not_measured: those that would ask for less than one pair of strangers.
        at_threshold: at the product's threshold.
        curve: by rising threshold.
        decisions: all pairs at the product's threshold, counted.
        accuracy, precision, recall, f1: from those counts.
        identification: one to many; None where too few people could be enrolled.
        groups: by group, where groups were given.
        groups_left_out: groups with too few people or photos.
        by_age: by the years between photos; None where no photo has an age or a date.
        people_without_photos: people to whom a group was given and of whom there is no photo.
        preparation: what was done to each photo beforehand.
    """

    model: str
    model_sha256: str
    detector: str
    preparation: str
    people: int
    photos: int
    left_out: tuple[tuple[str, str], ...]
    same_person_pairs: int
    stranger_pairs: int
    points: tuple[MeasuredPoint, ...]
    rates_not_measured: tuple[float, ...]
    at_threshold: MeasuredPoint
    curve: tuple[OperatingPoint, ...]
    decisions: Decisions
    accuracy: float
    precision: float
    recall: float
    f1: float
    identification: Identification | None
    groups: tuple[GroupReport, ...]
    groups_left_out: tuple[LeftGroup, ...]
    by_age: AgeReport | None
    people_without_photos: tuple[str, ...]


@dataclass(frozen=True)
class Subject:
    """What is evaluated: the model, its threshold, the detector, and what was done to photos."""

    model: str
    model_sha256: str
    detector: str
    threshold: float
    preparation: str = "none"


def evaluate_embeddings(
    embeddings: FloatArray,
    people: Sequence[str],
    subject: Subject,
    *,
    left_out: Sequence[tuple[str, str]] = (),
    groups: Mapping[str, str] | None = None,
    moments_years: Sequence[float | None] = (),
) -> EvaluationReport:
    """Measure everything.

    Args:
        embeddings: float32[n, d], rows of length 1.
        people: who is on each photo, n names.
        subject: what made the embeddings.
        left_out: photos without an embedding, with the reason.
        groups: group of each person; people without one are in none.
        moments_years: when each photo was taken (`labels.LabelledPhoto`), n of them or none at all.

    Raises:
        TooLittleToMeasure: there are too few people or pairs, or too many photos.
    """
    require_people(people, MOST_PHOTOS)
    pairs = all_pairs(embeddings, people)
    same, strangers = pairs.same, pairs.strangers
    rates = [rate for rate in FALSE_MATCH_RATES if rate * strangers.size >= 1]
    if not rates:
        raise TooLittleToMeasure(
            f"Only {strangers.size} pairs of strangers could be compared; at least a hundred are "
            "needed. Add photos of more people."
        )
    decisions = decide(pairs, subject.threshold)
    grouped = groups or {}
    by_group, groups_left_out = _by_group(pairs, people, grouped, subject.threshold)
    return EvaluationReport(
        subject.model,
        subject.model_sha256,
        subject.detector,
        subject.preparation,
        people=len(set(people)),
        photos=len(people),
        left_out=tuple(left_out),
        same_person_pairs=same.size,
        stranger_pairs=strangers.size,
        points=tuple(measured(pairs, rate, point_at(same, strangers, rate)) for rate in rates),
        rates_not_measured=tuple(rate for rate in FALSE_MATCH_RATES if rate not in rates),
        at_threshold=measured(pairs, None, rates_at(same, strangers, subject.threshold)),
        curve=curve(same, strangers),
        decisions=decisions,
        accuracy=decisions.accuracy,
        precision=decisions.precision,
        recall=decisions.recall,
        f1=decisions.f1,
        identification=identify(embeddings, people, subject.threshold),
        groups=by_group,
        groups_left_out=groups_left_out,
        by_age=by_age(pairs, moments_years, FALSE_MATCH_RATES, subject.threshold),
        people_without_photos=tuple(sorted(set(grouped) - set(people))),
    )


def _by_group(
    pairs: Pairs, people: Sequence[str], groups: Mapping[str, str], threshold: float
) -> tuple[tuple[GroupReport, ...], tuple[LeftGroup, ...]]:
    names = np.unique(np.asarray(people))
    of_each = np.array([groups.get(str(name), "") for name in names])
    reports: list[GroupReport] = []
    left_out: list[LeftGroup] = []
    for group in sorted(map(str, set(of_each) - {""})):
        chosen = of_each == group
        inside = pairs.among(chosen)
        if not inside.same.size or not inside.strangers.size:
            left_out.append(LeftGroup(group, _TOO_SMALL))
            continue
        reports.append(
            GroupReport(
                group,
                int(chosen.sum()),
                sum(groups.get(name, "") == group for name in people),
                inside.same.size,
                inside.strangers.size,
                measured(inside, None, rates_at(inside.same, inside.strangers, threshold)),
            )
        )
    return tuple(reports), tuple(left_out)
