"""Found, unidentified persons, as partners register them."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Float, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.extensions import Model
from app.models.accounts import User
from app.models.columns import LongText, UtcTime, choice, position_column, utc_now

if TYPE_CHECKING:
    from app.models.contributions import ContributedPhoto


class FoundState(StrEnum):
    """Whether the person is still unidentified, or how the entry ended."""

    OPEN = "open"
    REUNITED = "reunited"
    TRANSFERRED = "transferred"
    WITHDRAWN = "withdrawn"


class Sex(StrEnum):
    """As the partner sees it; nobody has to guess."""

    FEMALE = "female"
    MALE = "male"
    UNKNOWN = "unknown"


class FoundPerson(Model):
    """A found person whom nobody has identified, registered by a partner.

    Only accounts of `organisation` see the entry among partners. `whereabouts` is where the person
    is now: an investigator sees it once the entry matches a case of theirs, or after saying why,
    which is in the audit log.
    """

    __tablename__ = "found_persons"
    __table_args__ = (
        CheckConstraint("latitude_deg BETWEEN -90 AND 90", name="latitude"),
        CheckConstraint("longitude_deg BETWEEN -180 AND 180", name="longitude"),
        CheckConstraint("(latitude_deg IS NULL) = (longitude_deg IS NULL)", name="whole_position"),
        CheckConstraint("age_from_years <= age_to_years", name="age_range"),
        Index("ix_found_persons_organisation_id", "organisation", "id"),
        Index("ix_found_persons_state", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(12), unique=True)
    form_id: Mapped[str] = mapped_column(String(32), unique=True)
    organisation: Mapped[str] = mapped_column(String(200))
    registered_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    state: Mapped[FoundState] = mapped_column(choice(FoundState), default=FoundState.OPEN)
    found_at: Mapped[UtcTime | None]
    timezone: Mapped[str] = mapped_column(String(60))
    place: Mapped[LongText]
    latitude_deg: Mapped[float | None] = mapped_column(Float(53))
    longitude_deg: Mapped[float | None] = mapped_column(Float(53))
    position: Mapped[object] = position_column()
    age_from_years: Mapped[int]
    age_to_years: Mapped[int]
    sex: Mapped[Sex] = mapped_column(choice(Sex))
    languages: Mapped[LongText]
    clothing: Mapped[LongText]
    marks: Mapped[LongText]
    condition: Mapped[LongText]
    whereabouts: Mapped[LongText]
    contact: Mapped[LongText]
    created_at: Mapped[UtcTime] = mapped_column(default=utc_now)
    closed_at: Mapped[UtcTime | None]

    registered_by: Mapped[User] = relationship()
    photos: Mapped[list[ContributedPhoto]] = relationship(
        back_populates="found_person", order_by="ContributedPhoto.id", passive_deletes=True
    )
