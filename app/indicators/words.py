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

_WOMEN: Final = r"(?:girls?|lad(?:y|ies)|models?|babes?|beaut(?:y|ies))"
_MIDDLEMEN: Final = r"(?:driver|manager|boss|agent|agency|security|madam)"
_PAPERS: Final = r"(?:passports?|papers|documents)"
_ORIGINS: Final = (
    r"(?:exotic|foreign|asian|oriental|latin[ao]?|african|european|russian|nepali|thai|indian)"
)
_ANY: Final = {
    Sign.NEW_HERE: (
        r"new (?:in|to) (?:town|(?:the |your |this )?(?:city|area|place)|(?-i:[A-Z][a-z]+))",
        r"(?:just|newly|recently) (?:arrived|landed|came|moved)",
        r"(?:fresh|straight) off the (?:plane|boat|bus|train)",
        r"first time (?:here|in town|in (?:the |your )?city)",
        (
            r"(?:in town|here|visiting)(?: (?-i:[A-Z]\w+))? (?:only )?(?:for|until|till) "
            r"(?:a |one|two|\d+|(?:mon|tues|wednes|thurs|fri|satur|sun)day)"
        ),
        r"(?:for )?(?:a )?(?:few|limited) (?:days?|nights?|time)(?: only)?",
        r"(?:few|two|three|\d) days only",
        r"(?:leaving|leaves) (?:soon|today|tonight|tomorrow|town|on (?:\w+day))",
        r"last (?:day|night) (?:here|in town|for|before)",
        r"na[iy]i? aa?yi",
    ),
    Sign.OTHERS_SPEAK: (
        rf"(?:our|my|these|those|both|any|new) (?:\w+ )?{_WOMEN}",
        rf"{_WOMEN} (?:are |is )?(?:available|ready|waiting|waits?)",
        rf"(?:choose|pick|select) (?:from |one of )?(?:our|the|any|your|a) (?:\w+ )?{_WOMEN}",
        r"(?<!or )she (?:is|will|can|does|has|loves|likes|speaks|waits|must|sleeps)(?! or)",
        r"(?<!or )she[’']s",
        rf"we (?:have|offer|provide|bring|send) (?:you )?(?:\w+ ){{0,3}}{_WOMEN}",
        r"ask for (?:her|him)",
    ),
    Sign.YOUTH: (
        r"young(?:er)? (?:girls?|lad(?:y|ies)|wom[ae]n|looking|ones?|students?|beaut\w+|faces?)",
        r"(?:so|very|really|the) young(?:est)?(?: (?:girl|one))?(?= looking|[.,!]|$)",
        r"teen(?:age(?:d|r|rs)?|s|y)?|barely (?:legal|18)|just turned (?:18|eighteen)",
        r"(?:school|college) ?girls?(?! and| or)|lolita|sweet (?:16|17|18|sixteen|eighteen)",
        r"fresh (?:faces?|girls?|new)|(?:little|tiny|baby) (?:girl|doll|face)",
        r"innocent|inexperienced|girls? of (?:18|eighteen)",
        r"kachchi kali",
    ),
    Sign.ORIGIN: (
        rf"{_ORIGINS} (?:and \w+ )?{_WOMEN}",
        rf"{_WOMEN} (?:from|of) (?:many|all|different) (?:countries|nations)",
        r"exotic",
    ),
    Sign.RESTRICTED: (
        r"in[- ]?calls? only|only in[- ]?calls?|no out[- ]?calls?",
        (
            r"(?:she|they|girls|i) "
            r"(?:cannot|can not|can[’']t|(?:are|is) not allowed to|do(?:es)? not) "
            r"(?:leave|go out|travel|meet outside|talk)"
        ),
        (
            rf"(?:my|her|the|our) {_MIDDLEMEN} (?:will )?"
            r"(?:takes?|brings?|drives?|collects?|picks?|waits?|handles?|drops?)"
            r"(?! it)(?: (?:you|me|her|us|them))?"
        ),
        rf"(?:call|ask|pay|talk to|contact|through) (?:the |my |her )?{_MIDDLEMEN}",
        r"never alone|always accompanied|stays with (?:us|me|the)",
        rf"(?:keep|hold|look after|take)s? (?:your|the|her|their) {_PAPERS}",
        rf"{_PAPERS} (?:\w+ ){{0,3}}(?:stay|kept|held|remain)",
        r"no days? (?:off|out)|(?:travel|flight|fare|debt) (?:\w+ ){0,2}(?:worked off|paid back)",
    ),
    Sign.SPECIAL: (
        r"special(?:s)?(?: (?:offer|price|rate|today|tonight))?|discount(?:ed|s)?|half price",
        r"(?:cheap|cheapest|low(?:est)?) (?:price|rate)s?|two for one|2 ?for ?1|free trial",
    ),
}
PATTERNS: Final = {
    sign: re.compile(rf"\b(?:{'|'.join(parts)})(?!\w)", re.IGNORECASE)
    for sign, parts in _ANY.items()
}
_WOMEN_WORDS: Final = frozenset(
    {"girl", "girls", "lady", "ladies", "model", "models", "babe", "babes", "beauty", "beauties"}
)  # fmt: skip
TRIGGERS: Final = {
    Sign.NEW_HERE: frozenset(
        {"new", "newly", "just", "recently", "fresh", "straight", "first", "town", "here",
         "visiting", "few", "limited", "days", "leaving", "leaves", "last", "ayi", "aayi"}
    ),
    Sign.OTHERS_SPEAK: _WOMEN_WORDS | {"she", "her", "him"},
    Sign.YOUTH: _WOMEN_WORDS
    | {"young", "younger", "youngest", "teen", "teens", "teeny", "teenage", "teenaged", "teenager",
       "teenagers", "barely", "just", "schoolgirl", "schoolgirls", "collegegirl", "collegegirls",
       "lolita", "sweet", "fresh", "little", "tiny", "baby", "innocent", "inexperienced",
       "kachchi"},
    Sign.ORIGIN: _WOMEN_WORDS | {"exotic"},
    Sign.RESTRICTED: frozenset(
        {"incall", "incalls", "outcall", "outcalls", "call", "calls", "cannot", "can", "not",
         "driver", "manager", "boss", "agent", "agency", "security", "madam", "never", "always",
         "stays", "passport", "passports", "papers", "documents", "day", "days", "travel",
         "flight", "fare", "debt"}
    ),
    Sign.SPECIAL: frozenset(
        {"special", "specials", "discount", "discounted", "discounts", "half", "cheap", "cheapest",
         "low", "lowest", "two", "for", "free"}
    ),
}  # fmt: skip
"""Words of which a text has one wherever it has the sign: looking for these is much quicker."""
_WORD: Final = re.compile(r"[a-z]+")
_OF_A_PERSON: Final = re.compile(
    rf"\b(?:hours?|nights?|midnight|tonight|sessions?|her|him|she|company|{_WOMEN})\b",
    re.IGNORECASE,
)
_ASKS: Final = re.compile(
    r"\b(?:dm|pm|inbox|whats ?app|telegram|text|message|call|ring|contact) (?:me|us|my|for|now)\b",
    re.IGNORECASE,
)
_SENTENCE_END: Final = re.compile(r"[.!?\n]")
_WORD_DIGITS: Final = {
    "zero": "0", "oh": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5",
    "six": "6", "seven": "7", "eight": "8", "nine": "9",
}  # fmt: skip
_DIGIT = rf"(?:\d|{'|'.join(_WORD_DIGITS)})"
_GAP = r"(?:[\s,*_~|/()-]|\.(?!\s)){0,3}"
_HIDDEN = re.compile(rf"(?<![\w+]){_DIGIT}(?:{_GAP}{_DIGIT}){{8,13}}(?!\w)", re.IGNORECASE)
_ONE_DIGIT = re.compile(_DIGIT, re.IGNORECASE)


