"""`flask route`: the confirmed sightings of a case as a file, a brief, an evidence bundle."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import click
from flask.cli import AppGroup

from app.cli.common import actor_of, as_option, json_option, reports_errors, say
from app.errors import Refused
from app.outputs import LEAD_NOTICE, Output
from app.services.casework import cases
from app.services.papers import briefs, evidence
from app.services.places import routes

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


class EvidenceOut(Output):
    """What was bundled; the manifest's hash is in the audit log too."""

    file: str
    files: int
    size_bytes: int
    sha256: str
    manifest_sha256: str
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
    _write(target, [export.data])
    lines = [f"{export.sightings} confirmed sightings written to {target}.", LEAD_NOTICE]
    say(_exported(export, target, file_format), lines, as_json=as_json)


@group.command("brief")
@click.argument("number")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default=None)
@click.option("--photos/--no-photos", default=True, help="With the pictures of faces.")
@as_option
@json_option
@reports_errors
def export_brief(
    number: str, out: Path | None, photos: bool, email: str | None, as_json: bool
) -> None:
    """Write the timeline of case NUMBER as a PDF to print (by default brief-NUMBER.pdf here)."""
    case = cases.find_case(number)
    export = briefs.export_brief(actor_of(email), case, with_photos=photos)
    target = out or Path(export.file_name)
    _write(target, [export.data])
    lines = [f"The brief is written to {target}.", LEAD_NOTICE]
    say(_exported(export, target, "pdf"), lines, as_json=as_json)


@group.command("evidence")
@click.argument("number")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default=None)
@as_option
@json_option
@reports_errors
def export_evidence(number: str, out: Path | None, email: str | None, as_json: bool) -> None:
    """Write the evidence bundle of case NUMBER (by default evidence-NUMBER.zip here)."""
    bundle = evidence.export_evidence(actor_of(email), cases.find_case(number))
    target = out or Path(bundle.file_name)
    _write(target, bundle.chunks())
    output = EvidenceOut(
        file=str(target),
        files=bundle.files,
        size_bytes=bundle.size_bytes,
        sha256=bundle.sha256,
        manifest_sha256=bundle.manifest_sha256,
    )
    lines = [
        f"{bundle.files} files are bundled in {target}.",
        f"SHA-256 of its manifest: {bundle.manifest_sha256}",
        LEAD_NOTICE,
    ]
    say(output, lines, as_json=as_json)


def _exported(export: routes.Export, target: Path, file_format: str) -> ExportedOut:
    return ExportedOut(
        file=str(target),
        format=file_format,
        sightings=export.sightings,
        size_bytes=len(export.data),
        sha256=hashlib.sha256(export.data).hexdigest(),
    )


def _write(target: Path, pieces: Iterable[bytes]) -> None:
    try:
        with target.open("wb") as file:
            file.writelines(pieces)
    except OSError as error:
        raise Refused(f"{target} cannot be written: {error.strerror}.") from error
