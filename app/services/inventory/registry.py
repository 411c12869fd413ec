"""Importing camera registries: reading is `cameras.registry`, keeping is here."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case as sql_case
from sqlalchemy import null, select
from sqlalchemy.dialects.postgresql import insert

from app.current import settings
from app.errors import Refused, TooLarge
from app.extensions import db
from app.models import CameraRow, RegistrySource
from app.models.columns import utc_now
from app.outputs import ImportReportOut, RegistryProblemOut
from app.services.base import audit
from app.services.base.actors import Actor
from app.services.inventory.camera_values import columns_of
from app.services.inventory.cameras import known_positions
from cameras.camera import Camera
from cameras.registry import ColumnMapping, RegistryReading, read_registry

BATCH_ROWS = 1000
_COMPARED = (
    "name",
    "latitude_deg",
    "longitude_deg",
    "headings_deg",
    "field_of_view_deg",
    "range_m",
    "kind",
    "status",
    "owner",
    "owner_contact",
    "is_indoor",
    "retention_hours",
    "clock_offset_s",
    "clock_uncertainty_s",
    "stream_address",
    "remarks",
)


_STATED = {
    name: sql_case(
        (CameraRow.clock_checked_at.is_not(None), getattr(CameraRow, f"stated_{name}")),
        else_=getattr(CameraRow, name),
    ).label(name)
    for name in ("clock_offset_s", "clock_uncertainty_s")
}
"""What the registry said of a clock, whether or not somebody has compared it since."""


@dataclass(frozen=True)
class _Outcome:
    added: int = 0
    changed: int = 0
    unchanged: int = 0


def import_cameras(
    actor: Actor,
    data: bytes,
    file_name: str,
    source: str,
    *,
    mapping: dict[str, str] | None = None,
    accept_rows: frozenset[int] = frozenset(),
    swap_axes: bool = False,
    dry_run: bool = False,
) -> ImportReportOut:
    """Import cameras of one source. Importing the same file twice changes nothing.

    `mapping` (field → column) is remembered for the source; without one, the remembered one is
    used. `accept_rows` are taken although their position looks wrong.

    Raises UnreadableRegistry, TooLarge.
    """
    started = time.monotonic()
    if len(data) > settings().max_registry_bytes:
        raise TooLarge(
            f"The file is larger than {settings().max_registry_bytes // 2**20} MB: split it."
        )
    source = source.strip()
    if not source or len(source) > 120:
        raise Refused("Name the source of these cameras.", {"source": "missing or too long"})
    remembered = db.session.scalar(select(RegistrySource).where(RegistrySource.name == source))
    reading = read_registry(
        data,
        file_name,
        source=source,
        mapping=_mapping(mapping, remembered),
        accept_rows=accept_rows,
        swap_axes=swap_axes,
        known_positions=known_positions(),
    )
    outcome = _compare_or_keep(reading.cameras, dry_run=dry_run)
    if not dry_run:
        _remember(remembered, source, data, file_name, mapping, reading)
        audit.record(
            actor,
            "registry.import",
            subject=source,
            details={
                "sha256": hashlib.sha256(data).hexdigest(),
                "added": outcome.added,
                "changed": outcome.changed,
                "refused": len(reading.refused),
            },
        )
        db.session.commit()
    return _report(reading, outcome, source, file_name, dry_run, time.monotonic() - started)


def _mapping(
    given: dict[str, str] | None, remembered: RegistrySource | None
) -> ColumnMapping | None:
    columns = given or (remembered.column_mapping if remembered else None)
    return ColumnMapping(columns) if columns else None


def _compare_or_keep(cameras: Sequence[Camera], *, dry_run: bool) -> _Outcome:
    added = changed = unchanged = 0
    for start in range(0, len(cameras), BATCH_ROWS):
        rows = [columns_of(camera) for camera in cameras[start : start + BATCH_ROWS]]
        known = _known(rows)
        new = [row for row in rows if row["ref"] not in known]
        different = [
            row for row in rows if row["ref"] in known and not _same(row, known[row["ref"]])
        ]
        if not dry_run and (new or different):
            _upsert(new + different)
        added, changed = added + len(new), changed + len(different)
        unchanged += len(rows) - len(new) - len(different)
    return _Outcome(added, changed, unchanged)


def _known(rows: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    columns = [
        _STATED.get(name, getattr(CameraRow, name)) for name in ("ref", "deleted_at", *_COMPARED)
    ]
    found = db.session.execute(
        select(*columns).where(
            CameraRow.source == rows[0]["source"], CameraRow.ref.in_([row["ref"] for row in rows])
        )
    )
    return {row.ref: dict(row._mapping) for row in found}


def _same(row: dict[str, Any], known: dict[str, Any]) -> bool:
    return all(row[name] == known[name] for name in _COMPARED)


def _upsert(rows: Sequence[dict[str, Any]]) -> None:
    now = utc_now()
    statement = insert(CameraRow).values(
        [{**row, "created_at": now, "updated_at": now} for row in rows]
    )
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["source", "ref"],
            set_={name: statement.excluded[name] for name in (*_COMPARED, "updated_at")}
            | _clock_values(statement.excluded),
        )
    )


def _clock_values(given: Any) -> dict[str, Any]:
    """A clock that somebody compared stays as compared; what the registry states is kept beside."""
    is_compared = CameraRow.clock_checked_at.is_not(None)
    values: dict[str, Any] = {}
    for name in _STATED:
        values[name] = sql_case((is_compared, getattr(CameraRow, name)), else_=given[name])
        values[f"stated_{name}"] = sql_case((is_compared, given[name]), else_=null())
    return values


def _remember(
    remembered: RegistrySource | None,
    source: str,
    data: bytes,
    file_name: str,
    mapping: dict[str, str] | None,
    reading: RegistryReading,
) -> None:
    row = remembered or RegistrySource(name=source, column_mapping={})
    if mapping:
        row.column_mapping = dict(reading.mapping.columns)
    row.file_name = file_name[:255]
    row.file_sha256 = hashlib.sha256(data).hexdigest()
    row.imported_at = utc_now()
    db.session.add(row)


def _report(
    reading: RegistryReading,
    outcome: _Outcome,
    source: str,
    file_name: str,
    dry_run: bool,
    seconds: float,
) -> ImportReportOut:
    problems = [
        RegistryProblemOut(
            row_number=one.row_number,
            severity=one.severity.value,
            reason=one.reason,
            value=one.snippet,
        )
        for one in reading.problems
    ]
    return ImportReportOut(
        source=source,
        file_name=file_name,
        format=reading.format,
        rows=reading.row_count,
        added=outcome.added,
        changed=outcome.changed,
        unchanged=outcome.unchanged,
        inactive=sum(not camera.status.is_ranked for camera in reading.cameras),
        refused=len(reading.refused),
        warnings=sum(problem.severity == "warning" for problem in problems),
        mapping=dict(reading.mapping.columns),
        columns=list(reading.columns),
        problems=problems,
        dry_run=dry_run,
        seconds=round(seconds, 3),
    )
