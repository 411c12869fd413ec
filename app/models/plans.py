"""Search plans: which model of where the subject may have gone a case is planned by."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.extensions import Model
from app.models.cases import Case
from app.models.columns import UtcTime


class SearchPlan(Model):
    """A case's search model: particles and where they pass, kept as a file named by its hash.

    `question_sha256` names what it answers (locations, cameras, window, prior): when the case's own
    question differs, the model is built anew (`wanted_at` says since when that is due). The belief
    itself is never stored: it follows from the model and the case's visits and sightings.
    """

    __tablename__ = "search_plans"

    case_id: Mapped[int] = mapped_column(
        ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True
    )
    question_sha256: Mapped[str | None] = mapped_column(String(64))
    model_sha256: Mapped[str | None] = mapped_column(String(64))
    wanted_at: Mapped[UtcTime | None]
    built_at: Mapped[UtcTime | None]
    build_seconds: Mapped[float | None]
    cameras: Mapped[int | None]
    problem: Mapped[str | None] = mapped_column(Text)
    settings: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)

    case: Mapped[Case] = relationship()
