"""`flask roads`: the streets and places that the map shows."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import AppGroup

from app.cli.common import actor_of, as_option, json_option, reports_errors, say, table
from app.outputs import PageOut, RoadSourceOut, RoadsReportOut, whole_list
from app.services.inventory import roads

group = AppGroup("roads", help="Streets and places that the map shows.")
commands: tuple[click.Command, ...] = (group,)

METRES_PER_KM = 1000.0


@group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--name", default="", help="What it is called here; the file's name if not given.")
@click.option("--source", default="", help="Whom the map credits, for example the publisher.")
@click.option("--licence", default="", help="The licence, shown beside the source.")
@as_option
@json_option
@reports_errors
def import_roads(
    file: Path, name: str, source: str, licence: str, email: str | None, as_json: bool
) -> None:
    """Import streets or places: OSMnx GraphML, GeoJSON, or an .osm.pbf extract."""
    report = roads.import_roads(
        actor_of(email), file.read_bytes(), file.name, name=name, source=source, licence=licence
    )
    say(report, _report_lines(report), as_json=as_json)


@group.command("list")
@json_option
@reports_errors
def list_sources(as_json: bool) -> None:
    """List what was imported, the newest first."""
    output: PageOut[RoadSourceOut] = whole_list(roads.list_sources(), RoadSourceOut.of)
    rows = [
        (one.id, one.name, one.format, one.streets, one.places, one.attribution, one.licence)
        for one in output.items
    ]
    titles = ("id", "name", "format", "streets", "places", "source", "licence")
    say(output, [*table(titles, rows), f"{output.total} imports."], as_json=as_json)


@group.command("remove")
@click.argument("source_id", type=int)
@as_option
@json_option
@reports_errors
def remove_source(source_id: int, email: str | None, as_json: bool) -> None:
    """Take an import's streets and places off the map."""
    source = roads.remove_source(actor_of(email), source_id)
    say(RoadSourceOut.of(source), [f"“{source.name}” is off the map."], as_json=as_json)


def _report_lines(report: RoadsReportOut) -> list[str]:
    km = report.length_m / METRES_PER_KM
    lines = [
        f"{report.name} ({report.format}): {report.outcome}",
        f"  {report.streets} streets ({km:.1f} km), {report.named_streets} of them named",
        f"  {report.places} places",
        f"  network for planning: {report.network_nodes or 'no'} nodes",
        f"  credit: {report.attribution or 'nobody'}, {report.licence or 'no licence named'}",
    ]
    if report.left_out:
        lines.append(f"  left out {report.left_out}: {'; '.join(report.problems)}")
    return [*lines, *(f"  {note}" for note in report.notes)]
