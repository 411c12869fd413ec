"""Filters, the time slider and the address of the case map: what one person sees can be sent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from app.extensions import db
from app.models import Case, Role
from app.models.columns import utc_now
from app.models.sessions import UserSession
from app.services.base import live
from tests.app.factories import (
    CENTRE_LATITUDE_DEG,
    CENTRE_LONGITUDE_DEG,
    SEEN_AT,
    make_camera,
    make_case,
    make_footage,
    make_location,
    make_sighting,
)
from tests.journeys.conftest import Site

pytestmark = pytest.mark.journey

OpenBrowser = Callable[..., Page]
DEG_PER_M = 1 / 111_195


def make_scene() -> Case:
    """Six cameras north of a place, every second of the metro, their footage one after another."""
    case = make_case()
    make_location(case)
    for number in range(6):
        camera = make_camera(
            name=f"Made-up camera {number}",
            latitude_deg=CENTRE_LATITUDE_DEG + (60 + 60 * number) * DEG_PER_M,
            longitude_deg=CENTRE_LONGITUDE_DEG,
            owner="Made-up Metro" if number % 2 else "Made-up Bank",
        )
        start = SEEN_AT + timedelta(minutes=10 * number)
        make_footage(camera, started_at=start, ended_at=start + timedelta(minutes=10))
        if number in (1, 3):
            make_sighting(case, camera=camera, seen_at=start + timedelta(minutes=2))
    return case


def open_map(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator("#live-word")).to_have_text("live")
    page.wait_for_timeout(500)


def asked(page: Page) -> dict[str, str]:
    """What stands in the page's address."""
    page.wait_for_timeout(600)
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def place_of(at: str) -> list[float]:
    """Latitude, longitude and zoom."""
    return [float(part) for part in at.split(",")]


def test_a_filter_acts_on_list_and_map_and_says_how_many_are_left(
    site: Site, open_browser: OpenBrowser
) -> None:
    case = make_scene()
    page = open_browser(Role.INVESTIGATOR)
    open_map(page, f"/cases/{case.number}")
    canvas = page.locator(".leaflet-overlay-pane canvas[data-drawn]")
    expect(canvas).to_have_attribute("data-drawn", "6")

    page.click("#ranking-filters summary")
    page.fill("#ranking-filters [name=owner]", "metro")

    expect(page.locator("#filter-bar")).to_contain_text("3 of 6 cameras shown")
    expect(page.locator(".rank-entry")).to_have_count(3)
    expect(page.locator(".rank-number")).to_have_text(["2", "4", "6"])
    expect(canvas).to_have_attribute("data-drawn", "3")

    page.click("#plan-sweep")
    page.uncheck("#sweep-dialog [name=start_at_once]")
    page.click("#sweep-dialog button[type=submit]")
    expect(page.locator(".toast")).to_contain_text("is planned with 3 visits")

    page.select_option("#ranking-filters [name=status]", "offline")
    expect(page.locator("#ranking-empty-text")).to_contain_text("No camera passes these filters")
    assert asked(page)["owner"] == "metro"

    page.click("[data-clear-filters]")
    expect(page.locator(".rank-entry")).to_have_count(6)
    expect(canvas).to_have_attribute("data-drawn", "6")
    expect(page.locator("#filter-bar")).to_be_hidden()
    assert "owner" not in asked(page)
    assert site.troubles == []


def test_the_time_slider_moves_footage_sightings_and_reach(
    site: Site, open_browser: OpenBrowser
) -> None:
    case = make_scene()
    page = open_browser(Role.INVESTIGATOR)
    open_map(page, f"/cases/{case.number}")

    page.click("#toggle-time")
    expect(page.locator("#time-at")).to_have_text("18 Nov, 14:10")
    words = page.locator("#time-words")
    expect(words).to_contain_text("1 of 6 cameras have footage of this moment")
    expect(words).to_contain_text("0 sightings so far; on foot up to 60 m")
    expect(page.locator(".sighting-card.future")).to_have_count(2)

    page.focus("#time-slider")
    for _ in range(13):
        page.keyboard.press("ArrowRight")
    expect(page.locator("#time-at")).to_have_text("18 Nov, 14:23")
    expect(words).to_contain_text("1 sighting so far")
    expect(page.locator(".sighting-card.future")).to_have_count(1)
    expect(page.locator(".sighting-pin.future")).to_have_count(1)
    expect(page.locator(".reach.on-foot")).to_have_count(1)
    assert asked(page)["time"] == "2026-11-18T08:53:00.000Z"

    page.keyboard.press("p")
    expect(page.locator("#time-play")).to_have_attribute("aria-label", "Pause (P)")
    expect(page.locator(".sighting-card.future")).to_have_count(0, timeout=30_000)
    page.click("#time-all")
    expect(page.locator("#time-bar")).to_be_hidden()
    expect(page.locator(".reach")).to_have_count(0)
    assert "time" not in asked(page)
    assert site.troubles == []


