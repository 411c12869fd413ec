"""When a recording began, from its file's name."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import PurePath

from cameras.errors import InvalidNamePattern

_YEAR, _MONTH, _DAY = r"(?P<Y>20\d\d)", r"(?P<m>0[1-9]|1[0-2])", r"(?P<d>0[1-9]|[12]\d|3[01])"
_HOUR, _MINUTE, _SECOND = r"(?P<H>[01]\d|2[0-3])", r"(?P<M>[0-5]\d)", r"(?P<S>[0-5]\d)"
_CLOCK = rf"{_HOUR}[-_.:h]?{_MINUTE}[-_.:m]?{_SECOND}s?"
# Milliseconds may follow a time directly; a longer run of digits is something else.
_FRACTION_ZONE = r"(?:[.,_]?(?P<f>\d{3}))?(?P<z>Z|[+-]\d\d:?\d\d)?(?!\d)"
_BETWEEN = r"(?:T|[ _.@-]{1,3}|at)?"

_WHOLE_PATTERNS = tuple(
    re.compile(rf"(?<!\d){date}{_BETWEEN}{_CLOCK}{_FRACTION_ZONE}", re.IGNORECASE)
    for date in (
        rf"{_YEAR}[-_.]?{_MONTH}[-_.]?{_DAY}",
        rf"{_DAY}[-_.]{_MONTH}[-_.]{_YEAR}",
    )
)
_EPOCH = re.compile(r"(?<!\d)(?P<s>1[4-9]\d{8})(?P<ms>\d{3})?(?!\d)")
# Recorders that keep a folder for each day name files by time alone: 14.10.00-14.20.00[M].dav
_CLOCK_ONLY = re.compile(
    rf"(?<!\d){_HOUR}(?P<sep>[-_.:]?){_MINUTE}(?P=sep){_SECOND}(?!\d)", re.IGNORECASE
)
_DAY_FOLDER = re.compile(rf"(?<!\d){_YEAR}[-_.]?{_MONTH}[-_.]?{_DAY}(?!\d)")
_DAY_FOLDERS_DEEP = 4

_MOST_WILDCARDS = 3
_LONGEST_NAME = 128
"""With more of either, a name that does not fit could keep the search busy for days."""

_DIRECTIVES = {
    "Y": r"(?P<Y>\d{4})",
    "y": r"(?P<y>\d\d)",
    "m": r"(?P<m>\d\d?)",
    "d": r"(?P<d>\d\d?)",
    "H": r"(?P<H>\d\d?)",
    "I": r"(?P<I>\d\d?)",
    "p": r"(?P<p>[AaPp][Mm])",
    "M": r"(?P<M>\d\d?)",
    "S": r"(?P<S>\d\d?)",
    "f": r"(?P<f>\d{1,6})",
    "z": r"(?P<z>Z|[+-]\d\d:?\d\d)",
    "s": r"(?P<s>\d{9,10})",
    "%": "%",
}


def start_time_from_name(
    name: str | PurePath, *, zone: tzinfo, pattern: str | None = None
) -> datetime | None:
    """When the recording began, as aware UTC; None where the name does not say.

    Without a pattern, the names that recorders commonly give are tried: date and time in one
    ("ch01_20261118_141000.mp4", "2026-11-18_14-10-00", "18-11-2026 14.10.00"), seconds or
    milliseconds since 1970, and a time alone under a folder named for the day. The first time in
    the name counts, the second one is the recording's end. `zone` is the recorder's, unless the
    name ends in "Z" or an offset.

    A pattern is written as for strptime (`%Y %y %m %d %H %I %p %M %S %f %z %s`), with `*` for
    anything, and must fit the whole name, with or without its ending:
    "cam*_%Y%m%d-%H%M%S". Raises `InvalidNamePattern`.
    """
    path = PurePath(str(name).replace("\\", "/"))
    if pattern is not None:
        return _by_pattern(path, pattern, zone)
    moments = (_moment(match.groupdict(), zone) for match in _matches(path))
    return next((moment for moment in moments if moment is not None), None)


def _matches(path: PurePath) -> Iterator[re.Match[str]]:
    for expression in _WHOLE_PATTERNS:
        yield from expression.finditer(path.name)
    yield from _EPOCH.finditer(path.name)
    # The time of the file, after the nearest folder that names a day.
    for folder in list(path.parents)[:_DAY_FOLDERS_DEEP]:
        day = _DAY_FOLDER.search(folder.name)
        clock = _CLOCK_ONLY.search(path.name)
        if day and clock:
            text = f"{day['Y']}-{day['m']}-{day['d']}T{clock['H']}:{clock['M']}:{clock['S']}"
            yield from _WHOLE_PATTERNS[0].finditer(text)


def _by_pattern(path: PurePath, pattern: str, zone: tzinfo) -> datetime | None:
    expression = _compiled(pattern)
    for candidate in (path.name, path.stem):
        match = expression.fullmatch(candidate) if len(candidate) <= _LONGEST_NAME else None
        if match:
            return _moment(match.groupdict(), zone)
    return None


def _compiled(pattern: str) -> re.Pattern[str]:
    parts: list[str] = []
    pieces = re.findall(r"%.?|\*+|[^%*]+", pattern, re.DOTALL)
    if sum(piece.startswith("*") for piece in pieces) > _MOST_WILDCARDS:
        raise InvalidNamePattern(
            f"The pattern “{pattern[:80]}” may hold {_MOST_WILDCARDS} * at most."
        )
    for piece in pieces:
        if piece.startswith("*"):
            parts.append(".*?")
        elif piece.startswith("%"):
            parts.append(_directive(piece[1:], pattern))
        else:
            parts.append(re.escape(piece))
    try:
        expression = re.compile("".join(parts))
    except re.error as error:
        raise InvalidNamePattern(
            f"The pattern “{pattern[:80]}” names the same part of the time twice: use * for one."
        ) from error
    named = expression.groupindex.keys()
    if "s" not in named and not ({"m", "d"} <= named and named & {"Y", "y"}):
        raise InvalidNamePattern(
            f"The pattern “{pattern[:80]}” must hold a date: %Y, %m and %d, or %s."
        )
    return expression


def _directive(letter: str, pattern: str) -> str:
    if letter not in _DIRECTIVES:
        known = " ".join(f"%{one}" for one in _DIRECTIVES)
        raise InvalidNamePattern(
            f"“%{letter}” in the pattern “{pattern[:80]}” is not known. Known are: {known}."
        )
    return _DIRECTIVES[letter]


def _moment(parts: dict[str, str | None], zone: tzinfo) -> datetime | None:
    """The parts of a time as aware UTC; None where they are no time, such as 30 February."""
    if parts.get("s"):
        fraction_s = int(parts.get("ms") or 0) / 1000
        return datetime.fromtimestamp(int(parts["s"] or 0), UTC) + timedelta(seconds=fraction_s)
    year = int(parts.get("Y") or 2000 + int(parts.get("y") or 0))
    try:
        local = datetime(
            year,
            int(parts["m"] or 0),
            int(parts["d"] or 0),
            _hour(parts),
            int(parts.get("M") or 0),
            int(parts.get("S") or 0),
            int((parts.get("f") or "0").ljust(6, "0")),
            tzinfo=_zone_of(parts.get("z"), zone),
        )
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _hour(parts: dict[str, str | None]) -> int:
    if parts.get("I"):
        afternoon = (parts.get("p") or "").lower() == "pm"
        return int(parts["I"] or 0) % 12 + 12 * afternoon
    return int(parts.get("H") or 0)


def _zone_of(text: str | None, zone: tzinfo) -> tzinfo:
    if not text:
        return zone
    if text.upper() == "Z":
        return UTC
    digits = text[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)
