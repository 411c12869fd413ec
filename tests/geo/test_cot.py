"""Cursor on Target: one event for each place, stable names, and the notice where it is read."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from lxml import etree

from geo.errors import InvalidRoute
from geo.formats import NOTICE, CotPlace, RoutePoint, cot_document, cot_package
from geo.points import Point

SEEN = datetime(2026, 11, 18, 8, 40, 5, 250_000, tzinfo=UTC)
MADE = datetime(2026, 11, 19, 6, 0, tzinfo=UTC)


def place(number: int, *, name: str = "Gate", minutes: float = 0.0) -> CotPlace:
    point = RoutePoint(
        Point(12.9757, 77.6063), SEEN + timedelta(minutes=minutes), name, "by the kiosk"
    )
    return CotPlace(f"lastseen.MADE-UP-1.sighting.{number}", point, 40.0)


def test_an_event_has_type_place_error_times_and_the_notice() -> None:
    root = etree.fromstring(cot_document([place(7)], MADE).encode())
    (event,) = root.findall("event")
    assert dict(event.attrib) == {
        "version": "2.0",
        "uid": "lastseen.MADE-UP-1.sighting.7",
        "type": "b-m-p-s-m",
        "how": "h-e",
        "time": "2026-11-19T06:00:00.000Z",
        "start": "2026-11-18T08:40:05.250Z",
        "stale": "2026-11-20T06:00:00.000Z",
    }
    point = event.find("point")
    assert point is not None
    assert (point.get("lat"), point.get("lon")) == ("12.9757000", "77.6063000")
    assert (point.get("ce"), point.get("le"), point.get("hae")) == (
        "40.0",
        "9999999.0",
        "9999999.0",
    )
    remarks = event.findtext("detail/remarks") or ""
    assert remarks.startswith(NOTICE)
    assert remarks.count(NOTICE) == 1
    assert "by the kiosk" in remarks


def test_events_are_in_order_of_time_and_hostile_names_stay_text() -> None:
    text = cot_document([place(2, minutes=5, name='<a b="c">&\x00'), place(1)], MADE)
    root = etree.fromstring(text.encode())
    assert [one.get("uid", "")[-1] for one in root.findall("event")] == ["1", "2"]
    assert root.findall("event/detail/contact")[1].get("callsign") == '<a b="c">&'


def test_a_data_package_has_one_file_for_each_event_and_a_manifest_that_names_them() -> None:
    data = cot_package("Route of a case", [place(1), place(2, minutes=1)], MADE)
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        assert package.testzip() is None
        manifest = etree.fromstring(package.read("MANIFEST/manifest.xml"))
        named = [one.get("zipEntry", "") for one in manifest.findall("Contents/Content")]
        assert {*named, "MANIFEST/manifest.xml"} == set(package.namelist())
        for name, number in zip(named, (1, 2), strict=True):
            event = etree.fromstring(package.read(name))
            assert (event.tag, event.get("uid")) == ("event", place(number).uid)


def test_two_places_of_one_name_are_refused() -> None:
    with pytest.raises(InvalidRoute, match="same uid"):
        cot_document([place(1), place(1, minutes=1)], MADE)
