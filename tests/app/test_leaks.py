"""What must not leak by side doors: to reviewers, to caches, to logs, to other people's mail."""

from __future__ import annotations

import csv
import io
import logging
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NoReturn

import pytest
from flask import Flask
from gunicorn.config import Config  # type: ignore[import-untyped]
from pydantic import SecretStr
from sqlalchemy import func, select

from app.current import settings
from app.errors import Refused, Unavailable
from app.extensions import db
from app.factory import create_app
from app.inputs import ReviewInput
from app.intake.documents import text_of_file
from app.log_secrets import GunicornLogger
from app.models import (
    Alert,
    AuditEntry,
    LastKnownLocationRow,
    OutgoingMessage,
    Role,
    Sighting,
    SightingClip,
    Verdict,
)
from app.models.accounts import User
from app.models.columns import utc_now
from app.models.factors import SecondFactor
from app.services.base import audit, media
from app.services.base.actors import Actor
from app.services.base.audit import AuditFilter
from app.services.governance import audit_csv
from app.services.messages import alert_settings, alerts, channels
from app.services.messages.delivery import GivenUp
from app.services.people import second_factors
from app.services.requests import deliveries
from app.services.reviews import clips, sightings
from cameras.footage.cutting import ClipWish
from tests.app import factories
from tests.app.answers import body, problem
from tests.app.conftest import Client, make_settings

LogIn = Callable[..., Client]
MakeActor = Callable[..., Actor]


def entries(action: str) -> int:
    """How many such entries the audit log holds."""
    query = select(func.count()).where(AuditEntry.action == action)
    return db.session.scalar(query) or 0


@pytest.fixture
def confirmed_once(app: Flask, actor_factory: MakeActor) -> Sighting:
    """A sighting that one person has confirmed; its alert is raised."""
    sighting = factories.make_sighting(factories.make_case())
    alerts.raise_for_sighting(sighting)
    db.session.commit()
    given = ReviewInput(verdict=Verdict.CONFIRMED)
    sightings.review_sighting(actor_factory(Role.INVESTIGATOR), sighting.id, given)
    return sighting


# ------------------------------------------------------------- what a second reviewer has seen


def is_refused_as_not_blind(client: Client, sighting: Sighting) -> bool:
    answer = client.post(f"/api/sightings/{sighting.id}/reviews", json={"verdict": "confirmed"})
    return answer.status_code == 409 and "blind" in problem(answer, 409)["detail"]


def test_an_answer_to_a_doubt_that_is_taken_back_leaves_nobody_blind(
    confirmed_once: Sighting, logged_in: LogIn
) -> None:
    client = logged_in(Role.INVESTIGATOR)
    at = f"/api/sightings/{confirmed_once.id}/reviews"
    told = body(client.post(at, json={"verdict": "unsure"}), 201)
    assert "similarity" in told
    body(client.delete(f"{at}/latest"))
    assert is_refused_as_not_blind(client, confirmed_once)


@pytest.mark.parametrize(
    "address", ["/api/cases/{number}/locations", "/cases/{number}/locations/{location}"]
)
def test_the_places_of_a_case_tell_the_first_verdict_and_looking_at_them_is_on_record(
    confirmed_once: Sighting, logged_in: LogIn, address: str
) -> None:
    client, case = logged_in(Role.INVESTIGATOR), confirmed_once.case
    wanted = select(LastKnownLocationRow.id).where(LastKnownLocationRow.case_id == case.id)
    location = db.session.scalars(wanted).one()
    path = address.format(number=case.number, location=location)
    assert client.get(path).status_code == 200
    assert entries("locations.view") == 1
    assert is_refused_as_not_blind(client, confirmed_once)


def test_the_list_of_all_alerts_tells_what_became_of_them_and_looking_is_on_record(
    confirmed_once: Sighting, logged_in: LogIn
) -> None:
    client = logged_in(Role.INVESTIGATOR)
    assert "Acknowledged by" in client.get("/alerts?show=all").text
    assert entries("alerts.view") == 1
    assert is_refused_as_not_blind(client, confirmed_once)


