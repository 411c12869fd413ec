"""Watching a camera's live stream for a visit: from now to the window's end, through any outage.

The visit's stream is one part, in seconds since watching first began, so that a visit that goes on
in another worker keeps its place; the time in which nobody watched counts as not seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import undefer

from app.current import settings
from app.errors import Refused
from app.extensions import db
from app.models import CameraRow, Footage, FootageKind, LivePhase, Visit, VisitPart
from app.models.columns import utc_now
from app.outputs.base import duration
from app.outputs.clocks import LIVE_DELAY_S
from app.services.sweeping import live_places, visits
from app.services.sweeping.chunks import LookAt, PartInHand
from app.services.sweeping.visit_values import Claim, LiveNews, Outage, WorkerStopping
from cameras.addresses import SecretAddress, check_stream_address
from cameras.footage import MotionGate, StreamWatch
from recognition.pipeline import PipelineSettings

SHORTEST_CHUNK_S = 2.0
"""Faces on a stream are saved as soon as nobody is in view, but no more often than this."""

WORTH_SAYING_S = 30.0
NOBODY_WATCHED = "no worker was watching"
NO_PLACE_IN_TIME = (
    "The live stream was not watched: no place was free before the window's end. Raise "
    "LIVE_VISITS_AT_ONCE, or ask the owner for the recording."
)
NOT_BEFORE_WINDOW = "Waits for its window: watching the live stream begins at {begins}."


class NotNow(Exception):
    """The stream cannot be watched yet; the sentence says what the visit waits for."""


@dataclass(frozen=True)
class LivePart:
    """The part of a visit that is its camera's stream. Seconds are since `started_at`.

    `window_end` is also where the part ends, at `to_s`.
    """

    part_id: int
    camera_id: int
    timezone: str
    started_at: datetime
    window_start: datetime
    window_end: datetime
    checkpoint_s: float
    to_s: float

    def at(self, seconds: float) -> datetime:
        """The instant that lies so many seconds after the beginning."""
        return self.started_at + timedelta(seconds=seconds)

    def seconds_at(self, instant: datetime) -> float:
        """Seconds from the beginning to an instant."""
        return (instant - self.started_at) / timedelta(seconds=1)

    def clock(self, instant: datetime) -> str:
        """The instant in words, on the wall clocks of the case."""
        return instant.astimezone(ZoneInfo(self.timezone)).strftime("%d %b %H:%M:%S")


def open_part(held: Claim) -> LivePart | None:
    """The stream's part, made if need be, with a place to watch it.

    None where there is nothing to watch: no stream, or a sweep that follows the plan, which a
    stream would hold up until its window ends. Raises NotNow where it may be watched later, and
    Refused where the window ended before a place was free.
    """
    visit = visits.hold(held)
    camera, sweep = _camera(visit.camera_id), visit.sweep
    part = _part_of(visit)
    is_over = part is not None and part.done
    if not camera.stream_address or is_over or sweep.follows_plan or live_places.are_closed():
        db.session.rollback()
        return None
    now = utc_now()
    if sweep.window_end <= now:
        _end_unwatched(visit, part)
        return None
    if sweep.window_start > now:
        begins = sweep.window_start.astimezone(ZoneInfo(sweep.case.timezone))
        raise NotNow(NOT_BEFORE_WINDOW.format(begins=begins.strftime("%d %b %H:%M:%S %Z")))
    if not live_places.take(visit):
        raise NotNow(live_places.why_none())
    if part is None:
        part = _new_part(visit)
    elif part.checkpoint_s <= part.from_s:
        _begin_afresh(part)
    visit.seconds_held = sum(one.to_s - one.from_s for one in visit.parts)
    described = _described(visit, part)
    db.session.commit()
    return described


def watch(look_at: LookAt, part: LivePart) -> None:
    """Watch to the window's end, committing every few seconds.

    Raises VisitEnded when the sweep is stopped, WorkerStopping when the worker is, and a
    `FootageError` or RefusedAddress where a stream that was never seen does not open.
    """
    _Watch(look_at, part).run()


class _Watch:
    """One worker's watch over a stream."""

    def __init__(self, look_at: LookAt, part: LivePart) -> None:
        self._look_at, self._part = look_at, part
        self._offset_s = part.seconds_at(utc_now())
        self._every_s = 1.0 / settings().frames_per_second
        self._outages_told = 0
        self._gaps = self._gap_before()
        self._unseen_before = _outages_before(part.part_id)
        self._reached_s = self._offset_s
        self._watch = StreamWatch(
            self._address,
            every_s=self._every_s,
            for_s=part.to_s - self._offset_s,
            gate=MotionGate(),
            max_side_px=settings().max_frame_side_px,
            timeout_s=min(settings().stream_timeout_seconds, settings().visit_stale_seconds / 2),
            should_stop=self._look_around,
            has_answered=part.checkpoint_s > 0,
        )
        self._in_hand = PartInHand(
            look_at,
            part.part_id,
            part.checkpoint_s,
            PipelineSettings(
                chunk_s=min(SHORTEST_CHUNK_S, settings().live_save_seconds),
                longest_chunk_s=settings().live_save_seconds,
            ),
            lambda: self._watch.coverage,
            watched_from_s=self._offset_s,
        )

    def run(self) -> None:
        """Watch to the end."""
        try:
            for frame in self._watch:
                at_s = self._offset_s + frame.at_s
                self._in_hand.feed(at_s, frame.image_bgr)
                self._reached_s = min(self._part.to_s, at_s + self._every_s)
                self._look_around()
        except WorkerStopping:
            self._commit(self._reached_s)
            raise
        self._commit(self._part.to_s)
        visits.finish_part(self._look_at.held, self._part.part_id, self._trouble() or None)

    def _look_around(self) -> bool:
        """Commit what is due, say that the worker is alive, and see whether it must stop.

        Asked at every packet and while the watch waits; it stops by raising, never by answering.
        """
        self._look_at.on_progress()
        is_long = self._reached_s - self._in_hand.begun_s >= settings().live_save_seconds
        if self._in_hand.is_chunk_due and (is_long or self._in_hand.has_faces):
            self._commit(self._reached_s)
        elif self._watch.is_connected:
            self._in_hand.beat()
        else:
            self._wait_through_outage()
        return False

    def _wait_through_outage(self) -> None:
        """Nothing comes: what came before is committed at once, and the gap as it grows."""
        now_s = min(self._part.to_s, self._part.seconds_at(utc_now()))
        has_begun = self._watch.connections > 0 or self._part.checkpoint_s > 0
        is_due = now_s - self._in_hand.begun_s >= settings().live_save_seconds
        if has_begun and (is_due or self._in_hand.has_frames):
            self._commit(max(now_s, self._reached_s))
        else:
            self._in_hand.beat()

    def _commit(self, to_s: float) -> None:
        if to_s <= self._in_hand.begun_s:
            return
        outages = [*self._gaps, *self._new_outages()]
        trouble = self._trouble()
        note = f"{self._state_in_words()} {trouble}".strip()
        self._in_hand.commit(to_s, LiveNews(outages, note, trouble))
        self._outages_told = len(self._watch.outages)
        self._unseen_before += self._gaps
        self._gaps = []

    def _new_outages(self) -> list[Outage]:
        new = self._watch.outages[self._outages_told :]
        return [self._dated(one.from_s, one.to_s, one.sentence) for one in new]

    def _dated(self, from_s: float, to_s: float, reason: str) -> Outage:
        begun_at = self._part.at(self._offset_s)
        since, until = timedelta(seconds=from_s), timedelta(seconds=to_s)
        return Outage(begun_at + since, begun_at + until, reason)

    def _gap_before(self) -> list[Outage]:
        """The time since the last worker's checkpoint, in which nobody watched."""
        part = self._part
        if part.checkpoint_s <= 0 or self._offset_s - part.checkpoint_s <= self._every_s:
            return []
        return [Outage(part.at(part.checkpoint_s), part.at(self._offset_s), NOBODY_WATCHED)]

    def _trouble(self) -> str:
        """What of the window was not seen, and why."""
        watched = [self._dated(one.from_s, one.to_s, one.sentence) for one in self._watch.outages]
        outages = [*self._unseen_before, *self._gaps, *watched]
        said = []
        late_s = (self._part.started_at - self._part.window_start) / timedelta(seconds=1)
        if late_s > WORTH_SAYING_S:
            said.append(
                "A live stream shows only the present: the window's first "
                f"{duration(late_s)} were over when watching began."
            )
        return " ".join([*said, *unseen_in_words(outages)])

    def _state_in_words(self) -> str:
        if self._watch.is_connected:
            return f"Watches live until {self._part.clock(self._part.window_end)}."
        since_s = self._offset_s + self._watch.seen_to_s
        return (
            f"No picture since {self._part.clock(self._part.at(since_s))}; connecting again. "
            f"{self._watch.why}".strip()
        )

    def _address(self) -> SecretAddress:
        """Asked at each connection, so that a changed address counts, and is checked, at once."""
        address = _camera(self._part.camera_id).stream_address or ""
        db.session.rollback()
        return check_stream_address(address, settings().allowed_hosts)


