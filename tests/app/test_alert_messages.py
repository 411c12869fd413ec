"""Whom alerts are sent to, when, and what the messages say. The clock is an argument throughout."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from flask import Flask
from pydantic import SecretStr
from sqlalchemy import select, update

from app.config import ConfigurationError, load_settings
from app.errors import NotFound, Refused
from app.extensions import db
from app.inputs import ReviewInput
from app.inputs.alerts import AlertSettingsInput
from app.models import (
    Alert,
    AlertKind,
    AlertNotice,
    AlertUrgency,
    AuditEntry,
    Case,
    MessageState,
    NoticeState,
    OutgoingMessage,
    Sighting,
    Verdict,
)
from app.models.accounts import Role, User
from app.outputs import LEAD_NOTICE
from app.services.base import media
from app.services.base.actors import COMMAND_LINE
from app.services.messages import alert_rounds, alert_settings, alerts, sending
from app.services.people import members
from app.services.people.accounts import actor_for
from app.services.reviews import sightings
from tests.app import factories
from tests.app.mail_server import MailServer, Received, mailing_to

NOON = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)
"""12:00 in Bengaluru."""
EVENING = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
"""22:30 there."""
SECRET = "made-up-secret-of-more-than-32-characters"
People = Callable[..., User]


@pytest.fixture
def server() -> Iterator[MailServer]:
    made = MailServer()
    made.start()
    yield made
    made.stop()


@pytest.fixture
def mailing(app: Flask, server: MailServer) -> Iterator[MailServer]:
    with mailing_to(server, app, alert_escalation_minutes=0):
        yield server


@pytest.fixture
def people(user_factory: Callable[..., User]) -> People:
    return user_factory


def choose(user: User, case: Case | None = None, **values: object) -> None:
    given: dict[str, object] = {
        "channels": ("mail",),
        "timezone": "Asia/Kolkata",
        "group_minutes": 0,
        **values,
    }
    wanted = AlertSettingsInput.model_validate(given)
    if case is None:
        alert_settings.keep_account_wishes(actor_for(user), user, wanted)
    else:
        alert_settings.keep_case_wishes(actor_for(user), user, case, wanted)


def sight(case: Case, at: datetime, **values: Any) -> Sighting:
    """A candidate with a crop on disk, and its alert."""
    crop = media.store(f"made-up picture of {case.number} at {at} {values}".encode())
    sighting = factories.make_sighting(case, face={"crop_sha256": crop}, **values)
    alerts.raise_for_sighting(sighting)
    of_this = update(Alert).where(Alert.sighting_id == sighting.id)
    db.session.execute(of_this.values(created_at=at))
    db.session.commit()
    return sighting


def page_of(sighting: Sighting) -> str:
    """Where messages about its alert lead."""
    wanted = select(Alert.id).where(Alert.sighting_id == sighting.id)
    return f"/alerts/{db.session.scalars(wanted).one()}"


def round_at(at: datetime) -> None:
    alert_rounds.run(at)
    # What was composed just now is due now: a message's own clock is the wall's.
    untried = update(OutgoingMessage).where(OutgoingMessage.attempts == 0)
    db.session.execute(untried.values(next_try_at=at))
    db.session.commit()
    sending.send_due(at)
    db.session.expire_all()


def states() -> list[NoticeState]:
    return list(db.session.scalars(select(AlertNotice.state).order_by(AlertNotice.id)))


def only(received: list[Received]) -> Received:
    assert len(received) == 1
    return received[0]


def test_whoever_opened_a_case_gets_a_mail_with_the_crop_the_notice_and_a_link(
    mailing: MailServer, people: People
) -> None:
    opener = people()
    case = factories.make_case(created_by_id=opener.id, subject_name="Zuzanna Made-up")
    sighting = sight(case, NOON)
    round_at(NOON)
    assert mailing.received == [], "it waits for what comes within two minutes"
    round_at(NOON + timedelta(minutes=2))
    mail = only(mailing.received)
    assert mail.to == [opener.email]
    assert (
        mail.mail["Subject"] == f"Case {case.number}: Possible sighting at {sighting.camera.name}"
    )
    crop = media.path_of(sighting.face.crop_sha256).read_bytes()
    assert mail.files("image/jpeg") == [crop]
    for body in (mail.text, mail.html):
        assert LEAD_NOTICE in body
        assert f"https://search.example{page_of(sighting)}" in body
        assert "18 Nov 2026, 14:10:00 (Asia/Kolkata)" in body
        assert "Zuzanna" not in body
    round_at(NOON + timedelta(hours=1))
    assert len(mailing.received) == 1


def test_several_sightings_within_the_minutes_are_one_message(
    mailing: MailServer, people: People
) -> None:
    user = people()
    case, other = factories.make_case(created_by_id=user.id), factories.make_case()
    choose(user, group_minutes=5)
    choose(user, other, group_minutes=5)
    for minute in range(3):
        sight(case, NOON + timedelta(minutes=minute))
        round_at(NOON + timedelta(minutes=minute))
    sight(other, NOON)
    round_at(NOON + timedelta(minutes=4))
    assert mailing.received == []
    round_at(NOON + timedelta(minutes=5))
    mail = only(mailing.received)
    assert mail.mail["Subject"] == f"Case {case.number}: 3 alerts"
    assert len(mail.files("image/jpeg")) == 3
    assert f"https://search.example/cases/{case.number}/alerts" in mail.text
    round_at(NOON + timedelta(minutes=9))
    assert [one.mail["Subject"].split(":")[0] for one in mailing.received] == [
        f"Case {case.number}",
        f"Case {other.number}",
    ], "cases are not mixed"


def test_in_quiet_hours_messages_wait_for_their_end_in_the_persons_time_zone(
    mailing: MailServer, people: People
) -> None:
    user = people()
    case = factories.make_case(created_by_id=user.id)
    choose(user, quiet_from="22:00", quiet_until="06:30")
    sight(case, EVENING)
    round_at(EVENING)
    sight(case, EVENING + timedelta(hours=3))
    round_at(EVENING + timedelta(hours=3))
    almost = datetime(2026, 11, 21, 0, 59, tzinfo=UTC)
    round_at(almost)
    assert mailing.received == []
    round_at(almost + timedelta(minutes=1))
    assert only(mailing.received).mail["Subject"] == f"Case {case.number}: 2 alerts"


@pytest.mark.parametrize(("allowed", "mails"), [(True, 1), (False, 0)])
def test_an_urgent_case_breaks_quiet_hours_of_those_who_let_it(
    mailing: MailServer, people: People, allowed: bool, mails: int
) -> None:
    user = people()
    case = factories.make_case(created_by_id=user.id, urgent=True)
    choose(user, quiet_from="22:00", quiet_until="06:30", urgent_breaks_quiet=allowed)
    sight(case, EVENING)
    round_at(EVENING)
    assert len(mailing.received) == mails


@pytest.mark.parametrize(
    ("begin", "end", "hour", "ends"),
    [
        ("22:00", "06:00", 23, (22, 6)),
        ("22:00", "06:00", 5, (21, 6)),
        ("22:00", "06:00", 6, None),
        ("22:00", "06:00", 21, None),
        ("12:00", "13:00", 12, (21, 13)),
        ("12:00", "13:00", 13, None),
        ("12:00", "12:00", 12, None),
    ],
)
def test_quiet_hours_may_pass_midnight(
    begin: str, end: str, hour: int, ends: tuple[int, int] | None
) -> None:
    wishes = alert_settings.Wishes(
        channels=("mail",),
        least_urgency=AlertUrgency.LOW,
        quiet_from=time.fromisoformat(begin),
        quiet_until=time.fromisoformat(end),
        timezone="UTC",
        urgent_breaks_quiet=False,
        group_minutes=0,
    )
    found = wishes.quiet_until_instant(datetime(2026, 11, 21, hour, tzinfo=UTC), urgent_case=False)
    assert (None if found is None else (found.day, found.hour)) == ends


def test_a_rejected_sighting_is_left_out_of_a_message_not_yet_made(
    mailing: MailServer, people: People
) -> None:
    user = people()
    case = factories.make_case(created_by_id=user.id)
    choose(user, group_minutes=5)
    rejected, kept = sight(case, NOON), sight(case, NOON)
    round_at(NOON)
    sightings.review_sighting(
        actor_for(people()), rejected.id, ReviewInput(verdict=Verdict.REJECTED)
    )
    round_at(NOON + timedelta(minutes=5))
    mail = only(mailing.received)
    assert page_of(kept) in mail.text
    assert page_of(rejected) not in mail.text
    assert states() == [NoticeState.LEFT_OUT, NoticeState.QUEUED]


def test_a_message_that_waits_for_its_server_is_made_anew_without_what_was_rejected(
    mailing: MailServer, people: People
) -> None:
    user = people()
    case = factories.make_case(created_by_id=user.id)
    choose(user)
    mailing.stop()
    rejected, kept = sight(case, NOON), sight(case, NOON)
    round_at(NOON)
    sightings.review_sighting(
        actor_for(people()), rejected.id, ReviewInput(verdict=Verdict.REJECTED)
    )
    mailing.start()
    round_at(datetime.now(UTC) + timedelta(minutes=1))
    mail = only(mailing.received)
    assert page_of(kept) in mail.text
    assert page_of(rejected) not in mail.text
    found = select(OutgoingMessage.state).order_by(OutgoingMessage.id)
    assert list(db.session.scalars(found)) == [MessageState.WITHDRAWN, MessageState.SENT]


def test_a_rejection_after_the_message_went_out_sends_nothing_more(
    mailing: MailServer, people: People
) -> None:
    user = people()
    case = factories.make_case(created_by_id=user.id)
    choose(user)
    sighting = sight(case, NOON)
    round_at(NOON)
    sightings.review_sighting(actor_for(user), sighting.id, ReviewInput(verdict=Verdict.REJECTED))
    round_at(NOON + timedelta(hours=2))
    assert len(mailing.received) == 1


def test_who_is_told_follows_account_case_urgency_and_role(
    mailing: MailServer, people: People
) -> None:
    opener, follower, picky, off = people(), people(), people(), people()
    partner, gone = people(Role.PARTNER), people(active=False)
    case = factories.make_case(created_by_id=opener.id)
    choose(opener)
    choose(follower)
    choose(follower, case, mode="account")
    choose(picky, case, least_urgency="high")
    choose(off, case, mode="pages")
    for other in (partner, gone):
        choose(other, case)
    sight(case, NOON)
    sight(case, NOON, like_rejected=True)
    round_at(NOON)
    assert sorted(one.to[0] for one in mailing.received) == sorted([opener.email, follower.email])
    assert all(len(one.files("image/jpeg")) == 1 for one in mailing.received), "low urgency stays"
    choose(opener, case, mode="off")
    alerts.raise_alert(
        case, AlertKind.FOUND_PERSON_MATCH, title="A found person may fit", path="/", dedupe_key="f"
    )
    db.session.commit()
    round_at(NOON)
    later = sorted(one.to[0] for one in mailing.received[2:])
    assert later == sorted([follower.email, picky.email])


def test_a_closed_cases_alerts_are_not_sent(mailing: MailServer, people: People) -> None:
    user = people()
    case = factories.make_case(created_by_id=user.id)
    choose(user, group_minutes=5)
    sight(case, NOON)
    round_at(NOON)
    case.state = case.state.CLOSED
    db.session.commit()
    sight(case, NOON)
    round_at(NOON + timedelta(minutes=9))
    assert mailing.received == []
    assert states() == [NoticeState.LEFT_OUT]


@pytest.fixture
def escalating(app: Flask, server: MailServer) -> Iterator[MailServer]:
    with mailing_to(server, app, alert_escalation_minutes=15):
        yield server


def test_what_nobody_acknowledges_is_escalated_once_whatever_the_hour(
    escalating: MailServer, people: People
) -> None:
    user = people()
    case = factories.make_case(created_by_id=user.id)
    choose(user, quiet_from="00:00", quiet_until="23:59")
    seen, unseen = sight(case, NOON), sight(case, NOON)
    sight(case, NOON, like_rejected=True)
    acknowledged = select(Alert).where(Alert.sighting_id == seen.id)
    alerts.acknowledge(actor_for(user), db.session.scalars(acknowledged).one().id)
    round_at(NOON + timedelta(minutes=14))
    assert escalating.received == []
    for minutes in (15, 30):
        round_at(NOON + timedelta(minutes=minutes))
    mail = only(escalating.received)
    assert mail.to == [user.email]
    assert mail.mail["Subject"].strip().startswith("Not acknowledged: Case")
    assert unseen.camera.name in mail.text
    assert seen.camera.name not in mail.text
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "alert.escalate"))
    assert entry.one().details["to"] == [user.email]


def test_escalation_goes_to_the_addresses_of_the_setting_or_to_administrators(
    app: Flask, server: MailServer, people: People
) -> None:
    administrator = people(Role.ADMINISTRATOR)
    with mailing_to(server, app):
        sight(factories.make_case(), NOON)
        round_at(NOON + timedelta(minutes=15))
    with mailing_to(server, app, alert_escalation_to="duty@lastseen.example"):
        sight(factories.make_case(), NOON)
        round_at(NOON + timedelta(minutes=15))
    assert [one.to for one in server.received] == [[administrator.email], ["duty@lastseen.example"]]


def test_of_a_restricted_case_only_the_people_on_its_list_are_told_whoever_asked_to_be(
    app: Flask, server: MailServer, people: People
) -> None:
    member, other, administrator = people(), people(), people(Role.ADMINISTRATOR)
    case = factories.make_case(restricted=True, created_by_id=other.id)
    members.add_member(COMMAND_LINE, case, member.id)
    with mailing_to(server, app, alert_escalation_to="duty@lastseen.example"):
        choose(other, case)
        sight(case, NOON)
        round_at(NOON)
        assert server.received == []
        round_at(NOON + timedelta(minutes=15))
        assert [one.to for one in server.received] == [[member.email]], administrator.email
        choose(member, case)
        sight(case, NOON)
        round_at(NOON)
    assert server.received[1].to == [member.email]
    seen = alerts.list_alerts(actor_for(other), None, 1, 50, only_open=False)
    assert seen.items == []
    message = db.session.scalars(select(OutgoingMessage)).first()
    assert message is not None
    with pytest.raises(NotFound):
        alerts.retry_message(actor_for(other), message.id)


def test_a_mail_shows_twenty_and_counts_the_rest(mailing: MailServer, people: People) -> None:
    user = people()
    case = factories.make_case(created_by_id=user.id)
    choose(user)
    for _ in range(22):
        sight(case, NOON)
    round_at(NOON)
    mail = only(mailing.received)
    assert len(mail.files("image/jpeg")) == 20
    assert "And 2 more" in mail.text


def test_only_channels_on_offer_can_be_chosen(mailing: MailServer, people: People) -> None:
    with pytest.raises(Refused):
        choose(people(), channels=("channel:nowhere",))


# ---------------------------------------------------------------- push, SMS and webhooks


class Receiver:
    """A local web server that keeps what it is called with; `answers` are its next statuses."""

    def __init__(self) -> None:
        self.calls: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.calls.append((dict(self.headers.items()), body))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.stop()


@pytest.fixture
def outside(app: Flask, server: MailServer, receiver: Receiver) -> Iterator[Receiver]:
    """The receiver as a push channel and as a webhook."""
    where = f"127.0.0.1:{receiver.port}"
    changes = {
        "alert_channels": SecretStr(f"duty-phone=json://{where}/made-up-token"),
        "alert_webhooks": SecretStr(f"desk=http://{where}/hook?key=made-up-token"),
        "alert_webhook_secret": SecretStr(SECRET),
        "allowed_webhook_hosts": "127.0.0.1",
    }
    with mailing_to(server, app, **changes):
        yield receiver


def test_a_push_message_holds_the_cases_number_and_a_link_and_nothing_of_the_subject(
    outside: Receiver, people: People
) -> None:
    first, second = people(), people()
    case = factories.make_case(created_by_id=first.id, subject_name="Zuzanna Made-up")
    for user in (first, second):
        choose(user, case, channels=("channel:duty-phone",))
    sighting = sight(case, NOON)
    round_at(NOON)
    assert len(outside.calls) == 1, "a phone that two people chose is called once"
    body = json.loads(outside.calls[0][1])
    expected = f"Case {case.number}: 1 new alert. https://search.example{page_of(sighting)} "
    assert body["message"] == expected + LEAD_NOTICE
    assert body["attachments"] == []
    assert "Zuzanna" not in str(outside.calls)
    assert sighting.camera.name not in str(outside.calls)


def test_a_webhook_is_signed_and_tried_again_under_the_same_number(
    outside: Receiver, people: People
) -> None:
    user = people()
    case = factories.make_case(created_by_id=user.id)
    choose(user, channels=("webhook:desk",))
    sighting = sight(case, NOON)
    outside.answers = [503]
    round_at(NOON)
    message = db.session.scalars(select(OutgoingMessage)).one()
    assert message.failure == "Webhook “desk” answers 503."
    round_at(message.next_try_at)
    assert message.state is MessageState.SENT
    (headers, body), (again, same_body) = outside.calls
    assert headers["X-Lastseen-Delivery"] == again["X-Lastseen-Delivery"]
    assert body == same_body
    at, signed = headers["X-Lastseen-Signature"].removeprefix("t=").split(",v1=")
    expected = hmac.new(SECRET.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    assert signed == expected
    told = json.loads(body)
    assert told["case_number"] == case.number
    assert told["notice"] == LEAD_NOTICE
    assert told["alerts"][0]["link"] == f"https://search.example{page_of(sighting)}"
    assert case.subject_name not in body.decode()


@pytest.mark.parametrize(
    ("answer", "words"), [(302, "redirections are not followed"), (410, "answers 410")]
)
def test_a_webhook_that_redirects_or_refuses_is_given_up(
    outside: Receiver, people: People, answer: int, words: str
) -> None:
    user = people()
    choose(user, channels=("webhook:desk",))
    sight(factories.make_case(created_by_id=user.id), NOON)
    outside.answers = [answer]
    round_at(NOON)
    message = db.session.scalars(select(OutgoingMessage)).one()
    assert message.state is MessageState.FAILED
    assert message.failure is not None
    assert words in message.failure
    assert "made-up-token" not in message.failure
    assert len(outside.calls) == 1


def test_a_webhook_into_a_private_network_is_not_called_unless_allowed(
    app: Flask, server: MailServer, receiver: Receiver, people: People
) -> None:
    hook = SecretStr(f"desk=http://127.0.0.1:{receiver.port}/hook")
    changes = {"alert_webhooks": hook, "alert_webhook_secret": SecretStr(SECRET)}
    with mailing_to(server, app, **changes):
        user = people()
        choose(user, channels=("webhook:desk",))
        sight(factories.make_case(created_by_id=user.id), NOON)
        round_at(NOON)
    message = db.session.scalars(select(OutgoingMessage)).one()
    assert receiver.calls == []
    assert message.state is MessageState.FAILED
    assert message.failure is not None
    assert "may not be called: its host is in a private network" in message.failure
    assert "127.0.0.1" not in message.failure


def test_a_webhook_whose_host_is_not_known_now_is_tried_again(
    app: Flask, server: MailServer, people: People
) -> None:
    hook = SecretStr("desk=https://nowhere.invalid/made-up-token")
    changes = {"alert_webhooks": hook, "alert_webhook_secret": SecretStr(SECRET)}
    with mailing_to(server, app, **changes):
        user = people()
        choose(user, channels=("webhook:desk",))
        sight(factories.make_case(created_by_id=user.id), NOON)
        round_at(NOON)
    message = db.session.scalars(select(OutgoingMessage)).one()
    assert message.state is MessageState.WAITING
    assert message.failure == "The host of webhook “desk” is not known now."


def test_a_push_service_that_is_away_is_tried_again_and_its_address_is_never_told(
    outside: Receiver, people: People, caplog: pytest.LogCaptureFixture
) -> None:
    user = people()
    choose(user, channels=("channel:duty-phone",))
    sight(factories.make_case(created_by_id=user.id), NOON)
    outside.answers = [500]
    round_at(NOON)
    message = db.session.scalars(select(OutgoingMessage)).one()
    assert message.failure == "The service behind channel “duty-phone” did not take the message."
    assert "made-up-token" not in caplog.text
    round_at(message.next_try_at)
    assert message.state is MessageState.SENT


def test_a_channel_that_was_taken_away_is_given_up_in_words(
    app: Flask, outside: Receiver, server: MailServer, people: People
) -> None:
    user = people()
    choose(user, channels=("channel:duty-phone",))
    sight(factories.make_case(created_by_id=user.id), NOON)
    alert_rounds.run(NOON)
    with mailing_to(server, app, alert_channels=SecretStr("")):
        sending.send_due()
    message = db.session.scalars(select(OutgoingMessage)).one()
    assert message.failure == "There is no channel “duty-phone” any more (ALERT_CHANNELS)."


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"alert_channels": "no equals sign"}, "NAME=ADDRESS"),
        ({"alert_channels": "a=x://1 a=x://2"}, "names differ"),
        ({"alert_webhooks": "desk=https://desk.example"}, "ALERT_WEBHOOK_SECRET"),
        ({"alert_webhooks": "desk=ftp://x", "alert_webhook_secret": SECRET}, "ALERT_WEBHOOKS"),
        ({"alert_escalation_to": "not an address"}, "ALERT_ESCALATION_TO"),
    ],
)
def test_unsafe_alert_settings_stop_the_start(changes: dict[str, str], words: str) -> None:
    needed = {"secret_key": "x" * 32, "database_url": "postgresql://", "redis_url": "redis://"}
    with pytest.raises(ConfigurationError, match=words):
        load_settings(**{**needed, **changes})
