"""Ages and days as lists of cases write them: “33 Years”, “8 Months”, 05/17/2004, “May 2004”."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

OLDEST_YEARS: Final = 120
EARLIEST: Final = date(1900, 1, 1)
_YEARS: Final = r"(?:years?|yrs?\.?|y/?o|y)"
_ABOUT: Final = re.compile(
    r"(?:about|around|approx(?:imately|\.)?|circa|ca?\.|~|≈)\s*", re.IGNORECASE
)
_AGE: Final = re.compile(
    r"(\d{1,3})(?:[.,]\d+)?\s*(?:(?:-|–|to|or)\s*(\d{1,3}))?\s*\+?\s*"
    rf"({_YEARS}|months?|mos?\.?|weeks?|wks?\.?|days?)?"
    r"(?:,?\s*(?:and\s*)?\d{1,2}\s*(?:months?|mos?\.?|weeks?|wks?\.?|days?))?"
    r"(?:\s*(?:old|of age))?(?:\s*(?:\(.*\)|at .*|when .*))?",
    re.IGNORECASE,
)  # fmt: skip
_DECADE: Final = re.compile(r"(\d{1,2}0)['’]?s")
_UNDER_ONE: Final = re.compile(
    rf"(?:under|less than|<)\s*(?:1|one)(?:\s*{_YEARS})?(?:\s*old)?|infant|new-?born|baby",
    re.IGNORECASE,
)
_NO_AGE: Final = frozenset({"adult", "adults"})
"""Words of what is assumed anyway where no age is given."""
_NAMED_DATES: Final = (
    "%B %d, %Y", "%b %d, %Y", "%B %d %Y", "%b %d %Y",
    "%d %B %Y", "%d %b %Y", "%d %B, %Y", "%d %b, %Y", "%d-%b-%Y", "%d-%B-%Y", "%d/%b/%Y",
    "%d/%B/%Y", "%d-%b-%y", "%d %b %y", "%d/%b/%y",
)  # fmt: skip
_NAMED_MONTHS: Final = ("%B %Y", "%b %Y", "%B, %Y", "%b-%Y")
_YEAR_FIRST: Final = re.compile(r"(\d{4})([/.-])(\d{1,2})(?:\2(\d{1,2}))?")
_MONTH_YEAR: Final = re.compile(r"(\d{1,2})[/.-](\d{4})")
_CLOCK: Final = re.compile(
    r"[\s,T]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:[AaPp]\.?[Mm]\.?)?\s*(?:Z|UTC|GMT|IST)?$"
)
_WEEKDAY: Final = re.compile(
    r"^(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+", re.IGNORECASE
)
_ORDINAL: Final = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b", re.IGNORECASE)
_NUMERIC: Final = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})(?!\d)")


class UnreadableValue(ValueError):
    """An age or a day that cannot be read; the text says why, in words."""


@dataclass(frozen=True, slots=True)
class ListedAge:
    """An age as a list gives it, in whole years; a child under one is 0, and `text` says more."""

    from_years: int
    to_years: int
    text: str


@dataclass(frozen=True, slots=True)
class DayOrder:
    """How many dates of a list can be read only one way, with an example, or either way."""

    month_first: int
    day_first: int
    either: int
    month_example: str
    day_example: str


def read_age(text: str) -> ListedAge | None:
    """An age such as “33 Years”, “8 Months” or “12 to 14 years old”; None if nothing is given.

    Raises UnreadableValue.
    """
    plain = " ".join(text.split())
    if not plain or plain.lower() in _NO_AGE:
        return None
    if _UNDER_ONE.fullmatch(plain):
        return ListedAge(0, 0, plain[:60])
    bare = _ABOUT.sub("", plain, count=1) if _ABOUT.match(plain) else plain
    if decade := _DECADE.fullmatch(bare):
        return ListedAge(int(decade[1]), int(decade[1]) + 9, plain[:60])
    found = _AGE.fullmatch(bare)
    if found is None:
        raise UnreadableValue(f"“{plain[:40]}” is no age.")
    first, last = int(found[1]), int(found[2] or found[1])
    unit = (found[3] or "years").lower()
    if unit[0] != "y":
        per_year = {"m": 12, "w": 52, "d": 365}[unit[0]]
        first, last = first // per_year, last // per_year
    if not first <= last <= OLDEST_YEARS:
        raise UnreadableValue(f"“{plain[:40]}” is no age.")
    return ListedAge(first, last, plain[:60])


def read_last_contact(text: str, *, month_first: bool) -> str:
    """A day, or where no more is given a month or a year, as 2004-05-17, 2004-05 or 2004.

    Empty if nothing is given. Raises UnreadableValue.
    """
    plain = " ".join(text.split())
    if _is_year(plain):
        return plain
    month = _month(plain)
    if month is not None and EARLIEST <= month <= _today():
        return f"{month:%Y-%m}"
    day = read_date(plain, month_first=month_first)
    return "" if day is None else day.isoformat()


def read_date(text: str, *, month_first: bool) -> date | None:
    """A day such as 05/17/2004, 2004-05-17 or “May 17, 2004”; None if nothing is given.

    `month_first` says what 05/06/2004 means. A time of day is left out. Raises UnreadableValue,
    also for days to come.
    """
    plain = " ".join(text.split())
    if not plain:
        return None
    bare = _ORDINAL.sub("", _WEEKDAY.sub("", _CLOCK.sub("", plain)))
    day = _iso_day(plain) or _spelled_day(bare, month_first=month_first)
    if day is None:
        raise UnreadableValue(_no_date(plain, bare, month_first=month_first))
    if day < EARLIEST:
        raise UnreadableValue(f"The date {day.isoformat()} lies before {EARLIEST.year}.")
    if day > _today():
        raise UnreadableValue(f"The date {day.isoformat()} lies in the future.")
    return day


def order_of(dates: Iterable[str]) -> DayOrder:
    """What the dates of a list say of the order of day and month in it."""
    month_first: list[str] = []
    day_first: list[str] = []
    either = 0
    for text in dates:
        found = _NUMERIC.match(text.strip())
        if found is None:
            continue
        first, second = int(found[1]), int(found[3])
        if first > 12 >= second:
            day_first.append(found[0])
        elif second > 12 >= first:
            month_first.append(found[0])
        elif first != second:
            either += 1
    return DayOrder(
        len(month_first),
        len(day_first),
        either,
        *(one[0] if one else "" for one in (month_first, day_first)),
    )


def _no_date(plain: str, bare: str, *, month_first: bool) -> str:
    other = _spelled_day(bare, month_first=not month_first)
    if other is None:
        return f"“{plain[:40]}” is no date."
    first, instead = ("month", "day") if month_first else ("day", "month")
    return (
        f"“{plain[:40]}” is no date with the {first} first, as was chosen; with the {instead} "
        "first it is one."
    )


def _today() -> date:
    return date.today()  # noqa: DTZ011 (a day of the calendar where the list was made)


def _is_year(text: str) -> bool:
    return len(text) == 4 and text.isdecimal() and EARLIEST.year <= int(text) <= _today().year


def _iso_day(text: str) -> date | None:
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        return None


def _month(text: str) -> date | None:
    """The first day of a month that is given without a day."""
    if found := _YEAR_FIRST.fullmatch(text):
        return None if found[4] else _day(int(found[1]), int(found[3]), 1)
    if found := _MONTH_YEAR.fullmatch(text):
        return _day(int(found[2]), int(found[1]), 1)
    return _parsed(text, _NAMED_MONTHS) if text[:1].isalpha() else None


def _spelled_day(text: str, *, month_first: bool) -> date | None:
    if found := _YEAR_FIRST.fullmatch(text):
        return _day(int(found[1]), int(found[3]), int(found[4])) if found[4] else None
    if found := _NUMERIC.fullmatch(text):
        month, day = (found[1], found[3]) if month_first else (found[3], found[1])
        return _day(_year(found[4]), int(month), int(day))
    # Forms with names are slow to try, and need letters.
    return _parsed(text, _NAMED_DATES) if any(map(str.isalpha, text)) else None


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _year(digits: str) -> int:
    """The year; two digits stand for the last year of these, not for one to come."""
    if len(digits) == 4:
        return int(digits)
    year = _today().year // 100 * 100 + int(digits)
    return year if year <= _today().year else year - 100


def _parsed(text: str, forms: Iterable[str]) -> date | None:
    for form in forms:
        try:
            day = datetime.strptime(text, form).date()  # noqa: DTZ007 (a day without a clock)
        except ValueError:
            continue
        return day.replace(year=_year(f"{day:%y}")) if form.endswith("%y") else day
    return None
