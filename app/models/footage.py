"""Footage: recordings and streams, kept by reference."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.extensions import Model
from app.models.cameras import CameraRow
from app.models.columns import LongText, UtcTime, choice, utc_now


class FootageKind(StrEnum):
    """A file lies in one of the footage folders; a stream is the camera's own address."""

    FILE = "file"
    STREAM = "stream"


class Footage(Model):
    """A recording of one camera. `started_at` is true time: the camera's clock offset is taken off.

    `clock_uncertainty_s` is how sure that offset was; None where nobody had compared the clock.
    `made_up` marks composed demonstration clips; they are labelled wherever they are shown.
    """

    __tablename__ = "footage"
    __table_args__ = (
        Index(
            "uq_footage_camera_id_path_started_at", "camera_id", "path", "started_at", unique=True
        ),
        Index("ix_footage_camera_id_started_at", "camera_id", "started_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    camera_id: Mapped[int] = mapped_column(ForeignKey("cameras.id", ondelete="CASCADE"))
    kind: Mapped[FootageKind] = mapped_column(choice(FootageKind))
    path: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str | None] = mapped_column(String(64))
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    duration_s: Mapped[float | None]
    frame_rate: Mapped[float | None]
    width_px: Mapped[int | None]
    height_px: Mapped[int | None]
    codec: Mapped[str | None] = mapped_column(String(40))
    started_at: Mapped[UtcTime]
    ended_at: Mapped[UtcTime | None]
    clock_offset_s: Mapped[float] = mapped_column(default=0.0, server_default=text("0"))
    clock_uncertainty_s: Mapped[float | None]
    made_up: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    remarks: Mapped[LongText]
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[UtcTime] = mapped_column(default=utc_now)
    removed_at: Mapped[UtcTime | None]

    camera: Mapped[CameraRow] = relationship()
