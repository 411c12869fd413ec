"""A poster holds what was chosen, leads to the tip form, and nothing else leaves the product."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from flask import Flask
from PIL import Image
from pypdf import PdfReader

from app.config import Settings
from app.errors import Conflict, Refused, Unavailable
from app.extensions import db
from app.inputs.posters import PosterInput, PosterName, PosterPicture, PosterTime
from app.models import AuditEntry, Case, ReferencePhoto
from app.services.base import media
from app.services.base.actors import Actor
from app.services.contributing import tips
from app.services.papers import posters
from app.services.papers.brief_fonts import MAIN, NO_GLYPH, Paper, use_fonts
from app.services.papers.poster_picture import SIDE_PX
from app.services.places import locations
from tests.app import factories
from tests.app.conftest import Client

ADDRESS = "https://search.example"
SEEN_AT = datetime(2026, 11, 18, 8, 40, tzinfo=UTC)


@pytest.fixture
def investigator(actor_factory: Callable[..., Actor]) -> Actor:
    return actor_factory("investigator")


def picture_of_nobody() -> str:
    noise = np.random.default_rng(4).integers(0, 255, (300, 240, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, "JPEG")
    return media.store(buffer.getvalue())


@pytest.fixture
def case(app: Flask) -> Case:
    made = factories.make_case(
        number="SECRET-77", subject_name="Ann Berta Madeup", subject_remarks="private remark",
        legal_basis="private order", subject_clothing="yellow raincoat",
    )  # fmt: skip
    factories.make_location(made, label="Private address 5", seen_at=SEEN_AT)
    return made


@pytest.fixture
def photo(case: Case) -> ReferencePhoto:
    sha256 = picture_of_nobody()
    return factories.make_photo(case, sha256=sha256, face_sha256=sha256)


def text_of(data: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)


def test_a_poster_prints_what_is_chosen_and_no_more_personal_data(
    case: Case, photo: ReferencePhoto, investigator: Actor
) -> None:
    (location,) = case_locations(case)
    given = PosterInput(
        heading="Missing child", photo_id=photo.id, name=PosterName.INITIALS, age=True,
        clothing="yellow raincoat", place="Old market quarter", location_id=location,
        time=PosterTime.HOUR,
    )  # fmt: skip
    export = posters.export_poster(investigator, case, given, "pdf", ADDRESS)
    text = text_of(export.data)
    assert len(PdfReader(io.BytesIO(export.data)).pages) == 1
    for wanted in ("Missing child", "A. B. M.", "8 years", "yellow raincoat",
                   "Old market quarter, 18 November 2026, afternoon",
                   f"{ADDRESS}/tip"):  # fmt: skip
        assert wanted in text
    for private in ("SECRET-77", "Berta", "Madeup", "private", "Private address", "14:10"):
        assert private not in text
        assert private.encode() not in export.data
    assert "SECRET" not in export.file_name


def case_locations(case: Case) -> list[int]:
    return [row.id for row in locations.list_locations(case)]


def test_left_out_is_not_public(case: Case, investigator: Actor) -> None:
    poster = posters.make_poster(case, PosterInput(name=PosterName.NONE), ADDRESS)
    assert [(fact.what, fact.text) for fact in posters.public_facts(poster)] == [
        ("Heading", "Missing"),
        ("Address behind the code", f"{ADDRESS}/tip"),
    ]
    assert posters.draw(poster, "png")


def test_the_preview_lists_exactly_what_is_printed(case: Case, photo: ReferencePhoto) -> None:
    given = PosterInput(photo_id=photo.id, name=PosterName.FIRST, age=True, place="Market")
    poster = posters.make_poster(case, given, ADDRESS)
    printed = text_of(posters.draw(poster, "pdf"))
    for fact in posters.public_facts(poster):
        assert fact.what == "Photo" or fact.text in printed


def test_the_code_of_a_case_is_behind_the_qr_code_if_one_is_published(
    case: Case, investigator: Actor
) -> None:
    code = tips.publish_code(investigator, case)
    poster = posters.make_poster(case, PosterInput(), ADDRESS)
    assert poster.address == f"{ADDRESS}/tip/p/{code}"
    assert f"Code {code}" in text_of(posters.draw(poster, "pdf"))


def test_the_square_picture_is_square_and_holds_no_metadata(
    case: Case, photo: ReferencePhoto, investigator: Actor
) -> None:
    given = PosterInput(photo_id=photo.id, picture=PosterPicture.PHOTO, clothing="x" * 160)
    data = posters.export_poster(investigator, case, given, "png", ADDRESS).data
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.size == (SIDE_PX, SIDE_PX)
        assert not picture.getexif()
        assert not picture.info.get("text")


def test_indian_scripts_are_printed_by_their_own_fonts(case: Case) -> None:
    given = PosterInput(heading="लापता", clothing="மஞ்சள் மழைக்கோட்டு", place="ಮಾರುಕಟ್ಟೆ 5")
    poster = posters.make_poster(case, given, ADDRESS)
    text = text_of(posters.draw(poster, "pdf"))
    assert "लापता" in text
    plain = posters.make_poster(case, given.model_copy(update={"clothing": ""}), ADDRESS)
    assert posters.draw(poster, "png") != posters.draw(plain, "png")


def test_a_line_below_one_in_another_script_is_drawn_with_its_own_letters(app: Flask) -> None:
    text = "राधा मनगढ़ंत\nWearing blue, नीली कमीज़\nस्टेशन के पास\nby the station"
    page = Paper(format="A4")
    use_fonts(page, app.config["LASTSEEN"].font_dir, text)
    page.add_page()
    page.set_font(MAIN, "B", 14)
    page.cell(0, 8, "A title", new_x="LMARGIN", new_y="NEXT")
    page.set_font(MAIN, size=10)
    page.multi_cell(0, 6, text)
    read = text_of(bytes(page.output()))
    for wanted in ("A title", "Wearing blue,", "by the station"):
        assert wanted in read, read


def test_a_character_that_no_font_has_is_marked_on_other_papers(app: Flask) -> None:
    page = Paper(format="A4")
    use_fonts(page, app.config["LASTSEEN"].font_dir, "王 Ann")
    page.add_page()
    page.cell(0, 8, "王 Ann")
    assert text_of(bytes(page.output())) == f"{NO_GLYPH} Ann"


@pytest.mark.parametrize(
    ("name", "clothing"),
    [
        ("राधा मनगढ़ंत", "नीली कमीज़"),
        ("ರಾಧಾ ಕಲ್ಪಿತ", "ನೀಲಿ ಅಂಗಿ"),
        ("சுந்தரி கற்பனை", "நீல சட்டை"),
        ("ليلى خيالية", "قميص أزرق"),
        ("สมหญิง สมมติ", "เสื้อสีน้ำเงิน"),
    ],
)
def test_facts_in_other_scripts_are_printed_with_their_labels(
    case: Case, name: str, clothing: str
) -> None:
    case.subject_name = name
    given = PosterInput(
        heading=name.split(maxsplit=1)[0], name=PosterName.FULL, clothing=clothing, age=True,
        place=f"{clothing}, near the old gate",
    )  # fmt: skip
    poster = posters.make_poster(case, given, ADDRESS)
    text = text_of(posters.draw(poster, "pdf"))
    for wanted in ("Age: 8 years", "Wearing:", "Last seen:", "near the old gate", "Scan the code"):
        assert wanted in text, text
    with Image.open(io.BytesIO(posters.draw(poster, "png"))) as picture:
        assert picture.size == (SIDE_PX, SIDE_PX)


def test_letters_that_no_font_has_are_told_and_not_left_out(case: Case) -> None:
    case.subject_name = "王小明 \N{GRINNING FACE}"
    with pytest.raises(Refused, match="print “王小明\N{GRINNING FACE}”"):
        posters.make_poster(case, PosterInput(name=PosterName.FULL), ADDRESS)
    posters.make_poster(case, PosterInput(name=PosterName.NONE), ADDRESS)


def test_long_texts_leave_room_for_the_photo_and_end_above_the_code(case: Case) -> None:
    green = io.BytesIO()
    Image.new("RGB", (240, 300), (20, 200, 40)).save(green, "JPEG")
    sha256 = media.store(green.getvalue())
    photo = factories.make_photo(case, sha256=sha256, face_sha256=sha256)
    case.subject_name = "Wolfeschlegelsteinhausen" * 8
    given = PosterInput(
        photo_id=photo.id, name=PosterName.FULL, age=True, clothing="x" * 160, place="W" * 160
    )
    poster = posters.make_poster(case, given, ADDRESS)
    page = PdfReader(io.BytesIO(posters.draw(poster, "pdf"))).pages[0]
    heights: list[tuple[str, float]] = []

    def note(text: str, _cm: Any, matrix: Any, _font: Any, _size: Any) -> None:
        if text.strip():
            heights.append((text.strip(), matrix[5]))

    page.extract_text(visitor_text=note)
    lowest_fact = min(y for text, y in heights if "WW" in text)
    highest_of_foot = max(y for text, y in heights if "Scan the code" in text)
    assert lowest_fact > highest_of_foot + 10
    with Image.open(io.BytesIO(posters.draw(poster, "png"))) as opened:
        pixels = np.asarray(opened.convert("RGB")).astype(int)
    is_green = (pixels[..., 1] > 150) & (pixels[..., 0] < 90) & (pixels[..., 2] < 90)
    assert is_green.any(axis=1).sum() >= 200, "the photo is 200 pixels high at least"
    assert (pixels[200:, :20] == 255).all(), "no line runs over the edge"


@pytest.mark.parametrize(
    "address",
    [ADDRESS, "https://missing-persons.state-police.example.org/lastseen-public-search-portal/of"],
)
def test_the_code_is_read_back_and_drawn_as_the_standard_asks(case: Case, address: str) -> None:
    poster = posters.make_poster(case, PosterInput(), address)
    with Image.open(io.BytesIO(posters.draw(poster, "png"))) as opened:
        picture = np.asarray(opened.convert("L"))
    corner = picture[-290:, :300]
    (image,) = PdfReader(io.BytesIO(posters.draw(poster, "pdf"))).pages[0].images
    printed = np.asarray(image.image.convert("L"))
    for code in (corner, printed):
        assert read_back(code) == f"{address}/tip"
        dark = np.argwhere(code < 128)
        (top, left), (bottom, right) = dark.min(axis=0), dark.max(axis=0) + 1
        inside = code[top:bottom, left:right] < 128
        # The finder pattern's upper edge is seven modules long.
        module_px = int(np.argmin(inside[0])) / 7
        assert module_px == int(module_px) >= 4
        changes = np.argwhere(np.diff(inside.astype(int), axis=1))[:, 1] + 1
        assert not (changes % module_px).any(), "modules are of whole pixels"
        assert left >= 4 * module_px, "four modules stay white around the code"
    assert min(printed.shape) - printed_side(printed) == 8 * module_px


def read_back(code: np.ndarray[Any, Any]) -> str:
    """What the code says. As with a phone, one of several distances will do."""
    for share in (1, 2, 3):
        for white in (40, 200):
            frame = np.pad(code[::share, ::share], white, constant_values=255)
            said, _, _ = cv2.QRCodeDetector().detectAndDecode(frame)
            if said:
                return str(said)
    return ""


def printed_side(code: np.ndarray[Any, Any]) -> int:
    dark = np.argwhere(code < 128)
    return int((dark.max(axis=0) - dark.min(axis=0) + 1).max())


def test_a_case_that_is_not_searched_for_is_not_made_public(
    case: Case, investigator: Actor
) -> None:
    case.legal_basis_expires_at = datetime(2020, 1, 1, tzinfo=UTC)
    db.session.commit()
    with pytest.raises(Conflict, match="legal basis"):
        posters.make_poster(case, PosterInput(), ADDRESS)


def test_photos_and_places_of_other_cases_are_refused(case: Case) -> None:
    other = factories.make_photo(factories.make_case())
    with pytest.raises(Refused, match="no such photo"):
        posters.make_poster(case, PosterInput(photo_id=other.id), ADDRESS)
    elsewhere = factories.make_location(factories.make_case())
    with pytest.raises(Refused):
        posters.make_poster(
            case, PosterInput(location_id=elsewhere.id, time=PosterTime.DAY), ADDRESS
        )


def test_a_photo_whose_file_is_gone_is_told_in_words(
    case: Case, logged_in: Callable[..., Client]
) -> None:
    gone = factories.make_photo(case)
    with pytest.raises(Refused, match="no longer kept"):
        posters.make_poster(case, PosterInput(photo_id=gone.id), ADDRESS)
    page = logged_in("investigator").get("/cases/SECRET-77/poster")
    assert page.status_code == 422
    assert "its file is gone" in page.get_data(as_text=True)


def test_a_poster_is_in_the_audit_log_without_what_it_says(
    case: Case, photo: ReferencePhoto, investigator: Actor
) -> None:
    given = PosterInput(photo_id=photo.id, name=PosterName.FULL)
    posters.export_poster(investigator, case, given, "pdf", ADDRESS)
    (entry,) = db.session.query(AuditEntry).filter_by(action="poster.export")
    assert entry.details["public"] == ["Heading", "Name", "Photo", "Address behind the code"]
    assert "Madeup" not in str(entry.details)


def test_an_unknown_address_and_missing_fonts_are_told_in_words(case: Case, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="BASE_URL"):
        posters.make_poster(case, PosterInput(), "")
    poster = posters.make_poster(case, PosterInput(), ADDRESS)
    for layout in (posters.poster_pdf, posters.poster_png):
        with pytest.raises(Unavailable, match="font"):
            layout(poster, tmp_path)


def test_the_page_shows_the_poster_and_what_goes_public(
    app: Flask, case: Case, photo: ReferencePhoto, logged_in: Callable[..., Client]
) -> None:
    client = logged_in("investigator")
    page = client.get("/cases/SECRET-77/poster").get_data(as_text=True)
    assert "Exactly this goes public" in page
    assert "18 November 2026" in page
    assert 'src="data:image/png;base64,' in page
    wrong = client.get("/cases/SECRET-77/poster?heading=")
    assert wrong.status_code == 422
    got = client.get(f"/api/cases/SECRET-77/poster.pdf?photo_id={photo.id}&phone=&age=1")
    assert (got.status_code, got.mimetype) == (200, "application/pdf")
    assert client.get("/api/cases/SECRET-77/poster.exe").status_code == 422
    assert logged_in("analyst").get("/api/cases/SECRET-77/poster.pdf").status_code == 403


def test_the_shell_writes_a_poster(
    app: Flask, case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings: Settings = app.config["LASTSEEN"]
    monkeypatch.setitem(app.config, "LASTSEEN", settings.model_copy(update={"base_url": ADDRESS}))
    target = tmp_path / "poster.png"
    words: list[Any] = ["cases", "poster", "SECRET-77", "--format", "png", "--out", str(target)]
    result = app.test_cli_runner().invoke(args=words)
    assert "Poster written" in result.output, result.output
    assert target.read_bytes().startswith(b"\x89PNG")
