"""Which footage a visit looks through: what is held of its window, less what was looked at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import undefer

from app.extensions import db
from app.models import CameraRow, Footage, FootageKind, Sweep, Visit, VisitPart, VisitState
from app.models.columns import utc_now
from app.services.sweeping import live_places
from cameras.held import TimeSpan

SHORTEST_S = 0.5
"""A shorter stretch than this is not worth opening a file for."""

Stretch = tuple[float, float]
"""From and to, in seconds of one recording."""


@dataclass(frozen=True)
class LookedAt:
    """What a case's sweeps have looked at, by recording. `sweeps` names who did, for the screen."""

    stretches: dict[int, list[Stretch]]
    sweeps: dict[int, set[int]]

    @classmethod
    def of_case(cls, case_id: int, smallest_face_px: int) -> LookedAt:
        """Everything committed for this case with faces at least as small."""
        rows = db.session.execute(
            select(VisitPart.footage_id, VisitPart.from_s, VisitPart.checkpoint_s, Sweep.ordinal)
            .join(Visit, Visit.id == VisitPart.visit_id)
            .join(Sweep, Sweep.id == Visit.sweep_id)
            .where(
                Sweep.case_id == case_id,
                Sweep.smallest_face_px <= smallest_face_px,
                VisitPart.checkpoint_s > VisitPart.from_s,
            )
        )
        stretches: dict[int, list[Stretch]] = defaultdict(list)
        sweeps: dict[int, set[int]] = defaultdict(set)
        for footage_id, from_s, to_s, ordinal in rows:
            stretches[footage_id].append((from_s, to_s))
            sweeps[footage_id].add(ordinal)
        return cls(stretches, sweeps)


def without(stretch: Stretch, taken: Sequence[Stretch]) -> list[Stretch]:
    """What is left of a stretch when others are cut out of it."""
    left: list[Stretch] = []
    from_s, to_s = stretch
    for taken_from, taken_to in sorted(taken):
        if taken_to <= from_s or taken_from >= to_s:
            continue
        if taken_from > from_s:
            left.append((from_s, taken_from))
        from_s = max(from_s, taken_to)
    if from_s < to_s:
        left.append((from_s, to_s))
    return [(start, end) for start, end in left if end - start >= SHORTEST_S]


def give_parts(
    visit: Visit, sweep: Sweep, looked_at: LookedAt, window: TimeSpan | None = None
) -> None:
    """Lay out what a visit has to look at; one with nothing to look at is skipped, and says why.

    `window` is the part of the sweep's window that is meant, all of it unless given. Parts that are
    done stay; a part begun keeps its checkpoint. Does not commit.
    """
    window = window or TimeSpan(sweep.window_start, sweep.window_end)
    recordings = _recordings(visit.camera_id, window)
    own = defaultdict[int, list[Stretch]](list)
    for part in visit.parts:
        own[part.footage_id].append((part.from_s, part.to_s))
    ordinal = len(visit.parts)
    for footage in recordings:
        taken = [*looked_at.stretches.get(footage.id, ()), *own[footage.id]]
        for from_s, to_s in without(_in_window(footage, window), taken):
            ordinal += 1
            visit.parts.append(
                VisitPart(
                    footage_id=footage.id,
                    ordinal=ordinal,
                    from_s=from_s,
                    to_s=to_s,
                    checkpoint_s=from_s,
                )
            )
    visit.seconds_held = sum(part.to_s - part.from_s for part in visit.parts)
    open_parts = [part for part in visit.parts if not part.done]
    if open_parts or _can_be_watched_live(visit.camera_id, sweep):
        if visit.state is VisitState.SKIPPED:
            visit.state, visit.outcome = VisitState.WAITING, ""
        return
    visit.state = VisitState.SKIPPED
    visit.outcome = _why_nothing(visit.camera_id, recordings, looked_at)


def _why_nothing(camera_id: int, recordings: Sequence[Footage], looked_at: LookedAt) -> str:
    if not recordings and _has_stream(camera_id):
        if live_places.are_closed():
            return f"{live_places.NONE_ALLOWED} No recording of this window is held."
        return (
            "This window is past, and the camera's live stream shows only the present; no "
            "recording of it is held: ask its owner, add it, and retry."
        )
    if not recordings:
        return "No footage of this camera is held for the window: ask its owner, add it, and retry."
    ordinals = sorted({n for one in recordings for n in looked_at.sweeps.get(one.id, ())})
    if ordinals:
        named = ", ".join(str(number) for number in ordinals)
        return f"This window was looked at already, in sweep {named} of this case; nothing is left."
    return "The footage of this window is too short to look at."


def _recordings(camera_id: int, window: TimeSpan) -> Sequence[Footage]:
    return db.session.scalars(
        select(Footage)
        .where(
            Footage.camera_id == camera_id,
            Footage.kind == FootageKind.FILE,
            Footage.removed_at.is_(None),
            Footage.started_at < window.end,
            Footage.ended_at > window.start,
        )
        .order_by(Footage.started_at, Footage.id)
    ).all()


def _in_window(footage: Footage, window: TimeSpan) -> Stretch:
    duration_s = footage.duration_s or 0.0
    from_s = _seconds_into(footage, window.start)
    to_s = _seconds_into(footage, window.end)
    return max(0.0, from_s), min(duration_s, to_s)


def _seconds_into(footage: Footage, at: datetime) -> float:
    return (at - footage.started_at) / timedelta(seconds=1)


def _can_be_watched_live(camera_id: int, sweep: Sweep) -> bool:
    if live_places.are_closed() or sweep.window_end <= utc_now():
        return False
    return _has_stream(camera_id)


def _has_stream(camera_id: int) -> bool:
    camera = db.session.scalar(
        select(CameraRow)
        .options(undefer(CameraRow.stream_address))
        .where(CameraRow.id == camera_id)
    )
    return camera is not None and bool(camera.stream_address)
