"""Invitations, registrations, new passwords: links are good once, and nobody learns who is here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select

from app.errors import Conflict, NotFound
from app.extensions import db
from app.inputs.accounts import ApprovalInput, InvitationInput
from app.models import OutgoingMessage
from app.models.accounts import Role, User
from app.models.audit import AuditEntry
from app.models.columns import utc_now
from app.models.joining import AccountLink, PasswordRequest, Registration, RegistrationState
from app.services.base.actors import COMMAND_LINE
from app.services.people import joining, passwords, registrations, tokens
from app.services.people.accounts import actor_for
from app.services.people.tokens import TokenInput
from tests.app.conftest import PASSWORD, Client, log_in

NEW = "copper-willow-77-station"
TWICE = {"password": NEW, "repeated": NEW}


@pytest.fixture
def with_mail(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    change = {
        "mail_host": "127.0.0.1",
        "mail_from": "lastseen@lastseen.example",
        "base_url": "https://search.example",
        "registration_enabled": True,
    }
    monkeypatch.setitem(app.config, "LASTSEEN", app.config["LASTSEEN"].model_copy(update=change))


def mails() -> list[OutgoingMessage]:
    return list(db.session.scalars(select(OutgoingMessage).order_by(OutgoingMessage.id)))


def token_in(text: str) -> str:
    found = re.search(r"/(?:invitation|password/new)/([A-Za-z0-9_-]{43})", text)
    assert found is not None, text
    return found.group(1)


def invited(email: str = "new@lastseen.example", role: Role = Role.ANALYST) -> str:
    return joining.invite(COMMAND_LINE, InvitationInput(email=email, role=role)).token


def accept(client: Client, token: str, **more: str) -> Any:
    return client.post(f"/invitation/{token}", data={"name": "Made-up Person", **TWICE, **more})


# ------------------------------------------------------------------------- invitations


def test_an_administrator_invites_and_hands_the_link_over_where_no_mail_is_sent(
    client: Client, logged_in: Callable[..., Client]
) -> None:
    admin = logged_in(Role.ADMINISTRATOR)
    form = {"email": "Ann@Lastseen.example", "name": "Made-up Ann", "role": "analyst"}
    made = admin.post("/admin/invitations", data=form)
    assert made.status_code == 201
    assert mails() == []
    token = token_in(made.text)
    assert token not in admin.get("/admin/invitations").text
    assert token not in {one.token_sha256 for one in db.session.scalars(select(AccountLink))}

    assert "ann@lastseen.example" in client.get(f"/invitation/{token}").text
    assert accept(client, token).status_code == 302
    page = client.get("/account").text
    assert "ann@lastseen.example" in page
    assert "analyst" in page
    user = db.session.scalars(select(User).where(User.email == "ann@lastseen.example")).one()
    assert user.role is Role.ANALYST
    assert passwords.matches(user.password_hash, NEW)


def test_where_mail_is_sent_the_link_goes_there_and_is_not_shown(
    with_mail: None, logged_in: Callable[..., Client], client: Client
) -> None:
    form = {"email": "ann@lastseen.example", "name": "", "role": "analyst"}
    made = logged_in(Role.ADMINISTRATOR).post("/admin/invitations", data=form)
    (mail,) = mails()
    token = token_in(mail.text)
    assert f"https://search.example/invitation/{token}" in mail.text
    assert "localhost" not in mail.text, "the request does not say where links lead"
    assert token not in made.text
    assert accept(client, token).status_code == 302


def test_a_link_is_good_once(app: Flask, client: Client) -> None:
    token = invited()
    assert accept(client, token).status_code == 302
    other = app.test_client()
    assert isinstance(other, Client)
    assert other.get(f"/invitation/{token}").status_code == 404
    assert accept(other, token).status_code == 404
    assert db.session.scalars(select(User.email)).all().count("new@lastseen.example") == 1


@pytest.mark.parametrize("how", ["expired", "withdrawn", "replaced", "cut", "of another kind"])
def test_a_link_that_ended_is_good_for_nothing(
    client: Client, user_factory: Callable[..., User], how: str
) -> None:
    token = invited()
    link = db.session.scalars(select(AccountLink)).one()
    if how == "expired":
        link.expires_at = utc_now() - timedelta(seconds=1)
        db.session.commit()
    elif how == "withdrawn":
        joining.withdraw(COMMAND_LINE, link.id)
    elif how == "replaced":
        invited()
    elif how == "cut":
        token = token[:-1]
    else:
        token = joining.make_password_link(COMMAND_LINE, user_factory()).token
    answer = accept(client, token)
    assert answer.status_code == 404
    assert db.session.scalar(select(User).where(User.email == "new@lastseen.example")) is None
    assert client.get("/account").status_code == 302


def test_an_invitation_gives_the_role_it_was_made_for_whatever_is_sent(client: Client) -> None:
    token = invited()
    accept(client, token, role="administrator", email="boss@lastseen.example")
    user = db.session.scalars(select(User)).one()
    assert (user.email, user.role) == ("new@lastseen.example", Role.ANALYST)


def test_a_weak_or_mistyped_password_does_not_use_the_invitation_up(client: Client) -> None:
    token = invited()
    assert accept(client, token, password="short", repeated="short").status_code == 422
    assert accept(client, token, repeated="something else").status_code == 422
    assert accept(client, token).status_code == 302


def test_an_invitation_without_a_name_asks_for_it_in_its_form(client: Client) -> None:
    token = invited()
    answer = accept(client, token, name="")
    assert answer.status_code == 422
    assert "must not be empty" in answer.text
    assert 'name="repeated"' in answer.text, "the form is still there"
    assert accept(client, token).status_code == 302


def test_somebody_with_an_account_is_not_invited_again(
    app: Flask, user_factory: Callable[..., User]
) -> None:
    user = user_factory()
    with pytest.raises(Conflict, match="already an account"):
        invited(user.email)


def test_an_invitation_that_was_used_cannot_be_withdrawn(client: Client) -> None:
    accept(client, invited())
    link = db.session.scalars(select(AccountLink)).one()
    with pytest.raises(Conflict):
        joining.withdraw(COMMAND_LINE, link.id)


# --------------------------------------------------------------------- a new password


def test_a_forgotten_password_is_replaced_by_a_link_that_ends_sessions_and_tokens(
    app: Flask, with_mail: None, client: Client, user_factory: Callable[..., User]
) -> None:
    user = user_factory()
    elsewhere = app.test_client()
    assert isinstance(elsewhere, Client)
    log_in(elsewhere, user)
    issued = tokens.issue_token(actor_for(user), user, TokenInput(label="program"))
    assert client.post("/password/forgotten", data={"email": user.email}).status_code == 200
    assert mails() == [], "nothing before the scheduler has looked"
    assert joining.answer_password_requests() == 1
    (mail,) = mails()
    assert mail.recipient == user.email
    token = token_in(mail.text)
    assert user.email in client.get(f"/password/new/{token}").text
    assert client.post(f"/password/new/{token}", data=TWICE).location == "/login"
    assert elsewhere.get("/account").status_code == 302
    assert tokens.user_of_token(issued.secret) is None
    assert (
        client.post("/login", data={"email": user.email, "password": PASSWORD}).status_code == 401
    )
    assert client.post("/login", data={"email": user.email, "password": NEW}).status_code == 302
    assert client.post(f"/password/new/{token}", data=TWICE).status_code == 404, "once"


class Statements:
    """What the database was asked, without the values."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def __call__(self, _conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        self.seen.append(statement)


