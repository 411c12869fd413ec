"""The plan's numbers as sentences that an investigator can check."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Protocol

from cameras.held import TimeSpan
from cameras.reasons import distance_words

_SOON = timedelta(hours=24)
_SLIGHT = 0.0005


class Standing(Protocol):
    """What `explain` needs to know of a camera at one time."""

    @property
    def rank(self) -> int: ...
    @property
    def passing_share(self) -> float: ...
    @property
    def seen_share(self) -> float: ...
    @property
    def searched_share(self) -> float: ...
    @property
    def unsearched_share(self) -> float: ...
    @property
    def in_reach(self) -> bool: ...
    @property
    def lost_at(self) -> datetime | None: ...


def visit_reason(
    passing: float,
    seen: float,
    window: TimeSpan,
    gain: float,
    minutes: float,
    lost_at: datetime | None,
    now: datetime,
    zone: tzinfo | None,
) -> str:
    """Why a visit is in its place in the plan, for example

    "18 % of what is left of the probability passes here between 14:10 and 15:00; 92 % of it would
    be seen; finds 9.1 % beyond the visits before it, in 6 minutes of work."
    """
    beyond = f"finds {percent(gain)} beyond the visits before it, in {_minutes(minutes)} of work"
    parts = [_passing(passing, seen, window, now, zone), beyond, _lost(lost_at, now, zone)]
    return "; ".join(part for part in parts if part) + "."


def camera_reason(
    in_reach: bool,
    distance_m: float,
    passing: float,
    seen: float,
    searched: float,
    window: TimeSpan | None,
    lost_at: datetime | None,
    now: datetime,
    zone: tzinfo | None,
) -> str:
    """Why a camera has its rank by probability."""
    if not in_reach or window is None:
        away = distance_words(distance_m)
        return f"Too far to be reached in that time, even by vehicle: {away} away."
    parts = [
        _passing(passing, seen, window, now, zone),
        f"{percent(searched)} of that was searched already" if searched >= 0.01 else "",
        _lost(lost_at, now, zone),
    ]
    return "; ".join(part for part in parts if part) + "."


def explain(before: Standing, after: Standing, *, searched_in_vain: int = 0) -> str:
    """What moved a camera between two rankings, in one or two sentences.

    `searched_in_vain` is the number of visits in between that found nobody.
    """
    if after.rank == before.rank:
        move = f"It stays at rank {after.rank}"
    else:
        way = "up" if after.rank < before.rank else "down"
        move = f"It moved {way} from rank {before.rank} to {after.rank}"
    return f"{move}: {'; '.join(_causes(before, after, searched_in_vain))}."


def percent(share: float) -> str:
    """A share for people: "18 %", "2.4 %", "under 0.1 %"."""
    if 0.0 < share < _SLIGHT:
        return "under 0.1 %"
    value = 100.0 * share
    return f"{value:.0f} %" if value >= 9.95 or value == 0.0 else f"{value:.1f} %"


def clock(moment: datetime, now: datetime, zone: tzinfo | None) -> str:
    """A time of day, with its date where that is not today's."""
    local, today = moment.astimezone(zone or UTC), now.astimezone(zone or UTC).date()
    if local.date() == today:
        return f"{local:%H:%M}"
    return f"{local.day} {local:%b} {local:%H:%M}"


def _causes(before: Standing, after: Standing, searched_in_vain: int) -> Sequence[str]:
    causes: list[str] = []
    if after.in_reach != before.in_reach:
        causes.append("it is in reach now" if after.in_reach else "it is out of reach now")
    if after.searched_share > before.searched_share + 0.01:
        causes.append(f"{percent(after.searched_share)} of its likeliest time is searched now")
    causes.append(_change(before.unsearched_share, after.unsearched_share))
    if searched_in_vain:
        visits = "1 visit" if searched_in_vain == 1 else f"{searched_in_vain} visits"
        causes.append(f"{visits} found nobody, so the ways that pass there count for less")
    if before.lost_at is None and after.lost_at is not None:
        causes.append("its recorder is about to lose that time")
    return causes


def _change(before: float, after: float) -> str:
    was, now = percent(before), percent(after)
    if was == now:
        return f"{now} of the probability passes it in footage not yet searched, as before"
    return f"{now} of the probability passes it in footage not yet searched, {was} before"


def _passing(
    passing: float, seen: float, window: TimeSpan, now: datetime, zone: tzinfo | None
) -> str:
    start, end = clock(window.start, now, zone), clock(window.end, now, zone)
    if window.start.astimezone(zone or UTC).date() == window.end.astimezone(zone or UTC).date():
        end = end[-5:]
    return (
        f"{percent(passing)} of what is left of the probability passes here between {start} and "
        f"{end}; {percent(seen)} of it would be seen"
    )


def _lost(lost_at: datetime | None, now: datetime, zone: tzinfo | None) -> str:
    if lost_at is None or lost_at - now > _SOON:
        return ""
    return f"its recorder starts to lose that time at {clock(lost_at, now, zone)}"


def _minutes(minutes: float) -> str:
    if minutes < 0.5:
        return "less than a minute"
    return "1 minute" if round(minutes) == 1 else f"{minutes:.0f} minutes"
