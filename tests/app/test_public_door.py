"""What strangers send is refused by its head: cheaply, in words, and alike for all."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask, request
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app import public_door
from app.config import Settings
from app.extensions import db, limiter, sender_network
from app.factory import create_app
from app.models import Tip
from app.queues import redis_client
from app.services.contributing import form_work, public_forms
from tests.app import contribution_cases as given

Send = Callable[..., TestResponse]


@pytest.fixture
def strict(committing_app: Flask) -> Iterator[Flask]:
    """The application with its rate limits, which the limiter of all tests otherwise lacks."""
    settings: Settings = committing_app.config["LASTSEEN"]
    application = create_app(settings.model_copy(update={"rate_limits_enabled": True}))
    application.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    redis_client().flushdb()
    yield application
    limiter.reset()
    limiter.enabled = False


@pytest.fixture
def send(strict: Flask) -> Send:
    client = strict.test_client()

    def post(
        stamp: str = "", address: str = "192.0.2.1", work: str = "", **fields: Any
    ) -> TestResponse:
        query = urlencode({"stamp": stamp, "work": work})
        data = {"remarks": "A child.", "timezone": "Asia/Kolkata", **fields}
        kind = "multipart/form-data"
        from_there = {"REMOTE_ADDR": address}
        return client.post(f"/tip?{query}", data=data, content_type=kind, environ_base=from_there)

    return post


class Unread(io.BytesIO):
    """A body that notes whether anybody read it."""

    was_read = False

    def read(self, *args: Any) -> bytes:
        self.was_read = True
        return super().read(*args)

    def readinto(self, buffer: Any) -> int:
        self.was_read = True
        return super().readinto(buffer)


def solved(stamp: str, bits: int) -> str:
    form_id = public_forms.look_at_stamp(stamp).form_id
    return next(
        str(number) for number in itertools.count() if form_work.is_done(form_id, str(number), bits)
    )


def test_a_network_is_stopped_by_its_rate_whatever_it_sends(strict: Flask, send: Send) -> None:
    answers = [send().status_code for _ in range(14)]
    assert answers == [422] * 10 + [429] * 4
    assert send(address="192.0.2.2").status_code == 422
    refused = send()
    assert 0 < int(refused.headers["Retry-After"]) <= 600
    assert "Try again in" in refused.text
    client = strict.test_client()
    guesses = [
        client.post("/tip/answer", data={"number": "T-AAAAAAAA", "secret": "x"}).status_code
        for _ in range(12)
    ]
    assert guesses == [422] * 10 + [429] * 2


def test_all_addresses_of_one_ipv6_network_are_one_sender(strict: Flask, send: Send) -> None:
    answers = [send(address=f"2001:db8:1:2::{number:x}").status_code for number in range(1, 13)]
    assert answers == [422] * 10 + [429] * 2
    assert send(address="2001:db8:1:3::1").status_code == 422
    with strict.test_request_context(environ_base={"REMOTE_ADDR": "::ffff"}):
        assert sender_network() == "::/64"
    with strict.test_request_context(environ_base={"REMOTE_ADDR": ""}):
        assert isinstance(sender_network(), str)


@pytest.mark.parametrize("reason", ["rate", "forged", "too quick", "sent", "no work", "too large"])
def test_nothing_of_a_body_is_read_when_its_head_is_refused(
    strict: Flask, send: Send, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    stamp, status = given.old_stamp(30), 429
    if reason == "rate":
        for _ in range(10):
            send()
    elif reason == "forged":
        # Not the last letter of the signature: some of its bits count for nothing.
        said, _, signature = stamp.rpartition(".")
        stamp, status = f"{said}.{'a' if signature[0] != 'a' else 'b'}{signature[1:]}", 422
    elif reason == "too quick":
        stamp, status = given.old_stamp(0), 422
    elif reason == "sent":
        assert send(stamp).status_code == 201
        status = 409
    elif reason == "no work":
        monkeypatch.setattr(form_work, "bits_now", lambda: 12)
    else:
        status = 413
    body = Unread(b"x" * 1000)
    answer = strict.test_client().post(
        f"/tip?{urlencode({'stamp': stamp})}",
        input_stream=body,
        content_type="multipart/form-data; boundary=x",
        environ_overrides={"CONTENT_LENGTH": str(10**9 if reason == "too large" else 1000)},
        environ_base={"REMOTE_ADDR": "192.0.2.1"},
    )
    assert answer.status_code == status
    assert not body.was_read


def test_a_body_without_a_length_is_refused(strict: Flask) -> None:
    answer = strict.test_client().post(
        f"/tip?{urlencode({'stamp': given.old_stamp()})}",
        input_stream=io.BytesIO(b"x"),
        headers={"Transfer-Encoding": "chunked"},
        environ_overrides={"CONTENT_LENGTH": "", "wsgi.input_terminated": True},
    )
    assert answer.status_code == 411


def test_a_form_can_be_corrected_and_tried_again_but_not_without_end(send: Send) -> None:
    stamp = given.old_stamp()
    wrong = [
        send(stamp, address=f"198.51.100.{number}", remarks="").status_code for number in range(12)
    ]
    assert wrong == [422] * 12
    refused = send(stamp, address="198.51.100.99", remarks="Now right.")
    assert refused.status_code == 422
    assert "too often" in refused.text


def test_all_senders_together_are_bounded(send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = public_door.Gate("10 per minute", "2 per 10 minutes", has_stamp=True)
    monkeypatch.setattr(public_door, "GATES", {"tip.hand_in": gate})
    forged = [send(address=f"192.0.2.{number}").status_code for number in range(5)]
    assert forged == [422] * 5
    answers = [
        send(given.old_stamp(), address=f"198.51.100.{number}").status_code for number in range(3)
    ]
    assert answers == [201, 201, 429]


@pytest.mark.parametrize(
    ("recent", "above", "bits"),
    [
        (0, 30, 0),
        (30, 30, 0),
        (31, 30, 15),
        (60, 30, 16),
        (120, 30, 17),
        (10**6, 30, 18),
        (1, 0, 15),
    ],
)
def test_work_doubles_as_tips_double_and_has_an_end(recent: int, above: int, bits: int) -> None:
    assert form_work.bits_for(recent, above) == bits


@pytest.mark.parametrize("answer", ["", "x", "-1", "1e3", "٣", "0" * 17])
def test_what_is_no_number_does_no_work(answer: str) -> None:
    assert not form_work.is_done("form", answer, 0)


def test_above_the_threshold_a_tip_needs_the_work_of_its_own_form(
    strict: Flask, send: Send
) -> None:
    strict.config["LASTSEEN"] = strict.config["LASTSEEN"].model_copy(update={"tip_work_above": 0})
    assert send(given.old_stamp()).status_code == 201  # the first one is none above none
    stamp = given.old_stamp(30)
    assert send(stamp).status_code == 429
    with strict.app_context():
        answer = solved(stamp, 15)
        other = given.old_stamp(30)
        assert form_work.bits_now() == 15
    assert send(other, work=answer).status_code == 429
    assert send(stamp, work=answer).status_code == 201
    again = f"/tip?{urlencode({'stamp': stamp, 'work': answer})}"
    assert strict.test_client().post(again, data={"remarks": "x"}).status_code == 409
    assert send(stamp, work="").status_code == 200  # its own sender is told again, of the same tip
    with strict.app_context():
        assert db.session.scalar(select(func.count(Tip.id))) == 2


def test_without_javascript_a_minute_s_wait_stands_in_for_the_work_for_a_few(
    strict: Flask, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(form_work, "bits_now", lambda: 15)
    refused = send(given.old_stamp(20))
    assert refused.status_code == 429
    assert re.search("wait (39|40) seconds", refused.text)
    monkeypatch.setattr(public_door, "_WITHOUT_WORK", "2 per 10 minutes")
    answers = [
        send(given.old_stamp(61), address=f"198.51.100.{number}").status_code for number in range(3)
    ]
    assert answers == [201, 201, 429]
    assert "leave this page open for a minute" in strict.test_client().get("/tip").text


def test_a_form_asks_before_it_uploads(strict: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    client = strict.test_client()

    def ask(stamp: str, size_bytes: int = 1000) -> Any:
        return client.get(f"/tip/ready?{urlencode({'stamp': stamp, 'bytes': size_bytes})}").json

    calm = ask(given.old_stamp(60))
    assert (calm["work_bits"], calm["wait_s"], calm["refusal"]) == (0, 0, "")
    assert 1 < ask(given.old_stamp(0))["wait_s"] <= public_forms.FASTEST_S
    assert "larger than 40 MB" in ask(given.old_stamp(), 50 * 2**20)["refusal"]
    with strict.app_context():
        old = given.old_stamp(13 * 3600)
        renewed = public_forms.look_at_stamp(ask(old)["stamp"])
        assert renewed.form_id != public_forms.look_at_stamp(old).form_id
        assert not renewed.is_too_old
    assert client.get("/tip/ready?stamp=forged").status_code == 422


def test_what_a_form_was_told_to_do_counts_for_ten_minutes(
    strict: Flask, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    stamp = public_forms.look_at_stamp
    with strict.app_context():
        told = public_forms.agree_on(stamp(given.old_stamp(30)), 0)
        monkeypatch.setattr(public_forms, "AGREED_FOR_S", -1.0)
        forgotten = public_forms.agree_on(stamp(given.old_stamp(30)), 0)
        assert stamp(forgotten).agreed_bits is None
        monkeypatch.undo()
    monkeypatch.setattr(form_work, "bits_now", lambda: 18)
    assert send(told).status_code == 201


def test_a_refused_tip_leaves_nothing(strict: Flask, send: Send) -> None:
    photo = {"photos": (io.BytesIO(given.picture()), "a.jpg")}
    assert send(given.old_stamp(0), **photo).status_code == 422
    with strict.app_context():
        assert db.session.scalar(select(func.count(Tip.id))) == 0
        media = Path(strict.config["LASTSEEN"].media_dir)
        assert [path for path in media.rglob("*") if path.is_file()] == []


def test_every_gate_is_an_open_endpoint(strict: Flask) -> None:
    for endpoint in public_door.GATES:
        assert endpoint in strict.view_functions
    with strict.test_request_context("/tip", method="GET"):
        assert request.endpoint == "tip.form"
        public_door.check_head()
