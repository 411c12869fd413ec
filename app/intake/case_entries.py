"""From one row of a case list to what a case needs: number, names, age, date, place, words."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

import nh3

from app.intake.case_lists import ListedRow
from app.intake.listed_values import (
    ListedAge,
    UnreadableValue,
    read_age,
    read_date,
    read_last_contact,
)
from app.models.cases import SubjectCategory

_MOST_REMARKS: Final = 3900
_NUMBER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}", re.ASCII)
_BREAKS: Final = re.compile(r"<\s*(?:br|/?p|/?div|/?li|/?h\d|/?tr)\b[^>]*>", re.IGNORECASE)
_UNKNOWN: Final = frozenset(
    {"", "-", "--", "n/a", "na", "none", "null", "unknown", "unsure", "not known"}
)
_BY_AGE: Final = (
    (3, SubjectCategory.CHILD_1_3),
    (6, SubjectCategory.CHILD_4_6),
    (9, SubjectCategory.CHILD_7_9),
    (12, SubjectCategory.CHILD_10_12),
    (15, SubjectCategory.YOUTH_13_15),
)


_MISSING_KINDS: Final = frozenset({"missing", "kidnapping", "kidnappings", "na", ""})
"""What the FBI calls its posters of missing and kidnapped people; its others are of suspects."""
_ENDED: Final = frozenset(
    {"located", "found", "recovered", "captured", "surrendered", "deceased", "resolved", "closed",
     "yes", "true"}
)  # fmt: skip
_SPELLED_DATE: Final = re.compile(
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
    r" \d{1,2}, \d{4}"
)
_TOWN: Final = re.compile(r"([A-Z][\w.'’ -]{1,60}), ([A-Z][\w. ]{1,40})")
_APPEARANCE: Final = ("hair", "eyes", "height", "weight", "born")


class UnreadableEntry(ValueError):
    """The row cannot become a case; the text says why, in words."""


@dataclass(frozen=True, slots=True)
class CaseEntry:
    """One case of a list. `last_contact` is a day of the calendar there, 2004-05-17, or where the
    list says no more a month or a year; no clock is known.

    `warnings` are what was read with a doubt; they belong to the reading, not to the case.
    """

    number: str
    name: str
    aliases: str
    age_years: int | None
    age_text: str
    category: SubjectCategory
    sex: str
    race: str
    last_contact: str
    city: str
    county: str
    state: str
    clothing: str
    remarks: str
    warnings: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """City, county and state, as far as they are given."""
        return ", ".join(part for part in (self.city, self.county, self.state) if part)

    def facts(self) -> dict[str, str | int | None]:
        """What is compared with the next list of the same source."""
        values = asdict(self)
        del values["warnings"]
        return {**values, "category": self.category.value}


def read_entry(row: ListedRow, mapping: Mapping[str, str], *, month_first: bool) -> CaseEntry:
    """Read one row. Raises UnreadableEntry."""
    try:
        return _read_entry(row, mapping, month_first=month_first)
    except UnreadableValue as error:
        raise UnreadableEntry(str(error)) from error


def _read_entry(row: ListedRow, mapping: Mapping[str, str], *, month_first: bool) -> CaseEntry:
    def cell(field: str, longest: int = 200) -> str:
        text = plain_text(row.cells.get(mapping.get(field, ""), ""))
        return "" if text.lower() in _UNKNOWN else text[:longest]

    _check_wanted_here(cell("kind"), cell("status"))
    warnings: list[str] = []
    name = cell("name") or " ".join(
        part for part in (cell("first_name"), cell("middle_name"), cell("last_name")) if part
    )
    if "kind" in mapping:
        name = name.partition(" - ")[0]  # the FBI's titles go on with the place
    if not name:
        raise UnreadableEntry("The row has no name.")
    age = read_age(_range(cell("age"), cell("age_to")))
    if age is None:
        warnings.append("No age is given; the category adult is assumed.")
    elif age.from_years != age.to_years:
        warnings.append(f"The age is a range ({age.text}); the lower end is taken.")
    seen = read_last_contact(cell("last_contact"), month_first=month_first)
    long_texts = [cell(one, 20_000) for one in ("description", "details", "remarks")]
    city, state = _one_line(cell("city", 80)), _one_line(cell("state", 80))
    if not seen and not city and (told := _told(long_texts[0])):
        seen, city, state = told
        warnings.append(f"Day and place are taken from the description ({city}, {state}).")
    appearance = [f"{one.capitalize()}: {cell(one)}" for one in _APPEARANCE if cell(one)]
    return CaseEntry(
        number=read_number(cell("number")),
        name=_one_line(name)[:200],
        aliases=_one_line(cell("aliases", 500)),
        age_years=None if age is None else age.from_years,
        age_text="" if age is None else age.text,
        category=category_of(age),
        sex=_one_line(cell("sex", 60)),
        race=_one_line(cell("race", 120)),
        last_contact=seen,
        city=city,
        county=_one_line(cell("county", 80)),
        state=state,
        clothing=cell("clothing", 2000),
        remarks="\n\n".join([*filter(None, long_texts), *_marks(cell("marks", 2000)), *appearance])[
            :_MOST_REMARKS
        ],
        warnings=tuple(warnings),
    )


def _check_wanted_here(kind: str, status: str) -> None:
    """Refuse a suspect's poster, and what has ended where the list comes from."""
    if kind.lower() not in _MISSING_KINDS:
        raise UnreadableEntry(
            f"The list files it under “{kind[:40]}”: only missing and kidnapped people become "
            "cases."
        )
    if status.lower() in _ENDED:
        said = "resolved" if status.lower() in {"yes", "true"} else status[:40]
        raise UnreadableEntry(f"The list says that this case has ended: “{said}”.")


