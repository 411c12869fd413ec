"""Streets and places that the map shows."""

from __future__ import annotations

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from app.api.document import READ, WRITE, answers
from app.api.paths import Id
from app.api.replies import nothing, reply
from app.api.uploads import SentForm, UploadedFile
from app.current import actor, settings
from app.outputs import PageOut, RoadSourceOut, RoadsReportOut, whole_list
from app.services.inventory import roads

ROADS = Tag(name="Streets", description="Imported streets and places: the map, and planning.")

api_roads = APIBlueprint(
    "api_roads", __name__, url_prefix="/api/roads", abp_tags=[ROADS], abp_security=READ
)


class RoadSourcePath(BaseModel):
    """An import of streets by its id."""

    source_id: Id


class RoadsForm(SentForm):
    """A file of streets or places, what to call it, and whom the map credits."""

    roads: UploadedFile
    name: str = Field(default="", max_length=120)
    source: str = Field(default="", max_length=300)
    licence: str = Field(default="", max_length=300)


@api_roads.get("", summary="List imports", responses=answers({200: PageOut[RoadSourceOut]}))
def list_sources() -> Response:
    """What was imported, the newest first. The newest network of streets serves planning."""
    return reply(whole_list(roads.list_sources(), RoadSourceOut.of))


@api_roads.post(
    "",
    summary="Import streets",
    security=WRITE,
    responses=answers({200: RoadsReportOut}, 400, 413),
)
def import_roads(form: RoadsForm) -> Response:
    """OSMnx GraphML, GeoJSON or .osm.pbf. Repeating changes nothing; the same name replaces."""
    report = roads.import_roads(
        actor(),
        form.roads.stream.read(settings().max_roads_bytes + 1),
        form.roads.filename or "streets",
        name=form.name,
        source=form.source,
        licence=form.licence,
    )
    return reply(report)


@api_roads.delete(
    "/<int:source_id>",
    summary="Remove an import",
    security=WRITE,
    responses=answers({204: None}, 404),
)
def remove_source(path: RoadSourcePath) -> Response:
    """Its streets and places are no longer drawn, and planning no longer uses them."""
    roads.remove_source(actor(), path.source_id)
    return nothing()
