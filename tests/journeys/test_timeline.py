"""The analyst's day: positions come in, the timeline plays, a corridor becomes a sweep, files go
out; and what goes wrong on the way is said in words."""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from app.extensions import db
from app.models import Case, LastKnownLocationRow, Role, SightingState, Sweep, SweepState
from app.models.cases import LocationSource
from app.services.base import media
from tests.app import factories
from tests.journeys.conftest import Site

pytestmark = pytest.mark.journey

OpenBrowser = Callable[..., Page]
SEEN_AT = factories.SEEN_AT
PHONE = (
    "time,lat,lon,accuracy,label\n"
    "2026-11-18 13:40,12.9742,77.6032,40,home cell\n"
    "2026-11-18 13:55,12.9743,77.6033,40,home cell\n"
    "someday,12.9742,77.6032,40,home cell\n"
)


def picture(shade: int) -> str:
    buffer = io.BytesIO()
    Image.new("RGB", (96, 96), (shade, 120, 140)).save(buffer, "JPEG")
    return media.store(buffer.getvalue())


def seen(case: Case, name: str, north_m: float, east_m: float, minutes: float) -> Any:
    """A confirmed sighting as a review leaves it: with its last-known location."""
    camera = factories.make_camera(
        name=name,
        latitude_deg=factories.CENTRE_LATITUDE_DEG + north_m / 111_195,
        longitude_deg=factories.CENTRE_LONGITUDE_DEG + east_m / 108_355,
    )
    seen_at = SEEN_AT + timedelta(minutes=minutes)
    sighting = factories.make_sighting(
        case,
        camera=camera,
        seen_at=seen_at,
        state=SightingState.CONFIRMED,
        face={"crop_sha256": picture(int(40 + minutes))},
    )
    factories.make_review(sighting)
    factories.make_location(
        case,
        label=name,
        seen_at=seen_at,
        latitude_deg=camera.latitude_deg,
        longitude_deg=camera.longitude_deg,
        source=LocationSource.SIGHTING,
        sighting_id=sighting.id,
    )
    return sighting


@pytest.fixture
def case(site: Site) -> Case:
    """Three sightings on a walk, one that cannot be, and cameras between the second and third."""
    case = factories.make_case(number="BLR-7", made_up=True)
    seen(case, "Made-up exit", 0, 0, 0)
    seen(case, "Made-up hall", 20, 30, 5)
    seen(case, "Made-up corner", 450, 400, 20)
    seen(case, "Made-up bus stand", -5000, 11_000, 20)
    for step in range(5):
        factories.make_camera(
            name=f"Made-up street camera {step}",
            latitude_deg=factories.CENTRE_LATITUDE_DEG + (60 + 70 * step) / 111_195,
            longitude_deg=factories.CENTRE_LONGITUDE_DEG + (60 + 60 * step) / 108_355,
        )
    return case


def moment_of(page: Page) -> str:
    return page.locator("#moment-time").inner_text()


