"""Signs that stand in a post's words: its tone, offers, and numbers that hide.

The lists are this product's own, after what published studies of online advertisements describe.
Each expression also stands in harmless texts; it is shown with its words for a person to judge.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from app.indicators.signs import Sign, WordSign

MOST_SIGNS = 40
"""Of one text; more tell nothing new."""

_ANY: Final = {
    Sign.NEW_HERE: (
        r"new (?:in|to) (?:town|(?:the |your |this )?(?:city|area|place))",
        r"(?:just|newly|recently) (?:arrived|landed|came|moved)",
        r"first time (?:here|in town|in (?:the |your )?city)",
        r"(?:in town|here|visiting) (?:only )?(?:for|until|till) (?:a|one|two|\d+)",
        r"(?:for )?(?:a )?(?:few|limited) (?:days?|nights?|time)(?: only)?",
        r"(?:few|two|three|\d) days only",
        r"leaving (?:soon|today|tonight|tomorrow|town)",
        r"last (?:day|night) (?:here|in town)",
        r"na[iy]i? aa?yi",
    ),
    Sign.OTHERS_SPEAK: (
        r"(?:our|my|these|those) (?:\w+ )?(?:girls?|ladies|lad(?:y|ies)|models?|babes|kids?)",
        r"(?:girls|ladies|models) (?:are )?available",
        r"(?:choose|pick|select) (?:from|one|your)",
        r"she (?:is|will|can|does|has|loves|likes|speaks)|she[’']s",
        r"we (?:are|have|offer|provide|do|can)|we[’']re|we[’']ve",
        r"ask for (?:her|him)",
    ),
    Sign.YOUTH: (
        r"young(?:est|er)?|teen(?:age|ager|s|y)?|barely (?:legal|18)|just turned (?:18|eighteen)",
        r"(?:school|college) ?girls?|lolita|sweet (?:16|17|18|sixteen|eighteen)",
        r"fresh (?:face|girl|new)|(?:little|tiny|baby) (?:girl|doll|face)|innocent|inexperienced",
        r"kachchi kali",
    ),
    Sign.RESTRICTED: (
        r"in[- ]?calls? only|only in[- ]?calls?|no out[- ]?calls?",
        r"(?:cannot|can not|can[’']t|not allowed to) (?:leave|go out|travel|meet outside|talk)",
        r"(?:my|her|the|our) (?:driver|manager|boss|agent|agency|security|madam)",
        r"driver (?:brings|will (?:bring|drop|wait))|security (?:is )?present",
        r"(?:call|ask|pay|talk to|contact) (?:the |my |her )?(?:manager|boss|agent|madam|driver)",
        r"never alone|always accompanied|stays with (?:us|me|the)",
    ),
    Sign.SPECIAL: (
        r"special(?:s)?(?: (?:offer|price|rate|today|tonight))?|discount(?:ed|s)?|half price",
        r"(?:cheap|cheapest|low(?:est)?) (?:price|rate)s?|two for one|2 ?for ?1|free trial",
    ),
}
_PATTERNS: Final = {
    sign: re.compile(rf"\b(?:{'|'.join(parts)})\b", re.IGNORECASE) for sign, parts in _ANY.items()
}
_WORD_DIGITS: Final = {
    "zero": "0", "oh": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5",
    "six": "6", "seven": "7", "eight": "8", "nine": "9",
}  # fmt: skip
_DIGIT = rf"(?:\d|{'|'.join(_WORD_DIGITS)})"
_HIDDEN = re.compile(rf"(?<![\w+]){_DIGIT}(?:[\s.,*_~|/()-]{{0,3}}{_DIGIT}){{8,13}}(?!\w)", re.I)
_ONE_DIGIT = re.compile(_DIGIT, re.IGNORECASE)


def find_signs(text: str) -> Sequence[WordSign]:
    """The signs in a text, in the order in which they stand there."""
    found = [
        WordSign(sign, *match.span())
        for sign, pattern in _PATTERNS.items()
        for match in pattern.finditer(text)
    ]
    found.extend(WordSign(Sign.HIDDEN_NUMBER, start, end) for start, end, _ in hidden_numbers(text))
    return sorted(found, key=lambda one: (one.start, one.end))[:MOST_SIGNS]


def hidden_numbers(text: str) -> Sequence[tuple[int, int, str]]:
    """Numbers of 9 to 14 digits, some written as words: start, end and the digits.

    Numbers that are only figures are not hidden, and left to the finder of phone numbers.
    """
    found = []
    for match in _HIDDEN.finditer(text):
        parts = _ONE_DIGIT.findall(match[0])
        words = [part for part in parts if not part.isdigit()]
        if words:
            digits = "".join(_WORD_DIGITS.get(part.lower(), part) for part in parts)
            found.append((*match.span(), digits))
    return found
