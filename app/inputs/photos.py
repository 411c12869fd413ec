"""What is said of a reference photo: when it was taken, and whether it is artificial."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator

from app.inputs.fields import FIRST_YEAR, Input, OptionalText
from app.models.cases import TakenPrecision

_PARTS = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?", re.ASCII)
_PRECISIONS = (TakenPrecision.YEAR, TakenPrecision.MONTH, TakenPrecision.DAY)
_FURTHEST_ZONE = timedelta(hours=14)


def taken_of(text: str) -> tuple[date, TakenPrecision] | None:
    """The first day of what was typed, and how exact it is; None for an empty text.

    Raises ValueError for anything else than a year, a month or a day that has come.
    """
    if not text.strip():
        return None
    parts = _PARTS.fullmatch(text.strip())
    if parts is None:
        raise ValueError("give a year, a month or a day: 2019, 2019-06 or 2019-06-14")
    given = [int(part) for part in parts.groups() if part is not None]
    try:
        year, month, day = (*given, 1, 1)[:3]
        first = date(year, month, day)
    except ValueError as error:
        raise ValueError("there is no such day") from error
    if first > (datetime.now(UTC) + _FURTHEST_ZONE).date():
        raise ValueError("lies in the future")
    if first.year < FIRST_YEAR:
        raise ValueError(f"must not lie before {FIRST_YEAR}")
    return first, _PRECISIONS[len(given) - 1]


def _readable(text: str) -> str:
    taken_of(text)
    return text.strip()


Taken = Annotated[str, AfterValidator(_readable)]
"""A year, a month or a day; empty where nobody knows."""


class PhotoInput(Input):
    """What is said of a new photo.

    `artificial`: a computed picture, as of the subject at a later age; it proposes nothing.
    """

    taken: Taken = ""
    artificial: bool = False


class PhotoChange(Input):
    """What changes of a photo; fields that are not given stay. An empty `taken`: nobody knows.

    `reason` is needed to call an artificial picture a real photo.
    """

    taken: Taken | None = None
    artificial: bool | None = None
    reason: OptionalText = ""
