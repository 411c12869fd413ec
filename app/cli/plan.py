"""`flask plan CASE`: the cameras of a case in the order of the plan by probability."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from app.cli.common import actor_of, as_option, json_option, reports_errors, say, table
from app.inputs import RankingOrder, RankingQuery
from app.outputs import RankingOut
from app.services.casework import cases
from app.services.prioritisation import planning, search_models


@click.command("plan", short_help="Rank a case's cameras by probability.")
@click.argument("number")
@click.option("--limit", default=20, show_default=True, help="How many cameras.")
@as_option
@json_option
@with_appcontext
@reports_errors
def plan(number: str, limit: int, email: str | None, as_json: bool) -> None:
    """Say which cameras are next, by the probability that looking there finds the subject.

    Makes the plan's model first where it is missing, which takes some seconds.
    """
    case = cases.find_case(number)
    if search_models.model_of(case, search_models.asked_by(case)) is None:
        search_models.build(case)
    query = RankingQuery(order=RankingOrder.PROBABILITY, limit=limit)
    ranking = planning.rank_for_case(case, query, actor=actor_of(email))
    rows = [(one.rank, one.camera_id, one.name, one.reason) for one in ranking.entries]
    lines = [ranking.plan_note] if ranking.plan_note else []
    lines += table(("rank", "id", "camera", "why"), rows)
    say(RankingOut.of(ranking, case.timezone), lines, as_json=as_json)


commands: tuple[click.Command, ...] = (plan,)
