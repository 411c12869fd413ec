"""Accounts: passwords, logging in, lock-out, sessions, tokens, administration."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import select

from app.errors import Conflict, NotFound, Refused
from app.extensions import db
from app.inputs.accounts import TokenInput, UserChange, UserInput
from app.models.accounts import ApiToken, Role, User
from app.models.audit import AuditEntry
from app.models.sessions import UserSession
from app.services.base.actors import COMMAND_LINE
from app.services.people import accounts, lockout, passwords, tokens
from app.views.accounts import safe_next
from tests.app.conftest import PASSWORD, Client

NOW = datetime(2026, 11, 18, 14, 10, tzinfo=UTC)
OTHER_PASSWORD = "copper-willow-77-station"


def log_in(client: Client, email: str, password: str = PASSWORD, **more: str) -> Any:
    return client.post("/login", data={"email": email, "password": password, **more})


def last_audit() -> AuditEntry:
    return db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()


# --------------------------------------------------------------------------- passwords


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("short-1!", "at least 12"),
        ("ann.example@lastseen.example", "e-mail"),
        ("ann.example2026!", "e-mail"),
        ("Ann Example", "at least 12"),
        ("aaaaaaaaaaaaaaaa", "same few"),
        ("abababababababab", "same few"),
        ("abcdefghijklmn", "neighbouring"),
        ("0987654321098", "neighbouring"),
        ("qwertyuiopasdf", "neighbouring"),
        ("Password123456", "everybody"),
        ("iloveyou-2026!!", "everybody"),
        ("passwordpassword", "everybody"),
        ("x" * 300, "longer than"),
    ],
)
def test_a_password_that_is_easily_guessed_is_refused(password: str, reason: str) -> None:
    with pytest.raises(Refused, match=reason) as refusal:
        passwords.check_strength(password, email="ann.example@lastseen.example", name="Ann Example")
    assert "password" in refusal.value.fields


def test_long_unusual_passwords_are_taken() -> None:
    for password in (PASSWORD, OTHER_PASSWORD, "मेरा बहुत लंबा वाक्य है", passwords.generate()):
        passwords.check_strength(password, email="ann@lastseen.example", name="Ann")


def test_the_same_password_typed_on_another_keyboard_matches() -> None:
    stored = passwords.hash_password("Zürich-und-Köln-1")
    assert passwords.matches(stored, "Zu\u0308rich-und-Ko\u0308ln-1")
    assert not passwords.matches(stored, "Zurich-und-Koln-1")


def test_a_damaged_hash_matches_nothing() -> None:
    assert not passwords.matches("not a hash", "anything")


# -------------------------------------------------------------------------- logging in


def test_the_right_password_logs_in_and_leads_to_the_wanted_page(
    client: Client, user_factory: Callable[..., User]
) -> None:
    user = user_factory(Role.PARTNER)
    answer = log_in(client, user.email.upper(), next="/account?x=1")
    assert (answer.status_code, answer.location) == (302, "/account?x=1")
    assert client.get("/account").status_code == 200
    assert last_audit().action == "login.accept"


@pytest.mark.parametrize("known", [True, False])
def test_a_wrong_login_tells_nothing_about_the_account(
    client: Client, user_factory: Callable[..., User], known: bool
) -> None:
    email = user_factory().email if known else "nobody@lastseen.example"
    answer = log_in(client, email, "wrong-password-here")
    assert answer.status_code == 401
    assert "E-mail address or password is wrong" in answer.text
    assert "wrong-password-here" not in answer.text
    assert client.get("/account").status_code == 302
    assert last_audit().action == "login.refuse"


def test_an_unknown_account_costs_a_password_check_too(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []
    real = passwords.matches

    def counted(stored: str, password: str) -> bool:
        checked.append(stored)
        return real(stored, password)

    monkeypatch.setattr(passwords, "matches", counted)
    with pytest.raises(Refused):
        accounts.authenticate("nobody@lastseen.example", "whatever-it-is", None)
    assert len(checked) == 1
    assert checked[0].startswith("$argon2id$")


def test_an_account_that_is_not_active_cannot_log_in(
    client: Client, user_factory: Callable[..., User]
) -> None:
    assert log_in(client, user_factory(active=False).email).status_code == 401


def test_a_hash_with_old_parameters_is_renewed_at_login(
    app: Flask, user_factory: Callable[..., User]
) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    user = user_factory(password_hash=weak)
    accounts.authenticate(user.email, PASSWORD, None)
    assert user.password_hash != weak
    assert not passwords.needs_rehash(user.password_hash)
    assert passwords.matches(user.password_hash, PASSWORD)


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(1, 0), (4, 0), (5, 30), (6, 60), (7, 120), (11, 1800), (500, 1800)],
)
def test_locks_grow_with_wrong_passwords_up_to_half_an_hour(failures: int, seconds: int) -> None:
    until = lockout.lock_after(failures, NOW)
    assert until == (NOW + timedelta(seconds=seconds) if seconds else None)


def test_a_locked_account_refuses_even_the_right_password(
    app: Flask, user_factory: Callable[..., User]
) -> None:
    user = user_factory()
    for _ in range(5):
        with pytest.raises(Refused):
            accounts.authenticate(user.email, "wrong-password-here", None)
    assert user.locked_until is not None
    with pytest.raises(Refused):
        accounts.authenticate(user.email, PASSWORD, None)
    assert last_audit().details["reason"] == "account is locked"
    user.locked_until = datetime.now(UTC) - timedelta(seconds=1)
    db.session.commit()
    accounts.authenticate(user.email, PASSWORD, None)
    assert (user.failed_logins, user.locked_until) == (0, None)


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        " //evil.example",
        "javascript:alert(1)",
        "evil.example",
        "///evil.example",
        "",
    ],
)
def test_login_leads_only_to_pages_of_this_site(app: Flask, target: str) -> None:
    with app.test_request_context():
        assert safe_next(target) == "/"


def test_what_a_session_held_before_the_login_is_gone_after_it(
    client: Client, user_factory: Callable[..., User]
) -> None:
    with client.session_transaction() as cookie:
        cookie["planted"] = "by somebody else"
    log_in(client, user_factory().email)
    with client.session_transaction() as cookie:
        assert "planted" not in cookie
        assert "_user_id" in cookie


# ---------------------------------------------------------------------------- sessions


def test_logging_out_ends_the_session(logged_in: Callable[..., Client]) -> None:
    client = logged_in()
    assert client.post("/logout").status_code == 302
    assert client.get("/account").status_code == 302
    assert last_audit().action == "logout"


def test_a_session_ends_after_its_hours_however_busy_it_is(
    logged_in: Callable[..., Client],
) -> None:
    client = logged_in()
    assert client.get("/account").status_code == 200
    row = db.session.scalars(select(UserSession)).one()
    row.created_at = datetime.now(UTC) - timedelta(hours=12, seconds=1)
    db.session.commit()
    assert client.get("/account").status_code == 302


def test_ending_all_sessions_ends_those_of_other_browsers(
    app: Flask, client: Client, user_factory: Callable[..., User]
) -> None:
    user = user_factory()
    other = app.test_client()
    log_in(client, user.email)
    log_in(other, user.email)  # type: ignore[arg-type]
    assert client.post("/account/sessions/end").status_code == 302
    assert client.get("/account").status_code == 302
    assert other.get("/account").status_code == 302


def test_a_new_password_logs_out_other_browsers_and_keeps_this_one(
    app: Flask, client: Client, user_factory: Callable[..., User]
) -> None:
    user = user_factory()
    other = app.test_client()
    log_in(client, user.email)
    log_in(other, user.email)  # type: ignore[arg-type]
    form = {
        "current_password": PASSWORD,
        "password": OTHER_PASSWORD,
        "repeated": OTHER_PASSWORD,
    }
    assert client.post("/account/password", data=form).status_code == 302
    assert client.get("/account").status_code == 200
    assert other.get("/account").status_code == 302
    assert log_in(other, user.email, OTHER_PASSWORD).status_code == 302  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ({"current_password": "wrong"}, "is not your present password"),
        ({"repeated": "something-else-77"}, "differs from the first"),
        ({"password": "short", "repeated": "short"}, "at least 12 characters"),
        ({"password": PASSWORD, "repeated": PASSWORD}, "is the present one"),
    ],
)
def test_a_password_change_says_what_is_wrong(
    logged_in: Callable[..., Client], form: dict[str, str], reason: str
) -> None:
    client = logged_in()
    good = {
        "current_password": PASSWORD,
        "password": OTHER_PASSWORD,
        "repeated": OTHER_PASSWORD,
    }
    answer = client.post("/account/password", data={**good, **form})
    assert answer.status_code == 422
    assert reason in answer.text
    assert client.user is not None
    assert passwords.matches(client.user.password_hash, PASSWORD)


# ------------------------------------------------------------------------------ tokens


def test_a_token_is_shown_once_and_only_its_hash_is_kept(
    logged_in: Callable[..., Client],
) -> None:
    client = logged_in()
    answer = client.post("/account/tokens", data={"label": "night report", "days": "30"})
    assert answer.status_code == 201
    found = re.search(r"ls_[\w-]{43}", answer.text)
    assert found is not None
    assert found[0] not in client.get("/account").text
    row = db.session.scalars(select(ApiToken)).one()
    assert found[0] not in (row.token_sha256, row.label)
    assert accounts.user_of_token(found[0]) == client.user


def test_a_token_stops_when_it_expires_is_revoked_or_its_account_ends(
    app: Flask, user_factory: Callable[..., User]
) -> None:
    user = user_factory()
    actor = accounts.actor_for(user)
    expired, revoked, kept = (
        tokens.issue_token(actor, user, TokenInput(label=label)) for label in "abc"
    )
    assert all(accounts.user_of_token(item.secret) for item in (expired, revoked, kept))
    expired.token.expires_at = datetime.now(UTC) - timedelta(seconds=1)
    tokens.revoke_token(actor, user, revoked.token.id)
    assert accounts.user_of_token(expired.secret) is None
    assert accounts.user_of_token(revoked.secret) is None
    accounts.change_user(COMMAND_LINE, user, UserChange(active=False))
    assert accounts.user_of_token(kept.secret) is None


def test_nobody_revokes_the_token_of_somebody_else(
    app: Flask, user_factory: Callable[..., User]
) -> None:
    owner, other = user_factory(), user_factory()
    issued = tokens.issue_token(accounts.actor_for(owner), owner, TokenInput(label="mine"))
    with pytest.raises(NotFound):
        tokens.revoke_token(accounts.actor_for(other), other, issued.token.id)


def test_secrets_do_not_show_in_a_repr(app: Flask, user_factory: Callable[..., User]) -> None:
    user = user_factory()
    issued = tokens.issue_token(COMMAND_LINE, user, TokenInput(label="x"))
    reset = accounts.reset_password(COMMAND_LINE, user)
    assert issued.secret not in repr(issued)
    assert reset.password not in repr(reset)


# ---------------------------------------------------------------------- administration


def test_an_address_is_taken_once_whatever_its_case(app: Flask) -> None:
    first = UserInput(email="Ann@Lastseen.example", name="Ann", role=Role.ANALYST)
    accounts.create_user(COMMAND_LINE, first)
    with pytest.raises(Conflict, match="already an account"):
        accounts.create_user(
            COMMAND_LINE, UserInput(email="ann@lastseen.EXAMPLE", name="A", role=Role.ANALYST)
        )
    entries = list(db.session.scalars(select(AuditEntry.action)))
    assert entries == ["account.create"], "the refused one left no entry"


def test_the_last_active_administrator_stays(app: Flask, user_factory: Callable[..., User]) -> None:
    last = user_factory(Role.ADMINISTRATOR)
    user_factory(Role.ADMINISTRATOR, active=False)
    for change in (UserChange(active=False), UserChange(role=Role.ANALYST)):
        with pytest.raises(Conflict, match="last active administrator"):
            accounts.change_user(COMMAND_LINE, last, change)
    user_factory(Role.ADMINISTRATOR)
    accounts.change_user(COMMAND_LINE, last, UserChange(role=Role.ANALYST))
    assert last.role is Role.ANALYST


def test_an_administrator_makes_changes_and_ends_accounts(
    client: Client, logged_in: Callable[..., Client]
) -> None:
    admin = logged_in(Role.ADMINISTRATOR)
    made = admin.post(
        "/admin/users/new",
        data={"name": "Bo Made-up", "email": "bo@lastseen.example", "role": "examiner"},
    )
    assert made.status_code == 201
    found = re.search(r"<code data-secret>([^<]+)</code>", made.text)
    assert found is not None
    assert log_in(client, "bo@lastseen.example", found[1]).status_code == 302
    user = accounts.find_by_email("bo@lastseen.example")
    assert "Bo Made-up" in admin.get("/admin/users?text=bo").text
    changed = admin.post(f"/admin/users/{user.id}", data={"name": "Bo", "role": "analyst"})
    assert changed.status_code == 302
    assert (user.role, user.active) == (Role.ANALYST, False)
    assert client.get("/account").status_code == 302
    assert last_audit().details == {
        "name": ["Bo Made-up", "Bo"],
        "role": ["examiner", "analyst"],
        "active": [True, False],
    }


def test_a_wrong_new_account_names_the_fields(logged_in: Callable[..., Client]) -> None:
    admin = logged_in(Role.ADMINISTRATOR)
    answer = admin.post("/admin/users/new", data={"name": "", "email": "no", "role": "king"})
    assert answer.status_code == 422
    assert "is not an e-mail address" in answer.text


def test_a_reset_password_is_shown_once_and_lifts_a_lock(
    client: Client, logged_in: Callable[..., Client], user_factory: Callable[..., User]
) -> None:
    user = user_factory(failed_logins=9, locked_until=datetime.now(UTC) + timedelta(minutes=20))
    admin = logged_in(Role.ADMINISTRATOR)
    answer = admin.post(f"/admin/users/{user.id}/password")
    found = re.search(r"<code data-secret>([^<]+)</code>", answer.text)
    assert found is not None
    assert log_in(client, user.email, found[1]).status_code == 302


def test_the_other_pages_of_administration_open(logged_in: Callable[..., Client]) -> None:
    admin = logged_in(Role.ADMINISTRATOR)
    for path in ("/admin/users", "/admin/users/new", "/admin/packs", "/admin/health"):
        answer = admin.get(path)
        assert answer.status_code == 200, path
    assert "PostGIS" in admin.get("/admin/health").text


def test_partners_land_on_a_page_that_says_what_they_may_do(
    logged_in: Callable[..., Client],
) -> None:
    client = logged_in(Role.PARTNER)
    assert client.get("/").location == "/found"
    assert "Register a person" in client.get("/found").text


def test_an_administrator_names_a_partner_s_organisation(
    logged_in: Callable[..., Client], user_factory: Callable[..., User]
) -> None:
    partner = user_factory(Role.PARTNER)
    partner_id, name = partner.id, partner.name
    client = logged_in(Role.ADMINISTRATOR)
    data = {"name": name, "role": "partner", "active": "1", "organisation": "Made-up Home"}
    assert client.post(f"/admin/users/{partner_id}", data=data).status_code == 302
    assert db.session.get_one(User, partner_id).organisation == "Made-up Home"
    assert 'value="Made-up Home"' in client.get(f"/admin/users/{partner_id}").text


# ------------------------------------------------------------------------ command line


def test_the_commands_make_list_and_end_accounts(app: Flask) -> None:
    run = app.test_cli_runner().invoke
    added = run(
        args=["users", "add", "cy@lastseen.example", "--name", "Cy", "--role", "analyst", "--json"]
    )
    assert added.exit_code == 0, added.output
    password = json.loads(added.stdout)["password"]
    assert accounts.authenticate("cy@lastseen.example", password, None).name == "Cy"
    listed = json.loads(run(args=["users", "list", "--json"]).stdout)
    assert [item["email"] for item in listed["items"]] == ["cy@lastseen.example"]
    token = json.loads(
        run(args=["users", "token", "cy@lastseen.example", "--label", "x", "--json"]).stdout
    )
    assert accounts.user_of_token(token["token"]) is not None
    given = run(
        args=["users", "password", "cy@lastseen.example", "--password-stdin"],
        input=OTHER_PASSWORD + "\n",
    )
    assert given.exit_code == 0
    assert OTHER_PASSWORD not in given.output
    accounts.authenticate("cy@lastseen.example", OTHER_PASSWORD, None)
    assert run(args=["users", "deactivate", "cy@lastseen.example"]).exit_code == 0
    assert accounts.user_of_token(token["token"]) is None


def test_the_commands_say_what_is_wrong(app: Flask) -> None:
    run = app.test_cli_runner().invoke
    unknown = run(args=["users", "password", "nobody@lastseen.example"])
    assert unknown.exit_code == 1
    assert "There is no account with the address" in unknown.stderr
    weak = run(
        args=["users", "add", "d@lastseen.example", "--name", "D", "--role", "analyst",
              "--password-stdin"],
        input="short\n",
    )  # fmt: skip
    assert weak.exit_code == 1
    assert "at least 12 characters" in weak.stderr
