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
from app.intake.csv_files import NOT_CLOSED, WORKBOOK, delimiter_of, is_workbook, never_closed
from cameras.registry.tables import decode_text

MOST_ROWS: Final = 20_000
MOST_COLUMNS: Final = 500
_DEEPEST: Final = 6
_LONGEST_CELL: Final = 50_000
_NAME_PARTS: Final = frozenset({"name", "displayname", "localizedname"})
_MOST_TOGETHER: Final = 50
"""Objects of one list within an entry, pieces of clothing for instance."""
_HEADER_WITHIN: Final = 10
"""Lines among which the one with the columns' names is looked for."""
_NO_NUMBER: Final = "No column holds the cases' numbers."
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
    """A list as it was read. `mapping` is field → column, for the fields that have one.

    `notes` are what was found about the file as a whole, as sentences.
    """

    format: str
    columns: tuple[str, ...]
    rows: tuple[ListedRow, ...]
    mapping: Mapping[str, str]
    notes: tuple[str, ...] = ()

    def label_of(self, row: ListedRow) -> str:
        """What stands where the row's number should be, by which people find it in the list."""
        return " ".join(row.cells.get(self.mapping.get("number", ""), "").split())[:60]


def read_case_list(
    data: bytes,
    file_name: str,
    mapping: Mapping[str, str] | None = None,
    *,
    needs_number: bool = True,
) -> CaseList:
    """Read a list. `mapping` (field → column) replaces what the columns' names say.

    Raises Refused for what is no list, names a column or field that there is not, or, with
    `needs_number`, has no column for the cases' numbers; else a note says that.
    """
    if is_workbook(data):
        raise _refused(WORKBOOK)
    text, problems = decode_text(data)
    is_json = text.lstrip()[:1] in ("{", "[")
    name, rows = ("JSON", _json_rows(text)) if is_json else _csv_rows(text, mapping)
    if len(rows) > MOST_ROWS:
        raise _refused(f"{file_name[:80]} has more than {MOST_ROWS:,} rows: divide it.")
    columns = tuple(dict.fromkeys(column for row in rows for column in row.cells))
    if not rows or not columns:
        raise _refused("The file holds no row.")
    found = _checked(mapping, columns) or detect(columns)
    notes = [problem.reason for problem in problems]
    if "number" not in found:
        notes.append(f"{_NO_NUMBER} The columns are: {', '.join(columns[:12])}.")
        if needs_number:
            raise _refused(notes[-1])
    return CaseList(name, columns, rows, found, tuple(notes))


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


def _csv_rows(text: str, mapping: Mapping[str, str] | None) -> tuple[str, tuple[ListedRow, ...]]:
    delimiter, text = delimiter_of(text)
    if (line := never_closed(text, delimiter)) is not None:
        raise _refused(NOT_CLOSED.format(line=line))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        records = list(enumerate(islice(reader, MOST_ROWS + _HEADER_WITHIN + 1), start=1))
    except csv.Error as error:
        raise _refused(f"The table cannot be read near line {reader.line_num}: {error}.") from error
    filled = [(at, record) for at, record in records if any(cell.strip() for cell in record)]
    header = _header(filled, mapping)
    columns = _unique(filled[header][1][:MOST_COLUMNS]) if filled else []
    rows = tuple(
        ListedRow(at, {name: cell.strip() for name, cell in zip(columns, record, strict=False)})
        for at, record in filled[header + 1 :]
    )
    return f"CSV ({_DELIMITERS.get(delimiter, delimiter)})", rows


def _header(filled: Sequence[tuple[int, list[str]]], mapping: Mapping[str, str] | None) -> int:
    """Which line names the columns: spreadsheets often have a title and a date above it."""
    for at, (_, record) in enumerate(filled[:_HEADER_WITHIN]):
        names = _unique(record[:MOST_COLUMNS])
        if mapping and set(mapping.values()) <= set(names):
            return at
        if not mapping and len(names) > 1 and "number" in detect(names):
            return at
    return 0


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
