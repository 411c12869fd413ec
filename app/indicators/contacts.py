"""Signs that stand in how often, where, and by how many accounts one contact is used."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.indicators.signs import Sign

DAY_S: Final = 86_400.0
BUSY_WITHIN_DAYS: Final = 7
BUSY_POSTS: Final = 5
WIDE_WITHIN_DAYS: Final = 14
WIDE_PLACES: Final = 3
VERY_MANY_POSTS: Final = 20
SEVERAL: Final = 2
"""Accounts that share a contact, an address or a text."""


@dataclass(frozen=True, slots=True)
class Use:
    """One contact in one post. `at_s` is seconds since 1970, `place` a name as it is compared."""

    contact_id: int
    account_id: int | None
    place: str
    at_s: float | None


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """What all posts together say of one contact.

    `busiest_posts` is the most posts within `BUSY_WITHIN_DAYS`, from `busiest_from_s` on;
    `widest_places` the most different places within `WIDE_WITHIN_DAYS`, from `widest_from_s` on.
    Posts without a time count in neither.
    """

    posts: int
    accounts: int
    places: int
    busiest_posts: int = 0
    busiest_from_s: float | None = None
    widest_places: int = 0
    widest_from_s: float | None = None


def facts_of(uses: Iterable[Use]) -> Mapping[int, ContactFacts]:
    """The facts of each contact; each use is another post."""
    by_contact: dict[int, list[Use]] = defaultdict(list)
    for use in uses:
        by_contact[use.contact_id].append(use)
    return {contact_id: _facts(found) for contact_id, found in by_contact.items()}


def frequency_signs(facts: ContactFacts) -> Collection[Sign]:
    """Signs of contact frequency."""
    signs = set()
    if facts.busiest_posts >= BUSY_POSTS:
        signs.add(Sign.MANY_AT_ONCE)
    if facts.widest_places >= WIDE_PLACES:
        signs.add(Sign.SEVERAL_PLACES)
    if facts.posts >= VERY_MANY_POSTS:
        signs.add(Sign.MANY_POSTS)
    return signs


def sharing_signs(facts: ContactFacts, *, is_address: bool) -> Collection[Sign]:
    """Signs of shared contacts and addresses."""
    if facts.accounts < SEVERAL:
        return ()
    return (Sign.SHARED_ADDRESS if is_address else Sign.SEVERAL_ACCOUNTS,)


def _facts(uses: Sequence[Use]) -> ContactFacts:
    accounts = len({use.account_id for use in uses} - {None})
    places = len({use.place for use in uses} - {""})
    timed = sorted((use.at_s, use.place) for use in uses if use.at_s is not None)
    busiest, busiest_from = _most_posts(timed)
    widest, widest_from = _most_places(timed)
    return ContactFacts(len(uses), accounts, places, busiest, busiest_from, widest, widest_from)


def _most_posts(timed: Sequence[tuple[float, str]]) -> tuple[int, float | None]:
    best, best_from, first = 0, None, 0
    for last, (at_s, _) in enumerate(timed):
        while at_s - timed[first][0] > BUSY_WITHIN_DAYS * DAY_S:
            first += 1
        if last - first + 1 > best:
            best, best_from = last - first + 1, timed[first][0]
    return best, best_from


def _most_places(timed: Sequence[tuple[float, str]]) -> tuple[int, float | None]:
    placed = [(at_s, place) for at_s, place in timed if place]
    best, best_from, first = 0, None, 0
    inside: Counter[str] = Counter()
    for at_s, place in placed:
        inside[place] += 1
        while at_s - placed[first][0] > WIDE_WITHIN_DAYS * DAY_S:
            gone = placed[first][1]
            inside[gone] -= 1
            if not inside[gone]:
                del inside[gone]
            first += 1
        if len(inside) > best:
            best, best_from = len(inside), placed[first][0]
    return best, best_from