def unseen_in_words(outages: list[Outage]) -> list[str]:
    """For how long a stream was not seen, how often, and why; nothing where it always was."""
    if not outages:
        return []
    seconds = sum((one.to_at - one.from_at) / timedelta(seconds=1) for one in outages)
    unwatched = sum(one.reason == NOBODY_WATCHED for one in outages)
    lost = len(outages) - unwatched
    why = []
    if lost:
        why.append(f"the connection was lost {_times(lost)}")
    if unwatched:
        why.append(f"{NOBODY_WATCHED} {_times(unwatched)}")
    last = next((one.reason for one in reversed(outages) if one.reason != NOBODY_WATCHED), "")
    said = f"Not seen for {duration(seconds)}: {' and '.join(why)}."
    return [said, f"The last time: {last}"] if last else [said]


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def _camera(camera_id: int) -> CameraRow:
    return db.session.scalars(
        select(CameraRow)
        .options(undefer(CameraRow.stream_address))
        .where(CameraRow.id == camera_id)
    ).one()


def _part_of(visit: Visit) -> VisitPart | None:
    return next((one for one in visit.parts if one.footage.kind is FootageKind.STREAM), None)


def _new_part(visit: Visit) -> VisitPart:
    now, end = utc_now(), visit.sweep.window_end
    seconds = (end - now) / timedelta(seconds=1)
    footage = Footage(
        camera_id=visit.camera_id,
        kind=FootageKind.STREAM,
        path=f"live stream, visit {visit.id}",
        started_at=now,
        ended_at=end,
        duration_s=seconds,
        clock_uncertainty_s=LIVE_DELAY_S,
    )
    db.session.add(footage)
    db.session.flush()
    part = VisitPart(
        footage_id=footage.id,
        ordinal=len(visit.parts) + 1,
        from_s=0.0,
        to_s=seconds,
        checkpoint_s=0.0,
    )
    visit.parts.append(part)
    db.session.flush()
    return part