def test_a_view_that_is_sent_opens_as_it_was(site: Site, open_browser: OpenBrowser) -> None:
    case = make_scene()
    sender = open_browser(Role.INVESTIGATOR)
    open_map(sender, f"/cases/{case.number}")
    sender.click(".rank-entry:nth-child(4) .rank-body")
    sender.select_option("#ranking-form [name=radius_m]", "2000")
    sender.click("#ranking-filters summary")
    sender.select_option("#ranking-filters [name=footage]", "left")
    sender.click("#toggle-time")
    sender.click("#toggle-coverage")
    sender.select_option("#sighting-filter", "candidate")
    sender.click(".leaflet-control-zoom-out")
    expect(sender.locator("#filter-bar")).to_contain_text("6 of 6")
    sent = asked(sender)
    assert sent["camera"]
    assert sent["footage"] == "left"

    receiver = open_browser(Role.ANALYST)
    open_map(receiver, sender.url)

    expect(receiver.locator(".rank-entry.selected .rank-name")).to_have_text("Made-up camera 3")
    expect(receiver.locator("#ranking-form [name=radius_m]")).to_have_value("2000")
    expect(receiver.locator("#filter-bar")).to_contain_text("6 of 6")
    expect(receiver.locator("#time-at")).to_have_text("18 Nov, 14:10")
    expect(receiver.locator("#coverage-bar")).to_be_visible()
    expect(receiver.locator("#sighting-filter")).to_have_value("candidate")
    got = asked(receiver)
    assert place_of(got.pop("at")) == pytest.approx(place_of(sent.pop("at")), abs=5e-5)  # a pixel
    assert got == sent
    assert site.troubles == []


@pytest.mark.parametrize(
    "nonsense",
    [
        "at=north,77,15&time=yesterday&radius=-5&limit=many&order=magic&tab=<b>&layers=all",
        "camera=999999&sighting=999999&place=999999&footage=%00&seen[]=1&owner=" + "x" * 300,
        "from=2026-11-18T09:00:00Z&until=2026-11-18T08:00:00Z&at=91,500,99&constructor=1",
    ],
)
def test_an_address_with_nonsense_opens_the_map_and_says_what_could_not_be_used(
    site: Site, open_browser: OpenBrowser, nonsense: str
) -> None:
    case = make_scene()
    page = open_browser(Role.INVESTIGATOR)

    open_map(page, f"/cases/{case.number}?{nonsense}")

    expect(page.locator(".rank-entry")).to_have_count(6)
    expect(page.locator(".toast")).to_contain_text("Part of this link could not be used")
    assert site.troubles == []


def test_a_camera_is_chosen_by_keyboard_and_shown_in_list_and_tray(
    site: Site, open_browser: OpenBrowser
) -> None:
    case = make_scene()
    page = open_browser(Role.INVESTIGATOR)
    open_map(page, f"/cases/{case.number}")
    page.click(".rank-entry:first-child .rank-body")
    page.focus("#map")

    page.keyboard.press("Shift+ArrowUp")

    expect(page.locator(".rank-entry.selected .rank-name")).to_have_text("Made-up camera 1")
    expect(page.locator("#announcer")).to_contain_text("Made-up camera 1, rank 2, 120 m")
    expect(page.locator(".sighting-card.selected")).to_contain_text("Made-up camera 1")
    page.keyboard.press("Enter")
    expect(page.locator(".rank-entry.selected .rank-body")).to_be_focused()

    page.click(".sighting-card:not(.selected) .sighting-body")
    expect(page.locator(".rank-entry.selected .rank-name")).to_have_text("Made-up camera 3")
    assert site.troubles == []


