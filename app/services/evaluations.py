"""Evaluating a model on a folder of people, and setting its threshold from what was measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from app.current import settings
from app.errors import NotFound, Refused
from app.extensions import db
from app.models import Embedder, Evaluation
from app.outputs.evaluations import EvaluationPointOut, EvaluationReportOut, LeftOutOut
from app.recogniser import LoadedRecogniser, holder
from app.services import audit, embedders
from app.services.actors import Actor
from recognition.errors import UnreadableImage
from recognition.evaluation import verify_all_pairs
from recognition.faces import FloatArray
from recognition.images import read_photo
from recognition.packs import ChosenRecogniser

FALSE_MATCH_RATES = (1e-2, 1e-3, 1e-4)
PICTURE_ENDINGS = frozenset({".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp"})
MOST_PHOTOS = 20_000
"""All pairs are held in memory at once."""

OnPhoto = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class _Gathered:
    """The folder as the model sees it: one embedding, and one name, for each usable photo."""

    rows: Sequence[FloatArray]
    people: Sequence[str]
    left_out: Sequence[LeftOutOut]


def evaluate(
    actor: Actor, folder: Path, pack: str | None = None, on_photo: OnPhoto = lambda *_: None
) -> Evaluation:
    """Compare all photos of a folder with each other and keep the result.

    The folder holds one folder per person. `pack` names another pack than the one in force.
    `on_photo` is called with how many photos are done, of how many. Raises Refused for a folder
    that shows too little, NoRecogniser, and the recognition room's errors for a broken pack.
    """
    photos = _photos_of(folder)
    recogniser = holder().other(pack) if pack else holder().get()
    gathered = _gather(photos, recogniser, on_photo)
    report = _measure(gathered)
    embedder = embedders.register(recogniser)
    evaluation = Evaluation(
        embedder_id=embedder.id,
        folder_name=folder.name[:255],
        detector=type(recogniser.chosen.detector).__name__,
        people=len(set(gathered.people)),
        photos=len(gathered.rows),
        photos_left_out=len(gathered.left_out),
        report=report.model_dump(mode="json"),
        evaluated_by_name=actor.name,
    )
    db.session.add(evaluation)
    db.session.flush()
    audit.record(
        actor,
        "model.evaluate",
        subject=f"evaluation {evaluation.id}",
        details={"model": embedder.name, "folder": folder.name, "photos": evaluation.photos},
    )
    db.session.commit()
    return evaluation


def latest() -> Sequence[Evaluation]:
    """The last evaluation of each model, the newest model first."""
    newest = select(func.max(Evaluation.id)).group_by(Evaluation.embedder_id)
    return db.session.scalars(
        select(Evaluation)
        .options(joinedload(Evaluation.embedder))
        .where(Evaluation.id.in_(newest))
        .order_by(Evaluation.embedder_id.desc())
    ).all()


def set_threshold(actor: Actor, evaluation_id: int, false_match_rate: float) -> Embedder:
    """Let the evaluated model propose from the threshold that was measured at this rate.

    Raises NotFound, and Refused when the evaluation did not measure the rate.
    """
    evaluation = db.session.get(Evaluation, evaluation_id)
    if evaluation is None:
        raise NotFound(f"There is no evaluation {evaluation_id}.")
    report = EvaluationReportOut.model_validate(evaluation.report)
    points = {one.wanted_false_match_rate: one for one in report.points}
    point = points.get(false_match_rate)
    if point is None:
        raise Refused(
            "This evaluation has no such point.",
            {"false_match_rate": "choose one of those that were measured"},
        )
    embedder = evaluation.embedder
    before = embedder.threshold_similarity
    embedder.threshold_similarity = point.threshold
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
            "to": point.threshold,
            "false_match_rate": false_match_rate,
            "evaluation": evaluation.id,
        },
    )
    db.session.commit()
    return embedder


def _photos_of(folder: Path) -> list[Path]:
    """Pictures in the folders of people. Raises Refused without any, or with too many."""
    if not folder.is_dir():
        raise Refused(f"{folder.name} is no folder: give one that holds a folder per person.")
    photos = sorted(path for path in folder.glob("*/*") if path.suffix.lower() in PICTURE_ENDINGS)
    if not photos:
        raise Refused(f"{folder.name} holds no folder with photos: make one folder per person.")
    if len(photos) > MOST_PHOTOS:
        raise Refused(f"{folder.name} holds more than {MOST_PHOTOS:,} photos: evaluate a part.")
    return photos


def _gather(photos: Sequence[Path], recogniser: LoadedRecogniser, on_photo: OnPhoto) -> _Gathered:
    rows: list[FloatArray] = []
    people: list[str] = []
    left_out: list[LeftOutOut] = []
    for number, (path, found) in enumerate(_embedded(photos, recogniser), start=1):
        if isinstance(found, str):
            left_out.append(LeftOutOut(photo=f"{path.parent.name}/{path.name}", reason=found))
        else:
            rows.append(found)
            people.append(path.parent.name)
        on_photo(number, len(photos))
    return _Gathered(rows, people, left_out)


def _embedded(
    photos: Sequence[Path], recogniser: LoadedRecogniser
) -> Iterator[tuple[Path, FloatArray | str]]:
    """Each photo with the embedding of its middle face, or why there is none."""
    for path in photos:
        with recogniser.lock:
            yield path, _embed(path, recogniser.chosen)


def _embed(path: Path, chosen: ChosenRecogniser) -> FloatArray | str:
    try:
        image_bgr = read_photo(path.read_bytes(), settings().max_photo_pixels)
    except UnreadableImage as error:
        return str(error)
    faces = chosen.detector.detect(image_bgr)
    if not faces:
        return "No face was found."
    middle = np.array(image_bgr.shape[1::-1], np.float32) / 2
    face = min(faces, key=lambda one: float(np.hypot(*(one.centre_xy - middle))))
    rows = chosen.embedder.embed([chosen.embedder.align(image_bgr, face.landmarks_xy)])
    row: FloatArray = rows[0]
    return row


def _measure(gathered: _Gathered) -> EvaluationReportOut:
    people = gathered.people
    same = sum(people.count(name) * (people.count(name) - 1) // 2 for name in set(people))
    strangers = len(people) * (len(people) - 1) // 2 - same
    rates = [rate for rate in FALSE_MATCH_RATES if rate * strangers >= 1]
    if not same or not rates:
        raise Refused(
            f"The folder shows too little: {same} pairs of one person and {strangers} of strangers "
            "could be compared; at least one and a hundred are needed."
        )
    measured = verify_all_pairs(np.stack(gathered.rows), people, rates)
    points = [
        EvaluationPointOut(
            wanted_false_match_rate=rate,
            threshold=point.threshold,
            false_match_rate=point.false_match_rate,
            true_match_rate=1 - point.false_non_match_rate,
        )
        for rate, point in zip(rates, measured.points, strict=True)
    ]
    return EvaluationReportOut(
        same_person_pairs=measured.same_person_pairs,
        stranger_pairs=measured.stranger_pairs,
        points=points,
        left_out=list(gathered.left_out),
    )
