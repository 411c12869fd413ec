"""The audit log as somebody may read it: who did what in every case, but not what it says of one
that is restricted and not theirs, nor of persons of interest without the right to those.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.models.audit import AuditEntry
from app.services.base import person_records
from app.services.base.access import hidden_numbers
from app.services.base.actors import Actor
from app.services.base.pages import Page


@dataclass(frozen=True, slots=True)
class AuditLine:
    """An entry. Where `withheld`, purpose, subject and details are left out: the hash still is
    that of the whole entry, which a shell on the server shows.
    """

    id: int
    at: datetime
    actor_id: int | None
    actor_name: str
    actor_role: str
    action: str
    case_number: str | None
    purpose: str | None
    subject: str | None
    details: dict[str, Any]
    address: str | None
    previous_hash: str
    entry_hash: str
    withheld: bool


def page_as_read_by(reader: Actor, page: Page[AuditEntry]) -> Page[AuditLine]:
    """A page of the log as `reader` may read it."""
    return Page(list(as_read_by(reader, page.items)), page.total, page.page, page.per_page)


def as_read_by(reader: Actor, entries: Iterable[AuditEntry]) -> Iterator[AuditLine]:
    """The entries as `reader` may read them."""
    hidden = hidden_numbers(reader)
    for entry in entries:
        withheld = entry.case_number in hidden or person_records.is_closed_to(reader, entry)
        yield _line(entry, withheld=withheld)


def _line(entry: AuditEntry, *, withheld: bool) -> AuditLine:
    return AuditLine(
        id=entry.id,
        at=entry.at,
        actor_id=entry.actor_id,
        actor_name=entry.actor_name,
        actor_role=entry.actor_role,
        action=entry.action,
        case_number=entry.case_number,
        purpose=None if withheld else entry.purpose,
        subject=None if withheld else entry.subject,
        details={} if withheld else entry.details,
        address=entry.address,
        previous_hash=entry.previous_hash,
        entry_hash=entry.entry_hash,
        withheld=withheld,
    )
