"""Bringing cases with a list: what it would do, and doing it.

A case that comes so is `imported`: it is compared with nothing until a person confirms its purpose
and legal basis. The same list again changes nothing; what the list says anew is shown, and taken
over only if that is asked for, where nobody has changed it here since.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.current import settings
from app.errors import Conflict, Refused, TooLarge
from app.extensions import db
from app.inputs import CaseImportInput
from app.intake.case_entries import CaseEntry, UnreadableEntry, read_entry
from app.intake.case_lists import CaseList, read_case_list
from app.intake.listed_values import order_of
from app.models import Case, CaseState, ImportedCase
from app.models.columns import utc_now
from app.services.base import access, audit
from app.services.base.actors import Actor
from app.services.exchange import imported_values
from app.services.exchange.imported_values import FieldChange, PlaceGuess
from app.services.governance import case_purges
from app.services.people import members

MOST_BYTES: Final = 32 * 1024 * 1024
NUMBER_TAKEN: Final = (
    "The number is taken by a case that did not come from this list, that you do not see, or that "
    "was purged."
)


@dataclass(frozen=True)
class ImportedRow:
    """What becomes of one row. `outcome` is added, changed, unchanged or refused."""

    row_number: int
    number: str
    name: str
    outcome: str
    reason: str = ""
    place: str = ""
    warnings: tuple[str, ...] = ()
    changes: tuple[FieldChange, ...] = ()


@dataclass(frozen=True)
class CaseImportReport:
    """What an import has done, or (`dry_run`) would do; `applied`: changes are taken over.

    `notes` are what people should know of the list as a whole, as sentences.
    """

    source: str
    file_name: str
    format: str
    sha256: str
    mapping: Mapping[str, str]
    columns: tuple[str, ...]
    notes: tuple[str, ...]
    items: tuple[ImportedRow, ...]
    dry_run: bool
    applied: bool

    def count(self, outcome: str) -> int:
        """How many rows came to this."""
        return sum(one.outcome == outcome for one in self.items)

    @property
    def counts(self) -> dict[str, int]:
        """Rows by outcome."""
        return {name: self.count(name) for name in ("added", "changed", "unchanged", "refused")}


@dataclass
class _Run:
    """One import on its way."""

    actor: Actor
    given: CaseImportInput
    dry_run: bool
    known: Mapping[str, ImportedCase]
    taken: frozenset[str]
    places: imported_values.PlaceGuesser
    seen: set[str] = field(default_factory=set)
    new: list[tuple[CaseEntry, PlaceGuess]] = field(default_factory=list)


def import_cases(
    actor: Actor,
    data: bytes,
    file_name: str,
    given: CaseImportInput,
    *,
    mapping: Mapping[str, str] | None = None,
    dry_run: bool = False,
) -> CaseImportReport:
    """Import a list, or say what that would do. Bad rows never stop the good ones.

    Raises Refused for what is no list or a legal basis that is over, TooLarge, Conflict.
    """
    if len(data) > MOST_BYTES:
        raise TooLarge(f"The file is larger than {MOST_BYTES // 2**20} MB: divide it.")
    if given.legal_basis_expires_at <= utc_now():
        raise Refused(
            "The legal basis has already expired.", {"legal_basis_expires_at": "lies in the past"}
        )
    listed = read_case_list(data, file_name, mapping, needs_number=not dry_run)
    entries = [_read(row_number, listed, given) for row_number in range(len(listed.rows))]
    numbers = {one.number for one in entries if isinstance(one, CaseEntry)}
    run = _Run(
        actor,
        given,
        dry_run,
        known=_known(actor, given.source, numbers),
        taken=_taken(numbers) | case_purges.was_purged(numbers),
        places=imported_values.PlaceGuesser(),
    )
    try:
        items = tuple(
            _take(run, row.number, entry, listed.label_of(row))
            for row, entry in zip(listed.rows, entries, strict=True)
        )
        _open(run)
        report = _report(listed, file_name, data, items, run)
        if dry_run:
            db.session.rollback()
        else:
            _record(actor, report)
            db.session.commit()
    except IntegrityError as error:
        db.session.rollback()
        raise Conflict("One of these numbers was taken meanwhile: check the file again.") from error
    return report


def imported_from(case: Case) -> ImportedCase | None:
    """The list that a case came with; None if it was opened by hand."""
    return db.session.get(ImportedCase, case.id)


def _read(at: int, listed: CaseList, given: CaseImportInput) -> CaseEntry | str:
    """The entry, or in words why there is none."""
    try:
        return read_entry(listed.rows[at], listed.mapping, month_first=given.month_first)
    except UnreadableEntry as error:
        return str(error)


def _known(actor: Actor, source: str, numbers: Iterable[str]) -> dict[str, ImportedCase]:
    """Earlier imports of this source that `actor` may see, by their number in the list."""
    rows = db.session.scalars(
        select(ImportedCase)
        .join(Case, Case.id == ImportedCase.case_id)
        .where(ImportedCase.source == source, ImportedCase.ref.in_(numbers))
        .where(access.visible_cases(actor))
    )
    return {row.ref: row for row in rows}


def _taken(numbers: Iterable[str]) -> frozenset[str]:
    return frozenset(db.session.scalars(select(Case.number).where(Case.number.in_(numbers))))


def _take(run: _Run, row_number: int, entry: CaseEntry | str, label: str) -> ImportedRow:
    if isinstance(entry, str):
        return ImportedRow(row_number, label, "", "refused", entry)
    if entry.number in run.seen:
        reason = "The number stands in this list before already."
        return ImportedRow(row_number, entry.number, entry.name, "refused", reason)
    run.seen.add(entry.number)
    before = run.known.get(entry.number)
    if before is not None:
        return _take_again(run, row_number, entry, before)
    if entry.number in run.taken:
        return ImportedRow(row_number, entry.number, entry.name, "refused", NUMBER_TAKEN)
    place = run.places.guess(entry)
    if not run.dry_run:
        run.new.append((entry, place))
    return ImportedRow(
        row_number, entry.number, entry.name, "added", "", place.sentence, entry.warnings
    )


def _take_again(run: _Run, row_number: int, entry: CaseEntry, before: ImportedCase) -> ImportedRow:
    changes = imported_values.changes_of(before.case, before.facts, entry)
    if not changes:
        return ImportedRow(row_number, entry.number, entry.name, "unchanged")
    if run.given.apply_changes and not run.dry_run:
        imported_values.apply_changes(before.case, changes)
        before.facts, before.changed_at = entry.facts(), utc_now()
        details = {"source": before.source, "fields": [one.field for one in changes]}
        audit.record(run.actor, "case.import_change", case=before.case, details=details)
    return ImportedRow(
        row_number, entry.number, entry.name, "changed", warnings=entry.warnings, changes=changes
    )


def _open(run: _Run) -> None:
    """Open the new cases all together: ten thousand take seconds so, and minutes one by one."""
    opened = [_case_of(run, entry) for entry, _ in run.new]
    db.session.add_all(opened)
    db.session.flush()
    user_id = run.actor.user_id
    members.note_member([case.id for case in opened], user_id, user_id)
    for case, (entry, place) in zip(opened, run.new, strict=True):
        db.session.add(
            ImportedCase(
                case_id=case.id,
                source=run.given.source,
                ref=entry.number,
                facts=entry.facts(),
                imported_by_id=user_id,
            )
        )
        if place.location is not None:
            place.location.case_id = case.id
            place.location.created_by_id = user_id
            db.session.add(place.location)
        details = {"source": run.given.source, "restricted": case.restricted}
        audit.record(run.actor, "case.import", case=case, purpose=case.purpose, details=details)


def _case_of(run: _Run, entry: CaseEntry) -> Case:
    given = run.given
    is_restricted = given.restricted
    if is_restricted is None:
        is_restricted = settings().cases_restricted_by_default
    return Case(
        number=entry.number,
        state=CaseState.IMPORTED,
        purpose=given.purpose,
        legal_basis=given.legal_basis,
        legal_basis_expires_at=given.legal_basis_expires_at,
        timezone=given.timezone,
        made_up=given.made_up,
        restricted=is_restricted,
        created_by_id=run.actor.user_id,
        **imported_values.values_of(entry.facts()),
    )


def _report(
    listed: CaseList, file_name: str, data: bytes, items: Sequence[ImportedRow], run: _Run
) -> CaseImportReport:
    return CaseImportReport(
        source=run.given.source,
        file_name=file_name[:255],
        format=listed.format,
        sha256=hashlib.sha256(data).hexdigest(),
        mapping=dict(listed.mapping),
        columns=listed.columns,
        notes=(*listed.notes, *_notes_of_dates(listed, run.given)),
        items=tuple(items),
        dry_run=run.dry_run,
        applied=run.given.apply_changes,
    )


def _notes_of_dates(listed: CaseList, given: CaseImportInput) -> Iterator[str]:
    """Whether the chosen order of day and month fits the list."""
    column = listed.mapping.get("last_contact", "")
    order = order_of(row.cells.get(column, "") for row in listed.rows)
    against, example, other = (
        (order.day_first, order.day_example, "day")
        if given.month_first
        else (order.month_first, order.month_example, "month")
    )
    if against:
        yield (
            f"{against} of its dates can only be read with the {other} first, “{example}” for "
            "instance: choose that, or the other dates may be taken for wrong days."
        )
    elif order.either and not order.day_first and not order.month_first:
        yield (
            f"No date of the list shows whether day or month comes first: {order.either} can be "
            "read both ways. Make sure that the right order is chosen."
        )


def _record(actor: Actor, report: CaseImportReport) -> None:
    details = {"sha256": report.sha256, "applied": report.applied, **report.counts}
    audit.record(actor, "cases.import", subject=f"list {report.source}", details=details)
