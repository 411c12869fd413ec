"""Choosing visits one after the other, by expected gain per minute of work.

Choosing greedily is within 1 − 1/e of the best plan of the same work, because the gain of a visit
can only shrink when others are chosen before it (Nemhauser, Wolsey and Fisher 1978; with costs,
for the work that the plan takes, Wolsey 1982). It also means that an old gain is an upper bound, so
a visit needs to be valued anew only when it comes to the top (Minoux 1978).
"""

import heapq
import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cameras.errors import CamerasError
from geo.belief import Belief
from geo.distance import FloatArray
from geo.network import BoolArray
from geo.particles import PassMatrix

_BATCH = 1024  # how many visits are put in order at a time; plans rarely get further


@dataclass(frozen=True, slots=True)
class WorkModel:
    """Minutes of work that a visit takes: for each hour of footage, and for each visit at all.

    `lengths` are the lengths of visits in bins. Raises `CamerasError`.
    """

    minutes_per_footage_hour: float = 6.0
    minutes_per_visit: float = 0.5
    lengths: tuple[int, ...] = (1, 4)

    def __post_init__(self) -> None:
        for minutes in (self.minutes_per_footage_hour, self.minutes_per_visit):
            if not (math.isfinite(minutes) and minutes >= 0.0):
                raise CamerasError("The work of a visit is a number of minutes, 0 or more.")
        if self.minutes_per_footage_hour <= 0.0:
            raise CamerasError("Looking at an hour of footage takes more than 0 minutes.")
        if 1 not in self.lengths or min(self.lengths) < 1:
            raise CamerasError("Visits of one time step must be possible.")

    def minutes(self, bins: int, bin_s: float) -> float:
        """The work of a visit of so many bins."""
        return self.minutes_per_visit + self.minutes_per_footage_hour * bins * bin_s / 3600.0


@dataclass(frozen=True, slots=True)
class Pick:
    """A chosen visit: camera row, bins `first` up to but not `after_last`.

    `gain` is the probability that it is this visit which finds the person, after all chosen
    before; `minutes` its work.
    """

    camera: int
    first: int
    after_last: int
    gain: float
    minutes: float


