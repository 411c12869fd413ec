"""Sightings, and what people said of them."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import BigInteger, Float, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.extensions import Model
from app.models.accounts import User
from app.models.cameras import CameraRow
from app.models.cases import Case, ReferencePhoto
from app.models.columns import LongText, UtcTime, choice, utc_now
from app.models.faces import Embedder, Face
from cameras.planning.travel import TravelCheck


class SightingState(StrEnum):
    """A machine proposes a candidate; a person decides the rest."""

    CANDIDATE = "candidate"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    UNSURE = "unsure"


class Verdict(StrEnum):
    """What a reviewer can say of a sighting."""

    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    UNSURE = "unsure"


class Sighting(Model):
    """A face proposed for a case. An investigative lead, not an identification.

    `similarity` is the cosine of the two embeddings (−1 to 1), `threshold_similarity` the limit
    that was in force. The camera's position is copied: a camera that is moved later does not move
    its sightings.

    `like_rejected` marks a face that is more like one that a person rejected for this case
    (`rejected_sighting_id`, at `rejected_similarity`) than like the reference photos; it is shown
    last, and never dropped.

    `travel` is no column: `services.travel` sets it on what is shown, since it changes with every
    sighting that is confirmed.
    """

    __tablename__ = "sightings"
    __allow_unmapped__ = True
    travel: TravelCheck | None = None
    __table_args__ = (
        UniqueConstraint("case_id", "face_id"),
        Index("ix_sightings_case_id_state", "case_id", "state"),
        Index("ix_sightings_case_id_seen_at", "case_id", "seen_at"),
        Index("ix_sightings_face_id", "face_id"),
        Index(
            "ix_sightings_rejected_sighting_id",
            "rejected_sighting_id",
            postgresql_where=text("rejected_sighting_id IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    face_id: Mapped[int] = mapped_column(ForeignKey("faces.id"))
    camera_id: Mapped[int] = mapped_column(ForeignKey("cameras.id"))
    embedder_id: Mapped[int] = mapped_column(ForeignKey("embedders.id"))
    reference_photo_id: Mapped[int | None] = mapped_column(
        ForeignKey("reference_photos.id", ondelete="SET NULL")
    )
    similarity: Mapped[float]
    threshold_similarity: Mapped[float]
    like_rejected: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    rejected_similarity: Mapped[float | None]
    rejected_sighting_id: Mapped[int | None] = mapped_column(
        ForeignKey("sightings.id", ondelete="SET NULL")
    )
    state: Mapped[SightingState] = mapped_column(
        choice(SightingState), default=SightingState.CANDIDATE
    )
    seen_at: Mapped[UtcTime]
    latitude_deg: Mapped[float] = mapped_column(Float(53))
    longitude_deg: Mapped[float] = mapped_column(Float(53))
    created_at: Mapped[UtcTime] = mapped_column(default=utc_now)

    case: Mapped[Case] = relationship()
    face: Mapped[Face] = relationship()
    camera: Mapped[CameraRow] = relationship()
    embedder: Mapped[Embedder] = relationship()
    reference_photo: Mapped[ReferencePhoto | None] = relationship()
    similarities: Mapped[list[SightingSimilarity]] = relationship(
        order_by="SightingSimilarity.similarity.desc()",
        cascade="all, delete-orphan",
        passive_deletes=True,
    )

    @property
    def without_best(self) -> float | None:
        """The highest similarity without the photo that carried it; None without others."""
        others = (
            one.similarity for one in self.similarities if one.photo_id != self.reference_photo_id
        )
        return max(others, default=None)

    @property
    def stands_without_best(self) -> bool | None:
        """Whether the other photos alone would have proposed it; None without others."""
        remains = self.without_best
        return None if remains is None else remains >= self.threshold_similarity


class SightingSimilarity(Model):
    """How alike a sighting's face and one reference photo were when the face was proposed."""

    __tablename__ = "sighting_similarities"
    __table_args__ = (Index("ix_sighting_similarities_photo_id", "photo_id"),)

    sighting_id: Mapped[int] = mapped_column(
        ForeignKey("sightings.id", ondelete="CASCADE"), primary_key=True
    )
    photo_id: Mapped[int] = mapped_column(
        ForeignKey("reference_photos.id", ondelete="CASCADE"), primary_key=True
    )
    similarity: Mapped[float]

    photo: Mapped[ReferencePhoto] = relationship()


class Review(Model):
    """One person's verdict on one sighting; the last that was not undone holds."""

    __tablename__ = "reviews"
    __table_args__ = (Index("ix_reviews_sighting_id_id", "sighting_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    sighting_id: Mapped[int] = mapped_column(ForeignKey("sightings.id", ondelete="CASCADE"))
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    reviewer_name: Mapped[str]
    verdict: Mapped[Verdict] = mapped_column(choice(Verdict))
    remarks: Mapped[LongText]
    created_at: Mapped[UtcTime] = mapped_column(default=utc_now)
    undone_at: Mapped[UtcTime | None]

    sighting: Mapped[Sighting] = relationship()
    reviewer: Mapped[User | None] = relationship()
