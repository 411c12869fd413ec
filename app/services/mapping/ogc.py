"""Feature collections for GIS tools: cameras, and each case's sightings and last-known locations.

What OGC API – Features, Part 1 asks of a server's data; `app.api.ogc` adds addresses and links.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.attributes import InstrumentedAttribute

from app.errors import NotFound
from app.extensions import db
from app.inputs.ogc import Bbox, FeatureQuery
from app.models import CameraRow, Case, CaseState, Face, LastKnownLocationRow, Sighting
from app.outputs import LEAD_NOTICE
from app.services.base import audit
from app.services.base.access import visible_cases
from app.services.base.actors import Actor
from app.services.casework.cases import find_case
from geo.formats import JsonObject, point_feature
from geo.points import Point

CAMERAS: Final = "cameras"
SIGHTINGS: Final = "sightings"
LOCATIONS: Final = "last-known-locations"
MOST_CASES: Final = 200
LARGEST_ID: Final = 2**63 - 1

Model = type[CameraRow] | type[Sighting] | type[LastKnownLocationRow]


@dataclass(frozen=True)
class Collection:
    """One collection; `id` is its kind and, but for the cameras, a dot and the case's number."""

    id: str
    kind: str
    title: str
    description: str
    case: Case | None


@dataclass(frozen=True)
class Extent:
    """What a collection covers: None where it is empty, or has no times."""

    bbox: Bbox | None
    start: datetime | None
    end: datetime | None


@dataclass(frozen=True)
class FeaturePage:
    """Some features of a collection, and how many match in all."""

    features: list[JsonObject]
    matched: int


@dataclass(frozen=True)
class _Kind:
    """Where the features of a kind come from. `time` is the column that `datetime` filters."""

    model: Model
    time: InstrumentedAttribute[Any] | None
    rows: Callable[[Case | None], Select[Any]]
    properties: Callable[[Any], JsonObject]


def list_collections(actor: Actor) -> list[Collection]:
    """The cameras, and two collections for each open case that `actor` may see, newest first."""
    cases = db.session.scalars(
        select(Case)
        .where(Case.state == CaseState.OPEN, visible_cases(actor))
        .order_by(Case.created_at.desc(), Case.id.desc())
        .limit(MOST_CASES)
    )
    found = [_cameras()]
    for case in cases:
        found += [_sightings(case), _locations(case)]
    return found


def find_collection(collection_id: str) -> Collection:
    """One collection; that of a closed case too. Raises NotFound."""
    kind, _, number = collection_id.partition(".")
    if collection_id == CAMERAS:
        return _cameras()
    if kind not in (SIGHTINGS, LOCATIONS) or not number:
        raise NotFound(f"There is no collection “{collection_id[:80]}”.")
    case = find_case(number)
    return _sightings(case) if kind == SIGHTINGS else _locations(case)


def extent_of(collection: Collection) -> Extent:
    """The bounds of a collection in space and time."""
    kind = _KINDS[collection.kind]
    rows = kind.rows(collection.case).order_by(None).subquery()
    columns = [
        func.min(rows.c.longitude_deg),
        func.min(rows.c.latitude_deg),
        func.max(rows.c.longitude_deg),
        func.max(rows.c.latitude_deg),
    ]
    if kind.time is not None:
        columns += [func.min(rows.c[kind.time.key]), func.max(rows.c[kind.time.key])]
    values = db.session.execute(select(*columns)).one()
    bbox = None if values[0] is None else (values[0], values[1], values[2], values[3])
    start, end = (values[4], values[5]) if kind.time is not None else (None, None)
    return Extent(bbox, start, end)


def list_features(actor: Actor, collection: Collection, query: FeatureQuery) -> FeaturePage:
    """The features that match, in order of their ids. Reading a case's is in the audit log."""
    kind = _KINDS[collection.kind]
    statement = kind.rows(collection.case).where(*_conditions(kind, query))
    counted = statement.order_by(None).options().subquery()
    matched = db.session.scalar(select(func.count()).select_from(counted)) or 0
    rows = db.session.scalars(
        statement.options(*_LOADED.get(collection.kind, ()))
        .order_by(kind.model.id)
        .limit(query.limit)
        .offset(query.offset)
    ).all()
    features = [_feature(kind, row) for row in rows]
    _record(actor, collection, {"matched": matched, "returned": len(features)})
    return FeaturePage(features, matched)


def find_feature(actor: Actor, collection: Collection, feature_id: str) -> JsonObject:
    """One feature by its id. Raises NotFound."""
    kind = _KINDS[collection.kind]
    if feature_id.isascii() and feature_id.isdigit() and 0 < int(feature_id) <= LARGEST_ID:
        statement = kind.rows(collection.case).where(kind.model.id == int(feature_id))
        row = db.session.scalars(statement.options(*_LOADED.get(collection.kind, ()))).first()
        if row is not None:
            feature = _feature(kind, row)
            _record(actor, collection, {"feature": feature_id})
            return feature
    raise NotFound(f"The collection “{collection.id}” has no feature {feature_id[:40]}.")


