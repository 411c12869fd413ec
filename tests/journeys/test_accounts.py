"""An administrator invites; the invited sets up a second factor; a list decides what they see."""

from __future__ import annotations

import re
from collections.abc import Callable

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from app.extensions import db
from app.models import Case, Role, SecondFactor
from app.services.people import members
from app.services.people.accounts import actor_for, find_by_email
from tests.app.factories import make_case, make_location
from tests.journeys.conftest import Site

pytestmark = pytest.mark.journey

OpenBrowser = Callable[..., Page]
PASSWORD = "copper-willow-77-station"
EMAIL = "invited@lastseen.example"


def next_code(site: Site, secret: str) -> str:
    """What the phone shows, as if the period of the last code were over."""
    site.fresh()
    for factor in db.session.query(SecondFactor):
        factor.last_step = 0
    db.session.commit()
    return pyotp.TOTP(secret).now()


def restricted_case(site: Site) -> Case:
    case = make_case(number="KEPT-TO-FEW")
    make_location(case)
    site.fresh()
    investigator = find_by_email("investigator-1@lastseen.example")
    members.restrict(actor_for(investigator), case)
    return case


def accept_dialogs(page: Page) -> None:
    page.on("dialog", lambda dialog: dialog.accept())


def test_from_an_invitation_to_a_restricted_case_and_out_again(
    site: Site, browser: Browser, open_browser: OpenBrowser
) -> None:
    admin = open_browser(Role.ADMINISTRATOR)
    accept_dialogs(admin)
    admin.goto("/admin/invitations")
    admin.fill("input[name=email]", EMAIL)
    admin.select_option("select[name=role]", "analyst")
    admin.get_by_role("button", name="Invite").click()
    link = admin.locator("code[data-secret]").inner_text()

    phone = browser.new_context(
        base_url=site.address, viewport={"width": 390, "height": 844}, is_mobile=True
    )
    invited = phone.new_page()
    try:
        invited.goto(link)
        invited.fill("input[name=name]", "Made-up Analyst")
        invited.fill("input[name=password]", PASSWORD)
        invited.fill("input[name=repeated]", PASSWORD)
        invited.get_by_role("button", name="Make my account").click()
        invited.wait_for_url(re.compile("/cases"))

        invited.goto("/account/second-factor")
        invited.get_by_role("button", name="Set up a second factor").click()
        expect(invited.locator("img.qr-code")).to_be_visible()
        assert invited.locator("img.qr-code").evaluate("image => image.naturalWidth") > 100
        invited.get_by_text("Type the secret instead").click()
        secret = invited.locator("details code").inner_text()
        invited.fill("input[name=code]", pyotp.TOTP(secret).now())
        invited.get_by_role("button", name="Put it into force").click()
        expect(invited.locator(".recovery-codes li")).to_have_count(10)

        invited.context.clear_cookies()
        invited.goto("/login")
        invited.fill("input[name=email]", EMAIL)
        invited.fill("input[name=password]", PASSWORD)
        invited.get_by_role("button", name="Log in").click()
        invited.wait_for_url(re.compile("/login/second"))
        invited.fill("input[name=code]", next_code(site, secret))
        invited.get_by_role("button", name="Log in").click()
        invited.wait_for_url(re.compile("/cases"))

        investigator = open_browser(Role.INVESTIGATOR)
        accept_dialogs(investigator)
        case = restricted_case(site)
        gone = invited.goto(f"/cases/{case.number}")
        assert gone is not None
        assert gone.status == 404
        investigator.goto(f"/cases/{case.number}/access")
        person = investigator.locator("select[name=user_id] option", has_text=EMAIL)
        investigator.select_option("select[name=user_id]", person.get_attribute("value"))
        investigator.get_by_role("button", name="Add").click()
        expect(investigator.get_by_text("Made-up Analyst is on the list")).to_be_visible()
        there = invited.goto(f"/cases/{case.number}/access")
        assert there is not None
        assert there.status == 200
        expect(invited.get_by_role("heading", name="Who sees this case")).to_be_visible()

        admin.goto("/admin/users?text=invited")
        admin.get_by_role("link", name="Made-up Analyst").click()
        admin.get_by_role("button", name="End all sessions").click()
        expect(admin.get_by_text("are ended")).to_be_visible()
        invited.goto(f"/cases/{case.number}")
        assert "/login" in invited.url
    finally:
        phone.close()
    assert site.troubles == []
