"""Traces: files of positions as last-known locations of their own source, taken back as a whole."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm import joinedload

from app.errors import Conflict, NotFound, Refused, TooLarge
from app.extensions import db
from app.inputs.traces import TraceInput
from app.models import Case, LastKnownLocationRow, Trace
from app.models.columns import utc_now
from app.services.base import audit, live
from app.services.base.actors import Actor
from app.services.places.gazetteer import place_finder
from cameras.registry.tables import decode_text
from geo import formats
from geo.formats import TracePoint, TraceProblem

MAX_TRACE_BYTES = 8 * 1024 * 1024
MAX_LOCATIONS = 500
"""More last-known locations than this of one file would hide all others, and slow the ranking."""
PREVIEWED = 200
LONGEST_LABEL = 200


@dataclass(frozen=True)
class TraceReport:
    """What an import of positions did, or, with `dry_run`, would do.

    `found` positions could be read, `joined` of them were joined to a near one, `added` became
    last-known locations; `points` are the first of these.
    """

    trace_id: int | None
    label: str
    file_name: str
    format: str
    rows: int
    found: int
    joined: int
    added: int
    refused: int
    first_at: datetime | None
    last_at: datetime | None
    points: tuple[TracePoint, ...]
    problems: tuple[TraceProblem, ...]
    dry_run: bool


def import_trace(
    actor: Actor,
    case: Case,
    data: bytes,
    file_name: str,
    given: TraceInput,
    *,
    dry_run: bool = False,
) -> TraceReport:
    """Read a CSV or GPX file and make its positions last-known locations of the case.

    Raises TooLarge, Refused for a file without any position (or with far too many), Conflict for
    one that the case holds already, and GeoError for a file that is no trace.
    """
    read = _read(case, data)
    kept = formats.thinned(read.points, within_m=given.thin_within_m)
    _check_amount(read, kept)
    label = given.label or PurePath(file_name).stem[:100] or "trace"
    digest = hashlib.sha256(data).hexdigest()
    _refuse_twice(case, digest)
    trace_id = None
    if not dry_run:
        trace = Trace(
            case_id=case.id,
            label=label,
            source=given.source,
            reliability=given.reliability,
            format=read.format,
            file_name=PurePath(file_name).name[:255],
            file_sha256=digest,
            rows=read.rows,
            refused=len(read.problems),
            added=len(kept),
            thinned_within_m=given.thin_within_m,
            remarks=given.remarks,
            imported_by_id=actor.user_id,
        )
        trace_id = _save(actor, case, trace, kept, given)
    return TraceReport(
        trace_id=trace_id,
        label=label,
        file_name=file_name,
        format=read.format,
        rows=read.rows,
        found=len(read.points),
        joined=len(read.points) - len(kept),
        added=len(kept),
        refused=len(read.problems),
        first_at=kept[0].at if kept else None,
        last_at=kept[-1].at if kept else None,
        points=kept[:PREVIEWED],
        problems=read.problems,
        dry_run=dry_run,
    )


def list_traces(case: Case) -> Sequence[Trace]:
    """The case's imports, the newest first; those that were taken back too."""
    return db.session.scalars(
        select(Trace)
        .options(joinedload(Trace.imported_by))
        .where(Trace.case_id == case.id)
        .order_by(Trace.id.desc())
    ).all()


def take_back(actor: Actor, case: Case, trace_id: int) -> Trace:
    """Undo an import: all of its locations become inactive, and stay on record."""
    trace = _find(case, trace_id)
    if trace.taken_back_at is None:
        trace.taken_back_at = utc_now()
        _set_active(trace, active=False)
        _announce(actor, "trace.take_back", case, trace)
        db.session.commit()
    return trace


def restore(actor: Actor, case: Case, trace_id: int) -> Trace:
    """Bring back an import that was taken back, with all of its locations."""
    trace = _find(case, trace_id)
    if trace.taken_back_at is not None:
        _refuse_twice(case, trace.file_sha256)
        trace.taken_back_at = None
        _set_active(trace, active=True)
        _announce(actor, "trace.restore", case, trace)
        db.session.commit()
    return trace


