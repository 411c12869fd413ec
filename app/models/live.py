"""Live events: what open maps are told, kept so that none is lost."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Model
from app.models.columns import UtcTime, utc_now


class LiveEvent(Model):
    """One change of a case. `id` is the cursor: ids become visible in their own order.

    `services.base.live` takes a lock before it draws an id and holds it until the commit, so that
    no smaller id can appear after a larger one was read.
    """

    __tablename__ = "live_events"
    __table_args__ = (Index("ix_live_events_case_id_id", "case_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(40))
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[UtcTime] = mapped_column(default=utc_now)
