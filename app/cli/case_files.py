"""`flask cases …`: what leaves the product of a whole case."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import click

from app.cli.cases import group
from app.cli.common import actor_of, as_option, choice_of, json_option, reports_errors, say, table
from app.errors import NotFound
from app.inputs.posters import PosterInput, PosterName, PosterPicture, PosterTime
from app.outputs import Output
from app.outputs.duplicates import DistinctionOut, DistinctionsOut, DuplicatesOut
from app.outputs.purges import CasePurgeOut
from app.services.casework import cases
from app.services.exchange import case_export, distinctions, duplicates
from app.services.governance import case_purges
from app.services.papers import posters


class PosterOut(Output):
    """What was written, and its hash as the audit log has it."""

    file: str
    format: str
    size_bytes: int
    sha256: str


@group.command("poster")
@click.argument("number")
@click.option("--format", "file_format", type=click.Choice(posters.FORMATS), default="pdf")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default=None)
@click.option("--heading", default="Missing")
@click.option("--photo", "photo_id", type=int, default=None, help="Id of a reference photo.")
@click.option("--picture", type=choice_of(PosterPicture), default=PosterPicture.FACE.value)
@click.option("--name", type=choice_of(PosterName), default=PosterName.FIRST.value)
@click.option("--age", is_flag=True, help="Print the age.")
@click.option("--clothing", default="")
@click.option("--place", default="", help="Where the subject was last seen, as it is printed.")
@click.option("--location", "location_id", type=int, default=None, help="Whose time is printed.")
@click.option("--time", type=choice_of(PosterTime), default=PosterTime.NONE.value)
@click.option("--phone", is_flag=True, help="Print TIP_PHONE.")
@as_option
@json_option
@reports_errors
def make_poster(
    number: str, file_format: str, out: Path | None, email: str | None, as_json: bool, **given: Any
) -> None:
    """Write a poster of case NUMBER. Nothing is on it that is not asked for."""
    case = cases.find_case(number)
    wanted = PosterInput.model_validate(given)
    export = posters.export_poster(actor_of(email), case, wanted, file_format, "")
    target = out or Path(export.file_name)
    target.write_bytes(export.data)
    output = PosterOut(
        file=str(target),
        format=file_format,
        size_bytes=len(export.data),
        sha256=hashlib.sha256(export.data).hexdigest(),
    )
    say(output, [f"Poster written to {target}."], as_json=as_json)


class CaseExportOut(Output):
    """What was written; the manifest's hash is in the audit log too."""

    file: str
    files: int
    size_bytes: int
    sha256: str
    manifest_sha256: str


@group.command("export")
@click.argument("number")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default=None)
@as_option
@json_option
@reports_errors
def export_case(number: str, out: Path | None, email: str | None, as_json: bool) -> None:
    """Write everything of case NUMBER to a zip (by default case-NUMBER.zip here)."""
    bundle = case_export.export_case(actor_of(email), cases.find_case(number))
    target = out or Path(bundle.file_name)
    with target.open("wb") as file:
        file.writelines(bundle.chunks())
    output = CaseExportOut(
        file=str(target),
        files=bundle.files,
        size_bytes=bundle.size_bytes,
        sha256=bundle.sha256,
        manifest_sha256=bundle.manifest_sha256,
    )
    say(output, [f"{bundle.files} files written to {target}."], as_json=as_json)


@group.command("purge")
@click.argument("number")
@click.option("--reason", default="", help="Ask for the deletion, without names.")
@click.option("--carry-out", is_flag=True, help="Delete it, as a second person.")
@as_option
@json_option
@reports_errors
def purge_case(number: str, reason: str, carry_out: bool, email: str | None, as_json: bool) -> None:
    """Ask for case NUMBER to be deleted, or carry that out as somebody else."""
    case, person = cases.find_case(number), actor_of(email)
    if not carry_out:
        purge = case_purges.request_purge(person, case, reason, number)
        output = CasePurgeOut.model_validate(purge)
        say(output, [f"The purge of {number} waits for a second person."], as_json=as_json)
        return
    asked = case_purges.open_request(case)
    if asked is None:
        raise NotFound("No purge of this case is asked for.")
    output = CasePurgeOut.model_validate(case_purges.carry_out(person, asked))
    told = f"{number} is deleted: {output.files} files, receipt {output.receipt_sha256}."
    say(output, [told], as_json=as_json)


@group.command("duplicates")
@as_option
@json_option
@reports_errors
def list_duplicates(email: str | None, as_json: bool) -> None:
    """List pairs of cases that may be about one person, by number and by face."""
    output = DuplicatesOut.of(duplicates.look_at_duplicates(actor_of(email)))
    rows = [
        (one.first, one.second, "number" if one.similarity is None else f"{one.similarity:.3f}")
        for one in output.items
    ]
    say(output, [*table(("case", "case", "alike by"), rows), output.notice], as_json=as_json)


@group.command("apart")
@click.argument("first")
@click.argument("second")
@click.option("--reason", required=True, help="Why they are not the same person.")
@as_option
@json_option
@reports_errors
def tell_apart(first: str, second: str, reason: str, email: str | None, as_json: bool) -> None:
    """Say with a reason that two cases are not about one person."""
    row = distinctions.tell_apart(actor_of(email), first, second, reason)
    said = f"Pair {row.id}: {row.first.number} and {row.second.number} are not the same person."
    say(DistinctionOut.of_row(row), [said], as_json=as_json)


@group.command("apart-undo")
@click.argument("pair_id", type=int)
@as_option
@json_option
@reports_errors
def undo_apart(pair_id: int, email: str | None, as_json: bool) -> None:
    """Let a pair that was told apart be listed again."""
    row = distinctions.take_back(actor_of(email), pair_id)
    said = f"{row.first.number} and {row.second.number} may be a pair again."
    say(DistinctionOut.of_row(row), [said], as_json=as_json)


@group.command("apart-list")
@as_option
@json_option
@reports_errors
def list_apart(email: str | None, as_json: bool) -> None:
    """List pairs that were told apart."""
    output = DistinctionsOut.of(distinctions.list_standing(actor_of(email)))
    rows = [
        (one.id, one.first, one.second, one.decided_by_name, one.reason) for one in output.items
    ]
    say(output, table(("pair", "case", "case", "by", "why"), rows), as_json=as_json)
