"""`flask found`: a partner's entries of found persons, and their matches for investigators."""

from __future__ import annotations

from pathlib import Path
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
from app.current import settings
from app.errors import Refused
from app.inputs.tips import CloseInput, FoundInput
from app.models import FoundPerson, FoundState, MatchState, Role, Sex, User
from app.outputs import page_of
from app.outputs.found import FoundEntryOut, FoundPersonOut, FoundViewOut
from app.outputs.tips import ContributedMatchOut
from app.services.base.actors import Actor
from app.services.contributing import found, found_matches, public_forms
from app.services.people import accounts

group = AppGroup("found", help="Found, unidentified persons: leads, not identifications.")
commands: tuple[click.Command, ...] = (group,)

PER_PAGE = 50
_ENDINGS = [state.value for state in FoundState if state is not FoundState.OPEN]

partner_option = click.option(
    "--as", "email", metavar="EMAIL", required=True, help="The partner's account."
)
photo_option = click.option(
    "--photo",
    "photos",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    required=True,
    help="Of the face; repeatable, up to five.",
)


# ------------------------------------------------------------------------------ partners


@group.command("register")
@photo_option
@click.option("--place", required=True)
@click.option("--found-at", default=None, help="2026-11-18T14:10, on the clock of --timezone.")
@click.option("--age-from", "age_from_years", type=int, required=True)
@click.option("--age-to", "age_to_years", type=int, required=True)
@click.option("--sex", type=choice_of(Sex), default=Sex.UNKNOWN.value)
@click.option("--languages", default="")
@click.option("--clothing", default="")
@click.option("--marks", default="")
@click.option("--condition", default="")
@click.option("--whereabouts", required=True, help="Where the person is now.")
@click.option("--contact", required=True, help="Whom to ask.")
@click.option("--timezone", default=None)
@click.option("--request-id", default="", help="The same one again makes no second entry.")
@partner_option
@json_option
@reports_errors
def register(
    *,
    photos: tuple[Path, ...],
    found_at: str | None,
    timezone: str | None,
    request_id: str,
    email: str,
    as_json: bool,
    **given: Any,
) -> None:
    """Register a found person for a partner; compared with all cases, now and later."""
    user, actor = _partner(email)
    zone = timezone or settings().default_timezone
    at = parse_time(found_at, zone, "found_at") if found_at else None
    wanted = FoundInput.model_validate({**given, "found_at": at, "timezone": zone})
    stamp = public_forms.stamp_of_request(user.id, request_id)
    entry = found.register(actor, user, stamp, wanted, _read(photos))
    _say_entry(entry, as_json)


@group.command("entries")
@click.option("--page", type=int, default=1)
@partner_option
@json_option
@reports_errors
def list_entries(page: int, email: str, as_json: bool) -> None:
    """List the entries of a partner's organisation."""
    user, _ = _partner(email)
    listed = found.list_entries(user, max(1, page), PER_PAGE)
    contacted = found.will_be_contacted(listed.items)
    rows = [
        (one.id, one.number, one.state.value, one.place, local_minute(one.found_at, one.timezone),
         "an investigator will contact you" if one.id in contacted else "")
        for one in listed.items
    ]  # fmt: skip
    output = page_of(
        listed, lambda one: FoundEntryOut.of(one, will_be_contacted=one.id in contacted)
    )
    names = ("id", "number", "state", "place", "found", "match")
    say(output, table(names, rows), as_json=as_json)


@group.command("add-photos")
@click.argument("found_id", type=int)
@photo_option
@partner_option
@json_option
@reports_errors
def add_photos(found_id: int, photos: tuple[Path, ...], email: str, as_json: bool) -> None:
    """Add photos to an open entry."""
    user, actor = _partner(email)
    _say_entry(found.add_photos(actor, user, found_id, _read(photos)), as_json)


@group.command("close")
@click.argument("found_id", type=int)
@click.argument("ending", type=click.Choice(_ENDINGS))
@partner_option
@json_option
@reports_errors
def close(found_id: int, ending: str, email: str, as_json: bool) -> None:
    """Close an entry: it is compared with no case any more."""
    user, actor = _partner(email)
    given = CloseInput(state=FoundState(ending))
    _say_entry(found.close(actor, user, found_id, given), as_json)


