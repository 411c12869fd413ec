"""The route of a case as a file."""

from __future__ import annotations

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from pydantic import BaseModel, ConfigDict

from app.api.document import READ, ROUTE, answers, binary
from app.api.paths import CaseRoutePath
from app.current import actor
from app.services import cases, routes

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
)


class RouteQuery(BaseModel):
    """`crops` puts the faces' pictures into the `html` map; without it none leaves the product."""

    model_config = ConfigDict(extra="forbid")

    crops: bool = False


@api_route.get(
    "/<number>/route.<format>",
    summary="Export the route",
    responses=answers({200: _FILES}, 404, 409),
)
def export_route(path: CaseRoutePath, query: RouteQuery) -> Response:
    """Confirmed sightings only. Every export is in the audit log with the file's hash."""
    case = cases.find_case(path.number)
    export = routes.export_route(actor(), case, path.format, with_crops=query.crops)
    response = Response(export.data, mimetype=export.media_type)
    response.headers.set("Content-Disposition", "attachment", filename=export.file_name)
    response.headers["Cache-Control"] = "no-store"
    return response
