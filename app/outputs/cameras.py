"""Outputs for cameras, their footage and the ranking. No stream address is ever among them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import PurePath
from typing import Protocol

from app.inputs import RankingOrder
from app.models.cameras import CameraRow, ClockCheckRow
from app.models.cases import LastKnownLocationRow
from app.models.footage import Footage, FootageKind
from app.outputs.base import Output, UtcInstant
from app.outputs.cases import LocationOut


class CameraOut(Output):
    """A camera of the registry; `deleted_at` says since when it is out of it."""

    id: int
    source: str
    ref: str
    name: str
    latitude_deg: float
    longitude_deg: float
    headings_deg: list[float]
    field_of_view_deg: float | None
    range_m: float | None
    kind: str
    status: str
    owner: str
    owner_contact: str
    retention_hours: float | None
    clock_offset_s: float
    clock_uncertainty_s: float | None
    clock_checked_at: UtcInstant | None
    remarks: str
    updated_at: UtcInstant
    deleted_at: UtcInstant | None

    @classmethod
    def of(cls, camera: CameraRow) -> CameraOut:
        """From a row."""
        return cls.model_validate(camera)


class ClockCheckOut(Output):
    """A comparison of a camera's clock; `offset_s` is positive when the clock is fast.

    One that was taken back counts no more.
    """

    id: int
    camera_id: int
    shown_at: UtcInstant
    true_at: UtcInstant
    offset_s: float
    precision_s: float
    remarks: str
    checked_by_name: str
    created_at: UtcInstant
    taken_back_at: UtcInstant | None

    @classmethod
    def of(cls, check: ClockCheckRow) -> ClockCheckOut:
        """From a row."""
        return cls.model_validate(check)


class CameraRefOut(Output):
    """Just enough of a camera to name it and to draw it."""

    id: int
    name: str
    ref: str
    source: str
    latitude_deg: float
    longitude_deg: float
    clock_offset_s: float

    @classmethod
    def of(cls, camera: CameraRow) -> CameraRefOut:
        """From a row."""
        return cls.model_validate(camera)


class FootageOut(Output):
    """A recording of one camera. Times are true: the camera's clock offset is taken off.

    `file_name` is without its folder; it is null for a stream, whose address is a secret.
    """

    id: int
    camera_id: int
    kind: FootageKind
    file_name: str | None
    sha256: str | None
    size_bytes: int | None
    duration_s: float | None
    frame_rate: float | None
    width_px: int | None
    height_px: int | None
    codec: str | None
    started_at: UtcInstant
    ended_at: UtcInstant | None
    clock_offset_s: float
    clock_uncertainty_s: float | None
    made_up: bool
    remarks: str
    created_at: UtcInstant

    @classmethod
    def of(cls, footage: Footage) -> FootageOut:
        """From a row."""
        is_file = footage.kind is FootageKind.FILE
        return cls(
            id=footage.id,
            camera_id=footage.camera_id,
            kind=footage.kind,
            file_name=PurePath(footage.path).name if is_file else None,
            sha256=footage.sha256,
            size_bytes=footage.size_bytes,
            duration_s=footage.duration_s,
            frame_rate=footage.frame_rate,
            width_px=footage.width_px,
            height_px=footage.height_px,
            codec=footage.codec,
            started_at=footage.started_at,
            ended_at=footage.ended_at,
            clock_offset_s=footage.clock_offset_s,
            clock_uncertainty_s=footage.clock_uncertainty_s,
            made_up=footage.made_up,
            remarks=footage.remarks,
            created_at=footage.created_at,
        )


class RankedCameraOut(Output):
    """One rank: how far, from where, whether it could be reached, what it saw, and why it is here.

    Distances are metres on the ground, bearings degrees clockwise from north, seen from the
    last-known location. Null means unknown, never no.
    """

    rank: int
    camera_id: int
    name: str
    ref: str
    source: str
    owner: str
    kind: str
    latitude_deg: float
    longitude_deg: float
    headings_deg: list[float]
    field_of_view_deg: float | None
    range_m: float | None
    distance_m: float
    bearing_deg: float
    from_location_id: int
    from_location_label: str
    reachable_on_foot: bool | None
    reachable_by_vehicle: bool | None
    arrival_on_foot_at: UtcInstant | None
    arrival_by_vehicle_at: UtcInstant | None
    faces_location: bool | None
    footage_state: str
    footage_note: str
    held_share: float | None
    reason: str
    visit_state: str | None
    sightings: int
    made_up_footage: bool
    probability: ProbabilityOut | None


class MapCameraOut(Output):
    """A camera that the ranking holds, as a map draws it.

    `held` are the times, from and until, of which recordings are at hand, in order, no farther than
    a day outside the window.
    """

    camera_id: int
    rank: int
    name: str
    status: str
    latitude_deg: float
    longitude_deg: float
    headings_deg: list[float]
    field_of_view_deg: float | None
    range_m: float | None
    footage_state: str
    held: list[tuple[UtcInstant, UtcInstant]]


class ProbabilityOut(Output):
    """What the plan says of a camera. Shares are of the probability that is left, 0 to 1.

    `passing_share` passes here in the window, `seen_share` of that would be seen; `searched_share`
    lies in footage that was looked at already. `moved_because` says what the last visit changed.
    """

    passing_share: float
    seen_share: float
    searched_share: float
    in_reach: bool
    window_start: UtcInstant | None
    window_end: UtcInstant | None
    distance_rank: int
    rank_before: int | None
    moved_because: str


class RankingLike(Protocol):
    """What `services.prioritisation.planning.rank_for_case` answers."""

    @property
    def entries(self) -> Sequence[RankedCameraOut]: ...
    @property
    def total_in_radius(self) -> int: ...
    @property
    def radius_m(self) -> float: ...
    @property
    def offset(self) -> int: ...
    @property
    def limit(self) -> int: ...
    @property
    def locations(self) -> Sequence[LastKnownLocationRow]: ...
    @property
    def computed_at(self) -> datetime: ...
    @property
    def order(self) -> RankingOrder: ...
    @property
    def plan_note(self) -> str: ...
    @property
    def matching(self) -> int: ...
    @property
    def on_map(self) -> Sequence[MapCameraOut] | None: ...


class RankingOut(Output):
    """The cameras to look at next, best first, in `order`. `total` counts all in the radius.

    `matching` counts those that pass the filters; `on_map` are all of these, null unless asked for.
    `plan_note` says why the order is not the one that was asked for; empty otherwise.
    """

    items: list[RankedCameraOut]
    total: int
    radius_m: float
    offset: int
    limit: int
    locations: list[LocationOut]
    computed_at: UtcInstant
    order: RankingOrder
    plan_note: str
    matching: int
    on_map: list[MapCameraOut] | None

    @classmethod
    def of(cls, ranking: RankingLike, timezone: str) -> RankingOut:
        """From the service's ranking, with the time zone of the case."""
        return cls(
            items=list(ranking.entries),
            total=ranking.total_in_radius,
            radius_m=ranking.radius_m,
            offset=ranking.offset,
            limit=ranking.limit,
            locations=[LocationOut.of(row, timezone) for row in ranking.locations],
            computed_at=ranking.computed_at,
            order=ranking.order,
            plan_note=ranking.plan_note,
            matching=ranking.matching,
            on_map=None if ranking.on_map is None else list(ranking.on_map),
        )
