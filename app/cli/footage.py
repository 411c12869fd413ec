"""`flask footage`: recordings of cameras."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import AppGroup

from app.cli.common import (
    actor_of,
    as_option,
    json_option,
    parse_time,
    reports_errors,
    say,
    table,
)
from app.inputs import FootageFileInput, FootageFolderInput
from app.outputs import FolderReportOut, FootageOut, whole_list
from app.services.inventory import cameras, footage

group = AppGroup("footage", help="Recordings of cameras, kept by reference.")
commands: tuple[click.Command, ...] = (group,)

timezone_option = click.option(
    "--timezone", default="Asia/Kolkata", help="Zone of times without an offset."
)
pattern_option = click.option(
    "--pattern", default="", help="How start times stand in file names, for example %Y%m%d_%H%M%S."
)
made_up_option = click.option(
    "--made-up", is_flag=True, help="Composed for demonstration; labelled everywhere."
)


@group.command("add")
@click.argument("camera_id", type=int)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--start", default="", help="What the camera's clock showed at the first frame.")
@pattern_option
@timezone_option
@made_up_option
@click.option("--remarks", default="")
@as_option
@json_option
@reports_errors
def add_footage(
    camera_id: int,
    file: Path,
    start: str,
    pattern: str,
    timezone: str,
    made_up: bool,
    remarks: str,
    email: str | None,
    as_json: bool,
) -> None:
    """Add FILE, which lies in one of the footage folders, as a recording of a camera."""
    wanted = FootageFileInput(
        path=_path(file),
        started_at=parse_time(start, timezone, "start") if start else None,
        pattern=pattern,
        timezone=timezone,
        made_up=made_up,
        remarks=remarks,
    )
    row = footage.add_file(actor_of(email), cameras.find_camera(camera_id), wanted)
    output = FootageOut.of(row)
    line = f"Footage {output.id}: {output.file_name}, from {output.started_at.isoformat()}."
    say(output, [line], as_json=as_json)


@group.command("add-folder")
@click.argument("camera_id", type=int)
@click.argument("folder", type=click.Path(path_type=Path))
@pattern_option
@timezone_option
@made_up_option
@as_option
@json_option
@reports_errors
def add_folder(
    camera_id: int,
    folder: Path,
    pattern: str,
    timezone: str,
    made_up: bool,
    email: str | None,
    as_json: bool,
) -> None:
    """Add all recordings of FOLDER; their start times come from their names."""
    wanted = FootageFolderInput(
        path=_path(folder), pattern=pattern, timezone=timezone, made_up=made_up
    )
    report = footage.add_folder(actor_of(email), cameras.find_camera(camera_id), wanted)
    output = FolderReportOut.of(report)
    lines = [f"Added {output.added}, unchanged {output.unchanged}, refused {len(output.refused)}."]
    lines += [f"  {refused.name}: {refused.reason}" for refused in output.refused]
    say(output, lines, as_json=as_json)


@group.command("list")
@click.argument("camera_id", type=int)
@json_option
@reports_errors
def list_footage(camera_id: int, as_json: bool) -> None:
    """List the recordings of a camera."""
    camera = cameras.find_camera(camera_id)
    output = whole_list(footage.list_footage(camera.id), FootageOut.of)
    rows = [
        (one.id, one.file_name or "stream", one.started_at.isoformat(), one.duration_s, one.codec)
        for one in output.items
    ]
    say(output, table(("id", "file", "from", "seconds", "codec"), rows), as_json=as_json)


@group.command("remove")
@click.argument("footage_id", type=int)
@as_option
@reports_errors
def remove_footage(footage_id: int, email: str | None) -> None:
    """Take a recording out; the file itself stays where it is."""
    footage.remove_footage(actor_of(email), footage_id)
    click.echo(f"Footage {footage_id} is removed.")


def _path(given: Path) -> str:
    """A path as seen from here, if it is there; else as seen from the first footage folder."""
    return str(given.absolute() if given.exists() else given)
