"""Who reaches what: every route is in the one table, and the table is what happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from werkzeug.routing import Rule

from app.gate import allows, can
from app.models.accounts import Role, User
from app.permissions import ANY_ROLE, PUBLIC, TABLE
from app.services.people.accounts import actor_for
from app.services.people.tokens import TokenInput, issue_token
from tests.app.conftest import Client, log_in

OPEN_STREAMS = {"api_live.follow_board"}
"""They never end, and listen from a thread of their own; the dispatcher's journey follows them."""
ENDPOINTS_WITH_A_METHOD = ("GET", "POST", "PATCH", "DELETE", "PUT")
SAMPLE_VALUES = {
    "number": "NO-SUCH-CASE",
    "sha256": "0" * 64,
    "name": "css/swagger-ui.css",
    "filename": "no-such-file",
    "format": "gpx",
}


def sample_path(application: Flask, rule: Rule) -> str:
    values = {name: SAMPLE_VALUES.get(name, 987_654) for name in rule.arguments}
    adapter = application.url_map.bind("localhost")
    method = next(iter((rule.methods or {"GET"}) - {"HEAD", "OPTIONS"}))
    return adapter.build(rule.endpoint, values, method=method)


def requests_of(application: Flask) -> Iterator[tuple[str, str, str]]:
    """(endpoint, method, path) of everything that can be asked for."""
    for rule in application.url_map.iter_rules():
        if rule.endpoint == "static":
            continue
        for method in sorted((rule.methods or set()) & set(ENDPOINTS_WITH_A_METHOD)):
            yield rule.endpoint, method, sample_path(application, rule)


def endpoint_arguments(application: Flask, endpoint: str) -> set[str]:
    rules = application.url_map.iter_rules(endpoint)
    return {name for rule in rules for name in rule.arguments}


def test_every_route_of_the_application_is_in_the_table(app: Flask) -> None:
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert endpoints - set(TABLE) == set(), "routes that nobody decided about"
    assert set(TABLE) - endpoints == set(), "entries for routes that are not there"


@pytest.mark.parametrize("role", list(Role))
def test_a_role_reaches_exactly_what_the_table_grants(
    app: Flask, user_factory: Callable[..., User], role: Role
) -> None:
    wrong = []
    for endpoint, method, path in requests_of(app):
        if endpoint in OPEN_STREAMS:
            continue
        if endpoint == "accounts.log_in":  # a login without a password is refused with 401
            continue
        client = app.test_client()
        assert isinstance(client, Client)
        log_in(client, user_factory(role))
        answer = client.open(path, method=method)
        answer.close()
        refused = answer.status_code in (401, 403)
        if refused == allows(endpoint, role):
            wrong.append((method, path, answer.status_code))
        if answer.status_code >= 500 and answer.status_code != 503:
            wrong.append((method, path, answer.status_code))
    assert wrong == []


def test_who_is_not_logged_in_reaches_only_what_is_public(app: Flask, client: Client) -> None:
    wrong = []
    for endpoint, method, path in requests_of(app):
        if endpoint == "accounts.log_in":
            continue
        answer = client.open(path, method=method)
        if endpoint.startswith("deliveries."):  # whoever has no right secret sees nothing
            expected = answer.status_code == 404
        elif endpoint in {"accounts.second_step", "accounts.log_in_second"}:
            expected = answer.location == "/login"  # there was no first step
        elif TABLE[endpoint] is PUBLIC and "token" in endpoint_arguments(app, endpoint):
            expected = answer.status_code == 404  # a link that nobody has
        elif TABLE[endpoint] is PUBLIC:
            # Public forms say what is wrong; some lead on to another public page.
            leads_to_login = "/login" in (answer.location or "")
            expected = answer.status_code in (200, 302, 404, 422) and not leads_to_login
        elif path.startswith("/api/") or method != "GET":
            expected = answer.status_code == 401
        else:
            expected = answer.status_code == 302 and "/login?next=" in (answer.location or "")
        if not expected:
            wrong.append((method, path, answer.status_code))
    assert wrong == []


def test_only_these_are_public() -> None:
    public = {endpoint for endpoint, allowed in TABLE.items() if allowed is PUBLIC}
    links = {
        f"deliveries.{name}" for name in ("show", "announce", "add_piece", "finish", "decline")
    }
    tip_form = {
        f"tip.{name}"
        for name in (
            *("form", "form_of_poster", "ready", "hand_in", "sent", "places", "streets"),
            *("sign_in", "open_tip", "mine", "say_more", "leave"),
        )
    }
    assert public - links - tip_form == {
        "static",
        "home.healthz",
        "accounts.login",
        "accounts.log_in",
        "accounts.second_step",
        "accounts.log_in_second",
        "accounts.invitation",
        "accounts.accept_invitation",
        "accounts.forgotten",
        "accounts.ask_for_password",
        "accounts.new_password",
        "accounts.set_password",
        "accounts.registration",
        "accounts.register",
    }
    assert links | tip_form <= public


