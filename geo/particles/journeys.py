"""Journeys of all behaviours: errands from place to place, and wandering about."""

from dataclasses import dataclass

import numpy as np

from geo.behaviours import (
    VEHICLE_M_PER_S,
    SubjectProfile,
    draw_stay_s,
    draw_wait_s,
    draw_walking_m_per_s,
)
from geo.distance import FloatArray
from geo.network import IntArray, StreetNetwork, TravelMode, WayTrees
from geo.particles.travellers import (
    OFF_STREET,
    PAUSING_SHOWS,
    RIDING_SHOWS,
    STAYING_SHOWS,
    WALKING_SHOWS,
    Travellers,
)
from geo.plane import LocalPlane

_ON_STREET_M = 150.0  # a destination this near a street is reached by it, else over open ground
_WAIT_MEAN_S = 600.0
_STAY_MEDIAN_S = 2400.0
_GOES_ON = 0.6  # the chance of another errand after each
_MOST_ERRANDS = 4
_MEETING_POINTS = 32  # nodes through which ways between two errands lead
_NEAR_M = (300.0, 3000.0)  # how far the next meeting point may lie, at the least and most
_WANDER_MEDIAN_S = 7200.0
_MOST_STEPS = 600
_OPEN_STEP_M = 60.0
_PAUSE_CHANCE, _PAUSE_MEAN_S = 0.02, 400.0
_LEAST_LEASH_M = 120.0
_TURN_BACK, _BEYOND_LEASH = 0.03, 0.03


@dataclass
class Ground:
    """Where journeys happen: the plane, the streets if any, and the trees of ways over them.

    `trees` has the starts' roots in its first `start_count` rows, then meeting points, then home.
    """

    plane: LocalPlane
    network: StreetNetwork | None = None
    trees: WayTrees | None = None
    drives: WayTrees | None = None
    start_count: int = 0

    @classmethod
    def without_streets(cls, plane: LocalPlane) -> "Ground":
        """Open ground all round."""
        return cls(plane)

    @classmethod
    def on_streets(
        cls, network: StreetNetwork, roots: IntArray, rng: np.random.Generator
    ) -> "Ground":
        """Streets, with ways from `roots` and from some meeting points spread over the network."""
        meeting = rng.integers(0, network.node_count, _MEETING_POINTS, dtype=np.int32)
        trees = network.way_trees(np.concatenate([roots, meeting]))
        drives = network.way_trees(roots, TravelMode.BY_VEHICLE)
        return cls(network.plane, network, trees, drives, len(roots))


