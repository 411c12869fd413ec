"""What strangers type and hand in: refused in words, at once, and nothing breaks."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm.exc import StaleDataError

from app.errors import Unavailable
from app.extensions import db
from app.models import Role
from app.problems import problem_of
from app.services.base import few_at_once as places
from app.services.base.few_at_once import few_at_once
from app.services.contributing import reports
from app.services.reviews import clips
from cameras.footage.cutting import ClipWish
from tests.app import factories
from tests.app.conftest import Client
from tests.app.test_security import bare_app

LogIn = Callable[..., Client]


@pytest.mark.parametrize(
    "zone", ["America", "../../etc/passwd", "UTC\x00", "x" * 300, "Nowhere/Atlantis", "-1"]
)
def test_a_form_refuses_a_time_zone_that_is_none_in_words(logged_in: LogIn, zone: str) -> None:
    case, camera = factories.make_case(), factories.make_camera()
    start = "2026-11-18T14:10"
    sent = {
        f"/cases/{case.number}/edit": {"legal_basis_expires_at": start},
        "/cases/new": {"legal_basis_expires_at": start},
        f"/cameras/{camera.id}/footage": {"path": "x.mp4", "started_at": start},
    }
    for address, form in sent.items():
        role = Role.DISPATCHER if "cameras" in address else Role.INVESTIGATOR
        answer = logged_in(role).post(address, data={**form, "timezone": zone})
        assert answer.status_code == 422, address
        assert "time zone" in answer.text, address


def test_not_more_than_a_few_handed_in_files_are_read_at_once(
    app: Flask, logged_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "WAIT_S", 0.01)
    number = factories.make_case().number
    client = logged_in(Role.INVESTIGATOR)

    def sent() -> dict[str, object]:
        file = (io.BytesIO(b"Seen at the gate."), "a.txt")
        return {"kind": "statement", "written_at": "2026-11-18T14:10", "report": file}

    with few_at_once("documents", reports.READ_AT_ONCE), few_at_once("documents", 2):
        answer = client.post(f"/cases/{number}/reports", data=sent())
    assert answer.status_code == 503
    assert places.BUSY in answer.text
    assert client.post(f"/cases/{number}/reports", data=sent()).status_code == 302


def test_not_more_than_a_few_clips_are_cut_at_once(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "WAIT_S", 0.01)
    wish = ClipWish("no-such.mp4", "", 0.0, 1.0, None)
    held = [few_at_once("clips", clips.CUT_AT_ONCE) for _ in range(clips.CUT_AT_ONCE)]
    with held[0], held[1], pytest.raises(Unavailable, match="at the moment"):
        clips._run(wish)


def test_a_login_while_the_database_is_down_leaves_one_line_in_the_log(
    redis_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    application = bare_app(redis_url, tmp_path)
    application.config["WTF_CSRF_ENABLED"] = False
    with caplog.at_level(logging.ERROR):
        answer = application.test_client().post(
            "/login", data={"email": "a@lastseen.example", "password": "not-told-to-the-log"}
        )
    assert answer.status_code == 503
    (line,) = [one.getMessage() for one in caplog.records if one.name == "app.problems"]
    assert line.startswith("the database failed on POST /login: OperationalError: ")
    assert "not-told" not in caplog.text


def test_nobody_writes_a_line_of_the_log_by_an_address(
    redis_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    application = bare_app(redis_url, tmp_path)
    with caplog.at_level(logging.ERROR):
        application.test_client().get("/deliver/x%0Aa forged line")
    (line,) = [one.getMessage() for one in caplog.records if one.name == "app.problems"]
    assert "\n" not in line


def test_what_is_deleted_under_somebody_s_hands_is_a_conflict_and_no_failure(app: Flask) -> None:
    case = factories.make_case()
    db.session.execute(text("DELETE FROM cases WHERE id = :id"), {"id": case.id})
    case.subject_name = "Changed meanwhile"
    with pytest.raises(StaleDataError) as stale:
        db.session.flush()
    assert problem_of(stale.value).status == 409
    db.session.rollback()


@pytest.mark.parametrize(
    "back", ["http://[::1", "//[x", "/\\evil.example", "//evil.example", "https:evil", "/a\tb", ""]
)
def test_an_address_to_go_back_to_that_is_none_leads_to_the_start_page(
    logged_in: LogIn, back: str
) -> None:
    client = logged_in(Role.INVESTIGATOR)
    answer = client.get("/login", query_string={"next": back})
    assert (answer.status_code, answer.location) == (302, "/")
    assert client.get("/login", query_string={"next": "/cases?page=2"}).location == "/cases?page=2"


def test_a_page_before_that_is_no_address_does_not_stop_the_question_who_it_is(
    logged_in: LogIn,
) -> None:
    admin = logged_in(Role.ADMINISTRATOR)
    db.session.execute(text("UPDATE user_sessions SET proved_at = now() - interval '9 hours'"))
    db.session.commit()
    answer = admin.post("/admin/invitations", data={}, headers={"Referer": "http://[::1"})
    assert answer.status_code == 403
    assert "Prove that it is you" in answer.text
