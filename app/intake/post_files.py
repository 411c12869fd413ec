"""A file of posts as rows of text: CSV of any make, JSON of any nesting, JSON lines."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from app.errors import Refused, TooLarge
from app.intake.csv_files import NOT_CLOSED, WORKBOOK, delimiter_of, is_workbook, never_closed
from cameras.registry.tables import decode_text

MAX_FILE_BYTES: Final = 256 * 1024 * 1024
MAX_ROWS: Final = 100_000
MAX_CELLS: Final = 300
"""Of one row; what else a nested entry holds is left out."""
MAX_DEPTH: Final = 8
MAX_CELL_CHARACTERS: Final = 40_000
FIELD: Final = "table"


@dataclass(frozen=True, slots=True)
class RawRow:
    """One post to be: its filled cells by column. `refusal` says why it can be none."""

    number: int
    cells: Mapping[str, str]
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class PostTable:
    """All rows of a file. Rows of CSV count as spreadsheets count, entries of JSON from 1."""

    format: str
    rows: Sequence[RawRow]
    remarks: Sequence[str] = ()


def read_table(data: bytes) -> PostTable:
    """Read a file, told apart by content. Raises TooLarge, and Refused for what is no table."""
    if len(data) > MAX_FILE_BYTES:
        raise TooLarge(f"A file of posts may have {MAX_FILE_BYTES // 2**20} MB: divide it.")
    if is_workbook(data):
        raise _refused(f"{WORKBOOK} Pictures go into the zip beside it.")
    if data.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8")):
        raise _refused("This is no CSV or JSON file. Pictures go into the zip beside it.")
    text, notes = decode_text(data)
    remarks = tuple(note.reason for note in notes)
    start = text.lstrip("\ufeff \t\r\n")[:1]
    table = _json(text) if start in ("{", "[") else _csv(text)
    if not table.rows:
        raise _refused("The file holds no post.")
    return PostTable(table.format, table.rows, remarks)


# --------------------------------------------------------------------------------------------- CSV


def _csv(text: str) -> PostTable:
    delimiter, text = delimiter_of(text)
    if (line := never_closed(text, delimiter)) is not None:
        raise _refused(NOT_CLOSED.format(line=line))
    records = _records(text, delimiter)
    header = [cell.strip() for cell in next(records, [])]
    if len([cell for cell in header if cell]) < 1 or len(header) > MAX_CELLS:
        raise _refused("The first line of the file names no columns.")
    rows = [
        _csv_row(number, header, record)
        for number, record in enumerate(islice(records, MAX_ROWS + 1), start=2)
        if any(cell.strip() for cell in record)
    ]
    _check_count(len(rows))
    return PostTable("CSV", rows)


def _records(text: str, delimiter: str) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        yield from reader
    except csv.Error as error:
        raise _refused(
            f"The table cannot be read near line {reader.line_num}: a quotation mark is probably "
            "not closed."
        ) from error


def _csv_row(number: int, header: Sequence[str], record: Sequence[str]) -> RawRow:
    if any(cell.strip() for cell in record[len(header) :]):
        reason = (
            f"It has {len(record)} cells and the header {len(header)}: a text in it may contain "
            "the delimiter without quotes."
        )
        return RawRow(number, {}, reason)
    cells = {name: cell for name, cell in zip(header, record, strict=False) if cell.strip()}
    return _checked(number, cells)


# -------------------------------------------------------------------------------------------- JSON


def _json(text: str) -> PostTable:
    try:
        document = json.loads(text)
    except RecursionError as error:
        raise _refused("The JSON is nested too deeply.") from error
    except ValueError as error:
        lines = _json_lines(text)
        if lines is None:
            raise _refused(_json_fault(error)) from error
        return PostTable("JSON lines", lines)
    entries = _largest_list(document)
    if entries is None:
        raise _refused("The JSON holds no list of posts.")
    _check_count(len(entries))
    return PostTable("JSON", [_json_row(at, one) for at, one in enumerate(entries, start=1)])


def _json_lines(text: str) -> list[RawRow] | None:
    """The entries of a file with one object in each line; None where the first line is none."""
    rows: list[RawRow] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            if not rows:
                return None
            rows.append(RawRow(number, {}, "The line is no JSON object."))
        else:
            rows.append(_json_row(number, entry))
        _check_count(len(rows))
    return rows


def _json_fault(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"The file is not valid JSON: it breaks at line {error.lineno}."
    return "The file is not valid JSON: it holds an absurd number."


def _largest_list(document: object) -> list[object] | None:
    """The longest list of objects in the upper levels, which is where exports keep their posts."""
    best: list[object] | None = None
    level = [document]
    for _ in range(4):
        for one in level:
            is_list = isinstance(one, list) and any(isinstance(entry, dict) for entry in one)
            if isinstance(one, list) and is_list and (best is None or len(one) > len(best)):
                best = one
        if best is not None:
            return best
        level = [
            value for one in level if isinstance(one, dict) for value in list(one.values())[:1000]
        ]
    return [document] if isinstance(document, dict) and document else None


def _json_row(number: int, entry: object) -> RawRow:
    if not isinstance(entry, dict):
        return RawRow(number, {}, "The entry is no object.")
    cells: dict[str, str] = {}
    _flatten("", entry, cells, 0)
    return _checked(number, cells)


def _flatten(name: str, value: object, cells: dict[str, str], depth: int) -> None:
    """Nested objects as cells `outer.inner`; lists as one cell, with line breaks between."""
    if value is None or depth > MAX_DEPTH or len(cells) >= MAX_CELLS:
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            _flatten(f"{name}.{key}" if name else str(key), inner, cells, depth + 1)
    elif isinstance(value, list):
        for inner in value[:MAX_CELLS]:
            _flatten(name, inner, cells, depth + 1)
    else:
        written = _scalar(value)
        if written.strip():
            before = cells.get(name)
            cells[name] = written if before is None else f"{before}\n{written}"


def _scalar(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _checked(number: int, cells: Mapping[str, str]) -> RawRow:
    if not cells:
        return RawRow(number, {}, "It is empty.")
    long = next((name for name, cell in cells.items() if len(cell) > MAX_CELL_CHARACTERS), None)
    if long is not None:
        return RawRow(
            number, {}, f"“{long[:60]}” has more than {MAX_CELL_CHARACTERS:,} characters."
        )
    return RawRow(number, cells)


def _check_count(count: int) -> None:
    if count > MAX_ROWS:
        raise TooLarge(f"The file holds more than {MAX_ROWS:,} posts: divide it.")


def _refused(sentence: str) -> Refused:
    return Refused(sentence, {FIELD: sentence})
