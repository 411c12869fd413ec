"""Outputs for the timeline of a case, its competing routes and blind corridors, and traces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from app.models.cases import LastKnownLocationRow, LocationSource, Reliability
from app.models.sightings import Sighting
from app.models.traces import Trace
from app.outputs.base import LEAD_NOTICE, Output, UtcInstant, local_text, picture_address
from app.outputs.cases import LocationOut
from geo.formats import TracePoint, TraceProblem
from geo.legs import Leg, Sight
from geo.points import Point


class LegOut(Output):
    """The way between two stops, as the crow flies.

    `seconds` runs from leaving to arriving. `least_speed_m_per_s` gives the subject the benefit of
    all uncertainties; null where even that leaves no time. An impossible leg has its `reason`, and
    in `missing_s` by how much more than assumed the clocks would have to be wrong. `borrowed_s` is
    by how much they must be wrong, within what is assumed, where a leg is possible only so.
    """

    from_number: int
    to_number: int
    distance_m: float
    bearing_deg: float
    seconds: float
    speed_m_per_s: float | None
    least_speed_m_per_s: float | None
    remark: str
    possible: bool
    reason: str
    missing_s: float | None
    borrowed_s: float | None


class SightingRefOut(Output):
    """What a stop says of its confirmed sighting."""

    id: int
    is_lead: bool
    standing: str
    similarity: float
    threshold_similarity: float
    model_name: str
    camera_id: int
    crop: str
    made_up: bool


class StopOut(Output):
    """A place and a time. `key` names it in addresses; `number` counts in order of time."""

    number: int
    key: str
    label: str
    source: str
    reliability: Reliability
    latitude_deg: float
    longitude_deg: float
    uncertainty_m: float
    at: UtcInstant
    at_local: str
    arrived_at: UtcInstant
    left_at: UtcInstant
    time_uncertainty_s: float
    clock: str
    trace_label: str | None
    sighting: SightingRefOut | None


class StayOut(Output):
    """Stops at one place that follow each other; the subject may have left in between."""

    numbers: list[int]
    label: str
    first_at: UtcInstant
    last_at: UtcInstant
    seconds: float
    seconds_in_view: float


class CompetingRouteOut(Output):
    """One consistent choice of stops; `left_out` are those that it excludes."""

    ordinal: int
    numbers: list[int]
    left_out: list[int]
    legs: list[LegOut]
    stays: list[StayOut]


class SpeedsOut(Output):
    """What the timeline assumes of the subject's speed."""

    walking_m_per_s: float
    vehicle_m_per_s: float
    fastest_m_per_s: float


class TimelineOut(Output):
    """Where the subject was, in order of time; what excludes what; the routes that remain."""

    case_number: str
    timezone: str
    stops: list[StopOut]
    excluded: list[LegOut]
    exclusion_count: int
    routes: list[CompetingRouteOut]
    routes_complete: bool
    undated: list[LocationOut]
    speeds: SpeedsOut
    notice: str = LEAD_NOTICE


class CorridorCameraOut(Output):
    """A camera that the subject can have passed, from when to when, and what was seen of that."""

    camera_id: int
    name: str
    ref: str
    owner: str
    status: str
    kind: str
    latitude_deg: float
    longitude_deg: float
    headings_deg: list[float]
    field_of_view_deg: float | None
    range_m: float | None
    detour_m: float
    passing_from: UtcInstant
    passing_to: UtcInstant
    held_share: float
    looked_share: float
    looked: str


class PositionOut(Output):
    """A place on Earth."""

    latitude_deg: float
    longitude_deg: float


class CorridorOut(Output):
    """Where the subject must have been between two stops, at no more than `speed_m_per_s`.

    `total` cameras are in it; those that lie most directly are listed. A sweep over `window_start`
    to `window_end` with `radius_m` and the `open_camera_ids` closes the corridor.
    """

    from_key: str
    to_key: str
    leg: LegOut
    travel: str
    speed_m_per_s: float
    window_start: UtcInstant
    window_end: UtcInstant
    area_m2: float
    outline: list[PositionOut]
    cameras: list[CorridorCameraOut]
    total: int
    radius_m: float
    open_camera_ids: list[int]


class TraceOut(Output):
    """One imported file of positions; `taken_back_at` says since when it is undone."""

    id: int
    label: str
    source: LocationSource
    reliability: Reliability
    format: str
    file_name: str
    file_sha256: str
    rows: int
    refused: int
    added: int
    thinned_within_m: float
    remarks: str
    imported_by: str | None
    imported_at: UtcInstant
    taken_back_at: UtcInstant | None

    @classmethod
    def of(cls, trace: Trace) -> TraceOut:
        """From a row."""
        by = trace.imported_by
        return cls(
            id=trace.id,
            label=trace.label,
            source=trace.source,
            reliability=trace.reliability,
            format=trace.format,
            file_name=trace.file_name,
            file_sha256=trace.file_sha256,
            rows=trace.rows,
            refused=trace.refused,
            added=trace.added,
            thinned_within_m=trace.thinned_within_m,
            remarks=trace.remarks,
            imported_by=None if by is None else by.name,
            imported_at=trace.imported_at,
            taken_back_at=trace.taken_back_at,
        )


