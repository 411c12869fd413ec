"""What makes or opens accounts asks a person to prove once more who they are, and no program."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser

import pyotp
import pytest
from flask import Flask
from sqlalchemy import func, select, update
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from app.extensions import db
from app.inputs.accounts import ApprovalInput, InvitationInput, UserChange, UserInput
from app.inputs.persons import PersonDecisionInput
from app.models import AccountLink, AuditEntry, Role, User
from app.models.accounts import ApiToken
from app.models.columns import utc_now
from app.models.factors import SecondFactor
from app.models.sessions import UserSession
from app.permissions import TABLE
from app.proof import NEEDS_PROOF, NEVER_KEPT, kept_fields
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
    assert set(TABLE) >= set(NEEDS_PROOF)


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
    asked = admin.post("/admin/invitations", data=INVITATION, headers=page)
    assert asked.status_code == 403
    assert "invite somebody" in asked.text
    assert problem(admin.post("/api/invitations", json=INVITATION), 403)
    assert count(AccountLink) == 0

    wrong = admin.post("/account/proof", data={"proof": "not it", "next": "/admin/invitations"})
    assert wrong.status_code == 422
    assert admin.post("/admin/invitations", data=INVITATION).status_code == 403
    assert count(AccountLink) == 0

    right = admin.post("/account/proof", data={"proof": PASSWORD, "next": "/admin/invitations"})
    assert right.location == "/admin/invitations"
    assert admin.post("/admin/invitations", data=INVITATION).status_code == 201
    assert count(AccountLink) == 1
    actions = select(AuditEntry.action).where(AuditEntry.action == "session.prove")
    assert len(db.session.scalars(actions).all()) == 1


class _Hidden(HTMLParser):
    """The hidden fields of a page, in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields = MultiDict[str, str]()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "input" and given.get("type") == "hidden" and given["name"] != "csrf_token":
            self.fields.add(given["name"] or "", given["value"] or "")


def prove_on(client: Client, asked: TestResponse, proof: str = PASSWORD) -> TestResponse:
    """Type the proof on its page, and send the same to where a 307 leads, as a browser does."""
    fields = _Hidden(asked.text).fields
    fields["proof"] = proof
    answer = client.post("/account/proof", data=fields)
    return client.post(answer.location, data=fields) if answer.status_code == 307 else answer


def test_what_was_typed_is_done_once_the_proof_is_right(
    logged_in: LogIn, user_factory: Callable[..., User]
) -> None:
    admin, other = logged_in(Role.ADMINISTRATOR), user_factory(Role.INVESTIGATOR)
    let_time_pass()
    typed = {"name": "O'Brien & <Söhne>", "role": "analyst", "active": "1", "may_see_persons": "1"}
    asked = admin.post(f"/admin/users/{other.id}", data=typed)
    assert "change an account" in asked.text
    wrong = prove_on(admin, asked, "not it")
    assert wrong.status_code == 422
    assert _Hidden(wrong.text).fields == _Hidden(asked.text).fields, "still nothing is lost"
    done = prove_on(admin, wrong)
    assert (done.status_code, done.location) == (302, "/admin/users")
    db.session.refresh(other)
    assert (other.name, other.role, other.active) == (typed["name"], Role.ANALYST, True)
    assert other.may_see_persons


def test_texts_of_several_lines_and_repeated_fields_come_through_unchanged(app: Flask) -> None:
    text = 'First line\r\n\r\n  third "line" & more'
    with app.test_request_context(
        "/x", method="POST", data={"remarks": text, "ids": ["3", "4"], "code": "123456"}
    ):
        assert kept_fields() == [("remarks", text), ("ids", "3"), ("ids", "4")]


def test_what_is_refused_after_the_proof_is_shown_in_its_own_form(logged_in: LogIn) -> None:
    admin = logged_in(Role.ADMINISTRATOR)
    let_time_pass()
    asked = admin.post("/admin/invitations", data={**INVITATION, "email": "no address"})
    answer = prove_on(admin, asked)
    assert answer.status_code == 422
    assert 'value="no address"' in answer.text
    assert count(AccountLink) == 0


