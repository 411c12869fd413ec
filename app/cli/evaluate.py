"""`flask evaluate`: how well a model tells the people of a folder apart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
from flask.cli import with_appcontext
from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

from app.cli.common import actor_of, as_option, choice_of, json_option, reports_errors, say, table
from app.outputs.evaluations import (
    EvaluationOut,
    EvaluationPointOut,
    EvaluationReportOut,
    IntervalOut,
)
from app.services.embeddings import evaluations
from recognition.age_gaps import AgeBand
from recognition.evaluation import Naming, Preparation

CURVE_LINES = 12


@click.command("evaluate")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--pack", default=None, help="Another pack than the one in force.")
@click.option(
    "--prepare",
    "preparation",
    type=choice_of(Preparation),
    default=Preparation.NONE.value,
    show_default=True,
    help="Change each photo beforehand, to see whether that helps; sets no threshold.",
)
@click.option(
    "--names",
    "naming",
    type=choice_of(Naming),
    default=Naming.FOLDERS.value,
    show_default=True,
    help="How the set says who is on a photo: by folders (or ages.csv), or in the files' names.",
)
@as_option
@json_option
@with_appcontext
@reports_errors
def evaluate(
    folder: Path,
    pack: str | None,
    preparation: str,
    naming: str,
    email: str | None,
    as_json: bool,
) -> None:
    """Compare all photos of FOLDER, one folder per person, and keep the result.

    A file groups.csv in FOLDER (columns person and group) has groups of people reported apart. With
    ages.csv (columns file, age or taken, and person where there are no folders of people), or ages
    in the files' names, pairs are also measured by the years between their photos.
    """
    columns = (*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, transient=True, disable=as_json) as bar:
        task = bar.add_task("Looking at photos", total=None)
        done = evaluations.evaluate(
            actor_of(email),
            folder,
            pack,
            lambda number, total: bar.update(task, completed=number, total=total),
            Preparation(preparation),
            Naming(naming),
        )
    output = EvaluationOut.of(done)
    say(output, _lines(output), as_json=as_json)


def _lines(output: EvaluationOut) -> Iterator[str]:
    report = output.report
    yield f"{output.model}, detector {output.detector}: {_counted(output)}."
    if report.preparation != Preparation.NONE:
        yield f"Photos were changed beforehand: {report.preparation}."
    yield (
        f"{report.same_person_pairs:,} pairs of one person, {report.stranger_pairs:,} of strangers"
    )
    yield from _points(report)
    yield from _decisions(report)
    yield from _identification(report)
    yield from _groups(report)
    yield from _by_age(report)
    yield from _curve(report)
    yield from (f"left out: {one.photo}: {one.reason}" for one in report.left_out)
    yield f"Kept as evaluation {output.id}, with DET and ROC plots: Administration, Evaluations."


def _counted(output: EvaluationOut) -> str:
    return f"{output.photos} photos of {output.people} people"


def _points(report: EvaluationReportOut) -> Iterator[str]:
    head = ("FMR wanted", "threshold", "FMR", "95 %", "TAR (1 − FNMR)", "95 %")
    yield ""
    yield "One to one, for each false-match rate:"
    yield from table(head, [_point_row(point) for point in report.points])
    for rate in report.rates_not_measured:
        yield (
            f"{rate:g}: not measured. It needs {1 / rate:,.0f} pairs of strangers; there are "
            f"{report.stranger_pairs:,}."
        )


def _point_row(point: EvaluationPointOut) -> tuple[str, ...]:
    wanted = point.wanted_false_match_rate
    return (
        "in force" if wanted is None else f"{wanted:g}",
        f"{point.threshold:.3f}",
        f"{point.false_match_rate:.2g}",
        _between(point.false_match_interval, ".2g"),
        f"{point.true_match_rate:.3f}",
        _between(point.true_match_interval, ".3f"),
    )


def _between(interval: IntervalOut | None, form: str) -> str:
    return "" if interval is None else f"{interval.low:{form}} to {interval.high:{form}}"


def _decisions(report: EvaluationReportOut) -> Iterator[str]:
    counts = report.decisions
    if counts is None or report.at_threshold is None:
        return
    yield ""
    yield f"All pairs at the model's own threshold, {counts.threshold:.3f}:"
    yield from table(
        ("", "matched", "not matched"),
        [
            ("one person", f"{counts.true_matches:,}", f"{counts.false_non_matches:,}"),
            ("strangers", f"{counts.false_matches:,}", f"{counts.true_non_matches:,}"),
        ],
    )
    yield (
        f"accuracy {counts.accuracy:.4f}, precision {counts.precision:.4f}, "
        f"recall {counts.recall:.4f}, F1 {counts.f1:.4f}"
    )
    at = report.at_threshold
    yield (
        f"FMR {at.false_match_rate:.2g} ({_between(at.false_match_interval, '.2g')}), "
        f"TAR {at.true_match_rate:.3f} ({_between(at.true_match_interval, '.3f')})"
    )


def _identification(report: EvaluationReportOut) -> Iterator[str]:
    found = report.identification
    yield ""
    if found is None:
        yield "One to many: not measured. It needs two people on several photos, and others."
        return
    yield (
        f"One to many, a gallery of {found.gallery_size} people with one photo each, searched for "
        f"{found.mated_probes} photos of them and {found.non_mated_probes} of others:"
    )
    yield f"rank-1 {found.rank_1:.3f}, whatever the threshold"
    rows = [
        (f"{point.threshold:.3f}", f"{point.false_positive_rate:.3g}",
         f"{point.false_negative_rate:.3g}")
        for point in (found.at_threshold, *found.points)
    ]  # fmt: skip
    yield from table(("threshold", "FPIR", "FNIR"), rows)


def _groups(report: EvaluationReportOut) -> Iterator[str]:
    if report.groups:
        yield ""
        yield "By group, at the model's own threshold:"
        head = ("group", "people", "photos", "FMR", "95 %", "TAR", "95 %")
        yield from table(
            head,
            [
                (group.group, group.people, group.photos, *_point_row(group.at_threshold)[2:])
                for group in report.groups
            ],
        )
    for left in report.groups_left_out:
        yield f"Group {left.group}: not measured, {left.reason}."
    if report.people_without_photos:
        yield f"In groups.csv, but without photos: {', '.join(report.people_without_photos)}."


def _by_age(report: EvaluationReportOut) -> Iterator[str]:
    """Each gap of years, and for each rate its threshold or why there is none."""
    if report.by_age is None:
        return
    yield ""
    yield f"By years between the photos; {report.by_age.photos_undated} photos had no age or date:"
    for one in report.by_age.bands:
        band = AgeBand(one.band.from_years, one.band.below_years)
        yield (
            f"{band}: {one.same_person_pairs:,} pairs of one person ({one.people} people), "
            f"{one.stranger_pairs:,} of strangers"
        )
        for found in one.points:
            point = found.point
            yield (
                f"  FMR {point.wanted_false_match_rate:g}: threshold {point.threshold:.3f}, "
                f"TAR {point.true_match_rate:.3f} ({_between(point.true_match_interval, '.3f')}); "
                f"FMR of all strangers {found.overall_false_match_rate:.2g}"
            )
        for left in one.not_measured:
            yield f"  FMR {left.false_match_rate:g}: not measured, {left.reason}"


def _curve(report: EvaluationReportOut) -> Iterator[str]:
    """Some of the curve's points, evenly spread; `--json` gives all."""
    points = report.curve
    if not points:
        return
    last = len(points) - 1
    chosen = sorted({round(step * last / (CURVE_LINES - 1)) for step in range(CURVE_LINES)})
    yield ""
    yield f"Curve, {len(chosen)} of {len(points)} points:"
    yield from table(
        ("threshold", "FMR", "FNMR"),
        [
            (f"{points[at].threshold:.3f}", f"{points[at].false_match_rate:.2g}",
             f"{points[at].false_non_match_rate:.3g}")
            for at in chosen
        ],
    )  # fmt: skip
    yield ""


commands: tuple[click.Command, ...] = (evaluate,)
