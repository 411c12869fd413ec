"""Whoever may see a case but not its persons of interest reads no word of them, anywhere."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.extensions import db
from app.gate import allows
from app.models import CameraRow, Embedder, PersonOfInterest, Role, User
from app.services.base.rights import PERSONS, RIGHTS
from app.services.people.accounts import actor_for
from tests.app import foreign_cases, person_cases
from tests.app.conftest import Client, log_in
from tests.app.test_foreign_objects import STREAMS, path_of

WORDS = {
    "label": "Zlabel",
    "name": "Zname",
    "description": "Zdescription",
    "reason": "Zreason",
    "order_reference": "Zorder",
    "legal_basis": "Zlegal",
}


@pytest.fixture
def persons(app: Flask, user_factory: Callable[..., User]) -> dict[str, Any]:
    """A case for all to see, with one who is looked for and one who is asked for; its ids."""
    asker, decider = (person_cases.grant(user_factory(Role.INVESTIGATOR)) for _ in range(2))
    partner = user_factory(Role.PARTNER, organisation="Made-up Home")
    foreign = foreign_cases.make(asker, partner)
    foreign.case.restricted = False
    db.session.commit()
    embedder = db.session.query(Embedder).first()
    for number in ("1", "2"):
        words = {name: WORDS[name] for name in ("name", "description")}
        person = person_cases.asked(
            foreign.case, actor_for(asker), embedder, label=WORDS["label"] + number, **words
        )
        person.reason = WORDS["reason"]
        person.newest.order_reference = WORDS["order_reference"]
        person.newest.legal_basis = WORDS["legal_basis"]
        db.session.commit()
        if number == "1":
            person_cases.decided(foreign.case, person, actor_for(decider))
    sha256 = person.photos[0].sha256
    camera_id = db.session.query(CameraRow.id).first()[0]
    return {**foreign.values, "person_id": person.id, "sha256": sha256, "camera_id": camera_id}


def read_whole(answer: Any) -> str:
    """Everything that an answer says, also within an archive."""
    data = answer.get_data()
    answer.close()
    if answer.mimetype == "application/zip":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            data = b"\n".join(archive.read(name) for name in archive.namelist())
    return f"{answer.headers} {data.decode('utf-8', 'replace')}"


@pytest.mark.parametrize("role", list(Role))
def test_without_the_right_nothing_is_told_of_persons_of_interest(
    app: Flask, persons: dict[str, Any], user_factory: Callable[..., User], role: Role
) -> None:
    rights = {column: role in right.roles for column, right in RIGHTS.items()}
    user = user_factory(role, **{**rights, PERSONS.column: False}, organisation="Made-up Home")
    client = app.test_client()
    assert isinstance(client, Client)
    log_in(client, user)
    pictures = {
        digest
        for person in db.session.query(PersonOfInterest)
        for photo in person.photos
        for digest in (photo.sha256, photo.face_sha256)
    }
    wrong, asked = [], 0
    for rule in sorted(app.url_map.iter_rules(), key=lambda one: one.rule):
        is_read = "GET" in (rule.methods or set()) and rule.endpoint not in STREAMS
        if not is_read or not allows(rule.endpoint, role):
            continue
        path = path_of(app, rule, "GET", persons)
        answer = client.get(path)
        status, said = answer.status_code, read_whole(answer)
        asked += 1
        told = [word for word in (*WORDS.values(), *pictures) if word in said and word not in path]
        shown = status == 200 and "sha256" in rule.arguments
        if told or shown or (status >= 500 and status != 503):
            wrong.append((path, status, told))
    assert wrong == []
    assert asked > 20


def test_with_the_right_all_of_it_is_told(
    app: Flask, persons: dict[str, Any], user_factory: Callable[..., User]
) -> None:
    client = app.test_client()
    assert isinstance(client, Client)
    log_in(client, person_cases.grant(user_factory(Role.INVESTIGATOR)))
    page = client.get(f"/cases/{persons['number']}/persons/{persons['person_id']}").text
    assert [word for word in WORDS.values() if word not in page] == []
