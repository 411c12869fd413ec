"""What a case's places and sightings say as sights: a place and a time, with what both may be off.

The arithmetic is that of `geo.legs`; here stands how far each source's clock is trusted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from app.models import Case, LastKnownLocationRow, LocationSource, Reliability, Sighting
from app.outputs import clocks
from app.services.places.locations import CAMERA_UNCERTAINTY_M, list_locations
from app.services.places.speeds import speeds_of
from geo.legs import FASTEST_ON_ROADS_M_PER_S, Leg, Sight, leg_between
from geo.points import Point

__all__ = [
    "FASTEST_ON_ROADS_M_PER_S",
    "Leg",
    "Sight",
    "WayFrom",
    "leg_between",
    "sight_of_location",
    "sight_of_sighting",
    "way_from_last_certain",
]

TIME_UNCERTAINTY_S: Final[Mapping[LocationSource, float]] = {
    LocationSource.FAMILY: 600.0,
    LocationSource.WITNESS: 600.0,
    LocationSource.POLICE: 120.0,
    LocationSource.TRANSPORT: 60.0,
    LocationSource.PHONE: 60.0,
    LocationSource.SIGHTING: 60.0,
    LocationSource.TIP: 600.0,
    LocationSource.OTHER: 600.0,
}
"""By how many seconds a time may be wrong. People remember to about ten minutes; machines that keep
their clocks by a network are right to the minute that they print."""


@dataclass(frozen=True)
class WayFrom:
    """The way from a last-known location to something seen later."""

    location: LastKnownLocationRow
    seen_at: datetime
    leg: Leg


def sight_of_sighting(sighting: Sighting) -> Sight:
    """A sighting as a sight: near its camera, as long as the face was in view.

    Needs the face with its footage, and the camera.
    """
    face = sighting.face
    return Sight(
        position=Point(sighting.latitude_deg, sighting.longitude_deg),
        at=sighting.seen_at,
        uncertainty_m=sighting.camera.range_m or CAMERA_UNCERTAINTY_M,
        time_uncertainty_s=clocks.uncertainty_s_of(sighting),
        first_at=min(face.first_at, sighting.seen_at),
        last_at=max(face.last_at, sighting.seen_at),
    )


def sight_of_location(row: LastKnownLocationRow) -> Sight | None:
    """A last-known location as a sight; None where its time is unknown."""
    if row.seen_at is None:
        return None
    return Sight(
        position=Point(row.latitude_deg, row.longitude_deg),
        at=row.seen_at,
        uncertainty_m=row.uncertainty_m,
        time_uncertainty_s=TIME_UNCERTAINTY_S[row.source],
    )


def way_from_last_certain(case: Case, sighting: Sighting) -> WayFrom | None:
    """The latest certain location before a sighting, with the leg from there to the sighting."""
    end = sight_of_sighting(sighting)
    latest: tuple[LastKnownLocationRow, Sight] | None = None
    for row in list_locations(case):
        start = sight_of_location(row)
        if start is None or row.reliability is not Reliability.CERTAIN:
            continue
        if start.at > end.at or row.sighting_id == sighting.id:
            continue
        if latest is None or start.at > latest[1].at:
            latest = row, start
    if latest is None:
        return None
    row, start = latest
    return WayFrom(row, start.at, leg_between(start, end, speeds_of(case)))
