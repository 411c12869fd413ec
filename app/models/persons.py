"""Persons of interest: subjects of a second kind, in tables of their own.

Nothing here is a subject of a search for a missing person, and no table of such searches names a
row of these: galleries, routes, rankings and exports of missing persons cannot hold one by mistake.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

from pgvector.sqlalchemy import HALFVEC
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.extensions import Model
from app.models.cameras import CameraRow
from app.models.cases import LARGEST_THRESHOLD_RAISE, Case
from app.models.columns import LongText, UtcTime, choice, utc_now
from app.models.faces import Embedder, Face
from app.models.sightings import ReviewStage, SightingState, Verdict

FEWEST_JUDGES: Final = 2
"""So many different people must confirm a face before it is a lead, whatever the settings say."""


class AuthorisationState(StrEnum):
    """A request waits for a second person; only a granted one lets faces be compared.

    `withdrawn`: taken back before it was decided. `expired`: its time was over, granted or not.
    `ended`: somebody ended it, the case was closed, or an extension took its place.
    """

    REQUESTED = "requested"
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    ENDED = "ended"


class PersonOfInterest(Model):
    """Somebody whom one case has reason to look for beside its subject.

    `label` ("P1") names them in lists and the audit log, so that the name need not stand there.
    `threshold_raise` is added to what `POI_THRESHOLD_RAISE` adds to every model's threshold.
    After `purged_at` neither name nor description nor photos are kept.
    """

    __tablename__ = "persons_of_interest"
    __table_args__ = (
        UniqueConstraint("case_id", "label"),
        CheckConstraint("label <> ''", name="label"),
        CheckConstraint(
            f"threshold_raise >= 0 AND threshold_raise <= {LARGEST_THRESHOLD_RAISE}",
            name="threshold_raise",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    label: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(200), default="", server_default="")
    description: Mapped[LongText]
    reason: Mapped[LongText]
    threshold_raise: Mapped[float] = mapped_column(default=0.0, server_default=text("0"))
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_by_name: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[UtcTime] = mapped_column(default=utc_now)
    purged_at: Mapped[UtcTime | None]

    case: Mapped[Case] = relationship()
    authorisations: Mapped[list[PersonAuthorisation]] = relationship(
        back_populates="person", order_by="PersonAuthorisation.id", passive_deletes=True
    )
    photos: Mapped[list[PersonPhoto]] = relationship(
        back_populates="person", order_by="PersonPhoto.id", passive_deletes=True
    )

    @property
    def newest(self) -> PersonAuthorisation:
        """The authorisation that was asked for last; there is always one."""
        return self.authorisations[-1]

    @property
    def granted(self) -> PersonAuthorisation | None:
        """The authorisation that was granted and not ended; its time may be over all the same."""
        states = AuthorisationState.GRANTED
        return next((one for one in self.authorisations if one.state is states), None)

    @property
    def shown(self) -> PersonAuthorisation:
        """What says most of where the person stands: what was granted last, else the newest.

        A refused extension tells nothing of the authorisation before it.
        """
        was_granted = [one for one in self.authorisations if one.decided_at and one.ended_at]
        return self.granted or (was_granted or self.authorisations)[-1]

    @property
    def requested(self) -> PersonAuthorisation | None:
        """The request that waits for a second person."""
        states = AuthorisationState.REQUESTED
        return next((one for one in self.authorisations if one.state is states), None)


class PersonAuthorisation(Model):
    """One request to look for a person of interest, and what became of it. Never overwritten.

    `order_reference` names the order or decision that it rests on. `photo_ids` are the photos that
    whoever granted it had looked at; no other is compared. An extension is a row, too.
    """

    __tablename__ = "person_authorisations"
    __table_args__ = (
        CheckConstraint("decided_by_id <> requested_by_id", name="two_people"),
        CheckConstraint("expires_at > requested_at", name="expires_later"),
        CheckConstraint("legal_basis <> '' AND order_reference <> ''", name="rests_on_something"),
        CheckConstraint(
            "state NOT IN ('granted', 'refused') OR decided_by_id IS NOT NULL", name="decided"
        ),
        Index(
            "uq_person_authorisations_granted",
            "person_id",
            unique=True,
            postgresql_where=text("state = 'granted'"),
        ),
        Index(
            "uq_person_authorisations_requested",
            "person_id",
            unique=True,
            postgresql_where=text("state = 'requested'"),
        ),
        Index("ix_person_authorisations_person_id", "person_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("persons_of_interest.id", ondelete="CASCADE"))
    state: Mapped[AuthorisationState] = mapped_column(
        choice(AuthorisationState), default=AuthorisationState.REQUESTED
    )
    legal_basis: Mapped[str] = mapped_column(Text)
    order_reference: Mapped[str] = mapped_column(String(200))
    photo_ids: Mapped[list[int]] = mapped_column(ARRAY(Integer), default=list, server_default="{}")
    requested_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    requested_by_name: Mapped[str] = mapped_column(String(254))
    requested_at: Mapped[UtcTime] = mapped_column(default=utc_now)
    expires_at: Mapped[UtcTime]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_by_name: Mapped[LongText]
    decided_at: Mapped[UtcTime | None]
    decision_remarks: Mapped[LongText]
    ended_by_name: Mapped[LongText]
    ended_at: Mapped[UtcTime | None]
    end_reason: Mapped[LongText]

    person: Mapped[PersonOfInterest] = relationship(back_populates="authorisations")

    @property
    def is_in_time(self) -> bool:
        """Whether its own time is not over yet, whatever the scheduler has done."""
        return self.expires_at > utc_now()


class PersonPhoto(Model):
    """A photo of a person of interest that passed the quality gate; its file is named by `sha256`.

    It is compared only under an authorisation that names it, so that nobody puts another face under
    one that is in force.
    """

    __tablename__ = "person_photos"
    __table_args__ = (
        UniqueConstraint("person_id", "sha256"),
        Index("ix_person_photos_sha256", "sha256"),
        Index("ix_person_photos_face_sha256", "face_sha256"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("persons_of_interest.id", ondelete="CASCADE"))
    sha256: Mapped[str] = mapped_column(String(64))
    face_sha256: Mapped[str] = mapped_column(String(64))
    width_px: Mapped[int]
    height_px: Mapped[int]
    quality: Mapped[dict[str, Any]] = mapped_column(JSONB)
    active: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    purged_at: Mapped[UtcTime | None]
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[UtcTime] = mapped_column(default=utc_now)

    person: Mapped[PersonOfInterest] = relationship(back_populates="photos")


class PersonEmbedding(Model):
    """What one embedder makes of one photo of a person of interest."""

    __tablename__ = "person_embeddings"

    photo_id: Mapped[int] = mapped_column(
        ForeignKey("person_photos.id", ondelete="CASCADE"), primary_key=True
    )
    embedder_id: Mapped[int] = mapped_column(ForeignKey("embedders.id"), primary_key=True)
    embedding: Mapped[Any] = mapped_column(HALFVEC())


class PersonComparison(Model):
    """That one visit compared faces with one person of interest, under one authorisation."""

    __tablename__ = "person_comparisons"
    __table_args__ = (
        UniqueConstraint("visit_id", "authorisation_id"),
        Index("ix_person_comparisons_person_id", "person_id"),
        Index("ix_person_comparisons_first_at", "first_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    visit_id: Mapped[int] = mapped_column(ForeignKey("visits.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("persons_of_interest.id", ondelete="CASCADE"))
    authorisation_id: Mapped[int] = mapped_column(
        ForeignKey("person_authorisations.id", ondelete="CASCADE")
    )
    faces: Mapped[int]
    proposed: Mapped[int]
    first_at: Mapped[UtcTime] = mapped_column(default=utc_now)
    last_at: Mapped[UtcTime] = mapped_column(default=utc_now)


class PersonSighting(Model):
    """A face proposed as one of a person of interest. A lead, not an identification.

    `similarity` is the cosine of the two embeddings (−1 to 1), `threshold_similarity` the limit
    that was in force, `authorisation_id` what allowed the comparison, `look_back_id` the look-back
    that found it among kept faces. `withdrawn_at`: nobody had decided when the authorisation ended;
    it is shown to nobody until another one is granted.
    """

    __tablename__ = "person_sightings"
    __table_args__ = (
        UniqueConstraint("person_id", "face_id"),
        Index("ix_person_sightings_face_id", "face_id"),
        Index("ix_person_sightings_photo_id", "photo_id"),
        Index("ix_person_sightings_look_back_id", "look_back_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("persons_of_interest.id", ondelete="CASCADE"))
    authorisation_id: Mapped[int] = mapped_column(
        ForeignKey("person_authorisations.id", ondelete="CASCADE")
    )
    face_id: Mapped[int] = mapped_column(ForeignKey("faces.id"))
    visit_id: Mapped[int] = mapped_column(ForeignKey("visits.id", ondelete="CASCADE"))
    camera_id: Mapped[int] = mapped_column(ForeignKey("cameras.id"))
    embedder_id: Mapped[int] = mapped_column(ForeignKey("embedders.id"))
    photo_id: Mapped[int | None] = mapped_column(
        ForeignKey("person_photos.id", ondelete="SET NULL")
    )
    look_back_id: Mapped[int | None] = mapped_column(
        ForeignKey("person_look_backs.id", ondelete="SET NULL")
    )
    similarity: Mapped[float]
    threshold_similarity: Mapped[float]
    state: Mapped[SightingState] = mapped_column(
        choice(SightingState), default=SightingState.CANDIDATE
    )
    is_lead: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    awaits: Mapped[ReviewStage | None] = mapped_column(
        choice(ReviewStage), default=ReviewStage.FIRST
    )
    withdrawn_at: Mapped[UtcTime | None]
    seen_at: Mapped[UtcTime]
    latitude_deg: Mapped[float] = mapped_column(Float(53))
    longitude_deg: Mapped[float] = mapped_column(Float(53))
    created_at: Mapped[UtcTime] = mapped_column(default=utc_now)

    person: Mapped[PersonOfInterest] = relationship()
    authorisation: Mapped[PersonAuthorisation] = relationship()
    face: Mapped[Face] = relationship()
    camera: Mapped[CameraRow] = relationship()
    embedder: Mapped[Embedder] = relationship()
    photo: Mapped[PersonPhoto | None] = relationship()
    verdicts: Mapped[list[PersonVerdict]] = relationship(
        order_by="PersonVerdict.id", passive_deletes=True
    )

    @property
    def photos(self) -> list[PersonPhoto]:
        """What it is judged by: photos that its authorisation names and nobody took out."""
        named = set(self.authorisation.photo_ids)
        return [photo for photo in self.person.photos if photo.active and photo.id in named]


class PersonVerdict(Model):
    """One person's word on one face. `blind`: they had not seen what is shown after a verdict."""

    __tablename__ = "person_verdicts"
    __table_args__ = (Index("ix_person_verdicts_sighting_id", "sighting_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    sighting_id: Mapped[int] = mapped_column(ForeignKey("person_sightings.id", ondelete="CASCADE"))
    reviewer_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    reviewer_name: Mapped[str] = mapped_column(String(254))
    verdict: Mapped[Verdict] = mapped_column(choice(Verdict))
    remarks: Mapped[LongText]
    blind: Mapped[bool]
    created_at: Mapped[UtcTime] = mapped_column(default=utc_now)
    undone_at: Mapped[UtcTime | None]


class PersonReceipt(Model):
    """What was deleted of one person of interest when their time was over.

    `receipt_sha256` covers all other facts and stands in the audit log's chain.
    """

    __tablename__ = "person_receipts"
    __table_args__ = (Index("ix_person_receipts_person_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    purged_at: Mapped[UtcTime] = mapped_column(default=utc_now)
    person_id: Mapped[int] = mapped_column(ForeignKey("persons_of_interest.id", ondelete="CASCADE"))
    photos: Mapped[int]
    embeddings: Mapped[int]
    pictures: Mapped[int]
    picture_bytes: Mapped[int] = mapped_column(BigInteger)
    receipt_sha256: Mapped[str] = mapped_column(String(64), unique=True)
