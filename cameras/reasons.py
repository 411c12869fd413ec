"""Why a camera has its rank, as one plain sentence."""

from datetime import UTC, datetime, tzinfo

from cameras.camera import Camera, CameraStatus
from cameras.held import FootageOutlook, FootageState, TimeSpan
from geo.distance import compass_point

_CLOCK_TOLERANCE_S = 30.0


def reason_sentence(
    *,
    camera: Camera,
    distance_m: float,
    bearing_deg: float,
    location_label: str,
    seen_at: datetime | None,
    on_foot: bool | None,
    on_foot_from: datetime | None,
    by_vehicle: bool | None,
    by_vehicle_from: datetime | None,
    faces_location: bool | None,
    footage: FootageOutlook,
    now: datetime,
    zone: tzinfo | None,
) -> str:
    """One sentence in English with times of `zone` (UTC if None), for example

    "140 m north-east of ‘Cubbon Park gate’ (seen 14:10); on foot from 14:12; looks that way;
    footage 14:00–16:00 is held."
    """
    clock = _Clock(now, zone or UTC)
    parts = [
        _where(distance_m, bearing_deg, location_label, seen_at, clock),
        _reach_words(on_foot, on_foot_from, by_vehicle, by_vehicle_from, clock),
        _view_words(faces_location),
        _footage_words(footage, clock),
        "reported offline" if camera.status is CameraStatus.OFFLINE else "",
        _clock_words(camera.clock_offset_s),
    ]
    return "; ".join(part for part in parts if part) + "."


def distance_words(distance_m: float) -> str:
    """A distance as people say it: "140 m", "2.4 km", "310 km"."""
    if distance_m < 995:
        return f"{round(distance_m, -1 if distance_m >= 100 else 0):.0f} m"
    return f"{distance_m / 1000:.1f} km" if distance_m < 99_500 else f"{distance_m / 1000:.0f} km"


class _Clock:
    """Writes times of one zone, with the date only where it is not today's."""

    def __init__(self, now: datetime, zone: tzinfo) -> None:
        self._zone = zone
        self._today = now.astimezone(zone).date()

    def at(self, moment: datetime) -> str:
        local = moment.astimezone(self._zone)
        if local.date() == self._today:
            return f"{local:%H:%M}"
        year = "" if local.year == self._today.year else f" {local.year}"
        return f"{local.day} {local:%b}{year} {local:%H:%M}"

    def span(self, span: TimeSpan) -> str:
        start, end = span.start.astimezone(self._zone), span.end.astimezone(self._zone)
        same_day = start.date() == end.date()
        return f"{self.at(start)}–{f'{end:%H:%M}' if same_day else self.at(end)}"


def _where(
    distance_m: float, bearing_deg: float, label: str, seen_at: datetime | None, clock: _Clock
) -> str:
    place = f"‘{label}’" if label else "the last-known location"
    seen = f"seen {clock.at(seen_at)}" if seen_at else "time not known"
    if distance_m < 0.5:
        return f"at {place} ({seen})"
    return f"{distance_words(distance_m)} {compass_point(bearing_deg)} of {place} ({seen})"


def _reach_words(
    on_foot: bool | None,
    on_foot_from: datetime | None,
    by_vehicle: bool | None,
    by_vehicle_from: datetime | None,
    clock: _Clock,
) -> str:
    if on_foot and on_foot_from:
        return f"on foot from {clock.at(on_foot_from)}"
    if by_vehicle and by_vehicle_from:
        return f"not reachable on foot in that time, by vehicle from {clock.at(by_vehicle_from)}"
    if by_vehicle is False:
        return "too far to be reached in that time, even by vehicle"
    return "whether it could be reached in time is not known"


def _view_words(faces_location: bool | None) -> str:
    if faces_location is None:
        return "where it looks is not known"
    return "looks that way" if faces_location else "looks another way"


def _footage_words(footage: FootageOutlook, clock: _Clock) -> str:
    if footage.state in (FootageState.HELD, FootageState.PARTLY_HELD):
        spans = ", ".join(clock.span(span) for span in footage.held[:2])
        more = f" and {len(footage.held) - 2} more" if len(footage.held) > 2 else ""
        only = "only " if footage.state is FootageState.PARTLY_HELD else ""
        return f"{only}footage {spans}{more} is held"
    if footage.overwritten_at is not None:
        return _recorder_words(footage, clock.at(footage.overwritten_at))
    if footage.state is FootageState.LIVE:
        return "live stream, nothing recorded is held"
    if footage.has_live_stream:
        return "whether footage exists is not known, a live stream does"
    return "whether footage exists is not known"


def _recorder_words(footage: FootageOutlook, moment: str) -> str:
    if footage.state is FootageState.OVERWRITTEN:
        return f"footage probably overwritten since {moment}"
    if footage.is_being_overwritten:
        return f"its recorder is overwriting that time now, all of it by {moment}"
    return f"should still be on its recorder until {moment}"


def _clock_words(offset_s: float) -> str:
    if abs(offset_s) < _CLOCK_TOLERANCE_S:
        return ""
    return f"its clock is {abs(offset_s):.0f} s {'fast' if offset_s > 0 else 'slow'}"