def test_acknowledging_what_another_has_judged_tells_so_and_is_on_record(
    confirmed_once: Sighting, logged_in: LogIn
) -> None:
    client = logged_in(Role.INVESTIGATOR)
    alert = db.session.scalars(select(Alert)).one()
    told = body(client.post(f"/api/alerts/{alert.id}/acknowledge"))
    assert told["acknowledged_by"]
    assert is_refused_as_not_blind(client, confirmed_once)


def test_open_alerts_alone_keep_a_reviewer_blind(
    confirmed_once: Sighting, logged_in: LogIn
) -> None:
    client = logged_in(Role.INVESTIGATOR)
    page = client.get("/alerts")
    assert "Acknowledged by" not in page.text
    assert not is_refused_as_not_blind(client, confirmed_once)


def test_who_became_an_examiner_is_sent_no_alerts(
    app: Flask, user_factory: Callable[..., User]
) -> None:
    user = user_factory(Role.INVESTIGATOR)
    case = factories.make_case(created_by_id=user.id)
    assert [told.user.id for told in alert_settings.people_to_tell(case)] == [user.id]
    user.role = Role.EXAMINER
    db.session.commit()
    assert alert_settings.people_to_tell(case) == []


# ------------------------------------------------------------------------------ unseen looks


def test_looking_through_found_persons_is_on_record(logged_in: LogIn) -> None:
    assert logged_in(Role.INVESTIGATOR).get("/found-persons").status_code == 200
    assert entries("found.list") == 1


# ------------------------------------------------------------------------------------ caches


@pytest.mark.parametrize("address", ["/sightings/{}/clip.mp4", "/api/sightings/{}/clip"])
def test_no_cache_keeps_a_clip_for_others(app: Flask, logged_in: LogIn, address: str) -> None:
    sighting = factories.make_sighting(factories.make_case())
    sha256 = media.store(b"a clip", clips.SUFFIX)
    db.session.add(SightingClip(sighting_id=sighting.id, sha256=sha256, failure=""))
    db.session.commit()
    answer = logged_in(Role.INVESTIGATOR).get(address.format(sighting.id))
    assert answer.status_code == 200
    assert answer.cache_control.public is not True
    assert answer.cache_control.private
    assert answer.cache_control.no_cache or answer.cache_control.no_store
    assert not answer.cache_control.max_age


# -------------------------------------------------------------------------------------- logs

LONG_SECRET = "kept-Out_of-every-log-0123456789"


def secret_addresses(app: Flask) -> list[str]:
    """The address of every route that carries a secret in its path."""
    rules = [rule.rule for rule in app.url_map.iter_rules() if {"secret", "token"} & rule.arguments]
    named = [re.sub(r"<(?:secret|token)>", LONG_SECRET, rule) for rule in rules]
    return [re.sub(r"<int:[^>]+>", "7", address) for address in named]


def test_no_log_of_requests_holds_the_secret_of_a_link(app: Flask) -> None:
    addresses = secret_addresses(app)
    assert len(addresses) >= 8
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    log = GunicornLogger(Config())
    log.access_log.addHandler(handler)
    try:
        for address in addresses:
            whole = f"https://search.example{address}?again=1"
            log.access_log.info('%(r)s "%(f)s"', {"r": f"POST {address} HTTP/1.1", "f": whole})
    finally:
        log.access_log.removeHandler(handler)
    written = stream.getvalue()
    assert written.count("\n") == len(addresses)
    assert "kept-Out" not in written
    assert "/deliver/…/files/7?again=1" in written
    assert "POST /invitation/… HTTP/1.1" in written


def test_an_incident_is_logged_without_the_secret_of_its_link(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_secret: str) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(deliveries, "open_link", fail)
    assert client.get(f"/deliver/{LONG_SECRET}").status_code == 500
    assert "incident" in caplog.text
    assert "kept-Out" not in caplog.text


