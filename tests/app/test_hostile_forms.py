"""Every form and every operation, each field with what nobody should send: refused in words.

Each field gets a few of the values, chosen by its name, so that together all of them are tried.
"""

from __future__ import annotations

import time
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app.extensions import db
from app.gate import allows
from app.models import CameraRow, Embedder, FootageRequest, Post, PostImport, RequestState, Role
from app.models.accounts import User
from app.models.columns import utc_now
from app.services.base.rights import RIGHTS
from app.services.requests import footage_requests
from tests.app import factories, foreign_cases
from tests.app.conftest import Client, log_in
from tests.app.hostile_forms import (
    BODIES,
    TEXTS,
    VALUES,
    Target,
    forms_of,
    noting_requests,
    operations_of,
)
from tests.app.test_foreign_objects import STREAMS, path_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

SECRET: Final = "the-secret-of-an-upload-link"
LEAVING: Final = {"accounts.logout"}
TEXTS_A_FIELD, VALUES_A_FIELD, BODIES_A_TARGET = 1, 2, 2
LONGEST_S: Final = 30.0
"""Of one request, also on a machine with much else to do: what has no end takes longer."""


@dataclass
class World:
    """A case with something of everything, and a browser of every role that may see it."""

    app: Flask
    values: Mapping[str, Any]
    browsers: Mapping[Role | None, Client]

    def path_of(self, rule: Rule, method: str) -> str:
        return path_of(self.app, rule, method, self.values)

    def role_for(self, endpoint: str) -> Role | None:
        """Whom to send it as; None for nobody in particular."""
        if allows(endpoint, None):
            return None
        first = (Role.INVESTIGATOR, Role.DISPATCHER)
        return next(role for role in (*first, *Role) if allows(endpoint, role))

    def rules(self) -> Iterator[tuple[Rule, str]]:
        for rule in sorted(self.app.url_map.iter_rules(), key=lambda one: one.rule):
            if rule.endpoint not in STREAMS | LEAVING | {"static"}:
                for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                    yield rule, method


@pytest.fixture
def world(app: Flask, user_factory: Callable[..., User]) -> World:
    people = {
        role: user_factory(
            role,
            organisation="Made-up Home" if role is Role.PARTNER else "",
            **{column: role in right.roles for column, right in RIGHTS.items()},
        )
        for role in Role
    }
    foreign = foreign_cases.make(people[Role.INVESTIGATOR], people[Role.PARTNER])
    case = foreign.case
    case.restricted = False
    foreign_cases.post_match(case, db.session.query(Embedder).first())
    camera = db.session.query(CameraRow).first()
    request = FootageRequest(
        case_id=case.id, state=RequestState.REQUESTED, owner="o", owner_email="", contact="c",
        legal_basis="l", message="m", window_start=utc_now() - timedelta(hours=1),
        window_end=utc_now(), token_sha256=footage_requests.digest(SECRET), cameras=[camera],
        link_expires_at=utc_now() + timedelta(days=3), reason="",
    )  # fmt: skip
    db.session.add(request)
    db.session.commit()
    values = {
        **foreign.values, "camera_id": camera.id, "secret": SECRET, "code": case.tip_code,
        "footage_id": factories.make_footage(camera).id,
        "post_id": db.session.query(Post.id).scalar(),
        "import_id": db.session.query(PostImport.id).scalar(),
    }  # fmt: skip
    browsers: dict[Role | None, Client] = {None: app.test_client()}
    for role, user in people.items():
        browsers[role] = log_in(app.test_client(), user)
    return World(app, values, browsers)


@dataclass
class Attempts:
    """Sends, undoes what came of it, and remembers what was not answered in words."""

    world: World
    wrong: list[tuple[Any, ...]]
    sent: int = 0

    def send(self, target: Target, what: str, act: Callable[[Client], TestResponse]) -> None:
        client = self.world.browsers[self.world.role_for(target.endpoint)]
        cookies = dict(client._cookies)
        db.session.commit()  # ends its own savepoint, so that the next one is the outer one
        undo, began = db.engines[None].begin_nested(), time.monotonic()  # type: ignore[attr-defined]
        try:
            answer = act(client)
            self._look(target, what, answer, time.monotonic() - began)
            answer.close()
        finally:
            db.session.rollback()
            if undo.is_active:
                undo.rollback()
            db.session.expire_all()
            client._cookies.clear()
            client._cookies.update(cookies)

    def _look(self, target: Target, what: str, answer: TestResponse, took_s: float) -> None:
        self.sent += 1
        status = answer.status_code
        said = answer.get_data() if status >= 400 else b"x"
        silent = not said.strip() or b"incident" in said or b"Traceback" in said
        if (status >= 500 and status != 503) or silent or took_s > LONGEST_S:
            self.wrong.append((*target.key, what, status, round(took_s, 1)))


def chosen(target: Target, name: str, values: tuple[Any, ...], count: int) -> list[Any]:
    """A few of the values, others for every field, the same in every run."""
    start = zlib.crc32(f"{target.key} {name}".encode()) % len(values)
    return [values[(start + 7 * step) % len(values)] for step in range(min(count, len(values)))]


def attack(attempts: Attempts, target: Target, noted: Mapping[str, set[str]]) -> None:
    """Each of its fields with hostile values, then whole bodies that are none."""
    attempts.send(target, "as it is", target.send)
    for name in noted.get(target.endpoint, set()) - set(target.body):
        target.query.add(name) if target.method == "GET" else target.body.setdefault(name, "x")
    for name in sorted(set(target.body) | target.query):
        taken = chosen(target, name, TEXTS, TEXTS_A_FIELD)
        if target.is_json and name in target.body:
            taken += chosen(target, name, VALUES, VALUES_A_FIELD)
        elif target.method != "GET":
            taken.append(["1", "x"])
        for value in taken:
            if target.method == "GET" or name in target.query:
                value = value[:4000]
            attempts.send(target, f"{name}={value!r:.40}", partial(target.send, **{name: value}))
    if target.method != "GET":
        for data, kind in chosen(target, "", BODIES, BODIES_A_TARGET):
            act = partial(target.send_raw, data=data, content_type=kind)
            attempts.send(target, f"{kind} {data!r:.30}", act)


def test_no_operation_fails_at_what_programs_send(world: World) -> None:
    attempts = Attempts(world, [])
    for target in operations_of(world.app, world.path_of):
        if target.endpoint not in STREAMS:
            attack(attempts, target, {})
    assert attempts.wrong == []
    assert attempts.sent > 500


def test_no_form_fails_at_what_is_typed_or_pretended(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted: defaultdict[str, set[str]] = defaultdict(set)
    monkeypatch.setattr(world.app, "request_class", noting_requests(world.app, noted))
    pages = [
        (rule.endpoint, world.path_of(rule, "GET"))
        for rule, method in world.rules()
        if method == "GET" and not rule.rule.startswith("/api/")
    ]
    targets: dict[tuple[str, str], Target] = {}
    for endpoint, path in pages:
        client = world.browsers[world.role_for(endpoint)]
        for target in forms_of(world.app, client, [path]):
            if target.endpoint not in LEAVING:
                known = targets.setdefault(target.key, target)
                known.body = {**target.body, **known.body}
    for rule, method in world.rules():
        if not rule.rule.startswith("/api/"):
            bare = Target(rule.endpoint, method, world.path_of(rule, method))
            targets.setdefault(bare.key, bare)
    attempts = Attempts(world, [])
    for _, target in sorted(targets.items()):
        attack(attempts, target, noted)
    assert attempts.wrong == []
    assert attempts.sent > 1000
