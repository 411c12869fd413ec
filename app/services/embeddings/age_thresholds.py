"""Thresholds by the years between photo and face: taking them over from what was measured.

They hold for the very model that was measured, by the hash of its file, and never ask for less than
its own threshold promises: a set that was measured at a laxer false-match rate is refused, and is
not used any more once the model's own rate becomes finer.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.errors import Conflict, NotFound, Refused
from app.extensions import db
from app.models import AgeThreshold, Case, Embedder, Evaluation, ReferencePhoto
from app.models.columns import utc_now
from app.outputs.evaluations import AgeBandOut, BandPointOut
from app.services.base import audit
from app.services.base.actors import Actor
from app.services.embeddings import evaluations
from recognition.age_gaps import BandThreshold, GapThresholds, day_columns
from recognition.evaluation import Preparation


def thresholds_of(embedder: Embedder) -> GapThresholds:
    """What faces are compared by: the model's own threshold, and those that were measured by gap.

    The key of each measurement is its row's id.
    """
    return _by_gap(embedder, kept_for(embedder))


def _by_gap(embedder: Embedder, kept: Iterable[AgeThreshold]) -> GapThresholds:
    measured = [
        BandThreshold(row.band, row.threshold_similarity, row.id) for row in kept if row.is_in_force
    ]
    return GapThresholds(embedder.threshold_similarity, measured)


def kept_for(embedder: Embedder) -> Sequence[AgeThreshold]:
    """The model's measurements that are not withdrawn, from the narrowest gap on.

    One may be kept and not be in force: `AgeThreshold.is_strict_enough`.
    """
    return db.session.scalars(
        select(AgeThreshold)
        .options(joinedload(AgeThreshold.embedder))
        .where(AgeThreshold.embedder_id == embedder.id, AgeThreshold.withdrawn_at.is_(None))
        .order_by(AgeThreshold.from_years)
    ).all()


def kept_for_all() -> dict[int, list[AgeThreshold]]:
    """The same for every model that has any, by the model's id."""
    found: dict[int, list[AgeThreshold]] = {}
    rows = db.session.scalars(
        select(AgeThreshold)
        .options(joinedload(AgeThreshold.embedder))
        .where(AgeThreshold.withdrawn_at.is_(None))
        .order_by(AgeThreshold.embedder_id.desc(), AgeThreshold.from_years)
    )
    for row in rows:
        found.setdefault(row.embedder_id, []).append(row)
    return found


@dataclass(frozen=True, eq=False)
class AskedOf:
    """What is asked of one photo for a face of today.

    `similarity` is the least one, the case's raise included; `measured` what it rests on, None
    where it is the model's own.
    """

    similarity: float
    measured: AgeThreshold | None


def asked_today(
    case: Case, photos: Sequence[ReferencePhoto], embedder: Embedder
) -> dict[int, AskedOf]:
    """The same for each photo, by its id."""
    kept = {row.id: row for row in kept_for(embedder)}
    thresholds = _by_gap(embedder, kept.values())
    first, last = day_columns([photo.taken_span for photo in photos])
    limits, keys = thresholds.on_day(first, last, utc_now().date())
    return {
        photo.id: AskedOf(float(limit) + case.threshold_raise, kept.get(int(key)))
        for photo, limit, key in zip(photos, limits, keys, strict=True)
    }


def take_over(actor: Actor, evaluation_id: int, false_match_rate: float) -> Sequence[AgeThreshold]:
    """Compare by the thresholds that an evaluation measured by gap at this rate, from now on.

    Bands that it could not measure keep what they have. Returns all that the model then has.
    Raises NotFound; Refused where nothing was measured at the rate, where it is laxer than the
    model's own, and where the photos were changed beforehand.
    """
    evaluation = evaluations.find(evaluation_id)
    embedder = _held(evaluation.embedder_id)
    measured = _measured(evaluation, embedder, false_match_rate)
    again = {band.band.from_years for band, _ in measured}
    replaced = [row for row in kept_for(embedder) if row.from_years in again]
    _end(replaced)
    rows = [_row(actor, evaluation, band, point) for band, point in measured]
    db.session.add_all(rows)
    db.session.flush()
    details = {
        "false_match_rate": false_match_rate,
        "evaluation": evaluation.id,
        "from": _told(replaced),
        "to": _told(rows),
    }
    _audit(actor, embedder, details)
    db.session.commit()
    return kept_for(embedder)


