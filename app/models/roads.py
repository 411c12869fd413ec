"""Imported streets and places: what the map shows where no map tiles are configured."""

from __future__ import annotations

from geoalchemy2 import Geometry
from sqlalchemy import (
    CheckConstraint,
    Float,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Model
from app.models.columns import LongText, UtcTime, position_column, utc_now


class RoadSource(Model):
    """One imported file of streets or places, and whom to credit for it.

    `network` is `geo.network.StreetNetwork.to_bytes()`, for search planning; it is missing where
    the file holds places or railways only. The bounds are those of all that was imported.
    """

    __tablename__ = "road_sources"
    __table_args__ = (
        UniqueConstraint("name"),
        UniqueConstraint("file_sha256"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    file_name: Mapped[str] = mapped_column(String(255))
    file_sha256: Mapped[str] = mapped_column(String(64))
    format: Mapped[str] = mapped_column(String(40))
    licence: Mapped[LongText]
    attribution: Mapped[LongText]
    streets: Mapped[int]
    named_streets: Mapped[int]
    places: Mapped[int]
    length_m: Mapped[float]
    west_deg: Mapped[float]
    south_deg: Mapped[float]
    east_deg: Mapped[float]
    north_deg: Mapped[float]
    network: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    network_nodes: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    imported_at: Mapped[UtcTime] = mapped_column(default=utc_now)
    imported_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class Road(Model):
    """One stretch of street, drawn as it lies; both directions are one row."""

    __tablename__ = "roads"
    __table_args__ = (
        Index("ix_roads_line", "line", postgresql_using="gist"),
        Index("ix_roads_source_id", "source_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("road_sources.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(200), default="", server_default="")
    street_class: Mapped[str] = mapped_column(String(20))
    line: Mapped[object] = mapped_column(Geometry("LINESTRING", srid=4326, spatial_index=False))


class GazetteerPlace(Model):
    """A named place: a station, a suburb, a hospital."""

    __tablename__ = "places"
    __table_args__ = (
        CheckConstraint("latitude_deg BETWEEN -90 AND 90", name="latitude"),
        CheckConstraint("longitude_deg BETWEEN -180 AND 180", name="longitude"),
        Index("ix_places_plane", text("(position::geometry)"), postgresql_using="gist"),
        Index("ix_places_source_id", "source_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("road_sources.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20))
    latitude_deg: Mapped[float] = mapped_column(Float(53))
    longitude_deg: Mapped[float] = mapped_column(Float(53))
    position: Mapped[object] = position_column()
