"""Blind corridors: where the subject must have been between two stops, and who could have seen it.

Each camera in the corridor has its own time of passing, and what of that time was looked at for
this case, so that the rest is one step from a sweep.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import func, select, text

from app.errors import NotFound, Refused
from app.extensions import db
from app.models import Case, Footage, Sweep, Visit, VisitPart, VisitState
from app.services.base import audit
from app.services.base.actors import Actor
from app.services.places.legs import FASTEST_ON_ROADS_M_PER_S, Leg, leg_between
from app.services.places.speeds import speeds_of
from app.services.places.timeline import Timeline, TimelineStop, timeline_of
from geo.corridor import Corridor
from geo.points import Point
from geo.reach import TravelSpeeds

MOST_CAMERAS: Final = 500
LOOKED_AT_SHARE: Final = 0.95
"""From here on a camera counts as looked at; recorders lose a little between two files."""
DEFAULT_RANGE_M: Final = 25.0
"""How far a camera sees whose range is not known."""
FARTHEST_RANGE_M: Final = 500.0
"""Beyond this no camera shows a face; one that claims more is taken to see this far."""

MAX_RADIUS_M: Final = 100_000.0
"""No ranking, and so no sweep, reaches farther."""

Interval = tuple[datetime, datetime]

_IN_CORRIDOR = text(
    """
    SELECT id, name, ref, latitude_deg, longitude_deg, headings_deg, field_of_view_deg, range_m,
           status, kind, owner, way_m, count(*) OVER () AS total
    FROM (
        SELECT c.*,
               ST_Distance(c.position, CAST(:start AS geography), false)
               + ST_Distance(c.position, CAST(:end AS geography), false) AS way_m
        FROM cameras AS c
        WHERE c.deleted_at IS NULL AND c.status NOT IN ('removed', 'planned')
          AND ST_DWithin(c.position, CAST(:middle AS geography), :reach_m, false)
    ) AS near
    WHERE way_m <= :longest_m + 2 * least(coalesce(range_m, :default_range_m), :farthest_range_m)
    ORDER BY way_m, id
    LIMIT :most
    """
)


class Travel(StrEnum):
    """How the subject may have travelled; `auto` takes the slowest way that was possible."""

    AUTO = "auto"
    FOOT = "foot"
    VEHICLE = "vehicle"
    FAST = "fast"


class Looked(StrEnum):
    """What became of a camera's time of passing in this case."""

    NOT = "not looked at"
    PLANNED = "planned"
    PARTLY = "partly looked at"
    DONE = "looked at"


@dataclass(frozen=True)
class CorridorCamera:
    """A camera that the subject can have passed, from when to when, and what was seen of that.

    `detour_m` is how much longer than the direct way the way past it is. Shares are of the time of
    passing: what footage is held of it, and what was decoded for this case.
    """

    camera_id: int
    name: str
    ref: str
    owner: str
    status: str
    kind: str
    latitude_deg: float
    longitude_deg: float
    headings_deg: tuple[float, ...]
    field_of_view_deg: float | None
    range_m: float | None
    detour_m: float
    passing_from: datetime
    passing_to: datetime
    held_share: float
    looked_share: float
    looked: Looked


@dataclass(frozen=True)
class BlindCorridor:
    """The corridor between two stops. `total` cameras are in it; the listed ones lie most directly.

    `window_start` to `window_end` is what a sweep must cover; `radius_m` reaches every listed
    camera from the stop that it starts at.
    """

    start: TimelineStop
    end: TimelineStop
    leg: Leg
    travel: Travel
    speed_m_per_s: float
    window_start: datetime
    window_end: datetime
    area_m2: float
    outline: tuple[Point, ...]
    cameras: tuple[CorridorCamera, ...]
    total: int
    radius_m: float

    @property
    def open_cameras(self) -> tuple[CorridorCamera, ...]:
        """Those whose time of passing nobody has looked at completely, nor plans to."""
        return tuple(one for one in self.cameras if one.looked in (Looked.NOT, Looked.PARTLY))


def corridor_between(
    actor: Actor, case: Case, from_key: str, to_key: str, travel: Travel = Travel.AUTO
) -> BlindCorridor:
    """The corridor between two stops of the timeline. The look is in the audit log.

    Raises NotFound for a stop that the timeline does not have, Refused where no way leads from one
    to the other in the time, or none at the asked speed.
    """
    details = {"from": from_key, "to": to_key, "travel": travel.value}
    audit.record(actor, "corridor.view", case=case, details=details)
    audit.commit()
    timeline = timeline_of(case)
    return _corridor(case, _find(timeline, from_key), _find(timeline, to_key), travel)


