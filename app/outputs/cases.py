"""Outputs for cases, their reference photos and last-known locations."""

from __future__ import annotations

from typing import Protocol

from app.models.cases import (
    Case,
    CaseState,
    LastKnownLocationRow,
    LocationSource,
    ReferencePhoto,
    Reliability,
    SubjectCategory,
    TakenPrecision,
)
from app.outputs.base import Output, UtcInstant, local_text, picture_address


class CaseCountsLike(Protocol):
    """What `services.casework.cases.case_counts` answers."""

    @property
    def photos(self) -> int: ...
    @property
    def locations(self) -> int: ...
    @property
    def sweeps_running(self) -> int: ...
    @property
    def candidates(self) -> int: ...
    @property
    def confirmed(self) -> int: ...


class CaseCountsOut(Output):
    """How much a case holds; `candidates` wait for a person's verdict."""

    photos: int
    locations: int
    sweeps_running: int
    candidates: int
    confirmed: int


class CaseOut(Output):
    """A case. The fields have the names with which a case is opened.

    `threshold_raise` is added to each model's threshold for this case alone; `legal_hold` keeps the
    faces of its sightings from expiring. Only people on its list see a `restricted` one.
    `photos_purged_at`: since then it has no reference photo, because it was closed too long.
    """

    id: int
    number: str
    state: CaseState
    purpose: str
    legal_basis: str
    legal_basis_expires_at: UtcInstant
    subject_name: str
    subject_age_years: int | None
    subject_category: SubjectCategory
    subject_clothing: str
    subject_remarks: str
    timezone: str
    made_up: bool
    restricted: bool
    threshold_raise: float
    reviews_needed: int | None
    legal_hold: bool
    legal_hold_reason: str
    legal_hold_at: UtcInstant | None
    created_at: UtcInstant
    closed_at: UtcInstant | None
    photos_purged_at: UtcInstant | None
    counts: CaseCountsOut | None = None

    @classmethod
    def of(cls, case: Case, counts: CaseCountsLike | None = None) -> CaseOut:
        """From a row; lists leave the counts out."""
        output = cls.model_validate(case)
        if counts is None:
            return output
        return output.model_copy(update={"counts": CaseCountsOut.model_validate(counts)})


class PhotoOut(Output):
    """A reference photo that passed the quality gate. The addresses are paths on this server.

    `taken` is a year, a month or a day, as a person gave it (`taken_precision`); `taken_on` is only
    the day that its file named. An `artificial` one is compared, and proposes nothing.
    """

    id: int
    file_name: str
    width_px: int
    height_px: int
    picture: str
    face_picture: str
    quality: dict[str, float | int | str | bool | None]
    taken_on: str | None
    taken: str | None
    taken_precision: TakenPrecision | None
    artificial: bool
    active: bool
    created_at: UtcInstant

    @classmethod
    def of(cls, photo: ReferencePhoto) -> PhotoOut:
        """From a row."""
        return cls(
            id=photo.id,
            file_name=photo.file_name,
            width_px=photo.width_px,
            height_px=photo.height_px,
            picture=picture_address(photo.sha256),
            face_picture=picture_address(photo.face_sha256),
            quality=plain_quality(photo.quality),
            taken_on=photo.taken_on,
            taken=photo.taken,
            taken_precision=photo.taken_precision,
            artificial=photo.artificial,
            active=photo.active,
            created_at=photo.created_at,
        )


class LocationOut(Output):
    """A last-known location; `seen_at_local` is on the clock of the case's time zone.

    `provisional`: it is a sighting that was confirmed, and whose second review is open.
    """

    id: int
    latitude_deg: float
    longitude_deg: float
    seen_at: UtcInstant | None
    seen_at_local: str | None
    uncertainty_m: float
    label: str
    source: LocationSource
    reliability: Reliability
    remarks: str
    active: bool
    provisional: bool
    sighting_id: int | None
    tip_id: int | None
    created_at: UtcInstant

    @classmethod
    def of(cls, location: LastKnownLocationRow, timezone: str) -> LocationOut:
        """From a row, with the time zone of its case."""
        seen_at = location.seen_at
        return cls(
            id=location.id,
            latitude_deg=location.latitude_deg,
            longitude_deg=location.longitude_deg,
            seen_at=seen_at,
            seen_at_local=None if seen_at is None else local_text(seen_at, timezone),
            uncertainty_m=location.uncertainty_m,
            label=location.label,
            source=location.source,
            reliability=location.reliability,
            remarks=location.remarks,
            active=location.active,
            provisional=location.provisional,
            sighting_id=location.sighting_id,
            tip_id=location.tip_id,
            created_at=location.created_at,
        )


def plain_quality(
    quality: dict[str, object],
) -> dict[str, float | int | str | bool | None]:
    """The measures of a face that are single values; nested ones (landmarks) are left out."""
    return {
        name: value
        for name, value in quality.items()
        if value is None or isinstance(value, float | int | str | bool)
    }
