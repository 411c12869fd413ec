"""InsightFace's faces of every frame, linked into tracks: whom it saw, to be compared with ours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from recognition.detectors.boxes import overlap
from recognition.embedders.normalise import unit_rows
from recognition.faces import FloatArray, ImageBGR

_SAME_PLACE = 0.3
_LONGEST_GAP_S = 0.5


@dataclass
class PeerTrack:
    """One face followed by overlap from frame to frame."""

    from_s: float
    to_s: float
    box_xyxy: FloatArray
    heights_px: list[float] = field(default_factory=list)
    rows: list[FloatArray] = field(default_factory=list)

    @property
    def embedding(self) -> FloatArray:
        """The normalised mean over all its frames."""
        mean: FloatArray = unit_rows(np.mean(self.rows, axis=0)[None])[0]
        return mean

    def is_worth_finding(self, smallest_px: float, shortest_s: float) -> bool:
        """Whether it lasts long enough and is large enough for most of that time."""
        is_large = float(np.quantile(self.heights_px, 0.25)) >= smallest_px
        return is_large and self.to_s - self.from_s >= shortest_s


def peer_tracks(app: Any, frames: Iterator[tuple[float, ImageBGR]]) -> list[PeerTrack]:
    """Link the faces of every frame by the overlap of their boxes."""
    done: list[PeerTrack] = []
    active: list[PeerTrack] = []
    for at_s, image in frames:
        done += [track for track in active if at_s - track.to_s > _LONGEST_GAP_S]
        active = [track for track in active if at_s - track.to_s <= _LONGEST_GAP_S]
        for face in app.get(image):
            box = np.asarray(face.bbox, np.float32)
            track = _continued(active, box, at_s)
            if track is None:
                track = PeerTrack(at_s, at_s, box)
                active.append(track)
            track.to_s, track.box_xyxy = at_s, box
            track.heights_px.append(float(box[3] - box[1]))
            track.rows.append(np.asarray(face.normed_embedding, np.float32))
    return done + active


def _continued(active: Sequence[PeerTrack], box: FloatArray, at_s: float) -> PeerTrack | None:
    """The free track whose last box overlaps this one most."""
    free = [track for track in active if track.to_s < at_s]
    if not free:
        return None
    shares = overlap(box, np.stack([track.box_xyxy for track in free]), of_smaller=False)
    best = int(np.argmax(shares))
    return free[best] if shares[best] > _SAME_PLACE else None
