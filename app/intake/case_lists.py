"""Lists of cases as others publish them: CSV and JSON, any columns, nested and full of nulls.

Nothing is fetched: addresses in a list stay text, and pictures are left where they are.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from app.errors import Refused
from cameras.registry.tables import decode_text

MOST_ROWS: Final = 20_000
MOST_COLUMNS: Final = 500
_DEEPEST: Final = 6
_LONGEST_CELL: Final = 50_000
_NAME_PARTS: Final = frozenset({"name", "displayname", "localizedname"})
_MOST_TOGETHER: Final = 50
"""Objects of one list within an entry, pieces of clothing for instance."""
_DELIMITERS: Final = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}

COLUMN_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "number": (
        "casenumber", "casenum", "caseno", "caseid", "case", "namusnumber", "mpnumber",
        "idformatted", "namus2number", "number", "uid", "reference", "ref", "id",
    ),
    "last_contact": (
        "dlc", "dateoflastcontact", "lastcontact", "datelastcontact", "datelastseen", "lastseen",
        "lastseendate", "missingsince", "datemissing", "missingdate", "sightingdate",
    ),
    "name": (
        "name", "fullname", "title", "legalname", "missingperson", "personname", "subjectname",
    ),
    "first_name": ("firstname", "legalfirstname", "givenname", "forename"),
    "middle_name": ("middlename", "legalmiddlename"),
    "last_name": ("lastname", "legallastname", "surname", "familyname"),
    "aliases": ("aliases", "alias", "nicknames", "nickname", "alsoknownas", "aka"),
    "age": (
        "missingage", "agewhenmissing", "ageatmissing", "missingfromage", "computedmissingminage",
        "agerange", "age", "agemin", "ageyears", "currentminage",
    ),
    "age_to": ("missingtoage", "computedmissingmaxage", "agemax"),
    "city": ("city", "cityoflastcontact", "town", "lastknowncity", "sightingcity"),
    "county": (
        "county", "countyname", "district", "countyoflastcontact", "countydisplaynameoflastcontact",
    ),
    "state": (
        "state", "statename", "province", "stateoflastcontact", "statedisplaynameoflastcontact",
    ),
    "sex": ("sex", "biologicalsex", "sexname", "gender"),
    "race": (
        "raceraw", "race", "raceethnicity", "racename", "ethnicity", "primaryethnicity",
        "ethnicities",
    ),
    "clothing": (
        "clothing", "clothes", "clothingdescription", "wearing",
        "clothingandaccessoriesarticlesdescription",
    ),
    "hair": ("hairraw", "hair", "haircolor"),
    "eyes": ("eyesraw", "eyes", "eyecolor", "lefteyecolor"),
    "height": ("height", "heightfrom", "heightmin"),
    "weight": ("weight", "weightfrom", "weightmin"),
    "born": ("datesofbirthused", "dateofbirth", "birthdate", "dob"),
    "marks": (
        "scarsandmarks", "marks", "distinguishingmarks", "distinctivefeatures",
        "physicalfeaturedescriptionsdescription",
    ),
    "description": ("description", "summary"),
    "details": ("details", "circumstances", "circumstancesofdisappearance"),
    "remarks": ("remarks", "notes", "comments"),
    "kind": ("posterclassification",),
    "status": ("status", "casestatus", "caseisresolved", "resolved"),
}  # fmt: skip
"""By field: how its column may be called, as letters and digits alone, the best name first."""


@dataclass(frozen=True, slots=True)
class ListedRow:
    """One entry of a list. `number` is its row in a spreadsheet, or its place in the JSON."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CaseList:
    """A list as it was read. `mapping` is field → column, for the fields that have one."""

    format: str
    columns: tuple[str, ...]
    rows: tuple[ListedRow, ...]
    mapping: Mapping[str, str]

    def label_of(self, row: ListedRow) -> str:
        """What stands where the row's number should be, by which people find it in the list."""
        return " ".join(row.cells.get(self.mapping["number"], "").split())[:60]


def read_case_list(
    data: bytes, file_name: str, mapping: Mapping[str, str] | None = None
) -> CaseList:
    """Read a list. `mapping` (field → column) replaces what the columns' names say.

    Raises Refused for what is no list, has no column for the cases' numbers, or names a column or
    field that there is not.
    """
    text, _ = decode_text(data)
    is_json = text.lstrip()[:1] in ("{", "[")
    name, rows = ("JSON", _json_rows(text)) if is_json else _csv_rows(text)
    if len(rows) > MOST_ROWS:
        raise _refused(f"{file_name[:80]} has more than {MOST_ROWS:,} rows: divide it.")
    columns = tuple(dict.fromkeys(column for row in rows for column in row.cells))
    if not rows or not columns:
        raise _refused("The file holds no row.")
    return CaseList(name, columns, rows, _checked(mapping, columns) or detect(columns))


