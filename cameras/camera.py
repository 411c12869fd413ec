"""What a camera is."""

import math
from dataclasses import dataclass
from enum import StrEnum

from cameras.addresses import SecretAddress
from cameras.errors import InvalidCamera
from geo.points import Point
from geo.view import FieldOfView, fields_of_view

ASSUMED_WIDTH_DEG = 90.0
"""Opening angle taken where a registry gives a heading but no field of view (a 3.6 mm lens)."""

ASSUMED_RANGE_M = 40.0
"""Depth drawn where a registry gives none: about where a face falls below 20 px at 1080p."""


class CameraStatus(StrEnum):
    """Whether a camera exists and works, as its registry says."""

    ACTIVE = "active"
    OFFLINE = "offline"
    UNKNOWN = "unknown"
    PLANNED = "planned"
    REMOVED = "removed"

    @property
    def is_ranked(self) -> bool:
        """Planned and removed cameras have no footage, so they are kept but never ranked.

        An offline camera is ranked: its recorder may still hold the hours that matter.
        """
        return self not in (CameraStatus.PLANNED, CameraStatus.REMOVED)


class CameraKind(StrEnum):
    """How a camera moves. Where a `ptz` camera looked at a given time is not known."""

    FIXED = "fixed"
    PTZ = "ptz"
    DOME = "dome"
    ANPR = "anpr"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Camera:
    """One registry entry. (`source`, `ref`) is its identity over repeated imports.

    `headings_deg` are degrees clockwise from north, empty when unknown or all round.
    `field_of_view_deg` is the full horizontal opening angle. `clock_offset_s` is the camera's clock
    minus true time: positive when its clock is fast. `clock_uncertainty_s` is by how many seconds
    that may be wrong, either way; None where nobody said. `retention_hours` is how long its
    recorder keeps footage. Raises `InvalidCamera`.
    """

    source: str
    ref: str
    name: str
    position: Point
    headings_deg: tuple[float, ...] = ()
    field_of_view_deg: float | None = None
    range_m: float | None = None
    owner: str = ""
    owner_contact: str = ""
    status: CameraStatus = CameraStatus.UNKNOWN
    kind: CameraKind = CameraKind.UNKNOWN
    is_indoor: bool | None = None
    retention_hours: float | None = None
    stream_address: SecretAddress | None = None
    clock_offset_s: float = 0.0
    clock_uncertainty_s: float | None = None
    remarks: str = ""

    def __post_init__(self) -> None:
        if not self.source or not self.ref:
            raise InvalidCamera("A camera needs a source and a reference within it.")
        if not all(0.0 <= heading < 360.0 for heading in self.headings_deg):
            raise InvalidCamera("A heading is given in degrees, from 0 up to but not 360.")
        _check("field of view", self.field_of_view_deg, 360.0, "degrees")
        _check("range", self.range_m, 20_000.0, "metres")
        if self.clock_uncertainty_s is not None and not 0 <= self.clock_uncertainty_s <= 86_400:
            raise InvalidCamera("The clock uncertainty is a number of seconds up to a day.")
        _check("footage retention", self.retention_hours, 24 * 3_660.0, "hours")
        if not (
            math.isfinite(self.clock_offset_s) and abs(self.clock_offset_s) <= 10 * 366 * 86400
        ):
            raise InvalidCamera("The clock offset must be a number of seconds below ten years.")

    def views(self) -> tuple[FieldOfView, ...]:
        """The sectors this camera sees, one for each heading; empty where no heading is known.

        A missing opening angle or range is taken as `ASSUMED_WIDTH_DEG` or `ASSUMED_RANGE_M`.
        """
        width_deg = self.field_of_view_deg or ASSUMED_WIDTH_DEG
        return fields_of_view(self.headings_deg, width_deg, self.range_m or ASSUMED_RANGE_M)

    def faces(self, target: Point, *, uncertainty_m: float = 0.0) -> bool | None:
        """Whether the camera looks towards `target`; None where that is not known.

        Not known: no heading, or a camera that turns (`ptz`) and is not said to look all round.
        """
        if self.field_of_view_deg is not None and self.field_of_view_deg >= 360.0:
            return True
        if not self.headings_deg or self.kind is CameraKind.PTZ:
            return None
        return any(
            view.faces(self.position, target, uncertainty_m=uncertainty_m) for view in self.views()
        )


def _check(what: str, value: float | None, limit: float, unit: str) -> None:
    if value is not None and not (math.isfinite(value) and 0.0 < value <= limit):
        raise InvalidCamera(f"The {what} must be above 0 and at most {limit:.0f} {unit}.")
