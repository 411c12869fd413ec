"""Reading traces: positions with times from phones, vehicles, tickets and travel logs.

GPX (track, route and way points) and CSV with nearly any column names. One bad row never stops the
good ones: it is reported with its number and the reason. XML with a document type or entities is
refused, since no trace needs either.
"""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from geo.distance import haversine_m
from geo.errors import GeoError, InvalidRoute
from geo.formats.trace_columns import END_OF_WAY, PLACE, START_OF_WAY, PlaceColumns, columns_for
from geo.formats.trace_times import read_time
from geo.points import Point, parse_angle, parse_pair

MAX_ROWS: Final = 20_000
MAX_COLUMNS: Final = 200
_HEADER_SEARCH_ROWS: Final = 10
_DELIMITERS: Final = (",", ";", "\t", "|")
_LONGEST_TEXT: Final = 150
_WIDEST_UNCERTAINTY_M: Final = 100_000.0
_GPX_POINTS: Final = {"trkpt", "rtept", "wpt"}
_WHERE: Final = {START_OF_WAY: "Start of the way: ", END_OF_WAY: "End of the way: ", PLACE: ""}
_METRES_PER_HDOP: Final = 5.0
"""A receiver's error in metres is about its dilution of precision times this."""


@dataclass(frozen=True, slots=True)
class TracePoint:
    """One position of a trace. `row_number` is a spreadsheet's row, or a GPX point's place.

    `uncertainty_m` is None where the file says nothing of it.
    """

    row_number: int
    position: Point
    at: datetime
    label: str = ""
    uncertainty_m: float | None = None
    remarks: str = ""


@dataclass(frozen=True, slots=True)
class TraceProblem:
    """Why a row (or, without a number, something of the whole file) was not taken."""

    row_number: int | None
    reason: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Trace:
    """What a file holds: its points in order of time, and the rows that could not be read."""

    format: str
    rows: int
    points: tuple[TracePoint, ...]
    problems: tuple[TraceProblem, ...]


PlaceFinder = Callable[[str], Point]
"""Finds a named place, such as a station; raises `InvalidRoute` for an unknown name."""


def read_csv_trace(
    text: str, *, zone: tzinfo, now: datetime, find_place: PlaceFinder | None = None
) -> Trace:
    """Read a table. Times without a zone are on the clocks of `zone`.

    A row may hold one place (`latitude`, `longitude` or `position`, and `time`, or `date` and
    `time`) or a way from one place to another (`from_latitude`, `departed_at`, `to_latitude`,
    `arrived_at` and so on). `find_place` is asked where a row names a place without a position.
    Raises `InvalidRoute` for a file without such columns, or too long.
    """
    delimiter, header_row, header = _find_header(text, find_place is not None)
    reader = _RowReader(columns_for(header, by_name=find_place is not None), zone, now, find_place)
    points: list[TracePoint] = []
    problems: list[TraceProblem] = []
    rows = 0
    for number, record in enumerate(_records(text, delimiter), start=1):
        if number <= header_row or not any(cell.strip() for cell in record):
            continue
        rows += 1
        if rows > MAX_ROWS:
            raise _too_many()
        if len(record) < len(header):
            record = [*record, *[""] * (len(header) - len(record))]
        reader.read(number, record, points, problems)
    return _trace("CSV", rows, points, problems)


def read_gpx_trace(data: bytes, *, zone: tzinfo, now: datetime) -> Trace:
    """Read the points of a GPX file. Raises `InvalidRoute` for a file that is none."""
    points: list[TracePoint] = []
    problems: list[TraceProblem] = []
    rows, root = 0, ""
    try:
        for event, element in iterparse(io.BytesIO(data), events=("start", "end"), forbid_dtd=True):
            name = _local_name(element)
            root = root or name
            if root != "gpx":
                raise InvalidRoute("The file is XML but no GPX: its first element is not “gpx”.")
            if event == "end" and name in _GPX_POINTS:
                rows += 1
                if rows > MAX_ROWS:
                    raise _too_many()
                _read_gpx_point(rows, element, zone, now, points, problems)
                element.clear()
    except DefusedXmlException as error:
        raise InvalidRoute(
            "The file declares a document type or entities. No GPX needs them, and they can do "
            "harm, so it was not read: export the trace anew."
        ) from error
    except (ParseError, ValueError) as error:
        if isinstance(error, GeoError):
            raise
        raise InvalidRoute("The file is not readable as GPX: its XML is broken.") from error
    return _trace("GPX", rows, points, problems)


def thinned(
    points: Sequence[TracePoint], *, within_m: float, stay_s: float = 120.0
) -> tuple[TracePoint, ...]:
    """The points (in order of time) with runs of near ones joined.

    A run is what stays within `within_m` of its first point. Its first point is kept, and its last
    too where it lasted `stay_s` or longer, so that the length of a stay is not lost.
    """
    kept: list[TracePoint] = []
    run: list[TracePoint] = []
    for point in points:
        if run and haversine_m(run[0].position, point.position) > within_m:
            kept.extend(_ends(run, stay_s))
            run = []
        run.append(point)
    return (*kept, *_ends(run, stay_s))


def _ends(run: Sequence[TracePoint], stay_s: float) -> list[TracePoint]:
    if len(run) > 1 and run[-1].at - run[0].at >= timedelta(seconds=stay_s):
        return [run[0], run[-1]]
    return list(run[:1])


