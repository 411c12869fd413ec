"""Reading `groups.csv`: which group of people each person of a folder belongs to."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

from recognition.errors import TooLittleToMeasure

GROUPS_FILE = "groups.csv"
_PERSON_COLUMNS, _GROUP_COLUMNS = ("person", "name", "folder"), ("group",)


def read_groups(folder: Path) -> Mapping[str, str]:
    """The group of each person from `groups.csv`; empty without that file.

    Commas or semicolons separate its columns.

    Raises:
        TooLittleToMeasure: it is there but cannot be read, or has no columns for person and group.
    """
    path = folder / GROUPS_FILE
    if not path.is_file():
        return {}
    try:
        text = path.read_text(encoding="utf-8-sig")
        return dict(_rows(text))
    except (UnicodeDecodeError, csv.Error) as error:
        raise TooLittleToMeasure(
            f"{GROUPS_FILE} cannot be read: save it as CSV in UTF-8."
        ) from error
    except OSError as error:
        raise TooLittleToMeasure(f"{GROUPS_FILE} cannot be opened: {error.strerror}.") from error


def _rows(text: str) -> Iterator[tuple[str, str]]:
    lines = text.splitlines()
    head = lines[0] if lines else ""
    reader = csv.DictReader(lines, delimiter=";" if head.count(";") > head.count(",") else ",")
    columns = {str(name).strip().lower(): name for name in reader.fieldnames or ()}
    person = next((columns[one] for one in _PERSON_COLUMNS if one in columns), None)
    group = next((columns[one] for one in _GROUP_COLUMNS if one in columns), None)
    if person is None or group is None:
        raise TooLittleToMeasure(
            f"{GROUPS_FILE} needs a column “person” (the name of a folder) and one “group”."
        )
    for row in reader:
        if row.get(person) and row.get(group):
            yield row[person].strip(), row[group].strip()
