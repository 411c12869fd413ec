"""`flask cameras`: the registry."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import AppGroup

from app.cli.common import actor_of, as_option, json_option, reports_errors, say, table
from app.inputs import CameraQuery
from app.inputs.imports import parse_mapping, parse_row_numbers
from app.outputs import CameraOut, ImportReportOut, PageOut, RegistryProblemOut, page_of
from app.services.inventory import cameras, registry

group = AppGroup("cameras", help="The registry of cameras.")
commands: tuple[click.Command, ...] = (group,)

_PROBLEMS_SHOWN = 50


@group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", default="", help="Name of the source; the file's name if not given.")
@click.option("--mapping", default="", help="Which column is what, for example lat=Y,lon=X.")
@click.option("--accept-rows", default="", help="Rows to take although they look wrong: 3,7,12-15.")
@click.option("--swap-axes", is_flag=True, help="Latitude and longitude are swapped in this file.")
@click.option("--dry-run", is_flag=True, help="Report only; change nothing.")
@as_option
@json_option
@reports_errors
def import_cameras(
    file: Path,
    source: str,
    mapping: str,
    accept_rows: str,
    swap_axes: bool,
    dry_run: bool,
    email: str | None,
    as_json: bool,
) -> None:
    """Import a CSV or GeoJSON FILE. Bad rows are reported and never stop the good ones."""
    report = registry.import_cameras(
        actor_of(email),
        file.read_bytes(),
        file.name,
        source or file.stem,
        mapping=parse_mapping(mapping),
        accept_rows=parse_row_numbers(accept_rows),
        swap_axes=swap_axes,
        dry_run=dry_run,
    )
    say(report, _report_lines(report), as_json=as_json)


@group.command("list")
@click.option("--text", default="", help="Part of a name, reference or owner.")
@click.option("--status", default="", help="active, offline, unknown, planned or removed.")
@click.option("--source", default="", help="Name of a source.")
@click.option("--page", type=int, default=1)
@click.option("--per-page", type=int, default=50)
@json_option
@reports_errors
def list_cameras(
    text: str, status: str, source: str, page: int, per_page: int, as_json: bool
) -> None:
    """List cameras in order of name."""
    query = CameraQuery(text=text, status=status, source=source, page=page, per_page=per_page)
    output: PageOut[CameraOut] = page_of(cameras.list_cameras(query), CameraOut.of)
    rows = [
        (
            one.id,
            one.ref,
            one.name,
            f"{one.latitude_deg:.5f}",
            f"{one.longitude_deg:.5f}",
            one.status,
        )
        for one in output.items
    ]
    lines = table(("id", "ref", "name", "latitude", "longitude", "status"), rows)
    say(output, [*lines, f"{output.total} cameras."], as_json=as_json)


@group.command("remove")
@click.argument("camera_id", type=int)
@as_option
@json_option
@reports_errors
def remove_camera(camera_id: int, email: str | None, as_json: bool) -> None:
    """Take a camera out of the ranking; its sightings stay."""
    camera = cameras.remove_camera(actor_of(email), camera_id)
    say(CameraOut.of(camera), [f"Camera {camera.id} ({camera.name}) is removed."], as_json=as_json)


def _report_lines(report: ImportReportOut) -> list[str]:
    verb = "would be " if report.dry_run else ""
    lines = [
        f"{report.file_name} ({report.format}, {report.rows} rows) as source {report.source}:",
        f"  {verb}added {report.added}, changed {report.changed}, unchanged {report.unchanged}",
        f"  not in service {report.inactive}",
        f"  refused {report.refused}, warnings {report.warnings}",
    ]
    lines.extend(
        f"  {_where(problem)} {problem.severity}: {problem.reason}"
        for problem in report.problems[:_PROBLEMS_SHOWN]
    )
    hidden = len(report.problems) - _PROBLEMS_SHOWN
    return [*lines, f"  … and {hidden} more (--json lists all)"] if hidden > 0 else lines


def _where(problem: RegistryProblemOut) -> str:
    return "file" if problem.row_number is None else f"row {problem.row_number}"
