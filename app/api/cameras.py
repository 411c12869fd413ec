"""The registry of cameras, and its import."""

from __future__ import annotations

from pathlib import PurePath
from typing import Annotated, Literal

from flask import Response, request
from flask_openapi3.blueprint import APIBlueprint
from pydantic import BeforeValidator, Field

from app.api.document import CAMERAS, READ, WRITE, answers
from app.api.paths import CameraPath, ClockCheckPath
from app.api.replies import large_json, nothing, reply
from app.api.uploads import SentForm, UploadedFile
from app.current import actor, settings
from app.inputs import CameraQuery, ClockCheckInput
from app.inputs.imports import parse_mapping, parse_row_numbers
from app.outputs import (
    CameraOut,
    ClockCheckOut,
    ImportReportOut,
    PageOut,
    page_of,
    whole_list,
)
from app.services.inventory import cameras, clocks, registry

api_cameras = APIBlueprint(
    "api_cameras", __name__, url_prefix="/api/cameras", abp_tags=[CAMERAS], abp_security=READ
)

GEOJSON_TYPE = "application/geo+json"
FEATURE_LIMIT = 20_000


def _four_numbers(value: object) -> object:
    """`bbox=w,s,e,n` arrives as one text, or as a list of one."""
    if isinstance(value, list | tuple) and len(value) == 1:
        value = value[0]
    return tuple(value.split(",")) if isinstance(value, str) else value


class CamerasQuery(CameraQuery):
    """Cameras by text, status, source and map section (`bbox` is west,south,east,north).

    `format=geojson`, or an `Accept` header that prefers application/geo+json, answers with all
    cameras of the section at once, up to `limit`.
    """

    bbox: Annotated[tuple[float, float, float, float] | None, BeforeValidator(_four_numbers)] = None
    format: Literal["json", "geojson"] | None = None
    limit: Annotated[int, Field(ge=1, le=FEATURE_LIMIT)] = 5000

    def table_query(self) -> CameraQuery:
        """The part of it that a list needs."""
        return CameraQuery(**self.model_dump(exclude={"format", "limit"}))


class ImportForm(SentForm):
    """A registry file (CSV or GeoJSON) and how to read it.

    `mapping` is `lat=Y,lon=X` or a JSON object of field → column; `accept_rows` row numbers that
    are taken although they look wrong; `dry_run` reports and changes nothing.
    """

    registry: UploadedFile
    source: str = Field(default="", max_length=120)
    mapping: str = Field(default="", max_length=4000)
    accept_rows: str = Field(default="", max_length=20_000)
    swap_axes: bool = False
    dry_run: bool = False


@api_cameras.get("", summary="List cameras", responses=answers({200: PageOut[CameraOut]}))
def list_cameras(query: CamerasQuery) -> Response:
    """A page of the registry, or GeoJSON for a map. No stream address is ever included."""
    if query.format == "geojson" or (query.format is None and _prefers_geojson()):
        features = cameras.camera_features(query.bbox, query.limit)
        return large_json(features, GEOJSON_TYPE)
    return reply(page_of(cameras.list_cameras(query.table_query()), CameraOut.of))


@api_cameras.post(
    "/import",
    summary="Import a registry",
    security=WRITE,
    responses=answers({200: ImportReportOut}, 400, 413),
)
def import_cameras(form: ImportForm) -> Response:
    """Good rows are taken, bad ones reported by number and reason. Repeating changes nothing."""
    file_name = form.registry.filename or "registry"
    report = registry.import_cameras(
        actor(),
        form.registry.stream.read(settings().max_registry_bytes + 1),
        file_name,
        form.source or PurePath(file_name).stem,
        mapping=parse_mapping(form.mapping),
        accept_rows=parse_row_numbers(form.accept_rows.strip("[]")),
        swap_axes=form.swap_axes,
        dry_run=form.dry_run,
    )
    return reply(report)


@api_cameras.get(
    "/<int:camera_id>", summary="Read a camera", responses=answers({200: CameraOut}, 404)
)
def show_camera(path: CameraPath) -> Response:
    """Without its stream address."""
    return reply(CameraOut.of(cameras.find_camera(path.camera_id)))


@api_cameras.delete(
    "/<int:camera_id>",
    summary="Remove a camera",
    security=WRITE,
    responses=answers({204: None}, 404),
)
def remove_camera(path: CameraPath) -> Response:
    """It is no longer ranked; its visits, faces and sightings stay."""
    cameras.remove_camera(actor(), path.camera_id)
    return nothing()


def _prefers_geojson() -> bool:
    accepted = request.accept_mimetypes
    return accepted[GEOJSON_TYPE] > accepted["application/json"]


@api_cameras.get(
    "/<int:camera_id>/clock-checks",
    summary="List comparisons of a camera's clock",
    responses=answers({200: PageOut[ClockCheckOut]}, 404),
)
def list_clock_checks(path: CameraPath) -> Response:
    """Those taken back too, the latest first."""
    camera = cameras.find_camera(path.camera_id)
    return reply(whole_list(clocks.checks_of(camera), ClockCheckOut.of))


@api_cameras.post(
    "/<int:camera_id>/clock-checks",
    summary="Record a comparison of a camera's clock",
    security=WRITE,
    responses=answers({201: ClockCheckOut}, 400, 404),
)
def add_clock_check(path: CameraPath, body: ClockCheckInput) -> Response:
    """What the clock showed at a true time; footage added from then on is timed by it."""
    camera = cameras.find_camera(path.camera_id)
    return reply(ClockCheckOut.of(clocks.add_check(actor(), camera, body)), 201)


@api_cameras.delete(
    "/clock-checks/<int:check_id>",
    summary="Take a comparison of a clock back",
    security=WRITE,
    responses=answers({204: None}, 404, 409),
)
def take_back_clock_check(path: ClockCheckPath) -> Response:
    """It stays listed, and no longer counts."""
    clocks.take_back_check(actor(), path.check_id)
    return nothing()
