"""Search models: made by the scheduler when a case's question has changed, kept as files.

A model holds everything slow about planning a search. It is named by the hash of its file; which
one a case uses is a row. Web processes keep the last few in memory.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
import time
from collections import OrderedDict
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from flask import Flask, current_app
from sqlalchemy import func, select

from app.current import settings
from app.errors import Refused
from app.extensions import db
from app.models import CameraRow, Case, CaseState, LastKnownLocationRow, SearchPlan
from app.models.cases import SubjectCategory
from app.models.columns import utc_now
from app.services.base import live
from app.services.inventory import roads
from app.services.places.locations import list_locations
from app.services.prioritisation.candidates import candidates_near
from app.services.prioritisation.ranking import location_value
from cameras.errors import CamerasError
from cameras.held import TimeSpan
from cameras.planning import SearchModel, SearchQuestion, build_search
from cameras.ranking import LastKnownLocation
from geo.behaviours import SubjectProfile, profile_for
from geo.errors import GeoError
from geo.priors import PRIORS, DistancePrior, prior_of_km

REACH_M = 20_000.0
MOST_CAMERAS = 3000
BEFORE = timedelta(hours=1)
"""The last time of being seen may be wrong by this much."""

AFTER = timedelta(hours=24)
LONGEST = timedelta(hours=48)
KEPT_IN_MEMORY = 4
_EXTENSION = "lastseen_search_models"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Asked:
    """What a case asks a model for. `sha256` changes when the model must be made anew.

    `sighting_ids` are confirmed sightings that the model starts from as last-known locations.
    """

    locations: tuple[LastKnownLocation, ...]
    window: TimeSpan
    profile: SubjectProfile
    sighting_ids: tuple[int, ...]
    sha256: str


class ModelMemory:
    """The models that this process used last, by the hash of their file."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._models: OrderedDict[str, SearchModel] = OrderedDict()

    def get(self, sha256: str, path: Path) -> SearchModel | None:
        """The model in the file, None where it is gone. Raises CamerasError if it is broken."""
        with self._lock:
            model = self._models.get(sha256)
            if model is None:
                if not path.is_file():
                    return None
                model = self._models[sha256] = SearchModel.from_bytes(path.read_bytes())
            self._models.move_to_end(sha256)
            while len(self._models) > KEPT_IN_MEMORY:
                self._models.popitem(last=False)
            return model


def install(application: Flask) -> None:
    """Give the application its memory of models."""
    application.extensions[_EXTENSION] = ModelMemory()


def asked_by(case: Case) -> Asked:
    """The question of a case. Raises Refused where it cannot be planned by probability."""
    rows = [row for row in list_locations(case) if row.seen_at is not None]
    if not rows:
        raise Refused(
            "A plan by probability needs the time of at least one last-known location: enter it, "
            "or rank by distance."
        )
    window = _window(rows)
    profile = _profile(case)
    locations = tuple(location_value(row) for row in rows)
    sighting_ids = tuple(row.sighting_id for row in rows if row.sighting_id is not None)
    return Asked(locations, window, profile, sighting_ids, _digest(locations, window, profile))


def prior_of(case: Case) -> DistancePrior:
    """The distances that a case is planned with: its own, else the table's for its category."""
    entry = PRIORS[category_key(case.subject_category)]
    if not case.prior_km:
        return entry
    return prior_of_km(
        entry.category,
        entry.label,
        tuple(case.prior_km),
        entry.walking_m_per_s,
        "Entered for this case.",
    )


def category_key(category: SubjectCategory) -> str:
    """A category's name in the table of priors; an adult of whom no more is known is broad."""
    key = category.value.replace(" ", "_").replace("-", "_")
    return key if key in PRIORS else "broad"


def model_of(case: Case, asked: Asked) -> SearchModel | None:
    """The case's model if it answers what is asked; else None, and one is wanted."""
    plan = db.session.get(SearchPlan, case.id)
    if plan is not None and plan.question_sha256 == asked.sha256 and plan.model_sha256:
        memory: ModelMemory = current_app.extensions[_EXTENSION]
        model = memory.get(plan.model_sha256, _path(plan.model_sha256))
        if model is not None:
            return model
    want(case)
    return None


