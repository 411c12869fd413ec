"""The review queue, and the blind page on which a second or third person judges a sighting."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.current import actor
from app.inputs import QueueQuery
from app.models import Case, Sighting
from app.services.base import views_audit
from app.services.reviews import blindness, clips, review_queue, sightings
from app.views.comparisons import checklist
from app.views.forms import read_query

blueprint = Blueprint("review", __name__)


@blueprint.get("/review")
def queue() -> str:
    """What waits for this person's review."""
    query = read_query(QueueQuery)
    waiting = review_queue.waiting_for(actor(), query)
    items = waiting.page.items
    blind = [one for one in items if one.id in waiting.blind_ids]
    open_ones = [one for one in items if one.id not in waiting.blind_ids]
    shown = {"review_queue": _cases(open_ones), "blind_review": _cases(blind)}
    views_audit.look_at_all(actor(), shown)
    # The commit let go of all that was read; it is read anew at once, not row by row.
    waiting = review_queue.waiting_for(actor(), query)
    return render_template("review/queue.html", waiting=waiting, page=waiting.page, query=query)


@blueprint.get("/review/<int:sighting_id>")
def judge(sighting_id: int) -> ResponseReturnValue:
    """One sighting with nothing but the face, the subject's photos, place and time."""
    sighting = sightings.find_sighting(sighting_id)
    if blindness.has_judged(actor(), sighting):
        return redirect(url_for("sightings.show", sighting_id=sighting_id))
    case = views_audit.look_at(actor(), sighting.case, "blind_review")
    return render_template(
        "review/judge.html",
        sighting=sighting,
        case=case,
        photos=review_queue.photos_of([case.id]).get(case.id, []),
        is_known=not blindness.is_blind(actor(), sighting),
        clip_state=clips.state_of(sighting),
        checklist=checklist(),
    )


def _cases(shown: Iterable[Sighting]) -> Iterable[Case]:
    return {one.case_id: one.case for one in shown}.values()
