"""`flask evaluate`: how well a model tells the people of a folder apart."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import with_appcontext
from rich.progress import Progress

from app.cli.common import actor_of, as_option, json_option, reports_errors, say, table
from app.outputs.evaluations import EvaluationOut
from app.services import evaluations


@click.command("evaluate")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--pack", default=None, help="Another pack than the one in force.")
@as_option
@json_option
@with_appcontext
@reports_errors
def evaluate(folder: Path, pack: str | None, email: str | None, as_json: bool) -> None:
    """Compare all photos of FOLDER, one folder per person, and keep the result."""
    with Progress(transient=True, disable=as_json) as bar:
        task = bar.add_task("Comparing", total=None)
        done = evaluations.evaluate(
            actor_of(email),
            folder,
            pack,
            lambda number, total: bar.update(task, completed=number, total=total),
        )
    output = EvaluationOut.of(done)
    report = output.report
    rows = [
        (
            f"{point.wanted_false_match_rate:g}",
            f"{point.threshold:.3f}",
            f"{point.true_match_rate:.3f}",
        )
        for point in report.points
    ]
    lines = [
        f"{output.model}: {output.photos} photos of {output.people} people.",
        f"{report.same_person_pairs:,} pairs of one person, {report.stranger_pairs:,} of strangers",
        *table(("false-match rate", "threshold", "true-match rate"), rows),
        *(f"left out: {one.photo}: {one.reason}" for one in report.left_out),
    ]
    say(output, lines, as_json=as_json)


commands: tuple[click.Command, ...] = (evaluate,)
