"""Headers, cookies, CSRF, sizes, rates and proxies."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request

from app.config import PROJECT_ROOT
from app.extensions import limiter
from app.factory import create_app
from app.models.accounts import Role, User
from app.security import (
    LARGEST_FORM_BYTES,
    UNCOUNTED,
    body_limits,
    content_security_policy,
)
from app.services.people.accounts import actor_for
from app.services.people.tokens import TokenInput, issue_token
from tests.app import factories
from tests.app.conftest import PASSWORD, Client, make_settings
from tests.private_redis import RedisServer

NOWHERE = "postgresql+psycopg://nobody@/nothing?host=/no/such/folder"


def bare_app(redis_url: str, folder: Path, **settings: object) -> Flask:
    """An application whose database does not answer; its public pages work all the same."""
    application = create_app(make_settings(NOWHERE, redis_url, folder, **settings))
    application.config["TESTING"] = True
    return application


@pytest.fixture
def csrf(app: Flask) -> Iterator[None]:
    """Check CSRF tokens as in production."""
    app.config["WTF_CSRF_ENABLED"] = True
    yield
    app.config["WTF_CSRF_ENABLED"] = False


@pytest.fixture
def rates() -> Iterator[None]:
    """Undo what an application with rate limits did to the limiter, which all of them share."""
    yield
    limiter.reset()
    limiter.enabled = False


def csrf_token(client: Client, path: str = "/account") -> str:
    found = re.search(r'name="csrf-token" content="([^"]+)"', client.get(path).text)
    assert found is not None
    return found[1]


# ----------------------------------------------------------------------------- headers


def policy(answer: Any) -> dict[str, str]:
    header = answer.headers["Content-Security-Policy"]
    return dict(part.strip().split(" ", 1) for part in header.split(";"))


@pytest.mark.parametrize("path", ["/login", "/api/users", "/no/such/page", "/account"])
def test_every_answer_carries_the_headers(client: Client, path: str) -> None:
    answer = client.get(path)
    rules = policy(answer)
    assert rules["default-src"] == "'self'"
    assert rules["frame-ancestors"] == rules["object-src"] == rules["base-uri"] == "'none'"
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert "http" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "geolocation=()" in answer.headers["Permissions-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Strict-Transport-Security" not in answer.headers


def test_only_the_tile_server_is_added_to_where_pictures_come_from(
    redis_url: str, tmp_path: Path
) -> None:
    with_tiles = make_settings(
        NOWHERE, redis_url, tmp_path, tile_url="https://{s}.tiles.example/{z}/{x}/{y}.png"
    )
    assert "https://*.tiles.example" in content_security_policy(with_tiles)["img-src"].split()
    plain = content_security_policy(make_settings(NOWHERE, redis_url, tmp_path))
    assert "http" not in " ".join(plain.values())


def test_no_page_holds_inline_scripts_or_styles(logged_in: Callable[..., Client]) -> None:
    admin = logged_in(Role.ADMINISTRATOR)
    for path in ("/account", "/admin/users", "/admin/audit", "/admin/packs", "/admin/health"):
        page = admin.get(path).text
        assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", page), path
        assert not re.search(r"<[^>]+\s(style|on\w+)=", page), path


def test_files_may_be_kept_and_pages_may_not(client: Client) -> None:
    assert "max-age" in client.get("/static/css/base.css").headers["Cache-Control"]
    assert client.get("/login").headers["Cache-Control"] == "no-store"


# ----------------------------------------------------------------------------- cookies


def test_the_session_cookie_is_hidden_from_scripts_and_other_sites(
    client: Client, user_factory: Callable[..., User]
) -> None:
    answer = client.post("/login", data={"email": user_factory().email, "password": PASSWORD})
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    assert "Expires" in cookie


def test_with_secure_cookies_everything_is_https(redis_url: str, tmp_path: Path) -> None:
    secure = bare_app(redis_url, tmp_path, session_cookie_secure=True).test_client()
    plain = secure.get("/login")
    assert (plain.status_code, plain.location) == (302, "https://localhost/login")
    answer = secure.get("/login", base_url="https://localhost")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]
    assert secure.get("/healthz").status_code == 503, "a health check is not sent to HTTPS"


# -------------------------------------------------------------------------------- CSRF


@pytest.mark.usefixtures("csrf")
def test_a_form_without_its_token_is_refused(logged_in: Callable[..., Client]) -> None:
    client = logged_in()
    answer = client.post("/account/sessions/end")
    assert answer.status_code == 403
    assert "The form has expired" in answer.text
    assert client.get("/account").status_code == 200
    token = csrf_token(client)
    assert client.post("/account/sessions/end", data={"csrf_token": token}).status_code == 302


@pytest.mark.usefixtures("csrf")
def test_the_login_form_needs_its_token_too(
    client: Client, user_factory: Callable[..., User]
) -> None:
    form = {"email": user_factory().email, "password": PASSWORD}
    assert client.post("/login", data=form).status_code == 403
    form["csrf_token"] = csrf_token(client, "/login")
    assert client.post("/login", data=form).status_code == 302


@pytest.mark.usefixtures("csrf")
def test_an_api_change_by_cookie_needs_the_header(logged_in: Callable[..., Client]) -> None:
    client = logged_in()
    path = "/api/cases/NO-SUCH-CASE/close"
    refused = client.post(path)
    assert (refused.status_code, refused.mimetype) == (403, "application/problem+json")
    assert "X-CSRFToken" in refused.get_json()["detail"]
    answer = client.post(path, headers={"X-CSRFToken": csrf_token(client)})
    assert answer.status_code == 404


@pytest.mark.usefixtures("csrf")
def test_an_api_change_by_token_needs_no_header(
    client: Client, user_factory: Callable[..., User]
) -> None:
    user = user_factory(Role.INVESTIGATOR)
    issued = issue_token(actor_for(user), user, TokenInput(label="x"))
    headers = {"Authorization": f"Bearer {issued.secret}"}
    assert client.post("/api/cases/NO-SUCH-CASE/close", headers=headers).status_code == 404


# ------------------------------------------------------------------------------- sizes


def test_the_sizes_are_those_of_routes_that_exist(app: Flask) -> None:
    settings = app.config["LASTSEEN"]
    assert set(body_limits(settings)) <= set(app.view_functions)


@pytest.mark.parametrize(
    "endpoint", ["cases.add_report", "api_reports.add_report", "cases.import_list"]
)
def test_a_file_that_its_reader_takes_is_not_stopped_before_it(app: Flask, endpoint: str) -> None:
    assert body_limits(app.config["LASTSEEN"])[endpoint] > 10 * 1024 * 1024


def test_every_form_with_a_file_takes_one(app: Flask) -> None:
    """A photo of a telephone has some megabytes: a form that is forgotten here refuses it."""
    form = re.compile(r"<form\b[^>]*multipart/form-data.*?</form>", re.DOTALL)
    address = re.compile(r"action=\"\{\{[^}]*url_for\('([\w.]+)'")
    forms = [
        text
        for path in (PROJECT_ROOT / "templates").rglob("*.html")
        for text in form.findall(path.read_text(encoding="utf-8"))
        if 'type="file"' in text
    ]
    taking = {found[1] for text in forms if (found := address.search(text))}
    assert {"tip.hand_in", "persons.request_person", "persons.extend"} <= taking
    assert taking <= set(body_limits(app.config["LASTSEEN"]))


def test_every_operation_with_a_file_takes_one(
    app: Flask, logged_in: Callable[..., Client]
) -> None:
    document = logged_in().get("/api/openapi.json").get_json()
    with_file = {
        (re.sub(r"[{}]", "", path), method.upper())
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if "multipart/form-data" in operation.get("requestBody", {}).get("content", {})
    }
    taking = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
        if (re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"\1", rule.rule), method) in with_file
    }
    assert {"api_photos.add_photo", "api_persons.request_person"} <= taking
    assert taking <= set(body_limits(app.config["LASTSEEN"]))


def test_pictures_are_not_counted_as_requests(app: Flask) -> None:
    """A page shows a hundred of them; they have a limit of their own."""
    pictures = {rule.endpoint for rule in app.url_map.iter_rules() if rule.rule.endswith(".jpg")}
    assert "media.picture" in pictures
    assert pictures <= UNCOUNTED


def test_a_report_of_several_megabytes_reaches_its_reader(logged_in: Callable[..., Client]) -> None:
    number = factories.make_case().number
    large = io.BytesIO(b"%PDF-1.7 " + b"x" * (LARGEST_FORM_BYTES + 10))
    sent = {"kind": "statement", "report": (large, "long.pdf")}
    answer = logged_in(Role.INVESTIGATOR).post(f"/cases/{number}/reports", data=sent)
    assert answer.status_code == 422


def test_a_body_that_is_too_large_is_refused(logged_in: Callable[..., Client]) -> None:
    client = logged_in()
    answer = client.post("/account/tokens", data={"label": "x" * (LARGEST_FORM_BYTES + 1)})
    assert answer.status_code == 413
    assert "smaller" in answer.text


# ------------------------------------------------------------------------------- rates


@pytest.mark.usefixtures("rates")
def test_logins_are_limited_per_address(redis_url: str, tmp_path: Path) -> None:
    application = bare_app(redis_url, tmp_path, rate_limits_enabled=True)
    application.config["WTF_CSRF_ENABLED"] = False
    client = application.test_client()
    statuses = [
        client.post("/login", data={"email": f"{n}@lastseen.example"}).status_code
        for n in range(12)
    ]
    assert statuses[:10].count(429) == 0
    assert statuses[10:] == [429, 429]
    refused = client.post("/login", data={"email": "x@lastseen.example"})
    assert "Too many requests" in refused.text
    assert int(refused.headers["Retry-After"]) > 0
    elsewhere = client.post(
        "/login", data={"email": "y@x.example"}, environ_base={"REMOTE_ADDR": "192.0.2.5"}
    )
    assert elsewhere.status_code != 429


@pytest.mark.usefixtures("rates")
def test_logins_are_limited_per_account_from_many_addresses(redis_url: str, tmp_path: Path) -> None:
    application = bare_app(redis_url, tmp_path, rate_limits_enabled=True)
    application.config["WTF_CSRF_ENABLED"] = False
    client = application.test_client()
    statuses = [
        client.post(
            "/login",
            data={"email": " Ann@lastseen.example" if n % 2 else "ann@lastseen.example"},
            environ_base={"REMOTE_ADDR": f"192.0.2.{n}"},
        ).status_code
        for n in range(11)
    ]
    assert 429 not in statuses[:10]
    assert statuses[10] == 429


@pytest.mark.usefixtures("rates")
def test_without_redis_limits_still_hold_and_pages_still_open(
    redis_server: RedisServer, redis_url: str, tmp_path: Path
) -> None:
    application = bare_app(redis_url, tmp_path, rate_limits_enabled=True)
    application.config["WTF_CSRF_ENABLED"] = False
    client = application.test_client()
    redis_server.stop()
    try:
        assert client.get("/login").status_code == 200
        statuses = [client.post("/login", data={"email": "a"}).status_code for _ in range(12)]
        assert statuses[-1] == 429
    finally:
        redis_server.start()
    assert client.get("/login").status_code == 200


# ----------------------------------------------------------------------------- proxies


@pytest.mark.parametrize(("proxies", "seen"), [(0, "127.0.0.1"), (1, "203.0.113.9")])
def test_a_forwarded_address_counts_only_behind_a_trusted_proxy(
    redis_url: str, tmp_path: Path, proxies: int, seen: str
) -> None:
    application = bare_app(redis_url, tmp_path, trusted_proxies=proxies)
    noted: list[str | None] = []
    application.before_request(lambda: noted.append(request.remote_addr))
    headers = {"X-Forwarded-For": "198.51.100.1, 203.0.113.9"}
    application.test_client().get("/login", headers=headers)
    assert noted == [seen]
