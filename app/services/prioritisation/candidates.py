"""Cameras that may be ranked, with their footage: near places, named, or in a drawn shape."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, func, select, text

from app.errors import Refused
from app.extensions import db
from app.models import CameraRow, Footage
from app.services.inventory.camera_values import camera_of
from cameras.held import FootageHeld, TimeSpan
from cameras.ranking import Candidate, LastKnownLocation
from geo.formats.geojson import coordinates_of
from geo.points import Point

MOST_DRAWN = 2000
"""Cameras inside one drawn shape; more is a city and no plan."""
_NEVER_RANKED = ("removed", "planned")

_CANDIDATES = text(
    """
    SELECT DISTINCT ON (c.id)
           c.id, c.source, c.ref, c.name, c.latitude_deg, c.longitude_deg, c.headings_deg,
           c.field_of_view_deg, c.range_m, c.kind, c.status, c.owner, c.is_indoor,
           c.retention_hours, c.clock_offset_s, c.clock_uncertainty_s,
           c.stream_address IS NOT NULL AS has_stream
    FROM unnest(CAST(:latitudes AS float8[]), CAST(:longitudes AS float8[]))
        AS l(latitude, longitude)
    CROSS JOIN LATERAL (
        SELECT * FROM cameras
        WHERE deleted_at IS NULL AND status NOT IN ('removed', 'planned')
          AND ST_DWithin(
              position,
              ST_SetSRID(ST_MakePoint(l.longitude, l.latitude), 4326)::geography,
              :radius_m,
              false
          )
        ORDER BY position <-> ST_SetSRID(ST_MakePoint(l.longitude, l.latitude), 4326)::geography
        LIMIT :needed
    ) AS c
    """
)
"""The nearest cameras of each location. On `geography`, `<->` is the distance on the sphere that
the ranking uses too, so the nearest N of each location hold the nearest N of all."""

_IS_SIMPLE = text(
    """
    SELECT ST_IsValid(shape) AND ST_Area(shape) > 0
    FROM (SELECT ST_SetSRID(ST_GeomFromGeoJSON(:outline), 4326) AS shape) AS drawn
    """
)
_INSIDE = text(
    """
    SELECT id FROM cameras
    WHERE deleted_at IS NULL AND status NOT IN ('removed', 'planned')
      AND ST_Covers(ST_SetSRID(ST_GeomFromGeoJSON(:outline), 4326), position::geometry)
    ORDER BY id
    LIMIT :most
    """
)
"""On the plane of degrees, as the outline is drawn on the map."""


def candidates_near(
    locations: Sequence[LastKnownLocation], radius_m: float, needed: int
) -> list[Candidate]:
    """The `needed` nearest cameras of each location within the radius, with their footage."""
    if not locations:
        return []
    rows = db.session.execute(
        _CANDIDATES,
        {
            "latitudes": [at.position.latitude_deg for at in locations],
            "longitudes": [at.position.longitude_deg for at in locations],
            "radius_m": radius_m,
            "needed": needed,
        },
    ).all()
    return _with_footage(rows)


def candidates_named(camera_ids: Sequence[int]) -> list[Candidate]:
    """Those of the named cameras that may be ranked, wherever they stand."""
    rows = db.session.execute(
        select(CameraRow, CameraRow.stream_address.is_not(None).label("has_stream")).where(
            CameraRow.id == func.any(list(camera_ids)),
            CameraRow.deleted_at.is_(None),
            CameraRow.status.not_in(_NEVER_RANKED),
        )
    ).all()
    held = _held_footage([row.CameraRow.id for row in rows])
    return [
        Candidate(
            row.CameraRow.id,
            camera_of(row.CameraRow, has_stream=row.has_stream),
            held[row.CameraRow.id],
        )
        for row in rows
    ]


def cameras_inside(corners: Sequence[Point]) -> list[int]:
    """Ids of the cameras inside a drawn shape, or on its edge; the last corner joins the first.

    Raises Refused for an outline that crosses itself, and for more than `MOST_DRAWN` cameras.
    """
    ring = [coordinates_of(corner) for corner in (*corners, corners[0])]
    outline = json.dumps({"type": "Polygon", "coordinates": [ring]})
    if not db.session.scalar(_IS_SIMPLE, {"outline": outline}):
        raise Refused(
            "The outline crosses itself or has no area: draw it anew.", {"shape": "crosses itself"}
        )
    ids = list(db.session.scalars(_INSIDE, {"outline": outline, "most": MOST_DRAWN + 1}))
    if len(ids) > MOST_DRAWN:
        raise Refused(
            f"More than {MOST_DRAWN} cameras stand in this shape: draw a smaller one.",
            {"shape": "holds too many cameras"},
        )
    return ids


def _with_footage(rows: Sequence[Row[Any]]) -> list[Candidate]:
    held = _held_footage([row.id for row in rows])
    return [
        Candidate(row.id, camera_of(row, has_stream=row.has_stream), held[row.id]) for row in rows
    ]


def _held_footage(camera_ids: Sequence[int]) -> dict[int, FootageHeld]:
    spans: dict[int, list[TimeSpan]] = defaultdict(list)
    rows = db.session.execute(
        select(Footage.camera_id, Footage.started_at, Footage.ended_at).where(
            Footage.camera_id == func.any(list(camera_ids)),
            Footage.removed_at.is_(None),
            Footage.ended_at > Footage.started_at,
        )
    )
    for camera_id, start, end in rows:
        if end is not None:
            spans[camera_id].append(TimeSpan(start, end))
    return {camera_id: FootageHeld(tuple(spans[camera_id])) for camera_id in camera_ids}
