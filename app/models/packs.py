"""Which face model an administrator chose, one row for each choice; the newest holds."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Model
from app.models.columns import UtcTime, utc_now


class PackUse(Model):
    """A pack by name or folder, or "dlib"; empty: whichever is installed.

    `model` and `model_sha256` are what was loaded then, empty where `pack` is.
    """

    __tablename__ = "pack_uses"

    id: Mapped[int] = mapped_column(primary_key=True)
    pack: Mapped[str] = mapped_column(String(400))
    model: Mapped[str] = mapped_column(String(120))
    model_sha256: Mapped[str] = mapped_column(String(64))
    chosen_by_name: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[UtcTime] = mapped_column(default=utc_now)
