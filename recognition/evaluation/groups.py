"""Reading `groups.csv`: which group of people each person of a folder belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from recognition.errors import TooLittleToMeasure
from recognition.evaluation.tables import read_table

GROUPS_FILE = "groups.csv"
_PERSON_COLUMNS, _GROUP_COLUMNS = ("person", "name", "folder"), ("group",)


def read_groups(folder: Path) -> Mapping[str, str]:
    """The group of each person from `groups.csv`; empty without that file.

    Raises:
        TooLittleToMeasure: it is there but cannot be read, or has no columns for person and group.
    """
    table = read_table(folder / GROUPS_FILE)
    if table is None:
        return {}
    person = next((one for one in _PERSON_COLUMNS if one in table.columns), None)
    group = next((one for one in _GROUP_COLUMNS if one in table.columns), None)
    if person is None or group is None:
        raise TooLittleToMeasure(
            f"{GROUPS_FILE} needs a column “person” (the name of a folder) and one “group”."
        )
    return {row[person]: row[group] for row in table.rows if row[person] and row[group]}
