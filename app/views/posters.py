"""The poster of a case: what goes public is chosen, and seen exactly; in the cases' blueprint."""

from __future__ import annotations

import base64

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.current import actor, settings
from app.inputs.posters import PosterInput, PosterName, PosterPicture, PosterTime
from app.models import Case
from app.services.base import views_audit
from app.services.casework import cases, photos
from app.services.papers import posters
from app.services.papers.poster_content import Poster
from app.services.places import locations
from app.views.cases import blueprint
from app.views.forms import Form

POSTER_FIELDS = tuple(PosterInput.model_fields)


@blueprint.get("/cases/<number>/poster", endpoint="poster")
def show_poster(number: str) -> ResponseReturnValue:
    """The form, and the poster as it would be. It leaves the product only as a download."""
    case = views_audit.look_at(actor(), cases.find_case(number), "poster")
    is_chosen = "heading" in request.args
    form = Form(request.args if is_chosen else _proposed(case), shown=POSTER_FIELDS)
    poster, picture = None, b""
    with form:
        poster = posters.make_poster(case, form.read(PosterInput), request.host_url)
        picture = posters.draw(poster, "png")
    return _page(cases.find_case(number), form, poster, picture), form.status


def _proposed(case: Case) -> dict[str, str]:
    """Little: a face, a first name, and the place without its time."""
    shown = sorted(photos.list_photos(case), key=lambda photo: photo.artificial)
    places = [row for row in locations.list_locations(case) if row.seen_at is not None]
    return {
        "heading": "Missing",
        "photo_id": str(shown[0].id) if shown else "",
        "picture": PosterPicture.FACE.value,
        "name": PosterName.FIRST.value,
        "age": "1",
        "clothing": case.subject_clothing[:160],
        "place": "",
        "location_id": str(places[0].id) if places else "",
        "time": PosterTime.DAY.value if places else PosterTime.NONE.value,
        "phone": "1" if settings().tip_phone else "",
    }


def _page(case: Case, form: Form, poster: Poster | None, picture: bytes) -> str:
    return render_template(
        "cases/poster.html",
        case=case,
        form=form,
        picture=base64.b64encode(picture).decode("ascii"),
        facts=posters.public_facts(poster) if poster else [],
        chosen={name: form.value(name) for name in POSTER_FIELDS if form.value(name)},
        photos=photos.list_photos(case),
        places=locations.list_locations(case),
        names=list(PosterName),
        pictures=list(PosterPicture),
        times=list(PosterTime),
        phone=settings().tip_phone,
    )
