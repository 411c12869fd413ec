"""The map with imported streets and no network: streets, names, cameras, and what they see."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageChops
from playwright.sync_api import Page, Route, expect

from app.extensions import db
from app.models import Role
from app.services.base.actors import COMMAND_LINE
from app.services.inventory import roads
from tests.app.factories import make_camera, make_case, make_footage, make_location
from tests.app.test_roads import geojson
from tests.journeys.conftest import Site

pytestmark = pytest.mark.journey

OpenBrowser = Callable[..., Page]
STREETS = ".leaflet-streets-pane canvas"
MG_ROAD = {"latitude_deg": 12.9756, "longitude_deg": 77.6050}


def import_shared(shared_dir: Path) -> None:
    for name in ("central_bengaluru.graphml", "bengaluru_metro_lines_stations.geojson"):
        data = (shared_dir / "roads" / name).read_bytes()
        source = "" if name.endswith("graphml") else "Made-up <b>publisher</b>"
        roads.import_roads(COMMAND_LINE, data, name, source=source)


def cut_off(page: Page, site: Site) -> None:
    """Nothing but the product itself can be reached."""

    def only_here(route: Route) -> None:
        if route.request.url.startswith((site.address, "data:", "blob:")):
            route.continue_()
        else:
            route.abort()

    page.route("**/*", only_here)


def open_map(page: Page, number: str) -> None:
    page.goto(f"/cases/{number}")
    expect(page.locator("#live-word")).to_have_text("live")


def streets_are_drawn(page: Page) -> None:
    expect(page.locator(f"{STREETS}[data-complete=true]")).to_be_attached(timeout=15_000)


def picture_of(page: Page, selector: str = "#map") -> Image.Image:
    return Image.open(io.BytesIO(page.locator(selector).screenshot())).convert("RGB")


def colours_of(page: Page, selector: str) -> int:
    """How many pixels of a canvas are drawn on."""
    count: int = page.evaluate(
        """(selector) => {
            const canvas = document.querySelector(selector);
            const context = canvas.getContext("2d");
            const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
            let drawn = 0;
            for (let i = 3; i < data.length; i += 4) drawn += data[i] > 0;
            return drawn;
        }""",
        selector,
    )
    return count


def test_without_streets_the_grid_stays_and_with_them_names_are_there_and_nobody_is_asked(
    site: Site, open_browser: OpenBrowser, shared_dir: Path
) -> None:
    case = make_case()
    make_location(case, **MG_ROAD)
    page = open_browser(Role.INVESTIGATOR)
    cut_off(page, site)
    open_map(page, case.number)
    expect(page.locator(STREETS)).to_have_count(0)
    bare = picture_of(page)
    assert len(bare.getcolors(1_000_000) or []) > 10, "a blank page"

    import_shared(shared_dir)
    open_map(page, case.number)
    streets_are_drawn(page)
    for name in ("Church Street", "Museum Cross Road", "Mahatma Gandhi Road"):
        expect(page.locator(STREETS)).to_have_attribute("aria-label", re.compile(name))
    changed = ImageChops.difference(bare, picture_of(page)).convert("L").histogram()
    assert sum(changed[13:]) > 0.05 * sum(changed), "streets cover a part of the map"
    credit = page.locator(".leaflet-control-attribution")
    expect(credit).to_contain_text("© OpenStreetMap contributors, ODbL 1.0")
    expect(credit).to_contain_text("<b>publisher</b>")
    assert site.troubles == []


def test_streets_are_there_in_the_dark_and_on_a_phone_and_when_far(
    site: Site, open_browser: OpenBrowser, shared_dir: Path
) -> None:
    import_shared(shared_dir)
    case = make_case()
    make_location(case, **MG_ROAD)
    page = open_browser(Role.ANALYST, phone=True)
    open_map(page, case.number)
    streets_are_drawn(page)
    light = picture_of(page)
    page.emulate_media(color_scheme="dark")
    page.wait_for_timeout(500)
    dark = picture_of(page)
    assert sum(light.resize((1, 1)).getpixel((0, 0))) > 2 * sum(
        dark.resize((1, 1)).getpixel((0, 0))
    )  # type: ignore[arg-type]
    for _ in range(4):
        page.locator(".leaflet-control-zoom-out").click()
        page.wait_for_timeout(400)
    streets_are_drawn(page)
    assert colours_of(page, STREETS) > 1000
    assert site.troubles == []


def pin_tips(page: Page) -> list[tuple[float, float]]:
    """Where the pins of the last-known locations point to, in pixels of the page."""
    boxes = [pin.bounding_box() for pin in page.locator(".place-pin").all()]
    return [(box["x"] + 15, box["y"] + 36) for box in boxes if box]


def test_a_camera_that_came_in_a_tile_is_chosen_on_the_map_and_in_the_list(
    site: Site, open_browser: OpenBrowser
) -> None:
    case = make_case()
    west, east = (
        make_location(case, longitude_deg=77.6063 + east_deg) for east_deg in (-0.002, 0.002)
    )
    between = make_camera(
        name="Made-up between", latitude_deg=west.latitude_deg, longitude_deg=77.6063
    )
    make_camera(
        name="Made-up other", latitude_deg=west.latitude_deg + 0.0015, longitude_deg=77.6063
    )
    assert west.latitude_deg == east.latitude_deg
    page = open_browser(Role.INVESTIGATOR)
    open_map(page, case.number)
    expect(page.locator(".place-pin")).to_have_count(2)
    expect(page.locator(".leaflet-overlay-pane canvas[data-complete=true]")).to_be_attached()
    page.wait_for_timeout(800)  # the map flies to the case

    (x1, y1), (x2, y2) = pin_tips(page)
    page.mouse.click((x1 + x2) / 2, (y1 + y2) / 2)
    chosen = page.locator("#ranking-list .selected")
    expect(chosen).to_have_attribute("data-camera", str(between.id))
    page.mouse.move((x1 + x2) / 2, (y1 + y2) / 2 + 1)
    expect(page.locator(".camera-tip")).to_contain_text("Made-up between")
    before = picture_of(page)
    page.locator("#ranking-list li").filter(has_text="Made-up other").locator(
        "strong"
    ).first.click()
    expect(chosen).to_contain_text("Made-up other")
    page.wait_for_timeout(300)
    assert ImageChops.difference(before, picture_of(page)).getbbox(), "the map marks the other one"
    assert site.troubles == []


def test_a_count_on_the_map_opens_when_it_is_clicked(site: Site, open_browser: OpenBrowser) -> None:
    case = make_case()
    west, east = (
        make_location(case, longitude_deg=77.5063 + east_deg) for east_deg in (-0.02, 0.02)
    )
    for step in range(40):  # a dense group in the middle between the two places
        make_camera(
            name=f"Made-up {step}",
            latitude_deg=west.latitude_deg + 0.0001 * (step % 7),
            longitude_deg=77.5063 + 0.0001 * (step // 7),
        )
    assert west.latitude_deg == east.latitude_deg
    page = open_browser(Role.ANALYST)
    open_map(page, case.number)
    expect(page.locator(".place-pin")).to_have_count(2)
    expect(page.locator(".leaflet-overlay-pane canvas[data-complete=true]")).to_be_attached()
    page.wait_for_timeout(800)
    (x1, y1), (x2, y2) = pin_tips(page)
    page.mouse.move((x1 + x2) / 2, (y1 + y2) / 2)
    expect(page.locator(".camera-tip")).to_contain_text("40 cameras")
    page.mouse.click((x1 + x2) / 2, (y1 + y2) / 2)
    page.wait_for_timeout(1000)
    tips = pin_tips(page)
    assert abs(tips[0][0] - tips[1][0]) > 1.9 * abs(x1 - x2), "the map looks nearer"
    assert site.troubles == []


def test_coverage_is_shown_on_demand_and_says_how_much_of_the_streets_nobody_sees(
    site: Site, open_browser: OpenBrowser
) -> None:
    roads.import_roads(COMMAND_LINE, geojson(), "made-up.geojson", source="Made-up")
    case = make_case()
    make_location(case, latitude_deg=12.97, longitude_deg=77.599)
    camera = make_camera(latitude_deg=12.97, longitude_deg=77.599, headings_deg=[90.0])
    make_footage(camera)
    page = open_browser(Role.INVESTIGATOR)
    open_map(page, case.number)
    page.click("#toggle-coverage")
    drawn = page.locator(".leaflet-coverage-pane canvas[data-complete=true]")
    expect(drawn).to_be_attached()
    expect(page.locator("#coverage-summary")).to_contain_text("km of streets are in no camera")
    assert colours_of(page, ".leaflet-coverage-pane canvas") > 500
    page.click("#toggle-coverage")
    expect(page.locator(".leaflet-coverage-pane canvas")).to_have_count(0)
    expect(page.locator("#coverage-bar")).to_be_hidden()
    assert site.troubles == []


def test_a_file_is_imported_on_the_page_and_a_bad_one_is_refused_in_words(
    site: Site, open_browser: OpenBrowser, tmp_path: Path
) -> None:
    good, bad = tmp_path / "made-up.geojson", tmp_path / "bad.graphml"
    good.write_bytes(geojson())
    bad.write_text('<!DOCTYPE g [<!ENTITY e "x">]><graphml>&e;</graphml>')
    page = open_browser(Role.DISPATCHER)
    page.goto("/cameras")
    page.click("text=Streets and places")
    expect(page.locator(".empty")).to_contain_text("grid labelled in kilometres")
    page.set_input_files("#roads", bad)
    page.click("main form button:has-text('Import')")
    expect(page.locator(".notice.error")).to_contain_text("entities")
    page.set_input_files("#roads", good)
    page.fill("#source", "Made-up publisher")
    page.click("main form button:has-text('Import')")
    expect(page.locator("#roads-report")).to_contain_text("is imported")
    expect(page.locator("#road-sources")).to_contain_text("Made-up publisher")
    page.set_input_files("#roads", good)
    page.click("main form button:has-text('Import')")
    expect(page.locator("#roads-report")).to_contain_text("nothing was changed")
    page.on("dialog", lambda dialog: dialog.accept())
    page.click("#road-sources >> text=Remove")
    expect(page.locator(".empty")).to_be_visible()
    db.session.rollback()
    assert roads.road_layer() is None
    assert site.troubles == []
