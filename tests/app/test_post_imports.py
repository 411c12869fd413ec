"""Importing posts: what is read, what is refused by row, and what hostile files can do."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.errors import Conflict, NotFound, Refused
from app.extensions import db
from app.intake import post_pictures
from app.intake.post_files import read_table
from app.intake.post_rows import columns_of, plain_text
from app.models import AuditEntry, ContributedPhoto, Post, PostContact, PostImport
from app.models.accounts import Role
from app.services.base.actors import COMMAND_LINE
from app.services.postings import post_import_reports, post_imports
from tests.app import contribution_cases, post_cases
from tests.app.post_cases import PHONE, PHONE_E164, row, take_in

CSV = (
    "Title;Body;Posted;City;Phone;Price\n"
    "Rooms;Quiet <b>rooms</b>;18/11/2026 14:10;Bengaluru;098450 12345;₹ 2,500\n"
    ";;18/11/2026 14:10;Bengaluru;;\n"
    "Rooms;Other rooms;yesterday-ish;Bengaluru;;\n"
    "Rooms;Third;;;;900\n"
)


def import_bytes(data: bytes, **values: object) -> post_import_reports.PostImportReport:
    given = post_cases.given(**values)
    return post_imports.import_posts(COMMAND_LINE, data, "posts.csv", given)


# --------------------------------------------------------------------------------- what is read


def test_good_rows_of_a_table_are_taken_and_bad_ones_told_by_number(app: Flask) -> None:
    report = import_bytes(CSV.encode("utf-8-sig"))
    assert (report.rows, report.added, report.refused) == (4, 2, 2)
    assert [(one.row_number, one.reason) for one in report.problems] == [
        (3, "It has no text."),
        (4, "“yesterday-ish” is not a time: write 2026-11-18 14:10:05 or 18/11/2026 14:10."),
    ]
    first, third = post_cases.posts()
    assert first.content == "Quiet rooms"
    assert first.posted_at == datetime(2026, 11, 18, 8, 40, tzinfo=UTC)
    assert (first.price, first.currency, first.place) == (2500.0, "INR", "Bengaluru")
    assert [use.contact.value for use in first.uses] == [PHONE_E164]
    assert (third.row_number, third.price) == (5, 900.0)


def test_nested_and_null_heavy_json_is_read(app: Flask) -> None:
    document = {
        "meta": {"exported": None},
        "data": {
            "items": [
                {
                    "id": 7,
                    "author": {"username": "made_up_1", "id": None},
                    "body": "<p>Hello&amp;welcome</p><script>alert(1)</script>",
                    "location": {"city": "Mysuru", "lat": 12.3, "lon": 76.6},
                    "contacts": [None, {"number": PHONE}, {"number": None}],
                    "images": [{"url": "https://pictures.example/x/a.jpg?size=2"}, None],
                    "created_at": 1763455800,
                    "stats": None,
                },
                {"id": 8, "author": None, "body": None, "contacts": None},
                "no object",
            ]
        },
    }
    report = import_bytes(json.dumps(document).encode())
    assert (report.added, report.refused) == (1, 2)
    assert [one.row_number for one in report.problems] == [2, 3, None]
    assert report.problems[-1].reason == "1 posts name pictures, and no archive came with the file."
    post = post_cases.posts()[0]
    assert post.content == "Hello&welcome"
    assert post.account is not None
    assert post.account.handle == "made_up_1"
    assert (post.ref, post.place, post.latitude_deg, post.longitude_deg) == (
        "7", "Mysuru", 12.3, 76.6,
    )  # fmt: skip
    assert [use.contact.value for use in post.uses] == [PHONE_E164]
    assert post.posted_at == datetime(2025, 11, 18, 8, 50, tzinfo=UTC)


def test_json_lines_are_read_and_a_broken_line_stops_none(app: Flask) -> None:
    report = import_bytes(b'{"text": "first post"}\nnonsense\n{"text": "second post"}\n')
    assert (report.format, report.added, report.refused) == ("JSON lines", 2, 1)
    assert report.problems[0].row_number == 2


def test_contacts_are_found_in_the_text_also_where_their_digits_are_words(app: Flask) -> None:
    text = "Call nine 8 four 5 zero 1 2 3 4 five or mail Rooms@Example.org, car KA 01 AB 1234"
    take_in(row(text))
    post = post_cases.posts()[0]
    assert {use.contact.value for use in post.uses} == {
        PHONE_E164, "rooms@example.org", "KA01AB1234",
    }  # fmt: skip
    shown = {text[use.from_char or 0 : use.to_char] for use in post.uses}
    assert "nine 8 four 5 zero 1 2 3 4 five" in shown


def test_addresses_in_the_text_are_contacts_with_the_place(app: Flask) -> None:
    take_in(
        row("Ring at 14 Candle Row, please", city="Port Umber"),
        row("14, Candle Row, ring twice", city="port umber"),
        row("Nothing said here", address="14 Candle Row", city="Port Umber"),
        row("14 Candle Row in another town", city="Ferrowick"),
        row("Come at 12 Noon, 14 people at most; 22 Tallow St.", city=""),
    )
    values = [{use.contact.value for use in post.uses} for post in post_cases.posts()]
    assert values == [
        {"14 candle row port umber"}, {"14 candle row port umber"}, {"14 candle row port umber"},
        {"14 candle row ferrowick"}, {"22 tallow street"},
    ]  # fmt: skip


def test_a_dry_run_writes_nothing(app: Flask) -> None:
    report = post_import_reports.check(
        COMMAND_LINE, post_cases.as_json([row()]), "p.json", post_cases.given()
    )
    assert (report.added, report.import_id) == (1, None)
    assert db.session.scalar(select(func.count(PostImport.id))) == 0


def test_month_first_dates_of_countries_that_write_them_so(app: Flask) -> None:
    import_bytes(b"text,date\nsome text,11/18/2026\n", region="US", timezone="America/New_York")
    assert post_cases.posts()[0].posted_at == datetime(2026, 11, 18, 5, 0, tzinfo=UTC)


# ----------------------------------------------------------------- twice, back, and back again


def test_the_same_file_twice_changes_nothing(app: Flask) -> None:
    take_in(row("one text"), row("two texts"))
    with pytest.raises(Conflict, match="imported already"):
        take_in(row("one text"), row("two texts"))
    report = take_in(row("two texts"), row("three texts"), row("three texts"))
    assert (report.added, report.already_there) == (1, 2)
    assert len(post_cases.posts()) == 3


def test_an_import_is_taken_back_as_a_whole_and_comes_back(app: Flask) -> None:
    first = take_in(row("one text", phone=PHONE, account="a"))
    second = take_in(row("other text", phone=PHONE, account="b"))
    assert [post.shared_level for post in post_cases.posts()] == [1, 1]
    post_imports.take_back(COMMAND_LINE, second.import_id or 0)
    assert [(post.content, post.shared_level) for post in post_cases.posts()] == [("one text", 0)]
    assert db.session.scalars(select(PostContact.accounts)).all() == [1]
    post_imports.restore(COMMAND_LINE, second.import_id or 0)
    assert [post.shared_level for post in post_cases.posts()] == [1, 1]
    assert first.import_id != second.import_id
    actions = db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert [one for one in actions if one.startswith("posts.")] == [
        "posts.hand_in", "posts.import", "posts.hand_in", "posts.import", "posts.take_back",
        "posts.taken_back", "posts.restore", "posts.restored",
    ]  # fmt: skip


def test_what_came_back_with_another_import_is_not_doubled(app: Flask) -> None:
    first = take_in(row("one text"))
    post_imports.take_back(COMMAND_LINE, first.import_id or 0)
    take_in(row("one text"), row("two texts"))
    with pytest.raises(Conflict, match="1 of its posts"):
        post_imports.restore(COMMAND_LINE, first.import_id or 0)
    assert len(post_cases.posts()) == 2


def test_there_is_no_import_without_the_right(app: Flask, actor_factory: object) -> None:
    with pytest.raises(NotFound):
        take_in(row(), actor=actor_factory(Role.INVESTIGATOR))  # type: ignore[operator]


# --------------------------------------------------------------------------------- pictures


def test_pictures_come_from_the_zip_by_name_without_folders(app: Flask) -> None:
    picture = contribution_cases.picture("PNG")
    archive = post_cases.zipped(deep____a_png=picture, unused_jpg=b"x")
    report = take_in(
        row("one text", images=["https://pictures.example/q/A.png", "..\\..\\b.png"]),
        row("two texts", images="a.png"),
        pictures=archive,
    )
    assert report.pictures == 2
    assert [(one.row_number, one.value) for one in report.problems] == [(1, "b.png")]
    photos = db.session.scalars(select(ContributedPhoto)).all()
    assert len({photo.sha256 for photo in photos}) == 1
    assert {photo.post_id for photo in photos} == {post.id for post in post_cases.posts()}


def test_hostile_pictures_are_refused_by_row_and_the_posts_taken(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        app.config, "LASTSEEN", app.config["LASTSEEN"].model_copy(update={"max_photo_bytes": 2**20})
    )
    archive = post_cases.zipped(
        bomb_jpg=b"\0" * 30 * 2**20,
        script_svg=b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        page_jpg=b"<html><script>alert(1)</script>",
        cut_jpg=contribution_cases.picture()[:900],
    )
    names = ["bomb.jpg", "script.svg", "page.jpg", "cut.jpg"]
    report = take_in(*[row(f"text {name}", images=name) for name in names], pictures=archive)
    assert (report.added, report.pictures) == (4, 0)
    reasons = {one.value: one.reason for one in report.problems}
    assert set(reasons) == set(names)
    assert "unpacks to more than 1 MB" in reasons["bomb.jpg"]


def test_two_different_pictures_of_one_name_are_not_guessed_at(app: Flask) -> None:
    archive = post_cases.zipped(
        x__a_jpg=contribution_cases.picture(), y__a_jpg=contribution_cases.picture()
    )
    report = take_in(row(images="a.jpg"), pictures=archive)
    assert report.pictures == 0
    assert "several times" in report.problems[0].reason


def test_archives_that_are_none_or_hold_too_much_are_refused_whole(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Refused, match="no zip"):
        take_in(row(images="a.jpg"), pictures=io.BytesIO(b"PK\x03\x04nonsense"))
    db.session.rollback()
    monkeypatch.setattr(post_pictures, "MAX_ENTRIES", 3)
    many = {f"f{at}_jpg": b"" for at in range(4)}
    with pytest.raises(Refused, match="more than 3 files"):
        take_in(row(images="a.jpg"), pictures=post_cases.zipped(**many))
    db.session.rollback()
    assert post_cases.posts() == []


def test_all_pictures_together_are_limited_whatever_the_archive_says(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(post_pictures, "MAX_READ_BYTES", 100_000)
    archive = post_cases.zipped(
        **{f"p{at}_png": contribution_cases.picture("PNG") for at in range(3)}
    )
    rows = [row(f"text {at}", images=f"p{at}.png") for at in range(3)]
    report = take_in(*rows, pictures=archive)
    assert report.pictures == 0
    assert all("2 GB" in one.reason for one in report.problems)


def test_a_lying_size_in_the_archive_is_not_believed(app: Flask) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.jpg", b"\0" * 40 * 2**20)
    data = buffer.getvalue()
    size = (40 * 2**20).to_bytes(4, "little")
    lying = io.BytesIO(data.replace(size, (100).to_bytes(4, "little")))
    report = take_in(row(images="a.jpg"), pictures=lying)
    assert report.pictures == 0
    assert report.problems[0].value == "a.jpg"


# --------------------------------------------------------------------------------- hostile tables


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x89PNG\r\n\x1a\n",
        b"PK\x03\x04",
        b"{",
        b"[]",
        b"[1, 2]",
        b"[" * 100_000,
        b'{"a": ' * 5000 + b"1" + b"}" * 5000,
        b"lat,lon\n1,2\n",
        b'text\n"never closed' + b"x" * 200_000,
        b'[{"text": 1e999}]' * 2,
    ],
)
def test_files_that_are_no_posts_are_refused_with_a_sentence(app: Flask, data: bytes) -> None:
    with pytest.raises(Refused):
        import_bytes(data)


def test_a_workbook_is_refused_with_what_to_do(app: Flask) -> None:
    with pytest.raises(Refused, match="save it as “CSV UTF-8”"):
        import_bytes(b"PK\x03\x04" + bytes(100))


def test_a_table_that_begins_with_its_delimiter_is_read_as_spreadsheets_do(app: Flask) -> None:
    import_bytes(b"\xef\xbb\xbfsep=;\r\ntext;city\r\nsome, words;Invented Town\r\n")
    assert [(one.content, one.place) for one in post_cases.posts()] == [
        ("some, words", "Invented Town")
    ]


def test_posts_behind_a_quotation_mark_that_is_never_closed_are_not_lost(app: Flask) -> None:
    with pytest.raises(Refused, match="opened near line 3 and never closed"):
        import_bytes(b'text,city\none,a\n"two,b\nthree,c\n')
    assert post_cases.posts() == []


def test_absurd_values_refuse_their_row_alone(app: Flask) -> None:
    rows = [
        row("good text"),
        row("x" * 30_000),
        row("y" * 50_000),
        row("far", lat=99, lon=0),
        row("future", date="2199-01-01T00:00:00Z"),
        row("deep", **{"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": {"i": 1}}}}}}}}}),
        row("price", price="9" * 400),
    ]
    report = take_in(*rows)
    assert report.added == 3
    assert [one.row_number for one in report.problems] == [2, 3, 4, 5]


def test_html_is_gone_and_what_is_left_is_text() -> None:
    assert plain_text("<p>a</p><p>b &lt;i&gt;</p>") == "a\nb <i>"
    assert plain_text("x<style>p{}</style><script>alert(1)</script>y<img src=x onerror=z>") == "xy"
    assert plain_text("1 < 2 & 3") == "1 < 2 & 3"
    assert plain_text("a\x00b\u202ec") == "a b c"


def test_columns_are_known_by_usual_names_in_any_case() -> None:
    table = read_table(b"Ad-ID,USER NAME,Posted At,Ad Text,Phone Number\n1,u,2026-01-01,t,5\n")
    assert columns_of(table.rows) == {
        "ref": "Ad-ID", "account": "USER NAME", "posted_at": "Posted At", "content": "Ad Text",
        "phone": "Phone Number",
    }  # fmt: skip


def test_thousands_of_posts_are_read_scored_and_kept(app: Flask) -> None:
    lines = ["text,account,date,city,phone,price,category"]
    lines += [
        f"Room number {at} near the lake new in town,account{at % 1_500},"
        f"2026-{1 + at % 9:02d}-{1 + at % 28:02d}T10:00:00Z,City {at % 50},"
        f"+9198{at % 2_000:08d},{1000 + at % 500},rooms"
        for at in range(5_000)
    ]
    report = import_bytes("\n".join(lines).encode())
    assert report.added == 5_000
    assert db.session.scalar(select(func.count(Post.id)).where(Post.shared_level > 0)) == 5_000
