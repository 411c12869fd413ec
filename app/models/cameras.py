"""The camera registry, and what is remembered of each source of it."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Float, Index, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Model
from app.models.columns import LongText, UtcTime, position_column, utc_now


class CameraRow(Model):
    """One camera of the registry; `cameras.camera.Camera` is the same as a value.

    `deleted_at` marks one that the registry no longer holds: it is not ranked, but its visits,
    faces and sightings stay. `stream_address` is a secret: it is masked wherever it is shown.
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
    stream_address: Mapped[str | None] = mapped_column(Text, deferred=True)
    remarks: Mapped[LongText]
    created_at: Mapped[UtcTime] = mapped_column(default=utc_now)
    updated_at: Mapped[UtcTime] = mapped_column(default=utc_now, onupdate=utc_now)
    deleted_at: Mapped[UtcTime | None]


class RegistrySource(Model):
    """A source of cameras: the column mapping that was used last, for the next import."""

    __tablename__ = "registry_sources"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    column_mapping: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict)
    file_name: Mapped[str] = mapped_column(String(255))
    file_sha256: Mapped[str] = mapped_column(String(64))
    imported_at: Mapped[UtcTime]
