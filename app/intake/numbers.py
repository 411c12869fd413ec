"""Phone numbers and vehicles' numbers in a text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

import phonenumbers
from phonenumbers import Leniency, PhoneNumberFormat, PhoneNumberMatcher

from app.intake.marks import MarkKind, Span, WordMark

_OTHER_NUMBER = re.compile(
    r"\b(?:imei|pnr|aadhaar|aadhar|fastag|invoice|account|a/c|fir|gd|case|ticket|order|ref(?:erence)?"
    r"|passport|voter|pan|id)\b\.?(?:\s+(?:no|number|id|ending)\b\.?)*\s*[:#]?\s*$",
    re.IGNORECASE,
)
_PHONE_WORD = re.compile(
    r"\b(?:phone|mobile|mob|ph|tel|call|contact|whatsapp|number|no|reach me)\b", re.IGNORECASE
)
_FEWEST_POSSIBLE_DIGITS: Final = 10
"""Of a number whose country has no such numbers."""
_ADDRESS = re.compile(r"https?://\S+|www\.\S+", re.IGNORECASE)

_STATES: Final = (
    "AN|AP|AR|AS|BR|CG|CH|DD|DL|DN|GA|GJ|HP|HR|JH|JK|KA|KL|LA|LD|MH|ML|MN|MP|MZ|NL|OD|OR|PB|PY|RJ|SK"
    "|TN|TR|TS|TG|UA|UK|UP|WB"
)
_GAP = r"[\s.-]{0,2}"
_VEHICLES: Final = {
    "IN": re.compile(
        rf"""
        \b(?:
            (?:{_STATES}){_GAP}\d{{2}}{_GAP}[A-Z]{{2}}(?=\s+(?:could|was|were|only|…|\.\.\.))
          | (?:{_STATES}){_GAP}\d{{1,2}}{_GAP}[A-Z]?{_GAP}[A-Z]{{0,2}}{_GAP}\d{{1,4}}
          | \d{{2}}{_GAP}BH{_GAP}\d{{4}}{_GAP}[A-Z]{{1,2}}
        )\b
        """,
        re.VERBOSE,
    ),
    "GB": re.compile(r"\b[A-Z]{2}\d{2}\s?[A-Z]{3}\b"),
}
_PLATE_WORDS = re.compile(
    r"\b(?:licen[cs]e\s+plate|plate|registration|reg(?:istration)?\s+(?:no|number))\b"
    r"\.?\s*(?:is|was|number|no\.?|bearing)?\s*[:#]?\s*"
    r"(?P<number>[A-Z0-9]{2,4}[\s-]?[A-Z0-9]{2,5})\b"
)
_FEWEST_DIGITS_OF_INDIAN_PLATE = 3


def find_phones(text: str, region: str) -> Iterator[WordMark]:
    """Phone numbers, in E.164.

    Args:
        text: what to look into.
        region: ISO code of the country whose numbers are written without a country code.

    Numbers that a word before them calls something else (an IMEI, a ticket), and those inside
    addresses of pages, are left out.
    """
    links = [found.span() for found in _ADDRESS.finditer(text)]
    seen: list[Span] = []
    for leniency in (Leniency.VALID, Leniency.POSSIBLE):
        if leniency == Leniency.POSSIBLE and not _may_hold_more(text, seen):
            return
        for match in PhoneNumberMatcher(text, region, leniency=leniency):
            before = text[max(0, match.start - 40) : match.start]
            span = Span(match.start, match.end, match.raw_string)
            inside = any(start <= span.start < end for start, end in links)
            if inside or _OTHER_NUMBER.search(before) or any(span.overlaps(o) for o in seen):
                continue
            only_possible = leniency == Leniency.POSSIBLE
            if only_possible and not _PHONE_WORD.search(before):
                continue
            if only_possible and len(re.sub(r"\D", "", match.raw_string)) < _FEWEST_POSSIBLE_DIGITS:
                continue
            seen.append(span)
            number = phonenumbers.format_number(match.number, PhoneNumberFormat.E164)
            yield WordMark(span, MarkKind.PHONE, number)


def _may_hold_more(text: str, seen: Sequence[Span]) -> bool:
    """Whether enough digits and a word for phones are left beside the numbers that were found."""
    counted = sum(map(str.isdigit, text)) - sum(sum(map(str.isdigit, span.words)) for span in seen)
    return counted >= _FEWEST_POSSIBLE_DIGITS and _PHONE_WORD.search(text) is not None


def find_vehicles(text: str, region: str) -> Iterator[WordMark]:
    """Registration numbers of vehicles, without spaces and hyphens.

    Those of India and Great Britain by their own form, wherever they stand; those of other
    countries after such words as “license plate”.
    """
    seen: list[Span] = []
    pattern = _VEHICLES.get(region)
    for found in pattern.finditer(text) if pattern else ():
        digits = re.sub(r"\D", "", found[0])
        partial = found[0][-1].isalpha()
        if region == "IN" and not partial and len(digits) < _FEWEST_DIGITS_OF_INDIAN_PLATE:
            continue
        seen.append(Span(*found.span(), found[0]))
    for found in _PLATE_WORDS.finditer(text):
        span = Span(*found.span("number"), found["number"])
        has_digit = any(one.isdigit() for one in span.words)
        if has_digit and not any(span.overlaps(other) for other in seen):
            seen.append(span)
    for span in seen:
        yield WordMark(span, MarkKind.VEHICLE, re.sub(r"[^A-Z0-9]", "", span.words.upper()))
