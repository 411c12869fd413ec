"""Pages beside the map: handing in photos, importing cameras, every page without a complaint."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.models import Role
from tests.app.factories import (
    make_camera,
    make_case,
    make_confirmed_route,
    make_footage,
    make_location,
)
from tests.journeys.conftest import Site

pytestmark = pytest.mark.journey

OpenBrowser = Callable[..., Page]

REGISTRY = (
    "id;Kamera;LAT;LONG\n"
    "1;Made-up gate;12.9716;77.5946\n"
    "2;Made-up yard;12.9720;77.5950\n"
    "3;Made-up nowhere;north;77.5950\n"
)


def test_an_import_is_checked_and_then_done_with_the_same_file(
    site: Site, open_browser: OpenBrowser, tmp_path: Path
) -> None:
    file = tmp_path / "gates.csv"
    file.write_text(REGISTRY, encoding="utf-8-sig")
    page = open_browser(Role.DISPATCHER)
    page.goto("/cameras/import")
    page.set_input_files("#registry", file)
    page.fill("#source", "journey")
    page.click("text=Check the file")
    expect(page.locator("#import-report")).to_contain_text("What would happen")
    expect(page.locator("#import-report table")).to_contain_text("4")
    page.click("text=Columns")
    page.select_option("#column-name", "Kamera")
    page.click("text=Check again with the choices below")
    expect(page.locator("#column-name")).to_have_value("Kamera")
    page.click("text=Import 2 cameras")
    expect(page.locator("#import-report")).to_contain_text("2 added")
    page.click("text=To the cameras")
    expect(page.locator("table")).to_contain_text("Made-up yard")
    assert site.troubles == []


def test_an_import_of_something_else_is_refused_in_words(
    site: Site, open_browser: OpenBrowser, tmp_path: Path
) -> None:
    file = tmp_path / "empty.csv"
    file.write_bytes(b"")
    page = open_browser(Role.DISPATCHER)
    page.goto("/cameras/import")
    page.set_input_files("#registry", file)
    page.click("text=Check the file")
    expect(page.locator("#import-report .notice.error")).to_be_visible()
    assert site.troubles == []


class TestPhotos:
    @pytest.fixture
    def face_pack(self, shared_dir: Path) -> str:
        return str(shared_dir / "models" / "insightface-mini")

    def test_a_refused_photo_says_why_and_shows_what_was_found(
        self, site: Site, open_browser: OpenBrowser, shared_dir: Path, tmp_path: Path
    ) -> None:
        text = tmp_path / "portrait.jpg"
        text.write_text("this is a text file")
        several = shared_dir / "faces" / "face_recognition" / "examples" / "two_people.jpg"
        case = make_case()
        page = open_browser(Role.INVESTIGATOR)
        page.goto(f"/cases/{case.number}/photos")
        page.set_input_files("input[name=photo]", [text, several])
        page.click("text=Check and add")
        refusals = page.locator("#photo-result .notice.error")
        expect(refusals).to_have_count(2, timeout=60_000)
        expect(refusals.nth(0)).to_contain_text("portrait.jpg")
        expect(refusals.nth(1).locator("img")).to_be_visible()
        expect(page.locator(".photo-card")).to_have_count(0)
        # A good one among refused ones is shown at once, and the refusals stay to be read.
        good = shared_dir / "faces" / "face_recognition" / "examples" / "obama.jpg"
        page.set_input_files("input[name=photo]", [text, good])
        page.click("text=Check and add")
        expect(page.locator(".photo-card")).to_have_count(1, timeout=60_000)
        expect(page.locator("#photo-result")).to_contain_text("1 of 2 photos")
        expect(page.locator("#photo-result .notice.error")).to_contain_text("portrait.jpg")
        expect(page.locator("text=No reference photo yet")).to_have_count(0)
        assert site.troubles == []


def test_a_recording_is_uploaded_and_a_text_file_is_refused_in_words(
    site: Site, open_browser: OpenBrowser, shared_dir: Path, tmp_path: Path
) -> None:
    camera = make_camera()
    text = tmp_path / "2026-11-18_14-10-00.mp4"
    text.write_text("this is no video")
    page = open_browser(Role.DISPATCHER)
    page.goto(f"/cameras/{camera.id}")
    form = page.locator("[data-upload]")
    form.locator("input[type=file]").set_input_files(text)
    form.locator("button").click()
    expect(form.locator("[data-upload-words]")).not_to_be_empty()
    expect(page.locator("text=No footage yet")).to_be_visible()

    clip = shared_dir / "video" / "speech" / "short_hamilton_clip.mp4"
    form.locator("input[type=file]").set_input_files(clip)
    form.locator("[name=started_at]").fill("2026-11-18T14:10:00")
    form.locator("button").click()
    expect(page.locator("td.lead", has_text="18 Nov 2026, 14:10:00")).to_be_visible(timeout=30_000)
    assert site.troubles == []


def test_every_page_of_each_role_opens_without_a_complaint(
    site: Site, open_browser: OpenBrowser
) -> None:
    case = make_case()
    make_location(case)
    route = make_confirmed_route(case, 2)
    camera = make_camera()
    make_footage(camera, made_up=True)
    addresses = [
        "/cases",
        f"/cases/{case.number}",
        *(
            f"/cases/{case.number}/{part}"
            for part in ("photos", "locations", "sweeps", "sightings", "timeline", "edit")
        ),
        "/cases/new",
        "/sweeps",
        f"/sightings/{route[0].id}",
        "/review",
        "/cameras",
        f"/cameras/{camera.id}",
        "/cameras/import",
        "/account",
        "/tip",
        "/tip/answer",
        "/admin/users",
        "/admin/health",
    ]
    opened = {role: open_all(open_browser(role), addresses) for role in Role}
    assert opened[Role.PARTNER] == {"/account", "/tip", "/tip/answer"}
    assert "/review" in opened[Role.EXAMINER]
    assert "/cases" not in opened[Role.EXAMINER]
    assert opened[Role.INVESTIGATOR] >= {"/cases/new", f"/cases/{case.number}", "/sweeps"}
    assert opened[Role.DISPATCHER] >= {"/cameras/import", f"/cases/{case.number}"}
    assert opened[Role.ADMINISTRATOR] >= {"/admin/users", "/admin/health"}
    assert site.troubles == []


def open_all(page: Page, addresses: list[str]) -> set[str]:
    """Open each; returns those that the role may see. The map must get as far as being live."""
    opened = set()
    for address in addresses:
        answer = page.goto(address)
        assert answer is not None
        assert answer.status in {200, 403}, address
        if answer.status == 200:
            opened.add(address)
            if page.locator("#live-word").count():
                expect(page.locator("#live-word")).to_have_text("live")
    return opened


def test_a_wrong_password_is_refused_without_saying_which_part_was_wrong(
    site: Site, page: Page
) -> None:
    page.goto(f"{site.address}/login")
    page.fill("input[name=email]", "nobody@lastseen.example")
    page.fill("input[name=password]", "not-the-password")
    page.click("main button:not([type=button])")
    expect(page.locator(".notice.error")).to_be_visible()
    assert "/login" in page.url
