"""The audit log: queued on the session, written with the change itself, chained by hashes.

An entry's hash is the SHA-256 of its canonical bytes: JSON of all its columns but `entry_hash`,
keys sorted, no spaces, UTF-8, times as UTC with microseconds. `previous_hash` is one of those
columns, and ids count from 1 without a gap; so a changed, removed, inserted or moved entry shows.
A tail that was cut off, or a chain that was computed anew, shows against an anchor: an id and a
hash kept elsewhere.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any

from sqlalchemy import Select, event, insert, select, text
from sqlalchemy.orm import Session, SessionTransaction

from app.extensions import db
from app.models.audit import AuditEntry
from app.models.cases import Case
from app.models.columns import utc_now
from app.services.base.actors import Actor
from app.services.base.pages import Page, paginate

GENESIS_HASH = hashlib.sha256(b"Lastseen audit log, genesis").hexdigest()
"""What the first entry names as the hash before it."""

_QUEUE = "lastseen_audit_queue"
_CHAIN_LOCK = 7_201_001
"""Key of the advisory lock that makes writers append one after the other."""
_BATCH = 1000
_LARGEST_EXACT_FLOAT = 1e15
"""Larger floats come back from JSONB as integers; they are stored as integers from the start."""


@dataclass(frozen=True, slots=True)
class AuditVerdict:
    """What a check of the chain found. `first_bad_id` is where it breaks, None if it holds."""

    ok: bool
    entries: int
    first_bad_id: int | None
    sentence: str


@dataclass(frozen=True, slots=True)
class AuditAnchor:
    """The chain's end at some moment: the last entry's id and hash, to keep elsewhere."""

    entry_id: int
    entry_hash: str


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries to show; an empty text means all. `actor` is part of a name."""

    case_number: str = ""
    action: str = ""
    actor: str = ""


@dataclass(frozen=True, slots=True)
class _Queued:
    """An entry before it has a place in the chain, and the transaction that it belongs to."""

    values: dict[str, Any]
    transaction: SessionTransaction | None


def record(
    actor: Actor,
    action: str,
    *,
    case: Case | None = None,
    purpose: str | None = None,
    subject: str | None = None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Queue an entry; the session's next commit writes it in the same transaction.

    `action` is `noun.verb` (`case.open`); `subject` names what was acted on; `purpose` is the
    case's own unless given. `details` may hold texts, numbers, truth values, times, lists of these
    and mappings with text keys; anything else raises TypeError here, not at the commit.
    """
    session = db.session()
    if not session.in_transaction():
        session.begin()
    values = {
        "at": utc_now(),
        "actor_id": actor.user_id,
        "actor_name": _text(actor.name, 254),
        "actor_role": _text(actor.role, 40),
        "action": _text(action, 80),
        "case_number": _text(case.number, 60) if case is not None else None,
        "purpose": _text(purpose or (case.purpose if case is not None else None)),
        "subject": _text(subject, 200),
        "details": _plain(dict(details or {})),
        "address": _text(actor.address, 64),
    }
    transaction = session.get_nested_transaction() or session.get_transaction()
    session.info.setdefault(_QUEUE, []).append(_Queued(values, transaction))


def commit() -> None:
    """Write what was recorded, where nothing else is committed (a view, a search, a refusal)."""
    db.session.commit()


def has_entry(actor: Actor, action: str, case: Case, since: datetime) -> bool:
    """Whether `actor` has left such an entry on the case since a time."""
    query = select(AuditEntry.id).where(
        AuditEntry.case_number == case.number,
        AuditEntry.action == action,
        AuditEntry.actor_id == actor.user_id,
        AuditEntry.at >= since,
    )
    return db.session.scalar(query.limit(1)) is not None


def list_entries(
    page: int,
    per_page: int,
    case_number: str | None = None,
    action: str | None = None,
    actor: str | None = None,
) -> Page[AuditEntry]:
    """Entries, newest first. `actor` is a part of the name; the others are compared whole."""
    wanted = AuditFilter(case_number or "", action or "", actor or "")
    return paginate(_filtered(wanted).order_by(AuditEntry.id.desc()), page, per_page)


def iterate_entries(wanted: AuditFilter) -> Iterator[AuditEntry]:
    """All matching entries, oldest first, read in batches."""
    last_id = 0
    while True:
        batch = (
            _filtered(wanted)
            .where(AuditEntry.id > last_id)
            .order_by(AuditEntry.id)
            .limit(_BATCH)
            .execution_options(populate_existing=True)
        )
        entries = db.session.scalars(batch).all()
        yield from entries
        if len(entries) < _BATCH:
            return
        last_id = entries[-1].id


def actions() -> list[str]:
    """The actions that occur in the log, in alphabetical order."""
    query = select(AuditEntry.action).distinct().order_by(AuditEntry.action)
    return list(db.session.scalars(query))


def anchor(session: Session | None = None) -> AuditAnchor:
    """The chain's present end; id 0 and the genesis hash while the log is empty."""
    row = (
        (session or db.session())
        .execute(
            select(AuditEntry.id, AuditEntry.entry_hash).order_by(AuditEntry.id.desc()).limit(1)
        )
        .first()
    )
    return AuditAnchor(0, GENESIS_HASH) if row is None else AuditAnchor(row[0], row[1])


def verify(session: Session | None = None, kept: AuditAnchor | None = None) -> AuditVerdict:
    """Walk the whole chain from its first entry, and compare it with a kept anchor if one is given.

    Without an anchor, a tail that was removed, or a log rewritten from some entry to its end with
    new hashes, cannot be told from an honest one.
    """
    previous_hash, expected_id, count = GENESIS_HASH, 1, 0
    hash_at_anchor = GENESIS_HASH if kept is not None and kept.entry_id == 0 else None
    for entry in _rows_in_order(session or db.session()):
        problem = _problem_of(entry, expected_id, previous_hash)
        if problem:
            return AuditVerdict(False, count, entry["id"], problem)
        if kept is not None and entry["id"] == kept.entry_id:
            hash_at_anchor = entry["entry_hash"]
        previous_hash, expected_id, count = entry["entry_hash"], expected_id + 1, count + 1
    if kept is not None and hash_at_anchor != kept.entry_hash:
        return _anchor_verdict(kept, count, missing=hash_at_anchor is None)
    return AuditVerdict(True, count, None, f"The audit log is whole: {count} entries, one chain.")


def canonical_bytes(values: Mapping[str, Any]) -> bytes:
    """The bytes that are hashed for an entry: see the top of this file."""
    content = {key: value for key, value in values.items() if key != "entry_hash"}
    at = content["at"].astimezone(UTC)
    content["at"] = at.isoformat(timespec="microseconds")
    return json.dumps(
        content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def install() -> None:
    """Let every session write its queued entries when it commits."""
    if not event.contains(Session, "before_commit", _write_queued):
        event.listen(Session, "before_commit", _write_queued)
        event.listen(Session, "after_soft_rollback", _forget_rolled_back)
        event.listen(Session, "after_transaction_end", _forget_abandoned)


def _write_queued(session: Session) -> None:
    if session.in_nested_transaction() or not session.info.get(_QUEUE):
        return
    # What the transaction changed goes first, so that the lock is held only for the commit itself.
    session.flush()
    queued: list[_Queued] = session.info.pop(_QUEUE)
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _CHAIN_LOCK})
    end = anchor(session)
    rows = []
    for item in queued:
        values = {**item.values, "id": end.entry_id + 1, "previous_hash": end.entry_hash}
        end = AuditAnchor(values["id"], hashlib.sha256(canonical_bytes(values)).hexdigest())
        rows.append({**values, "entry_hash": end.entry_hash})
    session.execute(insert(AuditEntry.__table__), rows)  # type: ignore[arg-type]


