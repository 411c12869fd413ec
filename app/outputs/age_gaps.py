"""How long before a sighting a reference photo was taken, and what that does to the threshold."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from app.models.cases import ReferencePhoto, TakenPrecision
from app.models.faces import Embedder
from app.models.sightings import Sighting

WIDE_YEARS: Final = 3
"""From so many calendar years on it is said that no threshold was measured for the gap."""
_DAYS_PER_YEAR: Final = 365.25


@dataclass(frozen=True)
class AgeGap:
    """The time from a photo to a sighting, in words.

    Attributes:
        words: for people, as "taken about 6 years before".
        is_wide: the gap may be of `WIDE_YEARS` or more, as far as the date is known.
    """

    words: str
    is_wide: bool


def age_gap(photo: ReferencePhoto, seen_at: datetime, timezone: str) -> AgeGap | None:
    """The gap to the day of `seen_at` in `timezone`; None where the photo has no date."""
    if photo.taken_at_day is None or photo.taken_precision is None:
        return None
    seen = seen_at.astimezone(ZoneInfo(timezone)).date()
    first = photo.taken_at_day
    verb = "dated" if photo.artificial else "taken"
    if first > seen:
        return AgeGap(f"{verb} after this sighting: check its date", False)
    last = min(_last_day(first, photo.taken_precision), seen)
    most_days, least_days = (seen - first).days, (seen - last).days
    is_wide = (first.year + WIDE_YEARS, first.month, first.day) <= (seen.year, seen.month, seen.day)
    if most_days < _DAYS_PER_YEAR:
        return AgeGap(f"{verb} less than a year before", is_wide)
    years = max(1, round((most_days + least_days) / 2 / _DAYS_PER_YEAR))
    return AgeGap(f"{verb} about {'a year' if years == 1 else f'{years} years'} before", is_wide)


def gap_of(photo: ReferencePhoto, sighting: Sighting) -> AgeGap | None:
    """As `age_gap`, for a sighting with its case."""
    return age_gap(photo, sighting.seen_at, sighting.case.timezone)


def unmeasured(embedder: Embedder) -> str:
    """What is to be said of the model's threshold where a gap is wide."""
    words = "No threshold measured for this gap"
    if not embedder.threshold_measured_on:
        return f"{words}."
    return (
        f"{words}: the threshold was measured on {embedder.threshold_measured_on}, and how many "
        "years lie between the photos of that set is not known."
    )


def _last_day(first: date, precision: TakenPrecision) -> date:
    if precision is TakenPrecision.DAY:
        return first
    if precision is TakenPrecision.YEAR:
        return first.replace(month=12, day=31)
    return first.replace(day=monthrange(first.year, first.month)[1])
