"""The pages of alerts: the count in every header, lists, settings, retry."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from app.extensions import db
from app.models import (
    Alert,
    AlertKind,
    AlertNotice,
    AlertPreference,
    MessageState,
    NoticeState,
    Transport,
)
from app.models.accounts import Role
from app.models.messages import OutgoingMessage
from app.services.messages import alert_settings, alerts, outbox
from app.services.messages.alert_settings import MAIL
from tests.app import factories
from tests.app.conftest import Client
from tests.app.mail_server import MailServer, mailing_to
from tests.app.statements import queries_of

Browser = Callable[..., Client]


def raised_in(case_count: int, each: int = 1) -> list[Alert]:
    for _ in range(case_count):
        case = factories.make_case()
        for _ in range(each):
            alerts.raise_for_sighting(factories.make_sighting(case))
    db.session.commit()
    return list(db.session.scalars(select(Alert).order_by(Alert.id)))


def failed_notice(alert: Alert, user_id: int) -> OutgoingMessage:
    message_id = outbox.queue(
        Transport.MAIL, recipient="kim@lastseen.example", subject="Made-up", text="Made-up"
    )
    assert message_id is not None
    message = db.session.get_one(OutgoingMessage, message_id)
    message.state, message.attempts = MessageState.FAILED, 3
    message.failure = "The mail server answers 550: No such person"
    notice = AlertNotice(alert_id=alert.id, user_id=user_id, channel=MAIL, due_at=alert.created_at)
    notice.state, notice.message_id = NoticeState.QUEUED, message_id
    db.session.add(notice)
    db.session.commit()
    return message


def test_every_page_counts_the_alerts_that_wait_and_partners_and_examiners_see_none(
    logged_in: Browser,
) -> None:
    raised_in(2, 2)
    for role in (Role.INVESTIGATOR, Role.DISPATCHER, Role.ANALYST, Role.ADMINISTRATOR):
        page = logged_in(role).get("/cases").text
        assert 'aria-label="Alerts: 4 not acknowledged"' in page
    assert "alert-tray" not in logged_in(Role.EXAMINER).get("/review").text
    assert "alert-tray" not in logged_in(Role.PARTNER).get("/partner").text


def test_the_api_lists_what_waits_and_acknowledges(logged_in: Browser) -> None:
    client = logged_in()
    alert = raised_in(1)[0]
    listed = client.get("/api/alerts").get_json()
    assert [item["id"] for item in listed["items"]] == [alert.id]
    assert listed["items"][0]["notice"] == "Investigative lead, not an identification."
    assert "Made-up Subject" not in str(listed)
    answer = client.post(f"/api/alerts/{alert.id}/acknowledge", json={})
    assert answer.get_json()["acknowledged_by"] == client.user.email if client.user else ""
    assert client.get("/api/alerts").get_json()["total"] == 0
    assert client.post("/api/alerts/999999/acknowledge", json={}).status_code == 404


def test_everybody_is_led_to_a_page_that_they_may_open(logged_in: Browser) -> None:
    alert = raised_in(1)[0]
    alerts.raise_alert(
        alert.case, AlertKind.TIP_MATCH, title="Made-up tip", path="/tips/7", dedupe_key="tip 7"
    )
    db.session.commit()
    number = alert.case.number
    assert links_of(logged_in(Role.INVESTIGATOR)) == ["/tips/7", alert.path]
    dispatcher = logged_in(Role.DISPATCHER)
    on_the_map = f"/cases/{number}?sighting={alert.sighting_id}"
    assert links_of(dispatcher) == [f"/cases/{number}/alerts", on_the_map]
    assert dispatcher.get(on_the_map).status_code == 200
    page = dispatcher.get("/alerts").text
    assert f'href="{on_the_map}"' in page
    assert alert.path not in page


def links_of(client: Client) -> list[str]:
    return [item["link"] for item in client.get("/api/alerts").json["items"]]


def test_a_failed_message_says_why_and_is_tried_again_from_the_cases_page(
    logged_in: Browser,
) -> None:
    client = logged_in()
    assert client.user is not None
    alert = raised_in(1)[0]
    message = failed_notice(alert, client.user.id)
    page = client.get(f"/cases/{alert.case.number}/alerts").text
    assert "No such person" in page
    answer = client.post(f"/alerts/messages/{message.id}/retry", data={"next": "/alerts"})
    assert answer.location == "/alerts"
    assert message.state is MessageState.WAITING
    other = outbox.queue(Transport.MAIL, recipient="a@b.example", subject="Tip", text="not ours")
    db.session.commit()
    assert client.post(f"/alerts/messages/{other}/retry").status_code == 404


def test_leading_elsewhere_after_an_acknowledgement_is_refused(logged_in: Browser) -> None:
    alert = raised_in(1)[0]
    answer = logged_in().post(
        f"/alerts/{alert.id}/acknowledge", data={"next": "https://elsewhere.example/"}
    )
    assert answer.location == "/"


def test_settings_of_a_case_are_kept_and_only_an_investigator_marks_it_urgent(
    app: Flask, logged_in: Browser
) -> None:
    client, case = logged_in(Role.ANALYST), factories.make_case()
    assert client.user is not None
    given = {
        "mode": "own",
        "channels": ["mail"],
        "least_urgency": "high",
        "quiet_from": "22:00",
        "quiet_until": "06:30",
        "timezone": "Europe/Paris",
        "group_minutes": "7",
        "urgent_breaks_quiet": "1",
    }
    with mailing_to(MailServer(), app):
        answer = client.post(f"/cases/{case.number}/alerts/settings", data=given)
        assert answer.status_code == 302
        page = client.get(f"/cases/{case.number}/alerts").text
    assert 'value="22:00"' in page
    kept = db.session.scalars(select(AlertPreference)).one()
    assert (kept.user_id, kept.case_id, kept.group_minutes) == (client.user.id, case.id, 7)
    assert alert_settings.case_wishes(client.user, case).wishes.urgent_breaks_quiet
    assert client.post(f"/cases/{case.number}/urgent", data={"urgent": "1"}).status_code == 403
    logged_in(Role.INVESTIGATOR).post(f"/cases/{case.number}/urgent", data={"urgent": "1"})
    assert case.urgent


@pytest.mark.parametrize(
    "wrong",
    [
        {"quiet_from": "22:00"},
        {"timezone": "Nowhere/Land"},
        {"timezone": "../../etc/passwd"},
        {"group_minutes": "-1"},
        {"channels": "channel:nowhere"},
        {"mode": "sometimes"},
        {"quiet_from": "25:00", "quiet_until": "26:00"},
    ],
)
def test_settings_that_cannot_be_are_refused(logged_in: Browser, wrong: dict[str, str]) -> None:
    given = {"timezone": "Asia/Kolkata", "group_minutes": "2", "least_urgency": "low", **wrong}
    answer = logged_in().post("/account/alerts", data=given)
    assert answer.status_code == 422
    assert db.session.scalars(select(AlertPreference)).all() == []


def test_administrators_see_messages_without_what_they_say(logged_in: Browser) -> None:
    client = logged_in(Role.ADMINISTRATOR)
    assert client.user is not None
    message = failed_notice(raised_in(1)[0], client.user.id)
    page = client.get("/admin/messages?state=failed").text
    assert "No such person" in page
    assert "Made-up</td>" not in page
    client.post(f"/admin/messages/{message.id}/retry")
    assert message.state is MessageState.WAITING
    assert "No message" in client.get("/admin/messages?state=failed").text
    assert client.get("/admin/messages?state=nonsense").status_code == 422


def test_the_list_asks_as_often_for_one_alert_as_for_twenty(logged_in: Browser) -> None:
    client = logged_in()
    assert client.user is not None

    def queries() -> int:
        return queries_of(lambda: client.get("/alerts"))

    failed_notice(raised_in(1)[0], client.user.id)
    one = queries()
    for alert in raised_in(19):
        if not alert.notices:
            failed_notice(alert, client.user.id)
    assert queries() == one


def test_a_page_without_a_bell_does_not_load_what_rings_it(logged_in: Browser) -> None:
    client = logged_in(Role.INVESTIGATOR)
    for address in ("/cases", "/tip"):
        page = client.get(address).text
        assert ("js/alerts.js" in page) == ('id="alert-tray"' in page), address
    assert "js/alerts.js" not in client.get("/tip").text


@pytest.mark.parametrize(
    "role", [Role.INVESTIGATOR, Role.DISPATCHER, Role.ANALYST, Role.ADMINISTRATOR]
)
def test_the_link_of_a_message_leads_each_role_to_a_page_that_it_may_open(
    logged_in: Browser, role: Role
) -> None:
    sighting = factories.make_sighting(factories.make_case())
    alerts.raise_for_sighting(sighting)
    about_a_tip = alerts.raise_alert(
        sighting.case, AlertKind.TIP_MATCH, title="A tip", path="/tips/7", dedupe_key="tip 7"
    )
    db.session.commit()
    client = logged_in(role)
    for alert in db.session.scalars(select(Alert)):
        answer = client.get(f"/alerts/{alert.id}")
        assert answer.status_code == 302
        leads_to_the_tip = role is Role.INVESTIGATOR and alert.id == about_a_tip
        expected = 404 if leads_to_the_tip else 200  # there is no tip 7
        assert client.get(answer.location).status_code == expected, answer.location
