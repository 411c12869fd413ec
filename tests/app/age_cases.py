"""Thresholds by years that a test chooses, and evaluations of invented ages: none is measured."""

from __future__ import annotations

import itertools

import numpy as np

from app.extensions import db
from app.models import AgeThreshold, Embedder, Evaluation
from app.models.columns import utc_now
from app.outputs.evaluations import EvaluationReportOut
from recognition.age_gaps import AGE_BANDS
from recognition.embedders.normalise import unit_rows
from recognition.evaluation import EvaluationReport, Subject, evaluate_embeddings

AGES = (4, 6, 8, 12, 13, 30)


def invented_report(people: int = 60, seed: int = 0, *, dated: bool = True) -> EvaluationReport:
    """Made-up embeddings that drift with made-up ages. Gaps of 1 to 2 years have too few pairs."""
    rng = np.random.default_rng(seed)
    own, later = (unit_rows(rng.normal(size=(people, 24))) for _ in range(2))
    pairs = list(itertools.product(range(people), AGES))
    noise = 0.25 * rng.normal(size=(len(pairs), 24)) / np.sqrt(24)
    rows = [own[one] + 0.08 * age * later[one] for one, age in pairs] + noise
    return evaluate_embeddings(
        unit_rows(np.array(rows, np.float32)),
        [f"made-up {one}" for one, _ in pairs],
        Subject("made-up", "0" * 64, "none", 0.5),
        moments_years=[float(age) if dated else None for _, age in pairs],
    )


def keep_evaluation(
    embedder: Embedder, report: EvaluationReport | None = None, **changed: object
) -> Evaluation:
    """The report as an evaluation of the model."""
    report = report or invented_report()
    kept = EvaluationReportOut.of(report).model_dump(mode="json") | changed
    evaluation = Evaluation(
        embedder_id=embedder.id,
        folder_name="made-up set",
        detector="none",
        people=report.people,
        photos=report.photos,
        photos_left_out=0,
        report=kept,
        evaluated_by_name="made-up",
    )
    db.session.add(evaluation)
    db.session.commit()
    return evaluation


def put_in_force(embedder: Embedder, **by_years: float) -> dict[str, AgeThreshold]:
    """`y5=0.6`: the model asks for 0.6 in the band that begins at five years, from now on."""
    evaluation = keep_evaluation(embedder, invented_report(dated=False))
    bands = {f"y{band.from_years}": band for band in AGE_BANDS}
    rows = {
        name: AgeThreshold(
            embedder_id=embedder.id,
            evaluation_id=evaluation.id,
            from_years=bands[name].from_years,
            below_years=bands[name].below_years,
            threshold_similarity=similarity,
            false_match_rate=embedder.false_match_rate or 1e-4,
            measured_false_match_rate=5e-5,
            true_match_rate=0.77,
            same_person_pairs=1204,
            stranger_pairs=312_040,
            people=82,
            source=f"made-up set (evaluation {evaluation.id})",
            measured_at=utc_now(),
            measured_by_name="made-up",
            set_by_name="made-up",
        )
        for name, similarity in by_years.items()
    }
    db.session.add_all(rows.values())
    db.session.commit()
    return rows
