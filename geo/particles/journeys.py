"""Journeys with a goal: errands from place to place, a ride, the way home."""

from dataclasses import dataclass

import numpy as np

from geo.behaviours import (
    VEHICLE_M_PER_S,
    SubjectProfile,
    draw_stay_s,
    draw_wait_s,
)
from geo.distance import FloatArray
from geo.network import BoolArray, IntArray, StreetNetwork, TravelMode, WayTrees
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
        self.wait(who)
        self._go_out(who, self._draw_targets(who), first)
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
        self.wait(who)
        targets = np.full(len(who), home_xy_m[0]), np.full(len(who), home_xy_m[1])
        self._go_out(who, targets, TravelMode.ON_FOOT)
        self.travellers.stay_until_end(who)

    def wait(self, who: IntArray) -> None:
        """Stay a little before setting out."""
        self.travellers.stay(who, draw_wait_s(_WAIT_MEAN_S, len(who), self.rng), PAUSING_SHOWS)

    def _has_time(self, who: IntArray) -> BoolArray:
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
        """By a meeting point nearby to a new destination; off the streets, straight there."""
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