def test_secrets_do_not_go_along_and_the_rest_is_not_lost(app: Flask, logged_in: LogIn) -> None:
    client = logged_in(Role.INVESTIGATOR)
    assert client.user is not None
    factor = enrolled(client.user)
    let_time_pass()
    typed = {"label": "Import at night", "days": "9", "code": "271828"}
    asked = client.post("/account/tokens", data=typed)
    assert "271828" not in asked.text
    code = pyotp.TOTP(second_factors.secret_of(factor)).now()
    answer = prove_on(client, asked, code)
    assert answer.status_code == 422
    assert 'value="Import at night"' in answer.text
    assert count(ApiToken) == 0


def test_the_proof_repeats_only_acts_that_need_it(logged_in: LogIn) -> None:
    admin = logged_in(Role.ADMINISTRATOR)
    for act in ("/logout", "/account", "/admin/audit/verify", "/no/such/page", "//admin/x", ""):
        answer = admin.post("/account/proof", data={"proof": PASSWORD, "act": act, "next": "/"})
        assert (answer.status_code, answer.location) == (302, "/"), act
    again = admin.post("/account/proof", data={"proof": PASSWORD, "act": "/admin/invitations"})
    assert (again.status_code, again.location) == (307, "/admin/invitations")


def test_no_form_of_such_an_act_has_a_field_of_the_proof_s_own() -> None:
    assert {"proof", "act", "next", "csrf_token"} <= NEVER_KEPT
    fields = {*UserInput.model_fields, *UserChange.model_fields, *InvitationInput.model_fields}
    fields |= {*ApprovalInput.model_fields, *PersonDecisionInput.model_fields}
    fields |= {*TokenInput.model_fields, "reason", "user_id", "decision"}
    assert not fields & NEVER_KEPT


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
    assert "evil" not in refused.text
    asked = admin.get("/account/proof", query_string={"next": elsewhere})
    assert "evil" not in asked.text
    wrong = {"proof": "not it", "next": elsewhere, "act": elsewhere}
    assert "evil" not in admin.post("/account/proof", data=wrong).text
    right = admin.post("/account/proof", data={**wrong, "proof": PASSWORD})
    assert (right.status_code, right.location) == (302, "/")


def test_a_stolen_session_makes_no_token_and_no_factor_of_its_own(logged_in: LogIn) -> None:
    client = logged_in(Role.INVESTIGATOR)
    let_time_pass()
    assert client.post("/account/tokens", data={"label": "x", "days": "9"}).status_code == 403
    assert client.post("/account/second-factor").status_code == 403
    assert count(ApiToken) == 0
    assert count(SecondFactor) == 0


def test_emergency_access_needs_a_proof_too(logged_in: LogIn) -> None:
    case = factories.make_case(restricted=True)
    admin = logged_in(Role.ADMINISTRATOR)
    let_time_pass()
    form = {"reason": "The court asked for it; nobody on the list can be reached"}
    answer = admin.post(f"/admin/restricted/{case.id}/emergency", data=form)
    assert answer.status_code == 403
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
    assert page.status_code == 403
    assert "delete a case for good" in page.text
    assert second.get(f"/api/cases/{number}").status_code == 200
    second.post("/account/proof", data={"proof": PASSWORD})
    assert second.post(address).status_code == 200
    assert second.get(f"/api/cases/{number}").status_code == 404


@pytest.mark.parametrize("act", ["//admin/invitations", "///admin/invitations", "admin/users/new"])
def test_nothing_that_was_typed_is_sent_to_another_host(logged_in: LogIn, act: str) -> None:
    admin = logged_in(Role.ADMINISTRATOR)
    answer = admin.post("/account/proof", data={"proof": PASSWORD, "act": act})
    assert (answer.status_code, answer.location) == (302, "/")