def _forget_rolled_back(session: Session, previous: SessionTransaction) -> None:
    """Drop what was recorded inside the transaction (or savepoint) that was rolled back."""
    queued: list[_Queued] = session.info.get(_QUEUE, [])
    queued[:] = [item for item in queued if not _is_within(item.transaction, previous)]


def _forget_abandoned(session: Session, ended: SessionTransaction) -> None:
    """Drop what is left when a session is closed without a commit."""
    if ended.parent is None:
        session.info.pop(_QUEUE, None)


def _is_within(transaction: SessionTransaction | None, outer: SessionTransaction) -> bool:
    while transaction is not None and transaction is not outer:
        transaction = transaction.parent
    return transaction is outer


def _rows_in_order(session: Session) -> Iterator[Mapping[str, Any]]:
    table = AuditEntry.__table__
    last_id: int | None = None
    while True:
        query = select(table).order_by(table.c.id).limit(_BATCH)
        if last_id is not None:
            query = query.where(table.c.id > last_id)
        rows = [dict(row) for row in session.execute(query).mappings()]
        yield from rows
        if len(rows) < _BATCH:
            return
        last_id = rows[-1]["id"]


def _problem_of(entry: Mapping[str, Any], expected_id: int, previous_hash: str) -> str:
    if entry["id"] != expected_id:
        return f"Entry {expected_id} is missing: entry {entry['id']} stands in its place."
    if entry["previous_hash"] != previous_hash:
        return f"Entry {entry['id']} does not follow the entry before it: the order was changed."
    if hashlib.sha256(canonical_bytes(entry)).hexdigest() != entry["entry_hash"]:
        return f"Entry {entry['id']} was changed after it was written."
    return ""


def _anchor_verdict(kept: AuditAnchor, count: int, *, missing: bool) -> AuditVerdict:
    sentence = (
        f"The log ends at entry {count}, but the anchor names entry {kept.entry_id}: "
        "the end of the log was removed."
        if missing
        else f"Entry {kept.entry_id} is not the one that the anchor names: "
        "the log was rewritten after the anchor was taken."
    )
    return AuditVerdict(False, count, count + 1 if missing else kept.entry_id, sentence)


def _filtered(wanted: AuditFilter) -> Select[AuditEntry]:
    query = select(AuditEntry)
    if wanted.case_number:
        query = query.where(AuditEntry.case_number == wanted.case_number)
    if wanted.action:
        query = query.where(AuditEntry.action == wanted.action)
    if wanted.actor:
        query = query.where(AuditEntry.actor_name.icontains(wanted.actor, autoescape=True))
    return query


def _text(value: str | None, limit: int | None = None) -> str | None:
    """Text as PostgreSQL can hold it, cut to the column's length."""
    if value is None:
        return None
    clean = value.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
    return clean if limit is None or len(clean) <= limit else clean[: limit - 1] + "…"


def _plain(value: object) -> Any:
    """A value that comes back from JSONB as it went in, or its hash could not be checked."""
    if value is None or (isinstance(value, bool | int) and not isinstance(value, Enum)):
        return value
    if isinstance(value, float):
        return _plain_float(value)
    if isinstance(value, Enum):
        return _plain(value.value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(_text(str(key))): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = sorted(value) if isinstance(value, set | frozenset) else value
        return [_plain(item) for item in items]
    raise TypeError(f"{type(value).__name__} cannot be written to the audit log")


def _plain_float(value: float) -> float | int | str:
    if not math.isfinite(value):
        return str(value)
    return int(value) if abs(value) >= _LARGEST_EXACT_FLOAT else value + 0.0
