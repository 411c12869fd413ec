"""The case map under way: lost connections, refusals, many cameras, keys, phones."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from app.extensions import db
from app.models import CameraRow, Case, Role, Sighting
from app.outputs import sighting_payload
from app.services.base import live
from app.services.reviews import sightings
from tests.app.factories import (
    CENTRE_LATITUDE_DEG,
    CENTRE_LONGITUDE_DEG,
    make_camera,
    make_case,
    make_footage,
    make_location,
    make_sighting,
    make_sweep,
)
from tests.journeys.conftest import Site

pytestmark = pytest.mark.journey

OpenBrowser = Callable[..., Page]
MEDIAN_LONG_TASK_MS = 180
"""On a busy machine without a graphics card; a desk draws all in one frame."""


def arrive(case: Case, **values: Any) -> Sighting:
    """A sighting with its event, as a worker commits them."""
    sighting = make_sighting(case, **values)
    live.publish(case.id, "sighting", sighting_payload(sightings.find_sighting(sighting.id)))
    db.session.commit()
    return sighting


def open_map(page: Page, case: Case) -> Page:
    page.goto(f"/cases/{case.number}")
    expect(page.locator("#live-word")).to_have_text("live")
    return page


def test_what_happens_while_the_server_is_down_is_on_the_map_afterwards(
    site: Site, open_browser: OpenBrowser
) -> None:
    case = make_case()
    make_location(case)
    page = open_map(open_browser(Role.INVESTIGATOR), case)
    arrive(case)
    expect(page.locator(".sighting-card")).to_have_count(1)
    site.stop_web()
    expect(page.locator("#live-word")).to_have_text("reconnecting…")
    missed = arrive(case)
    site.start_web()
    expect(page.locator(f'[data-sighting="{missed.id}"]')).to_be_visible(timeout=15_000)
    expect(page.locator("#live-word")).to_have_text("live")
    expect(page.locator(".sighting-card")).to_have_count(2)


def test_a_map_whose_session_has_ended_says_so_and_stops_asking(
    site: Site, open_browser: OpenBrowser
) -> None:
    case = make_case()
    page = open_map(open_browser(Role.INVESTIGATOR), case)
    page.context.clear_cookies()
    site.stop_web()
    site.start_web()
    expect(page.locator("#live-word")).to_contain_text("logged out", timeout=15_000)


def test_two_people_see_each_others_verdicts_without_a_reload(
    site: Site, open_browser: OpenBrowser
) -> None:
    case = make_case()
    make_location(case)
    make_sighting(case)
    first = open_map(open_browser(Role.INVESTIGATOR), case)
    second = open_map(open_browser(Role.ANALYST), case)
    expect(second.locator(".sighting-card .verdict")).to_have_count(0)
    first.keyboard.press("j")
    first.keyboard.press("u")
    expect(second.locator(".sighting-card")).to_contain_text("unsure")
    first.keyboard.press("z")
    expect(second.locator(".sighting-card")).to_contain_text("candidate")
    assert site.troubles == []


def test_keys_are_silent_while_something_is_typed(site: Site, open_browser: OpenBrowser) -> None:
    case = make_case()
    make_location(case)
    make_sighting(case)
    page = open_map(open_browser(Role.INVESTIGATOR), case)
    page.keyboard.press("j")
    page.click("[data-pane-tab=places]")
    page.click("text=Change")
    page.fill("#lf-label", "")
    page.locator("#lf-label").press_sequentially("cru")
    expect(page.locator("#lf-label")).to_have_value("cru")
    expect(page.locator(".sighting-card")).to_contain_text("candidate")
    assert site.troubles == []


def test_a_sighting_can_be_chosen_while_the_ranking_is_still_on_its_way(
    site: Site, open_browser: OpenBrowser
) -> None:
    case = make_case()
    make_location(case)
    make_sighting(case)
    page = open_browser(Role.INVESTIGATOR)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(re.compile(r"/api/cases/[^/]+/(cameras|sweeps)\?"), hold)
    open_map(page, case)
    expect(page.locator(".sighting-card")).to_have_count(1)
    page.keyboard.press("j")
    expect(page.locator(".sighting-card.selected")).to_have_count(1)
    expect(page.locator("#ranking-list .list-wait")).to_be_visible()
    for route in held:
        route.continue_()
    expect(page.locator("#ranking-list .list-wait")).to_have_count(0)
    assert held
    assert site.troubles == []


def test_a_rejected_sighting_leaves_the_map_and_an_undo_brings_it_back(
    site: Site, open_browser: OpenBrowser
) -> None:
    case = make_case()
    make_location(case)
    make_sighting(case)
    page = open_map(open_browser(Role.INVESTIGATOR), case)
    expect(page.locator(".sighting-pin")).to_have_count(1)
    page.click(".sighting-card .verdict.rejected")
    expect(page.locator(".sighting-pin")).to_have_count(0)
    expect(page.locator(".sighting-card")).to_have_count(0)
    page.click(".toast >> text=Undo")
    expect(page.locator(".sighting-pin")).to_have_count(1)
    # By key as well; what was said of the verdict does not stay beside it.
    page.click(".sighting-card .verdict.confirmed")
    about = page.locator(".toast[data-about]")
    expect(about).to_contain_text("confirmed")
    page.keyboard.press("z")
    expect(about).to_contain_text("the verdict is taken back")
    expect(about).to_have_count(1)
    assert site.troubles == []


def test_a_wrong_place_and_a_backward_window_are_said_where_they_were_typed(
    site: Site, open_browser: OpenBrowser
) -> None:
    case = make_case()
    make_location(case)
    make_footage(make_camera())
    page = open_map(open_browser(Role.INVESTIGATOR), case)
    page.click("[data-pane-tab=places]")
    page.click("#add-place")
    page.click("#map", position={"x": 200, "y": 200})
    page.fill("#lf-position", "ninety north")
    page.click("#location-form button:not([type=button])")
    expect(page.locator('[data-error-for="position"]')).to_contain_text("12.9716, 77.5946")
    page.fill("#lf-position", "12.97, 77.60")
    page.click("#location-form button:not([type=button])")
    expect(page.locator('[data-error-for="label"]')).to_have_text("must not be empty")
    page.click("#location-cancel")

    page.click("[data-pane-tab=ranking]")
    page.click("#plan-sweep")
    page.fill("#sw-start", "2026-11-18T16:00:00")
    page.fill("#sw-end", "2026-11-18T15:00:00")
    page.click("#sweep-dialog button[type=submit]")
    expect(page.locator("#sweep-problem")).to_contain_text("swap the two times")
    assert site.troubles == []


def test_a_place_is_deactivated_and_taken_back(site: Site, open_browser: OpenBrowser) -> None:
    case = make_case()
    make_location(case)
    page = open_map(open_browser(Role.INVESTIGATOR), case)
    page.click("[data-pane-tab=places]")
    page.click("text=Deactivate")
    expect(page.locator("#location-empty")).to_be_visible()
    page.click(".toast >> text=Undo")
    expect(page.locator(".place-entry")).to_have_count(1)
    assert site.troubles == []


def test_selecting_in_the_list_and_ticking_cameras_prepares_a_sweep_of_them(
    site: Site, open_browser: OpenBrowser
) -> None:
    case = make_case()
    make_location(case)
    for step in range(4):
        make_camera(latitude_deg=CENTRE_LATITUDE_DEG + 0.001 * (step + 1))
    page = open_map(open_browser(Role.DISPATCHER), case)
    expect(page.locator(".rank-entry")).to_have_count(4)
    page.locator(".rank-body").nth(1).click()
    expect(page.locator(".rank-entry").nth(1)).to_have_class("rank-entry selected")
    for place in (0, 2):
        page.locator(".rank-entry input[type=checkbox]").nth(place).check()
    expect(page.locator("#plan-sweep-label")).to_have_text("Plan sweep of 2 selected")
    page.click("#plan-sweep")
    expect(page.locator("#sweep-cameras")).to_contain_text("2 selected cameras")
    page.uncheck("[name=start_at_once]")
    page.click("#sweep-dialog button[type=submit]")
    page.click("[data-pane-tab=sweeps]")
    expect(page.locator(".sweep-card")).to_contain_text("planned")
    assert site.troubles == []


def test_clicking_a_camera_on_the_map_selects_it_in_the_list(
    site: Site, open_browser: OpenBrowser
) -> None:
    case = make_case()
    make_location(case, uncertainty_m=10)
    make_camera(
        latitude_deg=CENTRE_LATITUDE_DEG + 0.002, longitude_deg=CENTRE_LONGITUDE_DEG - 0.002
    )
    page = open_map(open_browser(Role.INVESTIGATOR), case)
    expect(page.locator(".rank-entry")).to_have_count(1)
    page.wait_for_timeout(800)
    # The view was fitted to the place and the camera, so they lie opposite around its middle.
    view, pin = page.locator("#map").bounding_box(), page.locator(".place-pin").bounding_box()
    assert view is not None
    assert pin is not None
    place_x, place_y = pin["x"] + 15, pin["y"] + 36
    camera_x = 2 * view["x"] + view["width"] - place_x
    camera_y = 2 * view["y"] + view["height"] - place_y
    page.mouse.move(camera_x, camera_y)
    expect(page.locator("#map")).to_have_class(re.compile("over-camera"))
    page.mouse.click(camera_x, camera_y)
    expect(page.locator(".rank-entry")).to_have_class("rank-entry selected")
    assert site.troubles == []


def test_three_thousand_cameras_are_one_canvas_and_quickly_drawn(
    site: Site, open_browser: OpenBrowser
) -> None:
    case = make_case()
    make_location(case)
    db.session.add_all(
        CameraRow(
            source="many",
            ref=f"M{number}",
            name=f"Made-up camera {number}",
            latitude_deg=CENTRE_LATITUDE_DEG + (number % 60 - 30) * 0.0012,
            longitude_deg=CENTRE_LONGITUDE_DEG + (number // 60 - 25) * 0.0012,
            headings_deg=[float(number % 360)],
            field_of_view_deg=80.0,
            range_m=40.0,
            status="active",
        )
        for number in range(3000)
    )
    db.session.commit()
    page = open_map(open_browser(Role.INVESTIGATOR), case)
    expect(page.locator(".rank-entry")).to_have_count(20)
    assert page.locator(".leaflet-marker-icon").count() < 20
    median_ms = page.evaluate(
        """async () => {
            const slow = [];
            const watch = new PerformanceObserver((list) => {
                for (const entry of list.getEntries()) slow.push(entry.duration);
            });
            watch.observe({ type: "longtask" });
            const map = document.querySelector("#map");
            map.focus();
            for (let step = 0; step < 12; step += 1) {
                const key = ["ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"][step % 4];
                map.dispatchEvent(new KeyboardEvent("keydown", { key, code: key, bubbles: true,
                    keyCode: { ArrowLeft: 37, ArrowUp: 38, ArrowRight: 39, ArrowDown: 40 }[key] }));
                await new Promise((resolve) => setTimeout(resolve, 350));
            }
            watch.disconnect();
            return slow.sort((a, b) => a - b)[Math.floor(slow.length / 2)] ?? 0;
        }"""
    )
    assert median_ms < MEDIAN_LONG_TASK_MS, f"half of the long tasks took {median_ms} ms"
    assert site.troubles == []


def test_on_a_phone_list_map_and_sightings_are_one_tap_apart_and_large_enough(
    site: Site, open_browser: OpenBrowser
) -> None:
    case = make_case()
    make_location(case)
    make_camera()
    make_sighting(case, sweep=make_sweep(case))
    page = open_map(open_browser(Role.INVESTIGATOR, phone=True), case)
    expect(page.locator("#map")).to_be_visible()
    page.tap("[data-sheet=list]")
    expect(page.locator(".rank-entry").first).to_be_visible()
    page.tap("[data-sheet=sightings]")
    expect(page.locator(".sighting-card")).to_be_visible()
    for button in page.locator(".sighting-card .verdict, .sheet-tabs button").all():
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 38
        assert box["width"] >= 44
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390
    page.tap(".sighting-card .verdict.unsure")
    expect(page.locator(".sighting-card")).to_contain_text("unsure")
    assert site.troubles == []


def test_the_theme_is_kept(site: Site, open_browser: OpenBrowser) -> None:
    page = open_browser(Role.INVESTIGATOR)
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.click(".theme-button")
    after = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert before != after
    page.goto("/sweeps")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == after
    assert site.troubles == []
