"""Footage of cameras, kept by reference."""

from __future__ import annotations

from typing import BinaryIO, cast

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from pydantic import Field

from app.api.document import FOOTAGE, READ, WRITE, answers
from app.api.paths import CameraPath, FootagePath
from app.api.replies import nothing, reply
from app.api.uploads import SentForm, UploadedFile
from app.current import actor
from app.inputs import FootageFileInput, FootageFolderInput
from app.inputs.fields import OptionalInstant, OptionalText
from app.outputs import FolderReportOut, FootageOut, PageOut, whole_list
from app.services.inventory import cameras, footage

api_footage = APIBlueprint(
    "api_footage", __name__, url_prefix="/api", abp_tags=[FOOTAGE], abp_security=READ
)


class UploadForm(SentForm):
    """A recording. `started_at` is what the camera's own clock showed at the first frame."""

    recording: UploadedFile
    started_at: OptionalInstant = None
    pattern: OptionalText = ""
    timezone: str = Field(default="Asia/Kolkata", max_length=60)
    made_up: bool = False
    remarks: OptionalText = ""


@api_footage.get(
    "/cameras/<int:camera_id>/footage",
    summary="List footage of a camera",
    responses=answers({200: PageOut[FootageOut]}, 404),
)
def list_footage(path: CameraPath) -> Response:
    """Recordings with their true times."""
    camera = cameras.find_camera(path.camera_id)
    return reply(whole_list(footage.list_footage(camera.id), FootageOut.of))


@api_footage.post(
    "/cameras/<int:camera_id>/footage",
    summary="Add a recording",
    security=WRITE,
    responses=answers({201: FootageOut}, 400, 404, 409, 415),
)
def add_footage(path: CameraPath, body: FootageFileInput) -> Response:
    """A file in one of the footage folders; its start time is given or read from its name."""
    camera = cameras.find_camera(path.camera_id)
    return reply(FootageOut.of(footage.add_file(actor(), camera, body)), 201)


@api_footage.post(
    "/cameras/<int:camera_id>/footage/upload",
    summary="Upload a recording",
    security=WRITE,
    responses=answers({201: FootageOut}, 404, 409, 413),
)
def upload_footage(path: CameraPath, form: UploadForm) -> Response:
    """It is kept in the first footage folder; its start time is given or read from its name."""
    camera = cameras.find_camera(path.camera_id)
    name = form.recording.filename or "recording"
    given = FootageFileInput(path=name, **form.model_dump(exclude={"recording"}))
    stream = cast(BinaryIO, form.recording.stream)
    row = footage.add_upload(actor(), camera, stream, name, given)
    return reply(FootageOut.of(row), 201)


@api_footage.post(
    "/cameras/<int:camera_id>/footage/folder",
    summary="Add a folder of recordings",
    security=WRITE,
    responses=answers({200: FolderReportOut}, 400, 404, 415),
)
def add_folder(path: CameraPath, body: FootageFolderInput) -> Response:
    """Start times come from the files' names; each file that is not taken is named with why."""
    camera = cameras.find_camera(path.camera_id)
    return reply(FolderReportOut.of(footage.add_folder(actor(), camera, body)))


@api_footage.delete(
    "/footage/<int:footage_id>",
    summary="Remove a recording",
    security=WRITE,
    responses=answers({204: None}, 404, 409),
)
def remove_footage(path: FootagePath) -> Response:
    """The file itself stays where it is."""
    footage.remove_footage(actor(), path.footage_id)
    return nothing()
