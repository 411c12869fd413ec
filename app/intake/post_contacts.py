"""Phone numbers, mail addresses, addresses and vehicles' numbers of one post."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

from app.indicators.words import hidden_numbers
from app.intake.numbers import find_phones, find_vehicles
from app.intake.post_rows import ReadPost, find_emails

_MANY_DIGITS = re.compile(r"(?:\d[\s().+/-]{0,3}){8}")
MOST_CONTACTS = 30
"""Of one post."""


class ContactKind(StrEnum):
    """What a contact is."""

    PHONE = "phone"
    EMAIL = "e-mail"
    ADDRESS = "address"
    VEHICLE = "vehicle"


@dataclass(frozen=True, slots=True)
class ReadContact:
    """A contact, and the characters of the text that are it; None where a column named it."""

    kind: ContactKind
    value: str
    start: int | None = None
    end: int | None = None


def contacts_of(post: ReadPost, region: str) -> Sequence[ReadContact]:
    """The contacts of a post, each once; its columns before its text."""
    found: dict[tuple[ContactKind, str], ReadContact] = {}
    for contact in (*_of_columns(post, region), *_of_text(post.whole_text, region)):
        found.setdefault((contact.kind, contact.value), contact)
    return list(found.values())[:MOST_CONTACTS]


def address_key(written: str) -> str:
    """An address as addresses are compared: words and figures in lower case."""
    return " ".join(re.findall(r"[^\W_]+", written.casefold()))[:300]


def _of_columns(post: ReadPost, region: str) -> Iterator[ReadContact]:
    for line in re.split(r"[\n;,|]", post.phones):
        number = _number(line, region)
        if number:
            yield ReadContact(ContactKind.PHONE, number)
    for address in post.emails:
        yield ReadContact(ContactKind.EMAIL, address[:300])
    if address_key(post.address):
        yield ReadContact(ContactKind.ADDRESS, address_key(post.address))


def _of_text(text: str, region: str) -> Iterator[ReadContact]:
    if _MANY_DIGITS.search(text):
        for mark in find_phones(text, region):
            yield ReadContact(ContactKind.PHONE, mark.value, mark.span.start, mark.span.end)
    for start, end, digits in hidden_numbers(text):
        number = _number(digits, region)
        if number:
            yield ReadContact(ContactKind.PHONE, number, start, end)
    for start, end, address in find_emails(text):
        yield ReadContact(ContactKind.EMAIL, address[:300], start, end)
    for mark in find_vehicles(text, region):
        yield ReadContact(ContactKind.VEHICLE, mark.value, mark.span.start, mark.span.end)


@lru_cache(maxsize=65_536)
def _number(written: str, region: str) -> str | None:
    """A number in E.164; None for what no phone can have."""
    try:
        parsed = phonenumbers.parse(written, region)
    except NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return phonenumbers.format_number(parsed, PhoneNumberFormat.E164)
