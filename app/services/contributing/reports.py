"""Reports: texts about a case, the marks found in them, and what a person takes from them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from app.errors import Conflict, NotFound, Refused
from app.extensions import db
from app.inputs.reports import MarkDecision, MarkInput, ReportInput
from app.intake.documents import text_of_file, tidy
from app.intake.marks import Mark, MarkKind, PlaceMark, Span, TimeMark, WordMark
from app.intake.places import unknown_places
from app.intake.reading import read_marks
from app.models import Case, LastKnownLocationRow
from app.models.cases import LocationSource, Reliability
from app.models.columns import utc_now
from app.models.reports import MarkState, Report, ReportKind, ReportMark
from app.services.base import audit, live
from app.services.base.actors import Actor
from app.services.base.few_at_once import few_at_once
from app.services.base.pages import Page, paginate
from app.services.contributing.report_sentences import quote_of
from app.services.places import locations
from app.services.places.known_places import AROUND_M, places_around
from app.services.places.locations import GeocodedPlace
from geo.distance import haversine_m
from geo.points import Point

MOST_MARKS = 1_000
LONGEST_VALUE = 300
READ_AT_ONCE = 2
"""Files that one process of the product has read at a time; each may take 1 GiB for 20 seconds."""
MOST_GEOCODED = 5
"""Names of one report that are asked for at a time: each may take the geocoder seconds."""

GEOCODED_UNCERTAINTY_M = 500.0
_SOURCES = {
    ReportKind.FIR: LocationSource.POLICE,
    ReportKind.STATEMENT: LocationSource.WITNESS,
    ReportKind.MESSAGE: LocationSource.OTHER,
}
_BELIEVED = {
    ReportKind.FIR: Reliability.LIKELY,
    ReportKind.STATEMENT: Reliability.LIKELY,
    ReportKind.MESSAGE: Reliability.DOUBTFUL,
}


@dataclass(frozen=True)
class MarkCounts:
    """How many marks of a report are still to be looked at, accepted and dismissed."""

    proposed: int = 0
    accepted: int = 0
    dismissed: int = 0


def add_report(
    actor: Actor,
    case: Case,
    given: ReportInput,
    *,
    text: str = "",
    data: bytes = b"",
    name: str = "",
) -> Report:
    """Keep a report, pasted as `text` or as a file's `data`, with all marks found in it.

    It is read before anything is locked: a long one takes seconds, and others work on the case.
    Raises Refused and TooLarge for what cannot be read, Conflict for one the case has already,
    Unavailable while many are being read.
    """
    if bool(text.strip()) == bool(data):
        raise Refused("Paste the text, or choose a file.", {"report": "give one of the two"})
    content = _text_of(data) if data else tidy(text)
    digest = hashlib.sha256(data or text.encode()).hexdigest()
    _refuse_twice(case, digest, content)
    written_local = given.written_at.astimezone(ZoneInfo(case.timezone))
    marks = read_marks(content, written_local, given.region, places_around(case))
    _lock(case)
    _refuse_twice(case, digest, content)
    report = Report(
        case_id=case.id,
        kind=given.kind,
        title=given.title or _first_words(content),
        written_at=given.written_at,
        region=given.region,
        content=content,
        file_name=PurePath(name.replace("\\", "/")).name[:255],
        sha256=digest,
        added_by_id=actor.user_id,
    )
    report.marks = [_row(n, mark) for n, mark in enumerate(marks[:MOST_MARKS])]
    db.session.add(report)
    db.session.flush()
    details = {"sha256": digest, "kind": given.kind.value, "marks": len(report.marks)}
    audit.record(actor, "report.add", case=case, subject=f"report {report.id}", details=details)
    db.session.commit()
    return report


def list_reports(case: Case, page: int, per_page: int = 20) -> Page[Report]:
    """The case's reports, the newest first."""
    return paginate(
        select(Report)
        .options(joinedload(Report.added_by))
        .where(Report.case_id == case.id, Report.removed_at.is_(None))
        .order_by(Report.written_at.desc(), Report.id.desc()),
        page,
        per_page,
    )


def counts_of(reports: Sequence[Report]) -> dict[int, MarkCounts]:
    """Counts of marks by report, in one query."""
    rows = db.session.execute(
        select(ReportMark.report_id, ReportMark.state, func.count())
        .where(ReportMark.report_id.in_([one.id for one in reports]))
        .group_by(ReportMark.report_id, ReportMark.state)
    )
    counted: dict[int, dict[str, int]] = {one.id: {} for one in reports}
    for report_id, state, count in rows:
        counted[report_id][state.value] = count
    return {report_id: MarkCounts(**counts) for report_id, counts in counted.items()}


