"""The second factor: set up, asked for, taken once, hard to guess, and taken away by the right."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import pyotp
import pytest
from flask import Flask
from sqlalchemy import func, select, text

from app.errors import Conflict, Refused
from app.extensions import db
from app.models.accounts import Role, User
from app.models.audit import AuditEntry
from app.models.columns import utc_now
from app.models.factors import RecoveryCode, SecondFactor
from app.services.people import second_factors, tokens
from app.services.people.accounts import actor_for
from app.services.people.tokens import TokenInput
from tests.app.conftest import PASSWORD, Client, log_in


def app_of(user: User) -> pyotp.TOTP:
    """The person's phone."""
    factor = second_factors.find(user)
    assert factor is not None
    return pyotp.TOTP(second_factors.secret_of(factor))


def forget_step(user: User) -> None:
    """As if the period of the last code were over."""
    factor = second_factors.find(user)
    assert factor is not None
    factor.last_step = 0
    db.session.commit()


def enrol(user: User) -> Sequence[str]:
    second_factors.begin(user)
    codes = second_factors.confirm(actor_for(user), user, app_of(user).now())
    forget_step(user)
    return codes


def wrong_code(user: User) -> str:
    """Six digits that are not right in any of the periods around now."""
    now = int(utc_now().timestamp())
    right = {app_of(user).at(now + 30 * step) for step in range(-3, 4)}
    return next(code for number in range(1000) if (code := f"{number:06d}") not in right)


def first_step(client: Client, user: User, wanted: str = "") -> None:
    form = {"email": user.email, "password": PASSWORD, "next": wanted}
    answer = client.post("/login", data=form)
    assert (answer.status_code, answer.location) == (302, "/login/second")


def test_a_person_sets_it_up_with_a_qr_code_and_gets_recovery_codes_once(
    logged_in: Callable[..., Client],
) -> None:
    client = logged_in()
    user = client.user
    assert user is not None
    assert "Not set up" in client.get("/account/second-factor").text
    client.post("/account/second-factor")
    page = client.get("/account/second-factor").text
    assert 'src="data:image/svg+xml' in page
    assert app_of(user).secret in page
    wrong = client.post("/account/second-factor/confirm", data={"code": wrong_code(user)})
    assert wrong.status_code == 422
    assert not second_factors.is_enrolled(user.id)
    done = client.post("/account/second-factor/confirm", data={"code": app_of(user).now()})
    codes = re.findall(r"<code>([A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4})</code>", done.text)
    assert len(set(codes)) == 10
    again = client.get("/account/second-factor").text
    assert codes[0] not in again
    assert app_of(user).secret not in again
    kept = set(db.session.scalars(select(RecoveryCode.code_sha256)))
    assert len(kept) == 10
    assert not kept & {code.replace("-", "") for code in codes}


def test_a_login_needs_the_code_and_ends_where_the_person_wanted_to_go(
    client: Client, user_factory: Callable[..., User]
) -> None:
    user = user_factory()
    enrol(user)
    first_step(client, user, "/account")
    assert client.get("/account").status_code == 302, "half a login is no login"
    assert client.get("/api/cases").status_code == 401
    refused = client.post("/login/second", data={"code": wrong_code(user)})
    assert refused.status_code == 422
    done = client.post("/login/second", data={"code": app_of(user).now()})
    assert (done.status_code, done.location) == (302, "/account")
    assert client.get("/account").status_code == 200


def test_the_first_step_alone_is_no_login_in_the_audit_log(
    client: Client, user_factory: Callable[..., User]
) -> None:
    user = user_factory()
    enrol(user)
    first_step(client, user)
    actions = list(db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))
    assert actions[-1] == "login.password"
    assert user.last_login_at is None
    client.post("/login/second", data={"code": app_of(user).now()})
    assert db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id.desc())).first() == (
        "login.accept"
    )


def test_a_code_is_taken_once_and_no_older_one_after_it(
    app: Flask, user_factory: Callable[..., User]
) -> None:
    user = user_factory()
    enrol(user)
    phone, actor, now = app_of(user), actor_for(user), int(utc_now().timestamp())
    code, older = phone.at(now), phone.at(now - 30)
    second_factors.check(actor, user, code)
    for replayed in (code, older):
        with pytest.raises(Refused):
            second_factors.check(actor, user, replayed)
    second_factors.check(actor, user, phone.at(now + 30))


