"""Case lists as NamUs and the FBI publish them become plain facts. All people here are invented."""

from __future__ import annotations

import json

import pytest

from app.errors import Refused
from app.intake.case_entries import CaseEntry, UnreadableEntry, plain_text, read_entry
from app.intake.case_lists import CaseList, read_case_list
from app.intake.listed_values import (
    UnreadableValue,
    order_of,
    read_age,
    read_date,
    read_last_contact,
)
from app.models.cases import SubjectCategory

NAMUS_CSV = (
    '"Case Number","DLC","Legal Last Name","Legal First Name","Missing Age","City","County",'
    '"State","Biological Sex","Race / Ethnicity","Date Modified"\r\n'
    '"MP90001","05/17/2004","Madeup","Ann","33 Years","Springdale","Made County","OR","Female",'
    '"White / Caucasian","01/02/2020"\r\n'
    '"MP90002","11/02/1989","Madeup","Baby","8 Months","","Made County","OR","Male","Uncertain",'
    '"01/02/2020"\r\n'
)

NAMUS_JSON = [
    {
        "id": 90003,
        "idFormatted": "MP90003",
        "subjectIdentification": {
            "firstName": "Carl", "middleName": None, "lastName": "Madeup", "nicknames": None,
            "currentMinAge": 51, "computedMissingMinAge": 12, "computedMissingMaxAge": 14,
        },
        "subjectDescription": {"sex": {"name": "Male"}, "primaryEthnicity": None},
        "sighting": {
            "date": "1985-03-09",
            "address": {
                "city": "Springdale", "county": {"name": "Made"}, "state": {"name": "Oregon"},
            },
        },
        "circumstances": {"circumstancesOfDisappearance": "Last seen at the made-up bridge."},
    },
]  # fmt: skip

FBI_JSON = {
    "total": 2,
    "items": [
        {
            "uid": "f00dfeed00000000000000000000beef", "title": "DORA MADEUP", "aliases": None,
            "age_range": "12 to 14 years old", "age_min": 12, "age_max": 14, "sex": "Female",
            "race": "white", "race_raw": "White (Hispanic)", "subjects": ["Kidnappings"],
            "details": "<p>Dora was last seen near <b>a school</b>.<br/>She had a bag "
            "&amp; a coat.</p><script>alert('x')</script>",
            "remarks": None, "scars_and_marks": "A made-up scar.", "images": [{"large": "x://y"}],
            "dates_of_birth_used": ["May 1, 2010"], "field_offices": ["madeup"],
        },
        {
            "uid": "f00dfeed00000000000000000000cafe", "title": "EVAN MADEUP",
            "aliases": ["Ev", "E. M."], "age_range": None, "sex": None, "details": None,
        },
    ],
}  # fmt: skip


def entries(listed: CaseList) -> list[CaseEntry]:
    return [read_entry(row, listed.mapping, month_first=True) for row in listed.rows]


def test_a_namus_table_is_read_without_any_mapping() -> None:
    listed = read_case_list(NAMUS_CSV.encode(), "list.csv")
    first, second = entries(listed)
    assert listed.format == "CSV (comma)"
    assert [row.number for row in listed.rows] == [2, 3]
    assert (first.number, first.name, first.age_years) == ("MP90001", "Ann Madeup", 33)
    assert (first.last_contact, first.place) == ("2004-05-17", "Springdale, Made County, OR")
    assert (first.sex, first.race) == ("Female", "White / Caucasian")
    assert (second.age_years, second.age_text) == (0, "8 Months")
    assert second.category is SubjectCategory.CHILD_1_3
    assert second.place == "Made County, OR"


def test_nested_json_full_of_nulls_is_read_by_its_innermost_names() -> None:
    (entry,) = entries(read_case_list(json.dumps(NAMUS_JSON).encode(), "list.json"))
    assert (entry.number, entry.name) == ("MP90003", "Carl Madeup")
    assert (entry.age_years, entry.category) == (12, SubjectCategory.CHILD_10_12)
    assert (entry.last_contact, entry.place) == ("1985-03-09", "Springdale, Made, Oregon")
    assert entry.sex == "Male"
    assert "made-up bridge" in entry.remarks


