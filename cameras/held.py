"""Which footage of a camera is at hand, and which its recorder can still be expected to have."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from cameras.camera import Camera
from cameras.errors import InvalidWindow

_WHOLE_SHARE = 0.99  # recorders lose a frame or two between files


@dataclass(frozen=True, slots=True, order=True)
class TimeSpan:
    """From `start` up to `end`, both aware. Raises `InvalidWindow`."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.utcoffset() is None or self.end.utcoffset() is None:
            raise InvalidWindow("The times of a window need a time zone.")
        if self.end <= self.start:
            raise InvalidWindow("The time window ends before it starts: swap its two times.")

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return (self.end - self.start).total_seconds()


@dataclass(frozen=True, slots=True)
class FootageHeld:
    """The spans of time, in true time, of which recordings of a camera are at hand."""

    intervals: tuple[TimeSpan, ...] = ()


NO_FOOTAGE = FootageHeld()


class FootageState(StrEnum):
    """What can be expected of a camera's footage for a window."""

    HELD = "held"
    PARTLY_HELD = "partly_held"
    ON_RECORDER = "on_recorder"
    OVERWRITTEN = "overwritten"
    LIVE = "live"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class FootageOutlook:
    """State for the asked window. `held` are the parts at hand; `held_share` is their share of it.

    `overwritten_at` is when the recorder starts to lose the window (`ON_RECORDER`), or when it
    probably lost all of it (`OVERWRITTEN`). `has_live_stream` says that the camera can be watched.
    """

    state: FootageState
    held: tuple[TimeSpan, ...] = ()
    held_share: float | None = None
    overwritten_at: datetime | None = None
    is_being_overwritten: bool = False
    has_live_stream: bool = False


def merge_spans(spans: Sequence[TimeSpan]) -> tuple[TimeSpan, ...]:
    """The same time as ordered spans that neither touch nor overlap."""
    merged: list[TimeSpan] = []
    for span in sorted(spans):
        if merged and span.start <= merged[-1].end:
            merged[-1] = TimeSpan(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return tuple(merged)


def held_within(held: FootageHeld, window: TimeSpan) -> tuple[TimeSpan, ...]:
    """The parts of `window` that are at hand."""
    return merge_spans(
        [
            TimeSpan(max(span.start, window.start), min(span.end, window.end))
            for span in held.intervals
            if span.start < window.end and span.end > window.start
        ]
    )


def footage_outlook(
    camera: Camera, held: FootageHeld, window: TimeSpan | None, now: datetime
) -> FootageOutlook:
    """What can be expected for `window`; without one, whether anything at all is at hand."""
    live = camera.stream_address is not None
    if window is None:
        spans = merge_spans(held.intervals)
        fallback = FootageState.LIVE if live else FootageState.UNKNOWN
        return FootageOutlook(
            FootageState.HELD if spans else fallback, held=spans, has_live_stream=live
        )
    spans = held_within(held, window)
    share = sum(span.duration_s for span in spans) / window.duration_s
    if spans:
        state = FootageState.HELD if share >= _WHOLE_SHARE else FootageState.PARTLY_HELD
        return FootageOutlook(state, spans, share, has_live_stream=live)
    return _on_recorder(camera, window, now, live=live)


def _on_recorder(camera: Camera, window: TimeSpan, now: datetime, *, live: bool) -> FootageOutlook:
    if live and window.end > now:
        return FootageOutlook(FootageState.LIVE, held_share=0.0, has_live_stream=True)
    if camera.retention_hours is None or window.start > now:
        return FootageOutlook(FootageState.UNKNOWN, held_share=0.0, has_live_stream=live)
    retention = timedelta(hours=camera.retention_hours)
    first_loss, last_loss = window.start + retention, window.end + retention
    if now >= last_loss:
        return FootageOutlook(
            FootageState.OVERWRITTEN,
            held_share=0.0,
            overwritten_at=last_loss,
            has_live_stream=live,
        )
    being_overwritten = now >= first_loss
    return FootageOutlook(
        FootageState.ON_RECORDER,
        held_share=0.0,
        overwritten_at=last_loss if being_overwritten else first_loss,
        is_being_overwritten=being_overwritten,
        has_live_stream=live,
    )
