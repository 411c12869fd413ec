"""What makes or opens accounts asks a person to prove once more who they are, and no program."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pyotp
import pytest
from flask import Flask
from sqlalchemy import func, select, update

from app.extensions import db
from app.models import AccountLink, AuditEntry, Role, User
from app.models.accounts import ApiToken
from app.models.columns import utc_now
from app.models.factors import SecondFactor
from app.models.sessions import UserSession
from app.permissions import TABLE
from app.proof import NEEDS_PROOF
from app.services.governance import case_purges
from app.services.people import proofs, second_factors
from app.services.people.accounts import actor_for
from app.services.people.tokens import TokenInput, issue_token
from tests.app import factories
from tests.app.answers import body, problem
from tests.app.conftest import PASSWORD, Client

LogIn = Callable[..., Client]
INVITATION = {"email": "new@lastseen.example", "role": "administrator", "name": "New"}


def let_time_pass() -> None:
    """As if every login were longer ago than a proof holds."""
    earlier = utc_now() - proofs.HOLDS - timedelta(seconds=1)
    db.session.execute(update(UserSession).values(proved_at=earlier))
    db.session.commit()


def count(model: type) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def enrolled(user: User) -> SecondFactor:
    factor = SecondFactor(user_id=user.id, salt=b"x" * 16, confirmed_at=utc_now())
    db.session.add(factor)
    db.session.commit()
    return factor


def test_every_such_act_is_in_the_table_of_permissions() -> None:
    assert set(TABLE) >= NEEDS_PROOF


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_an_administrator_s_token_neither_invites_nor_takes_second_factors_away(
    client: Client, user_factory: Callable[..., User], method: str
) -> None:
    admin, other = user_factory(Role.ADMINISTRATOR), user_factory(Role.ANALYST)
    enrolled(other)
    issued = issue_token(actor_for(admin), admin, TokenInput(label="x"))
    bearer = {"Authorization": f"Bearer {issued.secret}"}
    if method == "POST":
        answer = client.post("/api/invitations", json=INVITATION, headers=bearer)
    else:
        answer = client.delete(f"/api/users/{other.id}/second-factor", headers=bearer)
    assert "API token" in problem(answer, 403)["detail"]
    assert count(AccountLink) == 0
    assert second_factors.is_enrolled(other.id)
    assert body(client.get("/api/invitations", headers=bearer))["items"] == []


def test_a_browser_that_was_left_open_makes_no_account_until_the_password_is_typed(
    logged_in: LogIn,
) -> None:
    admin = logged_in(Role.ADMINISTRATOR)
    let_time_pass()
    page = {"Referer": "http://localhost/admin/invitations?x=1"}
    refused = admin.post("/admin/invitations", data=INVITATION, headers=page)
    assert refused.location == "/account/proof?next=/admin/invitations"
    assert problem(admin.post("/api/invitations", json=INVITATION), 403)
    assert count(AccountLink) == 0

    wrong = admin.post("/account/proof", data={"proof": "not it", "next": "/admin/invitations"})
    assert wrong.status_code == 422
    assert admin.post("/admin/invitations", data=INVITATION).location.startswith("/account/proof")

    right = admin.post("/account/proof", data={"proof": PASSWORD, "next": "/admin/invitations"})
    assert right.location == "/admin/invitations"
    assert admin.post("/admin/invitations", data=INVITATION).status_code == 201
    assert count(AccountLink) == 1
    actions = select(AuditEntry.action).where(AuditEntry.action == "session.prove")
    assert len(db.session.scalars(actions).all()) == 1


def test_where_a_second_factor_is_in_force_its_code_is_the_proof_and_the_password_is_none(
    app: Flask, logged_in: LogIn
) -> None:
    admin = logged_in(Role.ADMINISTRATOR)
    assert admin.user is not None
    factor = enrolled(admin.user)
    let_time_pass()
    assert admin.post("/account/proof", data={"proof": PASSWORD}).status_code == 422
    code = pyotp.TOTP(second_factors.secret_of(factor)).now()
    assert admin.post("/account/proof", data={"proof": code}).status_code == 302
    assert admin.post("/admin/invitations", data=INVITATION).status_code == 201
    let_time_pass()
    again = admin.post("/account/proof", data={"proof": code})
    assert again.status_code == 422, "a code is good once"


def test_guessing_the_proof_locks_the_account_as_guessing_at_the_login_does(
    logged_in: LogIn,
) -> None:
    admin = logged_in(Role.ADMINISTRATOR)
    let_time_pass()
    for _ in range(5):
        admin.post("/account/proof", data={"proof": "not it"})
    assert admin.post("/account/proof", data={"proof": PASSWORD}).status_code == 422


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/x", "//evil.example", "/\\evil.example", "javascript:x"]
)
def test_the_proof_leads_nowhere_else(logged_in: LogIn, elsewhere: str) -> None:
    admin = logged_in(Role.ADMINISTRATOR)
    answer = admin.post("/account/proof", data={"proof": PASSWORD, "next": elsewhere})
    assert answer.location == "/"
    let_time_pass()
    refused = admin.post("/admin/users/new", data={}, headers={"Referer": elsewhere})
    assert "evil" not in refused.location


def test_a_stolen_session_makes_no_token_and_no_factor_of_its_own(logged_in: LogIn) -> None:
    client = logged_in(Role.INVESTIGATOR)
    let_time_pass()
    assert client.post("/account/tokens", data={"label": "x", "days": "9"}).status_code == 302
    assert client.post("/account/second-factor").status_code == 302
    assert count(ApiToken) == 0
    assert count(SecondFactor) == 0


def test_emergency_access_needs_a_proof_too(logged_in: LogIn) -> None:
    case = factories.make_case(restricted=True)
    admin = logged_in(Role.ADMINISTRATOR)
    let_time_pass()
    form = {"reason": "The court asked for it; nobody on the list can be reached"}
    answer = admin.post(f"/admin/restricted/{case.id}/emergency", data=form)
    assert answer.location.startswith("/account/proof")
    assert admin.get(f"/cases/{case.number}").status_code == 404


def test_a_second_person_s_word_is_no_program_s_and_no_browser_s_that_was_left_open(
    client: Client, logged_in: LogIn, user_factory: Callable[..., User]
) -> None:
    first, second = user_factory(Role.INVESTIGATOR), logged_in(Role.INVESTIGATOR)
    assert second.user is not None
    case = factories.make_case(state="closed")
    case_purges.request_purge(actor_for(first), case, "It is wanted", case.number)
    issued = issue_token(actor_for(second.user), second.user, TokenInput(label="x"))
    bearer = {"Authorization": f"Bearer {issued.secret}"}
    number = case.number
    address = f"/api/cases/{number}/purge/carry-out"
    assert "API token" in problem(client.post(address, headers=bearer), 403)["detail"]
    let_time_pass()
    assert problem(second.post(address), 403)
    page = second.post(f"/cases/{number}/purge/carry-out", data={})
    assert page.location.startswith("/account/proof")
    assert second.get(f"/api/cases/{number}").status_code == 200
    second.post("/account/proof", data={"proof": PASSWORD})
    assert second.post(address).status_code == 200
    assert second.get(f"/api/cases/{number}").status_code == 404
