"""Where the subject may be by now, as a map layer, and the prior that it starts from."""

from __future__ import annotations

from flask import Response
from flask_openapi3.blueprint import APIBlueprint

from app.api.document import RANKING, READ, answers
from app.api.paths import CasePath
from app.api.replies import reply
from app.current import actor
from app.inputs.queries import BeliefQuery
from app.outputs.planning import BeliefOut, PriorOut
from app.services.base import views_audit
from app.services.casework import cases
from app.services.prioritisation import planning, search_models

api_planning = APIBlueprint(
    "api_planning", __name__, url_prefix="/api", abp_tags=[RANKING], abp_security=READ
)


@api_planning.get(
    "/cases/<number>/belief",
    summary="Where the subject may be",
    responses=answers({200: BeliefOut}, 404),
)
def show_belief(path: CasePath, query: BeliefQuery) -> Response:
    """Probability by map cell at one time, as all visits so far have left it."""
    case = views_audit.look_at(actor(), cases.find_case(path.number), "belief")
    return reply(BeliefOut.of(planning.belief_at(case, query.at), case.timezone))


@api_planning.get(
    "/cases/<number>/prior",
    summary="The distances that a case is planned with",
    responses=answers({200: PriorOut}, 404),
)
def show_prior(path: CasePath) -> Response:
    """Within how many kilometres 25, 50, 75 and 95 % are found, and the source of that."""
    case = cases.find_case(path.number)
    return reply(PriorOut.of(search_models.prior_of(case), is_own=bool(case.prior_km)))
