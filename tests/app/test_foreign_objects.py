"""Ids of a restricted case of others: in every route that takes one, alone and inside a case."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule

from app.case_access import CASE_ARGUMENTS
from app.extensions import db
from app.gate import allows
from app.models import Case, ContributedMatch, Role, TipState, User
from app.services.base.rights import RIGHTS
from app.services.exchange.case_export import conditions
from tests.app import factories, foreign_cases
from tests.app.conftest import Client, log_in
from tests.app.foreign_cases import WORD, Foreign

METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")
STREAMS = {"api_live.follow_case", "api_live.follow_board"}
NOBODYS: Mapping[str, Any] = {
    "number": "NO-SUCH-CASE", "collection": "sightings.NO-SUCH-CASE", "format": "gpx",
    "sha256": "0" * 64, "code": "NOPE", "secret": "nope", "token": "nope",
    "name": "nope", "filename": "nope", "kind": "nope", "feature": "987654",
    "z": 14, "x": 11725, "y": 7600,
}  # fmt: skip


@pytest.fixture
def foreign(app: Flask, user_factory: Callable[..., User]) -> Foreign:
    partner = user_factory(Role.PARTNER, organisation="Made-up Home")
    return foreign_cases.make(user_factory(Role.INVESTIGATOR), partner)


@pytest.fixture
def browser(app: Flask, user_factory: Callable[..., User]) -> Callable[[Role], Client]:
    """A browser of somebody who is on no list, with every right that the role may have."""

    def make(role: Role) -> Client:
        rights = {column: role in right.roles for column, right in RIGHTS.items()}
        user = user_factory(role, **rights, organisation="Other Home")
        client = app.test_client()
        assert isinstance(client, Client)
        return log_in(client, user)

    return make


def rules(app: Flask, role: Role, *methods: str) -> Iterator[tuple[Rule, str]]:
    """Every route and method that the role reaches, but for streams and for leaving."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda one: one.rule):
        if rule.endpoint in STREAMS or not allows(rule.endpoint, role):
            continue
        for method in sorted((rule.methods or set()) & set(methods)):
            yield rule, method


def path_of(app: Flask, rule: Rule, method: str, values: Mapping[str, Any]) -> str:
    chosen = {name: values.get(name, NOBODYS.get(name, 987_654)) for name in rule.arguments}
    return app.url_map.bind("localhost").build(rule.endpoint, chosen, method=method)


def plain(answer: Any) -> str:
    """What an answer says, without its CSRF token, earlier notices and the ids asked for."""
    text = re.sub(r'"csrf[-_]token" (content|value)="[^"]*"', "", answer.get_data(as_text=True))
    text = re.sub(r'<div class="flashes".*?<main', "<main", text, flags=re.DOTALL)
    return re.sub(r"\d+", "0", " ".join(text.split()))


def rows_of(case: Case) -> dict[str, list[dict[str, str]]]:
    """Everything that the database holds of a case."""
    tables = db.metadata.tables
    return {
        name: [
            {key: str(value) for key, value in row.items()}
            for row in db.session.execute(
                select(tables[name]).where(condition).order_by(*tables[name].primary_key.columns)
            ).mappings()
        ]
        for name, condition in sorted(conditions(case, with_persons=True).items())
    }


IN_A_CASE = (
    *("photo_id", "location_id", "search_id", "trace_id", "report_id", "mark_id"),
    *("person_id", "candidate_id"),
)
"""Ids that stand in an address behind the number of the case that they must be of."""


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.PARTNER])
def test_what_is_of_another_case_is_not_found_behind_the_number_of_one_s_own(
    app: Flask, foreign: Foreign, browser: Callable[[Role], Client], role: Role
) -> None:
    client, own = browser(role), factories.make_case()
    before, wrong, asked = rows_of(foreign.case), [], 0
    for rule, method in rules(app, role, *METHODS):
        if not rule.arguments & set(IN_A_CASE):
            continue
        theirs = {**foreign.values, "number": own.number}
        there = client.open(path_of(app, rule, method, theirs), method=method)
        nowhere = client.open(path_of(app, rule, method, {"number": own.number}), method=method)
        asked += 1
        if there.status_code != nowhere.status_code or plain(there) != plain(nowhere):
            wrong.append((method, rule.rule, there.status_code, nowhere.status_code))
    assert wrong == []
    assert asked > 0 or role in (Role.EXAMINER,)
    assert rows_of(foreign.case) == before


