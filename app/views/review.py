"""The review queue: candidates of the open cases that one may see, oldest first."""

from __future__ import annotations

from flask import Blueprint, render_template

from app.current import actor
from app.inputs.fields import Input, Page
from app.services import sightings, views_audit
from app.views.forms import read_query

blueprint = Blueprint("review", __name__)

PER_PAGE = 24


class QueueQuery(Input):
    """A page of the queue."""

    page: Page = 1


@blueprint.get("/review")
def queue() -> str:
    """What waits for a person."""
    query = read_query(QueueQuery)
    page = sightings.review_queue(actor(), query.page, PER_PAGE)
    shown = {sighting.case_id: sighting.case for sighting in page.items}
    views_audit.look_at_all(actor(), shown.values(), "review_queue")
    # The commit let go of all that was read; it is read anew at once, not row by row.
    page = sightings.review_queue(actor(), query.page, PER_PAGE)
    return render_template("review/queue.html", page=page)
