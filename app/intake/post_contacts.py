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
_KINDS = {"st": "street", "rd": "road", "ln": "lane", "ave": "avenue", "sq": "square"}
_STREET = re.compile(
    r"\b\d{1,4}[A-Za-z]?(?:/\d{1,4})?,? (?:(?:[A-Z][\w'’-]+|\d{1,2}(?:st|nd|rd|th)) ){1,3}"
    r"(?:Street|St|Road|Rd|Row|Lane|Ln|Avenue|Ave|Way|Drive|Close|Court|Square|Sq|Terrace|Gardens"
    r"|Nagar|Marg|Cross|Main|Layout|Colony|Chowk|Gali)\b"
)
"""A house number, a name in capitals, and a word for streets."""
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
    for contact in (*_of_columns(post, region), *_of_text(post.whole_text, post.place, region)):
        found.setdefault((contact.kind, contact.value), contact)
    return list(found.values())[:MOST_CONTACTS]


def address_key(written: str, place: str = "") -> str:
    """An address as addresses are compared: words and figures in lower case, with the place.

    Kinds of streets are written out, and the place is added where the address does not name it.
    """
    words = [_KINDS.get(word, word) for word in re.findall(r"[^\W_]+", written.casefold())]
    key, town = " ".join(words), " ".join(re.findall(r"[^\W_]+", place.casefold()))
    is_named = not words or not town or f" {town} " in f" {key} "
    return (key if is_named else f"{key} {town}")[:300]


def _of_columns(post: ReadPost, region: str) -> Iterator[ReadContact]:
    for line in re.split(r"[\n;,|]", post.phones):
        number = _number(line, region)
        if number:
            yield ReadContact(ContactKind.PHONE, number)
    for address in post.emails:
        yield ReadContact(ContactKind.EMAIL, address[:300])
    if address_key(post.address):
        yield ReadContact(ContactKind.ADDRESS, address_key(post.address, post.place))


def _of_text(text: str, place: str, region: str) -> Iterator[ReadContact]:
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
    for match in _STREET.finditer(text):
        yield ReadContact(ContactKind.ADDRESS, address_key(match[0], place), *match.span())


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
