"""`flask tips`: triage of what the public handed in, and the codes of posters."""

from __future__ import annotations

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
from app.inputs.tips import AcceptInput, MessageInput, TipFilter, TipOrder, TipQuery
from app.models import Tip
from app.models.cases import Reliability
from app.outputs import page_of
from app.outputs.base import duration
from app.outputs.tips import TipCodeOut, TipMessageOut, TipOut, TipWithMatchesOut, TriageEntryOut
from app.services.base import access
from app.services.base.actors import Actor
from app.services.base.links import link_to
from app.services.contributing import tip_queue, tips, triage
from app.services.contributing.tip_queue import TriageEntry

group = AppGroup("tips", help="Tips of the public: leads, not identifications.")
commands: tuple[click.Command, ...] = (group,)

PER_PAGE = 50
_COLUMNS = (
    "number",
    "state",
    "like",
    "similarity",
    "threshold",
    "metres",
    "apart",
    "place",
    "seen",
)


@group.command("list")
@click.option("--show", type=choice_of(TipFilter), default=TipFilter.NEEDED.value)
@click.option("--order", type=choice_of(TipOrder), default=TipOrder.SIMILARITY.value)
@click.option("--case", default=None, help="Only those about or like this case.")
@click.option("--within-km", type=float, default=None, help="Of a last-known location.")
@click.option("--within-hours", type=float, default=None, help="Of a last-known location.")
@click.option("--only-matches", is_flag=True, help="Only those like a subject.")
@click.option("--page", type=int, default=1)
@as_option
@json_option
@reports_errors
def list_tips(email: str | None, as_json: bool, **given: object) -> None:
    """List what waits for a person, the most similar first."""
    actor = actor_of(email)
    found = tip_queue.look_over(actor, TipQuery.model_validate(given), PER_PAGE)
    named = triage.cases_to_name(actor, [entry.tip for entry in found.items])
    lines = table(_COLUMNS, [_row(entry) for entry in found.items])
    say(page_of(found, lambda entry: TriageEntryOut.of(entry, named)), lines, as_json=as_json)


@group.command("show")
@click.argument("number")
@as_option
@json_option
@reports_errors
def show_tip(number: str, email: str | None, as_json: bool) -> None:
    """Show tip NUMBER with its messages and what its photos are like."""
    actor = actor_of(email)
    tip = triage.look_at(actor, triage.find_by_number(actor, number).id)
    output = TipWithMatchesOut.of(
        tip, triage.matches_of(actor, tip), triage.cases_to_name(actor, [tip])
    )
    say(output, _told(output), as_json=as_json)


@group.command("accept")
@click.argument("number")
@click.argument("case_number")
@click.option("--reliability", type=choice_of(Reliability), default=Reliability.DOUBTFUL.value)
@as_option
@json_option
@reports_errors
def accept(
    number: str, case_number: str, reliability: str, email: str | None, as_json: bool
) -> None:
    """Take tip NUMBER into a case; its place is a last-known location from now on."""
    actor = actor_of(email)
    given = AcceptInput(case_number=case_number, reliability=Reliability(reliability))
    tip = triage.accept(actor, triage.find_by_number(actor, number).id, given)
    _say_tip(actor, tip, as_json)


@group.command("reject")
@click.argument("number")
@click.option("--spam", is_flag=True, help="Its faces are compared no more.")
@as_option
@json_option
@reports_errors
def reject(number: str, spam: bool, email: str | None, as_json: bool) -> None:
    """Put tip NUMBER aside."""
    actor = actor_of(email)
    tip = triage.reject(actor, triage.find_by_number(actor, number).id, spam=spam)
    _say_tip(actor, tip, as_json)


@group.command("undo")
@click.argument("number")
@as_option
@json_option
@reports_errors
def undo(number: str, email: str | None, as_json: bool) -> None:
    """Take the last decision on tip NUMBER back."""
    actor = actor_of(email)
    _say_tip(actor, triage.undo(actor, triage.find_by_number(actor, number).id), as_json)


@group.command("ask")
@click.argument("number")
@click.argument("text")
@as_option
@json_option
@reports_errors
def ask(number: str, text: str, email: str | None, as_json: bool) -> None:
    """Send TEXT to the sender of tip NUMBER, who reads it with the secret word."""
    actor = actor_of(email)
    given = MessageInput(text=text)
    message = triage.ask(actor, triage.find_by_number(actor, number).id, given)
    say(TipMessageOut.of(message), ["The message is sent."], as_json=as_json)


@group.command("publish-code")
@click.argument("case_number")
@as_option
@json_option
@reports_errors
def publish_code(case_number: str, email: str | None, as_json: bool) -> None:
    """Give a case a public code for posters; an older one ends."""
    actor = actor_of(email)
    code = tips.publish_code(actor, access.require_case(actor, case_number))
    address = link_to("tip.form_of_poster", code=code)
    say(TipCodeOut(code=code, address=address), [f"{code}: {address}"], as_json=as_json)


@group.command("withdraw-code")
@click.argument("case_number")
@as_option
@json_option
@reports_errors
def withdraw_code(case_number: str, email: str | None, as_json: bool) -> None:
    """Take a case's public code back."""
    actor = actor_of(email)
    tips.withdraw_code(actor, access.require_case(actor, case_number))
    say(TipCodeOut(code=None, address=None), ["The code is withdrawn."], as_json=as_json)


def _row(entry: TriageEntry) -> tuple[object, ...]:
    tip, best = entry.tip, entry.best
    return (
        tip.number,
        tip.state.value,
        best.case.number if best else "",
        f"{best.similarity:.3f}" if best else "",
        f"{best.threshold_similarity:.3f}" if best else "",
        entry.distance_m,
        "" if entry.seconds is None else duration(entry.seconds),
        tip.place,
        local_minute(tip.seen_at, tip.timezone),
    )


def _told(output: TipWithMatchesOut) -> list[str]:
    tip = output.tip
    said = [f"{one.author or 'sender'}: {one.text}" for one in tip.messages]
    rows = [
        (one.case_number, f"{one.similarity:.3f}", f"{one.threshold_similarity:.3f}", one.model)
        for one in output.matches
    ]
    into = f" into {tip.decided_case}" if tip.decided_case else ""
    return [
        f"{tip.number}: {tip.state.value}{into}.",
        f"Where: {tip.place or 'not known'} ({tip.place_source.value}).",
        f"When: {local_minute(tip.seen_at, tip.timezone)} ({tip.time_source.value}).",
        *([tip.remarks] if tip.remarks else []),
        *said,
        *(table(("like", "similarity", "threshold", "model"), rows) if rows else []),
    ]


def _say_tip(actor: Actor, tip: Tip, as_json: bool) -> None:
    output = TipOut.of(tip, triage.cases_to_name(actor, [tip]))
    where = f" into {output.decided_case}" if output.decided_case else ""
    say(output, [f"{tip.number}: {tip.state.value}{where}."], as_json=as_json)
