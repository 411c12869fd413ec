"""Traces of phones, vehicles and tickets: what is read, what is refused, and why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.distance import destination
from geo.errors import GeoError, InvalidRoute
from geo.formats import Trace, TracePoint, read_csv_trace, read_gpx_trace, thinned
from geo.points import Point

KOLKATA = ZoneInfo("Asia/Kolkata")
NOW = datetime(2026, 11, 20, tzinfo=UTC)
SEEN = datetime(2026, 11, 18, 8, 40, tzinfo=UTC)
"""14:10 in Kolkata."""
SEEN_S = int(SEEN.timestamp())


def csv_trace(text: str) -> Trace:
    return read_csv_trace(text, zone=KOLKATA, now=NOW)


def gpx_trace(text: str) -> Trace:
    return read_gpx_trace(text.encode(), zone=KOLKATA, now=NOW)


@pytest.mark.parametrize(
    "text",
    [
        "latitude,longitude,time\n12.9757,77.6063,2026-11-18 14:10\n",
        "Lat;Lon;Date;Time\n12,9757;77,6063;18/11/2026;02:10 PM\n",
        (
            "exported by a phone\n\nTimestamp (UTC)\tGPS Latitude\tGPS Longitude\n"
            "2026-11-18T08:40:00Z\t12.9757\t77.6063\n"
        ),
        f"position|when\n12.9757 N 77.6063 E|{SEEN_S}\n",
        f"lat,lng,timestamp_ms\n12.9757,77.6063,{SEEN_S}000\n",
        "lat,lng,date,clock\n12.9757,77.6063,18-Nov-2026,14:10:00\n",
    ],
)
def test_tables_of_many_makes_say_the_same(text: str) -> None:
    trace = csv_trace(text)
    assert trace.problems == ()
    assert [(one.position, one.at) for one in trace.points] == [(Point(12.9757, 77.6063), SEEN)]


def test_a_ticket_is_two_places() -> None:
    trace = csv_trace(
        "PNR,from_station,from_lat,from_lon,departed_at,to_station,to_lat,to_lon,arrived_at\n"
        "X1,East halt,12.97,77.60,2026-11-18 14:00,West halt,12.98,77.55,2026-11-18 14:40\n"
        "X2,East halt,12.97,77.60,2026-11-18 15:00,West halt,,,2026-11-18 15:40\n"
    )
    assert [(one.label, one.remarks) for one in trace.points] == [
        ("East halt", "X1"),
        ("West halt", "X1"),
        ("East halt", "X2"),
    ]
    assert [(one.row_number, one.reason) for one in trace.problems] == [
        (3, "End of the way: The row has no position.")
    ]


def test_a_place_that_is_only_named_is_looked_up() -> None:
    def find(name: str) -> Point:
        if name != "East halt":
            raise InvalidRoute("No such place.")
        return Point(12.97, 77.60)

    text = "station,time\nEast halt,2026-11-18 14:10\nNowhere,2026-11-18 14:20\n"
    trace = read_csv_trace(text, zone=KOLKATA, now=NOW, find_place=find)
    assert [one.position for one in trace.points] == [Point(12.97, 77.60)]
    assert [(one.row_number, one.reason) for one in trace.problems] == [(3, "No such place.")]
    with pytest.raises(InvalidRoute, match="No row names"):
        csv_trace(text)


def test_each_bad_row_is_reported_by_its_number_and_the_good_ones_are_read() -> None:
    trace = csv_trace(
        "lat,lon,time,accuracy,label\n"
        "12.9,77.6,2026-11-18 14:10,15 m,first\n"
        "0,0,2026-11-18 14:11,,no fix\n"
        "112.9,77.6,2026-11-18 14:12,,too far north\n"
        "12.9,77.6,yesterday,,no time\n"
        "12.9,77.6,1970-01-01 00:00,,unset clock\n"
        "12.9,77.6,2027-01-01 00:00,,future\n"
        "12.9,77.6,2026-11-18 14:13,wide,bad accuracy\n"
        "12.9,77.6\n"
        "12.9,77.6,2026-11-18 14:10,15 m,first\n"
    )
    assert [(one.label, one.uncertainty_m) for one in trace.points] == [("first", 15.0)]
    assert [one.row_number for one in trace.problems] == [3, 4, 5, 6, 7, 8, 9, 10]
    told = " ".join(one.reason for one in trace.problems)
    for words in (
        "knows no position", "out of range", "not a time", "before 1990", "in the future",
        "not a number of metres", "has no time", "same as a row before",
    ):  # fmt: skip
        assert words in told
    assert trace.rows == 9


def test_a_time_that_the_clocks_skipped_is_refused_and_a_double_one_is_the_earlier() -> None:
    zone = ZoneInfo("Europe/Berlin")
    text = "lat,lon,time\n52.5,13.4,2026-03-29 02:30\n52.5,13.4,2026-10-25 02:30\n"
    trace = read_csv_trace(text, zone=zone, now=NOW)
    assert [one.at for one in trace.points] == [datetime(2026, 10, 25, 0, 30, tzinfo=UTC)]
    assert "skipped" in trace.problems[0].reason


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "No row names the columns"),
        ("name,value\na,1\n", "No row names the columns"),
        ('lat,lon,time\n"12,77\n', ""),
        ("lat,lon,time\n" + "12.9,77.6,2026-11-18 14:10\n" * 20_001, "more than 20,000"),
        ("lat,lon,time\n" + "x" * 200_000 + "\n", "quotation mark"),
    ],
)
def test_a_file_that_is_no_trace_is_refused_with_a_sentence(text: str, words: str) -> None:
    if not words:
        assert csv_trace(text).points == ()
        return
    with pytest.raises(InvalidRoute, match=words):
        csv_trace(text)


def test_labels_are_one_line_of_bounded_length() -> None:
    trace = csv_trace(f'lat,lon,time,label\n12.9,77.6,2026-11-18 14:10,"a\nb\t\x07c{"d" * 500}"\n')
    assert trace.points[0].label.startswith("a b cd")
    assert len(trace.points[0].label) == 150


# ------------------------------------------------------------------------------------------- GPX

GPX = """<?xml version="1.0"?><gpx xmlns="http://www.topografix.com/GPX/1/1" version="1.1">
<wpt lat="12.97" lon="77.60"><time>2026-11-18T08:40:00Z</time><name>Depot</name><hdop>2</hdop></wpt>
<trk><trkseg>
<trkpt lat="12.98" lon="77.61"><time>2026-11-18T08:45:00Z</time></trkpt>
<trkpt lat="12.99" lon="77.62"/>
<trkpt lat="north" lon="77.62"><time>2026-11-18T08:46:00Z</time></trkpt>
</trkseg></trk></gpx>"""


def test_gpx_points_of_all_kinds_are_read_in_order_of_time() -> None:
    trace = gpx_trace(GPX)
    assert trace.format == "GPX"
    assert [(one.label, one.uncertainty_m) for one in trace.points] == [("Depot", 10.0), ("", None)]
    assert [one.row_number for one in trace.problems] == [3, 4]
    assert trace.rows == 4


HOSTILE = {
    "entities": '<!DOCTYPE gpx [<!ENTITY a "b">]><gpx>&a;</gpx>',
    "billion laughs": '<!DOCTYPE gpx [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><gpx>&b;</gpx>',
    "a file of the server": '<!DOCTYPE gpx [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    '<gpx><wpt lat="1" lon="1"><name>&x;</name></wpt></gpx>',
    "document type": '<!DOCTYPE gpx SYSTEM "http://192.0.2.1/gpx.dtd"><gpx/>',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_xml_with_a_document_type_or_entities_is_not_read(name: str) -> None:
    with pytest.raises(InvalidRoute, match="document type or entities"):
        gpx_trace(HOSTILE[name])


@pytest.mark.parametrize(
    "text", ["", "<gpx>", "<gpx></trk></gpx>", "\x00\x01", "<gpx>&nbsp;</gpx>"]
)
def test_broken_xml_is_no_gpx(text: str) -> None:
    with pytest.raises(InvalidRoute, match="not readable as GPX"):
        gpx_trace(text)


def test_other_xml_is_no_gpx() -> None:
    with pytest.raises(InvalidRoute, match="no GPX"):
        gpx_trace("<kml/>")


def test_a_deeply_nested_file_does_no_harm() -> None:
    assert gpx_trace("<gpx>" + "<a>" * 50_000 + "</a>" * 50_000 + "</gpx>").points == ()


def refusal(read: Callable[[], Trace]) -> str:
    """The sentence with which a file is refused; empty where it is read."""
    try:
        read()
    except GeoError as error:
        return str(error)
    return ""


@given(st.text(max_size=300))
@settings(max_examples=150, deadline=None)
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    for content in (text, f"lat,lon,time,label\n{text}"):
        told = refusal(lambda content=content: csv_trace(content))
        assert not told or told.endswith(".")


@given(st.binary(max_size=300))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_no_gpx_or_one(data: bytes) -> None:
    told = refusal(lambda: read_gpx_trace(data, zone=KOLKATA, now=NOW))
    assert not told or "GPX" in told or "entities" in told


# -------------------------------------------------------------------------------------- thinning


def walk(*steps: tuple[float, float]) -> list[TracePoint]:
    start = datetime(2026, 11, 18, 8, 0, tzinfo=UTC)
    return [
        TracePoint(n, destination(Point(12.97, 77.6), 90.0, east_m), start + timedelta(seconds=s))
        for n, (east_m, s) in enumerate(steps, start=1)
    ]


def test_a_stay_keeps_its_first_and_last_point_and_a_drive_one_of_each_run() -> None:
    points = walk((0, 0), (5, 60), (2, 400), (300, 430), (310, 431), (600, 460))
    assert [one.row_number for one in thinned(points, within_m=50)] == [1, 3, 4, 6]


@given(st.lists(st.tuples(st.floats(0, 2000), st.integers(0, 5000)), max_size=30))
@settings(max_examples=60, deadline=None)
def test_thinning_keeps_some_of_each_place_and_the_order(steps: list[tuple[float, float]]) -> None:
    points = walk(*sorted(steps, key=lambda one: one[1]))
    kept = thinned(points, within_m=50)
    assert [one.at for one in kept] == sorted(one.at for one in kept)
    assert set(kept) <= set(points)
    assert bool(kept) == bool(points)
