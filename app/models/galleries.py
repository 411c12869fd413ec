"""A mark for each change of what faces are compared with, for the copies in memory."""

from __future__ import annotations

from sqlalchemy import BigInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Model
from app.models.columns import UtcTime


class GalleryChange(Model):
    """Written by triggers on photos, embeddings, cases, verdicts and thresholds.

    Rows are only added (and pruned when old), so that two transactions never wait for each other
    here; their number and the largest id together change with each commit.
    """

    __tablename__ = "gallery_changes"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    changed_at: Mapped[UtcTime] = mapped_column(server_default=text("now()"))
