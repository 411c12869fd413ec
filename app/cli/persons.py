"""`flask persons`: persons of interest of a case. Two accounts are needed here as well."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import AppGroup

from app.cli.common import (
    actor_of,
    as_option,
    json_option,
    local_minute,
    parse_time,
    reports_errors,
    say,
    table,
)
from app.errors import Refused
from app.inputs.persons import (
    PersonAuthorisationInput,
    PersonDecisionInput,
    PersonEndInput,
    PersonInput,
)
from app.models import Case, PersonOfInterest
from app.outputs import Output, whole_list
from app.outputs.persons import PersonOut
from app.services.base.actors import SCHEDULER
from app.services.casework import cases
from app.services.governance import person_retention
from app.services.persons import authorising, ending, finding, look_backs

group = AppGroup("persons", help="Persons of interest: investigative leads, no identification.")
commands: tuple[click.Command, ...] = (group,)

number_argument = click.argument("number")
person_argument = click.argument("person_id", type=int)
photo_option = click.option(
    "--photo",
    "photos",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="A picture file; may be given more than once.",
)


class ExpiredOut(Output):
    """What `expire` ended, and of how many persons nothing is kept any more."""

    ended: int
    let_go: int


@group.command("list")
@number_argument
@as_option
@json_option
@reports_errors
def list_persons(number: str, email: str | None, as_json: bool) -> None:
    """List the persons of interest of a case."""
    case = cases.find_case(number)
    found = finding.list_persons(actor_of(email), case)
    rows = [
        (
            one.id,
            one.label,
            "in force" if finding.is_in_force(one) else one.shown.state.value,
            local_minute(one.shown.expires_at, case.timezone),
            one.shown.requested_by_name,
            one.shown.decided_by_name,
        )
        for one in found
    ]
    lines = table(("id", "label", "state", "until", "asked for by", "decided by"), rows)
    say(whole_list(found, _out), lines, as_json=as_json)


@group.command("request")
@number_argument
@click.option("--label", required=True, help="Short and without a name, such as P1.")
@click.option("--reason", required=True, help="Why they matter to the case.")
@click.option("--legal-basis", required=True)
@click.option("--order", "order_reference", required=True, help="Reference of the order.")
@click.option("--until", required=True, help="On the case's clocks, such as 2026-12-18T18:00.")
@click.option("--name", default="")
@click.option("--description", default="")
@click.option("--threshold-raise", type=float, default=0.0)
@photo_option
@as_option
@json_option
@reports_errors
def request_person(
    *,
    number: str,
    label: str,
    reason: str,
    legal_basis: str,
    order_reference: str,
    until: str,
    name: str,
    description: str,
    threshold_raise: float,
    photos: tuple[Path, ...],
    email: str | None,
    as_json: bool,
) -> None:
    """Ask for a person of interest; name the account that asks with --as."""
    case = cases.find_case(number)
    given = PersonInput(
        label=label,
        name=name,
        description=description,
        reason=reason,
        legal_basis=legal_basis,
        order_reference=order_reference,
        expires_at=parse_time(until, case.timezone, "until"),
        threshold_raise=threshold_raise,
    )
    person = authorising.request_person(actor_of(email), case, given, _read(photos))
    _say(case, person, "waits for a second person's decision", as_json=as_json)


@group.command("extend")
@number_argument
@person_argument
@click.option("--legal-basis", required=True)
@click.option("--order", "order_reference", required=True, help="Reference of the order.")
@click.option("--until", required=True, help="On the case's clocks, such as 2026-12-18T18:00.")
@photo_option
@as_option
@json_option
@reports_errors
def extend(
    *,
    number: str,
    person_id: int,
    legal_basis: str,
    order_reference: str,
    until: str,
    photos: tuple[Path, ...],
    email: str | None,
    as_json: bool,
) -> None:
    """Ask for more time."""
    case = cases.find_case(number)
    given = PersonAuthorisationInput(
        legal_basis=legal_basis,
        order_reference=order_reference,
        expires_at=parse_time(until, case.timezone, "until"),
    )
    person = authorising.request_extension(actor_of(email), case, person_id, given, _read(photos))
    _say(case, person, "waits for a second person's decision", as_json=as_json)


@group.command("decide")
@number_argument
@person_argument
@click.option("--grant/--refuse", required=True, default=None)
@click.option("--remarks", default="")
@click.option(
    "--photos-seen",
    default="",
    help='Ids of the photos that you looked at, as `list --json` names them: "31 32".',
)
@as_option
@json_option
@reports_errors
def decide(
    *,
    number: str,
    person_id: int,
    grant: bool,
    remarks: str,
    photos_seen: str,
    email: str | None,
    as_json: bool,
) -> None:
    """Grant or refuse a request, as another account than the one that asked."""
    case = cases.find_case(number)
    given = PersonDecisionInput.model_validate(
        {"grant": grant, "remarks": remarks, "photo_ids": photos_seen}
    )
    person = authorising.decide(actor_of(email), case, person_id, given)
    _say(case, person, "is granted" if grant else "is refused", as_json=as_json)


@group.command("end")
@number_argument
@person_argument
@click.option("--reason", required=True)
@as_option
@json_option
@reports_errors
def end(number: str, person_id: int, reason: str, email: str | None, as_json: bool) -> None:
    """End what is in force, or take a request back."""
    case = cases.find_case(number)
    person = authorising.end(actor_of(email), case, person_id, PersonEndInput(reason=reason))
    _say(case, person, "is ended", as_json=as_json)


@group.command("look-back")
@number_argument
@person_argument
@as_option
@json_option
@reports_errors
def look_back(number: str, person_id: int, email: str | None, as_json: bool) -> None:
    """Have what the case's sweeps kept compared once more, by a worker."""
    case = cases.find_case(number)
    asker = actor_of(email)
    look_backs.ask(asker, case, person_id)
    person = finding.find_person(asker, case, person_id)
    _say(case, person, "is compared with the kept faces", as_json=as_json)


@group.command("expire")
@json_option
@reports_errors
def expire(as_json: bool) -> None:
    """End what is over, and let go of what was over for long; the scheduler does it, too."""
    done = ExpiredOut(
        ended=ending.end_expired(SCHEDULER), let_go=len(person_retention.purge(SCHEDULER))
    )
    sentence = f"{done.ended} authorisations ended, {done.let_go} persons let go."
    say(done, [sentence], as_json=as_json)


def _read(paths: tuple[Path, ...]) -> list[bytes]:
    try:
        return [path.read_bytes() for path in paths]
    except OSError as error:
        raise Refused(f"A photo cannot be read: {error.strerror}.") from error


def _out(person: PersonOfInterest) -> PersonOut:
    return PersonOut.of(
        person, is_in_force=finding.is_in_force(person), look_backs=look_backs.list_of(person)
    )


def _say(case: Case, person: PersonOfInterest, what: str, *, as_json: bool) -> None:
    until = local_minute(person.newest.expires_at, case.timezone)
    say(_out(person), [f"{person.label} (id {person.id}) {what}; until {until}."], as_json=as_json)