def withdraw(actor: Actor, model_sha256: str) -> Embedder:
    """Compare by the model's own threshold alone from now on. What was proposed stays as it is.

    Raises NotFound for an unknown model, and Conflict where it has no other threshold.
    """
    known = db.session.scalars(
        select(Embedder).where(Embedder.sha256 == model_sha256).order_by(Embedder.id.desc())
    ).all()
    if not known:
        raise NotFound("No model of this hash has embedded anything here.")
    for embedder in known:
        rows = kept_for(_held(embedder.id))
        if rows:
            _end(rows)
            _audit(actor, embedder, {"from": _told(rows), "to": {}})
            db.session.commit()
            return embedder
    raise Conflict(f"{known[0].name} has no thresholds by years between photos.")


def _held(embedder_id: int) -> Embedder:
    """The model's row, held until the commit, so that two people do not change it at once."""
    return db.session.get_one(
        Embedder, embedder_id, with_for_update={"key_share": True}, populate_existing=True
    )


def _measured(
    evaluation: Evaluation, embedder: Embedder, rate: float
) -> list[tuple[AgeBandOut, BandPointOut]]:
    """The bands that were measured at the rate, with their points."""
    report = evaluations.report_of(evaluation)
    if report.preparation != Preparation.NONE:
        raise Refused(
            "This evaluation changed the photos beforehand, so its thresholds do not hold for "
            "photos as they are.",
            {"evaluation_id": "choose an evaluation of photos as they are"},
        )
    if report.by_age is None:
        raise Refused(
            "This evaluation knew neither ages nor dates of its photos: evaluate a set that has "
            "them.",
            {"evaluation_id": "has no thresholds by years"},
        )
    _require_no_laxer(embedder, rate)
    found = [
        (band, one)
        for band in report.by_age.bands
        for one in band.points
        if math.isclose(one.point.wanted_false_match_rate or 0.0, rate)
    ]
    if not found:
        raise Refused(
            f"No gap of years was measured at one false match in {1 / rate:,.0f}: there were too "
            "few pairs.",
            {"false_match_rate": "choose one of those that were measured"},
        )
    return found


def may_take_over(embedder: Embedder, rate: float) -> bool:
    """Whether thresholds for this rate promise no less than the model's own."""
    promised = embedder.false_match_rate
    return promised is None or rate <= promised * (1 + 1e-9)


def _require_no_laxer(embedder: Embedder, rate: float) -> None:
    promised = embedder.false_match_rate
    if promised is not None and not may_take_over(embedder, rate):
        raise Refused(
            f"{embedder.name} promises one false match in {1 / promised:,.0f} pairs of strangers; "
            f"thresholds for one in {1 / rate:,.0f} would lower that.",
            {"false_match_rate": f"choose {promised:g} or finer"},
        )


def _row(
    actor: Actor, evaluation: Evaluation, measured: AgeBandOut, found: BandPointOut
) -> AgeThreshold:
    point = found.point
    return AgeThreshold(
        embedder_id=evaluation.embedder_id,
        evaluation_id=evaluation.id,
        from_years=measured.band.from_years,
        below_years=measured.band.below_years,
        threshold_similarity=point.threshold,
        false_match_rate=point.wanted_false_match_rate,
        measured_false_match_rate=point.false_match_rate,
        true_match_rate=point.true_match_rate,
        same_person_pairs=measured.same_person_pairs,
        stranger_pairs=measured.stranger_pairs,
        people=measured.people,
        source=f"{evaluation.folder_name} (evaluation {evaluation.id})",
        measured_at=evaluation.created_at,
        measured_by_name=evaluation.evaluated_by_name,
        set_by_name=actor.name,
    )


def _end(rows: Iterable[AgeThreshold]) -> None:
    """Withdraw rows before others take their place: only one of a band may be in force."""
    for row in rows:
        row.withdrawn_at = utc_now()
    db.session.flush()


def _told(rows: Iterable[AgeThreshold]) -> dict[str, float]:
    return {str(row.band): row.threshold_similarity for row in rows}


def _audit(actor: Actor, embedder: Embedder, details: Mapping[str, object]) -> None:
    audit.record(
        actor,
        "model.age_thresholds",
        subject=f"model {embedder.name}",
        details={"sha256": embedder.sha256, **details},
    )
