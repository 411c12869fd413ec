"""Outputs for evaluations: how well a model told the people of one folder apart."""

from __future__ import annotations

from app.models.evaluations import Evaluation
from app.outputs.base import Output, UtcInstant


class EvaluationPointOut(Output):
    """A threshold and what it costs; all rates are shares of pairs.

    `wanted_false_match_rate` names the point; the other two are what was measured at `threshold`.
    """

    wanted_false_match_rate: float
    threshold: float
    false_match_rate: float
    true_match_rate: float


class LeftOutOut(Output):
    """A photo that could not be used, and why."""

    photo: str
    reason: str


class EvaluationReportOut(Output):
    """What was measured: every photo of the folder compared with every other.

    A rate finer than one pair of strangers is not measured, and its point is missing.
    """

    same_person_pairs: int
    stranger_pairs: int
    points: list[EvaluationPointOut]
    left_out: list[LeftOutOut]


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
