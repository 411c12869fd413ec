"""Reading texts: times, places, numbers and descriptions are found where they stand."""

from __future__ import annotations

import io
import time
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from docx import Document
from fpdf import FPDF
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import Refused, TooLarge
from app.intake.documents import text_of_file, tidy
from app.intake.limits import MAX_TEXT_CHARACTERS
from app.intake.marks import MarkKind, PlaceMark, TimeMark
from app.intake.numbers import find_phones, find_vehicles
from app.intake.places import KnownPlace, PlaceIndex
from app.intake.reading import read_marks
from app.intake.times import find_times
from benchmarks.intake import FOLDER, Tally, compare, known_places, labelled_texts

KOLKATA = ZoneInfo("Asia/Kolkata")
WRITTEN = datetime(2026, 11, 20, 10, 0, tzinfo=KOLKATA)
PLACES = PlaceIndex(
    [
        KnownPlace("MG Road", "street", 12.9755, 77.6068),
        KnownPlace("St Marks Road", "street", 12.9710, 77.6010),
        KnownPlace("Indiranagar", "suburb", 12.9784, 77.6408),
        KnownPlace("Twin Street", "street", 12.90, 77.50),
        KnownPlace("Twin Street", "street", 12.99, 77.70),
        KnownPlace("Lalbagh Botanical Garden", "park", 12.9507, 77.5848),
    ]
)


def times(text: str, **options: bool) -> list[str]:
    return [
        f"{one.at:%Y-%m-%d %H:%M}" if one.at else one.day.isoformat()
        for one in find_times(text, WRITTEN, **options)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("on 14/11/2026 at 6.30 pm", ["2026-11-14 18:30"]),
        ("2026-11-14 18:30", ["2026-11-14 18:30"]),
        ("at 0820 hours on 12.11.26", ["2026-11-12 08:20"]),
        ("yesterday evening at 7", ["2026-11-19 19:00"]),
        ("two hours ago", ["2026-11-20 08:00"]),
        ("last night at 10", ["2026-11-19 22:00"]),
        ("On Monday night at eight", ["2026-11-16 20:00"]),
        ("half past four in the afternoon on 3rd November", ["2026-11-03 16:30"]),
        ("three days ago", ["2026-11-17"]),
        ("between 10 AM and 11 AM on 04/11/2026", ["2026-11-04 10:00", "2026-11-04 11:00"]),
        ("12 noon today", ["2026-11-20 12:00"]),
        ("Date of birth: 04/05/2015", []),
        ("Rs 12.50, section 137(2), 10 to 6, 12.5 km", []),
        ("31/02/2026", []),
    ],
)
def test_times_are_read_as_they_are_meant(text: str, expected: list[str]) -> None:
    assert times(text) == expected


def test_a_clock_time_alone_takes_the_day_told_before_it() -> None:
    assert times("He left on 14/11/2026 at 6 pm. At 7:40 pm he was seen.") == [
        "2026-11-14 18:00",
        "2026-11-14 19:40",
    ]


def test_an_american_date_has_the_month_first() -> None:
    assert times("11/04/2026 9:00 PM", day_first=False) == ["2026-11-04 21:00"]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("call 99000 12345", ["+919900012345"]),
        ("080-41123456", ["+918041123456"]),
        ("IMEI 356938035643809, PNR 4512345678, Aadhaar 2345 6789 0123", []),
        ("see https://example.org/9900012345", []),
    ],
)
def test_phone_numbers_are_told_from_other_numbers(text: str, numbers: list[str]) -> None:
    assert [one.value for one in find_phones(text, "IN")] == numbers


@pytest.mark.parametrize(
    ("text", "region", "numbers"),
    [
        ("auto KA 01 AB 1234", "IN", ["KA01AB1234"]),
        ("22 BH 6517 A", "IN", ["22BH6517A"]),
        ("DL 3C AM 0857", "IN", ["DL3CAM0857"]),
        ("LB21 XYZ", "GB", ["LB21XYZ"]),
        ("license plate ABC-1234", "US", ["ABC1234"]),
        ("FIR 12 of 2026, AS 12", "IN", []),
    ],
)
def test_vehicle_numbers_are_found(text: str, region: str, numbers: list[str]) -> None:
    assert [one.value for one in find_vehicles(text, region)] == numbers


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("near M.G. Rd", ["MG Road"]),
        ("on St. Mark's Road", ["St Marks Road"]),
        ("in Indira Nagar", ["Indiranagar"]),
        ("on the road", []),
        ("at Lalbagh west gate", ["Lalbagh Botanical Garden"]),
    ],
)
def test_places_are_found_as_people_write_them(text: str, names: list[str]) -> None:
    assert [one.value for one in PLACES.find(text)] == names