def test_partners_reach_nothing_of_cases_cameras_or_administration() -> None:
    reached = {endpoint for endpoint in TABLE if allows(endpoint, Role.PARTNER)}
    assert {endpoint.split(".")[0] for endpoint in reached} == {
        "static",
        "home",
        "accounts",
        "api_docs",
        "found",
        "api_found",
        "tip",
        "deliveries",  # whoever has a link, partner or not
    }


@pytest.mark.parametrize(
    ("endpoint", "roles"),
    [
        ("cases.new", {Role.INVESTIGATOR}),
        ("api_cases.open_case", {Role.INVESTIGATOR}),
        ("sightings.review", {Role.INVESTIGATOR, Role.EXAMINER}),
        ("api_sightings.review_sighting", {Role.INVESTIGATOR, Role.EXAMINER}),
        ("sweeps.start", {Role.INVESTIGATOR, Role.DISPATCHER}),
        ("api_cameras.import_cameras", {Role.DISPATCHER, Role.ADMINISTRATOR}),
        ("api_route.export_route", {Role.INVESTIGATOR, Role.ANALYST}),
        ("admin.users", {Role.ADMINISTRATOR}),
        ("api_administration.list_audit", {Role.ADMINISTRATOR}),
    ],
)
def test_the_product_s_roles_hold(endpoint: str, roles: set[Role]) -> None:
    assert {role for role in Role if allows(endpoint, role)} == roles


def test_reading_is_never_narrower_than_changing() -> None:
    pairs = [
        ("cases.show", "cases.edit"),
        ("api_cases.show_case", "api_cases.change_case"),
        ("api_sweeps.show_sweep", "api_sweeps.start_sweep"),
        ("sightings.show", "sightings.review"),
        ("cameras.show", "cameras.remove"),
    ]
    for reading, changing in pairs:
        for role in Role:
            assert allows(reading, role) or not allows(changing, role), (reading, role)


def test_an_endpoint_outside_the_table_is_reached_by_nobody() -> None:
    assert not any(allows("no.such.endpoint", role) for role in [*Role, None])


def test_menus_ask_the_same_table(app: Flask, logged_in: Callable[..., Client]) -> None:
    with app.test_request_context():
        assert can("accounts.login")
        assert not can("accounts.me")
    page = logged_in(Role.EXAMINER).get("/account").text
    assert 'href="/review"' in page
    assert 'href="/admin/users"' not in page


def test_api_errors_are_problem_json_and_pages_are_html(
    client: Client, logged_in: Callable[..., Client]
) -> None:
    assert client.get("/api/users").mimetype == "application/problem+json"
    partner = logged_in(Role.PARTNER)
    refused = partner.get("/api/users")
    assert (refused.status_code, refused.mimetype) == (403, "application/problem+json")
    page = partner.get("/admin/users")
    assert (page.status_code, page.mimetype) == (403, "text/html")
    assert "may not do that" in page.text


# ----------------------------------------------------------------------- bearer tokens


def token_of(user: User) -> dict[str, str]:
    issued = issue_token(actor_for(user), user, TokenInput(label="test"))
    return {"Authorization": f"Bearer {issued.secret}"}


def test_a_token_acts_with_the_role_of_its_account(
    client: Client, user_factory: Callable[..., User]
) -> None:
    assert client.get("/api/users", headers=token_of(user_factory("administrator"))).is_json
    refused = client.get("/api/users", headers=token_of(user_factory("analyst")))
    assert refused.status_code == 403


def test_a_wrong_token_is_refused_even_beside_a_good_cookie(
    logged_in: Callable[..., Client],
) -> None:
    admin = logged_in(Role.ADMINISTRATOR)
    assert admin.get("/api/users").status_code == 200
    answer = admin.get("/api/users", headers={"Authorization": "Bearer ls_wrong"})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].lower().startswith("bearer")


def test_a_token_opens_no_pages(client: Client, user_factory: Callable[..., User]) -> None:
    answer = client.get("/admin/users", headers=token_of(user_factory("administrator")))
    assert answer.status_code == 302


def test_a_token_leaves_no_session_behind(
    client: Client, user_factory: Callable[..., User]
) -> None:
    client.get("/api/users", headers=token_of(user_factory("administrator")))
    assert client.get("/api/users").status_code == 401


def test_everybody_logged_in_is_not_the_public() -> None:
    assert ANY_ROLE is not PUBLIC
    assert not allows("accounts.me", None)
