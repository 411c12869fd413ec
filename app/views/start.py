"""Where a map opens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.models import LastKnownLocationRow
from app.services.inventory import cameras


@dataclass(frozen=True)
class Start:
    """The middle of a map that opens."""

    latitude_deg: float
    longitude_deg: float


NOWHERE = Start(0.0, 0.0)


def start_of_map(places: Sequence[LastKnownLocationRow]) -> Start:
    """The latest last-known location, else a camera of the registry, else the origin."""
    if places:
        return Start(places[0].latitude_deg, places[0].longitude_deg)
    known = cameras.known_positions(limit=1)
    return Start(known[0].latitude_deg, known[0].longitude_deg) if known else NOWHERE
