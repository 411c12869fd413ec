"""What receipts of deletions have in common: a hash over their facts, which the log has, too."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import select

from app.extensions import db
from app.models.audit import AuditEntry


def hash_of(facts: Mapping[str, object]) -> str:
    """SHA-256 of the facts: JSON, keys sorted, no spaces."""
    return hashlib.sha256(
        json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()
    ).hexdigest()


def moment(instant: datetime) -> str:
    """An instant as facts hold it: UTC, to the microsecond."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds")


def hashes_in_log(action: str, subjects: Sequence[str]) -> set[tuple[str | None, str]]:
    """Subject and hash of the receipts that the audit log has under this action."""
    logged = select(AuditEntry.subject, AuditEntry.details["receipt_sha256"].astext).where(
        AuditEntry.action == action, AuditEntry.subject.in_(subjects)
    )
    return {(subject, sha256) for subject, sha256 in db.session.execute(logged)}
