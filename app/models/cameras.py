"""The camera registry, and what is remembered of each source of it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import (
    CheckConstraint,
    Float,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Model
from app.models.columns import LongText, UtcTime, position_column, utc_now


class CameraRow(Model):
    """One camera of the registry; `cameras.camera.Camera` is the same as a value.

    `deleted_at` marks one that the registry no longer holds: it is not ranked, but its visits,
    faces and sightings stay. `stream_address` is a secret: it is masked wherever it is shown.

    The clock's columns are as the registry states them, until somebody compares the clock: then
    they are what fits the comparisons, and `stated_…` keep what the registry says.
    """

    __tablename__ = "cameras"
    __table_args__ = (
        UniqueConstraint("source", "ref"),
        CheckConstraint("latitude_deg BETWEEN -90 AND 90", name="latitude"),
        CheckConstraint("longitude_deg BETWEEN -180 AND 180", name="longitude"),
        Index(
            "ix_cameras_position_ranked",
            "position",
            postgresql_using="gist",
            postgresql_where=text("deleted_at IS NULL AND status NOT IN ('removed', 'planned')"),
        ),
        Index("ix_cameras_position", "position", postgresql_using="gist"),
        Index("ix_cameras_name", "name"),
        Index("ix_cameras_updated_at", "updated_at"),
        Index(
            "ix_cameras_plane",
            text("(position::geometry)"),
            postgresql_using="gist",
            postgresql_where=text("deleted_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(String(120))
    ref: Mapped[str] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(String(300))
    latitude_deg: Mapped[float] = mapped_column(Float(53))
    longitude_deg: Mapped[float] = mapped_column(Float(53))
    position: Mapped[object] = position_column()
    headings_deg: Mapped[list[float]] = mapped_column(
        ARRAY(Float(53)), default=list, server_default="{}"
    )
    field_of_view_deg: Mapped[float | None]
    range_m: Mapped[float | None]
    kind: Mapped[str] = mapped_column(String(40), default="unknown", server_default="unknown")
    status: Mapped[str] = mapped_column(String(40), default="unknown", server_default="unknown")
    is_indoor: Mapped[bool | None]
    owner: Mapped[LongText]
    owner_contact: Mapped[LongText]
    retention_hours: Mapped[float | None]
    clock_offset_s: Mapped[float] = mapped_column(default=0.0, server_default=text("0"))
    clock_uncertainty_s: Mapped[float | None]
    clock_checked_at: Mapped[UtcTime | None]
    clock_drift_s_per_day: Mapped[float] = mapped_column(default=0.0, server_default=text("0"))
    clock_drift_uncertainty_s_per_day: Mapped[float] = mapped_column(
        default=0.0, server_default=text("0")
    )
    stated_clock_offset_s: Mapped[float | None]
    stated_clock_uncertainty_s: Mapped[float | None]
    stream_address: Mapped[str | None] = mapped_column(Text, deferred=True)
    remarks: Mapped[LongText]
    created_at: Mapped[UtcTime] = mapped_column(default=utc_now)
    updated_at: Mapped[UtcTime] = mapped_column(default=utc_now, onupdate=utc_now)
    deleted_at: Mapped[UtcTime | None]


class ClockCheckRow(Model):
    """A comparison of a camera's clock with the true time; it stays listed when taken back."""

    __tablename__ = "clock_checks"
    __table_args__ = (Index("ix_clock_checks_camera_id", "camera_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    camera_id: Mapped[int] = mapped_column(ForeignKey("cameras.id", ondelete="CASCADE"))
    shown_at: Mapped[UtcTime]
    true_at: Mapped[UtcTime]
    precision_s: Mapped[float]
    remarks: Mapped[LongText]
    checked_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    checked_by_name: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[UtcTime] = mapped_column(default=utc_now)
    taken_back_at: Mapped[UtcTime | None]

    @property
    def offset_s(self) -> float:
        """Seconds by which the clock was fast."""
        return (self.shown_at - self.true_at) / timedelta(seconds=1)


class RegistrySource(Model):
    """A source of cameras: the column mapping that was used last, for the next import."""

    __tablename__ = "registry_sources"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    column_mapping: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict)
    file_name: Mapped[str] = mapped_column(String(255))
    file_sha256: Mapped[str] = mapped_column(String(64))
    imported_at: Mapped[UtcTime]
