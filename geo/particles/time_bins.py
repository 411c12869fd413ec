"""The time of a search, cut into bins of equal length."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from geo.errors import InvalidBelief

BIN_S = 900.0
MAX_BINS = 2_000


@dataclass(frozen=True, slots=True)
class TimeBins:
    """`count` bins of `bin_s` seconds from `start` (aware). Raises `InvalidBelief`."""

    start: datetime
    count: int
    bin_s: float = BIN_S

    def __post_init__(self) -> None:
        if self.start.utcoffset() is None:
            raise InvalidBelief("The start of a search needs a time zone.")
        if not (math.isfinite(self.bin_s) and self.bin_s >= 1.0):
            raise InvalidBelief("A time bin is at least one second long.")
        if not 1 <= self.count <= MAX_BINS:
            raise InvalidBelief(
                f"The search's time gives {self.count} steps, but 1 to {MAX_BINS} are possible: "
                "choose another window or longer steps."
            )

    @property
    def length_s(self) -> float:
        return self.count * self.bin_s

    @property
    def end(self) -> datetime:
        return self.start + timedelta(seconds=self.length_s)

    def seconds_at(self, moment: datetime) -> float:
        """Seconds from the start to `moment`, negative before it."""
        return (moment - self.start).total_seconds()

    def span(self, first: int, after_last: int) -> tuple[datetime, datetime]:
        """When bins `first` up to but not `after_last` begin and end."""
        step = timedelta(seconds=self.bin_s)
        return self.start + first * step, self.start + after_last * step

    def touched(self, start: datetime, end: datetime) -> tuple[int, int]:
        """First and after-last bin that overlap a span; equal where none does."""
        first = math.floor(self.seconds_at(start) / self.bin_s)
        after_last = math.ceil(self.seconds_at(end) / self.bin_s)
        first = min(max(first, 0), self.count)
        return first, max(first, min(after_last, self.count))


def bins_covering(start: datetime, end: datetime, bin_s: float = BIN_S) -> TimeBins:
    """Bins from `start` to `end` or a little after. Raises `InvalidBelief`."""
    return TimeBins(start, math.ceil((end - start).total_seconds() / bin_s), bin_s)
