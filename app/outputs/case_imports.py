"""Outputs for imports of case lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from app.outputs.base import Output


class FieldChangeOut(Output):
    """What the list says otherwise than before; `kept_here`: changed in the case, so it stays."""

    field: str
    label: str
    before: str
    now: str
    kept_here: bool


class ImportedRowOut(Output):
    """What becomes of one row: added, changed, unchanged, or refused with the reason."""

    row_number: int
    number: str
    name: str
    outcome: str
    reason: str
    place: str
    warnings: list[str]
    changes: list[FieldChangeOut]


class ReportLike(Protocol):
    """What `services.exchange.case_imports.import_cases` answers."""

    @property
    def source(self) -> str: ...
    @property
    def file_name(self) -> str: ...
    @property
    def format(self) -> str: ...
    @property
    def sha256(self) -> str: ...
    @property
    def mapping(self) -> Mapping[str, str]: ...
    @property
    def columns(self) -> Sequence[str]: ...
    @property
    def notes(self) -> Sequence[str]: ...
    @property
    def items(self) -> Sequence[object]: ...
    @property
    def counts(self) -> Mapping[str, int]: ...
    @property
    def dry_run(self) -> bool: ...
    @property
    def applied(self) -> bool: ...


class CaseImportOut(Output):
    """What an import did, or, with `dry_run`, would do. `mapping` is field → column.

    Changed rows are taken over only where `applied`. `notes` are about the list as a whole.
    """

    source: str
    file_name: str
    format: str
    sha256: str
    mapping: dict[str, str]
    columns: list[str]
    notes: list[str]
    added: int
    changed: int
    unchanged: int
    refused: int
    items: list[ImportedRowOut]
    dry_run: bool
    applied: bool

    @classmethod
    def of(cls, report: ReportLike) -> CaseImportOut:
        """From a report."""
        return cls(
            source=report.source,
            file_name=report.file_name,
            format=report.format,
            sha256=report.sha256,
            mapping=dict(report.mapping),
            notes=list(report.notes),
            columns=list(report.columns),
            items=[ImportedRowOut.model_validate(one) for one in report.items],
            dry_run=report.dry_run,
            applied=report.applied,
            **report.counts,
        )
