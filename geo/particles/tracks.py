"""What particles did, piece by piece: straight stretches and stays, as arrays."""

from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.distance import FloatArray
from geo.network import BoolArray, IntArray

Float32Array = NDArray[np.float32]

NO_SEGMENT = -1


@dataclass(frozen=True, eq=False)
class Tracks:
    """One row for each piece: who, from when to when (s), from where to where (m).

    `segment` is the street segment walked in whole, `NO_SEGMENT` on open ground or while staying;
    `reverse` says whether from its second node. `visibility` (0 to 1) is how well a face shows,
    against someone walking.
    """

    particle: IntArray
    start_s: FloatArray
    end_s: FloatArray
    x0_m: Float32Array
    y0_m: Float32Array
    x1_m: Float32Array
    y1_m: Float32Array
    segment: IntArray
    reverse: BoolArray
    visibility: Float32Array

    def __len__(self) -> int:
        return len(self.particle)

    def only(self, rows: BoolArray) -> "Tracks":
        """The rows that are true."""
        return Tracks(*(getattr(self, entry.name)[rows] for entry in fields(self)))

    @property
    def stays(self) -> BoolArray:
        """The rows in which nobody moves."""
        still = (self.x0_m == self.x1_m) & (self.y0_m == self.y1_m)
        found: BoolArray = still & (self.segment == NO_SEGMENT)
        return found


@dataclass
class TrackLog:
    """Collects pieces while journeys are simulated, without those before 0 or after `end_s`."""

    end_s: float
    _parts: list[tuple[NDArray[Any], ...]] = field(default_factory=list)

    def add(
        self,
        particle: IntArray,
        start_s: FloatArray,
        end_s: FloatArray,
        start_xy_m: tuple[FloatArray, FloatArray],
        end_xy_m: tuple[FloatArray, FloatArray],
        *,
        visibility: float,
        segment: IntArray | None = None,
        reverse: BoolArray | None = None,
    ) -> None:
        """Log one piece for each particle; `segment` where it is a whole street segment."""
        keep = (start_s < self.end_s) & (end_s > 0.0)
        count = int(keep.sum())
        if not count:
            return
        floats = (*start_xy_m, *end_xy_m)
        self._parts.append(
            (
                particle[keep].astype(np.int32),
                start_s[keep],
                end_s[keep],
                *(values[keep].astype(np.float32) for values in floats),
                np.full(count, NO_SEGMENT, np.int32) if segment is None else segment[keep],
                np.zeros(count, np.bool_) if reverse is None else reverse[keep],
                np.full(count, visibility, np.float32),
            )
        )

    def tracks(self) -> Tracks:
        """All that was logged."""
        columns = [np.concatenate(part) for part in zip(*self._parts, strict=True)]
        return Tracks(*columns) if columns else _no_tracks()


def _no_tracks() -> Tracks:
    none = np.empty(0)
    number, flag, short = none.astype(np.int32), none.astype(np.bool_), none.astype(np.float32)
    return Tracks(number, none, none, short, short, short, short, number, flag, short)


def runs(counts: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For rows that are repeated `counts` times: the row of each repetition, and its number."""
    times = np.asarray(counts, dtype=np.int64)
    row = np.repeat(np.arange(len(times)), times)
    begin = np.cumsum(times) - times
    return row, np.arange(len(row)) - np.repeat(begin, times)
