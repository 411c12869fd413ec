"""Search planning: which camera next, and what an empty visit tells.

`build_search` makes a `SearchModel` (seconds; keep it). With the results of visits so far and the
footage that can be had, a `Plan` (milliseconds) says which visits are next, ranks all cameras by
probability with a reason each, and gives the belief for the map. `travel_check` finds sightings
that cannot be.
"""

from cameras.planning.evidence import (
    DetectionModel,
    Outcome,
    VisitResult,
    belief_after,
    share_left,
)
from cameras.planning.footage import FootageTable, footage_table
from cameras.planning.picking import WorkModel
from cameras.planning.plan import Plan, PlannedVisit, PlanSettings, ProbableCamera
from cameras.planning.resampling import resampled_if_needed
from cameras.planning.search import SearchModel, SearchQuestion, build_search
from cameras.planning.travel import SeenAt, TravelCheck, TravelVerdict, travel_check
from cameras.planning.words import explain

__all__ = [
    "DetectionModel",
    "FootageTable",
    "Outcome",
    "Plan",
    "PlanSettings",
    "PlannedVisit",
    "ProbableCamera",
    "SearchModel",
    "SearchQuestion",
    "SeenAt",
    "TravelCheck",
    "TravelVerdict",
    "VisitResult",
    "WorkModel",
    "belief_after",
    "build_search",
    "explain",
    "footage_table",
    "resampled_if_needed",
    "share_left",
    "travel_check",
]