def test_the_fbis_html_becomes_text_and_its_lists_and_nulls_do_no_harm() -> None:
    dora, evan = entries(read_case_list(json.dumps(FBI_JSON).encode(), "wanted.json"))
    assert (dora.name, dora.age_years) == ("DORA MADEUP", 12)
    assert any("range" in warning for warning in dora.warnings)
    assert "last seen near a school.\nShe had a bag & a coat." in dora.remarks
    assert "Marks: A made-up scar." in dora.remarks
    assert "<" not in dora.remarks
    assert "alert" not in dora.remarks
    assert (evan.aliases, evan.age_years, evan.category) == (
        "Ev; E. M.",
        None,
        SubjectCategory.ADULT,
    )
    assert any("No age" in warning for warning in evan.warnings)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("33 Years", (33, 33)),
        ("8 Months", (0, 0)),
        ("18 months", (1, 1)),
        ("3 weeks", (0, 0)),
        ("12 - 14 Years", (12, 14)),
        ("7", (7, 7)),
        ("35 years old", (35, 35)),
        ("16 (at time of disappearance)", (16, 16)),
    ],
)
def test_ages_are_read_in_whole_years(text: str, expected: tuple[int, int]) -> None:
    age = read_age(text)
    assert age is not None
    assert (age.from_years, age.to_years) == expected


@pytest.mark.parametrize("text", ["14 to 12", "140 years", "old", "-3"])
def test_what_is_no_age_is_refused(text: str) -> None:
    with pytest.raises(UnreadableValue, match="no age"):
        read_age(text)


@pytest.mark.parametrize(
    ("text", "month_first", "expected"),
    [
        ("05/06/2004", True, "2004-05-06"),
        ("05/06/2004", False, "2004-06-05"),
        ("2004-05-17", True, "2004-05-17"),
        ("2004-05-17T00:00:00", True, "2004-05-17"),
        ("May 17, 2004", False, "2004-05-17"),
        ("17-May-2004", True, "2004-05-17"),
    ],
)
def test_dates_are_days_of_the_calendar(text: str, month_first: bool, expected: str) -> None:
    day = read_date(text, month_first=month_first)
    assert day is not None
    assert day.isoformat() == expected


@pytest.mark.parametrize("text", ["13/45/2004", "2999-01-01", "1700-01-01", "last week"])
def test_what_is_no_past_day_is_refused(text: str) -> None:
    with pytest.raises(UnreadableValue):
        read_date(text, month_first=True)


def test_entities_that_stand_for_tags_are_taken_for_tags() -> None:
    assert plain_text("&lt;script&gt;alert(1)&lt;/script&gt;Gone") == "Gone"
    assert plain_text("a\x00\x07 b\u00a0c") == "a b c"


def test_what_is_no_list_is_refused_in_words() -> None:
    for data in (b"", b"{", b"[]", b'{"a": 1}', b"Colour,Shape\nred,round\n", b"12"):
        with pytest.raises(Refused):
            read_case_list(data, "list")


def test_a_mapping_replaces_what_the_names_of_columns_say() -> None:
    data = b"Akte;Wer\nA 1/7;Ann Madeup\n"
    with pytest.raises(Refused, match="No column holds the cases' numbers"):
        read_case_list(data, "list.csv")
    listed = read_case_list(data, "list.csv", {"number": "Akte", "name": "Wer"})
    (entry,) = entries(listed)
    assert (entry.number, entry.name) == ("A-1-7", "Ann Madeup")
    with pytest.raises(Refused, match="no column"):
        read_case_list(data, "list.csv", {"number": "Nummer"})


# ------------------------------------------------------------- as NamUs and the FBI publish them

