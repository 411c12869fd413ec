"""Ranking a case's cameras: PostGIS finds the candidates, `cameras.ranking` orders them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import distinct_on

from app.extensions import db
from app.inputs import RankingOrder, RankingQuery
from app.models import Case, Footage, LastKnownLocationRow, Sighting, SightingState, Sweep, Visit
from app.models.columns import utc_now
from app.outputs.cameras import MapCameraOut, RankedCameraOut
from app.services.places.locations import list_locations
from app.services.places.speeds import speeds_of
from app.services.prioritisation.candidates import candidates_near
from app.services.prioritisation.ranking_filters import as_drawn, wanted
from cameras.held import FootageOutlook, TimeSpan
from cameras.ranking import (
    LastKnownLocation,
    RankedCamera,
    RankingQuestion,
    Reliability,
    rank_cameras,
)
from geo.points import Point

COUNT_CAP = 2_000
"""Cameras in the radius are counted up to here; beyond, "more than" is all that anyone needs."""

_COUNT = text(
    """
    SELECT count(*) FROM (
        SELECT 1 FROM cameras
        WHERE deleted_at IS NULL AND status NOT IN ('removed', 'planned')
          AND ST_DWithin(position, CAST(:places AS geography), :radius_m, false)
        LIMIT :cap
    ) AS counted
    """
)


@dataclass(frozen=True)
class Ranking:
    """A page of a case's ranking. `total_in_radius` stops counting at `COUNT_CAP`.

    `matching` of these pass the filters; `on_map` are all that do, where that was asked for.

    `order` is the order it is in; `plan_note` says why that is not the one that was asked for, or
    that the plan is being made anew.
    """

    entries: tuple[RankedCameraOut, ...]
    total_in_radius: int
    radius_m: float
    offset: int
    limit: int
    locations: Sequence[LastKnownLocationRow]
    computed_at: datetime
    order: RankingOrder = RankingOrder.DISTANCE
    plan_note: str = ""
    matching: int = 0
    on_map: tuple[MapCameraOut, ...] | None = None


def compute_ranking(case: Case, query: RankingQuery) -> Ranking:
    """Rank the cameras around a case's last-known locations by distance.

    Whoever calls it for a person writes the audit entry.
    """
    locations = list_locations(case)
    question = question_of(case, locations, query)
    relevant = question.relevant_locations()
    total = _count(relevant, query.radius_m)
    chosen = _choose(case, query, question, relevant, total)
    return Ranking(
        entries=entries_of(case, chosen.page, relevant),
        total_in_radius=total,
        matching=chosen.matching,
        on_map=chosen.on_map,
        radius_m=query.radius_m,
        offset=query.offset,
        limit=query.limit,
        locations=locations,
        computed_at=question.now,
    )


@dataclass(frozen=True)
class _Chosen:
    page: Sequence[RankedCamera]
    matching: int
    on_map: tuple[MapCameraOut, ...] | None = None


def _choose(
    case: Case,
    query: RankingQuery,
    question: RankingQuestion,
    relevant: Sequence[LastKnownLocation],
    total: int,
) -> _Chosen:
    """The page that is asked for. Only filters and maps need more of the radius than the page."""
    if not query.is_filtered and not query.on_map:
        candidates = candidates_near(relevant, query.radius_m, query.offset + query.limit)
        page = rank_cameras(
            candidates, question, radius_m=query.radius_m, offset=query.offset, limit=query.limit
        )
        return _Chosen(page, total)
    candidates = candidates_near(relevant, query.radius_m, COUNT_CAP)
    ranked = rank_cameras(candidates, question, radius_m=query.radius_m, limit=COUNT_CAP)
    matching = wanted(case, query, ranked)
    on_map = as_drawn(query, matching, candidates) if query.on_map else None
    return _Chosen(matching[query.offset : query.offset + query.limit], len(matching), on_map)


def question_of(
    case: Case, rows: Sequence[LastKnownLocationRow], query: RankingQuery
) -> RankingQuestion:
    """What `cameras.ranking` is asked for a case."""
    now = utc_now()
    window = None
    if query.window_start is not None and query.window_end is not None:
        window = TimeSpan(query.window_start, query.window_end)
    return RankingQuestion(
        locations=tuple(location_value(row) for row in rows),
        now=now,
        window=window,
        speeds=speeds_of(case),
        zone=ZoneInfo(case.timezone),
    )


def location_value(row: LastKnownLocationRow) -> LastKnownLocation:
    """A row as the ranking's value."""
    return LastKnownLocation(
        id=row.id,
        position=Point(row.latitude_deg, row.longitude_deg),
        seen_at=row.seen_at,
        uncertainty_m=row.uncertainty_m,
        reliability=Reliability(row.reliability.value),
        label=row.label,
    )


