"""A disk without room: it is said, nothing is half there, and nothing stays behind."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.current import settings
from app.errors import Unavailable
from app.extensions import db
from app.models import FoundPerson, Role, Tip
from app.services.base import media
from app.services.exchange import case_export
from tests.app import contribution_cases, factories
from tests.app.answers import problem
from tests.app.conftest import Client

LogIn = Callable[..., Client]


def no_room(*_given: object, **_named: object) -> NoReturn:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def files() -> set[Path]:
    return {path for path in settings().media_dir.rglob("*") if path.is_file()}


@pytest.fixture
def full_disk(app: Flask, monkeypatch: pytest.MonkeyPatch) -> set[Path]:
    """Writing is refused from now on; the files that were there before."""
    monkeypatch.setattr(os, "fsync", no_room)
    return files()


def test_no_part_of_a_picture_stays_on_a_full_disk(full_disk: set[Path]) -> None:
    with pytest.raises(Unavailable, match="No space left"):
        media.store(b"a picture that nobody has stored before")
    assert files() == full_disk


def test_a_tip_that_cannot_be_kept_is_refused_in_words(
    client: Client, full_disk: set[Path]
) -> None:
    stamp = contribution_cases.old_stamp()
    photo = (io.BytesIO(contribution_cases.picture(size=(400, 300))), "a.jpg")
    sent = {"stamp": stamp, "remarks": "Seen at the gate", "timezone": "UTC", "photos": photo}
    answer = client.post(f"/tip?stamp={stamp}", data=sent)
    assert answer.status_code == 503
    assert "free some space" in answer.text
    assert "Seen at the gate" in answer.text, "what was typed is kept in the form"
    assert db.session.scalar(select(func.count(Tip.id))) == 0
    assert files() == full_disk


def test_a_found_person_whose_photo_cannot_be_kept_is_not_registered(
    logged_in: LogIn, full_disk: set[Path]
) -> None:
    given = contribution_cases.found_input().model_dump(mode="json", exclude_none=True)
    photo = (io.BytesIO(contribution_cases.picture(size=(410, 300))), "a.jpg")
    answer = logged_in(Role.PARTNER).post(
        "/api/found", data={**given, "request_id": "a-request-of-a-test-1", "photos": photo}
    )
    assert "free some space" in problem(answer, 503)["detail"]
    assert db.session.scalar(select(func.count(FoundPerson.id))) == 0
    assert files() == full_disk


def test_an_export_for_which_there_is_no_room_says_so(
    logged_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = factories.make_case().number
    monkeypatch.setattr(case_export, "export_case", no_room)
    client = logged_in(Role.INVESTIGATOR)
    told = problem(client.get(f"/api/cases/{number}/export.zip"), 503)
    assert "no room on the disk" in told["detail"]
    assert "incident" not in told
