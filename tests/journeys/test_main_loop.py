"""The loop that the product is for, in a browser: from an open case to a downloaded route."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.extensions import db
from app.inputs import FootageFileInput
from app.models import Case, LastKnownLocationRow, Role, Sighting
from app.services.base.actors import COMMAND_LINE
from app.services.inventory import footage
from tests.app.factories import make_camera
from tests.journeys.conftest import Site

pytestmark = pytest.mark.journey

SEEN_AT = datetime(2026, 11, 18, 8, 40, tzinfo=UTC)
LIVE_WITHIN_S = 2.0


@pytest.fixture
def face_pack(shared_dir: Path) -> str:
    return str(shared_dir / "models" / "insightface-mini")


def test_from_a_new_case_to_the_downloaded_route(
    site: Site, open_browser: Callable[..., Page], shared_dir: Path
) -> None:
    near, far = cameras_with_footage(site, shared_dir)
    page = open_browser(Role.INVESTIGATOR)
    open_a_case(page)
    add_a_photo(page, shared_dir)
    add_a_place_on_the_map(page)
    expect(page.locator(".rank-entry")).to_have_count(2)
    expect(page.locator(".rank-entry").first).to_contain_text(near)

    plan_a_sweep(page)
    site.fleet.start("worker", "--burst")
    card = page.locator(".sighting-card").first
    card.wait_for(timeout=60_000)
    site.fresh()
    sighting = db.session.scalars(select(Sighting).order_by(Sighting.id)).first()
    assert sighting is not None
    late_s = (datetime.now(UTC) - sighting.created_at).total_seconds()
    assert late_s < LIVE_WITHIN_S, f"the sighting came {late_s:.1f} s after its commit"
    expect(card).to_contain_text("candidate")
    expect(page.locator("#announcer")).to_contain_text("A lead, not an identification.")
    expect(page.locator("#sweep-strip")).to_contain_text("finished", timeout=60_000)

    confirm_the_sighting_at(page, far)
    # The ranking starts again from the camera that saw the subject.
    expect(page.locator(".rank-entry").first).to_contain_text(far)
    expect(page.locator("#location-count")).to_have_text("2")
    site.fresh()
    assert len(db.session.scalars(select(LastKnownLocationRow)).all()) == 2

    route = download_the_route(page)
    assert route.count("<trkpt") == 1
    assert site.troubles == []


def cameras_with_footage(site: Site, shared_dir: Path) -> tuple[str, str]:
    """Two cameras, each with the same made-up recording; the subject passes 2.8–7.0 s into it."""
    clip = shared_dir / "video" / "speech" / "short_hamilton_clip.mp4"
    names = []
    for number, north_deg in enumerate((0.0005, 0.0030)):
        camera = make_camera(
            name=f"Made-up corner {number}",
            latitude_deg=12.9716 + north_deg,
            longitude_deg=77.5946,
        )
        path = site.folder / "footage" / f"corner-{number}.mp4"
        shutil.copy(clip, path)
        started_at = SEEN_AT + timedelta(minutes=5 + 10 * number)
        given = FootageFileInput(path=str(path), started_at=started_at, made_up=True)
        footage.add_file(COMMAND_LINE, camera, given)
        names.append(camera.name)
    return names[0], names[1]


def open_a_case(page: Page) -> None:
    page.goto("/cases")
    page.click("text=Open the first case")
    page.fill("#number", "JOURNEY-1")
    page.fill("#purpose", "Find the missing person")
    page.fill("#legal_basis", "Order 5 of the made-up court")
    page.fill("#subject_name", "Made-up Subject")
    page.select_option("#subject_category", "adult")
    page.click("text=Open the case")
    page.wait_for_url("**/cases/JOURNEY-1/photos")


def add_a_photo(page: Page, shared_dir: Path) -> None:
    examples = shared_dir / "faces" / "face_recognition" / "examples"
    page.set_input_files("input[name=photo]", examples / "lin-manuel-miranda.png")
    page.click("text=Check and add")
    page.wait_for_selector(".photo-card", timeout=60_000)


def add_a_place_on_the_map(page: Page) -> None:
    page.goto("/cases/JOURNEY-1")
    expect(page.locator("#live-word")).to_have_text("live")
    page.click("[data-pane-tab=places]")
    page.click("#add-place")
    page.click("#map", position={"x": 300, "y": 300})
    page.fill("#lf-position", "12.9716, 77.5946")
    page.fill("#lf-label", "Made-up bus stop")
    page.fill("#lf-seen", "2026-11-18T14:10")
    page.select_option("#lf-reliability", "certain")
    page.click("#location-form button:not([type=button])")
    expect(page.locator(".place-entry")).to_contain_text("Made-up bus stop")
    page.click("[data-pane-tab=ranking]")


def plan_a_sweep(page: Page) -> None:
    page.fill("[name=window_start] >> nth=0", "2026-11-18T14:00")
    page.fill("[name=window_end] >> nth=0", "2026-11-18T15:00")
    page.click("#plan-sweep")
    page.click("#sweep-dialog button[type=submit]")
    expect(page.locator("#sweep-strip")).to_contain_text("running")


def confirm_the_sighting_at(page: Page, camera: str) -> None:
    page.locator(".sighting-card", has_text=camera).locator(".sighting-body").click()
    page.keyboard.press("c")
    expect(page.locator(".sighting-card", has_text=camera)).to_contain_text("confirmed")
    expect(page.locator(".sighting-pin.confirmed")).to_have_count(1)


def download_the_route(page: Page) -> str:
    page.click(".tabs >> text=Timeline")
    gpx = page.locator("main a[href$='route.gpx']")
    if not gpx.is_visible():
        page.click("details:has(a[href$='route.gpx']) > summary")
    with page.expect_download() as started:
        gpx.click()
    route = Path(started.value.path()).read_text(encoding="utf-8")
    assert re.search(r"<gpx[^>]*version=\"1.1\"", route)
    assert db.session.scalar(select(Case.number)) == "JOURNEY-1"
    return route
