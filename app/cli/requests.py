"""`flask requests`: asking owners for footage, from a shell on the server."""

from __future__ import annotations

from typing import Any

import click
from flask.cli import AppGroup

from app.cli.common import (
    actor_of,
    as_option,
    choice_of,
    json_option,
    local_minute,
    parse_time,
    reports_errors,
    say,
    table,
)
from app.inputs.requests import RequestInput
from app.models import FootageRequest, RequestState
from app.outputs import page_of
from app.outputs.requests import MadeRequestOut, RequestOut
from app.services.base.actors import COMMAND_LINE
from app.services.base.links import link_to
from app.services.casework import cases
from app.services.requests import footage_requests
from app.services.requests.footage_requests import MadeRequest

group = AppGroup("requests", help="Requests to owners for footage.")
commands: tuple[click.Command, ...] = (group,)


@group.command("list")
@click.option("--case", "number", default=None)
@click.option("--state", type=choice_of(RequestState), default=None)
@click.option("--page", type=int, default=1)
@json_option
@reports_errors
def list_requests(number: str | None, state: str | None, page: int, as_json: bool) -> None:
    """List requests, the newest first."""
    case = cases.find_case(number) if number else None
    wanted = RequestState(state) if state else None
    found = footage_requests.list_requests(COMMAND_LINE, case, wanted, max(1, page))
    rows = [
        (
            one.id,
            one.case.number,
            one.owner,
            one.state.value,
            local_minute(one.link_expires_at, one.case.timezone),
            len(one.deliveries),
        )
        for one in found.items
    ]
    names = ("id", "case", "owner", "state", "link until", "files")
    say(page_of(found, RequestOut.of), table(names, rows), as_json=as_json)


@group.command("show")
@click.argument("request_id", type=int)
@json_option
@reports_errors
def show_request(request_id: int, as_json: bool) -> None:
    """Show what was asked, how it stands, and what came."""
    asked = footage_requests.find_request(request_id)
    files = [(one.file_name, one.state.value, one.size_bytes) for one in asked.deliveries]
    lines = [f"{asked.number} to {asked.owner} for case {asked.case.number}: {asked.state.value}."]
    say(RequestOut.of(asked), [*lines, *table(("file", "state", "bytes"), files)], as_json=as_json)


@group.command("create")
@click.argument("number")
@click.option("--camera", "camera_ids", type=int, multiple=True, required=True, help="Repeatable.")
@click.option("--from", "start", required=True, help="Start of the time window.")
@click.option("--to", "end", required=True, help="End of the time window.")
@click.option("--owner", required=True)
@click.option("--owner-email", default="")
@click.option("--contact", required=True, help="Whom the owner may ask.")
@click.option("--legal-basis", default=None, help="The case's own, unless given.")
@click.option("--message", default="")
@click.option("--days", "link_days", type=int, default=7, help="How long the link lasts.")
@click.option("--sweep-at-once", is_flag=True, help="Sweep what comes as soon as it is there.")
@click.option("--mail", "send_mail", is_flag=True, help="Mail the letter to the owner.")
@as_option
@json_option
@reports_errors
def create_request(
    *,
    number: str,
    start: str,
    end: str,
    legal_basis: str | None,
    email: str | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Ask one owner for the footage of cameras; the upload link is shown once."""
    case = cases.find_case(number)
    wanted = RequestInput(
        window_start=parse_time(start, case.timezone, "from"),
        window_end=parse_time(end, case.timezone, "to"),
        legal_basis=legal_basis or case.legal_basis,
        **given,
    )
    _say_made(footage_requests.create_request(actor_of(email), case, wanted), as_json)


@group.command("link")
@click.argument("request_id", type=int)
@click.option("--days", type=click.IntRange(1, 30), default=7, help="How long it lasts.")
@click.option("--mail", "send_mail", is_flag=True, help="Mail the letter to the owner.")
@as_option
@json_option
@reports_errors
def renew_link(
    *, request_id: int, days: int, send_mail: bool, email: str | None, as_json: bool
) -> None:
    """Make a new upload link; the one before ends."""
    asked = footage_requests.find_request(request_id)
    made = footage_requests.renew_link(actor_of(email), asked, days, send_mail=send_mail)
    _say_made(made, as_json)


@group.command("withdraw")
@click.argument("request_id", type=int)
@as_option
@json_option
@reports_errors
def withdraw_request(request_id: int, email: str | None, as_json: bool) -> None:
    """End a request's link; what came stays."""
    asked = footage_requests.find_request(request_id)
    footage_requests.withdraw(actor_of(email), asked)
    _say_state(asked, as_json)


@group.command("decline")
@click.argument("request_id", type=int)
@click.option("--reason", default="", help="What the owner said.")
@as_option
@json_option
@reports_errors
def decline_request(request_id: int, reason: str, email: str | None, as_json: bool) -> None:
    """Note that the owner has nothing to give."""
    asked = footage_requests.find_request(request_id)
    footage_requests.decline(actor_of(email), asked, reason)
    _say_state(asked, as_json)


@group.command("sweep")
@click.argument("request_id", type=int)
@as_option
@json_option
@reports_errors
def sweep_request(request_id: int, email: str | None, as_json: bool) -> None:
    """Sweep what came, before everything else."""
    asked = footage_requests.find_request(request_id)
    sweep = footage_requests.sweep_request(actor_of(email), asked)
    say(RequestOut.of(asked), [f"Sweep {sweep.id} is started."], as_json=as_json)


def _say_made(made: MadeRequest, as_json: bool) -> None:
    link = link_to("deliveries.show", secret=made.secret)
    output = MadeRequestOut(request=RequestOut.of(made.request), link=link)
    lines = [f"Request {made.request.number} is made.", f"Upload link, shown only now: {link}"]
    say(output, lines, as_json=as_json)


def _say_state(asked: FootageRequest, as_json: bool) -> None:
    lines = [f"Request {asked.number} is {asked.state.value}; its link has ended."]
    say(RequestOut.of(asked), lines, as_json=as_json)
