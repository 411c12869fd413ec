"""The route of a case as a file, a brief to print, and an evidence bundle."""

from __future__ import annotations

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from pydantic import BaseModel, ConfigDict

from app.api.document import READ, ROUTE, answers, binary
from app.api.paths import CasePath, CaseRoutePath
from app.api.replies import download
from app.current import actor
from app.services.casework import cases
from app.services.papers import briefs, evidence
from app.services.places import routes

api_route = APIBlueprint(
    "api_route", __name__, url_prefix="/api/cases", abp_tags=[ROUTE], abp_security=READ
)

_FILES = binary(
    "The confirmed sightings in order of time.",
    "application/geo+json",
    "application/gpx+xml",
    "application/vnd.google-earth.kml+xml",
    "text/csv",
    "text/html",
    "application/xml",
    "application/zip",
)


class RouteQuery(BaseModel):
    """`crops` puts the faces' pictures into the `html` map; without it none leaves the product."""

    model_config = ConfigDict(extra="forbid")

    crops: bool = False


class BriefQuery(BaseModel):
    """`photos=false` leaves all pictures of faces out."""

    model_config = ConfigDict(extra="forbid")

    photos: bool = True


@api_route.get(
    "/<number>/route.<format>",
    summary="Export the route",
    responses=answers({200: _FILES}, 404, 409),
)
def export_route(path: CaseRoutePath, query: RouteQuery) -> Response:
    """Confirmed sightings only. Every export is in the audit log with the file's hash."""
    case = cases.find_case(path.number)
    export = routes.export_route(actor(), case, path.format, with_crops=query.crops)
    return download(Response(export.data, content_type=export.media_type), export.file_name)


@api_route.get(
    "/<number>/brief.pdf",
    summary="Print a brief",
    responses=answers({200: binary("Map, stops and photos on A4.", "application/pdf")}, 404, 409),
)
def export_brief(path: CasePath, query: BriefQuery) -> Response:
    """All stops of the timeline, what excludes what, and the pictures of confirmed sightings."""
    case = cases.find_case(path.number)
    export = briefs.export_brief(actor(), case, with_photos=query.photos)
    return download(Response(export.data, content_type=export.media_type), export.file_name)


@api_route.get(
    "/<number>/evidence.zip",
    summary="Export an evidence bundle",
    responses=answers(
        {200: binary("A zip that can be checked offline.", "application/zip")}, 404, 409, 413
    ),
)
def export_evidence(path: CasePath) -> Response:
    """Files, hashes, models, reviews and the audit extract, with the script that checks them."""
    bundle = evidence.export_evidence(actor(), cases.find_case(path.number))
    response = Response(bundle.chunks(), mimetype="application/zip")
    response.call_on_close(bundle.file.close)
    response.content_length = bundle.size_bytes
    response.headers["X-Manifest-SHA256"] = bundle.manifest_sha256
    return download(response, bundle.file_name)
