"""What all outputs share: the base model, instants, pages and the notice on face matches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Generic, Protocol, TypeAlias, TypeVar
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, JsonValue

JSON: TypeAlias = JsonValue
"""Anything that JSON can say."""

LEAD_NOTICE = "Investigative lead, not an identification."
"""Stands on every answer that shows a face match."""

OutputT = TypeVar("OutputT")
RowT_co = TypeVar("RowT_co", covariant=True)


class Output(BaseModel):
    """Base of all outputs: frozen, and readable from ORM rows and dataclasses."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


def _in_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("an instant must know its zone")
    return value.astimezone(UTC)


UtcInstant = Annotated[datetime, AfterValidator(_in_utc)]
"""An instant, written as ISO 8601 in UTC ("…Z")."""


class PageOut(Output, Generic[OutputT]):
    """One page of a list; `total` counts all pages."""

    items: list[OutputT]
    total: int
    page: int
    per_page: int


class PageLike(Protocol[RowT_co]):
    """What a service hands over as a page (`services.base.pages.Page`)."""

    @property
    def items(self) -> Sequence[RowT_co]: ...
    @property
    def total(self) -> int: ...
    @property
    def page(self) -> int: ...
    @property
    def per_page(self) -> int: ...


def page_of(page: PageLike[RowT_co], output: Callable[[RowT_co], OutputT]) -> PageOut[OutputT]:
    """Turn a page of rows into a page of outputs."""
    return PageOut(
        items=[output(row) for row in page.items],
        total=page.total,
        page=page.page,
        per_page=page.per_page,
    )


def whole_list(rows: Sequence[RowT_co], output: Callable[[RowT_co], OutputT]) -> PageOut[OutputT]:
    """A list that is never paged, in the same wrapping as one that is."""
    items = [output(row) for row in rows]
    return PageOut(items=items, total=len(items), page=1, per_page=max(1, len(items)))


def local_text(instant: datetime, timezone: str) -> str:
    """The instant on a wall clock of `timezone`, as ISO 8601 with its offset, whole seconds."""
    return instant.astimezone(ZoneInfo(timezone)).isoformat(timespec="seconds")


def picture_address(sha256: str) -> str:
    """Where the picture with this hash is served; a path, so that it holds behind any host."""
    return f"/media/{sha256}.jpg"


def duration(seconds: float | None) -> str:
    """A length of time in its two largest units: "2 h 05 min", "7.5 s"."""
    if seconds is None:
        return "unknown"
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes == 0:
        return f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    if hours == 0:
        return f"{minutes} min {rest:02d} s"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if days else f"{hours} h {minutes:02d} min"
