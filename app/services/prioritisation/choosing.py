"""Which cameras a sweep visits: the top of the ranking, named ones, or all in a drawn shape."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from app.errors import Refused
from app.extensions import db
from app.inputs import RankingQuery, SweepInput
from app.models import CameraRow, Case
from app.outputs.cameras import RankedCameraOut
from app.services.places.locations import list_locations
from app.services.prioritisation.candidates import cameras_inside, candidates_named
from app.services.prioritisation.ranking import (
    compute_ranking,
    entries_of,
    question_of,
)
from cameras.ranking import rank_cameras
from geo.points import Point

MOST_RANKED = 1000
ANYWHERE_M = 20_100_000.0
"""Half the way around the Earth: nothing on it is farther."""
_WITH_FOOTAGE = {"held", "partly_held", "live"}


def choose_cameras(case: Case, given: SweepInput) -> tuple[RankedCameraOut, ...]:
    """The cameras of a plan, in the order of the ranking. Raises Refused where there is none."""
    query = RankingQuery(
        radius_m=given.radius_m,
        limit=min(given.limit, MOST_RANKED),
        window_start=given.window_start,
        window_end=given.window_end,
    )
    if given.shape:
        entries = _drawn(case, given, query)
    elif given.camera_ids:
        entries = _named(case, given, query)
    else:
        entries = compute_ranking(case, query).entries
    if given.only_with_footage:
        entries = tuple(one for one in entries if one.footage_state in _WITH_FOOTAGE)
    if not entries:
        raise Refused(
            "No camera can be ranked for this plan: enter a last-known location, widen the radius, "
            "or add footage for the window."
        )
    return entries


def _drawn(case: Case, given: SweepInput, query: RankingQuery) -> tuple[RankedCameraOut, ...]:
    corners = [Point(one.latitude_deg, one.longitude_deg) for one in given.shape]
    inside = cameras_inside(corners)
    if not inside:
        raise Refused("No camera stands in this shape.", {"shape": "holds no camera"})
    return _ranked(case, query, inside, ANYWHERE_M)


def _named(case: Case, given: SweepInput, query: RankingQuery) -> tuple[RankedCameraOut, ...]:
    """The named cameras, in the ranking's order. Raises Refused when one is not in the radius."""
    entries = _ranked(case, query, given.camera_ids, given.radius_m)
    missing = set(given.camera_ids) - {entry.camera_id for entry in entries}
    if missing:
        _refuse(missing, given.radius_m)
    return entries


def _ranked(
    case: Case, query: RankingQuery, camera_ids: Sequence[int], radius_m: float
) -> tuple[RankedCameraOut, ...]:
    question = question_of(case, list_locations(case), query)
    relevant = question.relevant_locations()
    if not relevant:
        return ()
    candidates = candidates_named(camera_ids)
    ranked = rank_cameras(
        candidates, question, radius_m=radius_m, offset=0, limit=max(1, len(candidates))
    )
    return entries_of(case, ranked, relevant)


def _refuse(missing: set[int], radius_m: float) -> None:
    known = set(
        db.session.scalars(
            select(CameraRow.id).where(CameraRow.id.in_(missing), CameraRow.deleted_at.is_(None))
        )
    )
    if missing - known:
        named = ", ".join(str(camera_id) for camera_id in sorted(missing - known)[:5])
        raise Refused(f"There is no camera {named}.")
    raise Refused(
        f"{len(missing)} of the chosen cameras lie outside the radius of {radius_m:.0f} m, or the "
        "registry says that they are not in use: widen it, or leave them out."
    )
