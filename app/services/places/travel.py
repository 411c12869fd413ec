"""Sightings that cannot be: each is held against the confirmed ones by time and distance.

Nothing is dropped for it. Impossible ones are marked with the reason, and a person decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.extensions import db
from app.models import Face, Sighting, SightingState
from app.outputs import clocks
from app.services.places.speeds import speeds_of
from cameras.planning import SeenAt, TravelCheck, travel_check
from geo.points import Point

FACE_DEPTH_M = 25.0
"""How far from a camera a face that it recognises may be, where its range is not known."""


def checks_of(sightings: Sequence[Sighting]) -> dict[int, TravelCheck]:
    """What travel says of each sighting, by id, in one query.

    A sighting is not held against itself, nor one against anything where nothing is confirmed.
    """
    by_case = _confirmed({sighting.case_id for sighting in sightings})
    checks = {}
    for sighting in sightings:
        certain = [one for one in by_case[sighting.case_id] if one.id != sighting.id]
        if certain:
            checks[sighting.id] = _check(sighting, certain)
    return checks


def mark(sightings: Sequence[Sighting]) -> None:
    """Set `travel` on each of these sightings, for whoever shows them."""
    checks = checks_of(sightings)
    for sighting in sightings:
        sighting.travel = checks.get(sighting.id)


def _check(sighting: Sighting, certain: Sequence[Sighting]) -> TravelCheck:
    return travel_check(
        [_seen_at(one) for one in certain],
        _seen_at(sighting),
        speeds_of(sighting.case),
        zone=ZoneInfo(sighting.case.timezone),
    )


def _confirmed(case_ids: AbstractSet[int]) -> Mapping[int, Sequence[Sighting]]:
    by_case: dict[int, list[Sighting]] = {case_id: [] for case_id in case_ids}
    rows = db.session.scalars(
        select(Sighting)
        .options(joinedload(Sighting.camera), joinedload(Sighting.face).joinedload(Face.footage))
        .where(Sighting.case_id.in_(case_ids), Sighting.state == SightingState.CONFIRMED)
        .order_by(Sighting.seen_at)
    )
    for sighting in rows:
        by_case[sighting.case_id].append(sighting)
    return by_case


def _seen_at(sighting: Sighting) -> SeenAt:
    return SeenAt(
        Point(sighting.latitude_deg, sighting.longitude_deg),
        sighting.seen_at,
        sighting.camera.range_m or FACE_DEPTH_M,
        sighting.camera.name,
        clocks.uncertainty_s_of(sighting),
    )
