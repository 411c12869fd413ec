"""Which footage of which camera and time can still be had, for all of a search at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from cameras.camera import CameraStatus
from cameras.held import TimeSpan, held_within
from cameras.planning.search import SearchModel
from cameras.ranking import Candidate
from geo.distance import FloatArray

# How likely footage can be had. None is 0, or a camera with a wrong entry would never be asked.
_HELD, _ON_RECORDER, _NOT_KNOWN, _OVERWRITTEN = 1.0, 0.9, 0.7, 0.02
_OFFLINE = 0.5

_URGENCY = 2.0  # footage that is lost this minute is worth 1 + this times as much as safe footage
_URGENCY_FADES_S = 4 * 3600.0


@dataclass(frozen=True, eq=False)
class FootageTable:
    """By (camera, bin) column: how likely footage can be had (0 only in the future), and when its
    recorder starts to lose it, in seconds from now (infinite where it is safe or not known).
    """

    available: FloatArray
    lost_in_s: FloatArray

    @property
    def urgency(self) -> FloatArray:
        """What the value of looking is multiplied with, 1 or more: waiting would lose it."""
        factor = np.ones(len(self.lost_in_s))
        waiting = np.flatnonzero((self.lost_in_s > 0.0) & np.isfinite(self.lost_in_s))
        factor[waiting] += _URGENCY * np.exp(-self.lost_in_s[waiting] / _URGENCY_FADES_S)
        return factor


def footage_table(
    model: SearchModel, candidates: Sequence[Candidate], now: datetime
) -> FootageTable:
    """What can be had at `now` of the model's cameras; one without a candidate is not known."""
    shape = (len(model.camera_ids), model.bins.count)
    start_s = np.arange(model.bins.count) * model.bins.bin_s - model.bins.seconds_at(now)
    available, lost_in_s = np.full(shape, _NOT_KNOWN), np.full(shape, np.inf)
    for entry in candidates:
        row = model.row_of.get(entry.camera_id)
        if row is None:
            continue
        if entry.camera.retention_hours is not None:
            lost_in_s[row] = start_s + 3600.0 * entry.camera.retention_hours
            available[row] = np.where(lost_in_s[row] > 0.0, _ON_RECORDER, _OVERWRITTEN)
        if entry.camera.status is CameraStatus.OFFLINE:
            available[row] *= _OFFLINE
        held = _held_share(model, entry)
        available[row] = np.maximum(available[row], _HELD * held)
        lost_in_s[row] = np.where(held > 0.99, np.inf, lost_in_s[row])
    available[:, start_s >= 0.0] = 0.0
    return FootageTable(available.ravel(), lost_in_s.ravel())


def _held_share(model: SearchModel, entry: Candidate) -> FloatArray:
    """The share of each bin whose footage is at hand."""
    bins = model.bins
    share = np.zeros(bins.count)
    for span in held_within(entry.footage, TimeSpan(bins.start, bins.end)):
        first, after_last = bins.touched(span.start, span.end)
        edges_s = np.arange(first, after_last + 1) * bins.bin_s
        begin_s = np.maximum(edges_s[:-1], bins.seconds_at(span.start))
        end_s = np.minimum(edges_s[1:], bins.seconds_at(span.end))
        share[first:after_last] += np.maximum(end_s - begin_s, 0.0) / bins.bin_s
    return np.minimum(share, 1.0)
