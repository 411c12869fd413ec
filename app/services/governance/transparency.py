"""The transparency report: what the installation did, month by month, as numbers without persons.

Nothing in it names a case, a person or a camera, so that it can be published. Restricted cases are
counted like all others.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, func, select

from app.current import settings
from app.extensions import db
from app.models import (
    AuditEntry,
    AuthorisationState,
    Case,
    FaceSearch,
    PersonAuthorisation,
    PersonComparison,
    PersonLookBack,
    PersonSighting,
    Review,
    SearchOccasion,
    Sighting,
    Sweep,
    Verdict,
    Visit,
    VisitState,
)

EXPORTS: Final = (
    "route.export", "brief.export", "evidence.export", "case.export", "poster.export",
    "posts.export",
)  # fmt: skip
THRESHOLDS: Final = ("case.threshold", "model.threshold", "model.age_thresholds")

COLUMNS: Final[Mapping[str, str]] = {
    "cases_opened": "cases opened",
    "searches_asked": "searches of kept faces, asked for",
    "searches_by_photo": "searches of kept faces, by a new photo",
    "sweeps": "sweeps planned",
    "visits": "visits done",
    "cameras": "cameras looked at",
    "hours": "hours of footage looked at",
    "proposed": "faces proposed",
    "confirmed": "verdicts “confirmed”",
    "rejected": "verdicts “rejected”",
    "unsure": "verdicts “unsure”",
    "leads": "faces that became leads: confirmed by as many people as asked",
    "exports": "exports",
    "threshold_changes": "threshold changes",
    "emergency_accesses": "emergency accesses to restricted cases",
    "persons_asked": "persons of interest and extensions asked for",
    "persons_granted": "of these granted, by a second person",
    "persons_refused": "of these refused",
    "persons_compared": "visits that compared faces with persons of interest",
    "persons_looked_back": "times that kept faces of a case's sweeps were compared with one",
    "persons_proposed": "faces proposed for persons of interest",
    "persons_leads": "of these leads: confirmed by two people or more",
}


@dataclass(frozen=True, slots=True)
class Month:
    """One month on the clock of the installation, as "2026-11", and its numbers by column."""

    name: str
    counts: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Report:
    """The months, newest first; and for which kinds of missing persons was searched, in all."""

    months: Sequence[Month]
    searches_by_category: Mapping[str, int]
    timezone: str
    made_at: datetime


def report(now: datetime) -> Report:
    """Count everything anew: what is deleted by retention counts no more, save in the audit log."""
    counted: dict[str, dict[str, float]] = {}
    for column, statement in _statements().items():
        for row in db.session.execute(statement):
            counted.setdefault(row[0], {})[column] = round(float(row[1] or 0), 1)
    months = [
        Month(name, {column: counted[name].get(column, 0) for column in COLUMNS})
        for name in sorted(counted, reverse=True)
    ]
    categories = db.session.execute(
        select(Case.subject_category, func.count())
        .join(FaceSearch, FaceSearch.case_id == Case.id)
        .group_by(Case.subject_category)
        .order_by(func.count().desc(), Case.subject_category)
    )
    by_category = {row[0].value: int(row[1]) for row in categories}
    return Report(months, by_category, settings().default_timezone, now)


def as_csv(made: Report) -> str:
    """The months as CSV: names of columns as in the code, numbers without separators."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(["month", *COLUMNS])
    for month in made.months:
        writer.writerow([month.name, *(f"{month.counts[column]:g}" for column in COLUMNS)])
    return buffer.getvalue()


def _statements() -> dict[str, Select[Any]]:
    """For each column: the months, and the number of each."""
    audited = AuditEntry.at
    looked = func.sum(Visit.seconds_looked_at) / 3600.0
    return {
        "cases_opened": _monthly(Case.created_at, func.count()),
        "searches_asked": _monthly(
            FaceSearch.created_at, func.count(), FaceSearch.occasion == SearchOccasion.REQUEST
        ),
        "searches_by_photo": _monthly(
            FaceSearch.created_at, func.count(), FaceSearch.occasion == SearchOccasion.PHOTO
        ),
        "sweeps": _monthly(Sweep.created_at, func.count()),
        "visits": _monthly(Visit.finished_at, func.count(), Visit.state == VisitState.DONE),
        "cameras": _monthly(
            Visit.finished_at,
            func.count(Visit.camera_id.distinct()),
            Visit.state == VisitState.DONE,
        ),
        "hours": _monthly(Visit.finished_at, looked, Visit.finished_at.is_not(None)),
        "proposed": _monthly(Sighting.created_at, func.count()),
        "leads": _leads(),
        **{
            verdict.value: _monthly(
                Review.created_at,
                func.count(),
                Review.verdict == verdict,
                Review.undone_at.is_(None),
            )
            for verdict in (Verdict.CONFIRMED, Verdict.REJECTED, Verdict.UNSURE)
        },
        "exports": _monthly(audited, func.count(), AuditEntry.action.in_(EXPORTS)),
        "threshold_changes": _monthly(audited, func.count(), AuditEntry.action.in_(THRESHOLDS)),
        "emergency_accesses": _monthly(
            audited, func.count(), AuditEntry.action == "case.emergency_access"
        ),
        **_of_persons(),
    }


def _of_persons() -> dict[str, Select[Any]]:
    """Persons of interest: how many were asked for, by how much was compared, what came of it."""
    asked, seen = PersonAuthorisation, PersonSighting
    refused = asked.state == AuthorisationState.REFUSED
    visits = func.count(PersonComparison.visit_id.distinct())
    return {
        "persons_asked": _monthly(asked.requested_at, func.count()),
        "persons_granted": _monthly(asked.decided_at, func.count(), ~refused),
        "persons_refused": _monthly(asked.decided_at, func.count(), refused),
        "persons_compared": _monthly(PersonComparison.first_at, visits),
        "persons_looked_back": _monthly(PersonLookBack.asked_at, func.count()),
        "persons_proposed": _monthly(seen.created_at, func.count()),
        "persons_leads": _monthly(seen.created_at, func.count(), seen.is_lead.is_(True)),
    }


def _leads() -> Select[Any]:
    """What is a lead, in the month of the last confirmation that made it one."""
    settled = (
        select(func.max(Review.created_at).label("at"))
        .join(Sighting, Sighting.id == Review.sighting_id)
        .where(Sighting.is_lead, Review.verdict == Verdict.CONFIRMED, Review.undone_at.is_(None))
        .group_by(Review.sighting_id)
        .subquery()
    )
    return _monthly(settled.c.at, func.count())


def _monthly(at: Any, number: Any, *conditions: ColumnElement[bool]) -> Select[Any]:
    zone = ZoneInfo(settings().default_timezone).key
    month = func.to_char(func.timezone(zone, at), "YYYY-MM").label("month")
    return select(month, number).where(month.is_not(None), *conditions).group_by(month)
