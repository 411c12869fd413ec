"""Outputs for thresholds by the years between photo and face."""

from __future__ import annotations

from collections.abc import Sequence

from app.models.age_thresholds import AgeThreshold
from app.models.faces import Embedder
from app.outputs.base import Output, UtcInstant


class AgeThresholdOut(Output):
    """From which similarity a model proposes where so many years lie between photo and face.

    Measured on `stranger_pairs` and `same_person_pairs` with such gaps in `source`, for
    `false_match_rate`; `true_match_rate` of the pairs of one person reached it. `in_force` is false
    where the model's own threshold stands for a finer rate: it is used then.
    """

    from_years: int
    below_years: int | None
    threshold_similarity: float
    false_match_rate: float
    measured_false_match_rate: float
    true_match_rate: float
    same_person_pairs: int
    stranger_pairs: int
    people: int
    source: str
    measured_at: UtcInstant
    measured_by: str
    set_at: UtcInstant
    set_by: str
    in_force: bool

    @classmethod
    def of(cls, row: AgeThreshold) -> AgeThresholdOut:
        """From a row with its embedder."""
        return cls(
            from_years=row.from_years,
            below_years=row.below_years,
            threshold_similarity=round(row.threshold_similarity, 4),
            false_match_rate=row.false_match_rate,
            measured_false_match_rate=row.measured_false_match_rate,
            true_match_rate=row.true_match_rate,
            same_person_pairs=row.same_person_pairs,
            stranger_pairs=row.stranger_pairs,
            people=row.people,
            source=row.source,
            measured_at=row.measured_at,
            measured_by=row.measured_by_name,
            set_at=row.set_at,
            set_by=row.set_by_name,
            in_force=row.is_in_force,
        )


def by_age(row: AgeThreshold | None) -> AgeThresholdOut | None:
    """The measurement that something rests on; None where it is the model's own threshold."""
    return None if row is None else AgeThresholdOut.of(row)


class AgeThresholdsOut(Output):
    """What a model has by gap of years; empty: only its own threshold, whatever the gap."""

    model: str
    model_sha256: str
    threshold_similarity: float
    false_match_rate: float | None
    by_age: list[AgeThresholdOut]

    @classmethod
    def of(cls, embedder: Embedder, rows: Sequence[AgeThreshold]) -> AgeThresholdsOut:
        """From a model and its measurements."""
        return cls(
            model=embedder.name,
            model_sha256=embedder.sha256,
            threshold_similarity=round(embedder.threshold_similarity, 4),
            false_match_rate=embedder.false_match_rate,
            by_age=[AgeThresholdOut.of(row) for row in rows],
        )
