"""The payloads of live events, in the shapes of the API's own answers."""

from __future__ import annotations

from app.models.cases import LastKnownLocationRow, ReferencePhoto
from app.models.sightings import Sighting
from app.models.sweeps import Sweep, Visit
from app.outputs.base import JSON, Output
from app.outputs.sightings import SightingOut
from app.outputs.sweeps import SweepOut, SweepProgressLike, VisitProgressOut


def sighting_payload(sighting: Sighting) -> dict[str, JSON]:
    """For `sighting` and `review` events."""
    return {"sighting": _plain(SightingOut.of(sighting))}


def visit_payload(visit: Visit) -> dict[str, JSON]:
    """For `visit` events: only what changes while a visit runs."""
    return {"visit": _plain(VisitProgressOut.of_visit(visit))}


def sweep_payload(sweep: Sweep, progress: SweepProgressLike) -> dict[str, JSON]:
    """For `sweep` events."""
    return {"sweep": _plain(SweepOut.of(sweep, progress))}


def location_payload(location: LastKnownLocationRow) -> dict[str, JSON]:
    """For `location` events."""
    return {"location_id": location.id}


def photo_payload(photo: ReferencePhoto) -> dict[str, JSON]:
    """For `photo` events."""
    return {"photo_id": photo.id}


def _plain(output: Output) -> dict[str, JSON]:
    plain: dict[str, JSON] = output.model_dump(mode="json")
    return plain
