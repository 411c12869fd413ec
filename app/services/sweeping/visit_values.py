"""What a worker holds of a visit and hands over while it looks; what may end its work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.services.embeddings.faces import FoundFace


@dataclass(frozen=True)
class Claim:
    """A visit as one worker holds it."""

    visit_id: int
    attempt: int
    worker: str


class VisitEnded(Exception):
    """The visit is no longer this worker's to go on with; the sentence says why."""


class WorkerStopping(Exception):
    """The worker was asked to stop; the visit is another's to go on with."""


@dataclass(frozen=True)
class LookedWith:
    """What faces were looked for with: a detector, from which size on, in which frames."""

    detector: str
    smallest_face_px: int
    frames_per_second: float
    frame_side_px: int


@dataclass(frozen=True, eq=False)
class Chunk:
    """What one chunk of footage gave: all of it is committed together.

    `from_s` and `to_s` are seconds of the recording; the next chunk begins at `to_s`. `took_s` is
    how long the worker took for it.
    """

    part_id: int
    from_s: float
    to_s: float
    seconds_seen: float
    frames_looked_at: int
    faces: Sequence[FoundFace]
    looked_with: LookedWith
    took_s: float = 0.0
    live: LiveNews | None = None


@dataclass(frozen=True)
class Outage:
    """From when to when a live stream gave no picture, and why. Instants are aware."""

    from_at: datetime
    to_at: datetime
    reason: str


@dataclass(frozen=True)
class LiveNews:
    """How a watch over a live stream goes.

    `outages` are those since the last chunk, `note` is what the visit says while it runs, and
    `trouble` what it will have to say at its end: what was not seen, and why.
    """

    outages: Sequence[Outage]
    note: str
    trouble: str
