"""What all commands share: who acts, how answers are written, and how errors are told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

import click
from pydantic import BaseModel

from app.errors import Refused
from app.problems import TABLE, problem_of
from app.services.base.actors import COMMAND_LINE, Actor
from app.services.people import accounts

P = ParamSpec("P")
R = TypeVar("R")

TOLD: Final = tuple(TABLE)
"""Errors that have a sentence; anything else is a fault of the program and shows its trace."""

json_option = click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
as_option = click.option(
    "--as", "email", metavar="EMAIL", default=None, help="Act as this account in the audit log."
)


def choice_of(kind: type[StrEnum]) -> click.Choice[str]:
    """The values of `kind`, which click would otherwise offer by their names in the code."""
    return click.Choice([member.value for member in kind])


def actor_of(email: str | None) -> Actor:
    """The named account, else the command line itself. Raises NotFound."""
    if email is None:
        return COMMAND_LINE
    return accounts.actor_for(accounts.find_by_email(email))


def reports_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Tell an error as a sentence on stderr, and with --json also as a problem object on stdout.

    The exit code is 1.
    """

    @wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except TOLD as error:
            problem = problem_of(error)
            if kwargs.get("as_json"):
                click.echo(json.dumps(problem.as_json(), ensure_ascii=False))
            click.echo(f"Error: {problem.detail}", err=True)
            raise SystemExit(1) from error

    return guarded


def say(output: BaseModel, lines: Iterable[str], *, as_json: bool) -> None:
    """Write `output` as JSON, or `lines` for people."""
    if as_json:
        click.echo(output.model_dump_json())
        return
    for line in lines:
        click.echo(line)


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    """Rows in columns that are as wide as they need to be; an em dash stands for nothing."""
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(head, *cells, strict=True)]
    lines = [
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in [list(head), *cells]
    ]
    return lines if rows else ["Nothing to list."]


def parse_time(text: str, timezone: str, field: str) -> datetime:
    """An ISO 8601 time; without an offset it is on the clock of `timezone`. Raises Refused."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        sentence = f"“{text[:40]}” is not a time; write it like 2026-11-18T14:10."
        raise Refused(sentence, {field: sentence}) from error
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=ZoneInfo(timezone))


def local_minute(instant: datetime | None, timezone: str) -> str:
    """An instant on the clock of `timezone`, to the minute."""
    if instant is None:
        return "—"
    return instant.astimezone(ZoneInfo(timezone)).strftime("%Y-%m-%d %H:%M %Z")


def _cell(value: object) -> str:
    if value is None or value == "":
        return "—"
    text = f"{value:.0f}" if isinstance(value, float) else str(value)
    return " ".join(text.split())
