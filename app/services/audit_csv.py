"""The audit log as CSV, for people who read it in a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC
from typing import Final

from app.models.audit import AuditEntry
from app.services.audit import AuditFilter, iterate_entries

COLUMNS: Final = (
    "id", "at_utc", "actor_id", "actor_name", "actor_role", "action", "case_number", "purpose",
    "subject", "details", "address", "previous_hash", "entry_hash",
)  # fmt: skip

_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")


def lines(wanted: AuditFilter) -> Iterator[str]:
    """The header and one line per matching entry, oldest first."""
    yield _line(COLUMNS)
    for entry in iterate_entries(wanted):
        yield _line(_cells(entry))


def _cells(entry: AuditEntry) -> tuple[str, ...]:
    values = (
        entry.id,
        entry.at.astimezone(UTC).isoformat(),
        entry.actor_id,
        entry.actor_name,
        entry.actor_role,
        entry.action,
        entry.case_number,
        entry.purpose,
        entry.subject,
        json.dumps(entry.details, sort_keys=True, ensure_ascii=False),
        entry.address,
        entry.previous_hash,
        entry.entry_hash,
    )
    return tuple(_harmless("" if value is None else str(value)) for value in values)


def _harmless(cell: str) -> str:
    """A cell that a spreadsheet shows instead of computing it."""
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell


def _line(cells: tuple[str, ...]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow(cells)
    return buffer.getvalue()