def test_positions_playback_corridor_sweep_and_files(
    site: Site, case: Case, open_browser: OpenBrowser, tmp_path: Path
) -> None:
    page = open_browser(Role.ANALYST)

    # Positions of a phone: checked, the bad row named, imported.
    file = tmp_path / "phone.csv"
    file.write_text(PHONE, encoding="utf-8")
    page.goto("/cases/BLR-7/timeline")
    page.click("text=Import positions")
    page.set_input_files("#trace", file)
    page.fill("#label", "Made-up handset")
    page.fill("#thin_within_m", "0")
    page.click("text=Check the file")
    report = page.locator("#import-report")
    expect(report).to_contain_text("What would happen")
    expect(report).to_contain_text("“someday” is not a time")
    page.click("text=Import 2 locations")
    expect(report).to_contain_text("Imported: 2 last-known locations")
    page.click("#import-report >> text=To the timeline")

    # The contradiction is named, and each competing route can be chosen.
    expect(page.locator(".contradiction")).to_contain_text("Made-up bus stand")
    expect(page.locator(".contradiction")).to_contain_text("faster than any road vehicle")
    expect(page.locator("input[name=route]")).to_have_count(2)
    shown = page.locator(".timeline:not([hidden])")
    expect(shown.locator(".stop")).to_have_count(5)
    expect(shown).to_contain_text("phone “Made-up handset”")
    page.locator("input[name=route]").nth(1).check()
    other = page.locator(".timeline:not([hidden])").inner_text()
    page.locator("input[name=route]").nth(0).check()
    assert page.locator(".timeline:not([hidden])").inner_text() != other
    if "Made-up bus stand" in shown.inner_text():
        page.locator("input[name=route]").nth(1).check()
    expect(shown).to_contain_text("Made-up corner")

    # Playback by key: to the next stop, a little on, and to the end by itself.
    assert moment_of(page).endswith("13:40:00")
    page.locator("#timeline-map").focus()
    for expected in ("13:55:00", "14:10:00", "14:15:00"):
        page.keyboard.press("l")
        assert moment_of(page).endswith(expected)
    page.keyboard.press("j")
    assert moment_of(page).endswith("14:10:00")
    page.locator("#moment").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("PageUp")
    for _ in range(30):
        page.keyboard.press("ArrowRight")
    expect(page.locator("#moment-words")).to_contain_text("somewhere in the shaded area (on foot)")
    ring = page.locator("path.reach-region")
    assert (ring.get_attribute("d") or "").count("L") > 10
    told = page.locator("#moment").get_attribute("aria-valuetext") or ""
    assert moment_of(page) in told
    page.select_option("#speed", "1200")
    page.keyboard.press(" ")
    expect(page.locator("#play")).to_have_attribute("aria-label", "Pause")
    expect(page.locator("#play")).to_have_attribute("aria-label", "Play", timeout=15_000)
    assert "14:30:0" in moment_of(page)

    # The corridor, its cameras, and a sweep in one click.
    corridor = page.locator(".corridor", has_text="Made-up hall")
    corridor = corridor.filter(has_text="Made-up corner")
    expect(corridor.locator(".corridor-open")).to_contain_text("to look at")
    corridor.locator("summary").click()
    expect(page.locator("path.corridor-shape")).to_have_count(1)
    expect(corridor).to_contain_text("Made-up street camera 2")
    camera = corridor.locator(".corridor-camera", has_text="Made-up street camera 2")
    expect(camera).to_contain_text("not looked at")
    camera.click()
    expect(camera).to_have_class("corridor-camera selected")
    corridor.get_by_role("button", name="Plan a sweep of").click()
    expect(page.locator("#toasts")).to_contain_text("is planned with")
    site.fresh()
    sweep = db.session.scalars(db.select(Sweep).where(Sweep.state == SweepState.PLANNED)).one()
    assert sweep.note.startswith("Blind corridor of the timeline")
    assert sweep.window_start < sweep.window_end

    # What goes out: an evidence bundle that verifies, and a brief.
    page.click("summary:has-text('Export')")
    with page.expect_download() as started:
        page.click("text=Evidence bundle")
    bundle = tmp_path / started.value.suggested_filename
    started.value.save_as(bundle)
    with zipfile.ZipFile(bundle) as archive:
        (tmp_path / "verify.py").write_bytes(archive.read("verify.py"))
        manifest = hashlib.sha256(archive.read("manifest.json")).hexdigest()
    command = [sys.executable, "-I", "-S", str(tmp_path / "verify.py"), str(bundle)]
    answer = subprocess.run(
        [*command, "--manifest", manifest], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stdout
    with page.expect_download() as started:
        page.click("text=Brief (PDF)")
    assert Path(started.value.path()).read_bytes().startswith(b"%PDF-")

    # The import is taken back as a whole.
    page.goto("/cases/BLR-7/traces")
    page.click("text=Take back")
    expect(page.locator("table")).to_contain_text("taken back")
    page.goto("/cases/BLR-7/timeline")
    expect(page.locator(".timeline:not([hidden])")).not_to_contain_text("Made-up handset")
    assert site.troubles == []


def test_what_goes_wrong_is_said_and_nothing_is_lost(
    site: Site, case: Case, open_browser: OpenBrowser, tmp_path: Path
) -> None:
    page = open_browser(Role.ANALYST)

    # A hostile file and one without positions are refused, and nothing comes in.
    hostile = tmp_path / "phone.gpx"
    hostile.write_text('<!DOCTYPE gpx [<!ENTITY a SYSTEM "file:///etc/passwd">]><gpx>&a;</gpx>')
    page.goto("/cases/BLR-7/traces")
    page.set_input_files("#trace", hostile)
    page.click("text=Check the file")
    expect(page.locator("#import-report")).to_contain_text("document type or entities")
    useless = tmp_path / "notes.csv"
    useless.write_text("name,value\na,1\n")
    page.set_input_files("#trace", useless)
    page.click("text=Check the file")
    expect(page.locator("#import-report")).to_contain_text("No row names the columns")
    site.fresh()
    rows = db.session.scalars(db.select(LastKnownLocationRow)).all()
    assert all(row.trace_id is None for row in rows)

    # A way of travelling that is too slow for a leg is refused; the faster one is still there.
    page.goto("/cases/BLR-7/timeline")
    page.locator(".contradiction").get_by_role("button", name="Made-up bus stand").click()
    expect(page.locator("#moment-words")).to_contain_text("Made-up bus stand")
    corridor = page.locator(".corridor", has_text="Made-up bus stand").first
    corridor.locator("summary").click()
    expect(corridor).to_contain_text("m/s by")
    corridor.locator("select").select_option("foot")
    expect(page.locator("#toasts")).to_contain_text("choose a faster way of travelling")
    corridor.locator("select").select_option("auto")
    expect(corridor).to_contain_text("m/s by")

    # The server goes away and comes back: playback goes on, the corridor says what is wrong.
    site.stop_web()
    page.locator("#next-stop").click()
    corridor.locator("select").select_option("fast")
    expect(page.locator("#toasts")).to_contain_text("does not answer")
    site.start_web()
    corridor.locator("select").select_option("auto")
    expect(corridor).to_contain_text("m/s by")

    # The case is closed meanwhile: the plan is refused with the reason.
    case.state = "closed"  # type: ignore[assignment]
    db.session.commit()
    corridor.get_by_role("button", name="Plan a sweep of").click()
    expect(page.locator("#toasts")).to_contain_text("is closed")
    site.fresh()
    assert db.session.scalars(db.select(Sweep).where(Sweep.state == SweepState.PLANNED)).all() == []

    # On a phone held upright, map, player and stops are all within the page's width.
    phone = open_browser(Role.ANALYST, phone=True)
    phone.goto("/cases/BLR-7/timeline")
    expect(phone.locator("#play")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    assert site.troubles == []
