"""Outputs for evaluations: how well a model told the people of one folder apart."""

from __future__ import annotations

from app.models.evaluations import Evaluation
from app.outputs.base import Output, UtcInstant
from recognition.evaluation import EvaluationReport


class IntervalOut(Output):
    """Where the true rate lies in 95 of 100 such measurements."""

    low: float
    high: float


class EvaluationPointOut(Output):
    """A threshold and what it costs; all rates are shares of pairs.

    `wanted_false_match_rate` names the point (null: the product's own threshold when it was
    measured); the other two are what was measured at `threshold`, with their 95 % intervals.
    """

    wanted_false_match_rate: float | None
    threshold: float
    false_match_rate: float
    true_match_rate: float
    false_match_interval: IntervalOut | None = None
    true_match_interval: IntervalOut | None = None


class CurvePointOut(Output):
    """One point of the curve of both errors."""

    threshold: float
    false_match_rate: float
    false_non_match_rate: float


class DecisionsOut(Output):
    """All pairs decided at the product's threshold, counted, and what follows from the counts."""

    threshold: float
    true_matches: int
    false_matches: int
    true_non_matches: int
    false_non_matches: int
    accuracy: float
    precision: float
    recall: float
    f1: float


class IdentificationPointOut(Output):
    """Searches of the gallery at a threshold: FPIR and FNIR."""

    threshold: float
    false_positive_rate: float
    false_negative_rate: float


class IdentificationOut(Output):
    """Searches for each other photo in a gallery of one photo of each enrolled person."""

    gallery_size: int
    mated_probes: int
    non_mated_probes: int
    rank_1: float
    at_threshold: IdentificationPointOut
    points: list[IdentificationPointOut]


class GroupOut(Output):
    """One group of people, compared among themselves at the product's threshold."""

    group: str
    people: int
    photos: int
    same_person_pairs: int
    stranger_pairs: int
    at_threshold: EvaluationPointOut


class LeftGroupOut(Output):
    """A group that could not be measured, and why."""

    group: str
    reason: str


class LeftOutOut(Output):
    """A photo that could not be used, and why."""

    photo: str
    reason: str


class YearsOut(Output):
    """A gap of `from_years` and more, and less than `below_years`; null: however many."""

    from_years: int
    below_years: int | None


class BandPointOut(Output):
    """A gap's threshold for a false-match rate.

    `overall_false_match_rate` is that of all strangers of the set at this threshold; it keeps to
    the wanted rate, too, because passers-by are of any age.
    """

    point: EvaluationPointOut
    overall_false_match_rate: float


class UnmeasuredRateOut(Output):
    """A false-match rate for which a gap has no threshold, and why."""

    false_match_rate: float
    reason: str


class AgeBandOut(Output):
    """Pairs of photos that lie so many years apart. `people` are those in pairs of one person."""

    band: YearsOut
    people: int
    same_person_pairs: int
    stranger_pairs: int
    points: tuple[BandPointOut, ...]
    not_measured: tuple[UnmeasuredRateOut, ...]
    at_threshold: EvaluationPointOut | None


class AgeReportOut(Output):
    """Pairs by the years between their photos, as far as ages or dates were known."""

    photos_dated: int
    photos_undated: int
    bands: tuple[AgeBandOut, ...]


class EvaluationReportOut(Output):
    """What was measured: every photo of the folder compared with every other.

    A rate finer than one pair of strangers is in `rates_not_measured`. Evaluations that were kept
    by earlier versions hold points and counts of pairs only.
    """

    preparation: str = "none"
    same_person_pairs: int
    stranger_pairs: int
    points: list[EvaluationPointOut]
    rates_not_measured: tuple[float, ...] = ()
    at_threshold: EvaluationPointOut | None = None
    decisions: DecisionsOut | None = None
    identification: IdentificationOut | None = None
    groups: tuple[GroupOut, ...] = ()
    groups_left_out: tuple[LeftGroupOut, ...] = ()
    people_without_photos: tuple[str, ...] = ()
    by_age: AgeReportOut | None = None
    curve: tuple[CurvePointOut, ...] = ()
    left_out: list[LeftOutOut]

    @classmethod
    def of(cls, report: EvaluationReport) -> EvaluationReportOut:
        """From what the recognition room measured."""
        given = {name: getattr(report, name) for name in cls.model_fields if name != "left_out"}
        left_out = [LeftOutOut(photo=photo, reason=reason) for photo, reason in report.left_out]
        return cls.model_validate({**given, "left_out": left_out})


class ThresholdOut(Output):
    """From which similarity a model proposes, and how that was measured."""

    name: str
    sha256: str
    threshold_similarity: float
    false_match_rate: float | None
    threshold_measured_on: str


class EvaluationOut(Output):
    """One evaluation of one model."""

    id: int
    model: str
    model_sha256: str
    threshold_similarity: float
    folder_name: str
    detector: str
    people: int
    photos: int
    photos_left_out: int
    evaluated_by: str
    evaluated_at: UtcInstant
    report: EvaluationReportOut

    @classmethod
    def of(cls, evaluation: Evaluation) -> EvaluationOut:
        """From a row with its embedder; `threshold_similarity` is the one in force now."""
        return cls(
            id=evaluation.id,
            model=evaluation.embedder.name,
            model_sha256=evaluation.embedder.sha256,
            threshold_similarity=round(evaluation.embedder.threshold_similarity, 4),
            folder_name=evaluation.folder_name,
            detector=evaluation.detector,
            people=evaluation.people,
            photos=evaluation.photos,
            photos_left_out=evaluation.photos_left_out,
            evaluated_by=evaluation.evaluated_by_name,
            evaluated_at=evaluation.created_at,
            report=EvaluationReportOut.model_validate(evaluation.report),
        )
