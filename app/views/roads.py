"""Imported streets and places: the list, the upload and its report."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.current import actor, settings
from app.errors import Refused
from app.outputs import RoadsReportOut
from app.services.inventory import roads
from app.views.forms import Form
from geo.streets import OSM_ATTRIBUTION, OSM_LICENCE

blueprint = Blueprint("roads", __name__)

FIELDS = ("roads", "name", "source", "licence")


@blueprint.get("/cameras/streets")
def index() -> str:
    """What was imported, and the form for more."""
    return _page(Form(), None)


@blueprint.post("/cameras/streets")
def import_file() -> ResponseReturnValue:
    """Import a file of streets or places and show what came of it."""
    form = Form(request.form, shown=FIELDS)
    with form:
        return _page(Form(), _import(form))
    return _page(form, None), form.status


@blueprint.post("/cameras/streets/<int:source_id>/remove")
def remove(source_id: int) -> ResponseReturnValue:
    """Take an import off the map."""
    removed = roads.remove_source(actor(), source_id)
    flash(f"“{removed.name}” is off the map.", "success")
    return redirect(url_for("roads.index"))


def _import(form: Form) -> RoadsReportOut:
    file = request.files.get("roads")
    if file is None or not file.filename:
        raise Refused("Choose a file of streets or places first.", {"roads": "no file was chosen"})
    return roads.import_roads(
        actor(),
        file.read(settings().max_roads_bytes + 1),
        file.filename,
        name=form.value("name"),
        source=form.value("source"),
        licence=form.value("licence"),
    )


def _page(form: Form, report: RoadsReportOut | None) -> str:
    return render_template(
        "cameras/streets.html",
        form=form,
        report=report,
        sources=roads.list_sources(),
        osm={"attribution": OSM_ATTRIBUTION, "licence": OSM_LICENCE},
    )