NAMUS_SEARCH = {
    "count": 1,
    "results": [
        {
            "idFormatted": "MP90001", "namus2Number": 90001, "dateOfLastContact": "2004-05-17",
            "lastName": "Madeup", "firstName": "Ann", "computedMissingMinAge": 31,
            "computedMissingMaxAge": 33, "cityOfLastContact": "Springdale",
            "countyDisplayNameOfLastContact": "Made", "stateDisplayNameOfLastContact": "AR",
            "gender": "Female", "raceEthnicity": "White / Caucasian",
            "modifiedDateTime": "2026-01-01T00:00:00Z",
        },
    ],
}  # fmt: skip
NAMUS_CASE = {
    "id": 90002, "idFormatted": "MP90002", "caseIsResolved": False,
    "subjectIdentification": {
        "firstName": "Ben", "middleName": None, "lastName": "Madeup", "nicknames": "Benny",
        "computedMissingMinAge": 8, "computedMissingMaxAge": 8, "currentMinAge": 30,
    },
    "subjectDescription": {
        "sex": {"id": 1, "name": "Male", "localizedName": "Male"}, "heightFrom": 50,
        "primaryEthnicity": {"name": "Asian", "localizedName": "Asian"},
    },
    "physicalDescription": {"hairColor": {"name": "Black"}, "leftEyeColor": {"name": "Brown"}},
    "physicalFeatureDescriptions": [{"description": "Scar above the left eye"}],
    "clothingAndAccessoriesArticles": [
        {"article": {"name": "Shirt"}, "description": "Blue shirt"},
        {"article": {"name": "Shoes"}, "description": "Sandals"},
    ],
    "sighting": {"date": "2005-06-07", "address": {
        "city": "Springdale", "county": {"name": "Made", "displayName": "Made"},
        "state": {"name": "AR", "displayName": "Arkansas"}}},
    "circumstances": {"circumstancesOfDisappearance": "<p>Last seen at a <b>fair</b>.</p>"},
}  # fmt: skip
FBI = {
    "total": 3, "page": 1,
    "items": [
        {
            "uid": "aa11", "title": "CARA MADEUP - SPRINGDALE, ARKANSAS", "sex": "Female",
            "description": "June 7, 2006<br />Springdale, Arkansas", "age_range": None,
            "age_min": 12, "age_max": None, "race": "white", "race_raw": "White (Hispanic)",
            "aliases": ["Car", "Rara"], "details": "<p>She was last seen &amp; missed.</p>",
            "remarks": None, "hair_raw": "Brown", "eyes": "brown", "scars_and_marks": None,
            "dates_of_birth_used": ["May 1, 1994"], "poster_classification": "missing",
            "status": "na", "images": [{"large": "https://pictures.example/a.jpg"}],
            "subjects": ["Kidnappings and Missing Persons"], "reward_max": 0,
        },
        {"uid": "bb22", "title": "A SUSPECT", "poster_classification": "ten", "status": "na"},
        {"uid": "cc33", "title": "WAS FOUND", "poster_classification": "missing",
         "status": "located"},
    ],
}  # fmt: skip


def entries_of(document: object) -> list[CaseEntry | str]:
    found = read_case_list(json.dumps(document).encode(), "list.json")
    read: list[CaseEntry | str] = []
    for one in found.rows:
        try:
            read.append(read_entry(one, found.mapping, month_first=True))
        except UnreadableEntry as error:
            read.append(str(error))
    return read


def test_a_search_of_namus_is_read_by_its_own_field_names() -> None:
    (entry,) = entries_of(NAMUS_SEARCH)
    assert isinstance(entry, CaseEntry)
    assert (entry.number, entry.name, entry.last_contact) == ("MP90001", "Ann Madeup", "2004-05-17")
    assert (entry.city, entry.county, entry.state) == ("Springdale", "Made", "AR")
    assert (entry.age_years, entry.age_text, entry.sex) == (31, "31 to 33", "Female")
    assert entry.race == "White / Caucasian"


def test_a_case_of_namus_with_nested_objects_and_lists_of_them_is_read() -> None:
    (entry,) = entries_of(NAMUS_CASE)
    assert isinstance(entry, CaseEntry)
    assert (entry.number, entry.name, entry.aliases) == ("MP90002", "Ben Madeup", "Benny")
    assert (entry.age_years, entry.sex, entry.race) == (8, "Male", "Asian")
    assert (entry.last_contact, entry.place) == ("2005-06-07", "Springdale, Made, AR")
    assert entry.clothing == "Blue shirt; Sandals"
    for part in ("Last seen at a fair.", "Marks: Scar above", "Hair: Black", "Eyes: Brown"):
        assert part in entry.remarks
    (ended,) = entries_of({**NAMUS_CASE, "caseIsResolved": True})
    assert ended == "The list says that this case has ended: “resolved”."


def test_the_fbi_s_list_brings_missing_people_and_no_suspects() -> None:
    missing, suspect, found = entries_of(FBI)
    assert isinstance(missing, CaseEntry)
    assert (missing.number, missing.name) == ("aa11", "CARA MADEUP")
    assert (missing.last_contact, missing.place) == ("2006-06-07", "Springdale, Arkansas")
    assert (missing.age_years, missing.race, missing.aliases) == (
        12,
        "White (Hispanic)",
        "Car; Rara",
    )
    assert "She was last seen & missed." in missing.remarks
    assert "Born: May 1, 1994" in missing.remarks
    assert any("from the description" in one for one in missing.warnings)
    assert suspect == (
        "The list files it under “ten”: only missing and kidnapped people become cases."
    )
    assert found == "The list says that this case has ended: “located”."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 yr 6 months", (1, 1)), ("33 years, 4 months", (33, 33)), ("33 Y/O", (33, 33)),
        ("about 30 years", (30, 30)), ("approx. 30", (30, 30)), ("~30", (30, 30)),
        ("30s", (30, 39)), ("17+", (17, 17)), ("1,5 years", (1, 1)), ("Under 1", (0, 0)),
        ("<1 year", (0, 0)), ("Infant", (0, 0)), ("newborn", (0, 0)),
    ],
)  # fmt: skip
def test_ages_in_the_words_of_other_lists(text: str, expected: tuple[int, int]) -> None:
    age = read_age(text)
    assert age is not None
    assert (age.from_years, age.to_years) == expected