class TraceProblemOut(Output):
    """A row that was not taken, and why."""

    row_number: int | None
    reason: str
    value: str


class TracePointOut(Output):
    """A position of a trace."""

    row_number: int
    latitude_deg: float
    longitude_deg: float
    at: UtcInstant
    label: str
    uncertainty_m: float | None

    @classmethod
    def of(cls, point: TracePoint) -> TracePointOut:
        """From a point as read."""
        return cls(
            row_number=point.row_number,
            latitude_deg=point.position.latitude_deg,
            longitude_deg=point.position.longitude_deg,
            at=point.at,
            label=point.label,
            uncertainty_m=point.uncertainty_m,
        )


class TraceReportLike(Protocol):
    """What `services.places.traces.import_trace` answers."""

    @property
    def points(self) -> Sequence[TracePoint]: ...
    @property
    def problems(self) -> Sequence[TraceProblem]: ...


class TraceReportOut(Output):
    """What an import of positions did, or, with `dry_run`, would do."""

    trace_id: int | None
    label: str
    file_name: str
    format: str
    rows: int
    found: int
    joined: int
    added: int
    refused: int
    first_at: UtcInstant | None
    last_at: UtcInstant | None
    points: list[TracePointOut]
    problems: list[TraceProblemOut]
    dry_run: bool

    @classmethod
    def of(cls, report: TraceReportLike) -> TraceReportOut:
        """From the service's report."""
        plain = {name: getattr(report, name) for name in cls.model_fields}
        plain["points"] = [TracePointOut.of(point) for point in report.points]
        plain["problems"] = [TraceProblemOut.model_validate(one) for one in report.problems]
        return cls(**plain)


class StopLike(Protocol):
    """A stop of `services.places.timeline`."""

    @property
    def number(self) -> int: ...
    @property
    def key(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def reliability(self) -> Reliability: ...
    @property
    def sight(self) -> Sight: ...
    @property
    def sighting(self) -> Sighting | None: ...
    @property
    def trace(self) -> Trace | None: ...
    @property
    def clock(self) -> str: ...


def leg_out(from_number: int, to_number: int, leg: Leg) -> LegOut:
    """A leg with the numbers of its stops."""
    return LegOut(
        from_number=from_number,
        to_number=to_number,
        distance_m=round(leg.distance_m, 1),
        bearing_deg=round(leg.bearing_deg, 1),
        seconds=leg.seconds,
        speed_m_per_s=_rounded(leg.speed_m_per_s),
        least_speed_m_per_s=_rounded(leg.least_speed_m_per_s),
        remark=leg.remark,
        possible=leg.possible,
        reason=leg.reason,
        missing_s=_rounded(leg.missing_s),
        borrowed_s=_rounded(leg.borrowed_s),
    )


def stop_out(stop: StopLike, timezone: str) -> StopOut:
    """A stop, with the time zone of its case."""
    sight, sighting = stop.sight, stop.sighting
    return StopOut(
        number=stop.number,
        key=stop.key,
        label=stop.label,
        source=stop.source,
        reliability=stop.reliability,
        latitude_deg=sight.position.latitude_deg,
        longitude_deg=sight.position.longitude_deg,
        uncertainty_m=sight.uncertainty_m,
        at=sight.at,
        at_local=local_text(sight.at, timezone),
        arrived_at=sight.arrived_at,
        left_at=sight.left_at,
        time_uncertainty_s=sight.time_uncertainty_s,
        clock=stop.clock,
        trace_label=None if stop.trace is None else stop.trace.label,
        sighting=None if sighting is None else _sighting_ref(sighting),
    )


def undated_out(rows: Sequence[LastKnownLocationRow], timezone: str) -> list[LocationOut]:
    """Locations that no timeline can hold, since nobody knows their time."""
    return [LocationOut.of(row, timezone) for row in rows]


def position_out(point: Point) -> PositionOut:
    """A point as latitude and longitude."""
    return PositionOut(latitude_deg=point.latitude_deg, longitude_deg=point.longitude_deg)


def _sighting_ref(sighting: Sighting) -> SightingRefOut:
    return SightingRefOut(
        id=sighting.id,
        is_lead=sighting.is_lead,
        standing=sighting.standing,
        similarity=round(sighting.similarity, 4),
        threshold_similarity=round(sighting.threshold_similarity, 4),
        model_name=sighting.embedder.name,
        camera_id=sighting.camera_id,
        crop=picture_address(sighting.face.crop_sha256),
        made_up=sighting.face.footage.made_up,
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
