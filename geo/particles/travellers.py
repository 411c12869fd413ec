"""Particles on their way: where each is now, and the ways they can move.

The state is changed in place while journeys are simulated; nothing outside this package sees it.
"""

from dataclasses import dataclass

import numpy as np

from geo.distance import FloatArray
from geo.network import BoolArray, IntArray, StreetNetwork, WayTrees
from geo.particles.tracks import TrackLog

OFF_STREET = -1
WALKING_SHOWS, RIDING_SHOWS, STAYING_SHOWS, PAUSING_SHOWS = 1.0, 0.15, 0.2, 0.6
"""How well a face shows to a camera against someone walking: a rider sits behind glass, and who
stays somewhere is mostly indoors."""


@dataclass
class Travellers:
    """All particles: seconds and metres now, and the node they stand on or `OFF_STREET`."""

    at_s: FloatArray
    x_m: FloatArray
    y_m: FloatArray
    node: IntArray
    log: TrackLog
    network: StreetNetwork | None

    def stay(self, who: IntArray, duration_s: FloatArray, visibility: float) -> None:
        """Remain at the present place."""
        here = self.x_m[who], self.y_m[who]
        until_s = self.at_s[who] + duration_s
        self.log.add(who, self.at_s[who], until_s, here, here, visibility=visibility)
        self.at_s[who] = until_s

    def stay_until_end(self, who: IntArray) -> None:
        """Remain at the present place for the rest of the search's time."""
        left_s = np.maximum(self.log.end_s - self.at_s[who], 0.0)
        self.stay(who, left_s, STAYING_SHOWS)

    def go_straight(
        self,
        who: IntArray,
        x_m: FloatArray,
        y_m: FloatArray,
        speed_m_per_s: FloatArray,
        visibility: float,
    ) -> None:
        """Cross open ground in a straight line; whoever does has left the street."""
        way_m = np.hypot(x_m - self.x_m[who], y_m - self.y_m[who])
        until_s = self.at_s[who] + way_m / speed_m_per_s
        here = self.x_m[who], self.y_m[who]
        self.log.add(who, self.at_s[who], until_s, here, (x_m, y_m), visibility=visibility)
        self.at_s[who], self.x_m[who], self.y_m[who] = until_s, x_m, y_m
        self.node[who] = OFF_STREET

    def go_by_tree(
        self,
        who: IntArray,
        trees: WayTrees,
        row: IntArray,
        node: IntArray,
        speed_m_per_s: FloatArray,
        visibility: float,
        *,
        outward: bool,
    ) -> None:
        """Follow the shortest way between the root of a tree (`row`) and `node`.

        `outward` leads from the root to the node, otherwise from the node to the root. Whoever has
        no way there stays where they are.
        """
        whole_m = trees.distance_m[row, node].astype(np.float64)
        can = np.isfinite(whole_m)
        who, row, node = who[can], row[can], node[can]
        whole_m, speed_m_per_s = whole_m[can], speed_m_per_s[can]
        self._log_tree(who, trees, row, node, whole_m, speed_m_per_s, visibility, outward=outward)
        self.at_s[who] += whole_m / speed_m_per_s
        self._stand_on(who, node if outward else trees.roots[row])

    def step(
        self,
        who: IntArray,
        node: IntArray,
        segment: IntArray,
        reverse: BoolArray,
        speed_m_per_s: FloatArray,
    ) -> None:
        """Walk one segment to a neighbouring node."""
        if self.network is None:
            return
        x_m, y_m = self.network.xy_m
        until_s = self.at_s[who] + self.network.length_m[segment] / speed_m_per_s
        here = self.x_m[who], self.y_m[who]
        self.log.add(
            who, self.at_s[who], until_s, here, (x_m[node], y_m[node]),
            visibility=WALKING_SHOWS, segment=segment, reverse=reverse,
        )  # fmt: skip
        self.at_s[who] = until_s
        self._stand_on(who, node)

    def _log_tree(
        self,
        who: IntArray,
        trees: WayTrees,
        row: IntArray,
        node: IntArray,
        whole_m: FloatArray,
        speed_m_per_s: FloatArray,
        visibility: float,
        *,
        outward: bool,
    ) -> None:
        """Walk all ways back towards their roots at once, one segment at a time."""
        assert self.network is not None  # trees exist on a network only  # noqa: S101
        x_m, y_m = self.network.xy_m
        begin_s = self.at_s[who]
        far = node
        while len(who):
            near = trees.previous[row, far]
            moving = near >= 0
            who, row, far, near = who[moving], row[moving], far[moving], near[moving]
            begin_s, whole_m, speed_m_per_s = (
                values[moving] for values in (begin_s, whole_m, speed_m_per_s)
            )
            near_m, far_m = trees.distance_m[row, near], trees.distance_m[row, far]
            start, end = (near, far) if outward else (far, near)
            from_m, to_m = (near_m, far_m) if outward else (whole_m - far_m, whole_m - near_m)
            self.log.add(
                who, begin_s + from_m / speed_m_per_s, begin_s + to_m / speed_m_per_s,
                (x_m[start], y_m[start]), (x_m[end], y_m[end]),
                visibility=visibility,
                segment=trees.segment[row, far],
                reverse=trees.reverse[row, far] ^ (not outward),
            )  # fmt: skip
            far = near

    def _stand_on(self, who: IntArray, node: IntArray) -> None:
        if self.network is None:
            return
        x_m, y_m = self.network.xy_m
        self.node[who] = node
        self.x_m[who], self.y_m[who] = x_m[node], y_m[node]
