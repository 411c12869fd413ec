"""How days and clock times are written: the patterns that `app.intake.times` puts together."""

from __future__ import annotations

import re
from typing import Final

_MONTHS = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
WEEKDAYS = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
NUMBERS: Final = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6,
    "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "fifteen": 15,
    "twenty": 20, "thirty": 30, "quarter": 15,
}  # fmt: skip
_COUNT = rf"(?:\d{{1,3}}|{'|'.join(NUMBERS)})"
_HOUR_WORD = r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
_MERIDIEM = r"(?:[ap]\.?\s?m\b\.?)"

DAY = re.compile(
    rf"""
    (?P<iso>\b\d{{4}}-\d{{2}}-\d{{2}}(?!\d))
  | (?P<night>\b(?P<n1>\d{{1,2}})\s?/\s?\d{{1,2}}\.(?P<n2>\d{{1,2}})\.(?P<n3>\d{{4}})\b)
  | (?P<nights>\b\d{{1,2}}\.\d{{1,2}}(?:\.\d{{4}})?\s?/\s?
        (?P<m1>\d{{1,2}})\.(?P<m2>\d{{1,2}})\.(?P<m3>\d{{4}})\b)
  | (?P<yearless>(?<![\d./-])(?P<y1>\d{{1,2}})/(?P<y2>\d{{1,2}})
        (?=,?\s+(?:at|around|about)\s+\d))
  | (?P<ofmonth>\b\d{{1,2}}(?:st|nd|rd|th)\s+of\s+this\s+month\b)
  | (?P<numeric>(?<![\d./-])(?P<d1>\d{{1,2}})(?P<sep>[./-])(?P<d2>\d{{1,2}})(?P=sep)
        (?P<d3>\d{{4}}|\d{{2}})(?![\d/-]|\.\d))
  | (?P<dmy>\b\d{{1,2}}(?:st|nd|rd|th)?[\s-]+(?:of\s+)?{_MONTHS}(?:(?:,?\s+|-)\d{{4}}\b)?)
  | (?P<mdy>\b{_MONTHS}\s+\d{{1,2}}(?:st|nd|rd|th)?\b(?!\s*[:.]\d)(?:,?\s+\d{{4}}\b)?)
  | (?P<instant>\b\d{{1,2}}(?:st|nd|rd|th)\s+inst(?:ant)?\b\.?)
  | (?P<before>\b(?:the\s+)?day\s+before\s+yesterday\b)
  | (?P<lastnight>\blast\s+night\b)
  | (?P<yesterday>\byesterday\b)
  | (?P<today>\b(?:today|tonight)\b(?:,?\s+i\.e\.,?)?|\bthis\s+(?=morning|afternoon|evening))
  | (?P<week>\b{WEEKDAYS}\s+last\s+week\b)
  | (?P<weekday>\b(?:last\s+|this\s+)?{WEEKDAYS}\b)
  | (?P<ago>\b{_COUNT}\s+(?:days?|weeks?|months?)\s+(?:ago|back)\b)
    """,
    re.IGNORECASE | re.VERBOSE,
)
CLOCK = re.compile(
    rf"""
    (?P<relative>\b(?:half\s+an|{_COUNT})\s+(?:hours?|hrs?|minutes?|mins?)\s+(?:ago|back)\b)
  | (?P<noon>\b(?:12\s+noon|noon)\b)
  | (?P<midnight>\b(?:12\s+)?midnight\b)
  | (?P<military>\b(?P<m1>[0-2]\d)(?P<m2>[0-5]\d)\s?(?:hrs|hours|hr)\b\.?)
  | (?P<full>(?<![\d.:/-])(?P<h>\d{{1,2}})(?P<dot>[:.])(?P<min>[0-5]\d)
        (?:[:.][0-5]\d)?(?![\d:]|\.\d)
        (?:\s?(?P<ap>{_MERIDIEM})|\s?(?P<hrs>hrs|hours|h)\b\.?)?)
  | (?P<hour>(?<![\d.:/-])(?P<hh>\d{{1,2}})\s?(?P<hap>{_MERIDIEM}))
  | (?P<past>\b(?:half|quarter|{_COUNT})\s+
        (?:past\s+(?:{_HOUR_WORD}|\d{{1,2}})|to\s+{_HOUR_WORD})\b)
  | (?P<oclock>\b(?:{_HOUR_WORD}|\d{{1,2}})\s+o['’]clock\b)
  | (?P<bare>(?<=\bat\s)(?:{_HOUR_WORD}|\d{{1,2}})\b
        (?![\d:/-]|\.\d|\s+(?:years?|or|km|feet|rupees)))
  | (?P<parted>(?<![\d.:/-])\b(?:{_HOUR_WORD}|\d{{1,2}})\b(?=\s+
        (?:in\s+the\s+(?:morning|afternoon|evening|night)|last\s+night|tonight|this\s+morning)\b))
  | (?P<halfhour>\bhalf\s+{_HOUR_WORD}\b)
  | (?P<since>(?<=\bsince\s)\d{{1,2}}\b(?=\s+(?:this|in\s+the)\s))
    """,
    re.IGNORECASE | re.VERBOSE,
)
PART = re.compile(
    r"\b(?:in\s+the\s+|on\s+the\s+|the\s+)?(?P<part>morning|afternoon|evening|night)\b(?:\s+of\b)?",
    re.IGNORECASE,
)
BETWEEN = re.compile(
    r"(?:[\s,]|T(?=$)|\b(?:train|bus|on|at|about|around|approximately|approx|by|in|the|of|between"
    r"|i\.e\.|intervening)\b)*",
    re.IGNORECASE,
)
NO_EVENT = re.compile(
    r"(?:\b(?:dob\b[^.\n]{0,25}|date\s+of\s+birth\s+is|d\.o\.b\.?|born(?:\s+on)?|dated"
    r"|dt\.?|date\s+of\s+(?:birth|report|registration))"
    r"|\bwatch\s+showed)\s*:?\s*$",
    re.IGNORECASE,
)
CUE = re.compile(
    r"(?:\b(?:at|around|about|by|till|until|between|from|since|and|now|time|missing)\b[\s:,]*|,\s)$",
    re.IGNORECASE,
)
HABIT = re.compile(
    r"\b(?:duty|shift|shop|open|hours?|daily|every\s*day|normally|usually|always|tomorrow"
    r"|scheduled)\b[^.\n]{0,20}$",
    re.IGNORECASE,
)
HABIT_AFTER = re.compile(r"\s+(?:daily|every\s*day|tomorrow|local\b|onwards)", re.IGNORECASE)
RANGE_OF_DUTY = re.compile(r"^\s+to\s+\d{1,2}\b")
RANGE = re.compile(r"\s*(?:and|to|or|till|until|-|–)\s*", re.IGNORECASE)
MEASURE = re.compile(r"\s?(?:km|kmph|m\b|feet|ft|%|kg|lakh|crore|rupees|inch)", re.IGNORECASE)
