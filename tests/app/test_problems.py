"""From what went wrong to an answer: the right status, a clear sentence, never a trace."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from pydantic import ValidationError
from redis.exceptions import ConnectionError as RedisConnectionError
from rq import SimpleWorker
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from app import errors
from app.extensions import db
from app.factory import create_app
from app.inputs import LocationInput, SweepInput
from app.models.accounts import Role
from app.plain_reasons import reasons_of
from app.queues import queue, redis_client
from app.services.operations import health, upkeep
from cameras.errors import CamerasError, InvalidWindow
from geo.errors import InvalidPosition
from recognition.errors import NoModelInstalled, ReferenceRefused, RefusalReason
from tests.app.conftest import Client, make_settings
from tests.private_redis import RedisServer

HTML_PATH, HTML_ENDPOINT = "/account", "accounts.me"
API_PATH, API_ENDPOINT = "/api/users", "api_administration.list_users"


def invalid_window() -> ValidationError:
    try:
        SweepInput(window_start="2026-11-18T15:00Z", window_end="2026-11-18T14:00Z")
    except ValidationError as error:
        return error
    raise AssertionError("a window that ends before it starts was taken")


CASES: list[tuple[Exception, int, str]] = [
    (errors.NotFound("There is no case with the number X."), 404, "no case with the number X"),
    (errors.Refused("The photo shows nobody.", {"photo": "shows nobody"}), 422, "shows nobody"),
    (errors.Conflict("There is already a case X."), 409, "already a case X"),
    (errors.Forbidden("Only its owner may."), 403, "Only its owner may"),
    (errors.TooLarge("The photo is larger than 20 MB."), 413, "larger than 20 MB"),
    (errors.NoRecogniser("No face model is installed."), 503, "No face model is installed"),
    (errors.Unavailable("The media folder is full."), 503, "media folder is full"),
    (InvalidPosition("91 is no latitude."), 422, "91 is no latitude"),
    (InvalidWindow("The window ends before it starts."), 422, "ends before it starts"),
    (CamerasError("The file is no registry."), 422, "no registry"),
    (NoModelInstalled("No model; run flask packs install."), 503, "flask packs install"),
    (ReferenceRefused(RefusalReason.BLURRED, "The face is blurred."), 422, "blurred"),
    (OperationalError("SELECT 1", {}, Exception("refused")), 503, "The database does not answer"),
    (IntegrityError("INSERT", {}, Exception("duplicate")), 409, "at the same moment"),
    (RedisConnectionError("refused"), 503, "Redis does not answer"),
    (invalid_window(), 422, "the time window ends before it starts"),
]


@pytest.fixture
def failing(
    app: Flask, logged_in: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> Callable[[Exception], Client]:
    """Makes one page and one API operation raise, and returns a browser that may open both."""

    def make(error: Exception) -> Client:
        def view(**_: Any) -> None:
            raise error

        monkeypatch.setitem(app.view_functions, HTML_ENDPOINT, view)
        monkeypatch.setitem(app.view_functions, API_ENDPOINT, view)
        return logged_in(Role.ADMINISTRATOR)

    return make


@pytest.mark.parametrize(("error", "status", "sentence"), CASES)
def test_each_error_has_its_status_and_sentence(
    failing: Callable[[Exception], Client], error: Exception, status: int, sentence: str
) -> None:
    client = failing(error)
    page = client.get(HTML_PATH)
    assert (page.status_code, page.mimetype) == (status, "text/html")
    assert sentence in page.text
    assert "Traceback" not in page.text
    answer = client.get(API_PATH)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    problem = answer.get_json()
    assert problem["status"] == status
    assert sentence in problem["detail"]
    assert problem["title"]
    assert problem["type"].startswith("urn:lastseen:problem:")


def test_what_nobody_foresaw_is_logged_under_the_id_that_is_shown(
    failing: Callable[[Exception], Client], caplog: pytest.LogCaptureFixture
) -> None:
    client = failing(RuntimeError("the secret inside"))
    with caplog.at_level(logging.ERROR, logger="app.problems"):
        page = client.get(HTML_PATH)
        problem = client.get(API_PATH).get_json()
    assert page.status_code == problem["status"] == 500
    assert "the secret inside" not in page.text + str(problem)
    assert problem["incident"] in caplog.text
    assert "the secret inside" in caplog.text


def test_a_refusal_names_its_fields(failing: Callable[[Exception], Client]) -> None:
    client = failing(errors.Refused("Two fields are wrong.", {"seen_at": "lies in the future"}))
    assert client.get(API_PATH).get_json()["errors"] == {"seen_at": "lies in the future"}
    assert "lies in the future" in client.get(HTML_PATH).text


def test_a_refused_photo_comes_back_marked(failing: Callable[[Exception], Client]) -> None:
    client = failing(errors.PhotoRefused("Two faces.", "several_faces", b"\xff\xd8jpeg"))
    problem = client.get(API_PATH).get_json()
    assert (problem["reason"], problem["marked_jpeg_base64"]) == ("several_faces", "/9hqcGVn")


def test_validation_errors_are_told_in_plain_words() -> None:
    with pytest.raises(ValidationError) as caught:
        LocationInput.model_validate(
            {
                "latitude_deg": 91,
                "longitude_deg": "east",
                "seen_at": "2026-11-18T14:10",
                "source": "rumour",
                "colour": "red",
            }
        )
    reasons = reasons_of(caught.value)
    assert reasons["latitude_deg"] == "must be at most 90"
    assert reasons["longitude_deg"] == "must be a number"
    assert "with its zone" in reasons["seen_at"]
    assert reasons["source"].startswith("must be one of 'family'")
    assert reasons["label"] == "is required"
    assert reasons["colour"].startswith("is not known here")


def test_a_field_left_empty_is_told_to_be_filled_in_and_not_what_it_might_hold() -> None:
    with pytest.raises(ValidationError) as caught:
        LocationInput.model_validate(
            {"latitude_deg": "", "longitude_deg": "77", "source": "", "label": ""}
        )
    assert reasons_of(caught.value) == {
        "latitude_deg": "must not be empty",
        "source": "choose one",
        "label": "must not be empty",
    }


def test_an_unknown_address_is_a_404_for_people_and_programs(client: Client) -> None:
    page = client.get("/no/such/page")
    assert (page.status_code, page.mimetype) == (404, "text/html")
    assert client.get("/api/no/such").get_json()["status"] == 404
    assert client.get("/x", headers={"Accept": "application/json"}).is_json


def test_a_wrong_method_says_which_are_taken(client: Client) -> None:
    answer = client.post("/healthz")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def test_the_page_after_a_failed_statement_still_opens(
    failing: Callable[[Exception], Client], app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = failing(RuntimeError())

    def broken(**_: Any) -> None:
        db.session.expire_all()
        db.session.execute(text("SELECT 1 / 0"))

    monkeypatch.setitem(app.view_functions, HTML_ENDPOINT, broken)
    page = client.get(HTML_PATH)
    assert page.status_code == 422
    assert "My account" in page.text, "the menu needed the database again, and got it"


def test_without_a_database_the_pages_say_so(redis_url: str, tmp_path: Path) -> None:
    nowhere = "postgresql+psycopg://nobody@/nothing?host=/no/such/folder"
    application = create_app(make_settings(nowhere, redis_url, tmp_path))
    client = application.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = "1.1"
        cookie["session_key"] = "a key"
    page = client.get("/account")
    assert (page.status_code, page.headers["Retry-After"]) == (503, "10")
    assert "The database does not answer" in page.text
    answer = client.get("/api/users")
    assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
    assert client.get("/healthz").status_code == 503


def test_without_redis_health_says_so_and_recovers(
    logged_in: Callable[..., Client], redis_server: RedisServer
) -> None:
    client = logged_in(Role.ADMINISTRATOR)
    redis_server.stop()
    try:
        page = client.get("/admin/health")
        assert page.status_code == 200
        assert "Redis does not answer" in page.text
        assert client.get("/api/health").status_code == 503
    finally:
        redis_server.start()
    assert "Redis does not answer" not in client.get("/admin/health").text


def test_a_load_balancer_learns_only_whether_it_works(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")


def test_health_names_the_workers_and_what_waits(
    app: Flask, logged_in: Callable[..., Client]
) -> None:
    redis_client().flushdb()  # what other tests have queued is none of this one's business
    client = logged_in(Role.ADMINISTRATOR)
    assert "No worker runs" in client.get("/admin/health").text
    worker = SimpleWorker(["visits"], connection=redis_client(), name="made-up-worker")
    worker.register_birth()
    queue("visits").enqueue("app.jobs.nothing")
    upkeep.beat("made-up-scheduler")
    try:
        state = health.check()
        assert [found.name for found in state.workers] == ["made-up-worker"]
        assert (state.queue_length, state.problems) == (1, [])
        page = client.get("/admin/health").text
        assert "made-up-worker" in page
        assert "visits: 1 waiting" in page
    finally:
        worker.register_death()
        queue("visits").empty()
