"""What a list's entry means for a case: its columns, its place, and what changed since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from app.intake.case_entries import CaseEntry
from app.models import Case, LastKnownLocationRow
from app.models.cases import LocationSource, Reliability, SubjectCategory
from app.services.places import gazetteer
from geo.points import Point

CITY_UNCERTAINTY_M: Final = 10_000.0
"""A city's name says no more than that it was somewhere in it."""
COUNTY_UNCERTAINTY_M: Final = 50_000.0
NO_POSITION: Final = "no position"
_LONGEST_REMARKS: Final = 4000

LABELS: Final[Mapping[str, str]] = {
    "name": "Name",
    "aliases": "Aliases",
    "age_years": "Age",
    "age_text": "Age as listed",
    "category": "Category",
    "sex": "Sex",
    "race": "Race or ethnicity as listed",
    "last_contact": "Date of last contact",
    "city": "City",
    "county": "County",
    "state": "State",
    "clothing": "Clothing",
    "remarks": "Remarks",
}


@dataclass(frozen=True)
class FieldChange:
    """One fact that the list says otherwise than before.

    `kept_here`: somebody has changed in the case what it would change, so the case stays as it is.
    """

    field: str
    label: str
    before: str
    now: str
    values: Mapping[str, Any]
    kept_here: bool


@dataclass(frozen=True, eq=False)
class PlaceGuess:
    """Where an entry's city or county lies; `location` is None where nothing says it."""

    sentence: str
    location: LastKnownLocationRow | None


class PlaceGuesser:
    """Looks each name up once. Only towns count: a station of a city's name is no city."""

    def __init__(self) -> None:
        self._found: dict[str, Point | None] = {}

    def guess(self, entry: CaseEntry) -> PlaceGuess:
        """The place of last contact as a last-known location, with a large uncertainty."""
        if not entry.place:
            return PlaceGuess(NO_POSITION, None)
        for name, uncertainty_m in (
            (entry.city, CITY_UNCERTAINTY_M),
            (entry.county, COUNTY_UNCERTAINTY_M),
        ):
            point = self._find(name)
            if point is not None:
                sentence = f"{name}, ± {uncertainty_m / 1000:.0f} km"
                return PlaceGuess(sentence, _location(entry, point, uncertainty_m))
        return PlaceGuess(f"{entry.place}: {NO_POSITION}", None)

    def _find(self, name: str) -> Point | None:
        key = name.strip().lower()
        if key and key not in self._found:
            self._found[key] = gazetteer.find_town(key)
        return self._found.get(key)


def values_of(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The case's columns that an entry's facts give."""
    lines = [
        ("Also known as", facts["aliases"]),
        ("Sex", facts["sex"]),
        ("Race or ethnicity as listed", facts["race"]),
        ("Age as listed", facts["age_text"]),
        ("Date of last contact", facts["last_contact"]),
        (
            "Place of last contact",
            ", ".join(part for part in (facts["city"], facts["county"], facts["state"]) if part),
        ),
    ]
    known = "\n".join(f"{label}: {value}" for label, value in lines if value)
    remarks = "\n\n".join(part for part in (known, facts["remarks"]) if part)
    return {
        "subject_name": facts["name"],
        "subject_age_years": facts["age_years"],
        "subject_category": SubjectCategory(facts["category"]),
        "subject_clothing": facts["clothing"],
        "subject_remarks": remarks[:_LONGEST_REMARKS],
    }


def changes_of(case: Case, before: Mapping[str, Any], entry: CaseEntry) -> tuple[FieldChange, ...]:
    """What the list says otherwise than when it was last taken over."""
    now = entry.facts()
    old_values, new_values = values_of(before), values_of(now)
    changes = []
    for field, label in LABELS.items():
        if before.get(field) == now[field]:
            continue
        columns = _columns_of(field)
        is_ours = any(getattr(case, name) != old_values[name] for name in columns)
        changes.append(
            FieldChange(
                field,
                label,
                _shown(before.get(field)),
                _shown(now[field]),
                {name: new_values[name] for name in columns},
                is_ours,
            )
        )
    return tuple(changes)


def apply_changes(case: Case, changes: Sequence[FieldChange]) -> None:
    """Take over what nobody has changed here since the last import."""
    for change in changes:
        if not change.kept_here:
            for name, value in change.values.items():
                setattr(case, name, value)


def _columns_of(field: str) -> tuple[str, ...]:
    return {
        "name": ("subject_name",),
        "age_years": ("subject_age_years",),
        "category": ("subject_category",),
        "clothing": ("subject_clothing",),
    }.get(field, ("subject_remarks",))


def _shown(value: object) -> str:
    return "" if value is None else str(value)


def _location(entry: CaseEntry, point: Point, uncertainty_m: float) -> LastKnownLocationRow:
    day = f"Date of last contact: {entry.last_contact}. " if entry.last_contact else ""
    return LastKnownLocationRow(
        latitude_deg=point.latitude_deg,
        longitude_deg=point.longitude_deg,
        seen_at=None,
        uncertainty_m=uncertainty_m,
        label=entry.place[:200],
        source=LocationSource.OTHER,
        reliability=Reliability.DOUBTFUL,
        remarks=f"{day}From the list; the position is that of the town's name.",
    )