def test_the_word_adult_is_no_age_and_no_reason_to_refuse_a_case() -> None:
    assert read_age("Adult") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("17-May-04", "2004-05-17"),  # as spreadsheets show dates
        ("5/17/2004 0:00", "2004-05-17"),
        ("05/17/2004 12:00:00 AM", "2004-05-17"),
        ("17/May/2004", "2004-05-17"),
        ("May 17th, 2004", "2004-05-17"),
        ("Monday, May 17, 2004", "2004-05-17"),
        ("3-Jan-45", "1945-01-03"),
        ("May 2004", "2004-05"),
        ("05/2004", "2004-05"),
        ("2004", "2004"),
        ("", ""),
    ],
)
def test_days_as_spreadsheets_write_them_and_days_that_are_half_known(
    text: str, expected: str
) -> None:
    assert read_last_contact(text, month_first=True) == expected


@pytest.mark.parametrize("text", ["2999", "13/2004", "circa", "2999-01"])
def test_what_is_neither_day_nor_month_nor_year_is_refused(text: str) -> None:
    with pytest.raises(UnreadableValue):
        read_last_contact(text, month_first=True)


def test_a_date_in_the_other_order_is_refused_with_the_way_out() -> None:
    with pytest.raises(UnreadableValue, match="with the day first it is one"):
        read_date("17/05/2004", month_first=True)
    with pytest.raises(UnreadableValue, match="with the month first it is one"):
        read_date("05/17/2004", month_first=False)
    order = order_of(["17/05/2004", "05/17/2004", "05/06/2004", "05/05/2004", "2004-05-17", "x"])
    assert (order.day_first, order.month_first, order.either) == (1, 1, 1)
    assert (order.day_example, order.month_example) == ("17/05/2004", "05/17/2004")


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbfsep=;\r\nCase Number;Name\r\nA-1;Ann, Madeup\r\n",
        b'"sep=;"\r\nCase Number;Name\r\nA-1;Ann, Madeup\r\n',
        b"Missing persons;;\r\nPrinted today;\r\n\r\nCase Number;Name\r\nA-1;Ann, Madeup\r\n",
        "Case Number\tName\r\nA-1\tAnn, Madeup\r\n".encode("utf-16"),
    ],
)
def test_tables_as_spreadsheets_save_them_are_read(data: bytes) -> None:
    (entry,) = entries(read_case_list(data, "list.csv"))
    assert (entry.number, entry.name) == ("A-1", "Ann, Madeup")


def test_rows_behind_a_quotation_mark_that_is_never_closed_are_not_lost_in_silence() -> None:
    data = b'Case Number,Name\nA-1,Ann Madeup\nA-2,"Bo Madeup\nA-3,Cy Madeup\n'
    with pytest.raises(Refused, match="opened near line 3 and never closed"):
        read_case_list(data, "list.csv")


def test_a_workbook_is_refused_with_what_to_do() -> None:
    for head in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"):
        with pytest.raises(Refused, match="save it as “CSV UTF-8”"):
            read_case_list(head + bytes(100), "list.xlsx")


def test_columns_can_be_chosen_in_a_preview_although_none_is_the_number() -> None:
    data = "केस नंबर,नाम\nA-1,राधा मनगढ़ंत\n".encode()
    listed = read_case_list(data, "list.csv", needs_number=False)
    assert listed.columns == ("केस नंबर", "नाम")
    assert listed.notes[0].startswith("No column holds the cases' numbers.")
    listed = read_case_list(data, "list.csv", {"number": "केस नंबर", "name": "नाम"})
    assert entries(listed)[0].name == "राधा मनगढ़ंत"


def test_a_note_says_how_a_file_that_is_not_utf_8_was_read() -> None:
    listed = read_case_list("Case Number,Name\nA-1,Zoë Madeup\n".encode("cp1252"), "list.csv")
    assert entries(listed)[0].name == "Zoë Madeup"
    assert listed.notes == ("The file is not UTF-8; it was read as Windows-1252.",)


def test_paragraphs_of_html_stay_apart() -> None:
    assert plain_text("He left.<style>p{}</style><p>One</p><p>Two</p>") == "He left.\nOne\n\nTwo"
