"""The camera registry: finding, listing, drawing, taking out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVarTuple

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import undefer

from app.errors import NotFound
from app.extensions import db
from app.inputs import CameraQuery
from app.models import CameraRow, RegistrySource
from app.models.columns import utc_now
from app.services.base import audit
from app.services.base.actors import Actor
from app.services.base.pages import Page, escape_like, paginate
from cameras.addresses import mask_address
from geo.formats.geojson import feature_collection, point_feature
from geo.points import Point

Columns = TypeVarTuple("Columns")
Bbox = tuple[float, float, float, float]
"""West, south, east, north, in degrees."""

_DRAWN = (
    CameraRow.id,
    CameraRow.ref,
    CameraRow.name,
    CameraRow.latitude_deg,
    CameraRow.longitude_deg,
    CameraRow.headings_deg,
    CameraRow.field_of_view_deg,
    CameraRow.range_m,
    CameraRow.status,
    CameraRow.kind,
    CameraRow.owner,
)


@dataclass(frozen=True)
class SourceSummary:
    """One source of cameras: how many the registry holds of it, and when it was imported last."""

    name: str
    count: int
    imported_at: datetime | None


@dataclass(frozen=True)
class RegistrySummary:
    """What the registry holds. `active` are those that are ranked."""

    total: int
    active: int
    sources: tuple[SourceSummary, ...]


def find_camera(camera_id: int) -> CameraRow:
    """One camera, deleted ones too. Raises NotFound."""
    camera = db.session.get(CameraRow, camera_id)
    if camera is None:
        raise NotFound(f"There is no camera {camera_id}.")
    return camera


def list_cameras(query: CameraQuery) -> Page[CameraRow]:
    """Cameras by text, status, source and map section, in order of name."""
    statement = _filtered(select(CameraRow), query).order_by(CameraRow.name, CameraRow.id)
    return paginate(statement, query.page, query.per_page)


def camera_features(bbox: Bbox | None, limit: int = 20_000) -> dict[str, Any]:
    """Cameras of a map section as GeoJSON; `truncated` says if some are left out."""
    statement = _in_bbox(select(*_DRAWN).where(CameraRow.deleted_at.is_(None)), bbox)
    rows = db.session.execute(statement.order_by(CameraRow.id).limit(limit + 1)).all()
    features = [
        point_feature(
            Point(row.latitude_deg, row.longitude_deg),
            {
                "id": row.id,
                "ref": row.ref,
                "name": row.name,
                "headings_deg": row.headings_deg,
                "field_of_view_deg": row.field_of_view_deg,
                "range_m": row.range_m,
                "status": row.status,
                "kind": row.kind,
                "owner": row.owner,
            },
            feature_id=row.id,
        )
        for row in rows[:limit]
    ]
    return {**feature_collection(features), "truncated": len(rows) > limit}


def remove_camera(actor: Actor, camera_id: int) -> CameraRow:
    """Take a camera out of the registry. Its visits in hand end; what was found there stays."""
    camera = find_camera(camera_id)
    if camera.deleted_at is None:
        camera.deleted_at = utc_now()
        audit.record(actor, "camera.remove", subject=f"camera {camera.id}")
        db.session.commit()
    return camera


def restore_camera(actor: Actor, camera_id: int) -> CameraRow:
    """Undo a removal."""
    camera = find_camera(camera_id)
    if camera.deleted_at is not None:
        camera.deleted_at = None
        audit.record(actor, "camera.restore", subject=f"camera {camera.id}")
        db.session.commit()
    return camera


def masked_stream_address(camera: CameraRow) -> str:
    """Scheme and host of a camera's stream, nothing that would open it; empty where it has none."""
    address = db.session.scalar(
        select(CameraRow)
        .options(undefer(CameraRow.stream_address))
        .where(CameraRow.id == camera.id)
    )
    if address is None or not address.stream_address:
        return ""
    return mask_address(address.stream_address)


def registry_summary() -> RegistrySummary:
    """Counts for the head of the cameras page."""
    total, active = db.session.execute(
        select(
            func.count(),
            func.count().filter(CameraRow.status.not_in(("removed", "planned"))),
        )
        .select_from(CameraRow)
        .where(CameraRow.deleted_at.is_(None))
    ).one()
    rows = db.session.execute(
        select(CameraRow.source, func.count(), func.max(RegistrySource.imported_at))
        .outerjoin(RegistrySource, RegistrySource.name == CameraRow.source)
        .where(CameraRow.deleted_at.is_(None))
        .group_by(CameraRow.source)
        .order_by(CameraRow.source)
    )
    return RegistrySummary(total, active, tuple(SourceSummary(*row) for row in rows))


def known_positions(limit: int = 2000) -> Sequence[Point]:
    """Some positions of registered cameras, against which an import's positions are judged."""
    rows = db.session.execute(
        select(CameraRow.latitude_deg, CameraRow.longitude_deg)
        .where(CameraRow.deleted_at.is_(None))
        .order_by(CameraRow.id)
        .limit(limit)
    )
    return [Point(latitude, longitude) for latitude, longitude in rows]


def _filtered(statement: Select[Any], query: CameraQuery) -> Select[Any]:
    statement = statement.where(CameraRow.deleted_at.is_(None))
    if query.text:
        wanted = f"%{escape_like(query.text)}%"
        statement = statement.where(
            or_(
                CameraRow.name.ilike(wanted, escape="\\"),
                CameraRow.ref.ilike(wanted, escape="\\"),
                CameraRow.owner.ilike(wanted, escape="\\"),
            )
        )
    if query.status:
        statement = statement.where(CameraRow.status == query.status)
    if query.source:
        statement = statement.where(CameraRow.source == query.source)
    return _in_bbox(statement, query.bbox)


def _in_bbox(statement: Select[*Columns], bbox: Bbox | None) -> Select[*Columns]:
    if bbox is None:
        return statement
    west, south, east, north = bbox
    inside: ColumnElement[bool] = CameraRow.longitude_deg.between(west, east)
    if west > east:  # the section crosses the 180th meridian
        inside = or_(CameraRow.longitude_deg >= west, CameraRow.longitude_deg <= east)
    return statement.where(CameraRow.latitude_deg.between(south, north), inside)
