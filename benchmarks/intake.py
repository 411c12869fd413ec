"""How much of what reports say is found: precision and recall by kind, on labelled texts.

The texts are invented. Those of `texts.txt` were written before the reading and looked at while it
was made; those of `second.txt` by somebody who had not seen it. What it found in these when it
first met them stands in docs/reports.md; it was mended after that. A mark counts as right when it
overlaps the labelled words and reads the same value (for descriptions, the same field).
"""

from __future__ import annotations

import csv
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from app.intake.marks import Mark, MarkKind, TimeMark, WordMark
from app.intake.places import KnownPlace, PlaceIndex
from app.intake.reading import read_marks
from benchmarks.report import Figure, publish

FOLDER = Path(__file__).parent / "intake_texts"
SETS = (
    ("first set", "texts.txt", "places.csv"),
    ("second set", "second.txt", "second_places.csv"),
)
_LABEL = re.compile(r"\{([TPNVD]):([^|{}]*)\|([^{}]*)\}")
_KINDS = {
    "T": MarkKind.TIME,
    "P": MarkKind.PLACE,
    "N": MarkKind.PHONE,
    "V": MarkKind.VEHICLE,
    "D": MarkKind.DESCRIPTION,
}


@dataclass(frozen=True)
class Label:
    """What a text says, by whoever wrote it."""

    kind: MarkKind
    value: str
    start: int
    end: int
    words: str


@dataclass(frozen=True)
class LabelledText:
    """A text with what is to be found in it."""

    number: str
    written_at: datetime
    region: str
    content: str
    labels: Sequence[Label]


@dataclass
class Tally:
    """Right, false and missed marks by kind, and which they were."""

    right: Counter[MarkKind] = field(default_factory=Counter)
    false: Counter[MarkKind] = field(default_factory=Counter)
    missed: Counter[MarkKind] = field(default_factory=Counter)
    remarks: list[str] = field(default_factory=list)

    def precision(self, kind: MarkKind) -> float:
        """Share of the marks that are right."""
        return self.right[kind] / max(1, self.right[kind] + self.false[kind])

    def recall(self, kind: MarkKind) -> float:
        """Share of the labels that were found."""
        return self.right[kind] / max(1, self.right[kind] + self.missed[kind])


def main() -> None:
    """Read every text, compare, print what went wrong, publish."""
    figures: dict[str, Figure] = {}
    for name, texts, places in SETS:
        index = PlaceIndex(known_places(places))
        figures |= _measure(name, list(labelled_texts(FOLDER / texts)), index)
    publish("intake", figures)


def _measure(name: str, texts: Sequence[LabelledText], index: PlaceIndex) -> dict[str, Figure]:
    tally = Tally()
    began = time.perf_counter()
    for one in texts:
        compare(one, read_marks(one.content, one.written_at, one.region, index), tally)
    took_ms = 1000 * (time.perf_counter() - began) / max(1, len(texts))
    for remark in tally.remarks:
        print(f"  {name} {remark}")
    figures = {
        f"{name}: texts": Figure(len(texts), "", "≥ 60"),
        f"{name}: time a text": Figure(took_ms, "ms"),
    }
    for kind in MarkKind:
        labels = tally.right[kind] + tally.missed[kind]
        figures[f"{name}: {kind}: labels"] = Figure(labels, "")
        figures[f"{name}: {kind}: precision"] = Figure(tally.precision(kind), "")
        figures[f"{name}: {kind}: recall"] = Figure(tally.recall(kind), "")
    return figures


def known_places(file: str) -> Iterator[KnownPlace]:
    """The places that texts name, and some others, as an imported gazetteer would give them."""
    with (FOLDER / file).open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            yield KnownPlace(
                row["name"], row["kind"], float(row["latitude_deg"]), float(row["longitude_deg"])
            )


def labelled_texts(path: Path) -> Iterator[LabelledText]:
    """The texts of a file; each begins with a line `## number kind written-at zone region`."""
    for block in re.split(r"^## ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        head, body = block.split("\n", 1)
        number, _kind, written_at, zone, region = head.split()
        content, labels = _without_labels(body.strip())
        at = datetime.fromisoformat(written_at).replace(tzinfo=ZoneInfo(zone))
        yield LabelledText(number, at, region, content, labels)


def _without_labels(body: str) -> tuple[str, list[Label]]:
    plain, labels, position = "", [], 0
    for found in _LABEL.finditer(body):
        plain += body[position : found.start()]
        start = len(plain)
        plain += found[3]
        labels.append(Label(_KINDS[found[1]], found[2], start, len(plain), found[3]))
        position = found.end()
    return plain + body[position:], labels


def compare(text: LabelledText, marks: Sequence[Mark], tally: Tally) -> None:
    """Count the marks of one text against its labels; each label is used once."""
    left = list(text.labels)
    for mark in marks:
        value = value_of(mark)
        hit = next((one for one in left if _same(one, mark, value)), None)
        if hit is None:
            tally.false[mark.kind] += 1
            tally.remarks.append(f"{text.number}: false {mark.kind} “{mark.span.words}” ({value})")
        else:
            left.remove(hit)
            tally.right[mark.kind] += 1
    for label in left:
        tally.missed[label.kind] += 1
        tally.remarks.append(f"{text.number}: missed {label.kind} “{label.words}” ({label.value})")


def value_of(mark: Mark) -> str:
    """What a label would say: a local time without its offset, a description's field."""
    match mark:
        case TimeMark():
            return mark.day.isoformat() if mark.at is None else f"{mark.at:%Y-%m-%dT%H:%M}"
        case WordMark(kind=MarkKind.DESCRIPTION):
            return mark.field
        case _:
            return mark.value


def _same(label: Label, mark: Mark, value: str) -> bool:
    overlap = label.start < mark.span.end and mark.span.start < label.end
    return overlap and label.kind is mark.kind and label.value == value


if __name__ == "__main__":
    main()
