"""`flask route`: the confirmed sightings of a case as a file."""

from __future__ import annotations

import hashlib
from pathlib import Path

import click
from flask.cli import AppGroup

from app.cli.common import actor_of, as_option, json_option, reports_errors, say
from app.errors import Refused
from app.outputs import LEAD_NOTICE, Output
from app.services import cases, routes

group = AppGroup("route", help="Confirmed sightings in order of time, as files.")
commands: tuple[click.Command, ...] = (group,)


class ExportedOut(Output):
    """What was written, and its hash as the audit log has it."""

    file: str
    format: str
    sightings: int
    size_bytes: int
    sha256: str
    notice: str = LEAD_NOTICE


@group.command("export")
@click.argument("number")
@click.option("--format", "file_format", type=click.Choice(routes.ROUTE_FORMATS), required=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default=None)
@click.option("--crops", is_flag=True, help="Put the faces' pictures into the html map.")
@as_option
@json_option
@reports_errors
def export_route(
    number: str, file_format: str, out: Path | None, crops: bool, email: str | None, as_json: bool
) -> None:
    """Write the route of case NUMBER to a file (by default route-NUMBER.FORMAT here)."""
    case = cases.find_case(number)
    export = routes.export_route(actor_of(email), case, file_format, with_crops=crops)
    target = out or Path(export.file_name)
    _write(target, export.data)
    output = ExportedOut(
        file=str(target),
        format=file_format,
        sightings=export.sightings,
        size_bytes=len(export.data),
        sha256=hashlib.sha256(export.data).hexdigest(),
    )
    lines = [f"{export.sightings} confirmed sightings written to {target}.", LEAD_NOTICE]
    say(output, lines, as_json=as_json)


def _write(target: Path, data: bytes) -> None:
    try:
        target.write_bytes(data)
    except OSError as error:
        raise Refused(f"{target} cannot be written: {error.strerror}.") from error
