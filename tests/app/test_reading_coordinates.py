"""Positions in reports: which are read, how exactly, and what is no position."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.intake.coordinates import find_coordinates
from app.intake.marks import MarkKind
from app.intake.places import PlaceIndex
from app.intake.reading import read_marks
from geo.errors import InvalidPosition
from geo.plus_codes import DIGITS, parse_plus_code

HERE = (12.9756, 77.6068)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Last tower ping at 12.9756, 77.6068 at 7 pm.", "12.9756, 77.6068"),
        ("He sent (12.9756,77.6068).", "12.9756,77.6068"),
        ("at 12.9756 77.6068 near the gate", "12.9756 77.6068"),
        ("Lat: 12.9756, Long: 77.6068", "Lat: 12.9756, Long: 77.6068"),
        ("latitude 12.9756 and longitude 77.6068.", "latitude 12.9756 and longitude 77.6068"),
        ("Lon 77.6068 Lat 12.9756", "Lon 77.6068 Lat 12.9756"),
        ("12.9756° N, 77.6068° E was sent", "12.9756° N, 77.6068° E"),
        ("12.9756N 77.6068E", "12.9756N 77.6068E"),
        ("https://maps.example/?q=12.9756,77.6068&z=17", "12.9756,77.6068"),
        ("https://maps.example/@12.9756,77.6068,17z", "12.9756,77.6068"),
        ("geo:12.9756,77.6068", "12.9756,77.6068"),
        ("q%3D12.9756%2C77.6068", "12.9756%2C77.6068"),
        ("12°58'32.2\"N 77°36'24.5\"E, by the lake", "12°58'32.2\"N 77°36'24.5\"E"),
        ("12° 58′ 32.2″ N, 77° 36′ 24.5″ E", "12° 58′ 32.2″ N, 77° 36′ 24.5″ E"),
        ("N 12°58'32.2\", E 77°36'24.5\"", "N 12°58'32.2\", E 77°36'24.5\""),
        ("12º58.536’N; 77º36.408’E", "12º58.536’N; 77º36.408’E"),
    ],
)
def test_positions_are_read_in_the_ways_people_write_them(text: str, words: str) -> None:
    (mark,) = find_coordinates(text)
    assert mark.span.words == words
    assert text[mark.span.start : mark.span.end] == words
    assert (mark.latitude_deg, mark.longitude_deg) == pytest.approx(HERE, abs=2e-4)
    assert mark.exact


@pytest.mark.parametrize(
    "text",
    [
        "Rs. 12.50, 77.60 were paid",
        "12.500, 15.000 rupees",
        "version 12.9756.77 of 6068",
        "192.1681, 10.0001, 12.0001 volts",
        "call 98450.12345 or 98450.54321",
        "on 12.11.2026 at 14.10",
        "112.9756, 277.6068",
        "0.0000, 0.0000",
        "12°58' of arc",
        "AB12CD34+EF",
        "measured 1.2345 m",
    ],
)
def test_other_numbers_are_no_positions(text: str) -> None:
    assert list(find_coordinates(text)) == []


@pytest.mark.parametrize(
    ("text", "uncertainty_m"),
    [
        ("12.9756, 77.6068", 20.0),
        ("Lat 12.976 Lon 77.607", 111.2),
        ("12.98° N, 77.61° E", 1112.0),
        ("12°58'32\"N 77°36'24\"E", 31.0),
        ("12°58'N 77°36'E", 1853.0),
    ],
)
def test_a_position_is_as_uncertain_as_it_is_written(text: str, uncertainty_m: float) -> None:
    (mark,) = find_coordinates(text)
    assert mark.uncertainty_m == pytest.approx(uncertainty_m, rel=1e-3)


def test_southern_and_western_positions_are_negative() -> None:
    (mark,) = find_coordinates("33.8688 S, 151.2093 E and then on")
    assert (mark.latitude_deg, mark.longitude_deg) == (-33.8688, 151.2093)
    (mark,) = find_coordinates("-22.9519, -43.2105")
    assert (mark.latitude_deg, mark.longitude_deg) == (-22.9519, -43.2105)


def test_a_position_is_a_place_and_neither_a_time_nor_a_number() -> None:
    written = datetime(2026, 11, 18, 20, 0, tzinfo=ZoneInfo("Asia/Kolkata"))
    text = "The phone 9845012345 was at 12.9756, 77.6068 at 7 pm on 18.11.2026."
    marks = read_marks(text, written, "IN", PlaceIndex([]))
    kinds = [mark.kind for mark in marks]
    assert kinds == [MarkKind.PHONE, MarkKind.PLACE, MarkKind.TIME]
    assert marks[1].value == "12.97560, 77.60680"


@pytest.mark.parametrize(
    ("code", "latitude_deg", "longitude_deg"),
    [
        ("7FG49QCJ+2V", 20.3700625, 2.7821875),
        ("8FVC2222+22", 47.0000625, 8.0000625),
        ("4VCPPQGP+Q9", -41.2730625, 174.7859375),
        ("62G20000+", None, None),
    ],
)
def test_whole_plus_codes_are_read_by_the_specification_s_own_examples(
    code: str, latitude_deg: float | None, longitude_deg: float | None
) -> None:
    if latitude_deg is None:
        with pytest.raises(InvalidPosition):
            parse_plus_code(code)
        return
    point = parse_plus_code(code)
    assert (point.latitude_deg, point.longitude_deg) == pytest.approx(
        (latitude_deg, longitude_deg), abs=1e-9
    )
    (mark,) = find_coordinates(f"She sent {code.lower()}, then nothing.")
    assert mark.span.words == code.lower()


@given(st.text(alphabet=DIGITS[:8], min_size=10, max_size=10))
def test_a_plus_code_s_square_is_inside_the_world_or_refused(digits: str) -> None:
    code = f"{digits[:8]}+{digits[8:]}"
    try:
        point = parse_plus_code(code)
    except InvalidPosition:
        return
    assert -90 <= point.latitude_deg <= 90
    assert -180 <= point.longitude_deg <= 180


@given(st.text(alphabet="0123456789.,°'\"NSEWlat -+", max_size=300))
def test_no_text_takes_long_or_breaks_the_reading(text: str) -> None:
    for mark in find_coordinates(text):
        assert -90 <= mark.latitude_deg <= 90
