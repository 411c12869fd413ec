"""Evaluations: how well a model told the people of one folder apart."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.extensions import Model
from app.models.columns import LongText, UtcTime, utc_now
from app.models.faces import Embedder


class Evaluation(Model):
    """One run of `flask evaluate`; `report` is `app.outputs.evaluations.EvaluationReportOut`."""

    __tablename__ = "evaluations"
    __table_args__ = (Index("ix_evaluations_embedder_id_id", "embedder_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    embedder_id: Mapped[int] = mapped_column(ForeignKey("embedders.id"))
    folder_name: Mapped[str] = mapped_column(String(255))
    detector: Mapped[str] = mapped_column(String(120))
    people: Mapped[int]
    photos: Mapped[int]
    photos_left_out: Mapped[int]
    report: Mapped[dict[str, Any]] = mapped_column(JSONB)
    det_svg: Mapped[LongText]
    roc_svg: Mapped[LongText]
    evaluated_by_name: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[UtcTime] = mapped_column(default=utc_now)

    embedder: Mapped[Embedder] = relationship()
