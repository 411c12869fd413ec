"""The OpenAPI document says what the API does, all of it, and its page needs no network."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser
from werkzeug.serving import make_server

import app.inputs
from app.api.document import SECURITY_SCHEMES
from app.api.examples import EXAMPLES
from app.api.sweeps import AssignBody, PriorityBody
from app.config import PROJECT_ROOT
from app.extensions import db
from app.models.accounts import Role, User
from app.services.people.passwords import hash_password
from tests.app.conftest import PASSWORD, Client

METHODS = {"get", "post", "put", "patch", "delete"}
NOT_OPERATIONS = {"api_docs"}


@pytest.fixture
def document(logged_in: Callable[..., Client]) -> Any:
    answer = logged_in("analyst").get("/api/openapi.json")
    assert answer.status_code == 200
    return json.loads(answer.data)


def operations(document: Any) -> Iterator[tuple[str, str, Any]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                yield path, method, operation


def test_every_route_of_the_api_is_described_and_nothing_else(app: Flask, document: Any) -> None:
    routed = {
        (re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("api_") and rule.endpoint.split(".")[0] not in NOT_OPERATIONS
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert {(path, method) for path, method, _ in operations(document)} == routed


def test_the_handbook_lists_exactly_the_operations_of_the_document(document: Any) -> None:
    text = (PROJECT_ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `([A-Z]+) (/api/\S+)` \|", text, flags=re.MULTILINE)
    assert len(listed) == len(set(listed))
    described = {(method.upper(), path) for path, method, _ in operations(document)}
    assert set(listed) == described


def test_the_document_is_of_openapi_3_1(document: Any) -> None:
    assert document["openapi"].startswith("3.1")
    assert document["info"]["title"] == "Lastseen"
    assert "not an identification" in document["info"]["description"]


def test_every_reference_leads_somewhere(document: Any) -> None:
    text = json.dumps(document)
    names = set(re.findall(r'"#/components/schemas/([^"]+)"', text))
    assert names
    assert names <= set(document["components"]["schemas"])
    assert "#/$defs/" not in text


def test_every_operation_says_who_may_call_it_and_how_it_fails(document: Any) -> None:
    ids = []
    for path, method, operation in operations(document):
        where = f"{method} {path}"
        ids.append(operation["operationId"])
        assert operation["summary"], where
        schemes = {name for entry in operation["security"] for name in entry}
        assert schemes <= set(SECURITY_SCHEMES), where
        assert "bearer" in schemes, where
        assert ("csrf" in schemes) == (method != "get"), where
        for status in ("401", "403", "422", "429", "503"):
            content = operation["responses"][status]["content"]
            assert list(content) == ["application/problem+json"], where
        if "{" in path:
            assert "404" in operation["responses"], where
    assert len(ids) == len(set(ids))


def test_every_operation_describes_its_success(document: Any) -> None:
    for path, method, operation in operations(document):
        good = [code for code in operation["responses"] if code.startswith("2")]
        assert len(good) == 1, f"{method} {path}"
        if good != ["204"]:
            assert operation["responses"][good[0]]["content"], f"{method} {path}"


def test_answers_with_faces_have_the_notice(document: Any) -> None:
    sighting = document["components"]["schemas"]["SightingOut"]
    assert "not an identification" in sighting["properties"]["notice"]["default"]


def test_bodies_have_examples(document: Any) -> None:
    for path, _method, operation in operations(document):
        for media, content in operation.get("requestBody", {}).get("content", {}).items():
            if media == "application/json":
                assert "example" in content, path


def test_every_example_is_a_body_that_would_be_taken() -> None:
    models = [*vars(app.inputs).values(), AssignBody, PriorityBody]
    by_name = {model.__name__: model for model in models if isinstance(model, type)}
    for name, example in EXAMPLES.items():
        assert by_name[name].model_validate(example), name


def test_a_file_outside_of_the_page_is_not_served(logged_in: Callable[..., Client]) -> None:
    client = logged_in("analyst")
    assert client.get("/api/docs/assets/js/swagger-ui-bundle.js").status_code == 200
    for name in ("../__init__.py", "js/none.js", "%2e%2e/__init__.py"):
        assert client.get(f"/api/docs/assets/{name}").status_code == 404


@contextmanager
def served(application: Flask) -> Iterator[str]:
    """The application on a free port of this machine."""
    server = make_server("127.0.0.1", 0, application, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()


@pytest.mark.journey
def test_the_page_shows_the_operations_without_any_other_server(
    committing_app: Flask, browser: Browser
) -> None:
    user = User(
        email="analyst@lastseen.example",
        name="Made-up analyst",
        role=Role.ANALYST,
        password_hash=hash_password(PASSWORD),
    )
    db.session.add(user)
    db.session.commit()
    context = browser.new_context()
    page = context.new_page()
    asked_for: list[str] = []
    wrong: list[str] = []
    page.on("request", lambda request: asked_for.append(request.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else 0)
    with served(committing_app) as address:
        page.goto(f"{address}/login")
        page.locator("input[type=email], input[name=email]").first.fill(user.email)
        page.locator("input[type=password]").fill(PASSWORD)
        page.locator("main button[type=submit], main form button").first.click()
        page.goto(f"{address}/api/docs")
        page.get_by_text("Rank cameras for a case").wait_for()
        context.close()
    assert [url for url in asked_for if not url.startswith((address, "data:"))] == []
    assert wrong == []