def _begin_afresh(part: VisitPart) -> None:
    """A stream of which nothing was seen yet is watched from now on, not from the first try on."""
    footage = part.footage
    footage.started_at, end = utc_now(), part.visit.sweep.window_end
    part.to_s = footage.duration_s = (end - footage.started_at) / timedelta(seconds=1)


def _end_unwatched(visit: Visit, part: VisitPart | None) -> None:
    """The window is past: what a part lacks to its end was not seen."""
    if part is None:
        was_waiting = visit.live is LivePhase.WAITING
        db.session.rollback()
        if was_waiting:
            raise Refused(NO_PLACE_IN_TIME)
        return
    described = _described(visit, part)
    missed = Outage(described.at(part.checkpoint_s), described.window_end, NOBODY_WATCHED)
    known = _outages_before(part.id)
    visits.add_outages(part, [missed])
    visit.seconds_looked_at += part.to_s - part.checkpoint_s
    part.checkpoint_s, part.done = part.to_s, True
    part.problem = " ".join(unseen_in_words([*known, missed]))
    db.session.commit()


def _described(visit: Visit, part: VisitPart) -> LivePart:
    return LivePart(
        part_id=part.id,
        camera_id=visit.camera_id,
        timezone=visit.sweep.case.timezone,
        started_at=part.footage.started_at,
        window_start=visit.sweep.window_start,
        window_end=visit.sweep.window_end,
        checkpoint_s=part.checkpoint_s,
        to_s=part.to_s,
    )


def _outages_before(part_id: int) -> list[Outage]:
    part = db.session.get_one(VisitPart, part_id)
    return [Outage(one.from_at, one.to_at, one.reason) for one in part.outages]