@dataclass
class Journeys:
    """Simulates journeys for `travellers`; `origin` x and y and `tree_row` are those of each."""

    travellers: Travellers
    ground: Ground
    profile: SubjectProfile
    origin_x_m: FloatArray
    origin_y_m: FloatArray
    tree_row: IntArray
    speed_m_per_s: FloatArray
    rng: np.random.Generator

    def run_errands(self, who: IntArray, first: TravelMode) -> None:
        """Go somewhere, stay a while, perhaps go on, and stay at the last place."""
        self._wait(who)
        if first is TravelMode.BY_VEHICLE:
            self._go_out(who, self._draw_targets(who), first)
        else:
            self._go_out(who, self._draw_targets(who), TravelMode.ON_FOOT)
        active = who
        for _ in range(_MOST_ERRANDS):
            goes_on = (self.rng.random(len(active)) < _GOES_ON) & self._has_time(active)
            self.travellers.stay_until_end(active[~goes_on])
            active = active[goes_on]
            if not len(active):
                return
            stay_s = draw_stay_s(_STAY_MEDIAN_S, len(active), self.rng)
            self.travellers.stay(active, stay_s, STAYING_SHOWS)
            self._next_errand(active)
        self.travellers.stay_until_end(active)

    def head_home(self, who: IntArray, home_xy_m: tuple[float, float]) -> None:
        """Walk home and stay there."""
        self._wait(who)
        targets = np.full(len(who), home_xy_m[0]), np.full(len(who), home_xy_m[1])
        self._go_out(who, targets, TravelMode.ON_FOOT)
        self.travellers.stay_until_end(who)

    def wander(self, who: IntArray) -> None:
        """Walk about without a goal, within a leash drawn from the prior, with pauses."""
        self._wait(who)
        leash_m = np.maximum(self.profile.prior.draw_m(len(who), self.rng), _LEAST_LEASH_M)
        stop_s = self.travellers.at_s[who] + draw_stay_s(_WANDER_MEDIAN_S, len(who), self.rng)
        on_street = self.travellers.node[who] != OFF_STREET
        self._wander_streets(who[on_street], leash_m[on_street], stop_s[on_street])
        self._wander_open(who[~on_street], leash_m[~on_street], stop_s[~on_street])
        self.travellers.stay_until_end(who)

    def _wait(self, who: IntArray) -> None:
        self.travellers.stay(who, draw_wait_s(_WAIT_MEAN_S, len(who), self.rng), PAUSING_SHOWS)

    def _has_time(self, who: IntArray) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        return self.travellers.at_s[who] < self.travellers.log.end_s

    def _draw_targets(self, who: IntArray) -> tuple[FloatArray, FloatArray]:
        """Destinations around where each particle began, at a distance drawn from the prior."""
        distance_m = self.profile.prior.draw_m(len(who), self.rng)
        bearing = self.rng.uniform(0.0, 2 * np.pi, len(who))
        return (
            self.origin_x_m[who] + distance_m * np.sin(bearing),
            self.origin_y_m[who] + distance_m * np.cos(bearing),
        )

    def _go_out(
        self, who: IntArray, targets: tuple[FloatArray, FloatArray], mode: TravelMode
    ) -> None:
        """From the start, over streets where there are some, then straight on where they end."""
        trees = self.ground.drives if mode is TravelMode.BY_VEHICLE else self.ground.trees
        self._travel(who, self.tree_row[who], targets, mode, trees)

    def _travel(
        self,
        who: IntArray,
        row: IntArray,
        targets: tuple[FloatArray, FloatArray],
        mode: TravelMode,
        trees: WayTrees | None,
    ) -> None:
        speed = self._speeds(who, mode)
        shows = RIDING_SHOWS if mode is TravelMode.BY_VEHICLE else WALKING_SHOWS
        if self.ground.network is None or trees is None:
            self.travellers.go_straight(who, *targets, speed, shows)
            return
        street = self.travellers.node[who] != OFF_STREET
        gap_m = np.zeros(len(who))
        node, gap_m[street] = self._nearest(targets[0][street], targets[1][street])
        self.travellers.go_by_tree(
            who[street], trees, row[street], node, speed[street], shows, outward=True
        )
        beyond = ~street | (gap_m > _ON_STREET_M)
        self.travellers.go_straight(
            who[beyond], targets[0][beyond], targets[1][beyond], speed[beyond], shows
        )

    def _speeds(self, who: IntArray, mode: TravelMode) -> FloatArray:
        if mode is TravelMode.BY_VEHICLE:
            return self.rng.uniform(*VEHICLE_M_PER_S, len(who))
        return self.speed_m_per_s[who]

    def _nearest(self, x_m: FloatArray, y_m: FloatArray) -> tuple[IntArray, FloatArray]:
        assert self.ground.network is not None  # noqa: S101
        return self.ground.network.nearest_nodes(*self.ground.plane.to_degrees(x_m, y_m))

    def _next_errand(self, who: IntArray) -> None:
        """To a meeting point nearby and on to a new destination; off the streets, straight there."""
        trees = self.ground.trees
        street = self.travellers.node[who] != OFF_STREET
        if trees is not None and street.any():
            walkers = who[street]
            row = self._draw_meeting_rows(walkers, trees)
            self.travellers.go_by_tree(
                walkers, trees, row, self.travellers.node[walkers],
                self.speed_m_per_s[walkers], WALKING_SHOWS, outward=False,
            )  # fmt: skip
            targets = self._draw_targets(walkers)
            self._travel(walkers, row, targets, TravelMode.ON_FOOT, trees)
        others = who[~street]
        self.travellers.go_straight(
            others, *self._draw_targets(others), self.speed_m_per_s[others], WALKING_SHOWS
        )

    def _draw_meeting_rows(self, who: IntArray, trees: WayTrees) -> IntArray:
        """A meeting point or the own start for each, the likelier the nearer."""
        node = self.travellers.node[who]
        near_m = np.clip(self.profile.prior.draw_m(len(who), self.rng), *_NEAR_M)
        meeting_m = trees.distance_m[self.ground.start_count :, :][:, node]
        own_m = trees.distance_m[self.tree_row[who], node]
        away_m = np.vstack([meeting_m, own_m[None, :]])
        # Adding Gumbel noise to logarithms of weights and taking the highest draws by weight.
        chosen = np.argmax(-away_m / near_m + self.rng.gumbel(size=away_m.shape), axis=0)
        row = np.where(
            chosen == len(meeting_m), self.tree_row[who], chosen + self.ground.start_count
        )
        return row.astype(np.int32)

    def _wander_streets(self, who: IntArray, leash_m: FloatArray, stop_s: FloatArray) -> None:
        if self.ground.network is None or not len(who):
            return
        network = self.ground.network
        neighbour, segment, reverse = _padded_neighbours(network)
        x_m, y_m = network.xy_m
        came_from = np.full(len(who), -1, dtype=np.int32)
        for _ in range(_MOST_STEPS):
            going = (self.travellers.at_s[who] < stop_s) & self._has_time(who)
            who, leash_m, stop_s, came_from = (
                who[going], leash_m[going], stop_s[going], came_from[going],
            )  # fmt: skip
            if not len(who):
                return
            here = self.travellers.node[who]
            options = neighbour[here]
            ahead_x, ahead_y = x_m[options] - x_m[here, None], y_m[options] - y_m[here, None]
            logs = self._straightness(who, ahead_x, ahead_y)
            logs += np.where(options == came_from[:, None], np.log(_TURN_BACK), 0.0)
            away_m = np.hypot(
                x_m[options] - self.origin_x_m[who, None], y_m[options] - self.origin_y_m[who, None]
            )
            logs += np.where(away_m > leash_m[:, None], np.log(_BEYOND_LEASH), 0.0)
            logs = np.where(options < 0, -np.inf, logs + self.rng.gumbel(size=logs.shape))
            pick = np.argmax(logs, axis=1), 0
            choice = (np.arange(len(who)), pick[0])
            self._turn(who, ahead_x[choice], ahead_y[choice])
            self.travellers.step(
                who, options[choice], segment[here][choice], reverse[here][choice],
                self.speed_m_per_s[who],
            )  # fmt: skip
            came_from = here
            self._pause(who)
