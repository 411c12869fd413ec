"""How values look on pages: local times, distances, durations, sizes."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flask import Flask
from flask_login import current_user

from app.alert_pages import page_of
from app.current import actor, settings
from app.gate import can
from app.outputs.age_gaps import gap_of, gap_remark, measured_words
from app.outputs.base import duration
from app.outputs.clocks import uncertainty_s_of, words_of
from app.services.contributing import found_matches, tip_queue
from app.services.inventory import roads
from app.services.messages import alerts
from app.services.people import registrations

METRES_PER_KM = 1000.0
BYTES_PER_STEP = 1024.0
_COMPASS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")


def install(application: Flask) -> None:
    """Give the templates their filters."""
    application.jinja_env.filters.update(
        clock=clock,
        day_and_clock=day_and_clock,
        day_and_minute=day_and_minute,
        month_name=month_name,
        wall_time=wall_time,
        metres=metres,
        duration=duration,
        time_uncertainty=uncertainty_s_of,
        clock_words=words_of,
        age_gap=gap_of,
        gap_remark=gap_remark,
        measured_words=measured_words,
        size=size,
        compass=compass,
        coordinates=coordinates,
        share=share,
        one_in=one_in,
    )
    application.jinja_env.globals["tiles"] = tiles
    application.jinja_env.globals["home_zone"] = home_zone
    application.jinja_env.globals["open_alerts"] = open_alerts
    application.jinja_env.globals["waiting_tips"] = waiting_tips
    application.jinja_env.globals["waiting_found_persons"] = waiting_found_persons
    application.jinja_env.globals["waiting_registrations"] = waiting_registrations
    application.jinja_env.globals["page_of_alert"] = page_of
    application.jinja_env.trim_blocks = True
    application.jinja_env.lstrip_blocks = True


def waiting_tips() -> int:
    """How many tips wait for whoever sees the page; 0 for those who do not read tips."""
    return tip_queue.waiting_count(actor()) if can("tips.index") else 0


def waiting_found_persons() -> int:
    """How many matches of found persons wait for whoever sees the page."""
    return found_matches.waiting_count(actor()) if can("found_matches.index") else 0


def waiting_registrations() -> int:
    """How many people asked for an account and wait, for administrators."""
    return registrations.waiting_count() if can("admin.registrations") else 0


def open_alerts() -> int:
    """How many alerts wait for somebody, for the count in the header of every page."""
    return alerts.count_open(current_user.id)


def tiles() -> dict[str, object]:
    """The map tiles of this installation; with an empty address imported streets are drawn.

    Where there are none of these either, `roads` is None, and the map shows a grid.
    """
    layer = roads.road_layer()
    drawn = {"version": layer.version, "attributions": list(layer.attributions)} if layer else None
    return {
        "url": settings().tile_url,
        "attribution": settings().tile_attribution,
        "roads": drawn,
    }


def clock(instant: datetime | None, timezone: str) -> str:
    """Hours, minutes and seconds on a wall clock of `timezone`."""
    return "time unknown" if instant is None else f"{_local(instant, timezone):%H:%M:%S}"


def day_and_clock(instant: datetime | None, timezone: str) -> str:
    """Day and time on a wall clock of `timezone`: "18 Nov 2026, 14:10:05"."""
    if instant is None:
        return "time unknown"
    local = _local(instant, timezone)
    return f"{local.day} {local:%b %Y, %H:%M:%S}"


def day_and_minute(instant: datetime | None, timezone: str) -> str:
    """The same without seconds, for what people did: nobody acts on the second of a login."""
    if instant is None:
        return "time unknown"
    local = _local(instant, timezone)
    return f"{local.day} {local:%b %Y, %H:%M}"


def month_name(month: str) -> str:
    """The month "2026-11" as people write it: "November 2026"."""
    return f"{datetime.strptime(month, '%Y-%m').replace(tzinfo=UTC):%B %Y}"


def home_zone() -> str:
    """The time zone of this installation, for times that belong to no case."""
    return settings().default_timezone


def wall_time(instant: datetime | None, timezone: str) -> str:
    """What a `datetime-local` control shows: local time without its zone."""
    return "" if instant is None else f"{_local(instant, timezone):%Y-%m-%dT%H:%M:%S}"


def metres(distance_m: float | None) -> str:
    """A distance on the ground, in metres below one kilometre."""
    if distance_m is None:
        return "unknown"
    if distance_m < METRES_PER_KM:
        return f"{distance_m:.0f} m"
    return f"{round(distance_m / METRES_PER_KM, 1):g} km"


def size(size_bytes: int | None) -> str:
    """A file's size in binary units."""
    if size_bytes is None:
        return "unknown"
    value = float(size_bytes)
    for unit in ("bytes", "KiB", "MiB"):
        if value < BYTES_PER_STEP:
            return f"{value:.0f} {unit}"
        value /= BYTES_PER_STEP
    return f"{value:.1f} GiB"


def compass(bearing_deg: float) -> str:
    """One of eight compass points for a bearing clockwise from north."""
    return _COMPASS[round(bearing_deg / 45.0) % 8]


def coordinates(latitude_deg: float, longitude_deg: float) -> str:
    """Latitude before longitude, five decimals (about a metre), with hemisphere letters."""
    north = "N" if latitude_deg >= 0 else "S"
    east = "E" if longitude_deg >= 0 else "W"
    return f"{abs(latitude_deg):.5f} {north}, {abs(longitude_deg):.5f} {east}"


def share(part: float, whole: float) -> str:
    """How much of a time window was looked at: a share of time, so a per cent sign is right."""
    if whole <= 0:
        return "nothing to look at"
    if 0 < part / whole < 0.01:
        return "under 1%"
    return f"{min(1.0, part / whole):.0%}"


def one_in(rate: float) -> str:
    """A rate as people grasp it: 0.0001 is "1 in 10,000"; "none of the measured" for 0."""
    return "none of the measured" if rate <= 0 else f"1 in {round(1 / rate):,}"


def _local(instant: datetime, timezone: str) -> datetime:
    return instant.astimezone(UTC).astimezone(ZoneInfo(timezone))