def test_a_wall_shows_a_new_sighting_and_says_when_it_is_not_up_to_date(
    site: Site, open_browser: OpenBrowser
) -> None:
    case = make_scene()
    page = open_browser(Role.INVESTIGATOR)
    page.set_viewport_size({"width": 1920, "height": 1080})
    open_map(page, f"/cases/{case.number}/wall")
    expect(page.locator(".wall-sighting")).to_have_count(2)
    expect(page.locator("#wall-last")).to_contain_text("Made-up gate, 18 Nov, 14:10")
    expect(page.locator("#map .sighting-pin")).to_have_count(2)
    assert page.locator("main button, main select, main input").count() == 0
    assert page.locator("#map [tabindex], #map [role=button]").count() == 0

    make_location(case, label="Made-up bridge", seen_at=SEEN_AT + timedelta(hours=1))
    live.publish(case.id, "location", {})
    db.session.commit()
    expect(page.locator("#wall-last")).to_contain_text("Made-up bridge")

    site.stop_web()
    expect(page.locator("#wall-alarm")).to_contain_text("Nothing here is new", timeout=20_000)
    site.start_web()
    expect(page.locator("#wall-alarm")).to_be_hidden(timeout=30_000)
    assert site.troubles == []


def test_a_wall_that_is_logged_out_says_so_over_everything(
    site: Site, open_browser: OpenBrowser
) -> None:
    case = make_scene()
    page = open_browser(Role.INVESTIGATOR)
    open_map(page, f"/cases/{case.number}/wall")

    page.context.clear_cookies()
    site.stop_web()
    site.start_web()

    expect(page.locator("#wall-alarm.out")).to_contain_text("logged out", timeout=40_000)
    assert site.troubles == []


def test_a_wall_whose_session_was_ended_elsewhere_says_so_within_a_minute(
    site: Site, open_browser: OpenBrowser
) -> None:
    case = make_scene()
    page = open_browser(Role.INVESTIGATOR)
    open_map(page, f"/cases/{case.number}/wall")

    db.session.execute(update(UserSession).values(ended_at=utc_now()))
    db.session.commit()

    expect(page.locator("#wall-alarm.out")).to_contain_text("logged out", timeout=60_000)
    assert site.troubles == []


def test_a_crowd_of_cameras_is_drawn_where_it_is_hit_after_a_drag_too(
    site: Site, open_browser: OpenBrowser
) -> None:
    case = make_case()
    make_location(case)
    for number in range(100):
        make_camera(
            name=f"Made-up crowd {number}",
            latitude_deg=CENTRE_LATITUDE_DEG + 50 * (number // 10 - 5) * DEG_PER_M,
            longitude_deg=CENTRE_LONGITUDE_DEG + 0.0005 * (number % 10 - 5),
        )
    page = open_browser(Role.INVESTIGATOR)
    # Camera 0 is the one in the south-west corner: outside of the twenty that are ranked.
    corner = CENTRE_LATITUDE_DEG - 250 * DEG_PER_M, CENTRE_LONGITUDE_DEG - 0.0025
    open_map(page, f"/cases/{case.number}?at={corner[0]:.7f},{corner[1]:.7f},15")
    canvas = page.locator(".leaflet-overlay-pane canvas[data-drawn]")
    expect(canvas).to_have_attribute("data-drawn", "100")
    frame = page.locator("#map").bounding_box()
    assert frame is not None
    x, y = frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2

    assert _is_painted(page, x, y)
    assert not _is_painted(page, x - 40, y + 30)
    page.mouse.click(x, y)
    expect(page.locator("#selected-camera")).to_contain_text("Made-up crowd 0")

    page.mouse.move(x - 200, y + 100)
    page.mouse.down()
    page.mouse.move(x - 60, y + 40, steps=8)
    page.wait_for_timeout(300)  # let go at rest, or the map glides on
    page.mouse.up()
    page.wait_for_timeout(1000)
    neighbour = x + 140 + 0.0005 / 360 * 256 * 2**15
    assert _is_painted(page, neighbour, y - 60)
    page.mouse.click(neighbour, y - 60)
    expect(page.locator("#selected-camera")).to_contain_text("Made-up crowd 1")
    assert site.troubles == []


def _is_painted(page: Page, x: float, y: float) -> bool:
    """Whether the cameras' canvas shows anything at a point of the page."""
    painted: bool = page.evaluate(
        """([x, y]) => {
          const canvas = document.querySelector(".leaflet-overlay-pane canvas[data-drawn]");
          const frame = canvas.getBoundingClientRect();
          const ratio = canvas.width / frame.width;
          const side = 12 * ratio;
          const at = [(x - frame.x) * ratio - side / 2, (y - frame.y) * ratio - side / 2];
          const { data } = canvas.getContext("2d").getImageData(...at, side, side);
          return data.some((value, index) => index % 4 === 3 && value > 0);
        }""",
        [x, y],
    )
    return painted
