"""What all readers of other people's tables must know about CSV files, and what is none."""

from __future__ import annotations

import csv
import io
from typing import Final

_DELIMITERS: Final = ",;\t|"
_WORKBOOKS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
WORKBOOK: Final = (
    "This is a workbook or another packed file, no CSV or JSON: open it in the spreadsheet program "
    "and save it as “CSV UTF-8”."
)
NOT_CLOSED: Final = "A quotation mark is opened near line {line} and never closed."


def is_workbook(data: bytes) -> bool:
    """Whether the file is one of a spreadsheet program (or any zip)."""
    return data.startswith(_WORKBOOKS)


def delimiter_of(text: str) -> tuple[str, str]:
    """The delimiter, and the text without the line `sep=;` by which Excel is told it."""
    first, _, rest = text.lstrip("\ufeff\r\n").partition("\n")
    named = first.strip().strip('"')
    if named.lower().startswith("sep=") and len(named) == len("sep=") + 1:
        return named[-1], rest
    if first.rstrip("\r").lower() == "sep=\t":
        return "\t", rest
    filled = next((line for line in text.splitlines() if line.strip()), "")
    return max(_DELIMITERS, key=filled.count), text


def never_closed(text: str, delimiter: str) -> int | None:
    """The line of a quotation mark that is opened and never closed, if there is one.

    What follows it would be taken for one cell, and its rows would be missing without a word.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    complete = 0
    try:
        for _ in reader:
            complete = reader.line_num
    except csv.Error as error:
        return complete + 1 if "unexpected end of data" in str(error) else None
    return None
