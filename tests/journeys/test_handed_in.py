"""What people hand in, in browsers: a tip from a phone, and a child home's entry, both ways."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from app.extensions import db
from app.models import (
    Alert,
    AlertKind,
    ContributedMatch,
    ContributedPhoto,
    PhotoState,
    Role,
    Sighting,
    Tip,
)
from app.services.contributing import public_forms
from tests.app import contribution_cases as contributed
from tests.app import footage_cases as given
from tests.app.processes import wait_until
from tests.journeys.conftest import Site

pytestmark = pytest.mark.journey

EXAMPLES = "faces/face_recognition/examples"
SUBJECT = ("obama.jpg", "obama2.jpg")


@pytest.fixture
def face_pack(shared_dir: Path) -> str:
    return str(shared_dir / "models" / "insightface-mini")


def _shot(page: Page, name: str) -> None:
    folder = os.environ.get("SCREENSHOT_DIR")
    if folder:
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def _wait_for_the_form(page: Page) -> None:
    page.wait_for_timeout(1000 * public_forms.FASTEST_S + 1200)


def _photos_done() -> bool:
    states = db.session.scalars(select(ContributedPhoto.state)).all()
    return bool(states) and set(states) == {PhotoState.DONE}


def _phone(browser: Browser, site: Site, **options: object) -> Page:
    context = browser.new_context(
        base_url=site.address,
        viewport={"width": 390, "height": 844},
        is_mobile=True,
        has_touch=True,
        timezone_id="Asia/Kolkata",
        **options,  # type: ignore[arg-type]
    )
    page = context.new_page()
    page.on("pageerror", lambda error: site.troubles.append(f"script: {error}"))
    page.on(
        "request",
        lambda asked: (
            None
            if asked.url.startswith((site.address, "data:", "blob:"))
            else site.troubles.append(f"loaded from elsewhere: {asked.url}")
        ),
    )
    return page


def test_a_tip_from_a_phone_is_the_first_lead_of_a_case_that_opens_a_day_later(
    site: Site, browser: Browser, open_browser: Callable[..., Page], shared_dir: Path
) -> None:
    site.fleet.start("worker")
    phone = _phone(
        browser,
        site,
        geolocation={"latitude": 12.9757, "longitude": 77.6063, "accuracy": 20},
        permissions=["geolocation"],
    )
    phone.goto("/tip")
    phone.set_input_files("#photos", shared_dir / EXAMPLES / SUBJECT[0])
    expect(phone.locator("[data-previews] img")).to_have_count(1)
    phone.click("[data-locate]")
    expect(phone.locator("[data-place-words]")).to_contain_text("Your position is noted")
    phone.click("text=An hour ago")
    phone.fill("#remarks", "A man on the platform, in a dark suit.")
    _shot(phone, "tip-form-phone")
    _wait_for_the_form(phone)
    phone.click("text=Send the tip")
    expect(phone.locator("h1")).to_contain_text("Thank you")
    number = phone.locator("[data-tip-number]").inner_text()
    secret = phone.locator("[data-tip-secret]").inner_text()
    assert re.fullmatch(r"T-\w{8}", number)
    _shot(phone, "tip-thanks-phone")
    wait_until(_photos_done, 60, site.fleet)
    assert db.session.scalars(select(ContributedMatch)).all() == []

    case = given.open_case("LATER-1", shared_dir / EXAMPLES / SUBJECT[1])
    site.fresh()
    matches = db.session.scalars(select(ContributedMatch)).all()
    assert [match.case_id for match in matches] == [case.id]
    alert = db.session.scalars(select(Alert)).one()
    assert (alert.kind, alert.case_id) == (AlertKind.TIP_MATCH, case.id)
    assert db.session.scalars(select(Sighting)).all() == []

    desk = open_browser(Role.INVESTIGATOR)
    desk.goto(alert.path)
    expect(desk.locator("main")).to_contain_text(number)
    expect(desk.locator("main")).to_contain_text("LATER-1")
    _shot(desk, "tip-show")
    desk.goto("/tips")
    expect(desk.locator(".triage-card")).to_have_count(1)
    expect(desk.locator(".triage-card")).to_contain_text("similarity")
    _shot(desk, "tips-queue")
    desk.keyboard.press("j")
    desk.keyboard.press("a")
    expect(desk.locator(".flashes")).to_contain_text("is in case LATER-1, doubtful")
    desk.goto("/cases/LATER-1")
    expect(desk.locator(".place-pin.of-tip")).to_be_visible()
    _shot(desk, "tip-on-map")
    tip = db.session.scalars(select(Tip)).one()
    desk.goto(f"/tips/{tip.id}")
    desk.fill("#text", "Which platform was it?")
    desk.click("main button:has-text('Send')")

    phone.click("text=Open my tip")
    phone.fill("#number", number)
    phone.fill("#secret", secret)
    phone.click("main button >> text=Open my tip")
    expect(phone.locator("main")).to_contain_text("Which platform was it?")
    expect(phone.locator("main")).not_to_contain_text("LATER-1")
    phone.fill("#text", "Platform two.")
    phone.click("main button:has-text('Send')")
    expect(phone.locator("main")).to_contain_text("Platform two.")
    _shot(phone, "tip-mine-phone")
    desk.reload()
    expect(desk.locator("main")).to_contain_text("Platform two.")
    assert site.troubles == []


def test_a_child_home_s_entry_matches_an_open_case_and_a_later_one(
    site: Site, open_browser: Callable[..., Page], shared_dir: Path
) -> None:
    site.fleet.start("worker")
    given.open_case("OPEN-1", shared_dir / EXAMPLES / SUBJECT[1])
    home = open_browser(Role.PARTNER, phone=True)
    _shot(home, "found-empty-phone")
    _register(home, shared_dir / EXAMPLES / SUBJECT[0], "Made-up station", correct=True)
    wait_until(_photos_done, 60, site.fleet)
    home.reload()
    expect(home.locator("main")).to_contain_text("An investigator will contact you")
    expect(home.locator("main")).not_to_contain_text("OPEN-1")
    _shot(home, "found-show-phone")
    _register(home, shared_dir / EXAMPLES / "biden.jpg", "Made-up market")
    wait_until(_photos_done, 60, site.fleet)
    home.reload()
    expect(home.locator("main")).not_to_contain_text("will contact you")

    given.open_case("LATER-2", shared_dir / EXAMPLES / "knn_examples/train/biden/biden2.jpg")
    home.reload()
    expect(home.locator("main")).to_contain_text("An investigator will contact you")
    alerts = db.session.scalars(select(Alert).order_by(Alert.id)).all()
    assert [one.kind for one in alerts] == [AlertKind.FOUND_PERSON_MATCH] * 2
    assert alerts[0].case.number == "OPEN-1"
    assert alerts[1].case.number == "LATER-2"

    desk = open_browser(Role.INVESTIGATOR)
    desk.goto("/found-persons")
    expect(desk.locator("article.card")).to_have_count(2)
    _shot(desk, "found-persons")
    desk.goto(alerts[1].path)
    expect(desk.locator("main")).to_contain_text("LATER-2")
    expect(desk.locator("main")).to_contain_text("Made-up ward")
    _shot(desk, "found-match")
    desk.click("main button:has-text('Confirm')")
    expect(desk.locator(".flashes")).to_contain_text("confirmed")
    desk.click("main button:has-text('Take back')")
    expect(desk.locator(".flashes")).to_contain_text("candidate")

    home.select_option("#state", "reunited")
    home.click("main form[action$='/close'] button")
    expect(home.locator("main")).to_contain_text("Reunited on")
    home.click("main button:has-text('Open again')")
    expect(home.locator(".flashes")).to_contain_text("open again")
    assert site.troubles == []


def test_a_form_of_a_found_person_outlives_its_session_and_its_photos_can_be_added_to(
    site: Site, open_browser: Callable[..., Page]
) -> None:
    home = open_browser(Role.PARTNER, phone=True)
    home.goto("/found/new")
    kept = home.context.cookies()
    home.set_input_files("#photos", [_noise("a.jpg")])  # type: ignore[list-item]
    for name, typed in {
        **{"place": "Made-up gate", "whereabouts": "Room 4", "contact": "Made-up Warden"},
        **{"age_from_years": "6", "age_to_years": "9"},
    }.items():
        home.fill(f"#{name}", typed)
    home.context.clear_cookies()
    home.click("[data-send]")
    expect(home.locator("[data-problem]")).to_contain_text("no longer logged in")
    expect(home.locator("[data-previews] li")).to_have_count(1)
    home.context.add_cookies(kept)  # type: ignore[arg-type]
    home.click("[data-send]")
    expect(home.locator(".flashes")).to_contain_text("is registered")
    home.set_input_files("#photos", [_noise("b.jpg")])  # type: ignore[list-item]
    expect(home.locator("[data-previews] li")).to_have_count(1)
    home.click("[data-send]")
    expect(home.locator(".flashes").last).to_contain_text("The photos are added")
    expect(home.locator(".photo-card")).to_have_count(2)
    home.goto("/found")
    expect(home.locator("td.thumb img")).to_have_count(1)
    _shot(home, "found-list-phone")
    assert site.troubles == []


def _noise(name: str) -> dict[str, object]:
    return {"name": name, "mimeType": "image/jpeg", "buffer": contributed.picture()}


def _register(page: Page, photo: Path, place: str, *, correct: bool = False) -> None:
    page.goto("/found/new")
    page.set_input_files("#photos", photo)
    expect(page.locator("[data-previews] img")).to_have_count(1)
    page.fill("#place", place)
    page.fill("#age_from_years", "6")
    page.fill("#age_to_years", "9")
    page.fill("#whereabouts", "Made-up ward, room 2")
    page.fill("#contact", "Made-up Warden, 080 0000")
    _shot(page, "found-form-phone")
    if correct:  # a mistake costs nothing that was chosen or typed
        page.fill("#age_to_years", "3")
        page.click("main form button:has-text('Register')")
        expect(page.locator("[data-problem]")).to_contain_text("must not be above the oldest")
        page.fill("#age_to_years", "9")
    page.click("main form button:has-text('Register')")  # the form waits until it may be sent
    expect(page.locator(".flashes")).to_contain_text("is registered")
    expect(page).to_have_url(re.compile(r"/found/\d+$"))