def _range(lower: str, upper: str) -> str:
    """Both ends of an age that two columns give; the text of the first where it says more."""
    if lower.isdigit() and upper.isdigit() and int(lower) < int(upper):
        return f"{lower} to {upper}"
    return lower or upper


def _told(description: str) -> tuple[str, str, str] | None:
    """Day, city and state, where a description is nothing but these, as the FBI's are."""
    lines = [line.strip() for line in description.splitlines() if line.strip()]
    days = [line for line in lines if _SPELLED_DATE.fullmatch(line)]
    towns = [found for line in lines if (found := _TOWN.fullmatch(line))]
    if len(lines) != 2 or len(days) != 1 or len(towns) != 1:
        return None
    day = read_date(days[0], month_first=True)
    return None if day is None else (day.isoformat(), towns[0][1], towns[0][2])


def plain_text(raw: str) -> str:
    """HTML as text: tags and scripts gone, breaks kept, entities read, no control characters."""
    text = raw
    if "<" in text or "&" in text:
        # Twice: published lists hold entities that stand for tags.
        for _ in range(2):
            text = html.unescape(nh3.clean(_BREAKS.sub("\n", text), tags=set()))
    text = "".join(c for c in text.replace("\r\n", "\n") if c in "\n\t" or ord(c) >= 32)
    lines = (" ".join(line.split()) for line in text.replace("\xa0", " ").split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def read_number(text: str) -> str:
    """A case's number; blanks and slashes become dashes. Raises UnreadableEntry."""
    number = re.sub(r"[\s/\\#:]+", "-", text.strip()).strip("-")
    if not number:
        raise UnreadableEntry("The row has no case number.")
    if not _NUMBER.fullmatch(number):
        raise UnreadableEntry(
            f"“{number[:60]}” is no case number: letters, digits, dot, dash and underscore, "
            "60 at most."
        )
    return number


def category_of(age: ListedAge | None) -> SubjectCategory:
    """The category of lost-person statistics that an age alone gives."""
    if age is not None:
        for last_year, category in _BY_AGE:
            if age.from_years <= last_year:
                return category
    return SubjectCategory.ADULT


def _marks(text: str) -> list[str]:
    return [f"Marks: {text}"] if text else []


def _one_line(text: str) -> str:
    return " ".join(text.split())
