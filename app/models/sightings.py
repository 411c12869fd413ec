"""Sightings, and what people said of them."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Float, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.extensions import Model
from app.models.accounts import User
from app.models.age_thresholds import AgeThreshold
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


class ReviewStage(StrEnum):
    """Whose review a sighting waits for: the first, the second, or (they disagree) the third."""

    FIRST = "first"
    SECOND = "second"
    THIRD = "third"


class Verdict(StrEnum):
    """What a reviewer can say of a sighting."""

    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    UNSURE = "unsure"


class Sighting(Model):
    """A face proposed for a case. An investigative lead, not an identification.

    `similarity` is the cosine of the two embeddings (−1 to 1), `threshold_similarity` the limit
    that was in force for the photo that carried it. The camera's position is copied: a camera that
    is moved later does not move its sightings.

    `like_rejected` marks a face that is more like one that a person rejected for this case
    (`rejected_sighting_id`, at `rejected_similarity`) than like the reference photos; it is shown
    last, and never dropped.

    `state`, `is_lead` and `awaits` follow from the verdicts that stand and from `reviews_needed`,
    by the rule in `services.reviews.standing`: a confirmed sighting is provisional until as many
    people as are needed have confirmed it, each after the first without having seen what the others
    said.

    `travel` is no column: `services.places.travel` sets it on what is shown, since it changes with
    every sighting that is confirmed.
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
            "ix_sightings_awaits_id", "awaits", "id", postgresql_where=text("awaits IS NOT NULL")
        ),
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
    is_lead: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    awaits: Mapped[ReviewStage | None] = mapped_column(choice(ReviewStage))
    reviews_needed: Mapped[int] = mapped_column(default=2, server_default=text("2"))
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
    def standing(self) -> str:
        """Where it stands between people, in words."""
        if self.is_lead:
            people = "one person" if self.reviews_needed == 1 else f"{self.reviews_needed} people"
            return f"lead: confirmed by {people}"
        if self.awaits is ReviewStage.FIRST:
            return "nobody has judged it yet"
        if self.state is SightingState.CONFIRMED:
            return f"confirmed, not yet a lead: {self.awaits} review open"
        if self.awaits is not None:
            return f"undecided: {self.awaits} review open"
        return "rejected" if self.state is SightingState.REJECTED else "undecided"

    @property
    def without_best(self) -> float | None:
        """The highest similarity of another real photo than that which carried it; or None."""
        others = (
            one.similarity
            for one in self.similarities
            if one.photo_id != self.reference_photo_id and not one.photo.artificial
        )
        return max(others, default=None)

    @property
    def stands_without_best(self) -> bool | None:
        """Whether the other photos alone would have proposed it; None without others."""
        others = [
            one.similarity >= (one.threshold_similarity or self.threshold_similarity)
            for one in self.similarities
            if one.photo_id != self.reference_photo_id and not one.photo.artificial
        ]
        return any(others) if others else None

    @property
    def age_threshold(self) -> AgeThreshold | None:
        """The measurement by years that proposed it; None where the model's own threshold did."""
        carried = (one for one in self.similarities if one.photo_id == self.reference_photo_id)
        return next((one.age_threshold for one in carried), None)


class SightingSimilarity(Model):
    """How alike a sighting's face and one reference photo were when the face was proposed.

    `threshold_similarity` is the limit for this photo and face, the case's raise included; None in
    sightings of earlier versions. `age_threshold` is the measurement by years that it rests on;
    None where it was the model's own.
    """

    __tablename__ = "sighting_similarities"
    __table_args__ = (Index("ix_sighting_similarities_photo_id", "photo_id"),)

    sighting_id: Mapped[int] = mapped_column(
        ForeignKey("sightings.id", ondelete="CASCADE"), primary_key=True
    )
    photo_id: Mapped[int] = mapped_column(
        ForeignKey("reference_photos.id", ondelete="CASCADE"), primary_key=True
    )
    similarity: Mapped[float]
    threshold_similarity: Mapped[float | None]
    age_threshold_id: Mapped[int | None] = mapped_column(ForeignKey("age_thresholds.id"))

    photo: Mapped[ReferencePhoto] = relationship()
    age_threshold: Mapped[AgeThreshold | None] = relationship()


class Review(Model):
    """One person's verdict on one sighting.

    `blind`: whoever gave it had seen neither similarity, threshold and rank nor what others said.
    `comparison` is the checklist, feature by feature, if it was filled in (`inputs.comparisons`).
    """

    __tablename__ = "reviews"
    __table_args__ = (Index("ix_reviews_sighting_id_id", "sighting_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    sighting_id: Mapped[int] = mapped_column(ForeignKey("sightings.id", ondelete="CASCADE"))
    reviewer_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    reviewer_name: Mapped[str]
    verdict: Mapped[Verdict] = mapped_column(choice(Verdict))
    remarks: Mapped[LongText]
    blind: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    comparison: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    created_at: Mapped[UtcTime] = mapped_column(default=utc_now)
    undone_at: Mapped[UtcTime | None]

    sighting: Mapped[Sighting] = relationship()
    reviewer: Mapped[User | None] = relationship()


class SightingClip(Model):
    """The seconds around a sighting, cut out of its recording; its file is named by `sha256`.

    `from_s` and `to_s` are the recording's own seconds. A row with `failure` and no file says why
    none could be cut when that was tried.
    """

    __tablename__ = "sighting_clips"
    __table_args__ = (Index("ix_sighting_clips_sha256", "sha256"),)

    sighting_id: Mapped[int] = mapped_column(
        ForeignKey("sightings.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    sha256: Mapped[str | None] = mapped_column(String(64))
    size_bytes: Mapped[int | None]
    from_s: Mapped[float | None] = mapped_column(Float(53))
    to_s: Mapped[float | None] = mapped_column(Float(53))
    width_px: Mapped[int | None]
    height_px: Mapped[int | None]
    recording_sha256: Mapped[str | None] = mapped_column(String(64))
    failure: Mapped[LongText]
    made_at: Mapped[UtcTime] = mapped_column(default=utc_now)
