"""Reports and their marks, as they go out."""

from __future__ import annotations

from datetime import date

from app.models.reports import Report, ReportMark
from app.outputs.base import Output, UtcInstant, local_text
from app.services.contributing.reports import MarkCounts


class ReportMarkOut(Output):
    """Words of a report (`from_char` to `to_char` of its content) and what they seem to say."""

    id: int
    kind: str
    field: str
    from_char: int
    to_char: int
    words: str
    value: str
    day: date | None
    at: UtcInstant | None
    at_local: str | None
    latitude_deg: float | None
    longitude_deg: float | None
    uncertainty_m: float | None
    exact: bool
    state: str
    decided_by: str | None
    decided_at: UtcInstant | None
    location_id: int | None

    @classmethod
    def of(cls, row: ReportMark, timezone: str) -> ReportMarkOut:
        """A mark, with its time also on the clocks of the case."""
        return cls(
            id=row.id,
            kind=row.kind.value,
            field=row.field,
            from_char=row.from_char,
            to_char=row.to_char,
            words=row.words,
            value=row.value,
            day=row.day,
            at=row.at,
            at_local=local_text(row.at, timezone) if row.at else None,
            latitude_deg=row.latitude_deg,
            longitude_deg=row.longitude_deg,
            uncertainty_m=row.uncertainty_m,
            exact=row.exact,
            state=row.state.value,
            decided_by=row.decided_by.name if row.decided_by else None,
            decided_at=row.decided_at,
            location_id=row.location_id,
        )


class ReportOut(Output):
    """A report without its text."""

    id: int
    kind: str
    title: str
    written_at: UtcInstant
    written_at_local: str
    region: str
    file_name: str
    sha256: str
    marks_proposed: int
    marks_accepted: int
    marks_dismissed: int

    @classmethod
    def of(cls, row: Report, counts: MarkCounts, timezone: str) -> ReportOut:
        """A report with how many of its marks are open and decided."""
        return cls(
            id=row.id,
            kind=row.kind.value,
            title=row.title,
            written_at=row.written_at,
            written_at_local=local_text(row.written_at, timezone),
            region=row.region,
            file_name=row.file_name,
            sha256=row.sha256,
            marks_proposed=counts.proposed,
            marks_accepted=counts.accepted,
            marks_dismissed=counts.dismissed,
        )


class WholeReportOut(Output):
    """A report with its text and marks, in the order in which they stand in it."""

    report: ReportOut
    content: str
    marks: list[ReportMarkOut]

    @classmethod
    def of(cls, row: Report, timezone: str) -> WholeReportOut:
        """Everything of a report whose marks are loaded."""
        states = [mark.state.value for mark in row.marks]
        counts = MarkCounts(
            states.count("proposed"), states.count("accepted"), states.count("dismissed")
        )
        return cls(
            report=ReportOut.of(row, counts, timezone),
            content=row.content,
            marks=[ReportMarkOut.of(mark, timezone) for mark in row.marks],
        )
