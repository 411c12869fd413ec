"""Cases, the subject's reference photos and last-known locations."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Float, ForeignKey, Index, String, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.extensions import Model
from app.models.accounts import User
from app.models.columns import LongText, UtcTime, choice, position_column, utc_now
from recognition.age_gaps import DaySpan

LARGEST_THRESHOLD_RAISE = 0.5
"""Beyond this no two photos of one person are alike enough for any model that is known here."""

MOST_REVIEWS = 3
"""More people than these need not confirm a sighting, whatever a case asks for."""


class CaseState(StrEnum):
    """An open case is searched for; a closed one is not, from the moment it is closed.

    An imported one came with a list: nothing is searched for it until a person has confirmed its
    purpose and legal basis, which makes it an open one.
    """

    OPEN = "open"
    CLOSED = "closed"
    IMPORTED = "imported"


class SubjectCategory(StrEnum):
    """The categories of lost-person statistics that the product distinguishes."""

    CHILD_1_3 = "child 1-3"
    CHILD_4_6 = "child 4-6"
    CHILD_7_9 = "child 7-9"
    CHILD_10_12 = "child 10-12"
    YOUTH_13_15 = "youth 13-15"
    ADULT = "adult"
    DEMENTIA = "dementia"
    DESPONDENT = "despondent"
    AUTISTIC = "autistic"
    ABDUCTION = "abduction"


class LocationSource(StrEnum):
    """Who or what says that the subject was there."""

    FAMILY = "family"
    WITNESS = "witness"
    POLICE = "police"
    TRANSPORT = "transport"
    PHONE = "phone"
    SIGHTING = "confirmed sighting"
    TIP = "tip"
    OTHER = "other"


TYPED_SOURCES = tuple(
    one for one in LocationSource if one not in (LocationSource.SIGHTING, LocationSource.TIP)
)
"""What a person may enter; the others come of a verdict on a sighting or a tip."""


class Reliability(StrEnum):
    """How far the source is believed."""

    CERTAIN = "certain"
    LIKELY = "likely"
    DOUBTFUL = "doubtful"


class Case(Model):
    """One search for one missing person (the subject).

    `threshold_raise` is added to every model's threshold for this case: a case may ask for more
    similarity than the model's own threshold, never for less. While it is `restricted`, only the
    people on its list (`CaseMember`) see it. `legal_hold` keeps the faces of its sightings from
    expiring. Alerts of an `urgent` case may break quiet hours. `reviews_needed` is how many people
    must confirm a sighting of this case before it is a lead, where that is more than the
    installation asks for. `prior_km` are this case's own distances, in kilometres from the place
    last seen, within which 25, 50, 75 and 95 % are found; None means the table's for its category.
    `tip_code` is what a poster carries; None unless an investigator has published one.
    `photos_purged_at`: since then the case has no reference photo, because it was closed too long.
    """

    __tablename__ = "cases"
    __table_args__ = (
        CheckConstraint(
            f"threshold_raise >= 0 AND threshold_raise <= {LARGEST_THRESHOLD_RAISE}",
            name="threshold_raise",
        ),
        CheckConstraint(f"reviews_needed BETWEEN 1 AND {MOST_REVIEWS}", name="reviews_needed"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(60), unique=True)
    state: Mapped[CaseState] = mapped_column(choice(CaseState), default=CaseState.OPEN)
    purpose: Mapped[str] = mapped_column(Text)
    legal_basis: Mapped[str] = mapped_column(Text)
    legal_basis_expires_at: Mapped[UtcTime]
    subject_name: Mapped[str] = mapped_column(String(200))
    subject_age_years: Mapped[int | None]
    subject_category: Mapped[SubjectCategory] = mapped_column(choice(SubjectCategory))
    prior_km: Mapped[list[float] | None] = mapped_column(JSONB)
    subject_clothing: Mapped[LongText]
    subject_remarks: Mapped[LongText]
    timezone: Mapped[str] = mapped_column(String(60))
    urgent: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    made_up: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    restricted: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    threshold_raise: Mapped[float] = mapped_column(default=0.0, server_default=text("0"))
    reviews_needed: Mapped[int | None]
    legal_hold: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    legal_hold_reason: Mapped[LongText]
    legal_hold_at: Mapped[UtcTime | None]
    tip_code: Mapped[str | None] = mapped_column(String(20), unique=True)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[UtcTime] = mapped_column(default=utc_now)
    closed_at: Mapped[UtcTime | None]
    photos_purged_at: Mapped[UtcTime | None]

    created_by: Mapped[User | None] = relationship()


class TakenPrecision(StrEnum):
    """How exactly the day is known on which a photo was taken."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"


