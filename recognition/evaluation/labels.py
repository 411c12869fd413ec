"""Which photos a set holds, who is on them, and how old they were or when it was.

Three layouts are read:

- a folder for each person. A file `ages.csv` beside them may say of each photo (`file`, its path
  below the set's folder) when it was `taken` (2019, 2019-06 or 2019-06-14) or how old the person
  was (`age`, in years);
- any folder with an `ages.csv` that also has a column `person`: the photos are those that it lists;
- one folder of photos whose names say person and age, as published sets for research on ageing name
  them: FG-NET `001A02b.JPG` (person 001 at 2), AgeDB `12_SomeName_35_f.jpg` (SomeName at 35), MORPH
  `009055_1M54.JPG` (person 009055 at 54).

CALFW and the pair list of AgeDB-30 name no ages in file or pair: they need an `ages.csv`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Final

from recognition.age_gaps import DAYS_PER_YEAR
from recognition.errors import TooLittleToMeasure
from recognition.evaluation.tables import Table, read_table

AGES_FILE: Final = "ages.csv"
OLDEST_YEARS: Final = 130
_TAKEN: Final = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?", re.ASCII)


class Naming(StrEnum):
    """How a set says who is on a photo, and at which age."""

    FOLDERS = "folders"
    FGNET = "fg-net"
    AGEDB = "agedb"
    MORPH = "morph"


_PATTERNS: Final[Mapping[Naming, re.Pattern[str]]] = {
    Naming.FGNET: re.compile(r"(?P<person>\d{3})A(?P<age>\d{2})[A-Z]?", re.ASCII | re.IGNORECASE),
    Naming.AGEDB: re.compile(r"\d+_(?P<person>.+)_(?P<age>\d{1,3})_[mf]", re.IGNORECASE),
    Naming.MORPH: re.compile(r"(?P<person>\d+)_\d+[MF](?P<age>\d{2,3})", re.ASCII | re.IGNORECASE),
}


@dataclass(frozen=True)
class LabelledPhoto:
    """One photo of a set.

    Attributes:
        path: where it lies.
        name: how reports name it.
        person: who is on it.
        moment_years: the person's age, or the date, in years; only differences within a set mean
            anything. None where nobody knows.
    """

    path: Path
    name: str
    person: str
    moment_years: float | None = None


def of_person_folders(folder: Path, photos: Sequence[Path]) -> tuple[LabelledPhoto, ...]:
    """Photos in folders named for people, with what `ages.csv` says of them, if it is there.

    Raises:
        TooLittleToMeasure: `ages.csv` cannot be read, or names a photo that is not there.
    """
    moments = {row.file: row.moment_years for row in _read_ages(folder)}
    labelled = tuple(
        LabelledPhoto(path, name, path.parent.name, moments.pop(name, None))
        for path in photos
        for name in [f"{path.parent.name}/{path.name}"]
    )
    if moments:
        raise TooLittleToMeasure(
            f"{AGES_FILE} names {next(iter(moments))}, and that is no photo in a person's folder."
        )
    return labelled


def of_list(folder: Path) -> tuple[LabelledPhoto, ...]:
    """The photos that an `ages.csv` with a column `person` lists; empty without such a file.

    Raises:
        TooLittleToMeasure: it cannot be read, or names a file outside the folder.
    """
    rows = _read_ages(folder)
    if not rows or any(row.person is None for row in rows):
        return ()
    return tuple(
        LabelledPhoto(_inside(folder, row.file), row.file, row.person, row.moment_years)
        for row in rows
        if row.person is not None
    )


def of_names(photos: Sequence[Path], naming: Naming) -> tuple[LabelledPhoto, ...]:
    """Photos whose names say person and age; others are left out.

    Raises:
        TooLittleToMeasure: no name is of this form.
    """
    found = [(path, _PATTERNS[naming].fullmatch(path.stem)) for path in photos]
    labelled = tuple(
        LabelledPhoto(path, path.name, match["person"], float(match["age"]))
        for path, match in found
        if match is not None
    )
    if not labelled:
        raise TooLittleToMeasure(f"No photo's name has the form of {naming.value}.")
    return labelled


@dataclass(frozen=True)
class _Row:
    file: str
    person: str | None
    moment_years: float | None


def _read_ages(folder: Path) -> tuple[_Row, ...]:
    table = read_table(folder / AGES_FILE)
    return () if table is None else tuple(_rows(table))


def _rows(table: Table) -> Iterator[_Row]:
    told = [name for name in ("taken", "age") if name in table.columns]
    if "file" not in table.columns or len(told) != 1:
        # Ages and dates have no common scale: a gap between the two means nothing.
        raise TooLittleToMeasure(
            f"{AGES_FILE} needs a column “file” and one of “taken” and “age”, not both."
        )
    read = _age if told == ["age"] else _date_years
    for number, row in enumerate(table.rows, start=2):
        said, person = row[told[0]], row.get("person")
        if not row["file"] or person == "":
            raise TooLittleToMeasure(f"{AGES_FILE}, line {number}: file or person is missing.")
        try:
            yield _Row(row["file"], person, read(said) if said else None)
        except ValueError as error:
            raise TooLittleToMeasure(f"{AGES_FILE}, line {number}: {error}.") from error


def _age(text: str) -> float:
    try:
        years = float(text)
    except ValueError as error:
        raise ValueError(f"“{text}” is no age in years") from error
    if not 0 <= years <= OLDEST_YEARS:
        raise ValueError(f"an age lies between 0 and {OLDEST_YEARS} years")
    return years


def _date_years(text: str) -> float:
    """A date in years; the middle of the month or year where no more is said."""
    parts = _TAKEN.fullmatch(text)
    if parts is None:
        raise ValueError(f"“{text}” is no year, month or day: 2019, 2019-06 or 2019-06-14")
    year, month, day = parts.groups()
    try:
        middle = date(int(year), int(month or 7), int(day or (15 if month else 1)))
    except ValueError as error:
        raise ValueError(f"there is no such day as {text}") from error
    return middle.toordinal() / DAYS_PER_YEAR


def _inside(folder: Path, file: str) -> Path:
    path = (folder / file).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise TooLittleToMeasure(f"{AGES_FILE} names {file}, which is outside the folder.")
    return path
