"""Times in reports and messages: numeric, in words, relative to when the text was written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import zip_longest
from typing import Final

import dateparser

from app.intake.marks import Span, TimeMark
from app.intake.time_patterns import (
    BETWEEN,
    CLOCK,
    CUE,
    DAY,
    HABIT,
    HABIT_AFTER,
    MEASURE,
    NO_EVENT,
    NUMBERS,
    PART,
    RANGE,
    RANGE_OF_DUTY,
    WEEKDAYS,
)

_LONGEST_GAP: Final = 24


@dataclass(frozen=True)
class _Piece:
    """A day, a clock time or a part of the day. At most one of each makes a time."""

    start: int
    end: int
    day: date | None = None
    clock: time | None = None
    meridiem: bool = False
    part: str = ""
    exactly: datetime | None = None
    loose: bool = False
    """A day by its name (“Thursday”, “today”), which a date beside it says more exactly."""

    @property
    def role(self) -> str:
        if self.day is not None:
            return "day"
        return "part" if self.part else "clock"


def find_times(text: str, written_at: datetime, *, day_first: bool = True) -> list[TimeMark]:
    """All times in a text.

    Args:
        text: what to look into.
        written_at: aware time at which the text was written, in the zone that its clocks show;
            what is relative counts from it, and no time is taken to lie after it.
        day_first: whether 04/11 is the fourth of November.
    """
    pieces = sorted(_pieces(text, written_at, day_first), key=lambda one: one.start)
    groups = list(_joined(text, pieces))
    marks: list[TimeMark] = []
    for group, following in zip_longest(groups, groups[1:]):
        own = _day(group) or _day_of_range(text, group, following)
        mark = _mark(text, group, own, written_at, marks)
        if mark is not None:
            marks.append(mark)
    return marks


# ------------------------------------------------------------------------------------------ pieces


def _pieces(text: str, written_at: datetime, day_first: bool) -> Iterator[_Piece]:
    days = list(_day_pieces(text, written_at, day_first))
    yield from days
    clocks = [
        one
        for one in _clock_pieces(text, written_at)
        if not any(one.start < day.end and day.start < one.end for day in days)
    ]
    yield from clocks
    for found in PART.finditer(text):
        if not any(found.start() < one.end and one.start < found.end() for one in days + clocks):
            yield _Piece(found.start(), found.end(), part=found["part"].lower())


def _day_pieces(text: str, written_at: datetime, day_first: bool) -> Iterator[_Piece]:
    for found in DAY.finditer(text):
        day = _day_of(found, written_at, day_first)
        before = text[max(0, found.start() - 40) : found.start()]
        if day is None or day > written_at.date() or NO_EVENT.search(before):
            continue
        part = "night" if found["lastnight"] or found["night"] else ""
        loose = bool(found["weekday"] or found["today"] or found["yesterday"])
        yield _Piece(found.start(), found.end(), day=day, part=part, loose=loose)


def _day_of(found: re.Match[str], written_at: datetime, day_first: bool) -> date | None:
    words, today = found[0], written_at.date()
    try:
        dated = _dated(found, today, day_first)
    except ValueError:  # such as 31/02
        return None
    if dated is not None:
        return dated
    fixed = {"before": 2, "lastnight": 1, "yesterday": 1, "today": 0}
    for name, back in fixed.items():
        if found[name]:
            return today - timedelta(days=back)
    if found["week"]:
        monday = today - timedelta(days=today.weekday() + 7)
        return monday + timedelta(days=_weekday(words))
    if found["weekday"]:
        return today - timedelta(days=(today.weekday() - _weekday(words)) % 7 or 7)
    return _by_library(words, written_at)


def _dated(found: re.Match[str], today: date, day_first: bool) -> date | None:
    """A day that is given in figures. Raises ValueError for one that no calendar has."""
    if found["iso"]:
        return date.fromisoformat(found[0])
    if found["night"]:
        return date(int(found["n3"]), int(found["n2"]), int(found["n1"]))
    if found["nights"]:
        return date(int(found["m3"]), int(found["m2"]), int(found["m1"]))
    if found["yearless"]:
        return _yearless_day(found, day_first, today)
    if found["numeric"]:
        return _numeric_day(found, day_first)
    if found["instant"] or found["ofmonth"]:
        return today.replace(day=int(re.sub(r"\D", "", found[0])))
    return None


def _numeric_day(found: re.Match[str], day_first: bool) -> date:
    first, second, year = int(found["d1"]), int(found["d2"]), int(found["d3"])
    day, month = (first, second) if day_first else (second, first)
    return date(year + 2000 if year < 100 else year, month, day)


def _yearless_day(found: re.Match[str], day_first: bool, today: date) -> date:
    """The last such day that is not in the future."""
    first, second = int(found["y1"]), int(found["y2"])
    day, month = (first, second) if day_first else (second, first)
    this_year = date(today.year, month, day)
    return this_year if this_year <= today else this_year.replace(year=today.year - 1)


def _weekday(words: str) -> int:
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    found = re.search(WEEKDAYS, words, re.IGNORECASE)
    return names.index(found[0][:3].lower()) if found else 0


def _by_library(words: str, written_at: datetime) -> date | None:
    """Month names in any order, with or without a year, and spans such as “three weeks ago”."""
    plain = re.sub(r"\b(back)\b", "ago", re.sub(r"(\d)(st|nd|rd|th)\b", r"\1", words), flags=re.I)
    parsed = dateparser.parse(
        plain,
        languages=["en"],
        settings={
            "RELATIVE_BASE": written_at.replace(tzinfo=None),
            "PREFER_DATES_FROM": "past",
            "DATE_ORDER": "DMY",
        },
    )
    return parsed.date() if parsed else None


def _clock_pieces(text: str, written_at: datetime) -> Iterator[_Piece]:
    for found in CLOCK.finditer(text):
        before = text[max(0, found.start() - 30) : found.start()]
        if NO_EVENT.search(before) or MEASURE.match(text, found.end()):
            continue
        start, end = found.span()
        if found["relative"]:
            moment = written_at - _length(found[0])
            yield _Piece(start, end, clock=moment.time(), meridiem=True, exactly=moment)
            continue
        clock = _clock_of(found)
        if clock is None or _unlikely(found, before, text):
            continue
        sure = bool(
            found["ap"] or found["hap"] or found["hrs"] or found["military"] or found["noon"]
        ) or bool(found["midnight"]) or clock.hour > 12 or found[0].startswith("0")  # fmt: skip
        yield _Piece(start, end, clock=clock, meridiem=sure)


def _unlikely(found: re.Match[str], before: str, text: str) -> bool:
    """A number that only looks like a time: a price, a section, hours of duty, a plan."""
    if HABIT.search(before) or HABIT_AFTER.match(text, found.end()):
        return True
    if found["bare"]:
        return RANGE_OF_DUTY.match(text[found.end() :]) is not None
    if found["full"] and not (found["ap"] or found["hrs"]):
        after_day = re.search(r"(?:\d{4}\s+|\d{4}-\d{2}-\d{2}[T ])$", before) is not None
        train = re.match(r"\s+(?:train|bus|local|passenger)\b", text[found.end() :]) is not None
        if found["dot"] == ".":
            # 12.5 or 137.2 would be anything; a dot makes a time only after such a word
            return not (CUE.search(before) or re.match(r"\s+last\s+night", text[found.end() :]))
        said = re.match(r"\s+(?:tonight|last\s+night|today|yesterday)\b", text[found.end() :])
        parted = PART.match(text, found.end() + 1)
        return not (CUE.search(before) or after_day or train or said or parted)
    return False


def _clock_of(found: re.Match[str]) -> time | None:
    try:
        if found["noon"]:
            return time(12)
        if found["midnight"]:
            return time(0)
        if found["military"]:
            return time(int(found["m1"]), int(found["m2"]))
        if found["full"]:
            return time(_hour(found["h"], found["ap"]), int(found["min"]))
        if found["hour"]:
            return time(_hour(found["hh"], found["hap"]))
        if found["past"]:
            return _past(found[0])
        if found["halfhour"]:
            return time(_number(found[0].split()[1]) % 24, 30)
        return time(_number(re.split(r"\s", found[0])[0]) % 24)
    except ValueError:
        return None


def _hour(digits: str, meridiem: str | None) -> int:
    hour = int(digits)
    if meridiem:
        if not 1 <= hour <= 12 and not 13 <= hour <= 23:
            raise ValueError(digits)
        if hour <= 12:
            hour = hour % 12 + (12 if meridiem[0].lower() == "p" else 0)
    return hour


def _past(words: str) -> time:
    minutes_word, relation, hour_word = words.lower().split()
    minutes = 30 if minutes_word == "half" else _number(minutes_word)
    total = _number(hour_word) * 60 + (minutes if relation == "past" else -minutes)
    return time(total // 60 % 24, total % 60)


def _number(word: str) -> int:
    return int(word) if word.isdigit() else NUMBERS[word.lower()]


def _length(words: str) -> timedelta:
    first, *rest = words.lower().split()
    unit = "minutes" if any(word.startswith("min") for word in rest) else "hours"
    if first == "half":
        return timedelta(minutes=30)
    return timedelta(**{unit: _number(first)})


# ---------------------------------------------------------------------------------------- together


def _joined(text: str, pieces: Sequence[_Piece]) -> Iterator[list[_Piece]]:
    """Pieces that belong together: near each other, with at most one day and one clock time."""
    group: list[_Piece] = []
    for piece in pieces:
        if group and not _belongs(text, group, piece):
            yield group
            group = []
        group.append(piece)
    if group:
        yield group


def _belongs(text: str, group: Sequence[_Piece], piece: _Piece) -> bool:
    gap = text[group[-1].end : piece.start]
    if len(gap) > _LONGEST_GAP or "\n" in gap or not BETWEEN.fullmatch(gap):
        return False
    if any(one.exactly for one in group) or piece.exactly:
        return False
    if piece.role == "day" and not piece.loose and all(one.loose for one in group):
        return True
    return piece.role == "part" or all(one.role != piece.role for one in group)


def _day_of_range(
    text: str, group: Sequence[_Piece], following: Sequence[_Piece] | None
) -> date | None:
    """“Between 10 AM and 11 AM on 4 November”: the day holds for both times."""
    if not following or not RANGE.fullmatch(text, group[-1].end, following[0].start):
        return None
    return _day(following)


def _mark(
    text: str,
    group: Sequence[_Piece],
    day: date | None,
    written_at: datetime,
    before: Sequence[TimeMark],
) -> TimeMark | None:
    clock = next((one for one in group if one.clock is not None), None)
    part = next((one.part for one in group if one.part), "")
    if day is None and clock is None:
        return None
    span = _span(text, group)
    if clock is None or clock.clock is None:
        return TimeMark(span, day or written_at.date(), None)
    if clock.exactly is not None:
        return TimeMark(span, clock.exactly.date(), clock.exactly.replace(second=0, microsecond=0))
    near = day or (before[-1].day if before else None)
    at = _at(near, clock, part, written_at)
    return TimeMark(span, at.date(), at)


def _day(group: Sequence[_Piece]) -> date | None:
    """The day of a group: a date before the name of a day."""
    days = sorted((one for one in group if one.day), key=lambda one: one.loose)
    return days[0].day if days else None


def _span(text: str, group: Sequence[_Piece]) -> Span:
    start = min(one.start for one in group)
    end = max(one.end for one in group)
    return Span(start, end, text[start:end])


def _at(day: date | None, clock: _Piece, part: str, written_at: datetime) -> datetime:
    """The time meant: a bare hour by its part of the day, else the last one before the writing."""
    moment = clock.clock or time(0)
    base = day or written_at.date()
    choices = [moment]
    if not clock.meridiem and moment.hour <= 12:
        choices = _by_part(moment, part)
    candidates = [datetime.combine(base, one, tzinfo=written_at.tzinfo) for one in choices]
    past = [one for one in candidates if one <= written_at + timedelta(minutes=5)]
    if day is not None:
        return max(past) if past else candidates[0]
    if past:
        return max(past)
    return candidates[-1] - timedelta(days=1)


def _by_part(moment: time, part: str) -> list[time]:
    """On a twelve-hour clock: which of the two is meant, as far as the words say."""
    early, late = moment.replace(hour=moment.hour % 12), moment.replace(hour=moment.hour % 12 + 12)
    if part == "morning":
        return [early]
    if part in ("afternoon", "evening"):
        return [late]
    if part == "night":
        return [late] if moment.hour % 12 >= 6 else [early]
    return [early, late]
