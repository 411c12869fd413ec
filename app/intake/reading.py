"""All marks of one text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from app.intake.coordinates import find_coordinates
from app.intake.descriptions import find_descriptions
from app.intake.marks import Mark
from app.intake.numbers import find_phones, find_vehicles
from app.intake.places import PlaceIndex
from app.intake.times import find_times

MONTH_FIRST = frozenset({"US", "PH", "PW", "FM", "MH"})
"""Countries that write the month before the day."""


def read_marks(text: str, written_at: datetime, region: str, places: PlaceIndex) -> Sequence[Mark]:
    """Everything found in a text, in the order in which it stands there, nothing overlapping.

    Args:
        text: what to look into.
        written_at: aware time of writing, on the clocks that the text means.
        region: ISO code of the country whose phone and vehicle numbers and dates it holds.
        places: the names that it may mean.

    Where two readings overlap, positions come before numbers, those before times, times before
    places, and places before descriptions: “100 Feet Road” is no height, and “99000 12.30” no time.
    """
    found: list[Mark] = []
    readings: tuple[Sequence[Mark], ...] = (
        list(find_coordinates(text)),
        list(find_vehicles(text, region)),
        list(find_phones(text, region)),
        find_times(text, written_at, day_first=region not in MONTH_FIRST),
        list(places.find(text)),
        list(find_descriptions(text)),
    )
    for reading in readings:
        kept = [m for m in reading if not any(m.span.overlaps(o.span) for o in found)]
        found.extend(kept)
    return sorted(found, key=lambda mark: mark.span.start)
