"""What a text says of how somebody looks: age, height, build, hair, clothes, marks, languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from app.intake.marks import MarkKind, Span, WordMark

_NUMBER_WORD = (
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen"
    r"|sixteen|seventeen|eighteen|nineteen|twenty)"
)
_N = rf"(?:\d{{1,3}}|{_NUMBER_WORD})"
_ABOUT = r"(?:about|around|approximately|approx\.?|nearly|maybe|~)\s*"
_YEARS = r"(?:years?|yrs?)\.?"
_COLOURS = (
    r"red|blue|sky\s+blue|navy|green|yellow|orange|pink|purple|violet|maroon|brown|black|white|gr[ae]y"
    r"|beige|cream|khaki|golden|silver|striped|checked|checkered|printed|torn|denim|dark|light|tan|mustard|cream|colou?r|rubber|navy\s+blue"
)
_GARMENTS = (
    r"t-?\s?shirts?|shirts?|shorts|trousers|pants|jeans|leggings|frock|skirt|dress|nightdress|gown"
    r"|kurta|kurti|salwar(?:\s+kameez)?|dupatta|saree|sari|lungi|dhoti|burqa|hijab|sweater|jacket"
    r"|hoodie|jersey|uniform|tracksuit|pyjamas|sandals|slippers|shoes|cap|hat|school\s+bag|backpack"
    r"|suitcase|tie|vest|half\s+pants?|chappals|nightie|pathani\s+suit|safari|turban|helmet|windbreaker|loafers|pyjama|shawl|scarf|blouse|coat"
)
_LANGUAGES = (
    r"Kannada|Hindi|Tamil|Telugu|Malayalam|Urdu|Bengali|Bangla|Marathi|Gujarati|Punjabi|Odia|Oriya"
    r"|Assamese|Polish|Russian|German|Mandarin|Scottish|Irish|Konkani|Tulu|Nepali|English|Arabic|Spanish|French"
)
_BODY = (
    r"face|cheek|chin|forehead|eyebrow|eye|nose|lip|ear|neck|shoulder|arm|forearm|elbow|wrist|hand"
    r"|finger|chest|back|leg|knee|ankle|foot|toe|nostril|head"
)
_GARMENT_PHRASE = (
    rf"\b(?:(?:a|an|the|his|her|one|no|only|light|dark)\s+){{0,3}}"
    rf"(?:(?:{_COLOURS}|(?-i:[A-Z][a-z]+)|cotton|woollen|full|half|sleeved|sports|football|school)\s+){{0,4}}"
    rf"(?:{_GARMENTS})\b(?!\s*:)(?:\s+(?:no\.?|number)\s*\d+)?"
)
_AND_MORE = rf"(?:(?:,\s*|\s+(?:and|with|over)\s+)(?:{_GARMENT_PHRASE})){{0,6}}"

_PATTERNS: Final[tuple[tuple[str, str], ...]] = (
    (
        "age",
        (
            rf"\baged?\s+(?:between\s+)?(?:{_ABOUT})?{_N}(?:\s*(?:-|to|or|and)\s*{_N})?(?:\s+{_YEARS}"
            rf"(?:\s+(?:of\s+age|old))?)?(?=[\s.,;)])"
            rf"|\b(?:{_ABOUT})?{_N}(?:\s*(?:-|to|or|and)\s*{_N})?[\s-]+{_YEARS}(?:[\s-]+(?:old|of\s+age))"
            rf"|(?<=\bage:\s)(?:{_ABOUT})?{_N}\s+{_YEARS}"
            rf"|(?<=\bage\s){_N}\b"
            rf"|(?<=\bof\s)(?:{_ABOUT})?{_N}(?:\s*(?:-|to|or|and)\s*{_N})?\s+{_YEARS}"
            rf"|(?<=\baged\s)(?:{_ABOUT})?{_N}\s+{_YEARS}"
            rf"|(?<=\bapprox\s)(?:{_ABOUT})?{_N}\s+{_YEARS}"
            rf"|\b{_N}(?:\s*(?:-|to)\s*{_N})?\s+(?:{_YEARS}|yr\b|y/o\b)(?!\s+(?:ago|back|old|of|imprison))"
            rf"|\b(?:mid|late|early)[\s-]+(?:thirties|forties|fifties|teens|twenties|\d0s)\b"
            rf"|\bmiddle[\s-]+aged\b|\b\d{{2}}ish\b"
            rf"|(?<=\bis\sabout\s)\d{{1,2}}\b|(?<=\bwas\sabout\s)\d{{1,2}}\b"
            rf"|(?<=,\s)\d{{1,2}}(?=,\s)|(?<=\()\d{{1,2}}(?=\s?/\s?[MF]\b)|(?<=[,(]\s){_N}\s+{_YEARS}(?=[,)])|~\s?\d{{1,2}}\b"
            r"|\bin\s+(?:his|her|their)\s+(?:early|mid|late)?\s*(?:teens|twenties|thirties|forties"
            r"|fifties|sixties|seventies)"
            rf"|(?<=\bis\s)\d{{1,2}}(?=\.\s)"
        ),
    ),
    (
        "height",
        (
            rf"(?:\bheight:?\s+)?(?:{_ABOUT})?\b\d'\s?\d{{1,2}}(?:\"|”|'')?(?:\s+tall)?"
            rf"|(?:\bheight:?\s+)?(?:{_ABOUT})?\b(?:\d(?:\.\d)?|{_NUMBER_WORD})\s*(?:feet|foot|ft)\b\.?"
            rf"(?:\s*(?:\d{{1,2}}|{_NUMBER_WORD})(?:\s*(?:inches|inch|in)\b\.?)?)?(?:\s+tall)?"
            rf"|(?:\bheight:?\s+)?(?:{_ABOUT})?\b1?\d{{2}}\s?(?:cms?|centimet(?:er|re)s?)\b(?:\s+tall)?"
        ),
    ),
    ("weight", r"\b\d{2,3}\s?(?:kgs?|kilos?|lbs?|pounds)\b"),
    (
        "build",
        (
            r"\b(?:thin|slim|lean|medium|heavy|stout|strong|normal|average|athletic|healthy)\s+(?:build|built)\b"
            r"|\b(?:slim|well|heavily|strongly)[\s-]+built\b|\b(?:skinny|lean|stout|obese|plump|slender|stocky|fat|chubby|patla)\b"
            r"|(?<=\bbuild:\s)\w+"
        ),
    ),
    (
        "complexion",
        (
            r"\b(?:very\s+)?(?:wheatish|whitish|fair|dark|dusky|light|brown|black|olive)[\s-]+"
            r"(?:complexion(?:ed)?|skin(?:ned)?)\b"
            r"|\bcomplexion\s+(?:wheatish|fair|dark|dusky)\b|\bvery\s+(?:fair|dark)\b|\b(?:nim)?gora\b"
            r"|\bsa+n?w?l[ao]\b(?:\s+colou?r)?|(?<=,\s)(?:fair|wheatish|dusky)(?=,)"
            r"|(?<=\bcomplexion:\s)\w+"
        ),
    ),
    (
        "hair",
        (
            r"\b(?:(?:long|short|curly|straight|wavy|spiky|grey|gray|white|black|brown|blond|blonde|red"
            r"|cropped|shoulder[\s-]+length|thick|thin|oiled|fair|dark|colou?red|dyed)\s+){1,4}hair\b"
            r"(?:\s+(?:tied\s+)?(?:back|up|in\s+(?:a\s+)?(?:bun|ponytail|plaits?|pigtails)))?|\bhair\s+tied\s+in\s+a\s+\w+"
            r"|\b(?:a\s+)?bald(?:\s+head)?\b|\b(?:two|one)\s+plaits?\b|\b(?:\w+\s+)?pigtails\b"
            r"|\b(?:\w+\s+)?crew\s+cut\b|\bno\s+hair\b"
            r"|(?<=\bhair:\s)[a-z][a-z ,-]{2,40}(?=\n|\s{2}|\.)"
            r"|\b(?:a\s+)?(?:(?:grey|gray|white|black|long|short)\s+)?(?:beard|moustache|mustache)\b"
        ),
    ),
    ("eyes", r"\b(?:brown|blue|green|hazel|black|grey|gray|light|cat)\s+eyes\b|(?<=\beyes:\s)\w+"),
    (
        "glasses",
        (
            r"\b(?:wears?\s+|wearing\s+)?(?:(?:thick|round|dark)\s+)?(?:glasses|spectacles|specs|sunglasses|goggles)\b"
        ),
    ),
    (
        "mark",
        (
            rf"\b(?:an?\s+)?(?:(?:cut|burn|old|deep|small|big|black)\s+)?(?:(?:gold|broken|missing)\s+"
            rf"(?:tooth|finger|front\s+tooth)|scar|mole|birthmark|tattoo"
            rf"|(?<=black\s)thread|(?<=cut\s)mark|(?<=burn\s)mark|mark(?=\s+(?:on|above|below)))\b"
            rf"(?:\s+of\s+an?\s+\w+)?(?:\s+(?:on|above|below|near|over|under)\s+(?:(?:the|his|her|left"
            rf"|right)\s+){{0,3}}(?:{_BODY})\b)?"
            rf"|\bmissing\s+finger\b|\bpierced\s+(?:(?:left|right)\s+)?(?:{_BODY})\b"
            rf"|\ba\s+missing\s+(?:finger|tooth)\s+on\s+(?:his|her|the)\s+(?:(?:left|right)\s+)?(?:{_BODY})"
            rf"|\b(?:a\s+)?deformed\s+(?:(?:left|right)\s+)?(?:{_BODY})\b"
            rf"|\blimp(?:s|ing)?\b(?:\s+on\s+(?:the|his|her)\s+(?:left|right)\s+leg)?"
            rf"|\bsix\s+fingers(?:\s+(?:in|on)\s+(?:(?:his|her|the|left|right)\s+){{1,2}}hand)?"
            rf"|\bwith\s+an?\s+\w+\s+tattoo\s+on\s+(?:his|her|the)\s+(?:{_BODY})"
        ),
    ),
    (
        "language",
        (
            rf"\b(?:speaks?|spoke|speaking|knows)\s+(?:(?:only|some|a\s+little)\s+)?(?:{_LANGUAGES})\b"
            rf"(?:(?:,\s*|\s+and\s+)(?:some\s+)?(?:{_LANGUAGES})\b){{0,8}}"
            rf"|\b(?:talking|speaking|talks?)\s+in\s+(?:{_LANGUAGES})\b"
            rf"|\b(?:{_LANGUAGES})\s+accent\b"
            rf"|(?<=\blanguages\sknown:\s)(?:{_LANGUAGES})(?:(?:,\s*|\s+and\s+)(?:{_LANGUAGES})){{0,8}}"
        ),
    ),
    (
        "clothes",
        (
            rf"\b(?:(?:was\s+|is\s+)?(?:wearing|dressed\s+in|clad\s+in|wore|in))\s+{_GARMENT_PHRASE}{_AND_MORE}"
            rf"|{_GARMENT_PHRASE}{_AND_MORE}"
        ),
    ),
)
_COMPILED: Final = tuple(
    (field, re.compile(pattern, re.IGNORECASE)) for field, pattern in _PATTERNS
)
_NOBODY = re.compile(
    r"\b(?:for|since|within|last|driving\s+for|after)\s+$|\b(?:distance|limit)\s+$", re.IGNORECASE
)
_SAID = re.compile(
    r"^(?:(?:was|is)\s+)?(?:wearing|wears|dressed\s+in|clad\s+in|wore|with|speaks?|spoke)\s+",
    re.IGNORECASE,
)
_A_STREET = re.compile(r"\s+(?:road|street)\b", re.IGNORECASE)


def find_descriptions(text: str) -> Iterator[WordMark]:
    """Words that describe a person, with the field that they describe, as they stand there."""
    taken: list[Span] = []
    for field, pattern in _COMPILED:
        for found in pattern.finditer(text):
            span = Span(*found.span(), found[0])
            before = text[max(0, span.start - 20) : span.start]
            if _NOBODY.search(before) or _A_STREET.match(text, span.end):
                continue
            if any(span.overlaps(other) for other in taken):
                continue
            taken.append(span)
            said = _SAID.sub("", " ".join(found[0].split()))
            yield WordMark(span, MarkKind.DESCRIPTION, said, field)