@pytest.mark.parametrize(
    "address",
    [f"tgram://{LONG_SECRET}/", f"nothing://{LONG_SECRET}@host", f"slack://{LONG_SECRET}/x"],
)
def test_the_library_for_push_services_logs_no_address(
    app: Flask, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    message = OutgoingMessage(recipient="desk", text="1 new alert")
    given = settings().model_copy(update={"alert_channels": SecretStr(f"desk={address}")})
    with caplog.at_level(logging.DEBUG), pytest.raises(GivenUp) as refused:
        channels.send(given, message)
    assert "kept-Out" not in caplog.text + str(refused.value)


# ------------------------------------------------------------------------------------- hosts


def test_a_visitor_cannot_name_another_host_behind_a_trusted_proxy(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    behind = {"trusted_proxies": 1, "session_cookie_secure": True}
    given = make_settings(database_url, redis_url, tmp_path, **behind)
    app = create_app(given)
    sent = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"}
    answer = app.test_client().get("/login", headers=sent, base_url="http://search.example")
    assert answer.status_code in (301, 302)
    assert answer.location == "https://search.example/login"


def test_a_poster_leads_to_the_installation_whatever_the_request_calls_it(
    app: Flask, logged_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = factories.make_case(tip_code="ABCD-EFGH")
    given = settings().model_copy(update={"base_url": "https://search.example"})
    monkeypatch.setitem(app.config, "LASTSEEN", given)
    page = logged_in(Role.INVESTIGATOR).get(f"/cases/{case.number}/tips")
    assert "https://search.example/tip/p/ABCD-EFGH" in page.text
    assert "localhost/tip/p" not in page.text


# --------------------------------------------------------------------------------- processes


@pytest.mark.parametrize(
    "read",
    [
        lambda: text_of_file(b"%PDF-1.7 not read"),
        lambda: clips._run(ClipWish("x.mp4", "", 0.0, 1.0, None)),
    ],
    ids=["documents", "recordings"],
)
@pytest.mark.usefixtures("app")
def test_a_process_that_reads_a_stranger_s_file_is_told_no_secret(
    read: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", LONG_SECRET)
    monkeypatch.setenv("DATABASE_URL", f"postgresql://x:{LONG_SECRET}@db/x")
    told: list[Mapping[str, str]] = []

    def note(*_command: object, env: Mapping[str, str] | None = None, **_: object) -> NoReturn:
        told.append(os.environ if env is None else env)
        raise subprocess.TimeoutExpired("", 1.0)

    monkeypatch.setattr(subprocess, "run", note)
    with pytest.raises((Refused, Unavailable)):
        read()
    assert not any(LONG_SECRET in value for value in told[0].values())
    assert "PATH" in told[0]


def test_the_process_that_cuts_clips_ends_at_its_memory(tmp_path: Path) -> None:
    code = "from cameras.footage import cutting as c; c.hold_limits(); b = bytearray(5 * 1024**3)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "MemoryError" in done.stderr


# ------------------------------------------------------------------------------ second factors


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("POST", "/admin/users/{}/second-factor/reset"),
        ("DELETE", "/api/users/{}/second-factor"),
    ],
)
def test_an_open_browser_does_not_take_its_own_second_factor_away_without_a_code(
    logged_in: LogIn, method: str, address: str
) -> None:
    client = logged_in(Role.ADMINISTRATOR)
    assert client.user is not None
    factor = SecondFactor(user_id=client.user.id, salt=b"x" * 16, confirmed_at=utc_now())
    db.session.add(factor)
    db.session.commit()
    answer = client.open(address.format(client.user.id), method=method)
    assert answer.status_code in (302, 409)
    assert second_factors.is_enrolled(client.user.id)


def test_no_cell_of_the_exported_log_is_run_however_it_begins(
    app: Flask, actor_factory: MakeActor
) -> None:
    reader = actor_factory(Role.ADMINISTRATOR)
    for text in ("=1+1", " =1+1", "\uff1d1+1", "\n@x"):
        audit.record(reader, "test.formula", subject=text)
    audit.commit()
    text = "".join(audit_csv.lines(reader, AuditFilter("", "test.formula", "")))
    subjects = [row["subject"] for row in csv.DictReader(io.StringIO(text))]
    assert len(subjects) == 4
    assert all(subject.startswith("'") for subject in subjects)