def speed_for(leg: Leg, speeds: TravelSpeeds, travel: Travel) -> tuple[Travel, float]:
    """The way of travelling and its speed. Raises Refused where it is too slow for the leg."""
    known = {
        Travel.FOOT: speeds.walking_m_per_s,
        Travel.VEHICLE: speeds.vehicle_m_per_s,
        Travel.FAST: FASTEST_ON_ROADS_M_PER_S,
    }
    least = leg.least_speed_m_per_s
    if least is None or not leg.possible:
        raise Refused(f"Nobody can have gone from one to the other: {leg.remark}. {leg.reason}")
    if travel is Travel.AUTO:
        return next((way, speed) for way, speed in known.items() if least <= speed)
    if least > known[travel]:
        raise Refused(
            f"That way takes at least {least:.1f} m/s, and {travel.value} is assumed to make "
            f"{known[travel]:.1f} m/s: choose a faster way of travelling.",
            {"travel": "too slow for this way"},
        )
    return travel, known[travel]


def _find(timeline: Timeline, key: str) -> TimelineStop:
    found = next((stop for stop in timeline.stops if stop.key == key), None)
    if found is None:
        raise NotFound(f"The timeline has no stop “{key[:40]}” (any more).")
    return found


def _corridor(case: Case, start: TimelineStop, end: TimelineStop, travel: Travel) -> BlindCorridor:
    if start.number >= end.number:
        raise Refused("The second stop is not after the first: exchange the two.")
    speeds = speeds_of(case)
    leg = leg_between(start.sight, end.sight, speeds)
    travel, speed_m_per_s = speed_for(leg, speeds, travel)
    corridor = Corridor(start.sight, end.sight, speed_m_per_s)
    rows = _cameras_in(corridor)
    cameras = _judged(case, corridor, rows)
    return BlindCorridor(
        start=start,
        end=end,
        leg=leg,
        travel=travel,
        speed_m_per_s=speed_m_per_s,
        window_start=min((one.passing_from for one in cameras), default=start.sight.left_at),
        window_end=max((one.passing_to for one in cameras), default=end.sight.arrived_at),
        area_m2=corridor.area_m2,
        outline=tuple(corridor.outline()),
        cameras=cameras,
        total=rows[0].total if rows else 0,
        radius_m=_radius_m(corridor, rows),
    )


def _cameras_in(corridor: Corridor) -> Sequence[Any]:
    return db.session.execute(
        _IN_CORRIDOR,
        {
            "start": _ewkt(corridor.start.position),
            "end": _ewkt(corridor.end.position),
            "middle": _ewkt(corridor.middle),
            "longest_m": corridor.longest_way_m,
            "default_range_m": DEFAULT_RANGE_M,
            "farthest_range_m": FARTHEST_RANGE_M,
            "reach_m": corridor.longest_way_m / 2 + FARTHEST_RANGE_M,
            "most": MOST_CAMERAS,
        },
    ).all()


def _radius_m(corridor: Corridor, rows: Sequence[Any]) -> float:
    """How far from its start the farthest camera of the corridor can stand."""
    farthest_m = (corridor.longest_way_m + corridor.direct_m) / 2
    return min(MAX_RADIUS_M, farthest_m + max(map(_range_m, rows), default=0.0) + 1.0)


def _ewkt(point: Point) -> str:
    return f"SRID=4326;POINT({point.longitude_deg!r} {point.latitude_deg!r})"


def _range_m(row: Any) -> float:
    return DEFAULT_RANGE_M if row.range_m is None else min(float(row.range_m), FARTHEST_RANGE_M)


def _judged(case: Case, corridor: Corridor, rows: Sequence[Any]) -> tuple[CorridorCamera, ...]:
    ids = [row.id for row in rows]
    held, looked, planned = _held(ids), _looked_at(case, ids), _planned(case, ids)
    return tuple(
        _camera(corridor, row, held[row.id], looked[row.id], planned[row.id]) for row in rows
    )


