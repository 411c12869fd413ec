"""Cells to values: status, kind, numbers with units, plain text."""

import html
import math
import re
from collections.abc import Sequence
from typing import TypeVar

from cameras.camera import CameraKind, CameraStatus

_PLANNED = (
    "desired|planned|proposed|future|pending|design|to be installed|not installed|not yet|"
    "under construction|construction|approved|tender"
)
_REMOVED = (
    "removed|void|decommissioned|retired|dismantled|deleted|demolished|abandoned|destroyed|"
    "stolen|obsolete|replaced|scrapped|closed"
)
_OFFLINE = (
    "offline|off|off line|down|inactive|disabled|faulty|broken|no|not working|non working|"
    "not functional|non functional|defective|0|out of order|out of service|no communication|"
    "no signal|maintenance|turned off|switched off|under repair|false|disconnected|not active"
)
_ACTIVE = (
    "active|on|online|on line|working|operational|installed|in service|live|enabled|ok|yes|up|"
    "functional|true|running|1|available|turned on|switched on|connected|good|in use|existing"
)
# In this order: “not installed yet” is planned although “installed” is active.
_STATUS_WORDS = (
    (CameraStatus.PLANNED, _PLANNED),
    (CameraStatus.REMOVED, _REMOVED),
    (CameraStatus.OFFLINE, _OFFLINE),
    (CameraStatus.ACTIVE, _ACTIVE),
)
_KIND_WORDS = (
    (CameraKind.ANPR, "anpr|alpr|lpr|number plate|license plate|licence plate"),
    (CameraKind.PTZ, "ptz|panning|pan tilt|speed dome|pan tilt zoom"),
    (CameraKind.DOME, "dome|fisheye|panoramic|360"),
    (CameraKind.FIXED, "fixed|bullet|box|static"),
)
_UNITS_M = {"": 1.0, "m": 1.0, "metre": 1.0, "meter": 1.0, "km": 1000.0} | {
    "ft": 0.3048,
    "feet": 0.3048,
}
_UNITS_HOURS = {"h": 1.0, "hr": 1.0, "hour": 1.0, "d": 24.0, "day": 24.0} | {
    "week": 168.0,
    "month": 720.0,
}
_NUMBER = re.compile(r"\s*([+-]?\d+(?:[.,]\d+)?(?:[eE][+-]?\d{1,2})?)\s*([^\W\d_]*)\W*", re.UNICODE)


def parse_status(text: str) -> CameraStatus | None:
    """The status that a registry's word means; None where the word is not known.

    Empty text is `unknown`. Words that mean removed or planned come in as such, so that they are
    counted but never ranked.
    """
    words = _words(text)
    if not words or words in ("unknown", "n a", "na", "null", "none"):
        return CameraStatus.UNKNOWN
    return _meaning(words, _STATUS_WORDS)


def parse_kind(text: str) -> CameraKind:
    """The kind that a registry's word means; `unknown` where it is not known."""
    return _meaning(_words(text), _KIND_WORDS) or CameraKind.UNKNOWN


def parse_number(text: str) -> float | None:
    """A finite number, "12.5" or "12,5", any unit ignored; None where there is none."""
    return _number_and_unit(text)[0]


def parse_metres(text: str) -> float | None:
    """A length in metres: "40", "40 m", "0.1 km", "130 ft"; None where it is no length."""
    number, unit = _number_and_unit(text)
    factor = _UNITS_M.get(unit, _UNITS_M.get(unit.rstrip("s")))
    return None if number is None or factor is None else number * factor


def parse_hours(text: str, *, bare_unit_hours: float = 1.0) -> float | None:
    """A duration in hours: "72", "72 h", "30 days"; a bare number counts `bare_unit_hours` each."""
    number, unit = _number_and_unit(text)
    factor = bare_unit_hours if not unit else _UNITS_HOURS.get(unit, _UNITS_HOURS.get(unit[:-1]))
    return None if number is None or factor is None else number * factor


def parse_indoor(text: str) -> bool | None:
    """Whether a camera is indoors, from "indoor", "outdoor", "yes", "no"; None where not said."""
    return _INDOOR_WORDS.get(_words(text))


_INDOOR_WORDS = {"indoor": True, "yes": True, "true": True, "1": True} | {
    "outdoor": False,
    "public": False,
    "no": False,
    "false": False,
    "0": False,
}


def plain_text(text: str, max_length: int) -> str:
    """Text without HTML and control characters, blanks collapsed, cut at `max_length`."""
    cleaned = _HTML_BLOCK.sub(" ", text[:_MAX_CELL])
    cleaned = _HTML_BREAK.sub("; ", cleaned)
    cleaned = html.unescape(_HTML_TAG.sub(" ", cleaned))
    cleaned = "".join(c if c.isprintable() else " " for c in cleaned)
    cleaned = re.sub(r"(?:\s*;\s*)+", "; ", " ".join(cleaned.split())).strip("; ")
    return cleaned if len(cleaned) <= max_length else cleaned[: max_length - 1] + "…"


_MAX_CELL = 20_000
_HTML_BLOCK = re.compile(
    r"<(script|style)\b[^>]*>.*?</\1\s*>|<!--.*?-->", re.IGNORECASE | re.DOTALL
)
_HTML_BREAK = re.compile(r"<\s*/?\s*(?:br|p|li|tr|div|h\d)\b[^<>]*>", re.IGNORECASE)
_HTML_TAG = re.compile(r"</?[a-z!][^<>]*>", re.IGNORECASE)


def _words(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", text.casefold()))


_Meaning = TypeVar("_Meaning")


def _meaning(words: str, table: Sequence[tuple[_Meaning, str]]) -> _Meaning | None:
    """The meaning of exactly these words, else the first one of which a phrase occurs in them."""
    for meaning, phrases in table:
        if words in phrases.split("|"):
            return meaning
    for meaning, phrases in table:
        if any(f" {phrase} " in f" {words} " for phrase in phrases.split("|") if len(phrase) > 2):
            return meaning
    return None


def _number_and_unit(text: str) -> tuple[float | None, str]:
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None, ""
    number = float(match[1].replace(",", "."))
    return (number if math.isfinite(number) else None), match[2].casefold()