def want(case: Case) -> None:
    """Ask the scheduler for a model of this case."""
    plan = db.session.get(SearchPlan, case.id)
    if plan is None:
        plan = SearchPlan(case_id=case.id, settings={})
        db.session.add(plan)
    if plan.wanted_at is None:
        plan.wanted_at = utc_now()
    db.session.commit()


def problem_of(case: Case) -> str:
    """Why the last attempt to make a model failed; empty if it did not."""
    plan = db.session.get(SearchPlan, case.id)
    return (plan.problem or "") if plan is not None else ""


def build_wanted() -> int:
    """Make the models that are wanted, the longest waiting first. Returns how many were made."""
    case_ids = db.session.scalars(
        select(SearchPlan.case_id)
        .join(Case, Case.id == SearchPlan.case_id)
        .where(SearchPlan.wanted_at.is_not(None), Case.state == CaseState.OPEN)
        .order_by(SearchPlan.wanted_at)
    ).all()
    for case_id in case_ids:
        build(db.session.get_one(Case, case_id))
    return len(case_ids)


def build(case: Case) -> None:
    """Make a case's model now. What goes wrong is kept in words, and shown."""
    plan = db.session.get(SearchPlan, case.id) or SearchPlan(case_id=case.id, settings={})
    db.session.add(plan)
    begun = time.monotonic()
    try:
        asked = asked_by(case)
        candidates = candidates_near(asked.locations, REACH_M, MOST_CAMERAS)
        question = SearchQuestion(
            tuple(candidates),
            asked.locations,
            asked.window,
            asked.profile,
            settings().plan_particles,
        )
        network = roads.active_network()
        db.session.commit()
        model = build_search(question, network)
    except (Refused, CamerasError, GeoError) as error:
        plan.problem, plan.wanted_at = str(error), None
        db.session.commit()
        return
    plan.model_sha256 = _keep(model.to_bytes())
    plan.question_sha256, plan.wanted_at, plan.problem = asked.sha256, None, None
    plan.built_at, plan.build_seconds = utc_now(), round(time.monotonic() - begun, 2)
    plan.cameras = len(model.camera_ids)
    plan.settings = {"sighting_ids": list(asked.sighting_ids), "streets": network is not None}
    live.publish(case.id, "ranking", {"reason": "The plan by probability is ready."})
    db.session.commit()
    discard_unused()


def _window(rows: list[LastKnownLocationRow]) -> TimeSpan:
    times = [row.seen_at for row in rows if row.seen_at is not None]
    latest = max(times)
    start = max(min(times), latest - (LONGEST - AFTER)) - BEFORE
    end = min(latest + AFTER, _next_hour(utc_now()))
    return TimeSpan(start, max(end, start + BEFORE + timedelta(minutes=15)))


def _next_hour(at: datetime) -> datetime:
    """The full hour after `at`, so that the question stays the same for an hour."""
    return at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


def _profile(case: Case) -> SubjectProfile:
    prior = prior_of(case)
    return profile_for(prior.category, priors={**PRIORS, prior.category: prior})


def _digest(
    locations: tuple[LastKnownLocation, ...], window: TimeSpan, profile: SubjectProfile
) -> str:
    registry = db.session.execute(
        select(func.count(), func.max(CameraRow.updated_at), func.max(CameraRow.deleted_at))
    ).one()
    content = [
        [asdict(location) for location in locations],
        [window.start, window.end],
        asdict(profile.prior),
        list(registry),
        roads.active_network_key(),
    ]
    return hashlib.sha256(json.dumps(content, default=str, sort_keys=True).encode()).hexdigest()


def _keep(data: bytes) -> str:
    sha256 = hashlib.sha256(data).hexdigest()
    path = _path(sha256)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    partial.write_bytes(data)
    partial.replace(path)
    return sha256


def _path(sha256: str) -> Path:
    return settings().media_dir / "plans" / f"{sha256}.npz"


def discard_unused() -> None:
    """Delete the files of models that no plan names any more."""
    used = set(db.session.scalars(select(SearchPlan.model_sha256)))
    for path in (settings().media_dir / "plans").glob("*.npz"):
        if path.stem not in used:
            path.unlink(missing_ok=True)
