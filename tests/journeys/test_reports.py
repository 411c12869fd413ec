"""Going through a report by keyboard, as an investigator does."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from app.extensions import db
from app.models import LastKnownLocationRow, Role
from tests.app import factories
from tests.app.test_reports import TEXT, add_made_up_place
from tests.journeys.conftest import Site

pytestmark = pytest.mark.journey

SLOW_MS = 30_000
"""For what takes several requests, one after the other, on a machine that does much else."""


def test_a_pasted_report_becomes_a_last_known_location_by_keys(
    site: Site, open_browser: Callable[..., Page]
) -> None:
    case = factories.make_case(number="MADE-UP-7")
    add_made_up_place()
    page = open_browser(Role.INVESTIGATOR)
    page.goto("/cases/MADE-UP-7/reports")
    page.fill("textarea[name=text]", TEXT)
    page.fill("input[name=written_at]", "2026-11-19T09:30:00")
    page.click("text=Read it")

    expect(page.locator(".mark-card.proposed")).to_have_count(5)
    expect(page.locator(".mark-card").first).to_be_focused()
    page.keyboard.press("a")  # the time
    expect(page.locator(".mark-card.time.accepted")).to_have_count(1)
    expect(page.locator(".mark-card.place")).to_be_focused()
    page.keyboard.press("a")  # the place, at the time that stands in its sentence
    expect(page.locator(".mark-card.place.accepted")).to_have_count(1)
    page.keyboard.press("d")  # the clothes
    expect(page.locator(".mark-card.description.dismissed")).to_have_count(1)
    page.keyboard.press("k")
    page.keyboard.press("k")  # back over the clothes to the place
    page.keyboard.press("u")
    expect(page.locator(".mark-card.place.proposed")).to_have_count(1)
    page.keyboard.press("a")
    expect(page.locator(".mark-card.place.accepted")).to_have_count(1)

    site.fresh()
    location = db.session.query(LastKnownLocationRow).filter_by(case_id=case.id).one()
    assert location.active
    assert location.seen_at is not None
    assert site.troubles == []


def test_keys_do_not_wait_for_the_network_and_what_was_not_recorded_is_said(
    site: Site, open_browser: Callable[..., Page]
) -> None:
    factories.make_case(number="MADE-UP-9")
    add_made_up_place()
    page = open_browser(Role.INVESTIGATOR)
    page.goto("/cases/MADE-UP-9/reports")
    page.fill("textarea[name=text]", TEXT)
    page.fill("input[name=written_at]", "2026-11-19T09:30:00")
    page.click("text=Read it")
    cards = page.locator(".mark-card")
    expect(cards.first).to_be_focused(timeout=SLOW_MS)
    held: list[Route] = []
    way = "hold"

    def pass_on(route: Route) -> None:
        if way == "hold":
            held.append(route)
        elif way == "break":
            route.abort()
        else:
            route.continue_()

    page.route("**/marks/*", pass_on)
    page.keyboard.press("a")
    expect(cards.nth(1)).to_be_focused()
    page.select_option(".mark-card.place [name=reliability]", "certain")
    cards.nth(1).focus()
    page.keyboard.press("j")  # the place is left for later
    page.keyboard.press("d")
    expect(cards.nth(3)).to_be_focused()
    page.keyboard.press("d")
    expect(cards.nth(4)).to_be_focused()
    deadline = time.monotonic() + 30
    while not held and time.monotonic() < deadline:
        page.wait_for_timeout(50)
    assert len(held) == 1  # one after the other
    way = "on"
    held[0].continue_()
    expect(page.locator(".mark-card.accepted")).to_have_count(1, timeout=SLOW_MS)
    expect(page.locator(".mark-card.dismissed")).to_have_count(2, timeout=SLOW_MS)
    expect(cards.nth(4)).to_be_focused()
    expect(page.locator(".mark-card.place [name=reliability]")).to_have_value("certain")
    expect(page.locator("#report-work [role=status]")).to_contain_text("2 of 5 still")

    way = "break"
    page.keyboard.press("a")
    expect(page.locator("[data-mark-problem]")).to_contain_text("was not recorded")
    expect(cards.nth(4)).to_be_focused()
    way = "on"
    page.keyboard.press("a")
    expect(page.locator(".mark-card.accepted")).to_have_count(2, timeout=SLOW_MS)
    expect(page.locator("[data-mark-problem]")).to_be_hidden()
    assert site.troubles == []


def test_what_cannot_be_read_is_said_and_what_was_typed_stays(
    site: Site, open_browser: Callable[..., Page]
) -> None:
    factories.make_case(number="MADE-UP-8")
    page = open_browser(Role.INVESTIGATOR, phone=True)
    page.goto("/cases/MADE-UP-8/reports")
    page.fill("input[name=title]", "a statement")
    page.set_input_files(
        "input[type=file]",
        {"name": "scan.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 broken"},
    )
    page.click("text=Read it")
    expect(page.locator(".notice.error")).to_contain_text("copy its text and paste it")
    expect(page.locator("input[name=title]")).to_have_value("a statement")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert site.troubles == []
