"""Reading the small CSV files that lie beside the photos of a set."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from recognition.errors import TooLittleToMeasure


@dataclass(frozen=True)
class Table:
    """Columns in small letters, and for each line what stands in them, without blanks around."""

    columns: tuple[str, ...]
    rows: Sequence[Mapping[str, str]]


def read_table(path: Path) -> Table | None:
    """The file's table; commas or semicolons separate its columns. None where it is not there.

    Raises:
        TooLittleToMeasure: it cannot be opened, or is no CSV in UTF-8.
    """
    if not path.is_file():
        return None
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
        head = lines[0] if lines else ""
        reader = csv.DictReader(lines, delimiter=";" if head.count(";") > head.count(",") else ",")
        names = [str(name) for name in reader.fieldnames or ()]
        keys = {name: name.strip().lower() for name in names}
        rows = [{keys[name]: (row.get(name) or "").strip() for name in names} for row in reader]
        return Table(tuple(keys.values()), rows)
    except (UnicodeDecodeError, csv.Error) as error:
        raise TooLittleToMeasure(f"{path.name} cannot be read: save it as CSV in UTF-8.") from error
    except OSError as error:
        raise TooLittleToMeasure(f"{path.name} cannot be opened: {error.strerror}.") from error
