"""Legal holds: which cases keep their faces, since when, and by whose order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app.extensions import db
from app.models import AuditEntry, Case
from app.services.base.access import hidden_numbers
from app.services.base.actors import Actor


@dataclass(frozen=True, slots=True)
class Hold:
    """One legal hold. `reason` is None where the case is restricted and not the reader's."""

    number: str
    since: datetime | None
    reason: str | None
    set_by: str | None


def list_holds(reader: Actor) -> Sequence[Hold]:
    """All holds in force, the oldest first."""
    hidden = hidden_numbers(reader)
    cases = db.session.scalars(
        select(Case).where(Case.legal_hold).order_by(Case.legal_hold_at, Case.id)
    ).all()
    setters = _setters([case.number for case in cases])
    return [
        Hold(
            case.number,
            case.legal_hold_at,
            None if case.number in hidden else case.legal_hold_reason,
            setters.get(case.number),
        )
        for case in cases
    ]


def _setters(numbers: Sequence[str]) -> dict[str, str]:
    """Who set the newest hold of each case, as the audit log has it."""
    rows = db.session.execute(
        select(AuditEntry.case_number, AuditEntry.actor_name)
        .where(AuditEntry.action == "case.hold", AuditEntry.case_number.in_(numbers))
        .order_by(AuditEntry.id)
    )
    return {str(row[0]): row[1] for row in rows}