def _camera(
    corridor: Corridor,
    row: Any,
    held: Sequence[Interval],
    looked: Sequence[Interval],
    planned: Sequence[Interval],
) -> CorridorCamera:
    position = Point(row.latitude_deg, row.longitude_deg)
    # The database's sphere and ours differ by less than a metre over any corridor.
    passing = corridor.passing_times(position, margin_m=_range_m(row) + 1.0)
    looked_share = covered_share(passing, looked)
    return CorridorCamera(
        camera_id=row.id,
        name=row.name,
        ref=row.ref,
        owner=row.owner,
        status=row.status,
        kind=row.kind,
        latitude_deg=row.latitude_deg,
        longitude_deg=row.longitude_deg,
        headings_deg=tuple(row.headings_deg or ()),
        field_of_view_deg=row.field_of_view_deg,
        range_m=row.range_m,
        detour_m=max(0.0, row.way_m - corridor.direct_m),
        passing_from=passing[0],
        passing_to=passing[1],
        held_share=covered_share(passing, held),
        looked_share=looked_share,
        looked=_state(looked_share, covered_share(passing, planned)),
    )


def _state(looked_share: float, planned_share: float) -> Looked:
    if looked_share >= LOOKED_AT_SHARE:
        return Looked.DONE
    if planned_share >= LOOKED_AT_SHARE:
        return Looked.PLANNED
    return Looked.PARTLY if looked_share > 0 else Looked.NOT


def covered_share(wanted: Interval, intervals: Iterable[Interval]) -> float:
    """How much of a time the intervals cover together, 0 to 1; a moment counts as a second."""
    start, end = wanted
    end = max(end, start + timedelta(seconds=1))
    covered, reached = 0.0, start
    for since, until in sorted(intervals):
        since, until = max(since, reached), min(until, end)
        if until > since:
            covered += (until - since).total_seconds()
            reached = until
    return min(1.0, covered / (end - start).total_seconds())


def _held(camera_ids: Sequence[int]) -> Mapping[int, list[Interval]]:
    rows = db.session.execute(
        select(Footage.camera_id, Footage.started_at, Footage.ended_at).where(
            Footage.camera_id == func.any(list(camera_ids)),
            Footage.removed_at.is_(None),
            Footage.ended_at.is_not(None),
        )
    )
    return _grouped((camera_id, since, until) for camera_id, since, until in rows if until)


def _looked_at(case: Case, camera_ids: Sequence[int]) -> Mapping[int, list[Interval]]:
    """What was really seen for this case: "could not look" does not count as looked at."""
    rows = db.session.execute(
        select(
            Visit.camera_id,
            Footage.started_at,
            VisitPart.from_s,
            VisitPart.checkpoint_s,
            VisitPart.seconds_seen,
        )
        .join(VisitPart, VisitPart.visit_id == Visit.id)
        .join(Footage, Footage.id == VisitPart.footage_id)
        .join(Sweep, Sweep.id == Visit.sweep_id)
        .where(
            Sweep.case_id == case.id,
            Visit.camera_id == func.any(list(camera_ids)),
            VisitPart.checkpoint_s > VisitPart.from_s,
        )
    )
    # Where recordings were damaged, less was seen than was gone through; where in a part is not
    # known, so the part is taken for shorter, at its end.
    return _grouped(
        (
            camera_id,
            start + timedelta(seconds=from_s),
            start + timedelta(seconds=from_s + min(to_s - from_s, seen_s)),
        )
        for camera_id, start, from_s, to_s, seen_s in rows
    )


def _planned(case: Case, camera_ids: Sequence[int]) -> Mapping[int, list[Interval]]:
    """Windows of visits that wait or run; what they will not find footage for is theirs to say."""
    waiting = (VisitState.WAITING, VisitState.QUEUED, VisitState.RUNNING)
    rows = db.session.execute(
        select(Visit.camera_id, Sweep.window_start, Sweep.window_end)
        .join(Sweep, Sweep.id == Visit.sweep_id)
        .where(
            Sweep.case_id == case.id,
            Visit.camera_id == func.any(list(camera_ids)),
            Visit.state.in_(waiting),
        )
    )
    return _grouped((camera_id, since, until) for camera_id, since, until in rows)


def _grouped(rows: Iterable[tuple[int, datetime, datetime]]) -> Mapping[int, list[Interval]]:
    found: dict[int, list[Interval]] = defaultdict(list)
    for camera_id, since, until in rows:
        found[camera_id].append((since, until))
    return found
