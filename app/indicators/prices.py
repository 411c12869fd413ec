"""Signs that stand in a price, held against the prices of posts of the same kind."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Final

from app.indicators.signs import Sign

FEWEST_PEERS: Final = 8
"""With fewer prices a median says nothing."""
FAR: Final = 3.5
"""Least modified z-score of an outlier, after Iglewicz and Hoaglin (1993)."""
_NORMAL: Final = 0.6745
"""Makes the median absolute deviation of a normal distribution its standard deviation."""
LOW_SHARE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Price:
    """What one post asks, in one currency; category and place as they are compared."""

    post_id: int
    amount: float
    currency: str
    category: str
    place: str


@dataclass(frozen=True, slots=True)
class PriceFacts:
    """A price among its peers: posts of its category and place, else of its category anywhere.

    `deviation` is the modified z-score, 0.6745 × (price − median) / MAD; None where half of the
    peers ask the same, so that the MAD is 0. `of_place` says which peers these were.
    """

    peers: int
    median: float
    deviation: float | None
    of_place: bool


def facts_of(prices: Iterable[Price]) -> Mapping[int, PriceFacts]:
    """The facts of each price that has `FEWEST_PEERS` peers, itself included."""
    given = list(prices)
    near: dict[tuple[str, ...], list[float]] = defaultdict(list)
    wide: dict[tuple[str, ...], list[float]] = defaultdict(list)
    for one in given:
        if one.place:
            near[one.currency, one.category, one.place].append(one.amount)
        wide[one.currency, one.category].append(one.amount)
    near_middles = {key: _middle(found) for key, found in near.items()}
    wide_middles = {key: _middle(found) for key, found in wide.items()}
    facts = {}
    for one in given:
        middle = near_middles.get((one.currency, one.category, one.place))
        of_place = middle is not None
        middle = middle or wide_middles[one.currency, one.category]
        if middle is not None:
            facts[one.post_id] = _facts(one.amount, middle, of_place=of_place)
    return facts


def price_signs(amount: float, facts: PriceFacts) -> Collection[Sign]:
    """Signs of an irregular price."""
    signs = set()
    if facts.deviation is not None and abs(facts.deviation) >= FAR:
        signs.add(Sign.FAR_FROM_MEDIAN)
    if amount <= LOW_SHARE * facts.median:
        signs.add(Sign.VERY_LOW)
    return signs


def _middle(amounts: list[float]) -> tuple[int, float, float] | None:
    """How many, their median, and their median absolute deviation."""
    if len(amounts) < FEWEST_PEERS:
        return None
    middle = median(amounts)
    return len(amounts), middle, median(abs(amount - middle) for amount in amounts)


def _facts(amount: float, middle: tuple[int, float, float], *, of_place: bool) -> PriceFacts:
    peers, centre, spread = middle
    deviation = _NORMAL * (amount - centre) / spread if spread > 0 else None
    return PriceFacts(peers, centre, deviation, of_place)
