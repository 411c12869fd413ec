"""How well the four groups of signs follow a reader's labels: precision and recall by group.

The posts are invented and were labelled before anything was measured (`post_signs_texts/README.md`
has the definitions). `first.txt` was looked at while the words were made; `held_out.txt` is only
counted, and nothing is printed of it but the counts. Each file is imported as people import them,
and scored without the other.
"""

from __future__ import annotations

import csv
import io
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from app.extensions import db
from app.indicators.signs import Group
from app.inputs.posts import PostImportInput, PostQuery
from app.models import Post
from app.services.base.actors import COMMAND_LINE
from app.services.postings import post_imports, posts
from benchmarks.database import benchmark_app
from benchmarks.report import Figure, publish

FOLDER: Final = Path(__file__).parent / "post_signs_texts"
SETS: Final = (("first half", "first.txt", True), ("held-out half", "held_out.txt", False))
GROUPS: Final = {
    "T": Group.TONE, "F": Group.FREQUENCY, "P": Group.PRICE, "S": Group.SHARED,
}  # fmt: skip
_COLUMNS: Final = ("id", "username", "date", "city", "category", "price", "text")


@dataclass(frozen=True)
class LabelledPost:
    """A post as it was written, the groups that a reader saw, and whether it belongs to a scene."""

    number: str
    cells: Sequence[str]
    groups: frozenset[Group]
    of_scene: bool


@dataclass
class Tally:
    """What was said rightly, wrongly and not at all of each group, and in which posts."""

    right: Counter[Group] = field(default_factory=Counter)
    false: Counter[Group] = field(default_factory=Counter)
    missed: Counter[Group] = field(default_factory=Counter)
    remarks: list[str] = field(default_factory=list)

    def precision(self, group: Group) -> float:
        """Share of what was said that a reader says too."""
        return self.right[group] / max(1, self.right[group] + self.false[group])

    def recall(self, group: Group) -> float:
        """Share of what a reader says that was said."""
        return self.right[group] / max(1, self.right[group] + self.missed[group])


def main() -> None:
    """Import each half, compare, publish; `-v` prints what went wrong in the first."""
    figures: dict[str, Figure] = {}
    with benchmark_app() as app, app.app_context():
        for name, file, may_be_shown in SETS:
            labelled = labelled_posts((FOLDER / file).read_text(encoding="utf-8"))
            found, order = groups_found(labelled)
            tally = compare(labelled, found)
            if may_be_shown and "-v" in sys.argv:
                print("\n".join(tally.remarks))
            figures |= _figures(name, labelled, found, order, tally)
    publish("posts_signs", figures)


def labelled_posts(text: str) -> list[LabelledPost]:
    """The posts of a file; lines that begin with # are remarks."""
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    read = []
    for block in lines.split("\n@ ")[1:] if not lines.startswith("@ ") else lines[2:].split("\n@ "):
        head, body = block.split("\n", 1)
        number, account, at, place, category, price, labels, kind = (
            part.strip() for part in head.split("|")
        )
        read.append(
            LabelledPost(
                number,
                (number, account, at, place, category, price, " ".join(body.split())),
                frozenset(GROUPS[one] for one in labels if one != "-"),
                kind == "a",
            )
        )
    return read


def groups_found(
    labelled: Sequence[LabelledPost],
) -> tuple[Mapping[str, frozenset[Group]], Sequence[str]]:
    """The groups that have a sign, by post's number, and the numbers as the list orders them.

    Imports the posts, and takes them back.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(_COLUMNS)
    writer.writerows(one.cells for one in labelled)
    given = PostImportInput(
        origin="benchmark", purpose="benchmark", timezone="Europe/London", region="GB"
    )
    report = post_imports.import_posts(
        COMMAND_LINE, buffer.getvalue().encode(), "labelled.csv", given
    )
    if report.added != len(labelled):
        raise SystemExit(f"Posts were not taken: {report.problems}")
    listed = posts.list_posts(COMMAND_LINE, PostQuery(), len(labelled)).items
    found = {post.ref: _groups_of(post) for post in listed}
    order = [post.ref for post in listed]
    post_imports.take_back(COMMAND_LINE, report.import_id or 0)
    db.session.expunge_all()
    return found, order


def compare(labelled: Sequence[LabelledPost], found: Mapping[str, frozenset[Group]]) -> Tally:
    """Count what was found against the labels."""
    tally = Tally()
    for one in labelled:
        for group in Group:
            wanted, said = group in one.groups, group in found[one.number]
            if wanted and said:
                tally.right[group] += 1
            elif said:
                tally.false[group] += 1
                tally.remarks.append(f"{one.number}: false {group}: {one.cells[-1]}")
            elif wanted:
                tally.missed[group] += 1
                tally.remarks.append(f"{one.number}: missed {group}: {one.cells[-1]}")
    return tally


def _groups_of(post: Post) -> frozenset[Group]:
    levels = {
        Group.TONE: post.tone_level,
        Group.FREQUENCY: post.frequency_level,
        Group.PRICE: post.price_level,
        Group.SHARED: post.shared_level,
    }
    return frozenset(group for group, level in levels.items() if level)


def _figures(
    name: str,
    labelled: Sequence[LabelledPost],
    found: Mapping[str, frozenset[Group]],
    order: Sequence[str],
    tally: Tally,
) -> dict[str, Figure]:
    ordinary = [one.number for one in labelled if not one.of_scene]
    scenes = frozenset(one.number for one in labelled if one.of_scene)
    first = order[: len(scenes)]
    figures = {
        f"{name}: posts": Figure(len(labelled), "", "≥ 60"),
        f"{name}: ordinary ones": Figure(len(ordinary), ""),
        f"{name}: ordinary ones with any sign": Figure(
            sum(1 for number in ordinary if found[number]), ""
        ),
        f"{name}: of scenes among the first {len(scenes)} of the list": Figure(
            sum(1 for number in first if number in scenes), ""
        ),
    }
    for group in Group:
        figures[f"{name}: {group}: labels"] = Figure(tally.right[group] + tally.missed[group], "")
        figures[f"{name}: {group}: precision"] = Figure(tally.precision(group), "")
        figures[f"{name}: {group}: recall"] = Figure(tally.recall(group), "")
    return figures


if __name__ == "__main__":
    main()