def detect(columns: Sequence[str]) -> dict[str, str]:
    """Which column holds which field, by its name; each column at most once."""
    keys = {column: _keys(column) for column in columns}
    found: dict[str, str] = {}
    for field, names in COLUMN_NAMES.items():
        for name in names:
            column = next(
                (one for one in columns if name in keys[one] and one not in found.values()), None
            )
            if column is not None:
                found[field] = column
                break
    if "number" not in found:
        listed = ", ".join(columns[:12])
        raise _refused(f"No column holds the cases' numbers. The columns are: {listed}.")
    return found


def _checked(mapping: Mapping[str, str] | None, columns: Sequence[str]) -> dict[str, str]:
    if not mapping:
        return {}
    for field, column in mapping.items():
        if field not in COLUMN_NAMES:
            raise _refused(f"There is no field “{field[:40]}” to read.")
        if column not in columns:
            raise _refused(f"The file has no column “{column[:60]}”.")
    if "number" not in mapping:
        raise _refused("Say which column holds the cases' numbers.")
    return dict(mapping)


def _keys(column: str) -> set[str]:
    """A column's name as letters and digits: whole, and its last one and two parts."""
    parts = [re.sub(r"[^a-z0-9]", "", part.lower()) for part in column.split(".")]
    # Nested lists of codes write {"state": {"name": …}}: the part before says what it is.
    last = parts[:-1] if len(parts) > 1 and parts[-1] in _NAME_PARTS else parts
    return {"".join(parts), "".join(last), "".join(last[-2:]), last[-1]} - {""}


def _csv_rows(text: str) -> tuple[str, tuple[ListedRow, ...]]:
    head = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(_DELIMITERS, key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows: list[ListedRow] = []
    columns: list[str] | None = None
    try:
        for at, record in enumerate(islice(reader, MOST_ROWS + 2), start=1):
            if not any(cell.strip() for cell in record):
                continue
            if columns is None:
                columns = _unique(record[:MOST_COLUMNS])
                continue
            cells = {column: cell.strip() for column, cell in zip(columns, record, strict=False)}
            rows.append(ListedRow(at, cells))
    except csv.Error as error:
        raise _refused(
            f"The table cannot be read: near line {reader.line_num} a quotation mark is probably "
            "not closed."
        ) from error
    return f"CSV ({_DELIMITERS[delimiter]})", tuple(rows)


def _unique(names: Sequence[str]) -> list[str]:
    seen: dict[str, int] = {}
    unique = []
    for at, name in enumerate((one.strip() for one in names), start=1):
        called = name or f"column {at}"
        seen[called] = seen.get(called, 0) + 1
        unique.append(called if seen[called] == 1 else f"{called} ({seen[called]})")
    return unique


def _json_rows(text: str) -> tuple[ListedRow, ...]:
    try:
        document = json.loads(text)
        entries = _entries(document)
        return tuple(
            ListedRow(at, dict(islice(_flat(entry, "", 0), MOST_COLUMNS)))
            for at, entry in enumerate(entries, start=1)
        )
    except (ValueError, RecursionError) as error:
        raise _refused("The file is not valid JSON.") from error


def _entries(document: object) -> list[object]:
    """The list itself, or the longest list of objects that an envelope holds."""
    if isinstance(document, list):
        return document
    if isinstance(document, dict):
        lists = [
            value
            for value in document.values()
            if isinstance(value, list) and any(isinstance(one, dict) for one in value)
        ]
        # One case alone may hold lists (of pictures); an envelope holds no number beside its list.
        if lists and not {"uid", "idFormatted", "caseNumber", "case_number"} & set(document):
            return max(lists, key=len)
        return [document]
    raise _refused("The JSON holds no list of cases.")


def _flat(value: object, path: str, depth: int) -> Iterator[tuple[str, str]]:
    """Cells of a nested object: names joined by dots, lists of plain values by semicolons."""
    if value is None or depth > _DEEPEST:
        return
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _flat(inner, f"{path}.{name}" if path else str(name), depth + 1)
    elif isinstance(value, list):
        plain = [str(one) for one in value if isinstance(one, str | int | float)]
        if plain:
            yield path or "value", "; ".join(plain)[:_LONGEST_CELL]
        yield from _flat_together([one for one in value if isinstance(one, dict)], path, depth)
    elif isinstance(value, bool):
        yield path or "value", "yes" if value else "no"
    else:
        yield path or "value", str(value)[:_LONGEST_CELL]


def _flat_together(entries: Sequence[object], path: str, depth: int) -> Iterator[tuple[str, str]]:
    """Cells of the objects of a list: what they call alike in one cell, by semicolons."""
    together: dict[str, list[str]] = {}
    for entry in entries[:_MOST_TOGETHER]:
        for name, cell in _flat(entry, path, depth + 1):
            together.setdefault(name, []).append(cell)
    for name, cells in together.items():
        yield name, "; ".join(dict.fromkeys(cells))[:_LONGEST_CELL]


def _refused(sentence: str) -> Refused:
    return Refused(sentence, {"file": sentence})
