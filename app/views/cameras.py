"""The registry of cameras, its import, and the footage of each camera."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.current import actor, settings
from app.errors import Refused
from app.gate import can
from app.inputs import CameraQuery, ClockCheckInput, FootageFileInput, FootageFolderInput
from app.inputs.imports import parse_mapping, parse_row_numbers
from app.models import CameraRow
from app.outputs import ImportReportOut
from app.outputs.clocks import clock_of, is_compared
from app.services.inventory import cameras, clocks, footage, registry
from app.services.requests import deliveries
from app.views.forms import Form, read_query
from app.views.start import start_of_map
from cameras.camera import CameraStatus
from cameras.registry import REGISTRY_FIELDS

blueprint = Blueprint("cameras", __name__)

FOOTAGE_FIELDS = ("path", "started_at", "pattern", "timezone", "remarks", "file")
CLOCK_FIELDS = ("shown_at", "true_at", "precision_s", "clock_remarks")
UPLOAD_PATH = "uploaded"
"""Stands for the path of an upload, which the service chooses itself."""


@blueprint.get("/cameras")
def index() -> str:
    """The registry: searched, filtered, on a map."""
    query = read_query(CameraQuery, bbox=None)
    start = start_of_map(())
    return render_template(
        "cameras/index.html",
        page=cameras.list_cameras(query),
        query=query,
        summary=cameras.registry_summary(),
        statuses=list(CameraStatus),
        start={"latitude_deg": start.latitude_deg, "longitude_deg": start.longitude_deg},
    )


@blueprint.route("/cameras/import", methods=["GET", "POST"])
def import_page() -> ResponseReturnValue:
    """Check a registry file, see what would happen, then import it."""
    form = Form(request.form, shown=("source", "registry", "mapping", "accept_rows"))
    if request.method == "POST":
        with form:
            return _import_form(form, _import(form))
    return _import_form(form, None), form.status


@blueprint.get("/cameras/<int:camera_id>")
def show(camera_id: int) -> str:
    """One camera with its footage."""
    return _camera_page(cameras.find_camera(camera_id), Form(_proposed_footage()), "file")


@blueprint.post("/cameras/<int:camera_id>/remove")
def remove(camera_id: int) -> ResponseReturnValue:
    """Take a camera out of the registry."""
    camera = cameras.remove_camera(actor(), camera_id)
    flash(f"“{camera.name}” is out of the registry; what was found there stays.", "success")
    return redirect(url_for("cameras.show", camera_id=camera_id))


@blueprint.post("/cameras/<int:camera_id>/restore")
def restore(camera_id: int) -> ResponseReturnValue:
    """Put a camera back into the registry."""
    camera = cameras.restore_camera(actor(), camera_id)
    flash(f"“{camera.name}” is in the registry again.", "success")
    return redirect(url_for("cameras.show", camera_id=camera_id))


@blueprint.post("/cameras/<int:camera_id>/footage")
def add_footage(camera_id: int) -> ResponseReturnValue:
    """Register a recording that lies in a footage folder."""
    camera = cameras.find_camera(camera_id)
    form = Form(request.form, shown=FOOTAGE_FIELDS)
    with form:
        added = footage.add_file(actor(), camera, _footage_input(form, form.value("path")))
        flash(f"The recording from {added.started_at:%Y-%m-%d %H:%M:%S} UTC is added.", "success")
        return redirect(url_for("cameras.show", camera_id=camera_id))
    return _camera_page(cameras.find_camera(camera_id), form, "file"), form.status


@blueprint.post("/cameras/<int:camera_id>/footage/upload")
def upload_footage(camera_id: int) -> ResponseReturnValue:
    """Take a recording from the browser."""
    camera = cameras.find_camera(camera_id)
    form = Form(request.form, shown=FOOTAGE_FIELDS)
    with form:
        file = request.files.get("file")
        if file is None or not file.filename:
            raise Refused("Choose a recording first.", {"file": "no file was chosen"})
        given = _footage_input(form, UPLOAD_PATH)
        footage.add_upload(actor(), camera, file.stream, file.filename, given)
        flash("The recording is uploaded.", "success")
        return redirect(url_for("cameras.show", camera_id=camera_id))
    return _camera_page(cameras.find_camera(camera_id), form, "upload"), form.status


@blueprint.post("/cameras/<int:camera_id>/footage/folder")
def add_folder(camera_id: int) -> ResponseReturnValue:
    """Register all recordings of a folder."""
    camera = cameras.find_camera(camera_id)
    form = Form(request.form, shown=FOOTAGE_FIELDS)
    with form:
        given = form.read(FootageFolderInput, made_up=bool(form.value("made_up")))
        report = footage.add_folder(actor(), camera, given)
        flash(f"{report.added} recordings added, {report.unchanged} known already.", "success")
        for name, reason in report.refused:
            flash(f"{name}: {reason}", "warning")
        return redirect(url_for("cameras.show", camera_id=camera_id))
    return _camera_page(cameras.find_camera(camera_id), form, "folder"), form.status


@blueprint.post("/footage/<int:footage_id>/remove")
def remove_footage(footage_id: int) -> ResponseReturnValue:
    """Take a recording off the list; its file stays."""
    removed = footage.remove_footage(actor(), footage_id)
    flash("The recording is off the list; its file was not touched.", "success")
    return redirect(url_for("cameras.show", camera_id=removed.camera_id))


@blueprint.post("/cameras/<int:camera_id>/clock")
def add_clock_check(camera_id: int) -> ResponseReturnValue:
    """Record what the camera's clock showed at a true time."""
    camera = cameras.find_camera(camera_id)
    form = Form(request.form, shown=CLOCK_FIELDS)
    zone = settings().default_timezone
    with form:
        given = form.read(
            ClockCheckInput,
            shown_at=form.instant("shown_at", zone),
            true_at=form.instant("true_at", zone),
            remarks=form.value("clock_remarks"),
        )
        clocks.add_check(actor(), camera, given)
        flash("The comparison is recorded; footage added from now on is timed by it.", "success")
        return redirect(url_for("cameras.show", camera_id=camera_id))
    return _camera_page(cameras.find_camera(camera_id), form, "clock"), form.status


