"""The sentences of a report: which time stands beside a place, and what is quoted of it."""

from __future__ import annotations

from app.intake.marks import MarkKind
from app.models.reports import MarkState, Report, ReportMark


def time_for(report: Report, place: ReportMark) -> ReportMark | None:
    """The time that most likely belongs to a place: the nearest in its sentence, else before."""
    times = [
        one
        for one in report.marks
        if one.kind is MarkKind.TIME and one.state is not MarkState.DISMISSED
    ]
    start, end = _sentence(report.content, place.from_char)
    inside = [one for one in times if start <= one.from_char < end]
    before = [one for one in times if one.from_char < place.from_char]
    if inside:
        return min(inside, key=lambda one: abs(one.from_char - place.from_char))
    return before[-1] if before else None


def quote_of(mark: ReportMark) -> str:
    """The sentence that a mark stands in, at most 400 characters of it."""
    start, end = _sentence(mark.report.content, mark.from_char)
    return " ".join(mark.report.content[start:end].split())[:400]


def _sentence(content: str, position: int) -> tuple[int, int]:
    """Where the sentence around a position begins and ends."""
    ends = [". ", "! ", "? ", "\n"]
    start = max(
        (
            content.rfind(one, 0, position) + len(one)
            for one in ends
            if content.rfind(one, 0, position) >= 0
        ),
        default=0,
    )
    found = [at for one in ends if (at := content.find(one, position)) >= 0]
    return start, min(found, default=len(content)) + 1