@pytest.fixture
def statements(app: Flask) -> Iterator[Statements]:
    heard = Statements()
    engine = db.session.connection().engine
    event.listen(engine, "before_cursor_execute", heard)
    yield heard
    event.remove(engine, "before_cursor_execute", heard)


@pytest.mark.parametrize("path", ["/password/forgotten", "/register"])
def test_nobody_learns_which_addresses_have_an_account(
    app: Flask,
    with_mail: None,
    user_factory: Callable[..., User],
    statements: Statements,
    path: str,
) -> None:
    there = user_factory(), user_factory(active=False)
    more = {"name": "Made-up Name", "organisation": "Made-up police"}
    answers, asked = [], []
    addresses = ["nobody@lastseen.example", *(user.email for user in there)]
    for email in addresses:
        browser = app.test_client()
        statements.seen.clear()
        answer = browser.post(path, data={"email": email, **more})
        plain = re.sub(r'"csrf[-_]token" (content|value)="[^"]*"', "", answer.text)
        answers.append((answer.status_code, plain, dict(answer.headers)))
        asked.append([one for one in statements.seen if "SAVEPOINT" not in one])
    for index in (1, 2):
        assert answers[index][:2] == answers[0][:2]
        assert answers[index][2].keys() == answers[0][2].keys()
        assert asked[index] == asked[0], "the same work, too"
    assert answers[0][0] == 200
    assert asked[0], "there was something to compare"


