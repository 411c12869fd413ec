"""How long before a sighting a reference photo was taken, and what that does to the threshold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from app.models.age_thresholds import AgeThreshold
from app.models.cases import ReferencePhoto
from app.models.faces import Embedder
from app.models.sightings import Sighting, SightingSimilarity

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
    span = photo.taken_span
    if span is None:
        return None
    seen = seen_at.astimezone(ZoneInfo(timezone)).date()
    first = span.first
    verb = "dated" if photo.artificial else "taken"
    if first > seen:
        return AgeGap(f"{verb} after this sighting: check its date", False)
    last = min(span.last, seen)
    most_days, least_days = (seen - first).days, (seen - last).days
    is_wide = (first.year + WIDE_YEARS, first.month, first.day) <= (seen.year, seen.month, seen.day)
    if most_days < _DAYS_PER_YEAR:
        return AgeGap(f"{verb} less than a year before", is_wide)
    years = max(1, round((most_days + least_days) / 2 / _DAYS_PER_YEAR))
    return AgeGap(f"{verb} about {'a year' if years == 1 else f'{years} years'} before", is_wide)


def gap_of(photo: ReferencePhoto, sighting: Sighting) -> AgeGap | None:
    """As `age_gap`, for a sighting with its case."""
    return age_gap(photo, sighting.seen_at, sighting.case.timezone)


def measured_words(row: AgeThreshold) -> str:
    """How a threshold by years was measured, in a sentence without its end."""
    return (
        f"threshold {row.threshold_similarity:.3f}, measured for photos taken {row.band} before: "
        f"one false match in {1 / row.false_match_rate:,.0f}, of {row.stranger_pairs:,} pairs of "
        f"strangers; {row.true_match_rate:.3f} of {row.same_person_pairs:,} pairs of one person "
        f"reach it; {row.source}"
    )


def gap_remark(one: SightingSimilarity, sighting: Sighting) -> str | None:
    """What is to be said of the threshold that a photo had, because of its age; else None."""
    if one.age_threshold is not None:
        words = measured_words(one.age_threshold)
        raised = sighting.case.threshold_raise
        return f"{words[0].upper()}{words[1:]}." + (
            f" This case adds {raised:.3f}." if raised else ""
        )
    gap = gap_of(one.photo, sighting)
    return unmeasured(sighting.embedder) if gap and gap.is_wide else None


def unmeasured(embedder: Embedder) -> str:
    """What is to be said of the model's threshold where a gap is wide."""
    words = "No threshold measured for this gap"
    if not embedder.threshold_measured_on:
        return f"{words}."
    return (
        f"{words}: the threshold was measured on {embedder.threshold_measured_on}, and how many "
        "years lie between the photos of that set is not known."
    )
