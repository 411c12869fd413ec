"""What visits found, and what that makes of a belief."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np

from cameras.errors import CamerasError
from cameras.held import TimeSpan
from cameras.planning.search import SearchModel
from geo.belief import Belief, Look, after_empty, after_sighting
from geo.distance import FloatArray

LEAST_LEFT = 0.02
"""Footage that was looked at in whole is still worth this much of a first look: never nothing."""


class Outcome(StrEnum):
    """What a visit came to. `REJECTED` means that every face proposed there was rejected, which
    says as much as an empty visit; `OPEN` that faces wait to be judged, which says nothing yet.
    """

    EMPTY = "empty"
    REJECTED = "rejected"
    OPEN = "open"
    CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True)
class DetectionModel:
    """Factors of a visit's probability of detection, for someone who walked through the view.

    `decoded_share` is the part of the window that was really decoded, `visible_share` the chance
    that a face was large enough and turned enough, `true_match_rate` the recogniser's, at its
    threshold. Raises `CamerasError` where one is not from 0 to 1.
    """

    decoded_share: float = 1.0
    visible_share: float = 0.85
    true_match_rate: float = 0.95

    def __post_init__(self) -> None:
        for factor in (self.decoded_share, self.visible_share, self.true_match_rate):
            if not 0.0 <= factor <= 1.0:
                raise CamerasError("The shares of a detection model are from 0 to 1.")

    @property
    def probability(self) -> float:
        """The probability of detection, 0 to 1."""
        return self.decoded_share * self.visible_share * self.true_match_rate


@dataclass(frozen=True, slots=True)
class VisitResult:
    """One finished visit. `detection_probability` includes the share that was decoded.

    `covered_share` is how much of the window was looked at, so need not be again. A confirmed
    sighting has its time and a reliability from 0 to below 1. If it has become a last-known
    location that the model starts from, leave it out here, or it counts twice.
    """

    camera_id: int
    window: TimeSpan
    outcome: Outcome
    detection_probability: float = DetectionModel().probability
    covered_share: float = 1.0
    sighted_at: datetime | None = None
    reliability: float = 0.9

    def __post_init__(self) -> None:
        for value in (self.detection_probability, self.covered_share):
            if not (math.isfinite(value) and 0.0 <= value <= 1.0):
                raise CamerasError("A visit's probability of detection is from 0 to 1.")
        if not 0.0 <= self.reliability < 1.0:
            raise CamerasError("The reliability of a sighting is from 0 up to but not 1.")
        if self.outcome is Outcome.CONFIRMED and self.sighted_at is None:
            raise CamerasError("A confirmed sighting needs the time at which it was seen.")


def belief_after(
    model: SearchModel, results: Sequence[VisitResult], start: Belief | None = None
) -> Belief:
    """The belief after `results`, from `start` or the model's first belief.

    The order of results does not matter, and a window may come in parts. Cameras and times that
    the model does not hold say nothing.
    """
    belief = start or model.first_belief()
    looks = [_look(model, result) for result in results if _is_empty(result)]
    belief = after_empty(belief, model.passes, [look for look in looks if look is not None])
    for result in results:
        row = model.row_of.get(result.camera_id)
        if row is None or result.outcome is not Outcome.CONFIRMED or result.sighted_at is None:
            continue
        first = math.floor(model.bins.seconds_at(result.sighted_at) / model.bins.bin_s)
        if 0 <= first < model.bins.count:
            bins = range(first, first + 1)
            belief = after_sighting(belief, model.passes, row, bins, result.reliability)
    return belief


def share_left(model: SearchModel, results: Sequence[VisitResult]) -> FloatArray:
    """For each column, how much of it is still worth looking at: `LEAST_LEFT` to 1."""
    left = np.ones(model.passes.column_count)
    for result in results:
        row = model.row_of.get(result.camera_id)
        if row is None:
            continue
        first, overlap = _overlaps(model, result.window)
        begin = row * model.bins.count + first
        left[begin : begin + len(overlap)] *= 1.0 - result.covered_share * overlap
    return np.maximum(left, LEAST_LEFT)


def _is_empty(result: VisitResult) -> bool:
    return result.outcome in (Outcome.EMPTY, Outcome.REJECTED)


def _look(model: SearchModel, result: VisitResult) -> Look | None:
    row = model.row_of.get(result.camera_id)
    if row is None:
        return None
    first, overlap = _overlaps(model, result.window)
    return Look(row, first, result.detection_probability * overlap)


def _overlaps(model: SearchModel, window: TimeSpan) -> tuple[int, FloatArray]:
    """The first bin that a window touches, and the share of it and each further one it covers."""
    bins = model.bins
    first, after_last = bins.touched(window.start, window.end)
    edges_s = np.arange(first, after_last + 1) * bins.bin_s
    begin_s = np.maximum(edges_s[:-1], bins.seconds_at(window.start))
    end_s = np.minimum(edges_s[1:], bins.seconds_at(window.end))
    return first, np.clip((end_s - begin_s) / bins.bin_s, 0.0, 1.0)