def _read(case: Case, data: bytes) -> formats.Trace:
    if len(data) > MAX_TRACE_BYTES:
        raise TooLarge(
            f"A file of positions may have up to {MAX_TRACE_BYTES // 2**20} MiB: divide it."
        )
    zone, now = ZoneInfo(case.timezone), utc_now()
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return formats.read_gpx_trace(data, zone=zone, now=now)
    text, _ = decode_text(data)
    return formats.read_csv_trace(text, zone=zone, now=now, find_place=place_finder())


def _check_amount(read: formats.Trace, kept: Sequence[TracePoint]) -> None:
    if not kept:
        first = read.problems[0].reason if read.problems else "it has no rows"
        raise Refused(
            f"No position of this file could be read: {first}", {"trace": "holds no position"}
        )
    if len(kept) > MAX_LOCATIONS:
        raise Refused(
            f"{len(kept):,} places would be left of this file, and at most {MAX_LOCATIONS} are "
            "taken: join positions over a longer distance, or import a part of the file.",
            {"thin_within_m": "leaves too many places"},
        )


def _refuse_twice(case: Case, digest: str) -> None:
    # The case's row is held until the commit, so that the same file cannot come in twice at once.
    db.session.execute(select(Case.id).where(Case.id == case.id).with_for_update())
    present = db.session.scalar(
        select(Trace).where(
            Trace.case_id == case.id,
            Trace.file_sha256 == digest,
            Trace.taken_back_at.is_(None),
        )
    )
    if present is not None:
        raise Conflict(
            f"This file was imported already, as “{present.label}” on "
            f"{present.imported_at:%Y-%m-%d}; take that import back before you import it anew."
        )


def _save(
    actor: Actor, case: Case, trace: Trace, kept: Sequence[TracePoint], given: TraceInput
) -> int:
    db.session.add(trace)
    db.session.flush()
    db.session.add_all(_location(actor, trace, point, given) for point in kept)
    db.session.flush()
    _announce(actor, "trace.import", case, trace)
    trace_id = trace.id
    db.session.commit()
    return trace_id


def _location(
    actor: Actor, trace: Trace, point: TracePoint, given: TraceInput
) -> LastKnownLocationRow:
    label = f"{trace.label}: {point.label}" if point.label else trace.label
    return LastKnownLocationRow(
        case_id=trace.case_id,
        latitude_deg=point.position.latitude_deg,
        longitude_deg=point.position.longitude_deg,
        seen_at=point.at,
        uncertainty_m=given.uncertainty_m if point.uncertainty_m is None else point.uncertainty_m,
        label=label[:LONGEST_LABEL],
        source=given.source,
        reliability=given.reliability,
        remarks=f"row {point.row_number} of {trace.file_name}. {point.remarks}".strip(),
        trace_id=trace.id,
        created_by_id=actor.user_id,
    )


def _find(case: Case, trace_id: int) -> Trace:
    trace = db.session.get(Trace, trace_id, with_for_update={"of": Trace})
    if trace is None or trace.case_id != case.id:
        raise NotFound(f"Case {case.number} has no such import.")
    return trace


def _set_active(trace: Trace, *, active: bool) -> None:
    db.session.execute(
        update(LastKnownLocationRow)
        .where(LastKnownLocationRow.trace_id == trace.id)
        .values(active=active)
    )


def _announce(actor: Actor, action: str, case: Case, trace: Trace) -> None:
    details = {
        "label": trace.label,
        "file_name": trace.file_name,
        "sha256": trace.file_sha256,
        "rows": trace.rows,
        "refused": trace.refused,
        "locations": trace.added,
    }
    audit.record(actor, action, case=case, subject=f"trace {trace.id}", details=details)
    live.publish(case.id, "location", {"trace_id": trace.id})
    live.publish(case.id, "ranking", {"reason": "The last-known locations changed."})
