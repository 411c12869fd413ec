"""Walking about without a goal: ahead rather than back, within a leash, with pauses."""

from dataclasses import dataclass

import numpy as np

from geo.distance import FloatArray
from geo.network import BoolArray, IntArray, StreetNetwork
from geo.particles.tracks import runs
from geo.particles.travellers import OFF_STREET, PAUSING_SHOWS, WALKING_SHOWS, Travellers

_MOST_STEPS = 600
_OPEN_STEP_M = 60.0
_OPEN_TURN_RAD = 0.5
_PAUSE_CHANCE, _PAUSE_MEAN_S = 0.02, 400.0
_STRAIGHT_ON = 1.5  # how much likelier a street straight ahead is, as a logarithm
_TURN_BACK, _BEYOND_LEASH = -3.5, -3.5  # and how much less likely these are


@dataclass
class Wanderers:
    """Some of the travellers, with what each is bound by; arrays are aligned with `who`."""

    travellers: Travellers
    who: IntArray
    origin_x_m: FloatArray
    origin_y_m: FloatArray
    leash_m: FloatArray
    stop_s: FloatArray
    speed_m_per_s: FloatArray
    rng: np.random.Generator

    def wander(self) -> None:
        """Let each walk until its time to stop."""
        streets = self.travellers.network
        on_street = self.travellers.node[self.who] != OFF_STREET
        if streets is not None:
            self._along_streets(np.flatnonzero(on_street), streets)
        self._over_open_ground(np.flatnonzero(~on_street))

    def _going(self, rows: IntArray) -> IntArray:
        until_s = np.minimum(self.stop_s[rows], self.travellers.log.end_s)
        return rows[self.travellers.at_s[self.who[rows]] < until_s]

    def _along_streets(self, rows: IntArray, network: StreetNetwork) -> None:
        table = _neighbour_table(network)
        heading = self.rng.uniform(0.0, 2 * np.pi, len(self.who))
        came_from = np.full(len(self.who), OFF_STREET, dtype=np.int32)
        for _ in range(_MOST_STEPS):
            rows = self._going(rows)
            if not len(rows):
                return
            who = self.who[rows]
            here = self.travellers.node[who]
            logs, turn = self._preferences(rows, here, table, network, heading, came_from)
            pick = np.argmax(logs + self.rng.gumbel(size=logs.shape), axis=1)
            chosen = (np.arange(len(rows)), pick)
            heading[rows], came_from[rows] = turn[chosen], here
            self.travellers.step(
                who, table.node[here, pick], table.segment[here, pick], table.reverse[here, pick],
                self.speed_m_per_s[rows],
            )  # fmt: skip
            self._pause(rows)

    def _preferences(
        self,
        rows: IntArray,
        here: IntArray,
        table: "_NeighbourTable",
        network: StreetNetwork,
        heading: FloatArray,
        came_from: IntArray,
    ) -> tuple[FloatArray, FloatArray]:
        """Logarithms of how likely each neighbour is next, and the directions they lie in."""
        x_m, y_m = network.xy_m
        options = table.node[here]
        turn = np.arctan2(x_m[options] - x_m[here, None], y_m[options] - y_m[here, None])
        away_m = np.hypot(
            x_m[options] - self.origin_x_m[rows, None], y_m[options] - self.origin_y_m[rows, None]
        )
        logs = _STRAIGHT_ON * np.cos(turn - heading[rows, None])
        logs += np.where(options == came_from[rows, None], _TURN_BACK, 0.0)
        logs += np.where(away_m > self.leash_m[rows, None], _BEYOND_LEASH, 0.0)
        return np.where(options < 0, -np.inf, logs), turn

    def _over_open_ground(self, rows: IntArray) -> None:
        heading = self.rng.uniform(0.0, 2 * np.pi, len(self.who))
        for _ in range(_MOST_STEPS):
            rows = self._going(rows)
            if not len(rows):
                return
            who = self.who[rows]
            back_x = self.origin_x_m[rows] - self.travellers.x_m[who]
            back_y = self.origin_y_m[rows] - self.travellers.y_m[who]
            strayed = np.hypot(back_x, back_y) > self.leash_m[rows]
            ahead = np.where(strayed, np.arctan2(back_x, back_y), heading[rows])
            heading[rows] = ahead + self.rng.normal(0.0, _OPEN_TURN_RAD, len(rows))
            self.travellers.go_straight(
                who,
                self.travellers.x_m[who] + _OPEN_STEP_M * np.sin(heading[rows]),
                self.travellers.y_m[who] + _OPEN_STEP_M * np.cos(heading[rows]),
                self.speed_m_per_s[rows],
                WALKING_SHOWS,
            )
            self._pause(rows)

    def _pause(self, rows: IntArray) -> None:
        resting = self.who[rows[self.rng.random(len(rows)) < _PAUSE_CHANCE]]
        pause_s = self.rng.exponential(_PAUSE_MEAN_S, len(resting))
        self.travellers.stay(resting, pause_s, PAUSING_SHOWS)


@dataclass(frozen=True)
class _NeighbourTable:
    """Neighbours as a rectangle, one row for each node, −1 where a node has fewer."""

    node: IntArray
    segment: IntArray
    reverse: BoolArray


def _neighbour_table(network: StreetNetwork) -> _NeighbourTable:
    near = network.adjacency
    degree = np.diff(near.offsets)
    shape = (network.node_count, int(degree.max()))
    row, place = runs(degree)
    node, segment = np.full(shape, -1, np.int32), np.full(shape, -1, np.int32)
    reverse = np.zeros(shape, np.bool_)
    node[row, place], segment[row, place] = near.neighbour, near.segment
    reverse[row, place] = near.reverse
    return _NeighbourTable(node, segment, reverse)