def span_of(first: date | None, precision: TakenPrecision | None) -> DaySpan | None:
    """The days that `precision` leaves open, from the first of them; None without a day."""
    if first is None or precision is None:
        return None
    if precision is TakenPrecision.DAY:
        return DaySpan(first, first)
    if precision is TakenPrecision.YEAR:
        return DaySpan(first, first.replace(month=12, day=31))
    return DaySpan(first, first.replace(day=monthrange(first.year, first.month)[1]))


class ReferencePhoto(Model):
    """A photo of the subject that passed the quality gate; its file is named by `sha256`.

    `taken_at_day` is the first day of what `taken_precision` leaves open, and a person's word;
    `taken_on` is only the day that the file itself named, as a proposal. An `artificial` one was
    computed, as of the subject at a later age: its similarity is shown, and it proposes nothing.

    After `purged_at` neither its files nor its embeddings nor the name of its file are kept: only
    its hashes, so that what was seen can still be said to rest on it.
    """

    __tablename__ = "reference_photos"
    __table_args__ = (
        Index("uq_reference_photos_case_id_sha256", "case_id", "sha256", unique=True),
        CheckConstraint(
            "(taken_at_day IS NULL) = (taken_precision IS NULL)", name="taken_with_precision"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    sha256: Mapped[str] = mapped_column(String(64))
    face_sha256: Mapped[str] = mapped_column(String(64))
    file_name: Mapped[str] = mapped_column(String(255))
    width_px: Mapped[int]
    height_px: Mapped[int]
    quality: Mapped[dict[str, Any]] = mapped_column(JSONB)
    taken_on: Mapped[str | None] = mapped_column(String(40))
    taken_at_day: Mapped[date | None]
    taken_precision: Mapped[TakenPrecision | None] = mapped_column(choice(TakenPrecision))
    artificial: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    active: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    purged_at: Mapped[UtcTime | None]
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[UtcTime] = mapped_column(default=utc_now)

    case: Mapped[Case] = relationship()

    @property
    def is_kept(self) -> bool:
        """Whether its files are still there."""
        return self.purged_at is None

    @property
    def taken_span(self) -> DaySpan | None:
        """The days on which it may have been taken; None where nobody knows."""
        return span_of(self.taken_at_day, self.taken_precision)

    @property
    def taken(self) -> str | None:
        """When it was taken, as far as that is known: "2019", "2019-06" or "2019-06-14"."""
        if self.taken_at_day is None or self.taken_precision is None:
            return None
        shown = {TakenPrecision.YEAR: 4, TakenPrecision.MONTH: 7, TakenPrecision.DAY: 10}
        return self.taken_at_day.isoformat()[: shown[self.taken_precision]]


class LastKnownLocationRow(Model):
    """Where and when the subject was, with uncertainty, source and reliability.

    An inactive one stays on record, and neither ranks cameras nor is drawn. `sighting_id` names the
    confirmed sighting that it came from, `trace_id` the imported file, `tip_id` the accepted tip.
    `provisional`: that sighting is confirmed, but not yet a lead; its second review is open.
    """

    __tablename__ = "last_known_locations"
    __table_args__ = (
        CheckConstraint("latitude_deg BETWEEN -90 AND 90", name="latitude"),
        CheckConstraint("longitude_deg BETWEEN -180 AND 180", name="longitude"),
        CheckConstraint("uncertainty_m >= 0", name="uncertainty"),
        Index("ix_last_known_locations_case_id", "case_id"),
        Index("ix_last_known_locations_trace_id", "trace_id"),
        Index("ix_last_known_locations_tip_id", "tip_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id", ondelete="CASCADE"))
    latitude_deg: Mapped[float] = mapped_column(Float(53))
    longitude_deg: Mapped[float] = mapped_column(Float(53))
    position: Mapped[object] = position_column()
    seen_at: Mapped[UtcTime | None]
    uncertainty_m: Mapped[float] = mapped_column(default=50.0)
    label: Mapped[str] = mapped_column(String(200))
    source: Mapped[LocationSource] = mapped_column(choice(LocationSource))
    reliability: Mapped[Reliability] = mapped_column(choice(Reliability))
    remarks: Mapped[LongText]
    active: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    provisional: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    sighting_id: Mapped[int | None] = mapped_column(
        ForeignKey("sightings.id", ondelete="CASCADE", use_alter=True), unique=True
    )
    trace_id: Mapped[int | None] = mapped_column(
        ForeignKey("traces.id", ondelete="CASCADE", use_alter=True)
    )
    tip_id: Mapped[int | None] = mapped_column(
        ForeignKey("tips.id", ondelete="SET NULL", use_alter=True)
    )
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[UtcTime] = mapped_column(default=utc_now)

    case: Mapped[Case] = relationship()
