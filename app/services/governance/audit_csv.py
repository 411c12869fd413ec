"""The audit log as CSV, for people who read it in a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC
from typing import Final

from app.services.base.actors import Actor
from app.services.base.audit import AuditFilter, iterate_entries
from app.services.governance.audit_reading import AuditLine, as_read_by
from geo.formats.table import safe_cell

COLUMNS: Final = (
    "id", "at_utc", "actor_id", "actor_name", "actor_role", "action", "case_number", "purpose",
    "subject", "details", "address", "previous_hash", "entry_hash",
)  # fmt: skip


def lines(reader: Actor, wanted: AuditFilter) -> Iterator[str]:
    """The header and one line per matching entry, oldest first, as `reader` may read them."""
    yield _line(COLUMNS)
    for entry in as_read_by(reader, iterate_entries(wanted)):
        yield _line(_cells(entry))


def _cells(entry: AuditLine) -> tuple[str, ...]:
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
        "withheld" if entry.withheld else _json(entry),
        entry.address,
        entry.previous_hash,
        entry.entry_hash,
    )
    return tuple(safe_cell("" if value is None else str(value)) for value in values)


def _json(entry: AuditLine) -> str:
    return json.dumps(entry.details, sort_keys=True, ensure_ascii=False)


def _line(cells: tuple[str, ...]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow(cells)
    return buffer.getvalue()