def test_only_active_accounts_get_a_link_and_no_mailbox_is_flooded(
    with_mail: None, client: Client, user_factory: Callable[..., User]
) -> None:
    user, gone = user_factory(), user_factory(active=False)
    for email in (gone.email, "nobody@lastseen.example", *[user.email] * 8):
        client.post("/password/forgotten", data={"email": email})
    assert joining.answer_password_requests() == joining.MAILS_PER_ADDRESS
    assert {mail.recipient for mail in mails()} == {user.email}
    assert db.session.scalars(select(PasswordRequest)).all() == []


def test_only_the_newest_link_of_an_account_is_good(
    with_mail: None, client: Client, user_factory: Callable[..., User]
) -> None:
    user = user_factory()
    old = joining.make_password_link(COMMAND_LINE, user).token
    new = joining.make_password_link(COMMAND_LINE, user).token
    assert client.post(f"/password/new/{old}", data=TWICE).status_code == 404
    assert client.post(f"/password/new/{new}", data=TWICE).status_code == 302


def test_without_mail_an_administrator_makes_the_link(
    client: Client, logged_in: Callable[..., Client], user_factory: Callable[..., User]
) -> None:
    user = user_factory()
    assert "Ask an administrator" in client.get("/password/forgotten").text
    assert client.post("/password/forgotten", data={"email": user.email}).status_code == 422
    made = logged_in(Role.ADMINISTRATOR).post(f"/admin/users/{user.id}/link")
    assert client.post(f"/password/new/{token_in(made.text)}", data=TWICE).status_code == 302


def test_a_link_of_an_account_that_was_deactivated_since_is_good_for_nothing(
    client: Client, user_factory: Callable[..., User]
) -> None:
    user = user_factory()
    token = joining.make_password_link(COMMAND_LINE, user).token
    user.active = False
    db.session.commit()
    assert client.post(f"/password/new/{token}", data=TWICE).status_code == 404


# ----------------------------------------------------------------------- registrations


def ask(client: Client, email: str = "officer@police.example") -> Any:
    form = {"email": email, "name": "Made-up Officer", "organisation": "Made-up police"}
    return client.post("/register", data=form)


def test_registration_is_closed_unless_the_installation_opens_it(client: Client) -> None:
    assert "by invitation" in client.get("/register").text
    assert ask(client).status_code == 404
    assert db.session.scalars(select(Registration)).all() == []


def test_an_administrator_approves_with_a_role_and_the_link_proves_the_address(
    with_mail: None, client: Client, logged_in: Callable[..., Client]
) -> None:
    assert ask(client).status_code == 200
    assert db.session.scalars(select(User.email)).all() == []
    admin = logged_in(Role.ADMINISTRATOR)
    page = admin.get("/admin/registrations").text
    assert "Made-up Officer" in page
    counted = 'nav-count" title="wait for a person">1<'
    assert page.count(counted) == 3, "on the tab, and in both menus"
    assert counted in admin.get("/cases").text
    assert counted not in logged_in(Role.INVESTIGATOR).get("/cases").text
    (one,) = db.session.scalars(select(Registration)).all()
    address = f"/admin/registrations/{one.id}/approve"
    assert admin.post(address, data={"role": "dispatcher"}).status_code == 200
    assert admin.post(address, data={"role": "dispatcher"}).status_code == 302, "decided already"
    assert counted not in admin.get("/admin/registrations").text
    (mail,) = mails()
    assert accept(client, token_in(mail.text)).status_code == 302
    user = db.session.scalars(select(User).where(User.email == one.email)).one()
    assert user.role is Role.DISPATCHER
    actions = db.session.scalars(select(AuditEntry.action)).all()
    assert "account.approve_registration" in actions


