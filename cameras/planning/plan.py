"""The plan: which visits next, and all cameras in the order of what looking there may find."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from functools import cached_property
from itertools import islice
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from cameras.held import TimeSpan
from cameras.planning.evidence import DetectionModel, VisitResult, belief_after, share_left
from cameras.planning.footage import FootageTable
from cameras.planning.picking import Pick, Picker, WorkModel
from cameras.planning.search import SearchModel
from cameras.planning.words import camera_reason, visit_reason
from geo.belief import Belief
from geo.distance import FloatArray

_PEAK_SHARE = 0.3  # a camera's time range holds the bins with this share of its best bin or more
_LONGEST_S = 4 * 3600.0
_PICKS_FOR_ORDER = 60  # the top of the list is in order of picks, the rest by its own gain


@dataclass(frozen=True, slots=True)
class PlanSettings:
    """How a plan is made: when, in whose time zone, how well visits detect, what they cost.

    `detection_by_camera` overrides the probability of detection (0 to 1) of single cameras.
    """

    now: datetime
    zone: tzinfo | None = None
    detection: DetectionModel = field(default_factory=DetectionModel)
    work: WorkModel = field(default_factory=WorkModel)
    detection_by_camera: Mapping[int, float] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class PlannedVisit:
    """One entry of the plan; `place` counts from 1.

    `passing_share` of what is left of the probability passes in the window; `seen_share` of that
    would be found. `gain` is the probability that this visit is the one that finds the person,
    after all planned before it; `minutes` its work. `lost_at` is when its recorder starts to lose
    the window, None where that is not known or not to be feared.
    """

    place: int
    camera_id: int
    window: TimeSpan
    passing_share: float
    seen_share: float
    gain: float
    minutes: float
    lost_at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class ProbableCamera:
    """One camera of the list by probability; `rank` counts from 1, and every camera has one.

    `window` is the time in which most of the probability passes, None where nothing in reach does.
    Shares are as in `PlannedVisit`, for this window. `searched_share` is how much of the window's
    expected passes lies in footage that was looked at already. `unsearched_share` is the
    probability that the person passes at any time in footage that was not.
    """

    rank: int
    camera_id: int
    distance_m: float
    in_reach: bool
    window: TimeSpan | None
    passing_share: float
    seen_share: float
    searched_share: float
    unsearched_share: float
    lost_at: datetime | None
    reason: str


class Plan:
    """A model, the evidence so far and the footage that can be had, ready to be asked.

    Making one re-weights everything; it takes milliseconds and is thrown away afterwards.
    """

    def __init__(
        self,
        model: SearchModel,
        footage: FootageTable,
        settings: PlanSettings,
        results: Sequence[VisitResult] = (),
    ) -> None:
        self.model = model
        self.settings = settings
        self.belief: Belief = belief_after(model, results)
        self._footage = footage
        self._left = share_left(model, results)
        self._had = (footage.available > 0.0).astype(np.float64)
        by_camera = [
            settings.detection_by_camera.get(camera_id, settings.detection.probability)
            for camera_id in model.camera_ids.tolist()
        ]
        self._found = np.repeat(by_camera, model.bins.count) * footage.available
        self._weights = self.belief.weights()

    def visits(self, limit: int = 20, *, budget_minutes: float | None = None) -> list[PlannedVisit]:
        """The next visits, best first, at most `limit` and within the budget of work if given."""
        planned: list[PlannedVisit] = []
        spent = 0.0
        for pick in islice(self._picker().pick(), limit):
            spent += pick.minutes
            if budget_minutes is not None and spent > budget_minutes:
                break
            planned.append(self._planned(len(planned) + 1, pick))
        return planned

    def cameras(self, *, offset: int = 0, limit: int | None = None) -> list[ProbableCamera]:
        """Every camera, those in reach first, then by what looking there next would find.

        Ties, and cameras out of reach, are in order of distance.
        """
        order = self._order
        page = order[offset : None if limit is None else offset + limit]
        return [self._camera(rank, int(row)) for rank, row in enumerate(page, start=offset + 1)]

    def camera(self, camera_id: int) -> ProbableCamera | None:
        """One camera's entry, None where the model does not hold it."""
        row = self.model.row_of.get(camera_id)
        if row is None:
            return None
        rank = int(np.flatnonzero(self._order == row)[0]) + 1
        return self._camera(rank, row)

    def _picker(self) -> Picker:
        return Picker(
            self.model.passes, self.belief, self._found * self._left,
            self._footage.urgency, self.settings.work,
        )  # fmt: skip

    @cached_property
    def _order(self) -> NDArray[np.intp]:
        """Rows of cameras: the first picks' cameras, the others in reach, those out of reach."""
        cameras = len(self.model.camera_ids)
        picked = np.full(cameras, _PICKS_FOR_ORDER)
        picker = self._picker()
        best = (picker.values * self._footage.urgency).reshape(cameras, -1).max(axis=1)
        for place, pick in enumerate(islice(picker.pick(), _PICKS_FOR_ORDER)):
            picked[pick.camera] = min(picked[pick.camera], place)
        return np.lexsort(
            (self.model.camera_ids, self.model.distance_m, -best, picked, ~self._in_reach)
        )

    @cached_property
    def _in_reach(self) -> NDArray[np.bool_]:
        """Which cameras the person can have reached in time for footage that exists."""
        had = self.belief.in_reach & (self._had > 0.0)
        by_camera = had.reshape(len(self.model.camera_ids), self.model.bins.count)
        return np.asarray(by_camera.any(axis=1))

    def _planned(self, place: int, pick: Pick) -> PlannedVisit:
        passing, seen = self._shares(pick.camera, pick.first, pick.after_last)
        window = TimeSpan(*self.model.bins.span(pick.first, pick.after_last))
        lost_at = self._lost_at(pick.camera, pick.first, pick.after_last)
        reason = visit_reason(
            passing, seen, window, pick.gain, pick.minutes, lost_at,
            self.settings.now, self.settings.zone,
        )  # fmt: skip
        camera_id = int(self.model.camera_ids[pick.camera])
        return PlannedVisit(
            place, camera_id, window, passing, seen, pick.gain, pick.minutes, lost_at, reason
        )

    def _camera(self, rank: int, row: int) -> ProbableCamera:
        span = self._peak(row)
        reached = bool(self._in_reach[row])
        passing = seen = searched = unsearched = 0.0
        window = lost_at = None
        if span is not None and reached:
            passing, seen = self._shares(row, *span)
            searched = self._searched(row, *span)
            unsearched = self._union(row, 0, self.model.bins.count, self._had * self._left)
            window = TimeSpan(*self.model.bins.span(*span))
            lost_at = self._lost_at(row, *span)
        reason = camera_reason(
            reached, float(self.model.distance_m[row]), passing, seen, searched, window, lost_at,
            self.settings.now, self.settings.zone,
        )  # fmt: skip
        return ProbableCamera(
            rank, int(self.model.camera_ids[row]), float(self.model.distance_m[row]), reached,
            window, passing, seen, searched, unsearched, lost_at, reason,
        )  # fmt: skip

    def _peak(self, row: int) -> tuple[int, int] | None:
        """The bins around the best one in which much passes, whether looked at already or not."""
        bins = self.model.bins
        span = slice(row * bins.count, (row + 1) * bins.count)
        mass = self._mass(row) * self._had[span]
        worth = mass * self._left[span]
        if mass.max(initial=0.0) <= 0.0:
            return None
        best = int(np.argmax(worth))
        enough = mass >= _PEAK_SHARE * mass[best]
        longest = max(1, int(_LONGEST_S / bins.bin_s))
        first, after_last = best, best + 1
        while after_last - first < longest:
            before = mass[first - 1] if first > 0 and enough[first - 1] else -1.0
            after = mass[after_last] if after_last < bins.count and enough[after_last] else -1.0
            if max(before, after) < 0.0:
                break
            first, after_last = (
                (first - 1, after_last) if before > after else (first, after_last + 1)
            )
        return first, after_last

    def _mass(self, row: int) -> FloatArray:
        """The probability that passes a camera in each bin."""
        bins = self.model.bins
        particle, floor = self._weights
        seen = self.model.passes.seen
        edges = seen.indptr[row * bins.count : (row + 1) * bins.count + 1]
        part = slice(edges[0], edges[-1])
        weight = particle[seen.indices[part]] * seen.data[part]
        which = np.repeat(np.arange(bins.count), np.diff(edges))
        mass = np.bincount(which, weights=weight, minlength=bins.count)
        return mass + floor[row * bins.count : (row + 1) * bins.count]

    def _shares(self, row: int, first: int, after_last: int) -> tuple[float, float]:
        """The probability that passes within bins, and the share of it that would be found."""
        passing = self._union(row, first, after_last, self._had)
        found = self._union(row, first, after_last, self._found, as_shown=True)
        return passing, min(found / passing, 1.0) if passing > 0.0 else 0.0

    def _union(
        self,
        row: int,
        first: int,
        after_last: int,
        chance: FloatArray,
        *,
        as_shown: bool = False,
    ) -> float:
        """The probability that passes within bins and is noticed, with `chance` (by column) each.

        A journey that passes in several bins has as many chances but counts once. `as_shown`
        makes chances smaller by how well a pass shows.
        """
        seen = self.model.passes.seen
        particle, floor = self._weights
        begin = row * self.model.bins.count
        span = slice(begin + first, begin + after_last)
        edges = seen.indptr[span.start : span.stop + 1]
        part = slice(edges[0], edges[-1])
        noticed = np.repeat(chance[span], np.diff(edges))
        if as_shown:
            noticed = noticed * seen.data[part]
        who, place = np.unique(seen.indices[part], return_inverse=True)
        missed = np.ones(len(who))
        np.multiply.at(missed, place, 1.0 - noticed)
        return float(particle[who] @ (1.0 - missed) + floor[span] @ chance[span])

    def _searched(self, row: int, first: int, after_last: int) -> float:
        begin = row * self.model.bins.count
        left = self._left[begin + first : begin + after_last]
        mass = self._mass(row)[first:after_last]
        return float(1.0 - (mass @ left) / mass.sum()) if mass.sum() > 0.0 else 0.0

    def _lost_at(self, row: int, first: int, after_last: int) -> datetime | None:
        """When the recorder starts to lose what is still to be had of these bins."""
        begin = row * self.model.bins.count
        lost_in_s = self._footage.lost_in_s[begin + first : begin + after_last]
        waiting = lost_in_s[(lost_in_s > 0.0) & np.isfinite(lost_in_s)]
        if not len(waiting):
            return None
        return self.settings.now + timedelta(seconds=float(waiting.min()))