def _record(actor: Actor, collection: Collection, details: Mapping[str, object]) -> None:
    if collection.case is None:
        return
    audit.record(
        actor,
        "features.read",
        case=collection.case,
        subject=collection.id,
        details=dict(details),
    )
    audit.commit()


def _conditions(kind: _Kind, query: FeatureQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if query.bbox is not None:
        west, south, east, north = query.bbox
        longitude, latitude = kind.model.longitude_deg, kind.model.latitude_deg
        inside: ColumnElement[bool] = longitude.between(west, east)
        if west > east:
            inside = or_(longitude >= west, longitude <= east)
        conditions += [latitude.between(south, north), inside]
    if query.time is not None and kind.time is not None:
        if query.time.start is not None:
            conditions.append(kind.time >= query.time.start)
        if query.time.end is not None:
            conditions.append(kind.time <= query.time.end)
    return conditions


def _feature(kind: _Kind, row: Any) -> JsonObject:
    return point_feature(
        Point(row.latitude_deg, row.longitude_deg), kind.properties(row), feature_id=row.id
    )


def _camera_rows(_case: Case | None) -> Select[Any]:
    return select(CameraRow).where(CameraRow.deleted_at.is_(None))


def _sighting_rows(case: Case | None) -> Select[Any]:
    return select(Sighting).where(Sighting.case_id == (case.id if case else None))


def _location_rows(case: Case | None) -> Select[Any]:
    return select(LastKnownLocationRow).where(
        LastKnownLocationRow.case_id == (case.id if case else None), LastKnownLocationRow.active
    )


def _camera_properties(row: CameraRow) -> JsonObject:
    return {
        "source": row.source,
        "ref": row.ref,
        "name": row.name,
        "headings_deg": row.headings_deg,
        "field_of_view_deg": row.field_of_view_deg,
        "range_m": row.range_m,
        "kind": row.kind,
        "status": row.status,
        "owner": row.owner,
        "retention_hours": row.retention_hours,
        "clock_offset_s": row.clock_offset_s,
        "updated_at": _time(row.updated_at),
    }


def _sighting_properties(row: Sighting) -> JsonObject:
    return {
        "state": row.state.value,
        "is_lead": row.is_lead,
        "standing": row.standing,
        "seen_at": _time(row.seen_at),
        "similarity": round(row.similarity, 4),
        "threshold_similarity": round(row.threshold_similarity, 4),
        "model_name": row.embedder.name,
        "camera_id": row.camera_id,
        "camera_name": row.camera.name,
        "camera_ref": row.camera.ref,
        "made_up": row.case.made_up or row.face.footage.made_up,
        "notice": LEAD_NOTICE,
    }


def _location_properties(row: LastKnownLocationRow) -> JsonObject:
    return {
        "label": row.label,
        "seen_at": None if row.seen_at is None else _time(row.seen_at),
        "uncertainty_m": row.uncertainty_m,
        "source": row.source.value,
        "reliability": row.reliability.value,
        "remarks": row.remarks,
        "provisional": row.provisional,
        "sighting_id": row.sighting_id,
        "trace_id": row.trace_id,
    }


def _time(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _cameras() -> Collection:
    return Collection(CAMERAS, CAMERAS, "Cameras", "The registry of cameras.", None)


def _sightings(case: Case) -> Collection:
    words = f"Faces proposed for case {case.number}, with their state. {LEAD_NOTICE}"
    return Collection(
        f"{SIGHTINGS}.{case.number}", SIGHTINGS, f"Sightings of {case.number}", words, case
    )


def _locations(case: Case) -> Collection:
    words = f"Where and when the subject of case {case.number} was, as far as is known."
    return Collection(
        f"{LOCATIONS}.{case.number}",
        LOCATIONS,
        f"Last-known locations of {case.number}",
        words,
        case,
    )


_LOADED: Final[Mapping[str, tuple[Any, ...]]] = {
    SIGHTINGS: (
        joinedload(Sighting.camera),
        joinedload(Sighting.embedder),
        joinedload(Sighting.case),
        joinedload(Sighting.face).joinedload(Face.footage),
    ),
}
_KINDS: Final[Mapping[str, _Kind]] = {
    CAMERAS: _Kind(CameraRow, None, _camera_rows, _camera_properties),
    SIGHTINGS: _Kind(Sighting, Sighting.seen_at, _sighting_rows, _sighting_properties),
    LOCATIONS: _Kind(
        LastKnownLocationRow, LastKnownLocationRow.seen_at, _location_rows, _location_properties
    ),
}
