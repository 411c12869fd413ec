"""`flask age-thresholds`: what a photo is asked for by the years between it and a face."""

from __future__ import annotations

from collections.abc import Iterator

import click
from flask.cli import AppGroup

from app.cli.common import actor_of, as_option, json_option, reports_errors, say, table
from app.outputs import Output
from app.outputs.thresholds import AgeThresholdOut, AgeThresholdsOut
from app.services.embeddings import age_thresholds, embedders
from recognition.age_gaps import AgeBand

group = AppGroup(
    "age-thresholds", help="Thresholds by the years between photo and face, as measured."
)
commands: tuple[click.Command, ...] = (group,)


class AgeThresholdListOut(Output):
    """All models with what was measured for them."""

    models: list[AgeThresholdsOut]


@group.command("list")
@json_option
@reports_errors
def list_all(as_json: bool) -> None:
    """Each model, and its thresholds by years."""
    kept = age_thresholds.kept_for_all()
    output = AgeThresholdListOut(
        models=[
            AgeThresholdsOut.of(one, kept.get(one.id, [])) for one in embedders.list_embedders()
        ]
    )
    lines = [line for one in output.models for line in _lines(one)]
    say(output, lines or ["No model has embedded anything yet."], as_json=as_json)


@group.command("use")
@click.argument("evaluation_id", type=click.IntRange(min=1))
@click.option("--rate", type=float, required=True, help="False-match rate, as 0.001.")
@as_option
@json_option
@reports_errors
def use(evaluation_id: int, rate: float, email: str | None, as_json: bool) -> None:
    """Take over what EVALUATION_ID measured by years at this false-match rate.

    Gaps of years that it could not measure keep what they have.
    """
    rows = age_thresholds.take_over(actor_of(email), evaluation_id, rate)
    output = AgeThresholdsOut.of(rows[0].embedder, rows)
    say(output, _lines(output), as_json=as_json)


@group.command("withdraw")
@click.argument("model_sha256")
@as_option
@json_option
@reports_errors
def withdraw(model_sha256: str, email: str | None, as_json: bool) -> None:
    """Compare by the own threshold of the model with this hash alone, from now on."""
    model = age_thresholds.withdraw(actor_of(email), model_sha256)
    output = AgeThresholdsOut.of(model, [])
    say(output, _lines(output), as_json=as_json)


def _lines(output: AgeThresholdsOut) -> Iterator[str]:
    rate = output.false_match_rate
    measured = "false-match rate not measured" if rate is None else f"false-match rate {rate:g}"
    yield f"{output.model} ({output.model_sha256}): {output.threshold_similarity:.3f}, {measured}."
    if not output.by_age:
        yield "Not measured by years: this threshold holds for every photo."
        return
    head = ("years", "threshold", "FMR", "TAR", "strangers", "one person", "measured on", "")
    yield from table(head, [_row(one) for one in output.by_age])


def _row(one: AgeThresholdOut) -> tuple[str, ...]:
    return (
        str(AgeBand(one.from_years, one.below_years)),
        f"{one.threshold_similarity:.3f}",
        f"{one.false_match_rate:g}",
        f"{one.true_match_rate:.3f}",
        f"{one.stranger_pairs:,}",
        f"{one.same_person_pairs:,}",
        one.source,
        "" if one.in_force else "not in force: laxer than the model's own",
    )