@group.command("reopen")
@click.argument("found_id", type=int)
@partner_option
@json_option
@reports_errors
def reopen(found_id: int, email: str, as_json: bool) -> None:
    """Undo the closing of an entry."""
    user, actor = _partner(email)
    _say_entry(found.reopen(actor, user, found_id), as_json)


# ------------------------------------------------------------------------------ investigators


@group.command("list")
@click.option("--only-matches", is_flag=True, help="Only those like a subject.")
@click.option("--page", type=int, default=1)
@as_option
@json_option
@reports_errors
def list_persons(only_matches: bool, page: int, email: str | None, as_json: bool) -> None:
    """List open entries of all partners, those like a subject first."""
    actor = actor_of(email)
    listed = found_matches.look_over(actor, max(1, page), PER_PAGE, only_matches=only_matches)
    matched = found_matches.matched_ids(actor, listed.items)
    rows = [
        (one.id, one.number, one.organisation, one.place,
         f"{one.age_from_years}-{one.age_to_years}", "yes" if one.id in matched else "")
        for one in listed.items
    ]  # fmt: skip
    output = page_of(listed, lambda one: FoundPersonOut.of(one, matches_a_case=one.id in matched))
    names = ("id", "number", "partner", "place", "age", "like a subject")
    say(output, table(names, rows), as_json=as_json)


@group.command("show")
@click.argument("found_id", type=int)
@click.option("--reason", default="", help="Why you need to know where the person is now.")
@as_option
@json_option
@reports_errors
def show_person(found_id: int, reason: str, email: str | None, as_json: bool) -> None:
    """Show an entry beside the cases that it is like."""
    actor = actor_of(email)
    if reason:
        found_matches.ask_whereabouts(actor, found_id, reason)
    output = FoundViewOut.of(found_matches.view(actor, found_id))
    rows = [
        (one.id, one.case_number, f"{one.similarity:.3f}", f"{one.threshold_similarity:.3f}",
         one.state.value)
        for one in output.matches
    ]  # fmt: skip
    lines = [
        f"{output.facts.number} at {output.facts.place}: {output.facts.state.value}.",
        f"Is now: {output.whereabouts or 'not shown; say why with --reason'}.",
        *table(("match", "like", "similarity", "threshold", "state"), rows),
    ]
    say(output, lines, as_json=as_json)


@group.command("decide")
@click.argument("match_id", type=int)
@click.argument("state", type=choice_of(MatchState))
@as_option
@json_option
@reports_errors
def decide(match_id: int, state: str, email: str | None, as_json: bool) -> None:
    """Confirm or reject a match; `candidate` takes a verdict back."""
    match = found_matches.decide(actor_of(email), match_id, MatchState(state))
    lines = [f"Match {match.id} with {match.case.number}: {match.state.value}."]
    say(ContributedMatchOut.of(match), lines, as_json=as_json)


def _partner(email: str) -> tuple[User, Actor]:
    user = accounts.find_by_email(email)
    if user.role is not Role.PARTNER:
        raise Refused(f"{email} is no partner's account.", {"as": "must be a partner"})
    return user, accounts.actor_for(user)


def _read(photos: tuple[Path, ...]) -> list[bytes]:
    most = settings().max_photo_bytes + 1  # a byte more is enough to see that it is too large
    files = []
    for path in photos:
        try:
            with path.open("rb") as file:
                files.append(file.read(most))
        except OSError as error:
            raise Refused(f"{path} cannot be read: {error.strerror}.") from error
    return files


def _say_entry(entry: FoundPerson, as_json: bool) -> None:
    contacted = entry.id in found.will_be_contacted([entry])
    output = FoundEntryOut.of(entry, will_be_contacted=contacted)
    lines = [f"{entry.number} (id {entry.id}): {entry.state.value}, {len(entry.photos)} photos."]
    say(output, lines, as_json=as_json)
