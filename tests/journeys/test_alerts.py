"""An alert on its way to somebody: bell, sound, note, mail, acknowledgement."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.extensions import db
from app.inputs.alerts import AlertSettingsInput
from app.models import Alert, AuditEntry, Case, Role, Sighting
from app.models.columns import utc_now
from app.services.base import media
from app.services.messages import alert_rounds, alert_settings, alerts, sending
from app.services.people import accounts
from tests.app import factories
from tests.app.mail_server import MailServer, mailing_to
from tests.journeys.conftest import Site

pytestmark = pytest.mark.journey


def sight(case: Case, camera_name: str) -> Sighting:
    crop = media.store(f"made-up picture at {camera_name}".encode())
    camera = factories.make_camera(name=camera_name)
    sighting = factories.make_sighting(case, camera=camera, face={"crop_sha256": crop})
    alerts.raise_for_sighting(sighting)
    db.session.commit()
    return sighting


def test_a_sighting_rings_on_an_open_map_is_mailed_in_a_group_and_acknowledged(
    site: Site, open_browser: Callable[..., Page]
) -> None:
    page = open_browser(Role.INVESTIGATOR)
    user = accounts.find_by_email("investigator-0@lastseen.example")
    case = factories.make_case(created_by_id=user.id)
    factories.make_location(case)
    page.goto(f"/cases/{case.number}")
    expect(page.locator("#live-state")).to_have_attribute("data-state", "live")
    tray, count = page.locator("#alert-tray"), page.locator("[data-alert-count]")
    expect(count).to_be_hidden()
    expect(page.locator("[data-alert-sound]")).to_have_attribute("aria-pressed", "false")
    tray.locator("summary").click()
    page.click("[data-alert-sound]")
    expect(tray).to_have_attribute("data-sounded", "1")

    first = sight(case, "Made-up gate")
    expect(count).to_have_text("1", timeout=8_000)
    expect(tray).to_have_attribute("data-sounded", "2")
    expect(page.locator(".toast.alert")).to_contain_text("Possible sighting at Made-up gate")
    sight(case, "Made-up bridge")
    expect(count).to_have_text("2", timeout=8_000)

    server = MailServer()
    server.start()
    try:
        with mailing_to(server, site.app, alert_escalation_minutes=0):
            wishes = {"channels": ("mail",), "timezone": "Asia/Kolkata", "group_minutes": 5}
            actor = accounts.actor_for(user)
            alert_settings.keep_case_wishes(
                actor, user, case, AlertSettingsInput.model_validate(wishes)
            )
            alert_rounds.run()
            sending.send_due()
            assert server.received == []
            alert_rounds.run(utc_now() + timedelta(minutes=5))
            sending.send_due()
    finally:
        server.stop()
    (mail,) = server.received
    assert mail.mail["Subject"] == f"Case {case.number}: 2 alerts"
    assert len(mail.files("image/jpeg")) == 2

    tray.locator("li", has_text="Made-up gate").get_by_role("button", name="Acknowledge").click()
    expect(count).to_have_text("1")
    site.fresh()
    alert = db.session.scalars(select(Alert).where(Alert.sighting_id == first.id)).one()
    assert alert.acknowledged_by_name == user.email
    entries = select(AuditEntry.actor_name).where(AuditEntry.action == "alert.acknowledge")
    assert db.session.scalars(entries).all() == [user.email]

    page.goto(f"/cases/{case.number}/alerts")
    card = page.locator(".alert-card", has_text="Made-up gate")
    expect(card).to_contain_text(f"Acknowledged by {user.email}")
    expect(card).to_contain_text(re.compile(r"e-mail:\s+sent"))
    page.locator(".alert-card.open").get_by_role("button", name="Acknowledge").click()
    expect(count).to_be_hidden()
    assert site.troubles == []


def test_on_a_phone_settings_that_cannot_be_are_refused_in_words_and_others_kept(
    site: Site, open_browser: Callable[..., Page]
) -> None:
    page = open_browser(Role.INVESTIGATOR, phone=True)
    page.goto("/account/alerts")
    expect(page.locator("main")).to_contain_text("No way is set up")
    page.fill("#timezone", "Nowhere/Land")
    page.fill("#quiet_from", "22:00")
    page.fill("#quiet_until", "06:30")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#timezone-error")).to_contain_text("IANA")
    expect(page.locator("#quiet_from")).to_have_value("22:00")
    page.fill("#timezone", "Europe/Paris")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Your alerts are set.")
    expect(page.locator("#timezone")).to_have_value("Europe/Paris")
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390
    assert site.troubles == []