QUERIES = ("", f"?text={WORD[:6]}", f"?q={WORD[:6]}", "?case={number}", "?show=all", "?state=open")


TOLD_TO_ADMINISTRATORS: Mapping[str, str] = {
    "admin.audit": "number", "admin.audit_csv": "number", "api_administration.list_audit": "number",
    "admin.verify_audit": "number", "admin.restricted": "number", "admin.purges": "whole",
}  # fmt: skip
"""Where administrators read that a restricted case exists, by its number (decision 12); and the
reason for which its purge is asked for."""


def wrongs(answer: Any, rule: Rule, foreign: Foreign, path: str) -> list[str]:
    """What an answer tells of the case beyond what its request said, and failures."""
    said = answer.get_data().decode("utf-8", "replace") + str(answer.headers)
    answer.close()
    telling = {WORD, foreign.case.number, *foreign.pictures}
    known = TOLD_TO_ADMINISTRATORS.get(rule.endpoint)
    allowed = {None: set(), "number": {foreign.case.number}, "whole": telling}[known]
    found = sorted(one for one in telling - allowed if one in said and one not in path)
    failed = answer.status_code >= 500 and answer.status_code != 503
    return [*found, str(answer.status_code)] if found or failed else []


@pytest.mark.parametrize("role", list(Role))
def test_no_answer_to_any_address_holds_a_word_of_a_case_of_others(
    app: Flask, foreign: Foreign, browser: Callable[[Role], Client], role: Role
) -> None:
    client, wrong, asked = browser(role), [], 0
    case = foreign.case
    for rule, _ in rules(app, role, "GET"):
        # Behind the case's own number nothing is answered, whatever is asked.
        for query in QUERIES[:1] if rule.arguments & set(CASE_ARGUMENTS) else QUERIES:
            path = path_of(app, rule, "GET", foreign.values) + query.format(number=case.number)
            asked += 1
            if found := wrongs(client.get(path), rule, foreign, path):
                wrong.append((path, *found))
    assert wrong == []
    assert asked > 100


@pytest.mark.parametrize("role", list(Role))
def test_nothing_of_a_case_of_others_is_changed_by_any_request(
    app: Flask, foreign: Foreign, browser: Callable[[Role], Client], role: Role
) -> None:
    client, wrong, case = browser(role), [], foreign.case
    before = rows_of(case)
    for rule, method in rules(app, role, "POST", "PATCH", "PUT", "DELETE"):
        if rule.endpoint in {"accounts.logout", "accounts.sign_out_everywhere"}:
            continue
        path = path_of(app, rule, method, foreign.values)
        if found := wrongs(client.open(path, method=method), rule, foreign, path):
            wrong.append((method, path, *found))
    assert wrong == []
    assert rows_of(case) == before


def test_what_is_shared_with_a_case_of_others_does_not_name_it(
    app: Flask, foreign: Foreign, browser: Callable[[Role], Client]
) -> None:
    """A tip that is in the foreign case, and is like the subject of a case that all may see."""
    own = factories.make_case()
    face = foreign.tip.photos[0].faces[0]
    match = ContributedMatch(
        face_id=face.id, case_id=own.id, embedder_id=face.embedder_id, similarity=0.5,
        threshold_similarity=0.3, decided_by_name="",
    )  # fmt: skip
    foreign.tip.state, foreign.tip.decided_case_id = TipState.ACCEPTED, foreign.case.id
    foreign.tip.remarks = "A child at the gate"
    db.session.add(match)
    db.session.commit()
    client, number, tip = browser(Role.INVESTIGATOR), foreign.case.number, f"/tips/{foreign.tip.id}"
    accepted = {"case_number": own.number, "reliability": "likely", "next": tip}
    for act in ("undo", "accept", "reject", "spam"):
        answer = client.post(f"{tip}/{act}", data=accepted)
        page = client.get(tip)
        assert page.status_code == 200
        assert number not in page.text + answer.text, act
        assert WORD not in page.text, act
        db.session.refresh(foreign.tip)
        assert foreign.tip.decided_case_id == foreign.case.id