def test_a_name_that_several_places_have_is_not_guessed() -> None:
    assert list(PLACES.find("in Twin Street")) == []


def test_a_part_of_a_name_is_marked_as_such() -> None:
    (mark,) = PLACES.find("at Lalbagh west gate")
    assert not mark.exact
    (mark,) = PLACES.find("at Lalbagh Botanical Garden")
    assert mark.exact


def test_the_labelled_texts_are_read_well() -> None:
    """A guard against a change that breaks a whole kind; the figures are the benchmark's."""
    index, tally = PlaceIndex(known_places("places.csv")), Tally()
    texts = list(labelled_texts(FOLDER / "texts.txt"))
    for text in texts:
        compare(text, read_marks(text.content, text.written_at, text.region, index), tally)
    assert len(texts) >= 60
    for kind in MarkKind:
        assert tally.precision(kind) > 0.9, (kind, tally.remarks)
        assert tally.recall(kind) > 0.9, (kind, tally.remarks)


@settings(deadline=None, max_examples=80)
@given(st.text(alphabet=st.sampled_from("0123456789 /.:-apmAPM,KAonatdayeshrsgo\n'"), max_size=300))
def test_marks_lie_where_they_say_and_never_overlap(text: str) -> None:
    marks = read_marks(text, WRITTEN, "IN", PLACES)
    end = 0
    for mark in marks:
        assert text[mark.span.start : mark.span.end] == mark.span.words
        assert mark.span.start >= end
        end = mark.span.end


@pytest.mark.parametrize(
    "unit", ["light ", "in a ", "1 ", "99000 ", "half past ", "red shirt, ", "KA 1 ", "12."]
)
def test_hostile_texts_take_time_in_proportion_to_their_length(unit: str) -> None:
    """Doubling the text must not square the time (a sanity bound, generous for a busy machine)."""
    short, long = (unit * 4000)[:10_000], (unit * 16000)[:40_000]
    took = []
    for text in (short, long):
        began = time.process_time()
        read_marks(text, WRITTEN, "IN", PLACES)
        took.append(time.process_time() - began)
    assert took[1] < 16 * took[0] + 1.0


def test_a_pdf_and_a_word_file_are_read() -> None:
    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("helvetica", size=12)
    pdf.cell(text="Seen near MG Road on 14/11/2026 at 6.30 pm")
    word = Document()
    word.add_paragraph("Seen near MG Road")
    table = word.add_table(rows=1, cols=2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "Phone", "99000 12345"
    packed = io.BytesIO()
    word.save(packed)
    assert "MG Road on 14/11/2026" in text_of_file(bytes(pdf.output()))
    assert text_of_file(packed.getvalue()) == "Seen near MG Road\nPhone\t99000 12345"


def test_text_in_any_usual_encoding_is_read() -> None:
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "cp1252"):
        assert text_of_file("Café près d’ici".encode(encoding)) == "Café près d’ici"


def zip_bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"0" * 200_000_000)
    return packed.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.7 broken",
        b"PK\x03\x04 broken",
        b"\x89PNG\r\n\x1a\n\x00\x00\x00",
        b"   \n\t ",
        zip_bomb(),
    ],
)
def test_what_is_no_text_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(Refused) as refusal:
        text_of_file(data)
    assert "report" in refusal.value.fields


def test_a_protected_pdf_is_refused_as_such() -> None:
    pdf = FPDF()
    pdf.set_encryption(owner_password="made-up-owner", user_password="made-up-user")
    pdf.add_page()
    pdf.set_font("helvetica", size=12)
    pdf.cell(text="hidden")
    with pytest.raises(Refused, match="protected by a password"):
        text_of_file(bytes(pdf.output()))


def test_a_scanned_pdf_says_that_it_has_no_text() -> None:
    pdf = FPDF()
    pdf.add_page()
    with pytest.raises(Refused, match="pictures of pages"):
        text_of_file(bytes(pdf.output()))


def test_a_text_that_is_too_long_is_refused() -> None:
    with pytest.raises(TooLarge):
        tidy("a b " * MAX_TEXT_CHARACTERS)


def test_control_characters_do_not_survive() -> None:
    assert tidy("a\x00b\x1b[31m\u202ec   d") == "ab[31mc  d"


def test_times_are_aware_and_places_have_an_uncertainty() -> None:
    marks = read_marks("near MG Road at 9.30 am today", WRITTEN, "IN", PLACES)
    place = next(one for one in marks if isinstance(one, PlaceMark))
    moment = next(one for one in marks if isinstance(one, TimeMark))
    assert place.uncertainty_m >= 100
    assert moment.at is not None
    assert moment.at.astimezone(UTC) == datetime(2026, 11, 20, 4, 0, tzinfo=UTC)


def test_the_texts_are_there() -> None:
    assert Path(FOLDER, "places.csv").exists()