@dataclass
class Picker:
    """Picks visits for a belief.

    `detection` is by column: the chance that a visit there finds someone who passes and shows like
    a walker, 0 to 1; out of reach it counts as 0. `urgency` (1 or more) is what finding is worth.

    The state is what is left to be found after the picks so far; `pick` goes on from there.
    """

    passes: PassMatrix
    belief: Belief
    detection: FloatArray
    urgency: FloatArray
    work: WorkModel
    _detection: FloatArray = field(init=False)
    _left: FloatArray = field(init=False)
    _floor: FloatArray = field(init=False)
    _taken: BoolArray = field(init=False)
    _bound: FloatArray = field(init=False)
    _column_worth: FloatArray = field(init=False)
    _worth: FloatArray = field(init=False)

    def __post_init__(self) -> None:
        in_reach = self.belief.in_reach
        self._left, self._floor = self.belief.weights()
        self._detection = np.where(in_reach, self.detection, 0.0)
        self._taken = np.zeros(self.passes.column_count, dtype=np.bool_)
        self._bound = column_values(self.passes, self._left, self._floor, self._detection)
        self._column_worth = self._detection * self.urgency
        counts = np.diff(self.passes.seen.indptr)
        self._worth = np.repeat(self._column_worth, counts) * self.passes.seen.data

    @property
    def values(self) -> FloatArray:
        """The gain of each column alone, before any pick."""
        return self._bound

    def pick(self) -> Iterator[Pick]:
        """Visits in the order of their worth, until nothing in reach is left."""
        windows = _Windows(self.passes.bins.count, self.work, self.passes.bins.bin_s)
        ratios = windows.ratios(self._bound * self.urgency)
        queue = _Queue(ratios)
        while (number := queue.pop()) is not None:
            camera, first, after_last = windows.at(number)
            columns = self._columns(camera, first, after_last)
            if self._taken[columns.start : columns.stop].any():
                continue
            minutes = self.work.minutes(after_last - first, self.passes.bins.bin_s)
            # Adding up the bins is cheap and still an upper bound; most visits end here.
            bound, top = self._sum(columns) / minutes, queue.top_ratio()
            if bound < top:
                queue.push(bound, number)
                continue
            gain, worth = self._gain(columns)
            if worth / minutes < top:
                queue.push(worth / minutes, number)
                continue
            self._take(columns)
            yield Pick(camera, first, after_last, gain, minutes)

    def _columns(self, camera: int, first: int, after_last: int) -> range:
        begin = camera * self.passes.bins.count
        return range(begin + first, begin + after_last)

    def _sum(self, columns: range) -> float:
        """What the bins would find each alone, times their urgency: never less than together."""
        seen = self.passes.seen
        span = slice(columns.start, columns.stop)
        begin, end = seen.indptr[columns.start], seen.indptr[columns.stop]
        particles = self._left[seen.indices[begin:end]] @ self._worth[begin:end]
        return float(particles + self._floor[span] @ self._column_worth[span])

    def _gain(self, columns: range) -> tuple[float, float]:
        """What visiting these columns would find of what is left, and that times its urgency."""
        if len(columns) == 1:
            worth = self._sum(columns)
            return worth / float(self.urgency[columns.start]), worth
        gain = worth = 0.0
        undo: list[tuple[NDArray[np.int32], FloatArray]] = []
        for column in columns:
            who, shows = self._passing(column)
            before = self._left[who]
            found = before * (self._detection[column] * shows)
            total = float(found.sum()) + float(self._floor[column] * self._detection[column])
            gain += total
            worth += total * float(self.urgency[column])
            undo.append((who, before))
            self._left[who] = before - found
        for who, before in reversed(undo):
            self._left[who] = before
        return gain, worth

    def _take(self, columns: range) -> None:
        for column in columns:
            who, shows = self._passing(column)
            self._left[who] *= 1.0 - self._detection[column] * shows
            self._floor[column] *= 1.0 - self._detection[column]
            self._taken[column] = True

    def _passing(self, column: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        seen = self.passes.seen
        begin, end = seen.indptr[column], seen.indptr[column + 1]
        return seen.indices[begin:end], seen.data[begin:end]


def column_values(
    passes: PassMatrix, particle: FloatArray, floor: FloatArray, detection: FloatArray
) -> FloatArray:
    """The gain of visiting each column alone: the weight that passes it and would be found."""
    values: FloatArray = (passes.seen.T @ particle + floor) * detection
    return values


class _Windows:
    """All visits that can be chosen, numbered: for each length, every camera and aligned start."""

    def __init__(self, bins: int, work: WorkModel, bin_s: float) -> None:
        self._bins = bins
        lengths = sorted({length for length in work.lengths if length <= bins})
        if work.minutes_per_visit == 0.0:
            lengths = [1]  # a longer visit can gain no more per minute than its best bin
        self._blocks = [(length, bins // length, work.minutes(length, bin_s)) for length in lengths]
        self._begin: list[int] = []

    def ratios(self, values: FloatArray) -> FloatArray:
        """Upper bounds of gain per minute: a visit finds at most what its bins do alone."""
        by_camera = values.reshape(-1, self._bins)
        parts, begin = [], 0
        for length, count, minutes in self._blocks:
            cut = by_camera[:, : count * length].reshape(len(by_camera), count, length)
            summed = cut[:, :, 0] if length == 1 else cut.sum(axis=2)
            parts.append(summed.ravel() / minutes)
            self._begin.append(begin)
            begin += len(parts[-1])
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def at(self, number: int) -> tuple[int, int, int]:
        """Camera row, first and after-last bin of a visit."""
        block = len(self._begin) - 1
        while number < self._begin[block]:
            block -= 1
        length, count, _ = self._blocks[block]
        camera, place = divmod(number - self._begin[block], count)
        return camera, place * length, (place + 1) * length


class _Queue:
    """Visits by falling ratio, put in order a batch at a time. Equal ratios come by number."""

    def __init__(self, ratios: FloatArray) -> None:
        self._waiting = np.flatnonzero(ratios > 0.0)
        self._ratios = ratios
        self._heap: list[tuple[float, int]] = []
        self._refill()

    def pop(self) -> int | None:
        self._refill_if_due()
        return heapq.heappop(self._heap)[1] if self._heap else None

    def push(self, ratio: float, number: int) -> None:
        if ratio > 0.0:
            heapq.heappush(self._heap, (-ratio, number))

    def top_ratio(self) -> float:
        """The highest bound that any other visit can have."""
        self._refill_if_due()
        return -self._heap[0][0] if self._heap else 0.0

    def _refill_if_due(self) -> None:
        while len(self._waiting) and (not self._heap or -self._heap[0][0] <= self._next_ratio):
            self._refill()

    def _refill(self) -> None:
        ratios = self._ratios[self._waiting]
        if len(ratios) > _BATCH:
            split = np.argpartition(-ratios, _BATCH)
            chosen, self._waiting = self._waiting[split[:_BATCH]], self._waiting[split[_BATCH:]]
            self._next_ratio = float(self._ratios[self._waiting].max())
        else:
            chosen, self._waiting = self._waiting, self._waiting[:0]
            self._next_ratio = 0.0
        self._heap += zip((-self._ratios[chosen]).tolist(), chosen.tolist(), strict=True)
        heapq.heapify(self._heap)
