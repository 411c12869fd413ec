"""Orders in which footage is looked at, and what each costs until the first true sighting."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain

import numpy as np

from benchmarks.planning_world.truth import EPOCH, TOLD_UNCERTAINTY_M, Case
from cameras.camera import Camera
from cameras.held import TimeSpan
from cameras.planning import (
    DetectionModel,
    PlanSettings,
    SearchQuestion,
    WorkModel,
    build_search,
    footage_table,
)
from cameras.planning.picking import Picker
from cameras.ranking import Candidate, LastKnownLocation, Reliability
from geo.behaviours import profile_for
from geo.distance import FloatArray, haversine_many_m
from geo.network import StreetNetwork
from geo.priors import PRIORS

BIN_S = 900.0
PARTICLES = 3_000
_ON_FOOT_M_PER_S = 1.4
_REACH_M_PER_S = 14.0


@dataclass(frozen=True)
class Look:
    """Footage looked at: camera row, from and to in seconds since the truth's epoch."""

    camera: int
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Setting:
    """The same for all cases: streets and the registry as the strategies know it."""

    network: StreetNetwork
    candidates: tuple[Candidate, ...]
    latitude_deg: FloatArray
    longitude_deg: FloatArray


def setting_of(network: StreetNetwork, cameras: Iterable[Camera]) -> Setting:
    candidates = tuple(Candidate(row, camera) for row, camera in enumerate(cameras))
    return Setting(
        network,
        candidates,
        np.array([entry.camera.position.latitude_deg for entry in candidates]),
        np.array([entry.camera.position.longitude_deg for entry in candidates]),
    )


def hours_until_found(looks: Iterable[Look], case: Case) -> float:
    """Camera-hours of footage processed up to the first detected pass; infinite if none is."""
    detected: dict[int, FloatArray] = {}
    for camera in np.unique(case.passes.camera[case.passes.detected]):
        mine = (case.passes.camera == camera) & case.passes.detected
        detected[int(camera)] = case.passes.at_s[mine]
    spent_s = 0.0
    for look in looks:
        times = detected.get(look.camera)
        if times is not None:
            found = times[(times >= look.start_s) & (times < look.end_s)]
            if len(found):
                return (spent_s + float(found.min()) - look.start_s) / 3600.0
        spent_s += look.end_s - look.start_s
    return float("inf")


def every_camera_hours(setting: Setting, case: Case) -> float:
    """All footage of every camera in reach, from the moment it can have been reached."""
    start_s, end_s = _window_s(case)
    arrival_s = start_s + _away_m(setting, case) / _REACH_M_PER_S
    return float(np.maximum(end_s - arrival_s, 0.0).sum() / 3600.0)


def nearest_first(setting: Setting, case: Case) -> Iterator[Look]:
    """Whole window of each camera, by distance: what the plain ranking does."""
    start_s, end_s = _window_s(case)
    for camera in np.argsort(_away_m(setting, case), kind="stable").tolist():
        yield Look(camera, start_s, end_s)


def nearest_first_on_foot(setting: Setting, case: Case) -> Iterator[Look]:
    """By distance, but first only from the earliest arrival on foot after the told time."""
    start_s, end_s = _window_s(case)
    away_m = _away_m(setting, case)
    told_s = start_s + 3600.0
    arrival_s = np.maximum(told_s + away_m / _ON_FOOT_M_PER_S, start_s)
    order = np.argsort(away_m, kind="stable").tolist()
    soon = (Look(c, float(arrival_s[c]), end_s) for c in order if arrival_s[c] < end_s)
    rest = (Look(c, start_s, float(min(arrival_s[c], end_s))) for c in order)
    yield from chain(soon, rest)


def oracle(_setting: Setting, case: Case) -> Iterator[Look]:
    """Knows which cameras were passed and when: looks at those steps only, in order of time."""
    start_s, _ = _window_s(case)
    done: set[tuple[int, int]] = set()
    for camera, at_s in zip(case.passes.camera.tolist(), case.passes.at_s.tolist(), strict=True):
        step = int((at_s - start_s) // BIN_S)
        if at_s >= start_s and (camera, step) not in done:
            done.add((camera, step))
            yield Look(camera, start_s + step * BIN_S, start_s + (step + 1) * BIN_S)


def planner(category_of: Callable[[Case], str]) -> Callable[[Setting, Case], Iterator[Look]]:
    """The product's planner, told a category by `category_of`.

    While nobody is found every visit is empty, so going on picking is re-planning after each.
    """

    def looks(setting: Setting, case: Case) -> Iterator[Look]:
        start, end = case.window
        place = LastKnownLocation(
            1, case.told_place, case.told_at, TOLD_UNCERTAINTY_M, Reliability.LIKELY
        )
        question = SearchQuestion(
            setting.candidates, (place,), TimeSpan(start, end), profile_for(category_of(case)),
            particle_count=PARTICLES, bin_s=BIN_S,
        )  # fmt: skip
        model = build_search(question, setting.network)
        footage = footage_table(model, setting.candidates, end + timedelta(seconds=BIN_S))
        settings = PlanSettings(end, detection=DetectionModel(), work=WorkModel(6.0, 0.0, (1,)))
        detection = footage.available.clip(0.0, 1.0) * settings.detection.probability
        picker = Picker(
            model.passes, model.first_belief(), detection, footage.urgency, settings.work
        )
        begin_s, end_s = _window_s(case)
        for pick in picker.pick():
            yield Look(
                int(model.camera_ids[pick.camera]),
                begin_s + pick.first * BIN_S,
                min(begin_s + pick.after_last * BIN_S, end_s),
            )

    return looks


def most_wrong_category(case: Case) -> str:
    """The category whose median distance differs most from the true one's, as a ratio."""
    true_m = PRIORS[case.true_category].median_m
    return max(
        (prior for prior in PRIORS.values() if prior.category != "broad"),
        key=lambda prior: abs(np.log(prior.median_m / true_m)),
    ).category


def _window_s(case: Case) -> tuple[float, float]:
    start, end = case.window
    return (start - EPOCH).total_seconds(), (end - EPOCH).total_seconds()


def _away_m(setting: Setting, case: Case) -> FloatArray:
    return haversine_many_m(
        case.told_place.latitude_deg,
        case.told_place.longitude_deg,
        setting.latitude_deg,
        setting.longitude_deg,
    )
