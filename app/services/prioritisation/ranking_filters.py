"""Which cameras of a ranking are wanted, and all of them as the map draws them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import func, select

from app.extensions import db
from app.inputs.queries import FacingFilter, FootageFilter, RankingQuery, SeenFilter
from app.models import Case, Sighting, SightingState, Sweep, Visit, VisitState
from app.outputs.cameras import MapCameraOut
from cameras.held import FootageHeld, FootageState, TimeSpan, merge_spans
from cameras.ranking import Candidate, RankedCamera

AROUND_WINDOW: Final = timedelta(days=1)
"""So far outside the window the map still says which footage is at hand."""
MOST_SPANS: Final = 200

_AT_HAND: Final = frozenset({FootageState.HELD, FootageState.PARTLY_HELD, FootageState.LIVE})
_FOOTAGE: Final = {
    FootageFilter.AT_HAND: _AT_HAND,
    FootageFilter.ON_RECORDER: frozenset({FootageState.ON_RECORDER}),
    FootageFilter.LEFT: _AT_HAND | {FootageState.ON_RECORDER},
    FootageFilter.GONE: frozenset({FootageState.OVERWRITTEN, FootageState.UNKNOWN}),
}
_FACING: Final = {
    FacingFilter.TOWARD: True,
    FacingFilter.AWAY: False,
    FacingFilter.UNKNOWN: None,
}


def wanted(case: Case, query: RankingQuery, ranked: Sequence[RankedCamera]) -> list[RankedCamera]:
    """Those that pass all filters of the query, in the same order."""
    kept = [entry for entry in ranked if _passes(query, entry)]
    if query.seen is None:
        return kept
    ids = [entry.camera_id for entry in kept]
    if query.seen is SeenFilter.SIGHTINGS:
        found = _with_sightings(case, ids)
        return [entry for entry in kept if entry.camera_id in found]
    looked_at = _looked_at(case, ids)
    is_wanted = query.seen is SeenFilter.SEEN
    return [entry for entry in kept if (entry.camera_id in looked_at) is is_wanted]


def as_drawn(
    query: RankingQuery, ranked: Sequence[RankedCamera], candidates: Sequence[Candidate]
) -> tuple[MapCameraOut, ...]:
    """The cameras as the map draws them, with the times of which footage is at hand."""
    footage = {candidate.camera_id: candidate.footage for candidate in candidates}
    return tuple(_drawn(entry, _near(footage[entry.camera_id], query)) for entry in ranked)


def _passes(query: RankingQuery, entry: RankedCamera) -> bool:
    camera = entry.camera
    if query.status and camera.status.value != query.status:
        return False
    if query.owner and query.owner.casefold() not in camera.owner.casefold():
        return False
    if query.facing is not None and entry.faces_location is not _FACING[query.facing]:
        return False
    return query.footage is None or entry.footage.state in _FOOTAGE[query.footage]


def _looked_at(case: Case, camera_ids: Sequence[int]) -> set[int]:
    """Cameras with a visit of this case that has looked at something."""
    rows = db.session.scalars(
        select(Visit.camera_id)
        .join(Sweep, Sweep.id == Visit.sweep_id)
        .where(
            Sweep.case_id == case.id,
            Visit.state == VisitState.DONE,
            Visit.camera_id == func.any(list(camera_ids)),
        )
    )
    return set(rows)


def _with_sightings(case: Case, camera_ids: Sequence[int]) -> set[int]:
    rows = db.session.scalars(
        select(Sighting.camera_id).where(
            Sighting.case_id == case.id,
            Sighting.state != SightingState.REJECTED,
            Sighting.camera_id == func.any(list(camera_ids)),
        )
    )
    return set(rows)


def _near(held: FootageHeld, query: RankingQuery) -> tuple[TimeSpan, ...]:
    spans = merge_spans(held.intervals)
    if query.window_start is not None and query.window_end is not None:
        begin, end = query.window_start - AROUND_WINDOW, query.window_end + AROUND_WINDOW
        spans = tuple(span for span in spans if span.end > begin and span.start < end)
    return spans[:MOST_SPANS]


def _drawn(entry: RankedCamera, held: Sequence[TimeSpan]) -> MapCameraOut:
    camera = entry.camera
    return MapCameraOut(
        camera_id=entry.camera_id,
        rank=entry.rank,
        name=camera.name,
        status=camera.status.value,
        latitude_deg=camera.position.latitude_deg,
        longitude_deg=camera.position.longitude_deg,
        headings_deg=list(camera.headings_deg),
        field_of_view_deg=camera.field_of_view_deg,
        range_m=camera.range_m,
        footage_state=entry.footage.state.value,
        held=[(span.start, span.end) for span in held],
    )