@blueprint.post("/clock-checks/<int:check_id>/take-back")
def take_back_clock_check(check_id: int) -> ResponseReturnValue:
    """Leave a comparison out that was wrong."""
    check = clocks.take_back_check(actor(), check_id)
    flash("The comparison no longer counts; it stays listed.", "success")
    return redirect(url_for("cameras.show", camera_id=check.camera_id))


def _footage_input(form: Form, path: str) -> FootageFileInput:
    zone = form.value("timezone") or settings().default_timezone
    return form.read(
        FootageFileInput,
        path=path,
        timezone=zone,
        started_at=form.instant("started_at", zone),
        made_up=bool(form.value("made_up")),
    )


def _proposed_footage() -> dict[str, str]:
    return {"timezone": settings().default_timezone}


def _camera_page(camera: CameraRow, form: Form, opened: str) -> str:
    return render_template(
        "cameras/show.html",
        camera=camera,
        footage=footage.list_footage(camera.id),
        deliveries=(
            deliveries.seen_of_camera(actor(), camera.id) if can("footage_requests.show") else {}
        ),
        clock=clock_of(camera),
        is_compared=is_compared(camera),
        clock_checks=clocks.checks_of(camera),
        stream=cameras.masked_stream_address(camera),
        form=form,
        opened=opened,
        zone=settings().default_timezone,
        folders=settings().footage_root_paths,
    )


def _import(form: Form) -> ImportReportOut:
    file = request.files.get("registry")
    if file is None or not file.filename:
        raise Refused("Choose a CSV or GeoJSON file first.", {"registry": "no file was chosen"})
    return registry.import_cameras(
        actor(),
        file.read(),
        file.filename,
        form.value("source") or file.filename,
        mapping=_chosen_columns() or parse_mapping(form.value("mapping")),
        accept_rows=_accepted_rows(form),
        swap_axes=bool(form.value("swap_axes")),
        dry_run=form.value("do") != "import",
    )


def _chosen_columns() -> dict[str, str]:
    """The selects of the preview: field → column; a blank one means that no column holds it."""
    chosen = {name: request.form.get(f"column-{name}", "") for name in REGISTRY_FIELDS}
    return {name: column for name, column in chosen.items() if column}


def _accepted_rows(form: Form) -> frozenset[int]:
    ticked = ",".join(request.form.getlist("accept_row"))
    return parse_row_numbers(",".join(part for part in (form.value("accept_rows"), ticked) if part))


def _import_form(form: Form, report: ImportReportOut | None) -> str:
    return render_template("cameras/import.html", form=form, report=report, fields=REGISTRY_FIELDS)
