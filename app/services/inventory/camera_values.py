"""Between the camera table's rows and `cameras.camera.Camera` values."""

from __future__ import annotations

from typing import Any, Protocol

from cameras.addresses import SecretAddress
from cameras.camera import Camera, CameraKind, CameraStatus
from geo.points import Point


class CameraColumns(Protocol):
    """What a row must have to become a Camera: the table's own columns, but for the secret one."""

    source: Any
    ref: Any
    name: Any
    latitude_deg: Any
    longitude_deg: Any
    headings_deg: Any
    field_of_view_deg: Any
    range_m: Any
    kind: Any
    status: Any
    owner: Any
    is_indoor: Any
    retention_hours: Any
    clock_offset_s: Any
    clock_uncertainty_s: Any


_STREAM_WITHOUT_ADDRESS = SecretAddress("stream://registered")
"""Stands for a camera's stream where only its existence matters, so that the secret stays put."""


def camera_of(row: CameraColumns, *, has_stream: bool = False) -> Camera:
    """The value of a row, for ranking; it knows that a stream exists, not its address."""
    return Camera(
        source=row.source,
        ref=row.ref,
        name=row.name,
        position=Point(row.latitude_deg, row.longitude_deg),
        headings_deg=tuple(row.headings_deg or ()),
        field_of_view_deg=row.field_of_view_deg,
        range_m=row.range_m,
        owner=row.owner,
        status=CameraStatus(row.status),
        kind=CameraKind(row.kind),
        is_indoor=row.is_indoor,
        retention_hours=row.retention_hours,
        stream_address=_STREAM_WITHOUT_ADDRESS if has_stream else None,
        clock_offset_s=row.clock_offset_s,
        clock_uncertainty_s=row.clock_uncertainty_s,
    )


def columns_of(camera: Camera) -> dict[str, Any]:
    """The column values of a camera, for the table."""
    return {
        "source": camera.source,
        "ref": camera.ref,
        "name": camera.name,
        "latitude_deg": camera.position.latitude_deg,
        "longitude_deg": camera.position.longitude_deg,
        "headings_deg": list(camera.headings_deg),
        "field_of_view_deg": camera.field_of_view_deg,
        "range_m": camera.range_m,
        "kind": camera.kind.value,
        "status": camera.status.value,
        "owner": camera.owner,
        "owner_contact": camera.owner_contact,
        "is_indoor": camera.is_indoor,
        "retention_hours": camera.retention_hours,
        "clock_offset_s": camera.clock_offset_s,
        "clock_uncertainty_s": camera.clock_uncertainty_s,
        "stream_address": camera.stream_address.reveal() if camera.stream_address else None,
        "remarks": camera.remarks,
    }
