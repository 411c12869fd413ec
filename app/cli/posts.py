"""`flask posts`: imported posts and advertisements."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import click
from flask.cli import AppGroup

from app.cli.common import (
    actor_of,
    as_option,
    choice_of,
    json_option,
    local_minute,
    reports_errors,
    say,
    table,
)
from app.current import settings
from app.errors import Refused
from app.indicators.signs import Group
from app.inputs.posts import PostImportInput, PostQuery
from app.intake.post_files import MAX_FILE_BYTES
from app.models import PostImportState
from app.outputs import page_of
from app.outputs.posts import PostImportOut, PostImportReportOut, PostImportStateOut, PostOut
from app.services.postings import post_import_reports, post_imports, posts

group = AppGroup("posts", help="Imported posts: leads, no accusation.")
commands: tuple[click.Command, ...] = (group,)

PER_PAGE = 50


@group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--origin", required=True, help="Who handed it over.")
@click.option("--purpose", required=True, help="Why it is imported, for the audit log.")
@click.option(
    "--pictures",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=None,
    help="A zip of the pictures that the file names.",
)
@click.option("--label", default="", help="What to call it; the file's name if not given.")
@click.option("--platform", default="", help="Where the file does not say it itself.")
@click.option("--timezone", default=None, help="Of times without a zone.")
@click.option("--region", default="IN", help="Country of its phone numbers and dates.")
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
@as_option
@json_option
@reports_errors
def import_posts(
    *,
    file: Path,
    origin: str,
    purpose: str,
    pictures: Path | None,
    label: str,
    platform: str,
    timezone: str | None,
    region: str,
    dry_run: bool,
    email: str | None,
    as_json: bool,
) -> None:
    """Import FILE (CSV, JSON, JSON lines); rows with a problem are listed and left out."""
    given = PostImportInput(
        origin=origin,
        purpose=purpose,
        label=label,
        platform=platform,
        timezone=timezone or settings().default_timezone,
        region=region,
    )
    with ExitStack() as files:
        try:
            data = files.enter_context(file.open("rb")).read(MAX_FILE_BYTES + 1)
            stream = files.enter_context(pictures.open("rb")) if pictures else None
        except OSError as error:
            raise Refused(f"The file cannot be read: {error.strerror}.") from error
        actor = actor_of(email)
        report = (
            post_import_reports.check(actor, data, file.name, given)
            if dry_run
            else post_imports.import_posts(actor, data, file.name, given, pictures=stream)
        )
    done = "Would import" if dry_run else f"Import {report.import_id}:"
    sentence = (
        f"{done} {report.added} posts, {report.already_there} there before, "
        f"{report.refused} not taken, {report.pictures} pictures."
    )
    lines = [sentence]
    rows = [(one.row_number, one.reason, one.value) for one in report.problems]
    lines += table(("row", "reason", "value"), rows) if rows else []
    say(PostImportReportOut.of(report), lines, as_json=as_json)


@group.command("imports")
@click.option("--page", type=int, default=1)
@as_option
@json_option
@reports_errors
def list_imports(page: int, email: str | None, as_json: bool) -> None:
    """List the imports, newest first."""
    found = post_imports.list_imports(actor_of(email), max(1, page), PER_PAGE)
    zone = settings().default_timezone
    rows = [
        (one.id, one.label, one.origin, one.added, local_minute(one.imported_at, zone),
         "taken back" if one.taken_back_at else one.state.value)
        for one in found.items
    ]  # fmt: skip
    lines = table(("id", "name", "from", "posts", "imported", "state"), rows)
    say(page_of(found, PostImportOut.of), lines, as_json=as_json)


@group.command("show")
@click.argument("import_id", type=int)
@as_option
@json_option
@reports_errors
def show_import(import_id: int, email: str | None, as_json: bool) -> None:
    """Say how far an import is, or what came of it."""
    row = post_imports.find_import(actor_of(email), import_id)
    out = PostImportStateOut.of(row)
    lines = [f"“{row.label}”: {row.state.value}. {row.outcome}".strip()]
    if out.progress:
        said = f"{out.progress.step.value}: {out.progress.done} of {out.progress.total}"
        left_s = out.progress.remaining_s
        lines.append(said if left_s is None else f"{said}, about {left_s:.0f} s left")
    lines.append(f"{row.added} posts, {row.already_there} there before, {row.refused} not taken")
    say(out, lines, as_json=as_json)


@group.command("confirm")
@click.argument("import_id", type=int)
@as_option
@json_option
@reports_errors
def confirm(import_id: int, email: str | None, as_json: bool) -> None:
    """Import a file that was checked on the page."""
    row = post_imports.confirm(actor_of(email), import_id)
    say(PostImportStateOut.of(row), [f"“{row.label}”: {row.state.value}."], as_json=as_json)


@group.command("cancel")
@click.argument("import_id", type=int)
@as_option
@json_option
@reports_errors
def cancel(import_id: int, email: str | None, as_json: bool) -> None:
    """End an import that is not done; nothing of it stays."""
    row = post_imports.cancel(actor_of(email), import_id)
    said = "is being cancelled" if row.state is PostImportState.RUNNING else row.state.value
    say(PostImportStateOut.of(row), [f"“{row.label}”: {said}."], as_json=as_json)


@group.command("undo")
@click.argument("import_id", type=int)
@as_option
@json_option
@reports_errors
def take_back(import_id: int, email: str | None, as_json: bool) -> None:
    """Take a whole import back."""
    row = post_imports.take_back(actor_of(email), import_id, here=True)
    said = "is being taken back by a worker" if row.job else "is taken back"
    say(PostImportOut.of(row), [f"“{row.label}” {said}."], as_json=as_json)


@group.command("restore")
@click.argument("import_id", type=int)
@as_option
@json_option
@reports_errors
def restore(import_id: int, email: str | None, as_json: bool) -> None:
    """Bring an import back."""
    row = post_imports.restore(actor_of(email), import_id, here=True)
    said = "is being restored by a worker" if row.job else "is back"
    say(PostImportOut.of(row), [f"“{row.label}” {said}."], as_json=as_json)


@group.command("list")
@click.option("--text", default="", help="Words in title or text.")
@click.option("--group", "wanted", type=choice_of(Group), default=None, help="With signs of it.")
@click.option("--place", default="")
@click.option("--page", type=int, default=1)
@as_option
@json_option
@reports_errors
def list_posts(
    text: str, wanted: str | None, place: str, page: int, email: str | None, as_json: bool
) -> None:
    """List posts, those with signs of most groups first; leads, no accusation."""
    query = PostQuery(
        text=text, group=Group(wanted) if wanted else None, place=place, page=max(1, page)
    )
    found = posts.list_posts(actor_of(email), query, PER_PAGE)
    rows = [
        (one.id, one.account.handle if one.account else "", one.place, one.tone_level,
         one.frequency_level, one.price_level, one.shared_level, one.whole_text[:60])
        for one in found.items
    ]  # fmt: skip
    names = ("id", "account", "place", "tone", "frequency", "price", "shared", "text")
    say(page_of(found, PostOut.of), table(names, rows), as_json=as_json)
