"""Invented posts by the hundred thousand: accounts and contacts as unevenly used as real ones.

Places, names and texts are made up; the numbers are possible ones and stand for nobody.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

COLUMNS: Final = (
    "id", "username", "site", "posted_at", "city", "category", "title", "text", "phone", "price",
)  # fmt: skip
_FIRST_DAY: Final = datetime(2026, 1, 1, tzinfo=UTC)
_PLACES: Final = tuple(f"Invented Town {at}" for at in range(1, 121))
_KINDS: Final = ("rooms", "massage", "cleaning", "jobs", "lessons", "sale")
_OPENINGS: Final = (
    "A quiet room above the bakery, with a window to the canal",
    "New in town, here for two days only, ring before noon",
    "Our girls wait for your call all evening",
    "Lessons at your kitchen table, patient and slow",
    "Packers wanted for the night, start on Monday",
    "A bed, hardly slept in, our driver brings it",
    "Windows and stairs, by the hour, also on Sundays",
    "Relax after a long shift, warm stones and tea",
)
_ENDINGS: Final = (
    "Please ring twice.", "No texts after ten.", "Ask at the blue door.", "Special price today.",
    "Come as you are.", "Cash or card.", "The dog is friendly.", "References on request.",
)  # fmt: skip
_WORDS: Final = (
    "lantern", "harbour", "kettle", "garden", "winter", "paper", "window", "copper", "river",
    "apron", "ladder", "orchard", "velvet", "thimble", "anchor", "saddle", "marble", "candle",
)  # fmt: skip


def as_csv(count: int, seed: int = 1) -> bytes:
    """A CSV file of `count` posts, the same for the same seed."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    writer.writerows(rows(count, seed))
    return buffer.getvalue().encode()


def rows(count: int, seed: int = 1) -> Iterator[Sequence[str]]:
    """The rows; an eighth of the accounts share a number with others, some with hundreds."""
    chance = random.Random(seed)
    accounts, numbers = max(1, count // 8), max(1, count // 6)
    for at in range(count):
        account = _uneven(chance, accounts)
        number = _uneven(chance, numbers) if chance.random() < 0.12 else account % numbers
        phone = f"+91 98{number % 10**8:08d}"
        spoken = chance.random() < 0.7
        text = " ".join(
            (
                chance.choice(_OPENINGS),
                *chance.choices(_WORDS, k=chance.randint(8, 45)),
                chance.choice(_ENDINGS),
                f"Call {phone[:8]} {phone[8:]}" if spoken else "",
            )
        )
        if chance.random() < 0.2:
            text = f"<p>{text}</p><br>&amp; <b>thanks</b>"
        posted_at = _FIRST_DAY + timedelta(minutes=chance.randrange(300 * 24 * 60))
        yield (
            str(at + 1), f"invented_{account}", f"site{account % 5}.example",
            posted_at.isoformat(), _PLACES[_uneven(chance, len(_PLACES))], chance.choice(_KINDS),
            text[:40], text, "" if spoken else phone, str(500 + 10 * chance.randrange(150)),
        )  # fmt: skip


def _uneven(chance: random.Random, most: int) -> int:
    """A number below `most`; small ones come far more often."""
    return min(most - 1, int(most * chance.random() ** 2.5))
