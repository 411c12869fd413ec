"""A poster of a case as a file."""

from __future__ import annotations

from typing import Literal

from flask import Response, request
from flask_openapi3.blueprint import APIBlueprint

from app.api.document import CASES, READ, answers, binary
from app.api.paths import CasePath
from app.api.replies import download
from app.current import actor
from app.inputs.posters import PosterInput
from app.services.casework import cases
from app.services.papers import posters

api_posters = APIBlueprint(
    "api_posters", __name__, url_prefix="/api/cases", abp_tags=[CASES], abp_security=READ
)


class PosterPath(CasePath):
    """`pdf` is A4 to print, `png` a square picture for messengers."""

    format: Literal["pdf", "png"]


@api_posters.get(
    "/<number>/poster.<format>",
    summary="Make a poster",
    responses=answers(
        {200: binary("The poster, with a code to the tip form.", "application/pdf", "image/png")},
        404,
        409,
    ),
)
def export_poster(path: PosterPath, query: PosterInput) -> Response:
    """Only what is chosen is on it. The audit log gets its hash and the kinds of its facts."""
    case = cases.find_case(path.number)
    export = posters.export_poster(actor(), case, query, path.format, request.host_url)
    return download(Response(export.data, mimetype=export.media_type), export.file_name)