def find_report(case: Case, report_id: int) -> Report:
    """A report of this case with its marks. Raises NotFound."""
    report = db.session.scalar(
        select(Report)
        .options(selectinload(Report.marks).joinedload(ReportMark.decided_by))
        .where(Report.id == report_id, Report.case_id == case.id)
    )
    if report is None or report.removed_at is not None:
        raise NotFound(f"Case {case.number} has no such report.")
    return report


def facts_of(case: Case) -> Sequence[ReportMark]:
    """What was accepted from all reports of the case, by kind and then by age of the report."""
    return db.session.scalars(
        select(ReportMark)
        .join(ReportMark.report)
        .options(joinedload(ReportMark.report), joinedload(ReportMark.decided_by))
        .where(
            Report.case_id == case.id,
            Report.removed_at.is_(None),
            ReportMark.state == MarkState.ACCEPTED,
        )
        .order_by(ReportMark.kind, ReportMark.field, Report.written_at, ReportMark.ordinal)
    ).all()


def decide(actor: Actor, case: Case, report_id: int, mark_id: int, given: MarkInput) -> ReportMark:
    """Accept or dismiss a mark, or take that back. An accepted place is a last-known location."""
    _lock(case)
    mark = _mark(find_report(case, report_id), mark_id)
    state = {
        MarkDecision.ACCEPT: MarkState.ACCEPTED,
        MarkDecision.DISMISS: MarkState.DISMISSED,
        MarkDecision.UNDO: MarkState.PROPOSED,
    }[given.decision]
    if mark.state is state:
        return mark
    if mark.kind is MarkKind.PLACE:
        _place_follows(actor, case, mark, given, accepted=state is MarkState.ACCEPTED)
    mark.state = state
    mark.decided_by_id = actor.user_id if state is not MarkState.PROPOSED else None
    mark.decided_at = utc_now() if state is not MarkState.PROPOSED else None
    details = {"kind": mark.kind.value, "value": mark.value, "report": report_id}
    audit.record(
        actor, f"mark.{given.decision.value}", case=case, subject=f"mark {mark.id}", details=details
    )
    db.session.commit()
    return mark


def names_to_geocode(report: Report) -> Sequence[Span]:
    """Names in a report that the imported places do not know, as far as they would be asked for."""
    taken = [Span(one.from_char, one.to_char, "") for one in report.marks]
    found: dict[str, Span] = {}
    for span in unknown_places(report.content, taken):
        found.setdefault(span.words.lower(), span)
    return list(found.values())[:MOST_GEOCODED]


def geocode_names(actor: Actor, case: Case, report_id: int) -> int:
    """Ask the configured geocoder for the names that no imported place has; how many it knew.

    The names go to the geocoder's operator, which the audit log records. Answers far from the
    case's last-known locations are left out. Raises Unavailable without a geocoder.
    """
    report = find_report(case, report_id)
    names = names_to_geocode(report)
    near = [Point(row.latitude_deg, row.longitude_deg) for row in locations.list_locations(case)]
    found = [(span, place) for span in names if (place := _geocoded(span.words, near))]
    _lock(case)
    db.session.refresh(report, ["marks"])
    # Somebody else may have asked meanwhile.
    marked = [Span(one.from_char, one.to_char, "") for one in report.marks]
    found = [(span, place) for span, place in found if not any(map(span.overlaps, marked))]
    ordinal = 1 + max((one.ordinal for one in report.marks), default=-1)
    for number, (span, place) in enumerate(found):
        report.marks.append(_row(ordinal + number, _geocoded_mark(span, place)))
    details = {"names": [span.words for span in names], "known": len(found)}
    audit.record(actor, "report.geocode", case=case, subject=f"report {report.id}", details=details)
    db.session.commit()
    return len(found)


def remove_report(actor: Actor, case: Case, report_id: int) -> Report:
    """Take a report away with the locations that came of it; it stays on record."""
    report = find_report(case, report_id)
    report.removed_at = utc_now()
    _set_locations(case, report, active=False)
    audit.record(actor, "report.remove", case=case, subject=f"report {report.id}")
    db.session.commit()
    return report


def restore_report(actor: Actor, case: Case, report_id: int) -> Report:
    """Undo a removal."""
    report = db.session.get(Report, report_id)
    if report is None or report.case_id != case.id:
        raise NotFound(f"Case {case.number} has no such report.")
    if report.removed_at is not None:
        _lock(case)
        _refuse_twice(case, report.sha256, report.content)
        report.removed_at = None
        _set_locations(case, report, active=True)
        audit.record(actor, "report.restore", case=case, subject=f"report {report.id}")
        db.session.commit()
    return report


