"""From one person's confirmation to a lead, and what happens when two people disagree."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from app.extensions import db
from app.models import Case, Role, Sighting
from app.services.base import media
from cameras.footage import probe
from tests.app.factories import make_case, make_location, make_photo, make_sighting
from tests.journeys.conftest import Site

pytestmark = pytest.mark.journey

OpenBrowser = Callable[..., Page]


def picture(width_px: int, height_px: int, shade: int) -> str:
    buffer = io.BytesIO()
    Image.new("RGB", (width_px, height_px), (shade, 120, 90)).save(buffer, "JPEG")
    return media.store(buffer.getvalue())


def case_with_a_sighting(recording: Path | None = None) -> tuple[Case, Sighting]:
    case = make_case()
    make_location(case)
    photo = make_photo(
        case, face_sha256=picture(420, 480, 40), quality={"overall": 0.9, "height_px": 240.0}
    )
    face: dict[str, object] = {
        "crop_sha256": picture(75, 60, 200),
        "box_xyxy": [10.0, 5.0, 40.0, 45.0],
        "quality": {"overall": 0.7, "height_px": 40.0},
    }
    if recording is not None:
        facts = probe(recording)
        face |= {
            "best_s": 5.0,
            "footage": {
                "path": str(recording),
                "sha256": facts.sha256,
                "size_bytes": facts.size_bytes,
                "width_px": facts.width,
                "height_px": facts.height,
            },
        }
    return case, make_sighting(case, photo=photo, face=face)


def open_map(page: Page, case: Case) -> Page:
    page.goto(f"/cases/{case.number}")
    expect(page.locator("#live-word")).to_have_text("live")
    return page


def confirm_on_the_map(page: Page) -> None:
    expect(page.locator(".sighting-card")).to_have_count(1)
    page.keyboard.press("j")
    expect(page.locator(".sighting-card.selected")).to_have_count(1)
    page.keyboard.press("c")
    expect(page.locator(".sighting-card")).to_contain_text("confirmed")


def test_a_confirmation_is_a_lead_once_an_examiner_agreed_without_knowing_it(
    site: Site, open_browser: OpenBrowser
) -> None:
    case, sighting = case_with_a_sighting()
    map_page = open_map(open_browser(Role.INVESTIGATOR), case)
    confirm_on_the_map(map_page)
    expect(map_page.locator(".sighting-card")).to_contain_text("second review open")
    expect(map_page.locator(".sighting-pin.provisional")).to_have_count(1)
    expect(map_page.locator("#location-count")).to_have_text("2")
    map_page.click("[data-pane-tab=places]")
    expect(map_page.locator("#location-list")).to_contain_text("confirmed by one person")

    examiner = open_browser(Role.EXAMINER)
    examiner.goto(f"/sightings/{sighting.id}")
    examiner.wait_for_url(f"**/review/{sighting.id}")
    shown = examiner.locator("main").inner_text()
    for word in ("0.52", "similarity 0", "threshold", "confirmed", "investigator", "second review"):
        assert word not in shown.replace("What the recogniser measured", "")
    examiner.goto("/review")
    examiner.keyboard.press("j")
    examiner.keyboard.press("o")
    examiner.wait_for_url(f"**/review/{sighting.id}")
    fill_the_checklist_by_keyboard(examiner)
    examiner.click(".verdict.confirmed")
    examiner.wait_for_url("**/review")
    expect(examiner.locator("main")).to_contain_text("Nothing waits for your review")

    expect(map_page.locator(".sighting-card")).to_contain_text("lead")
    expect(map_page.locator(".sighting-pin.provisional")).to_have_count(0)
    expect(map_page.locator("#location-list")).not_to_contain_text("confirmed by one person")
    examiner.goto(f"/sightings/{sighting.id}")
    expect(examiner.locator("main")).to_contain_text("Lead: confirmed by 2 people")
    expect(examiner.locator(".comparison summary")).to_contain_text("some support")
    assert site.troubles == []


def fill_the_checklist_by_keyboard(page: Page) -> None:
    page.check("[name=suitability][value=limited]")
    page.focus("[name='finding.face_shape'] >> nth=0")
    for digit in "1231":
        page.keyboard.press(digit)
    expect(page.locator("[data-feature] [type=radio]:checked")).to_have_count(4)
    expect(page.locator("[name='finding.hairline'][value=dissimilar]")).to_be_checked()
    page.select_option("#conclusion", "some support for the same person")


def test_disagreement_takes_the_place_back_tells_the_map_and_a_third_decides(
    site: Site, open_browser: OpenBrowser
) -> None:
    case, sighting = case_with_a_sighting()
    map_page = open_map(open_browser(Role.INVESTIGATOR), case)
    confirm_on_the_map(map_page)
    expect(map_page.locator("#location-count")).to_have_text("2")

    second = open_browser(Role.EXAMINER)
    second.goto("/review")
    second.keyboard.press("j")
    second.keyboard.press("r")
    expect(second.locator("main")).to_contain_text("Nothing waits for your review")
    expect(map_page.locator(".toast.error")).to_contain_text("Its place is taken back")
    expect(map_page.locator("#location-count")).to_have_text("1")
    expect(map_page.locator(".sighting-card")).to_contain_text("third review open")

    third = open_browser(Role.EXAMINER)
    third.goto("/review")
    assert "third" not in third.locator("main").inner_text()
    third.keyboard.press("j")
    third.keyboard.press("c")
    expect(map_page.locator(".sighting-card")).to_contain_text("lead")
    expect(map_page.locator("#location-count")).to_have_text("2")
    site.fresh()
    assert db.session.get_one(Sighting, sighting.id).is_lead
    assert site.troubles == []


def test_an_investigator_who_knows_the_case_is_told_why_they_cannot_be_the_second(
    site: Site, open_browser: OpenBrowser
) -> None:
    case, sighting = case_with_a_sighting()
    confirm_on_the_map(open_map(open_browser(Role.INVESTIGATOR), case))
    knowing = open_map(open_browser(Role.INVESTIGATOR), case)
    expect(knowing.locator(".sighting-card")).to_have_count(1)
    knowing.keyboard.press("j")
    expect(knowing.locator(".sighting-card.selected")).to_have_count(1)
    knowing.keyboard.press("c")
    expect(knowing.locator(".toast.error")).to_contain_text("blind")
    knowing.goto(f"/review/{sighting.id}")
    expect(knowing.locator(".verdict.confirmed")).to_be_disabled()
    expect(knowing.locator(".verdict.rejected")).to_be_enabled()
    assert site.troubles == []


@pytest.mark.parametrize("phone", [False, True])
def test_faces_are_shown_at_one_scale_and_the_clip_plays(
    site: Site, open_browser: OpenBrowser, shared_dir: Path, phone: bool
) -> None:
    recording = site.folder / "footage" / "gate.mp4"
    shutil.copy(shared_dir / "video" / "speech" / "short_hamilton_clip.mp4", recording)
    _, sighting = case_with_a_sighting(recording)
    page = open_browser(Role.INVESTIGATOR, phone=phone)
    page.goto(f"/sightings/{sighting.id}")
    expect(page.locator(".face-wall img.scaled")).to_have_count(2)
    heights = page.evaluate(
        """() => [...document.querySelectorAll(".face-wall img")].map((image) =>
            image.getBoundingClientRect().width / image.naturalWidth * Number(image.dataset.facePx)
            / image.parentElement.getBoundingClientRect().width)"""
    )
    assert heights == pytest.approx([heights[0]] * 2, rel=0.02)
    page.click("text=Cut the clip")
    video = page.locator("#clip video")
    video.wait_for()
    video.evaluate("video => video.play()")
    played = """video => new Promise((done) => {
        video.ontimeupdate = () => video.currentTime > 0.5 && done(video.currentTime);
    })"""
    assert video.evaluate(played) > 0.5
    assert video.evaluate("video => video.videoWidth") > 0
    overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert overflow <= 0
    assert site.troubles == []
