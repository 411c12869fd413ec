"""Which decoded frames are given: the first of each cell of the grid, or with a gate only those
cells in which something moved, and one in a while.

Time is cut into periods of `look_every_s`, anchored as the grid is. The first frame tested in each
period is always given and forgets all that was before, which is why a resumed reading that begins
one whole period earlier gives the same frames as an undisturbed one.
"""

import math
from collections.abc import Iterator

from av.video.frame import VideoFrame

from cameras.footage.coverage import CoverageLog
from cameras.footage.decoding import TIME_TOLERANCE_S
from cameras.footage.gating import MotionGate
from cameras.footage.stillness import Grey, GreyMaker, has_moved


class Sampler:
    """Picks frames of one reading in order of time and accounts for them in the log."""

    def __init__(
        self, every_s: float, gate: MotionGate | None, from_s: float, log: CoverageLog
    ) -> None:
        self._every_s = every_s
        self._gate = gate
        self._from_s = from_s
        self._log = log
        self._last_cell = -1
        self._greys = GreyMaker()
        self._period = -1
        self._given: Grey | None = None
        self._hold_until_s = -math.inf

    def pick(
        self, decoded: Iterator[tuple[float, VideoFrame]], to_s: float
    ) -> Iterator[tuple[float, VideoFrame, int]]:
        """Time, frame and cell of each frame that is given, from `from_s` up to before `to_s`."""
        for at_s, frame in decoded:
            if at_s >= to_s - TIME_TOLERANCE_S:
                return
            cell = math.floor((at_s + TIME_TOLERANCE_S) / self._every_s)
            if cell <= self._last_cell:
                continue
            is_wanted = at_s >= self._from_s - TIME_TOLERANCE_S
            if not is_wanted and self._gate is None:
                continue
            self._last_cell = cell
            is_given = self._gate is None or self._is_lively(at_s, frame, self._gate)
            if not is_wanted:
                continue
            if is_given:
                self._log.look(at_s)
                yield at_s, frame, cell
            else:
                self._log.glance(at_s)

    def _is_lively(self, at_s: float, frame: VideoFrame, gate: MotionGate) -> bool:
        grey = self._greys.small_grey(frame)
        period = math.floor((at_s + TIME_TOLERANCE_S) / gate.look_every_s)
        if self._given is None or period > self._period:
            self._period, self._given, self._hold_until_s = period, grey, -math.inf
            return True
        if has_moved(self._given, grey):
            self._hold_until_s = at_s + gate.hold_s
        elif at_s > self._hold_until_s:
            return False
        self._given = grey
        return True
