"""`flask sightings`: what was found, and what people said of it."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from app.cli.common import actor_of, as_option, choice_of, json_option, reports_errors, say, table
from app.inputs import ReviewInput, SightingQuery
from app.models import SightingState, Verdict
from app.outputs import LEAD_NOTICE, SightingOut, page_of
from app.services.base import views_audit
from app.services.casework import cases
from app.services.reviews import sightings

group = AppGroup("sightings", help=f"Faces proposed for a case. {LEAD_NOTICE}")
commands: tuple[click.Command, ...] = (group,)


@group.command("list")
@click.argument("number")
@click.option("--state", type=choice_of(SightingState), default=None)
@click.option("--page", type=int, default=1)
@click.option("--per-page", type=int, default=50)
@as_option
@json_option
@reports_errors
def list_sightings(
    number: str, state: str | None, page: int, per_page: int, email: str | None, as_json: bool
) -> None:
    """List the sightings of case NUMBER, newest first."""
    query = SightingQuery.model_validate({"state": state, "page": page, "per_page": per_page})
    case = views_audit.look_at(actor_of(email), cases.find_case(number), "sightings")
    output = page_of(sightings.list_sightings(case, query), SightingOut.of)
    rows = [
        (
            one.id,
            one.state.value,
            one.seen_at_local,
            one.camera.name,
            f"{one.similarity:.2f}",
            f"{one.threshold_similarity:.2f}",
            one.model.name,
        )
        for one in output.items
    ]
    names = ("id", "state", "seen at", "camera", "similarity", "threshold", "model")
    say(output, [*table(names, rows), LEAD_NOTICE], as_json=as_json)


@group.command("review")
@click.argument("sighting_id", type=int)
@click.argument("verdict", type=choice_of(Verdict))
@click.option("--remarks", default="")
@as_option
@json_option
@reports_errors
def review_sighting(
    sighting_id: int, verdict: str, remarks: str, email: str | None, as_json: bool
) -> None:
    """Say of a sighting: confirmed, rejected or unsure."""
    given = ReviewInput(verdict=Verdict(verdict), remarks=remarks)
    sighting = SightingOut.of(sightings.review_sighting(actor_of(email), sighting_id, given))
    say(sighting, [f"Sighting {sighting.id} is {sighting.state.value}."], as_json=as_json)


@group.command("undo")
@click.argument("sighting_id", type=int)
@as_option
@json_option
@reports_errors
def undo_review(sighting_id: int, email: str | None, as_json: bool) -> None:
    """Take the last verdict on a sighting back."""
    sighting = SightingOut.of(sightings.undo_review(actor_of(email), sighting_id))
    say(sighting, [f"Sighting {sighting.id} is {sighting.state.value} again."], as_json=as_json)
