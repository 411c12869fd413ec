"""Embedders, the faces that they embedded, and the embeddings of reference photos."""

from __future__ import annotations

from typing import Any

from pgvector.sqlalchemy import HALFVEC
from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import Float

from app.extensions import Model
from app.models.cameras import CameraRow
from app.models.cases import ReferencePhoto
from app.models.columns import UtcTime, utc_now
from app.models.footage import Footage


class Embedder(Model):
    """A recognition model: embeddings of different ones are never compared.

    `threshold_similarity` was measured at `false_match_rate` on `threshold_measured_on`.
    """

    __tablename__ = "embedders"
    __table_args__ = (UniqueConstraint("name", "sha256"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    sha256: Mapped[str] = mapped_column(String(64))
    dimension: Mapped[int]
    threshold_similarity: Mapped[float]
    false_match_rate: Mapped[float | None]
    threshold_measured_on: Mapped[str] = mapped_column(Text)
    licence: Mapped[str] = mapped_column(Text)
    fallback: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    created_at: Mapped[UtcTime] = mapped_column(default=utc_now)


class ReferenceEmbedding(Model):
    """What one embedder makes of one reference photo."""

    __tablename__ = "reference_embeddings"

    photo_id: Mapped[int] = mapped_column(
        ForeignKey("reference_photos.id", ondelete="CASCADE"), primary_key=True
    )
    embedder_id: Mapped[int] = mapped_column(ForeignKey("embedders.id"), primary_key=True)
    embedding: Mapped[Any] = mapped_column(HALFVEC())

    photo: Mapped[ReferencePhoto] = relationship()


class Face(Model):
    """One person's appearance on one camera: a track with its best shot.

    (`part_id`, `chunk_from_s`, `ordinal`) names a face the same however often its visit is run.
    """

    __tablename__ = "faces"
    __table_args__ = (
        UniqueConstraint("part_id", "chunk_from_s", "ordinal"),
        Index("ix_faces_visit_id", "visit_id"),
        Index(
            "ix_faces_embedder_id_camera_id_best_at",
            "embedder_id",
            "camera_id",
            "best_at",
            postgresql_include=["expires_at"],
        ),
        Index("ix_faces_expires_at", "expires_at"),
        Index("ix_faces_crop_sha256", "crop_sha256"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    visit_id: Mapped[int] = mapped_column(ForeignKey("visits.id", ondelete="CASCADE"))
    part_id: Mapped[int] = mapped_column(ForeignKey("visit_parts.id", ondelete="CASCADE"))
    camera_id: Mapped[int] = mapped_column(ForeignKey("cameras.id"))
    footage_id: Mapped[int] = mapped_column(ForeignKey("footage.id"))
    embedder_id: Mapped[int] = mapped_column(ForeignKey("embedders.id"))
    chunk_from_s: Mapped[float] = mapped_column(Float(53))
    ordinal: Mapped[int]
    embedding: Mapped[Any] = mapped_column(HALFVEC(), deferred=True)
    first_s: Mapped[float]
    last_s: Mapped[float]
    best_s: Mapped[float]
    first_at: Mapped[UtcTime]
    last_at: Mapped[UtcTime]
    best_at: Mapped[UtcTime]
    box_xyxy: Mapped[list[float]] = mapped_column(ARRAY(Float(53)))
    crop_sha256: Mapped[str] = mapped_column(String(64))
    quality: Mapped[dict[str, Any]] = mapped_column(JSONB)
    face_height_px: Mapped[float]
    frames_seen: Mapped[int]
    expires_at: Mapped[UtcTime]
    created_at: Mapped[UtcTime] = mapped_column(default=utc_now)

    camera: Mapped[CameraRow] = relationship()
    footage: Mapped[Footage] = relationship()
    embedder: Mapped[Embedder] = relationship()
