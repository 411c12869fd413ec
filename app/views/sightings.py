"""One sighting, looked at closely, and a person's verdict on it."""

from __future__ import annotations

from flask import (
    Blueprint,
    Response,
    flash,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask.typing import ResponseReturnValue

from app.current import actor
from app.inputs import ReviewInput
from app.services.base import views_audit
from app.services.casework import photos
from app.services.places import legs
from app.services.reviews import blindness, clips, sightings
from app.views.accounts import safe_next
from app.views.comparisons import checklist, feature_name, read_comparison, shown_comparison
from app.views.forms import Form

blueprint = Blueprint("sightings", __name__)


@blueprint.get("/sightings/<int:sighting_id>")
def show(sighting_id: int) -> ResponseReturnValue:
    """The face, the reference photos, the model, the place and all verdicts.

    An examiner who has not judged it gets the blind page instead.
    """
    sighting = sightings.find_sighting(sighting_id)
    if blindness.must_stay_blind(actor(), sighting):
        return redirect(url_for("review.judge", sighting_id=sighting_id))
    case = views_audit.look_at_one(actor(), sighting)
    sighting = sightings.find_sighting(sighting_id)
    return render_template(
        "sightings/show.html",
        sighting=sighting,
        case=case,
        photos=photos.list_photos(case),
        reviews=sightings.reviews_of(sighting),
        checklist=checklist(),
        shown_comparison=shown_comparison,
        feature_name=feature_name,
        before=legs.way_from_last_certain(case, sighting),
        clip_state=clips.state_of(sighting),
        form=Form(),
    )


@blueprint.get("/sightings/<int:sighting_id>/clip.mp4")
def clip(sighting_id: int) -> Response:
    """The seconds around a sighting; a browser may ask for parts of it."""
    path = clips.clip_file(actor(), sightings.find_sighting(sighting_id))
    return send_file(path, mimetype="video/mp4", conditional=True, etag=path.stem)


@blueprint.post("/sightings/<int:sighting_id>/clip")
def cut_clip(sighting_id: int) -> ResponseReturnValue:
    """Cut the seconds around a sighting out of its recording."""
    with Form() as form:
        clips.cut(actor(), sightings.find_sighting(sighting_id))
    return _back(sighting_id, form)


@blueprint.post("/sightings/<int:sighting_id>/review")
def review(sighting_id: int) -> ResponseReturnValue:
    """Record a verdict."""
    with Form(request.form) as form:
        given = form.read(ReviewInput, comparison=read_comparison(form))
        sightings.review_sighting(actor(), sighting_id, given)
        flash(f"Recorded: {given.verdict.value}.", "success")
    return _back(sighting_id, form)


@blueprint.post("/sightings/<int:sighting_id>/undo")
def undo(sighting_id: int) -> ResponseReturnValue:
    """Take the last verdict back."""
    with Form() as form:
        sightings.undo_review(actor(), sighting_id)
        flash("The verdict is taken back; it stays in the history.", "success")
    return _back(sighting_id, form)


def _back(sighting_id: int, form: Form) -> ResponseReturnValue:
    if form.sentence:
        flash(form.sentence, "error")
    here = url_for("sightings.show", sighting_id=sighting_id)
    return redirect(safe_next(request.form.get("next", here)))
