"""Sessions are rows: each can be seen and ended, and a cookie that was copied ends with them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.extensions import db
from app.models.accounts import Role, User
from app.models.audit import AuditEntry
from app.models.columns import utc_now
from app.models.sessions import UserSession
from app.services.base import user_sessions
from tests.app.conftest import PASSWORD, Client

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = (
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Mobile Safari/537.36"
)


def enter(app: Flask, user: User, agent: str = FIREFOX) -> Client:
    client = app.test_client()
    assert isinstance(client, Client)
    form = {"email": user.email, "password": PASSWORD}
    assert client.post("/login", data=form, headers={"User-Agent": agent}).status_code == 302
    return client


def rows(user: User) -> list[UserSession]:
    return list(db.session.scalars(select(UserSession).where(UserSession.user_id == user.id)))


def test_the_account_page_lists_the_browsers_and_ends_one_of_them(
    app: Flask, user_factory: Callable[..., User]
) -> None:
    user = user_factory()
    here, phone = enter(app, user), enter(app, user, PHONE)
    page = here.get("/account").text
    assert "Firefox on Linux" in page
    assert "Chrome on Android" in page
    assert page.count("this one</span>") == 1
    of_phone = next(row for row in rows(user) if row.device == "Chrome on Android")
    assert here.post(f"/account/sessions/{of_phone.id}/end").status_code == 302
    assert phone.get("/account").status_code == 302
    assert here.get("/account").status_code == 200
    entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert (entry.action, entry.details["device"]) == ("session.end", "Chrome on Android")


def test_nobody_ends_the_session_of_another_account(
    app: Flask, user_factory: Callable[..., User]
) -> None:
    mine, theirs = user_factory(), user_factory()
    here, there = enter(app, mine), enter(app, theirs)
    (row,) = rows(theirs)
    assert here.post(f"/account/sessions/{row.id}/end").status_code == 404
    assert there.get("/account").status_code == 200


def test_an_administrator_ends_one_session_or_all_of_an_account(
    app: Flask, user_factory: Callable[..., User], logged_in: Callable[..., Client]
) -> None:
    admin, user = logged_in(Role.ADMINISTRATOR), user_factory()
    first, second = enter(app, user), enter(app, user, PHONE)
    assert "Chrome on Android" in admin.get(f"/admin/users/{user.id}").text
    of_phone = next(row for row in rows(user) if row.device == "Chrome on Android")
    admin.post(f"/admin/users/{user.id}/sessions/{of_phone.id}/end")
    assert second.get("/account").status_code == 302
    assert first.get("/account").status_code == 200
    admin.post(f"/admin/users/{user.id}/sessions/end")
    assert first.get("/account").status_code == 302


def test_a_copied_cookie_is_worth_nothing_after_the_logout(
    app: Flask, user_factory: Callable[..., User]
) -> None:
    here = enter(app, user_factory())
    cookie = here.get_cookie("session")
    assert cookie is not None
    thief = app.test_client()
    thief.set_cookie("session", cookie.value)
    assert thief.get("/account").status_code == 200
    here.post("/logout")
    thief.set_cookie("session", cookie.value)
    assert thief.get("/account").status_code == 302


def test_a_login_begins_a_session_of_its_own_whatever_cookie_was_there_before(
    app: Flask, client: Client, user_factory: Callable[..., User]
) -> None:
    attacker, victim = user_factory(), user_factory()
    planted = enter(app, attacker).get_cookie("session")
    assert planted is not None
    client.set_cookie("session", planted.value)
    client.post("/login", data={"email": victim.email, "password": PASSWORD})
    after = client.get_cookie("session")
    assert after is not None
    assert after.value != planted.value
    assert victim.email in client.get("/account").text
    outsider = app.test_client()
    outsider.set_cookie("session", planted.value)
    assert victim.email not in outsider.get("/account").text


@pytest.mark.parametrize(
    ("column", "passed"),
    [
        ("last_used_at", timedelta(minutes=121)),
        ("created_at", timedelta(hours=12, seconds=1)),
    ],
)
def test_a_session_ends_when_it_is_not_used_and_at_last_in_any_case(
    app: Flask, user_factory: Callable[..., User], column: str, passed: timedelta
) -> None:
    user = user_factory()
    client = enter(app, user)
    assert client.get("/account").status_code == 200
    (row,) = rows(user)
    setattr(row, column, utc_now() - passed)
    db.session.commit()
    assert client.get("/account").status_code == 302
    assert list(user_sessions.list_sessions(user)) == []


def test_using_a_session_puts_its_idle_end_off(
    app: Flask, user_factory: Callable[..., User]
) -> None:
    user = user_factory()
    client = enter(app, user)
    (row,) = rows(user)
    row.last_used_at = utc_now() - timedelta(minutes=90)
    db.session.commit()
    client.get("/account")
    db.session.expire_all()
    assert utc_now() - rows(user)[0].last_used_at < timedelta(minutes=1)


def test_only_a_hash_of_the_key_is_kept_and_old_rows_go(
    app: Flask, user_factory: Callable[..., User]
) -> None:
    user = user_factory()
    key = user_sessions.begin(user, "192.0.2.7", FIREFOX)
    (row,) = rows(user)
    assert key not in {row.key_sha256, row.device, row.address}
    assert user_sessions.known(key) is not None
    assert user_sessions.known(key[:-1] + "!") is None
    assert user_sessions.prune() == 0
    row.created_at = utc_now() - timedelta(days=8)
    db.session.commit()
    assert user_sessions.prune() == 1


def test_an_account_that_is_deactivated_is_out_at_once(
    app: Flask, user_factory: Callable[..., User]
) -> None:
    user = user_factory()
    client = enter(app, user)
    user.active = False
    db.session.commit()
    assert client.get("/account").status_code == 302


@pytest.mark.parametrize(
    ("agent", "device"),
    [(FIREFOX, "Firefox on Linux"), (PHONE, "Chrome on Android"), ("", "unknown device"),
     ("curl/8 (Windows)", "Windows"), ("<script>" * 500, "unknown device")],
)  # fmt: skip
def test_a_browser_is_named_in_few_words(agent: str, device: str) -> None:
    assert user_sessions.device_of(agent) == device