@pytest.mark.parametrize("said", [None, "Made-up Home, as its colleagues have it"])
def test_a_partner_works_for_the_organisation_that_the_administrator_confirmed(
    with_mail: None, client: Client, logged_in: Callable[..., Client], said: str | None
) -> None:
    ask(client)
    (one,) = db.session.scalars(select(Registration)).all()
    asked, email = one.organisation, one.email
    assert asked
    given = {"role": "partner"} if said is None else {"role": "partner", "organisation": said}
    admin = logged_in(Role.ADMINISTRATOR)
    assert admin.post(f"/admin/registrations/{one.id}/approve", data=given).status_code == 200
    (mail,) = mails()
    accept(client, token_in(mail.text))
    user = db.session.scalars(select(User).where(User.email == email)).one()
    assert user.organisation == (said or asked)
    entry = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action == "account.approve_registration")
    ).one()
    assert entry.details["organisation"] == (said or asked)


def test_an_invitation_says_for_which_organisation(
    with_mail: None, client: Client, logged_in: Callable[..., Client]
) -> None:
    given = {"email": "warden@home.example", "role": "partner", "organisation": "Made-up Home"}
    assert logged_in(Role.ADMINISTRATOR).post("/admin/invitations", data=given).status_code == 201
    accept(client, token_in(mails()[0].text))
    user = db.session.scalars(select(User).where(User.email == given["email"])).one()
    assert user.organisation == "Made-up Home"


def test_a_refused_registration_makes_nothing_and_tells_nobody(
    with_mail: None, client: Client, logged_in: Callable[..., Client]
) -> None:
    ask(client)
    (one,) = db.session.scalars(select(Registration)).all()
    admin = logged_in(Role.ADMINISTRATOR)
    assert admin.post(f"/admin/registrations/{one.id}/refuse").status_code == 302
    db.session.expire_all()
    assert one.state is RegistrationState.REFUSED
    assert mails() == []
    with pytest.raises(Conflict):
        registrations.approve(COMMAND_LINE, one.id, ApprovalInput(role=Role.ANALYST))
    with pytest.raises(NotFound):
        registrations.refuse(COMMAND_LINE, 987_654)


def test_the_administrator_sees_who_has_an_account_already(
    with_mail: None,
    client: Client,
    logged_in: Callable[..., Client],
    user_factory: Callable[..., User],
) -> None:
    ask(client, user_factory().email)
    assert (
        "has an account already" in logged_in(Role.ADMINISTRATOR).get("/admin/registrations").text
    )


def test_what_is_typed_is_shown_as_text(
    with_mail: None, client: Client, logged_in: Callable[..., Client]
) -> None:
    form = {
        "email": "x@police.example",
        "name": "<script>alert(1)</script>",
        "organisation": "<img src=x>",
        "remarks": "</textarea>",
    }
    assert client.post("/register", data=form).status_code == 200
    page = logged_in(Role.ADMINISTRATOR).get("/admin/registrations").text
    assert "<script>alert" not in page
    assert "<img src=x>" not in page


def test_every_form_of_these_pages_is_refused_without_its_csrf_token(
    app: Flask, with_mail: None, logged_in: Callable[..., Client], client: Client
) -> None:
    admin, token = logged_in(Role.ADMINISTRATOR), invited()
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        for who, path in (
            (client, f"/invitation/{token}"),
            (client, "/password/forgotten"),
            (client, "/register"),
            (client, "/login/second"),
            (admin, "/admin/invitations"),
            (admin, "/account/second-factor"),
            (admin, "/account/sessions/1/end"),
        ):
            assert who.post(path, data=TWICE).status_code in (400, 403), path
    finally:
        app.config["WTF_CSRF_ENABLED"] = False
    assert joining.open_invitations()


def test_old_links_and_decided_registrations_are_deleted(client: Client) -> None:
    invited()
    link = db.session.scalars(select(AccountLink)).one()
    link.expires_at = utc_now() - timedelta(days=91)
    db.session.add(
        Registration(email="a@b.example", name="n", organisation="o",
                     state=RegistrationState.REFUSED, decided_at=utc_now() - timedelta(days=91))
    )  # fmt: skip
    db.session.commit()
    joining.prune()
    registrations.prune()
    assert db.session.scalars(select(AccountLink)).all() == []
    assert db.session.scalars(select(Registration)).all() == []
