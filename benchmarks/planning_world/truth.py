"""True disappearances: people of several kinds on errands, by rules that are not the planner's.

Differences to what the planner assumes, on purpose: destinations are popular places chosen by
gravity instead of distances from a table; ways are each person's own idea of short instead of the
shortest; speeds are uniform; part of the way may be ridden; nobody shows while staying or riding;
cameras see 20 to 60 m instead of 40, and a third of them only a sector that no registry knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from geo.distance import FloatArray
from geo.network import StreetNetwork
from geo.points import Point

EPOCH = datetime(2026, 11, 18, 6, 0, tzinfo=UTC)
_STEP_S = 1.0
_LEAST_PASS_S = 1.5
_WAY_NOISE = 0.35
_WRONG_CATEGORY, _WRONG_TIME = 1 / 3, 1 / 3
_PLACE_ERROR_M, TOLD_UNCERTAINTY_M = 60.0, 100.0


@dataclass(frozen=True)
class Kind:
    """How people of some categories really move: all ranges are uniform."""

    categories: tuple[str, ...]
    speed_m_per_s: tuple[float, float]
    gravity_m: float
    errands: tuple[int, int]
    stop_s: tuple[float, float]
    ride_share: float


KINDS = (
    Kind(("child_1_3", "child_4_6"), (0.4, 0.9), 350.0, (1, 3), (120.0, 3600.0), 0.03),
    Kind(("child_7_9", "child_10_12"), (0.7, 1.4), 800.0, (1, 5), (120.0, 3600.0), 0.12),
    Kind(("youth_13_15", "despondent"), (0.9, 1.7), 1500.0, (2, 6), (180.0, 5400.0), 0.30),
    Kind(("dementia", "autistic"), (0.5, 1.3), 1100.0, (2, 6), (60.0, 2700.0), 0.15),
)


@dataclass(frozen=True)
class World:
    """Streets, cameras as they really are, and the places people go to."""

    network: StreetNetwork
    camera_x_m: FloatArray
    camera_y_m: FloatArray
    true_range_m: FloatArray
    true_heading_rad: FloatArray
    true_half_rad: FloatArray
    places: NDArray[np.int64]
    popularity: FloatArray


@dataclass(frozen=True)
class Passes:
    """True passes in order of time: camera row, seconds since `EPOCH`, whether it is detected."""

    camera: NDArray[np.int64]
    at_s: FloatArray
    detected: NDArray[np.bool_]


@dataclass(frozen=True)
class Case:
    """One disappearance: what the planner is told, and what is true."""

    true_category: str
    told_category: str
    told_place: Point
    told_at: datetime
    asked_at: datetime
    passes: Passes

    @property
    def window(self) -> tuple[datetime, datetime]:
        """The footage that every strategy may look at."""
        return self.told_at - timedelta(hours=1), self.asked_at


def make_world(
    network: StreetNetwork, camera_x_m: FloatArray, camera_y_m: FloatArray, seed: int
) -> World:
    rng = np.random.default_rng(seed)
    count = len(camera_x_m)
    sector = rng.random(count) < 1 / 3
    places = rng.choice(network.node_count, min(200, network.node_count // 4), replace=False)
    return World(
        network,
        camera_x_m,
        camera_y_m,
        rng.uniform(20.0, 60.0, count),
        rng.uniform(-np.pi, np.pi, count),
        np.where(sector, np.radians(60.0), np.pi),
        places,
        rng.pareto(1.5, len(places)) + 0.3,
    )


def draw_case(world: World, rng: np.random.Generator) -> Case | None:
    """One disappearance; None where no camera would ever have found the person."""
    kind = KINDS[rng.integers(len(KINDS))]
    true_category = str(rng.choice(kind.categories))
    start = _start(world, rng)
    length_s = rng.uniform(3.0, 10.0) * 3600.0
    track = _track(world, kind, start, length_s, rng)
    passes = _passes(world, track, rng)
    error_s = rng.uniform(-3600.0, 3600.0) if rng.random() < _WRONG_TIME else 0.0
    told_at = EPOCH + timedelta(seconds=float(error_s))
    asked_at = EPOCH + timedelta(seconds=float(length_s))
    begin_s = error_s - 3600.0
    in_window = passes.detected & (passes.at_s >= begin_s)
    if not in_window.any():
        return None
    x_m, y_m = world.network.xy_m
    latitude, longitude = world.network.plane.to_degrees(
        x_m[start] + rng.normal(0.0, _PLACE_ERROR_M), y_m[start] + rng.normal(0.0, _PLACE_ERROR_M)
    )
    told_category = true_category
    if rng.random() < _WRONG_CATEGORY:
        others = [name for one in KINDS for name in one.categories if name != true_category]
        told_category = str(rng.choice(others))
    place = Point(float(latitude), float(longitude))
    return Case(true_category, told_category, place, told_at, asked_at, passes)


def _start(world: World, rng: np.random.Generator) -> int:
    """Somewhere in the middle half of the streets, so that ways in all directions exist."""
    x_m, y_m = world.network.xy_m
    inner = (np.abs(x_m) < 0.25 * np.ptp(x_m)) & (np.abs(y_m) < 0.25 * np.ptp(y_m))
    return int(rng.choice(np.flatnonzero(inner)))


@dataclass(frozen=True)
class _Track:
    """Positions every second of walking; what is stayed or ridden leaves gaps."""

    at_s: FloatArray
    x_m: FloatArray
    y_m: FloatArray


def _track(
    world: World, kind: Kind, start: int, length_s: float, rng: np.random.Generator
) -> _Track:
    graph = _own_idea_of_short(world.network, rng)
    speed = rng.uniform(*kind.speed_m_per_s)
    now_s, node = rng.uniform(0.0, 1200.0), start
    parts: list[tuple[FloatArray, FloatArray, FloatArray]] = []
    for _ in range(int(rng.integers(kind.errands[0], kind.errands[1] + 1))):
        if now_s >= length_s:
            break
        away, before = dijkstra(graph, indices=node, return_predecessors=True)
        goal = _draw_place(world, node, kind.gravity_m, rng)
        if goal == node or not np.isfinite(away[goal]):
            continue
        path = _path(before, node, goal)
        rides = rng.random() < kind.ride_share
        leg = _timed(world.network, path, now_s, rng.uniform(4.0, 8.0) if rides else speed)
        if not rides:
            parts.append(leg)
        now_s = float(leg[0][-1]) + rng.uniform(*kind.stop_s)
        node = goal
    at_s, x_m, y_m = (np.concatenate([part[i] for part in parts] or [[]]) for i in range(3))
    keep = at_s < length_s
    return _Track(at_s[keep], x_m[keep], y_m[keep])


def _own_idea_of_short(network: StreetNetwork, rng: np.random.Generator) -> csr_matrix:
    cost = network.length_m * np.exp(rng.normal(0.0, _WAY_NOISE, network.segment_count))
    start = np.concatenate([network.first, network.second])
    end = np.concatenate([network.second, network.first])
    shape = (network.node_count, network.node_count)
    return csr_matrix((np.concatenate([cost, cost]), (start, end)), shape=shape)


def _draw_place(world: World, node: int, gravity_m: float, rng: np.random.Generator) -> int:
    x_m, y_m = world.network.xy_m
    away_m = np.hypot(x_m[world.places] - x_m[node], y_m[world.places] - y_m[node])
    pull = world.popularity * np.exp(-away_m / gravity_m) * (away_m > 50.0)
    return int(rng.choice(world.places, p=pull / pull.sum()))


def _path(before: NDArray[np.int32], start: int, goal: int) -> NDArray[np.int64]:
    path = [goal]
    while path[-1] != start:
        path.append(int(before[path[-1]]))
    return np.array(path[::-1])


def _timed(
    network: StreetNetwork, path: NDArray[np.int64], start_s: float, speed: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Positions every `_STEP_S` along a path, at constant speed."""
    x_m, y_m = network.xy_m[0][path], network.xy_m[1][path]
    along_m = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x_m), np.diff(y_m)))])
    at_s = np.arange(0.0, along_m[-1] / speed + _STEP_S, _STEP_S)
    walked_m = np.minimum(at_s * speed, along_m[-1])
    return start_s + at_s, np.interp(walked_m, along_m, x_m), np.interp(walked_m, along_m, y_m)


