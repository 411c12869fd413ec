"""The timeline and its corridors as validated outputs: one shape for page, API and bundle."""

from __future__ import annotations

from app.models import Case
from app.outputs.timeline import (
    CompetingRouteOut,
    CorridorCameraOut,
    CorridorOut,
    LegOut,
    SpeedsOut,
    StayOut,
    TimelineOut,
    leg_out,
    position_out,
    stop_out,
    undated_out,
)
from app.services.places.corridors import BlindCorridor
from app.services.places.speeds import speeds_of
from app.services.places.timeline import CompetingRoute, Passage, Timeline
from geo.legs import FASTEST_ON_ROADS_M_PER_S


def timeline_answer(case: Case, timeline: Timeline) -> TimelineOut:
    """The whole timeline."""
    speeds = speeds_of(case)
    return TimelineOut(
        case_number=case.number,
        timezone=case.timezone,
        stops=[stop_out(stop, case.timezone) for stop in timeline.stops],
        excluded=[_leg(passage) for passage in timeline.excluded],
        exclusion_count=timeline.exclusion_count,
        routes=[_route(route) for route in timeline.routes],
        routes_complete=timeline.routes_complete,
        undated=undated_out(timeline.undated, case.timezone),
        speeds=SpeedsOut(
            walking_m_per_s=speeds.walking_m_per_s,
            vehicle_m_per_s=speeds.vehicle_m_per_s,
            fastest_m_per_s=FASTEST_ON_ROADS_M_PER_S,
        ),
    )


def corridor_answer(corridor: BlindCorridor) -> CorridorOut:
    """One corridor with its cameras."""
    return CorridorOut(
        from_key=corridor.start.key,
        to_key=corridor.end.key,
        leg=leg_out(corridor.start.number, corridor.end.number, corridor.leg),
        travel=corridor.travel.value,
        speed_m_per_s=corridor.speed_m_per_s,
        window_start=corridor.window_start,
        window_end=corridor.window_end,
        area_m2=round(corridor.area_m2),
        outline=[position_out(point) for point in corridor.outline],
        cameras=[CorridorCameraOut.model_validate(one) for one in corridor.cameras],
        total=corridor.total,
        radius_m=round(corridor.radius_m, 1),
        open_camera_ids=[one.camera_id for one in corridor.open_cameras],
    )


def _leg(passage: Passage) -> LegOut:
    return leg_out(passage.from_number, passage.to_number, passage.leg)


def _route(route: CompetingRoute) -> CompetingRouteOut:
    return CompetingRouteOut(
        ordinal=route.ordinal,
        numbers=list(route.numbers),
        left_out=list(route.left_out),
        legs=[_leg(passage) for passage in route.passages],
        stays=[StayOut.model_validate(stay) for stay in route.stays],
    )