def _trace(
    kind: str, rows: int, points: Sequence[TracePoint], problems: list[TraceProblem]
) -> Trace:
    """In order of time; what says the same twice counts once."""
    seen: set[tuple[Point, datetime, str]] = set()
    single: list[TracePoint] = []
    for point in sorted(points, key=lambda one: (one.at, one.row_number)):
        key = (point.position, point.at, point.label)
        if key in seen:
            problems.append(TraceProblem(point.row_number, "says the same as a row before it"))
        else:
            seen.add(key)
            single.append(point)
    problems.sort(key=lambda one: one.row_number or 0)
    return Trace(kind, rows, tuple(single), tuple(problems))


# ------------------------------------------------------------------------------------------- CSV


def _find_header(text: str, by_name: bool) -> tuple[str, int, list[str]]:
    """Delimiter, number of the header row and its cells: the first that names place and time."""
    for delimiter in _DELIMITERS:
        for number, record in enumerate(_records(text, delimiter), start=1):
            if number > _HEADER_SEARCH_ROWS:
                break
            cells = [cell.strip() for cell in record]
            if len(cells) <= MAX_COLUMNS and columns_for(cells, by_name=by_name):
                return delimiter, number, cells
    raise InvalidRoute(
        "No row names the columns of a trace: it needs latitude and longitude (or position) and "
        "time, or from_latitude, from_longitude, departed_at, to_latitude, to_longitude and "
        "arrived_at."
    )


def _records(text: str, delimiter: str) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        yield from reader
    except csv.Error as error:
        raise InvalidRoute(
            f"The table breaks near line {reader.line_num}: a quotation mark is probably not "
            "closed."
        ) from error


@dataclass(frozen=True, slots=True)
class _RowReader:
    """Reads the places of one row after another."""

    places: Sequence[PlaceColumns]
    zone: tzinfo
    now: datetime
    find_place: PlaceFinder | None

    def read(
        self,
        number: int,
        record: Sequence[str],
        points: list[TracePoint],
        problems: list[TraceProblem],
    ) -> None:
        for place in self.places:
            try:
                points.append(self._point(number, record, place))
            except GeoError as error:
                reason = _WHERE[place.kind] + str(error)
                problems.append(TraceProblem(number, reason, place.shown(record)[:120]))

    def _point(self, number: int, record: Sequence[str], place: PlaceColumns) -> TracePoint:
        label = _short(place.cell(record, "label"))
        return TracePoint(
            number,
            self._position(place, record, label),
            read_time(place.time_text(record), self.zone, self.now),
            label or place.word,
            _uncertainty_m(place.cell(record, "uncertainty")),
            _short(place.cell(record, "remarks")),
        )

    def _position(self, place: PlaceColumns, record: Sequence[str], label: str) -> Point:
        both = place.cell(record, "position")
        if both:
            return _checked(*parse_pair(both))
        latitude, longitude = place.cell(record, "latitude"), place.cell(record, "longitude")
        if latitude and longitude:
            return _checked(parse_angle(latitude, "latitude"), parse_angle(longitude, "longitude"))
        if label and self.find_place is not None:
            return self.find_place(label)
        raise InvalidRoute("The row has no position.")


def _checked(latitude_deg: float, longitude_deg: float) -> Point:
    if latitude_deg == 0.0 and longitude_deg == 0.0:
        raise InvalidRoute("0, 0 is what a receiver writes that knows no position.")
    return Point(latitude_deg, longitude_deg)


def _uncertainty_m(text: str) -> float | None:
    if not text:
        return None
    try:
        value_m = float(text.lower().removesuffix("m").strip().replace(",", "."))
    except ValueError as error:
        raise InvalidRoute("The uncertainty is not a number of metres.") from error
    if not 0.0 <= value_m <= _WIDEST_UNCERTAINTY_M:
        raise InvalidRoute("The uncertainty is not between 0 and 100,000 metres.")
    return value_m


def _short(text: str) -> str:
    """One line without control characters."""
    clean = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return clean if len(clean) <= _LONGEST_TEXT else clean[: _LONGEST_TEXT - 1] + "…"


def _too_many() -> InvalidRoute:
    return InvalidRoute(f"The file has more than {MAX_ROWS:,} positions: divide it.")


# ------------------------------------------------------------------------------------------- GPX


def _local_name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2].lower()


def _read_gpx_point(
    number: int,
    element: Element,
    zone: tzinfo,
    now: datetime,
    points: list[TracePoint],
    problems: list[TraceProblem],
) -> None:
    shown = f"{element.get('lat', '')}, {element.get('lon', '')}"[:120]
    texts = {_local_name(child): (child.text or "").strip() for child in element}
    try:
        position = _checked(
            parse_angle(element.get("lat", ""), "latitude"),
            parse_angle(element.get("lon", ""), "longitude"),
        )
        point = TracePoint(number, position, read_time(texts.get("time", ""), zone, now))
        points.append(
            replace(
                point,
                label=_short(texts.get("name", "")),
                remarks=_short(texts.get("desc", "") or texts.get("cmt", "")),
                uncertainty_m=_of_dilution(texts.get("hdop", "")),
            )
        )
    except GeoError as error:
        problems.append(TraceProblem(number, str(error), shown))


def _of_dilution(text: str) -> float | None:
    value = _uncertainty_m(text)
    return None if value is None else min(value * _METRES_PER_HDOP, _WIDEST_UNCERTAINTY_M)
