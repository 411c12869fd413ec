"""Thresholds that were measured on pairs of photos with so many years between them."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.extensions import Model
from app.models.columns import UtcTime, utc_now
from app.models.evaluations import Evaluation
from app.models.faces import Embedder
from recognition.age_gaps import AgeBand


class AgeThreshold(Model):
    """One band of years, one model: from which similarity it proposes there, and how that is known.

    Rows are never changed but for `withdrawn_at`, and never deleted: sightings name the one that
    they were proposed by. At most one of a model and band is not withdrawn. `below_years` is None
    for the last band. `measured_false_match_rate` and `true_match_rate` are shares of pairs with
    such gaps at `threshold_similarity`, which was chosen for `false_match_rate`.
    """

    __tablename__ = "age_thresholds"
    __table_args__ = (
        Index(
            "uq_age_thresholds_embedder_id_from_years_in_force",
            "embedder_id",
            "from_years",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
        Index("ix_age_thresholds_evaluation_id", "evaluation_id"),
        CheckConstraint("from_years >= 0 AND below_years > from_years", name="band"),
        CheckConstraint("false_match_rate > 0 AND false_match_rate < 1", name="rate"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    embedder_id: Mapped[int] = mapped_column(ForeignKey("embedders.id"))
    evaluation_id: Mapped[int] = mapped_column(ForeignKey("evaluations.id"))
    from_years: Mapped[int]
    below_years: Mapped[int | None]
    threshold_similarity: Mapped[float]
    false_match_rate: Mapped[float]
    measured_false_match_rate: Mapped[float]
    true_match_rate: Mapped[float]
    same_person_pairs: Mapped[int]
    stranger_pairs: Mapped[int]
    people: Mapped[int]
    source: Mapped[str] = mapped_column(Text)
    measured_at: Mapped[UtcTime]
    measured_by_name: Mapped[str] = mapped_column(String(254))
    set_at: Mapped[UtcTime] = mapped_column(default=utc_now)
    set_by_name: Mapped[str] = mapped_column(String(254))
    withdrawn_at: Mapped[UtcTime | None]

    embedder: Mapped[Embedder] = relationship()
    evaluation: Mapped[Evaluation] = relationship()

    @property
    def band(self) -> AgeBand:
        """How many years."""
        return AgeBand(self.from_years, self.below_years)

    @property
    def is_strict_enough(self) -> bool:
        """Whether its rate is no laxer than the one that the model's own threshold stands for.

        One that is laxer is not used: nobody lowers what a model promises by measuring gaps.
        """
        promised = self.embedder.false_match_rate
        return promised is None or self.false_match_rate <= promised * (1 + 1e-9)

    @property
    def is_in_force(self) -> bool:
        """Whether faces are compared by it."""
        return self.withdrawn_at is None and self.is_strict_enough
