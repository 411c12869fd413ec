"""What a registry's reader has to say about single rows, and about the file."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """`refused` rows are kept out; `warning` rows came in with something left out or doubtful."""

    REFUSED = "refused"
    WARNING = "warning"
    NOTE = "note"


class Remedy(StrEnum):
    """How the reader can be told otherwise: read again with this row accepted, or axes swapped."""

    NONE = "none"
    ACCEPT_ROW = "accept_row"
    SWAP_AXES = "swap_axes"


@dataclass(frozen=True, slots=True)
class Problem:
    """One remark on one row, or on the whole file (`row_number` None).

    Row numbers are those a spreadsheet shows (the header is row 1); features of GeoJSON count
    from 1. The snippet shows the value meant, with addresses masked.
    """

    row_number: int | None
    severity: Severity
    reason: str
    snippet: str = ""
    remedy: Remedy = Remedy.NONE


def refused(
    row_number: int, reason: str, snippet: str = "", remedy: Remedy = Remedy.NONE
) -> Problem:
    """A row that is kept out."""
    return Problem(row_number, Severity.REFUSED, reason, snippet, remedy)


def warning(row_number: int | None, reason: str, snippet: str = "") -> Problem:
    """Something left out or doubtful in a row that came in."""
    return Problem(row_number, Severity.WARNING, reason, snippet)


def note(row_number: int | None, reason: str, snippet: str = "") -> Problem:
    """Something worth knowing that changes nothing."""
    return Problem(row_number, Severity.NOTE, reason, snippet)
