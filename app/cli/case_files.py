"""`flask cases …`: what leaves the product of a whole case."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import click

from app.cli.cases import group
from app.cli.common import actor_of, as_option, choice_of, json_option, reports_errors, say
from app.inputs.posters import PosterInput, PosterName, PosterPicture, PosterTime
from app.outputs import Output
from app.services import cases, posters


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
