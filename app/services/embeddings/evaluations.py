"""Evaluating a model on a folder of people, and setting its threshold from what was measured."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import defer, joinedload

from app.current import settings
from app.errors import NotFound, Refused
from app.extensions import db
from app.models import Embedder, Evaluation
from app.outputs.evaluations import EvaluationReportOut
from app.recogniser import holder
from app.services.base import audit
from app.services.base.actors import Actor
from app.services.base.pages import Page, paginate
from app.services.embeddings import embedders
from recognition.evaluation import Naming, Preparation, det_svg, evaluate_folder, roc_svg

OnPhoto = Callable[[int, int], None]

HISTORY_PAGE_SIZE = 20


def evaluate(
    actor: Actor,
    folder: Path,
    pack: str | None = None,
    on_photo: OnPhoto = lambda *_: None,
    preparation: Preparation = Preparation.NONE,
    naming: Naming = Naming.FOLDERS,
) -> Evaluation:
    """Compare all photos of a folder with each other and keep the result.

    The folder holds one folder per person, or is labelled in another way that
    `recognition.evaluation.labels` reads. `pack` names another pack than the one in force.
    `on_photo` is called with how many photos are done, of how many. Raises TooLittleToMeasure for a
    folder that shows too little, NoRecogniser, and the recognition room's errors for a broken pack.
    """
    folder = folder.resolve()
    recogniser = holder().other(pack) if pack else holder().get()
    known = embedders.find_known(recogniser)
    with recogniser.lock:
        report = evaluate_folder(
            folder,
            recogniser.chosen,
            threshold=known.threshold_similarity if known else None,
            preparation=preparation,
            naming=naming,
            max_pixels=settings().max_photo_pixels,
            on_progress=on_photo,
        )
    embedder = embedders.register(recogniser)
    evaluation = Evaluation(
        embedder_id=embedder.id,
        folder_name=folder.name[:255],
        detector=report.detector,
        people=report.people,
        photos=report.photos,
        photos_left_out=len(report.left_out),
        report=EvaluationReportOut.of(report).model_dump(mode="json"),
        det_svg=det_svg(report),
        roc_svg=roc_svg(report),
        evaluated_by_name=actor.name,
    )
    db.session.add(evaluation)
    db.session.flush()
    audit.record(
        actor,
        "model.evaluate",
        subject=f"evaluation {evaluation.id}",
        details={
            "model": embedder.name,
            "folder": folder.name,
            "photos": evaluation.photos,
            "preparation": preparation.value,
        },
    )
    db.session.commit()
    return evaluation


def latest() -> Sequence[Evaluation]:
    """The last evaluation of each model on photos as they are, the newest model first."""
    prepared = func.coalesce(Evaluation.report["preparation"].astext, Preparation.NONE.value)
    newest = (
        select(func.max(Evaluation.id))
        .where(prepared == Preparation.NONE.value)
        .group_by(Evaluation.embedder_id)
    )
    return db.session.scalars(
        select(Evaluation)
        .options(joinedload(Evaluation.embedder))
        .where(Evaluation.id.in_(newest))
        .order_by(Evaluation.embedder_id.desc())
    ).all()


def history(page: int, per_page: int = HISTORY_PAGE_SIZE) -> Page[Evaluation]:
    """All evaluations, the newest first, without their plots."""
    return paginate(
        select(Evaluation)
        .options(
            joinedload(Evaluation.embedder), defer(Evaluation.det_svg), defer(Evaluation.roc_svg)
        )
        .order_by(Evaluation.id.desc()),
        page,
        per_page,
    )


def find(evaluation_id: int) -> Evaluation:
    """One evaluation. Raises NotFound."""
    evaluation = db.session.get(
        Evaluation, evaluation_id, options=[joinedload(Evaluation.embedder)]
    )
    if evaluation is None:
        raise NotFound(f"There is no evaluation {evaluation_id}.")
    return evaluation


def report_of(evaluation: Evaluation) -> EvaluationReportOut:
    """What an evaluation measured; one that an earlier version kept lacks some of it."""
    return EvaluationReportOut.model_validate(evaluation.report)


def plot_of(evaluation_id: int, kind: str) -> str:
    """A kept drawing as SVG: "det" or "roc". Raises NotFound, also where none was kept."""
    evaluation = find(evaluation_id)
    svg = {"det": evaluation.det_svg, "roc": evaluation.roc_svg}.get(kind)
    if svg is None:
        raise NotFound("An evaluation has the plots det and roc.")
    if not svg:
        raise NotFound("This evaluation was kept without its plots: evaluate the model again.")
    return svg


@dataclass(frozen=True, slots=True)
class _Measured:
    """A threshold and the false-match rate that was measured at it."""

    threshold: float
    false_match_rate: float


def set_threshold(actor: Actor, evaluation_id: int, false_match_rate: float) -> Embedder:
    """Let the evaluated model propose from the lowest threshold measured to keep to this rate.

    Raises NotFound, and Refused when the evaluation did not measure the rate, or measured the
    model on photos that were changed beforehand, which the product does not do.
    """
    evaluation = find(evaluation_id)
    report = report_of(evaluation)
    if report.preparation != Preparation.NONE:
        raise Refused(
            "This evaluation changed the photos beforehand, so its thresholds do not hold for "
            "photos as they are.",
            {"one_in": "choose an evaluation of photos as they are"},
        )
    measured = _point_for(report, false_match_rate)
    embedder = evaluation.embedder
    before = embedder.threshold_similarity
    embedder.threshold_similarity = measured.threshold
    embedder.false_match_rate = false_match_rate
    embedder.threshold_measured_on = (
        f"{evaluation.photos} photos of {evaluation.people} people in {evaluation.folder_name}, "
        f"{report.stranger_pairs:,} pairs of strangers (evaluation {evaluation.id})"
    )
    audit.record(
        actor,
        "model.threshold",
        subject=f"model {embedder.name}",
        details={
            "from": before,
            "to": measured.threshold,
            "false_match_rate": false_match_rate,
            "measured_false_match_rate": measured.false_match_rate,
            "evaluation": evaluation.id,
        },
    )
    db.session.commit()
    return embedder


def _point_for(report: EvaluationReportOut, wanted: float) -> _Measured:
    """The measured point for a rate: its own, else the first of the curve that keeps to it."""
    for point in report.points:
        if math.isclose(point.wanted_false_match_rate or 0.0, wanted):
            return _Measured(point.threshold, point.false_match_rate)
    if wanted * report.stranger_pairs < 1:
        raise Refused(
            f"One in {1 / wanted:,.0f} is finer than one pair of strangers: this evaluation "
            f"compared {report.stranger_pairs:,}.",
            {"false_match_rate": f"choose a rate from 1 in {report.stranger_pairs:,} on"},
        )
    for measured in report.curve:
        if measured.false_match_rate <= wanted:
            return _Measured(measured.threshold, measured.false_match_rate)
    raise Refused(
        "This evaluation has no such point.",
        {"false_match_rate": "choose one of those that were measured"},
    )