def _passes(world: World, track: _Track, rng: np.random.Generator) -> Passes:
    if not len(track.at_s):
        none = np.empty(0)
        return Passes(none.astype(np.int64), none, none.astype(np.bool_))
    cameras = cKDTree(np.column_stack([world.camera_x_m, world.camera_y_m]))
    steps = cKDTree(np.column_stack([track.x_m, track.y_m]))
    pairs = cameras.sparse_distance_matrix(
        steps, float(world.true_range_m.max()), output_type="ndarray"
    )
    camera, step = pairs["i"], pairs["j"]
    bearing = np.arctan2(
        track.x_m[step] - world.camera_x_m[camera], track.y_m[step] - world.camera_y_m[camera]
    )
    off = np.abs(np.angle(np.exp(1j * (bearing - world.true_heading_rad[camera]))))
    seen = (pairs["v"] <= world.true_range_m[camera]) & (off <= world.true_half_rad[camera])
    camera, step = camera[seen], step[seen]
    order = np.lexsort((step, camera))
    camera, at_s = camera[order], track.at_s[step[order]]
    if not len(camera):
        return Passes(camera.astype(np.int64), at_s, np.empty(0, np.bool_))
    begins = np.flatnonzero(
        np.concatenate([[True], (np.diff(camera) != 0) | (np.diff(at_s) > 2 * _STEP_S)])
    )
    ends = np.concatenate([begins[1:], [len(camera)]]) - 1
    long_enough = at_s[ends] - at_s[begins] >= _LEAST_PASS_S
    camera, at_s = camera[begins[long_enough]], at_s[ends[long_enough]]
    miss = rng.uniform(0.10, 0.30)
    order = np.argsort(at_s, kind="stable")
    return Passes(
        camera[order].astype(np.int64), at_s[order], (rng.random(len(camera)) >= miss)[order]
    )
