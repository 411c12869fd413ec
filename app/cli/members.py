"""`flask cases access`: who sees a case, from a shell on the server."""

from __future__ import annotations

import click

from app.cli.cases import group
from app.cli.common import actor_of, as_option, json_option, reports_errors, say, table
from app.outputs.members import CaseAccessOut
from app.services.casework import cases
from app.services.people import accounts, members


@group.command("access")
@click.argument("number")
@click.option("--restricted/--unrestricted", default=None, help="Restrict the case, or lift that.")
@click.option("--add", "added", multiple=True, metavar="EMAIL", help="Put on its list.")
@click.option("--remove", "removed", multiple=True, metavar="EMAIL", help="Take off its list.")
@as_option
@json_option
@reports_errors
def case_access(
    *,
    number: str,
    restricted: bool | None,
    added: tuple[str, ...],
    removed: tuple[str, ...],
    email: str | None,
    as_json: bool,
) -> None:
    """Show or change who sees a case."""
    case, actor = cases.find_case(number), actor_of(email)
    for address in added:
        members.add_member(actor, case, accounts.find_by_email(address).id)
    for address in removed:
        members.remove_member(actor, case, accounts.find_by_email(address).id)
    if restricted is not None:
        (members.restrict if restricted else members.unrestrict)(actor, case)
    output = CaseAccessOut.of(case, members.list_members(case))
    rows = [(one.email, one.role.value, one.name) for one in output.members]
    state = "restricted to:" if output.restricted else "not restricted; on its list:"
    lines = [f"Case {case.number} is {state}", *table(("e-mail", "role", "name"), rows)]
    say(output, lines, as_json=as_json)