def find_signs(text: str, *, is_offer: bool = True) -> Sequence[WordSign]:
    """The signs in a text, in the order in which they stand there.

    The published studies are of advertisements: in a text that is none (`is_offer` false, and it
    asks nobody to call or write) only numbers that hide count.
    """
    hidden = [WordSign(Sign.HIDDEN_NUMBER, start, end) for start, end, _ in hidden_numbers(text)]
    if not (is_offer or hidden or _ASKS.search(text)):
        return []
    words = set(_WORD.findall(text.lower()))
    found = [
        WordSign(sign, *match.span())
        for sign, pattern in PATTERNS.items()
        if not words.isdisjoint(TRIGGERS[sign])
        for match in pattern.finditer(text)
        if sign is not Sign.SPECIAL or _is_of_a_person(text, match.start(), match.end())
    ]
    return sorted((*found, *hidden), key=lambda one: (one.start, one.end))[:MOST_SIGNS]


def _is_of_a_person(text: str, start: int, end: int) -> bool:
    """Whether the sentence around is about somebody's time, and not about goods."""
    before = [match.end() for match in _SENTENCE_END.finditer(text, 0, start)]
    after = _SENTENCE_END.search(text, end)
    sentence = text[before[-1] if before else 0 : after.start() if after else len(text)]
    return _OF_A_PERSON.search(sentence) is not None


def hidden_numbers(text: str) -> Sequence[tuple[int, int, str]]:
    """Numbers of 9 to 14 digits, some written as words: start, end and the digits.

    Numbers that are only figures are not hidden, and left to the finder of phone numbers; so are
    figures with one word before or after them, which is the sentence's.
    """
    found = []
    for match in _HIDDEN.finditer(text):
        parts = _ONE_DIGIT.findall(match[0])
        words = [part for part in parts if not part.isdigit()]
        in_between = any(not part.isdigit() for part in parts[1:-1])
        if len(words) > 1 or in_between:
            digits = "".join(_WORD_DIGITS.get(part.lower(), part) for part in parts)
            found.append((*match.span(), digits))
    return found
