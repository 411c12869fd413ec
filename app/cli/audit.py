"""`flask audit`: check the audit log, anchor it, read it."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import asdict

import click
from flask.cli import AppGroup

from app.cli.common import json_option
from app.services.base import audit
from app.services.base.actors import COMMAND_LINE
from app.services.governance import audit_csv

group = AppGroup("audit", help="The append-only, hash-chained log of who did what.")
commands: tuple[click.Command, ...] = (group,)

_ANCHOR = re.compile(r"(\d+):([0-9a-f]{64})")


class AnchorType(click.ParamType[audit.AuditAnchor]):
    """An anchor as `flask audit anchor` prints it: ID:HASH."""

    name = "ID:HASH"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> audit.AuditAnchor:
        """Read the text; a wrong one is a usage error."""
        found = _ANCHOR.fullmatch(str(value).strip())
        if found is None:
            self.fail("An anchor is the line that `flask audit anchor` prints.", param, ctx)
        return audit.AuditAnchor(int(found.group(1)), found.group(2))


@group.command("verify")
@click.option("--anchor", "kept", type=AnchorType(), help="An anchor that was kept elsewhere.")
@json_option
def verify(kept: audit.AuditAnchor | None, as_json: bool) -> None:
    """Walk the whole chain. Exit code 1 if it does not hold, with the first bad entry."""
    verdict = audit.verify(kept=kept)
    click.echo(json.dumps(asdict(verdict)) if as_json else verdict.sentence)
    if not verdict.ok:
        sys.exit(1)


@group.command("anchor")
def anchor() -> None:
    """Print the chain's end as ID:HASH, to be kept on paper or on another machine."""
    end = audit.anchor()
    click.echo(f"{end.entry_id}:{end.entry_hash}")


@group.command("list")
@click.option("--case", "case_number", default="", help="Only entries of this case.")
@click.option("--action", default="", help="Only this action.")
@click.option("--actor", default="", help="Only actors with this in their name.")
@click.option("--csv", "as_csv", is_flag=True, help="All columns as CSV.")
def list_entries(case_number: str, action: str, actor: str, as_csv: bool) -> None:
    """Print entries, oldest first."""
    wanted = audit.AuditFilter(case_number, action, actor)
    if as_csv:
        for line in audit_csv.lines(COMMAND_LINE, wanted):
            click.echo(line, nl=False)
        return
    for entry in audit.iterate_entries(wanted):
        case = f" case {entry.case_number}" if entry.case_number else ""
        subject = f" · {entry.subject}" if entry.subject else ""
        at = entry.at.isoformat(timespec="seconds")
        click.echo(f"{entry.id:>8} {at} {entry.actor_name} {entry.action}{case}{subject}")
