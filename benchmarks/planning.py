"""Search planning against looking at the nearest cameras first, in simulated disappearances.

Measured are camera-hours of footage processed until the first true sighting. Truth follows rules
of its own (see `planning_world/truth.py`): a third of the categories told are wrong, a third of
the times are off by up to an hour, and every detector misses 10 to 30 % of the passes. Only cases
in which some camera detects the person are played; how many were not is reported.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path

import numpy as np

from benchmarks.planning_world.plots import write_found_curves
from benchmarks.planning_world.strategies import (
    Look,
    Setting,
    every_camera_hours,
    hours_until_found,
    most_wrong_category,
    nearest_first,
    nearest_first_on_foot,
    oracle,
    planner,
    setting_of,
)
from benchmarks.planning_world.truth import EPOCH, Case, World, draw_case, make_world
from benchmarks.report import Figure, publish, shared_dir
from cameras.camera import Camera
from cameras.held import TimeSpan
from cameras.planning import Plan, PlanSettings, SearchQuestion, build_search, footage_table
from cameras.planning.evidence import Outcome, VisitResult
from cameras.ranking import Candidate, LastKnownLocation, Reliability
from cameras.registry import read_registry
from geo.behaviours import profile_for
from geo.distance import FloatArray
from geo.network import StreetNetwork, network_of
from geo.network_files import read_network
from geo.plane import LocalPlane
from geo.points import Point

_RESULTS = Path(__file__).parent / "results"
_CASES, _SPARSE_CASES, _DENSE_CASES = 200, 40, 24
_SEED = 20_261_118

Strategy = Callable[[Setting, Case], Iterable[Look]]
_PLANNER = "planner"
_NEAREST = "nearest first"
_WRONG = "planner, wrong prior"
_STRATEGIES: dict[str, Strategy] = {
    _NEAREST: nearest_first,
    "nearest first, from arrival on foot": nearest_first_on_foot,
    _PLANNER: planner(lambda case: case.told_category),
    _WRONG: planner(most_wrong_category),
    "oracle": oracle,
}


@dataclass(frozen=True)
class Played:
    """Hours by strategy and case, the hours of all footage in reach, and cases without a pass."""

    hours: dict[str, FloatArray]
    everything: FloatArray
    never_seen: int


def main() -> None:
    figures = _speed_figures()
    shared = shared_dir()
    network = read_network((shared / "roads/central_bengaluru.graphml").read_bytes())
    inside = [camera for camera in _registry() if _is_inside(network, camera.position)]
    figures |= _play_and_report("central Bengaluru", network, inside, _CASES)
    city = _synthetic_city()
    for count, cases in ((1_000, _SPARSE_CASES), (10_000, _DENSE_CASES)):
        cameras = _synthetic_cameras(city, count)
        figures |= _play_and_report(f"synthetic, {count} cameras", city, cameras, cases)
    publish("planning", figures)


def _play_and_report(
    name: str, network: StreetNetwork, cameras: list[Camera], cases: int
) -> dict[str, Figure]:
    began = time.process_time()
    played = _play(network, cameras, cases)
    title = f"{name}: {len(cameras)} cameras, {cases} disappearances"
    _RESULTS.mkdir(exist_ok=True)
    slug = name.replace(",", "").replace(" ", "_").lower()
    curves = {key: values.tolist() for key, values in played.hours.items()}
    curves["every camera in reach"] = played.everything.tolist()
    write_found_curves(_RESULTS / f"planning_{slug}.svg", title, curves)
    return _figures(name, played) | {
        f"{name}: processor time": Figure(time.process_time() - began, "s")
    }


def _play(network: StreetNetwork, cameras: list[Camera], cases: int) -> Played:
    setting = setting_of(network, cameras)
    x_m, y_m = network.plane.to_xy_m(setting.latitude_deg, setting.longitude_deg)
    world = make_world(network, x_m, y_m, _SEED)
    drawn, never_seen = _draw_cases(world, cases)
    hours = {
        name: np.array([hours_until_found(strategy(setting, case), case) for case in drawn])
        for name, strategy in _STRATEGIES.items()
    }
    everything = np.array([every_camera_hours(setting, case) for case in drawn])
    return Played(hours, everything, never_seen)


def _draw_cases(world: World, count: int) -> tuple[list[Case], int]:
    rng = np.random.default_rng(_SEED)
    cases: list[Case] = []
    never_seen = 0
    while len(cases) < count:
        case = draw_case(world, rng)
        if case is None:
            never_seen += 1
        else:
            cases.append(case)
    return cases, never_seen


def _figures(name: str, played: Played) -> dict[str, Figure]:
    nearest, found = played.hours[_NEAREST], played.hours[_PLANNER]
    figures = {
        f"{name}: drawn but never on any camera": Figure(played.never_seen, "cases"),
        f"{name}: every camera in reach, median": Figure(_at(played.everything, 50), "h"),
        f"{name}: every camera in reach, 90th": Figure(_at(played.everything, 90), "h"),
    }
    for strategy, hours in played.hours.items():
        figures[f"{name}: {strategy}, median"] = Figure(_at(hours, 50), "h")
        goal = f"≤ {_at(nearest, 90):.3g}" if strategy == _WRONG else ""
        figures[f"{name}: {strategy}, 90th"] = Figure(_at(hours, 90), "h", goal)
    figures[f"{name}: median of planner / nearest first"] = Figure(
        _at(found, 50) / _at(nearest, 50), "ratio", "≤ 0.25"
    )
    low, high = _ratio_interval(found, nearest)
    figures[f"{name}: the same, 5th percentile of resampled cases"] = Figure(low, "ratio")
    figures[f"{name}: the same, 95th percentile"] = Figure(high, "ratio")
    figures[f"{name}: median of planner / every camera"] = Figure(
        _at(found, 50) / _at(played.everything, 50), "ratio", "≤ 0.0333"
    )
    figures[f"{name}: planner cheaper than nearest first"] = Figure(
        float((found < nearest).mean()), "share"
    )
    for part in (30, 10, 4):
        missed = float((found > played.everything / part).mean())
        goal = "≤ 0.02" if part == 10 else ""
        figures[f"{name}: recall lost at 1/{part} of all footage"] = Figure(missed, "share", goal)
    figures[f"{name}: recall lost in the end"] = Figure(
        float(np.isinf(found).mean()), "share", "≤ 0.02"
    )
    return figures


def _ratio_interval(found: FloatArray, nearest: FloatArray) -> tuple[float, float]:
    """How far chance in drawing the cases can move the ratio of medians (bootstrap)."""
    rng = np.random.default_rng(_SEED)
    drawn = rng.integers(0, len(found), (2_000, len(found)))
    ratios = np.median(found[drawn], axis=1) / np.median(nearest[drawn], axis=1)
    return float(np.percentile(ratios, 5)), float(np.percentile(ratios, 95))


def _at(hours: FloatArray, percentile: float) -> float:
    """A percentile that may be infinite, so no interpolation."""
    return float(np.percentile(hours, percentile, method="higher"))


# ------------------------------------------------------------------------------------ places


def _registry() -> list[Camera]:
    path = shared_dir() / "registries/bengaluru_safecity_3000.geojson"
    return list(read_registry(path.read_bytes(), path.name, source="safecity").cameras)


def _is_inside(network: StreetNetwork, position: Point) -> bool:
    latitude, longitude = network.latitude_deg, network.longitude_deg
    return bool(
        latitude.min() <= position.latitude_deg <= latitude.max()
        and longitude.min() <= position.longitude_deg <= longitude.max()
    )


def _synthetic_city(side: int = 110, block_m: float = 130.0) -> StreetNetwork:
    """A town of crooked blocks, 14 km wide, in which every eighth street is missing."""
    rng = np.random.default_rng(_SEED)
    plane = LocalPlane(Point(12.97, 77.59))
    x_m, y_m = (axis.ravel() * block_m for axis in np.meshgrid(np.arange(side), np.arange(side)))
    latitude, longitude = plane.to_degrees(
        x_m + rng.normal(0, 15.0, side**2), y_m + rng.normal(0, 15.0, side**2)
    )
    node = np.arange(side**2).reshape(side, side)
    start = np.concatenate([node[:, :-1].ravel(), node[:-1].ravel()])
    end = np.concatenate([node[:, 1:].ravel(), node[1:].ravel()])
    kept = rng.random(len(start)) > 1 / 8
    start, end = start[kept].astype(np.int32), end[kept].astype(np.int32)
    return network_of(
        latitude, longitude, start, end, np.ones(len(start)), np.ones(len(start), np.bool_)
    )


def _synthetic_cameras(network: StreetNetwork, count: int) -> list[Camera]:
    """Cameras at crossings, up to four at one, with the positions' usual errors."""
    rng = np.random.default_rng(count)
    x_m, y_m = network.xy_m
    crossings = rng.choice(network.node_count, max(1, count // 2), replace=False)
    node = rng.choice(crossings, count)
    latitude, longitude = network.plane.to_degrees(
        x_m[node] + rng.normal(0, 8.0, count), y_m[node] + rng.normal(0, 8.0, count)
    )
    return [
        Camera("made-up", str(i), f"camera {i}", Point(float(lat), float(lon)))
        for i, (lat, lon) in enumerate(zip(latitude, longitude, strict=True))
    ]


# ------------------------------------------------------------------------------------- speed


def _speed_figures() -> dict[str, Figure]:
    """Time to build and to re-plan at the size that was asked for: 20,000 × 3,000 × 24 h."""
    network = read_network((shared_dir() / "roads/central_bengaluru.graphml").read_bytes())
    candidates = tuple(Candidate(row, camera) for row, camera in enumerate(_registry()))
    place = LastKnownLocation(1, Point(12.9716, 77.6), EPOCH, 150.0, Reliability.CERTAIN)
    window = TimeSpan(EPOCH - timedelta(hours=1), EPOCH + timedelta(hours=23))
    question = SearchQuestion(candidates, (place,), window, profile_for("youth_13_15"))
    began = time.process_time()
    model = build_search(question, network)
    built_s = time.process_time() - began
    settings = PlanSettings(window.end)
    footage = footage_table(model, candidates, window.end)
    results: list[VisitResult] = []
    times_ms = []
    for _ in range(12):
        began = time.process_time()
        visit = Plan(model, footage, settings, results).visits(20)[0]
        times_ms.append(1000.0 * (time.process_time() - began))
        results.append(VisitResult(visit.camera_id, visit.window, Outcome.EMPTY))
    label = "20,000 particles × 3,000 cameras × 24 h"
    return {
        f"{label}: built": Figure(built_s, "s", "≤ 10"),
        f"{label}: re-weighted, next 20 visits planned": Figure(
            float(np.median(list(islice(times_ms, 2, None)))), "ms", "≤ 50"
        ),
    }


if __name__ == "__main__":
    main()