@pytest.mark.parametrize(
    ("steps_off", "is_taken"), [(-2, False), (-1, True), (1, True), (2, False)]
)
def test_a_clock_may_be_one_period_off(
    app: Flask,
    user_factory: Callable[..., User],
    monkeypatch: pytest.MonkeyPatch,
    steps_off: int,
    is_taken: bool,
) -> None:
    user = user_factory()
    enrol(user)
    now = datetime.fromisoformat("2026-11-18T08:40:10+00:00")
    monkeypatch.setattr(second_factors, "utc_now", lambda: now)
    code = app_of(user).at(int(now.timestamp()) + 30 * steps_off)
    if is_taken:
        second_factors.check(actor_for(user), user, code)
    else:
        with pytest.raises(Refused):
            second_factors.check(actor_for(user), user, code)


def test_guessing_locks_the_factor_and_a_right_password_does_not_unlock_it(
    app: Flask, client: Client, user_factory: Callable[..., User], monkeypatch: pytest.MonkeyPatch
) -> None:
    user = user_factory()
    enrol(user)
    taken = 0
    for _ in range(20):
        first_step(client, user)
        taken += client.post("/login/second", data={"code": wrong_code(user)}).status_code == 302
    assert taken == 0
    factor = second_factors.find(user)
    assert factor is not None
    assert factor.failed_attempts == 5, "while it is locked nothing is tried, and nothing counts"
    assert factor.locked_until is not None
    first_step(client, user)
    locked = client.post("/login/second", data={"code": app_of(user).now()})
    assert locked.status_code == 422, "not even the right code, while it is locked"
    with pytest.raises(Refused):
        second_factors.check(actor_for(user), user, app_of(user).now())

    attempts, moment = 0, utc_now()
    for minute in range(24 * 60):  # a day of one guess a minute
        monkeypatch.setattr(
            second_factors, "utc_now", lambda m=minute: moment + timedelta(minutes=m)
        )
        before = factor.failed_attempts
        with pytest.raises(Refused):
            second_factors.check(actor_for(user), user, "not a code")
        attempts += factor.failed_attempts - before
    assert attempts < 60, "so that one in a million codes stays out of reach"


def test_a_recovery_code_logs_in_once_however_it_is_typed(
    client: Client, user_factory: Callable[..., User]
) -> None:
    user = user_factory()
    code = enrol(user)[0]
    first_step(client, user)
    typed = code.lower().replace("-", " ")
    assert client.post("/login/second", data={"code": typed}).status_code == 302
    client.post("/logout")
    first_step(client, user)
    assert client.post("/login/second", data={"code": code}).status_code == 422
    assert second_factors.recovery_codes_left(user) == 9


def test_new_recovery_codes_end_the_old_ones(app: Flask, user_factory: Callable[..., User]) -> None:
    user = user_factory()
    old = enrol(user)
    new = second_factors.new_recovery_codes(actor_for(user), user, app_of(user).now())
    assert not set(old) & set(new)
    with pytest.raises(Refused):
        second_factors.check(actor_for(user), user, old[0])
    second_factors.check(actor_for(user), user, new[0])


def test_the_second_step_ends_after_five_minutes_and_with_a_new_password(
    client: Client, user_factory: Callable[..., User]
) -> None:
    user = user_factory()
    enrol(user)
    first_step(client, user)
    with client.session_transaction() as cookie:
        held = cookie["half_logged_in"]
        cookie["half_logged_in"] = [held[0], held[1], held[2] - 301, held[3]]
    late = client.post("/login/second", data={"code": app_of(user).now()})
    assert late.location == "/login"
    first_step(client, user)
    user.session_epoch += 1
    db.session.commit()
    assert client.post("/login/second", data={"code": app_of(user).now()}).location == "/login"
    assert client.get("/account").status_code == 302


def test_the_second_step_forwards_to_pages_of_this_site_only(
    client: Client, user_factory: Callable[..., User]
) -> None:
    user = user_factory()
    enrol(user)
    first_step(client, user, "https://elsewhere.example/")
    assert client.post("/login/second", data={"code": app_of(user).now()}).location == "/"


