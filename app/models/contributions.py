"""Photos of tips, of found persons and of imported posts, the faces in them, matches.

A contribution is compared with the galleries of missing persons, and is in none itself: its faces
have tables of their own, which no sweep, no face search and no other contribution looks at.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pgvector.sqlalchemy import HALFVEC
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Float,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.extensions import Model
from app.models.age_thresholds import AgeThreshold
from app.models.cases import Case, ReferencePhoto
from app.models.columns import LongText, UtcTime, choice, utc_now
from app.models.faces import Embedder
from app.models.found import FoundPerson
from app.models.posts import Post
from app.models.tips import Tip


class PhotoState(StrEnum):
    """How far a worker is with the faces of a contributed photo."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class MatchState(StrEnum):
    """A machine proposes a candidate; a person decides the rest."""

    CANDIDATE = "candidate"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"


class ContributedPhoto(Model):
    """A photo of one tip, one found person or one post, as it was encoded anew here.

    `taken_at`, `latitude_deg` and `longitude_deg` were in the file that was handed in; the kept one
    holds nothing but pixels. `embedder_id` is the model that last looked for faces in it.
    """

    __tablename__ = "contributed_photos"
    __table_args__ = (
        CheckConstraint("num_nonnulls(tip_id, found_person_id, post_id) = 1", name="one_owner"),
        Index("ix_contributed_photos_tip_id", "tip_id"),
        Index("ix_contributed_photos_found_person_id", "found_person_id"),
        Index("ix_contributed_photos_post_id", "post_id"),
        Index("ix_contributed_photos_state_queued_at", "state", "queued_at"),
        Index("ix_contributed_photos_sha256", "sha256"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    tip_id: Mapped[int | None] = mapped_column(ForeignKey("tips.id", ondelete="CASCADE"))
    found_person_id: Mapped[int | None] = mapped_column(
        ForeignKey("found_persons.id", ondelete="CASCADE")
    )
    post_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    sha256: Mapped[str] = mapped_column(String(64))
    width_px: Mapped[int]
    height_px: Mapped[int]
    size_bytes: Mapped[int]
    taken_at: Mapped[UtcTime | None]
    latitude_deg: Mapped[float | None] = mapped_column(Float(53))
    longitude_deg: Mapped[float | None] = mapped_column(Float(53))
    state: Mapped[PhotoState] = mapped_column(choice(PhotoState), default=PhotoState.WAITING)
    attempt: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    queued_at: Mapped[UtcTime | None]
    started_at: Mapped[UtcTime | None]
    problem: Mapped[LongText]
    embedder_id: Mapped[int | None] = mapped_column(ForeignKey("embedders.id"))
    created_at: Mapped[UtcTime] = mapped_column(default=utc_now)

    tip: Mapped[Tip | None] = relationship(back_populates="photos")
    found_person: Mapped[FoundPerson | None] = relationship(back_populates="photos")
    post: Mapped[Post | None] = relationship(back_populates="photos")
    faces: Mapped[list[ContributedFace]] = relationship(
        back_populates="photo", order_by="ContributedFace.ordinal", passive_deletes=True
    )


class ContributedFace(Model):
    """One face in a contributed photo, as one model sees it."""

    __tablename__ = "contributed_faces"
    __table_args__ = (
        UniqueConstraint("photo_id", "embedder_id", "ordinal"),
        Index("ix_contributed_faces_embedder_id", "embedder_id"),
        Index("ix_contributed_faces_crop_sha256", "crop_sha256"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    photo_id: Mapped[int] = mapped_column(ForeignKey("contributed_photos.id", ondelete="CASCADE"))
    embedder_id: Mapped[int] = mapped_column(ForeignKey("embedders.id"))
    ordinal: Mapped[int]
    embedding: Mapped[Any] = mapped_column(HALFVEC(), deferred=True)
    box_xyxy: Mapped[list[float]] = mapped_column(ARRAY(Float(53)))
    crop_sha256: Mapped[str] = mapped_column(String(64))
    quality: Mapped[dict[str, Any]] = mapped_column(JSONB)
    face_height_px: Mapped[float]
    created_at: Mapped[UtcTime] = mapped_column(default=utc_now)

    photo: Mapped[ContributedPhoto] = relationship(back_populates="faces")
    embedder: Mapped[Embedder] = relationship()


class ContributedMatch(Model):
    """A contributed face that is like a case's subject. A lead, not an identification.

    `similarity` is the cosine of the two embeddings (−1 to 1), `threshold_similarity` the limit
    that was in force, `age_threshold` the measurement by years that it rests on, if it does. A
    person decides on those of found persons; those of tips go with the tip.
    """

    __tablename__ = "contributed_matches"
    __table_args__ = (
        UniqueConstraint("face_id", "case_id"),
        Index("ix_contributed_matches_case_id_state", "case_id", "state"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    face_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("contributed_faces.id", ondelete="CASCADE")
    )
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    embedder_id: Mapped[int] = mapped_column(ForeignKey("embedders.id"))
    reference_photo_id: Mapped[int | None] = mapped_column(
        ForeignKey("reference_photos.id", ondelete="SET NULL")
    )
    similarity: Mapped[float]
    threshold_similarity: Mapped[float]
    age_threshold_id: Mapped[int | None] = mapped_column(ForeignKey("age_thresholds.id"))
    state: Mapped[MatchState] = mapped_column(choice(MatchState), default=MatchState.CANDIDATE)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_by_name: Mapped[LongText]
    decided_at: Mapped[UtcTime | None]
    created_at: Mapped[UtcTime] = mapped_column(default=utc_now)

    face: Mapped[ContributedFace] = relationship()
    case: Mapped[Case] = relationship()
    embedder: Mapped[Embedder] = relationship()
    reference_photo: Mapped[ReferencePhoto | None] = relationship()
    age_threshold: Mapped[AgeThreshold | None] = relationship(lazy="joined")


class ContributionReceipt(Model):
    """One batch of tips, found persons and posts that were deleted because their time was over.

    `receipt_sha256` covers all other facts and stands in the audit log's chain.
    """

    __tablename__ = "contribution_receipts"

    id: Mapped[int] = mapped_column(primary_key=True)
    purged_at: Mapped[UtcTime] = mapped_column(default=utc_now)
    tips: Mapped[int]
    found_persons: Mapped[int]
    posts: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    photos: Mapped[int]
    faces: Mapped[int]
    pictures: Mapped[int]
    picture_bytes: Mapped[int] = mapped_column(BigInteger)
    receipt_sha256: Mapped[str] = mapped_column(String(64), unique=True)
