"""The groups, their signs, and how signs become a level."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

HIGHEST_LEVEL: Final = 3


class Group(StrEnum):
    """What an indicator is about."""

    TONE = "tone"
    FREQUENCY = "contact frequency"
    PRICE = "price"
    SHARED = "shared contacts"


class Sign(StrEnum):
    """One thing that was noticed. Its value is what pages say."""

    NEW_HERE = "new in town, or not for long"
    OTHERS_SPEAK = "others speak for the person, or of several"
    YOUTH = "words of youth"
    ORIGIN = "origin praised"
    RESTRICTED = "restricted movement, papers kept, or somebody in between"
    HIDDEN_NUMBER = "a number written so that it is not found"
    MANY_AT_ONCE = "many posts with one contact within a week"
    SEVERAL_PLACES = "one contact in several places within two weeks"
    MANY_POSTS = "very many posts with one contact"
    FAR_FROM_MEDIAN = "price far from the median of its kind"
    VERY_LOW = "price at most half the median of its kind"
    SPECIAL = "somebody's time at a reduced price"
    SEVERAL_ACCOUNTS = "one contact in several accounts"
    SHARED_ADDRESS = "one address in several accounts"
    SAME_TEXT = "the same text in several accounts"


GROUP_OF: Final = {
    Sign.NEW_HERE: Group.TONE,
    Sign.OTHERS_SPEAK: Group.TONE,
    Sign.YOUTH: Group.TONE,
    Sign.ORIGIN: Group.TONE,
    Sign.RESTRICTED: Group.TONE,
    Sign.HIDDEN_NUMBER: Group.TONE,
    Sign.MANY_AT_ONCE: Group.FREQUENCY,
    Sign.SEVERAL_PLACES: Group.FREQUENCY,
    Sign.MANY_POSTS: Group.FREQUENCY,
    Sign.FAR_FROM_MEDIAN: Group.PRICE,
    Sign.VERY_LOW: Group.PRICE,
    Sign.SPECIAL: Group.PRICE,
    Sign.SEVERAL_ACCOUNTS: Group.SHARED,
    Sign.SHARED_ADDRESS: Group.SHARED,
    Sign.SAME_TEXT: Group.SHARED,
}


@dataclass(frozen=True, slots=True)
class WordSign:
    """A sign, and the characters `start` (included) to `end` (excluded) of the text that are it."""

    sign: Sign
    start: int
    end: int


def level(signs: Collection[Sign], group: Group) -> int:
    """How many different signs of a group there are, 0 to `HIGHEST_LEVEL`."""
    return min(HIGHEST_LEVEL, len({sign for sign in signs if GROUP_OF[sign] is group}))