def test_roles_that_need_one_reach_nothing_else_before_it_is_set_up(
    app: Flask, logged_in: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = app.config["LASTSEEN"].model_copy(update={"second_factor_roles": "investigator"})
    monkeypatch.setitem(app.config, "LASTSEEN", settings)
    client, analyst = logged_in(Role.INVESTIGATOR), logged_in(Role.ANALYST)
    for path in ("/", "/cases", "/account"):
        assert client.get(path).location == "/account/second-factor", path
    assert client.get("/api/cases").status_code == 403
    assert client.post("/account/tokens", data={"label": "x"}).status_code == 403
    assert analyst.get("/cases").status_code == 200
    user = client.user
    assert user is not None
    client.post("/account/second-factor")
    client.post("/account/second-factor/confirm", data={"code": app_of(user).now()})
    assert client.get("/cases").status_code == 200


def test_api_tokens_go_on_and_a_new_one_needs_a_code(
    app: Flask, user_factory: Callable[..., User]
) -> None:
    user = user_factory()
    issued = tokens.issue_token(actor_for(user), user, TokenInput(label="before"))
    enrol(user)
    client = app.test_client()
    assert isinstance(client, Client)
    bearer = {"Authorization": f"Bearer {issued.secret}"}
    assert client.get("/api/cases", headers=bearer).status_code == 200
    log_in(client, user)
    form = {"label": "after", "days": "9"}
    assert client.post("/account/tokens", data=form).status_code == 422
    assert client.post("/account/tokens", data={**form, "code": "000000"}).status_code == 422
    forget_step(user)
    taken = client.post("/account/tokens", data={**form, "code": app_of(user).now()})
    assert taken.status_code == 201
    assert len(tokens.list_tokens(user)) == 2


def test_it_is_removed_only_with_a_code_and_never_replaced_without(
    app: Flask, user_factory: Callable[..., User]
) -> None:
    user = user_factory()
    enrol(user)
    with pytest.raises(Conflict):
        second_factors.begin(user)
    with pytest.raises(Refused):
        second_factors.remove(actor_for(user), user, wrong_code(user))
    assert second_factors.is_enrolled(user.id)
    second_factors.remove(actor_for(user), user, app_of(user).now())
    assert not second_factors.is_enrolled(user.id)


def test_an_administrator_takes_it_away_which_ends_the_sessions_and_is_written_down(
    app: Flask, user_factory: Callable[..., User], logged_in: Callable[..., Client]
) -> None:
    user, admin = user_factory(), logged_in(Role.ADMINISTRATOR)
    enrol(user)
    theirs = app.test_client()
    assert isinstance(theirs, Client)
    log_in(theirs, user)
    assert admin.post(f"/admin/users/{user.id}/second-factor/reset").status_code == 302
    assert not second_factors.is_enrolled(user.id)
    assert theirs.get("/account").status_code == 302
    entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert (entry.action, entry.subject) == ("second_factor.reset", user.email)
    assert admin.user is not None
    assert entry.actor_id == admin.user.id


def test_the_database_alone_makes_no_codes(app: Flask, user_factory: Callable[..., User]) -> None:
    user = user_factory()
    enrol(user)
    secret = app_of(user).secret
    row = db.session.execute(text("SELECT * FROM second_factors")).mappings().one()
    raw = pyotp.TOTP(secret).byte_secret()
    assert raw not in bytes(row["salt"])
    assert secret not in str(dict(row))
    other = app.config["LASTSEEN"].model_copy(
        update={"secret_key": type(app.config["LASTSEEN"].secret_key)("another key " * 4)}
    )
    before = app.config["LASTSEEN"]
    app.config["LASTSEEN"] = other
    try:
        assert app_of(user).secret != secret
    finally:
        app.config["LASTSEEN"] = before


def test_two_accounts_and_two_enrolments_have_different_secrets(
    app: Flask, user_factory: Callable[..., User]
) -> None:
    one, two = user_factory(), user_factory()
    secrets = set()
    for user in (one, two, one):
        second_factors.begin(user)
        secrets.add(app_of(user).secret)
    assert len(secrets) == 3
    assert db.session.scalar(select(func.count()).select_from(SecondFactor)) == 2