# ------------------------------------------------------------------------------------------- parts


def _row(ordinal: int, mark: Mark) -> ReportMark:
    row = ReportMark(
        ordinal=ordinal,
        kind=mark.kind,
        from_char=mark.span.start,
        to_char=mark.span.end,
        value=mark.value[:LONGEST_VALUE],
    )
    match mark:
        case TimeMark():
            row.day, row.at = mark.day, mark.at
        case PlaceMark():
            row.latitude_deg, row.longitude_deg = mark.latitude_deg, mark.longitude_deg
            row.uncertainty_m, row.exact = mark.uncertainty_m, mark.exact
        case WordMark():
            row.field = mark.field
    return row


def _geocoded(name: str, near: Sequence[Point]) -> GeocodedPlace | None:
    """The first answer that lies near the case; just the first where the case has no place."""
    for place in locations.geocode(name):
        point = Point(place.latitude_deg, place.longitude_deg)
        if not near or any(haversine_m(point, one) <= AROUND_M for one in near):
            return place
    return None


def _geocoded_mark(span: Span, place: GeocodedPlace) -> PlaceMark:
    return PlaceMark(
        span,
        place.label,
        place.latitude_deg,
        place.longitude_deg,
        GEOCODED_UNCERTAINTY_M,
        exact=False,
    )


def _place_follows(
    actor: Actor, case: Case, mark: ReportMark, given: MarkInput, *, accepted: bool
) -> None:
    """Make the place a last-known location, bring it back, or take it out of the ranking."""
    if accepted:
        seen_at = _time_of(mark, given)
        location = mark.location or _new_location(actor, case, mark)
        location.seen_at = seen_at
        location.reliability = given.reliability or _BELIEVED[mark.report.kind]
        location.active = True
        db.session.add(location)
        db.session.flush()
        mark.location_id = location.id
    elif mark.location is not None:
        mark.location.active = False
    else:
        return
    live.publish(case.id, "location", {"location_id": mark.location_id})
    live.publish(case.id, "ranking", {"reason": "The last-known locations changed."})


def _new_location(actor: Actor, case: Case, mark: ReportMark) -> LastKnownLocationRow:
    return LastKnownLocationRow(
        case_id=case.id,
        latitude_deg=mark.latitude_deg,
        longitude_deg=mark.longitude_deg,
        uncertainty_m=mark.uncertainty_m,
        label=mark.value[:200],
        source=_SOURCES[mark.report.kind],
        remarks=f"{mark.report.kind.value} “{mark.report.title}”: “{quote_of(mark)}”",
        created_by_id=actor.user_id,
    )


def _time_of(place: ReportMark, given: MarkInput) -> datetime | None:
    if given.time_mark_id is None:
        return None
    chosen = _mark(place.report, given.time_mark_id)
    if chosen.at is None:
        raise Refused(
            "Only the day of that time is known: accept the place without it, and enter the time "
            "under Locations.",
            {"time_mark_id": "has no clock time"},
        )
    return chosen.at


def _mark(report: Report, mark_id: int) -> ReportMark:
    found = next((one for one in report.marks if one.id == mark_id), None)
    if found is None:
        raise NotFound("This report has no such mark.")
    return found


def _text_of(data: bytes) -> str:
    # No connection is held while another process reads, which a hostile file makes slow.
    db.session.commit()
    with few_at_once("documents", READ_AT_ONCE):
        return text_of_file(data)


def _first_words(content: str) -> str:
    words = content.split()
    return (" ".join(words[:8]) + (" …" if len(words) > 8 else ""))[:200]


def _set_locations(case: Case, report: Report, *, active: bool) -> None:
    rows = [
        one.location
        for one in report.marks
        if one.location is not None and one.state is MarkState.ACCEPTED
    ]
    for row in rows:
        row.active = active
    if rows:
        live.publish(case.id, "ranking", {"reason": "The last-known locations changed."})


def _lock(case: Case) -> None:
    """Hold the case's row: two people cannot accept one place, or add one report, at once."""
    db.session.execute(select(Case.id).where(Case.id == case.id).with_for_update())


def _refuse_twice(case: Case, digest: str, content: str) -> None:
    """The same file, or the same words: pasted first, then handed in as the file they are from."""
    is_same = or_(Report.sha256 == digest, Report.content == content)
    present = db.session.scalar(
        select(Report)
        .where(Report.case_id == case.id, is_same, Report.removed_at.is_(None))
        .limit(1)
    )
    if present is not None:
        raise Conflict(f"This report is here already, as “{present.title}”.")