def _count(locations: Sequence[LastKnownLocation], radius_m: float) -> int:
    if not locations:
        return 0
    places = ", ".join(
        f"({at.position.longitude_deg!r} {at.position.latitude_deg!r})" for at in locations
    )
    counted = db.session.scalar(
        _COUNT,
        {"places": f"SRID=4326;MULTIPOINT({places})", "radius_m": radius_m, "cap": COUNT_CAP},
    )
    return counted or 0


def entries_of(
    case: Case, ranked: Sequence[RankedCamera], locations: Sequence[LastKnownLocation]
) -> tuple[RankedCameraOut, ...]:
    """Ranked cameras with what the case already knows of each."""
    camera_ids = [entry.camera_id for entry in ranked]
    visits, sightings = _last_visit_states(case, camera_ids), _sighting_counts(case, camera_ids)
    made_up = _with_made_up_footage(camera_ids)
    labels = {location.id: location.label for location in locations}
    return tuple(
        _entry(
            entry,
            labels[entry.location_id],
            visits.get(entry.camera_id),
            sightings.get(entry.camera_id, 0),
            made_up=entry.camera_id in made_up,
        )
        for entry in ranked
    )


def _entry(
    ranked: RankedCamera, label: str, visit_state: str | None, sightings: int, *, made_up: bool
) -> RankedCameraOut:
    camera = ranked.camera
    return RankedCameraOut(
        rank=ranked.rank,
        camera_id=ranked.camera_id,
        name=camera.name,
        ref=camera.ref,
        source=camera.source,
        owner=camera.owner,
        kind=camera.kind.value,
        latitude_deg=camera.position.latitude_deg,
        longitude_deg=camera.position.longitude_deg,
        headings_deg=list(camera.headings_deg),
        field_of_view_deg=camera.field_of_view_deg,
        range_m=camera.range_m,
        distance_m=ranked.distance_m,
        bearing_deg=ranked.bearing_deg,
        from_location_id=ranked.location_id,
        from_location_label=label,
        reachable_on_foot=ranked.reach.on_foot,
        reachable_by_vehicle=ranked.reach.by_vehicle,
        arrival_on_foot_at=ranked.reach.on_foot_from,
        arrival_by_vehicle_at=ranked.reach.by_vehicle_from,
        faces_location=ranked.faces_location,
        footage_state=ranked.footage.state.value,
        footage_note=_footage_note(ranked.footage),
        held_share=ranked.footage.held_share,
        reason=ranked.reason,
        visit_state=visit_state,
        sightings=sightings,
        made_up_footage=made_up,
        probability=None,
    )


_FOOTAGE_NOTES = {
    "held": "footage is held",
    "partly_held": "part of the window is held",
    "on_recorder": "should still be on the recorder",
    "overwritten": "probably overwritten",
    "live": "live stream",
    "unknown": "no footage held",
}


def _footage_note(outlook: FootageOutlook) -> str:
    return _FOOTAGE_NOTES[outlook.state.value]


def _with_made_up_footage(camera_ids: Sequence[int]) -> set[int]:
    rows = db.session.scalars(
        select(Footage.camera_id).where(
            Footage.camera_id == func.any(list(camera_ids)),
            Footage.removed_at.is_(None),
            Footage.made_up,
        )
    )
    return set(rows)


def _last_visit_states(case: Case, camera_ids: Sequence[int]) -> dict[int, str]:
    rows: Any = db.session.execute(
        select(Visit.camera_id, Visit.state)
        .join(Sweep, Sweep.id == Visit.sweep_id)
        .where(Sweep.case_id == case.id, Visit.camera_id == func.any(list(camera_ids)))
        .order_by(Visit.camera_id, Visit.id.desc())
        .ext(distinct_on(Visit.camera_id))
    )
    return {camera_id: state.value for camera_id, state in rows}


def _sighting_counts(case: Case, camera_ids: Sequence[int]) -> dict[int, int]:
    rows = db.session.execute(
        select(Sighting.camera_id, func.count())
        .where(
            Sighting.case_id == case.id,
            Sighting.camera_id == func.any(list(camera_ids)),
            Sighting.state != SightingState.REJECTED,
        )
        .group_by(Sighting.camera_id)
    )
    return {camera_id: count for camera_id, count in rows}  # noqa: C416 (rows are no pairs to mypy)
